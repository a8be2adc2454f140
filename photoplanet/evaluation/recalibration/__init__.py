"""Recalibrating a model on photos whose places are known: temperature, shares, abstention; never judged on the same."""
