"""People against a model, as in the paper's comparison."""
