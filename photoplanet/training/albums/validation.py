"""How good an album network is on albums it never learned from, and its log-probabilities for the temperature.

>>> from photoplanet.earth import cells
>>> from photoplanet.training.albums.task import build
>>> partition, recipe = Partition.from_cells(cells.from_token(["47e66c", "60188c"])), AlbumRecipe("lstm", units=8)
>>> place, classes = partition.means[[0, 0, 1]].T, np.array([0, 0, 1], np.int32)
>>> photos = AlbumPhotos(np.zeros((3, 4), np.float16), *place, classes, np.zeros(3, np.float32), np.array([0, 2, 3]))
>>> network = build(recipe, 4, partition, None)
>>> sorted(row for rows, _ in predictions(network, photos, recipe) for row in rows.tolist())
[0, 1, 2]
>>> log_probabilities(network, photos, recipe)[0].shape
(3, 2)
>>> sorted(validate(network, photos, partition, recipe))
['accuracy', 'loss', 'photos', 'top1']
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.evaluation import accuracy
from photoplanet.training.albums import data
from photoplanet.training.albums.data import AlbumPhotos
from photoplanet.training.albums.networks import AlbumNetwork
from photoplanet.training.albums.recipes import AlbumRecipe
from photoplanet.training.task import Facts
from photoplanet.training.validation import MAX_NUMBERS


def predictions(
    network: AlbumNetwork, photos: AlbumPhotos, recipe: AlbumRecipe
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield rows (k,) of photos and their log-probabilities (k, classes): every photo that the recipe reads, once."""
    was_training = network.training
    network.eval()
    for some in data.epoch_batches(photos, recipe, 0):
        batch = data.read(some, recipe.reading)
        reach, state = len(batch.rows) if recipe.reading.both_ways else recipe.window, None
        for window in data.windows(batch, reach):
            with torch.inference_mode():
                logits, state = network(*network.inputs(photos, batch, window), state)
                asked = batch.targets[window] >= 0
                where = torch.from_numpy(np.flatnonzero(asked)).to(logits.device)
                log_p = logits.flatten(0, 1).index_select(0, where).log_softmax(dim=1).cpu().numpy()
            yield batch.targets[window][asked], log_p
    network.train(was_training)


def validate(network: AlbumNetwork, photos: AlbumPhotos, partition: Partition, recipe: AlbumRecipe) -> Facts:
    """Return mean loss and top-1 over photos in a cell; accuracy at the radii over all, at the best cell's mean.

    Of photos that the recipe reads: those that it truncates are not counted.
    """
    best, loss = np.full(len(photos), -1, np.int64), np.zeros(len(photos))
    for rows, log_p in predictions(network, photos, recipe):
        best[rows] = log_p.argmax(axis=1)
        loss[rows] = -log_p[np.arange(len(rows)), np.maximum(photos.classes[rows], 0)]
    read = best >= 0
    inside = read & (photos.classes >= 0)
    errors = geodesy.distance_km(photos.latitude[read], photos.longitude[read], *partition.means[best[read]].T)
    return {
        "photos": int(read.sum()),
        "loss": float(loss[inside].mean()) if inside.any() else float("inf"),
        "top1": float((best == photos.classes)[inside].mean()) if inside.any() else 0.0,
        "accuracy": accuracy.accuracy(errors),
    }


def log_probabilities(
    network: AlbumNetwork, photos: AlbumPhotos, recipe: AlbumRecipe
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return log-probabilities (m, classes) and true classes (m,) of photos in a cell, 200 MB at most."""
    most = max(1, MAX_NUMBERS // network.classes)
    found, truth, count = [np.zeros((0, network.classes), np.float32)], [np.zeros(0, np.int32)], 0
    for rows, log_p in predictions(network, photos, recipe):
        inside = photos.classes[rows] >= 0
        found.append(log_p[inside][: most - count])
        truth.append(photos.classes[rows][inside][: most - count])
        count += len(truth[-1])
    return np.concatenate(found), np.concatenate(truth)
