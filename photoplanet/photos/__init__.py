"""Photos: what a person names, decoding, tables of photos, and splits of them."""
