"""The parts of benchmarks/fuzz.py: inputs made from seeds, worker processes that try them, and kills."""
