"""Albums: photos of one photographer in time order, located together (paper, §4)."""
