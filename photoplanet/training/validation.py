"""How good the network is on photos it never learned from: loss, top-1 and accuracy in km at the five radii.

>>> from photoplanet.earth import cells
>>> from photoplanet.training.classifier import Classifier
>>> partition, photo = Partition.from_cells(cells.from_token(["47e66c", "60188c"])), np.zeros((32, 32, 3), np.uint8)
>>> model = Classifier("mobile", len(partition), Preprocessing(size=32), width=0.25)
>>> photos = LabelledPhotos([photo, b"not a photo"], *partition.means.T, np.array([0, 1], np.int32))
>>> rows, log_p, embeddings = answers(model, photos, model.preprocessing, Ranks(), "float32", len(partition))
>>> rows.tolist(), log_p.shape, len(embeddings)
([0], (1, 2), 1)
>>> found = validate(model, photos, partition, model.preprocessing, Ranks(), "float32")
>>> found["photos"], found["unreadable"]
(1, 1)
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.evaluation import accuracy
from photoplanet.photos import decode
from photoplanet.photos.decode import Preprocessing
from photoplanet.training import precision as formats
from photoplanet.training.data import LabelledPhotos
from photoplanet.training.distributed import Ranks

Decoded = Callable[[Iterable[Any], Preprocessing], Iterator[NDArray[np.uint8] | InputError]]
MAX_NUMBERS = 50_000_000  # log-probabilities kept for the temperature: 200 MB


def validate(
    model: nn.Module, photos: LabelledPhotos, partition: Partition, preprocessing: Preprocessing, ranks: Ranks,
    precision: str, batch_size: int = 128, decoded: Decoded = decode.load_many,
) -> dict[str, Any]:  # fmt: skip
    """Return the loss over photos in a cell; over all, top-1, accuracy and median km at the best cell's mean.

    Each rank takes every ranks-th photo. Photos that cannot be read are left out and counted in `unreadable`.
    """
    rows = np.arange(len(photos))[ranks.rank :: ranks.ranks]
    best, loss = np.full(len(photos), -1.0), np.zeros(len(photos))
    for some, log_p, _ in _predicted(model, photos, rows, preprocessing, ranks, precision, batch_size, decoded):
        best[some] = log_p.argmax(axis=1)
        loss[some] = -log_p[np.arange(len(some)), np.maximum(photos.classes[some], 0)]
    # Each rank has filled its own rows: sums over ranks put them together.
    both = torch.from_numpy(np.stack([best + 1, loss])).float().to(ranks.device)
    best, loss = ranks.sum(both).double().cpu().numpy()
    best -= 1
    return _summary(best.astype(np.int64), loss, photos, partition)


def answers(
    model: nn.Module, photos: LabelledPhotos, preprocessing: Preprocessing, ranks: Ranks, precision: str, classes: int,
    batch_size: int = 128, decoded: Decoded = decode.load_many, rows: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
    """Return the rows (m,) of readable photos, their log-probabilities (m, classes) and embeddings (m, d).

    Of all, or of `rows`; evenly spread, 200 MB at most.
    """
    given = np.arange(len(photos)) if rows is None else rows
    most = min(len(given), max(1, MAX_NUMBERS // classes))
    given = given[np.arange(most) * len(given) // max(1, most)]
    found = list(_predicted(model, photos, given, preprocessing, ranks, precision, batch_size, decoded))
    if not found:
        return np.zeros(0, np.int64), np.zeros((0, classes), np.float32), np.zeros((0, 1), np.float32)
    read, log_p, embeddings = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return read, log_p, embeddings


def _predicted(
    model: nn.Module, photos: LabelledPhotos, rows: NDArray[np.int64], preprocessing: Preprocessing, ranks: Ranks,
    precision: str, batch_size: int, decoded: Decoded,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]]:  # fmt: skip
    """Yield (rows, log-probabilities, embeddings) of readable photos, a batch at a time."""
    was_training = model.training
    model.eval()
    arrays = decoded((photos.sources[row] for row in rows), preprocessing)
    both = zip(rows, arrays, strict=True)
    pairs = ((row, pixels) for row, pixels in both if not isinstance(pixels, InputError))
    try:
        while some := list(itertools.islice(pairs, batch_size)):
            batch = torch.from_numpy(np.stack([pixels for _, pixels in some])).to(ranks.device)
            with torch.no_grad(), formats.autocast(precision, ranks.device):
                found = model(batch)
            log_p = found.logits.float().log_softmax(dim=1).cpu().numpy()
            yield np.array([row for row, _ in some]), log_p, found.embedding.float().cpu().numpy()
    finally:
        model.train(was_training)


def _summary(
    best: NDArray[np.int64], loss: NDArray[np.float64], photos: LabelledPhotos, partition: Partition
) -> dict[str, Any]:  # fmt: skip
    read = best >= 0
    covered = read & (photos.classes >= 0)
    found = partition.means[best[read]]
    km = geodesy.distance_km(found[:, 0], found[:, 1], photos.latitude[read], photos.longitude[read])
    return {
        "photos": int(read.sum()),
        "unreadable": int((~read).sum()),
        "loss": float(loss[covered].mean()) if covered.any() else None,
        "top1": float((best == photos.classes)[read].mean()) if read.any() else None,
        "accuracy": accuracy.accuracy(km),
        "median_km": float(np.median(km)) if read.any() else None,
    }
