"""Areas that a person names: countries, circles, boxes, outlines from a file, and what is not in them."""
