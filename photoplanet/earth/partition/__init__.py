"""The Earth cut into classes: adaptive and uniform partitions, their lookup, hierarchy and files."""
