"""Places as people write them in tables: the columns that hold them, their notations, and degrees."""
