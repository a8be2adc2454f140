"""Training the retrieval embedding."""
