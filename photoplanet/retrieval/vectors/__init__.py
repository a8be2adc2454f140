"""Vectors of photos: embedding, nearest neighbours, search within predicted cells."""
