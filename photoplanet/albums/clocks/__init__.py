"""What cameras' clocks showed, and what that was in UTC: found from evidence, and said before anything is placed."""
