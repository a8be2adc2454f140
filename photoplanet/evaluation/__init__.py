"""How good predictions are: accuracy, calibration, published results."""
