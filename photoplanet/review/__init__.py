"""Going through proposals before anything is written: decisions by hand, the rest placed anew, and then a Write."""
