"""Whether the photos of an album are from where the model has cells at all: what each says of it, joined.

Each photo has its own probability of being unknown (`locate.unknown`). What an album adds: a photo that shows nothing
was taken where those minutes before and after it were, and around a known place nothing is unknown. It never makes an
album surer than its photos are, since those of one country share what misleads the network.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.album import Album
from photoplanet.albums.evidence import LogProbabilities, blank
from photoplanet.albums.transition_model import UNKNOWN_HOURS
from photoplanet.earth.partition.partition import Partition

PHOTO_HOURS = 1.0  # a photo this far away in time weighs exp(−1) of one's own
PLACE_HOURS = 6.0  # so long after a known place somebody is still around it with probability exp(−1)
_LEAST = 1e-6  # what a photo by itself may rule out

Floats = NDArray[np.floating[Any]]


def softened(log_probabilities: LogProbabilities, unknown: Floats, partition: Partition) -> LogProbabilities:
    """What photos say of their neighbours: rows (n, classes), mixed with the prior by `unknown` (n,); a new array.

    A photo from outside says nothing of where in the cells it is. Rows stay as they are where `unknown` is NaN, and
    where they are flat.

    >>> from photoplanet.earth import cells
    >>> partition = Partition.from_cells(cells.from_token(["47e66c", "60188c"]))
    >>> rows = np.log(np.float32([[0.9, 0.1], [0.9, 0.1]]))
    >>> np.exp(softened(rows, np.array([0.5, np.nan]), partition)[0]).round(2)
    array([0.7, 0.3], dtype=float32)
    """
    rows = np.array(log_probabilities, np.float32)
    log_prior = np.log(partition.prior).astype(np.float32)
    for row in np.flatnonzero((unknown > 0) & ~blank(rows)):  # one at a time: no second array of the album's size
        share = np.float32(min(unknown[row], 1 - _LEAST))
        rows[row] = np.logaddexp(rows[row] + np.log1p(-share), log_prior + np.log(share))
    return rows


def joined(unknown: Floats, album: Album, away: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The probability (n,) of each slot to be outside all cells, given all slots; NaN everywhere where nothing tells.

    The mean log-odds of all photos, each weighed by exp(−hours away); and, by the probability to be still around the
    nearest known place in time, 0 where the cells reach that place and 1 where they do not. `unknown` (n,): what each
    photo says by itself, NaN for nothing. `away` (n,): which known places of the `album` no cell reaches.

    >>> nobody = np.array([-1, -1, -1], np.int32)
    >>> joined(np.array([0.9, 0.05, 0.05]), Album(np.array([0.02, 0.02]), nobody), nobody >= 0).round(2)
    array([0.23, 0.22, 0.22])
    """
    known = album.known >= 0
    said = ~np.isnan(unknown) & ~known
    if np.isnan(unknown).all():
        return np.full(len(unknown), np.nan)
    own = np.clip(np.where(said, unknown, 0.5), _LEAST, 1 - _LEAST)
    hours = np.where(np.isnan(album.gaps), UNKNOWN_HOURS, album.gaps)
    when = np.append(0.0, np.cumsum(hours))
    odds = _around(np.column_stack([said, said * np.log(own / (1 - own))]), hours)
    # A slot too far from every photo has the mean of all.
    weight, total = np.where(odds[:, :1] > 0, odds, odds.sum(axis=0)).T
    found = 1 / (1 + np.exp(-total / np.maximum(weight, np.finfo(np.float64).tiny)))
    places = np.flatnonzero(known)
    if len(places):
        after = np.searchsorted(when[places], when).clip(1, max(1, len(places) - 1))
        ends = places[np.column_stack([after - 1, np.minimum(after, len(places) - 1)])]
        apart = np.abs(when[ends] - when[:, None])
        nearest = ends[np.arange(len(when)), apart.argmin(axis=1)]
        still = np.exp(-apart.min(axis=1) / PLACE_HOURS)
        found = (1 - still) * found + still * away[nearest]
    return np.asarray(found)


def _around(values: NDArray[np.float64], hours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Σ_j exp(−hours between i and j) · value_j of every slot i; values (n, k), `hours` (n − 1,) between neighbours."""
    total = -values
    for way in (slice(None), slice(None, None, -1)):
        kept = np.exp(-np.append(0.0, hours[way]) / PHOTO_HOURS)
        held, part = np.zeros(values.shape[1]), np.empty(values.shape)
        for slot, own in enumerate(values[way]):
            held = held * kept[slot] + own
            part[slot] = held
        total = total + part[way]
    return np.asarray(total)
