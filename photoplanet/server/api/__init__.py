"""The HTTP API, one file a path."""
