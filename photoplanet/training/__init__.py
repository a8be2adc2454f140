"""Training networks. The only folder that imports torch."""
