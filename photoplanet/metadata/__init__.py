"""What a photo's file says beside its pixels (EXIF, XMP, tracks), read and written."""
