"""Evidence that needs no training, one file a kind: what a photo's text, clock and owner say of where it was taken."""
