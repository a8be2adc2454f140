"""Im2GPS, original and extended, as baselines."""
