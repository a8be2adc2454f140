"""What would give a place away before one publishes photos: what files say, what pixels say, and what both do together.

Nothing here changes a file but `stripping`, which takes metadata out of JPEGs and XMP, byte for byte undoable.
"""
