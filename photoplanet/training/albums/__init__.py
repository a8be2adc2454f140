"""Training the album networks (paper, Sect. 4) on the fixed CNN's embeddings; settings in `recipes`."""
