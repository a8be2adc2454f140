"""Training on the features of a pretrained encoder, in seconds and without torch: a head, neighbours, and their blend.

`run` goes from a photo table to a model folder; `fit` does the learning; `graph` writes it as one ONNX network.
"""
