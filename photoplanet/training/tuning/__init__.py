"""Tuning: a pretrained encoder learns on from a person's photos, and features of the tuned one make the model.

`run` goes from a photo table to a model folder; `learn` tunes an encoder; `choice` decides whether it was worth it.
"""
