"""Near-duplicates: binary codes of photos, and searching them."""
