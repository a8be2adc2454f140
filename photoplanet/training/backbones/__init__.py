"""Backbones: networks from pixels to an embedding, one file each."""
