"""Small models: a model folder's network in int8, measured beside the one that it is made of."""
