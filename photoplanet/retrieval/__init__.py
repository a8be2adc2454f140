"""Placing photos by photos that look alike: the user's library, and the baselines of the paper."""
