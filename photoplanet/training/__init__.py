"""Training, the only folder that imports torch.

`run` trains the classifier from a photo table to a model folder, `recipes` holds its settings with their defaults, and
`backbones` the networks. `albums`, `embedding` and `near_duplicates` train what is added to a model. All of them go
through one loop: `loop`, with what differs in a `task`.
"""
