"""Training the retrieval embedding (paper, Sect. 3) with the triplet loss; settings in `triplet.Settings`."""
