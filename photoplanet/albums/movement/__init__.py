"""Where the photos of a library are by where its others are and when all were taken; no model is needed."""
