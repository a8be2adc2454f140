"""A model folder: read, written, named, and described by its card."""
