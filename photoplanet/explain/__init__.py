"""What speaks for a place."""
