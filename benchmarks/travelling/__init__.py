"""The parts of benchmarks/local_trust.py: a traveller's libraries of real photos, with made-up things in them."""
