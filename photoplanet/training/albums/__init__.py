"""Training the album networks."""
