"""The Earth: S2 cells, distances, place names, and partitions into classes."""
