"""The text in photos: found and read on this machine, and kept. What it says of a place is the business of `clues`."""
