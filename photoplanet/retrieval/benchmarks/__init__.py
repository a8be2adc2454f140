"""Image retrieval on INRIA Holidays and Oxford5k (the paper's Table 2a)."""
