"""Local features: RootSIFT, visual words, geometric verification, and the search that joins them."""
