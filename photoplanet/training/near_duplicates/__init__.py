"""Training the network that gives near-duplicates close binary codes (paper, Sect. 3)."""
