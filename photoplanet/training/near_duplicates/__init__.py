"""Training the network of the near-duplicates' binary codes."""
