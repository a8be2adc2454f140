"""The index of a folder of geotagged photos: on disk, listed, searched."""
