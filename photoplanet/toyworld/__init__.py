"""The made-up Earth: its places, its photos, and the best accuracy possible there."""
