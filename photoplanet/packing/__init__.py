"""A photo table's photos, shrunk once into WebDataset shards that training reads in sequence."""
