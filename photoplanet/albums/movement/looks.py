"""How much likelier two photos show the same place because they look alike: by features of a network for anything.

Among photos near in time those that look alike were taken within a kilometre of each other more often; whether they
were taken within 200 km, looks do not say (docs/albums.md has the numbers). So looks choose among the places near in
time, and nothing else.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.movement.placing import Looks
from photoplanet.core.progress import Advance, Say, ignore, silent

Floats = NDArray[np.float64]

ENCODER = "lite0"
STRENGTH = 6.0  # natural logarithm of likelihood per cosine; the best of 0, 3, 4, 6 and 8 on trips.parquet
LEAST_PHOTOS = 10  # with fewer, what they have in common cannot be taken off
_PAIRS = 1000  # photos whose pairs say what is common


class Likeness:
    """The features of n photos, (n, d), from which what all have in common is taken off; NaN or 0 rows say nothing.

    >>> rng = np.random.default_rng(0)
    >>> features = rng.random((40, 8)).astype(np.float32)
    >>> features[1] = features[0]
    >>> alike = Likeness(features).beside(0)(np.array([1, 2]))
    >>> bool(alike[0] > alike[1])
    True
    """

    def __init__(self, features: NDArray[np.floating]):
        given = np.nan_to_num(np.asarray(features, np.float32), posinf=0, neginf=0)
        self.seen: NDArray[np.bool_] = np.asarray(given.any(axis=1))
        mean = given[self.seen].mean(axis=0) if self.seen.any() else 0
        rows = np.where(self.seen[:, None], given - mean, 0)
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        self._rows = rows / np.where(length > 0, length, 1)
        self.says = int(self.seen.sum()) >= LEAST_PHOTOS
        some = self._rows[np.flatnonzero(self.seen)]
        some = some[np.unique(np.linspace(0, max(len(some) - 1, 0), min(_PAIRS, len(some))).astype(int))]
        pairs = np.triu_indices(len(some), 1)
        self._usual = float(np.exp(STRENGTH * (some @ some.T)[pairs]).mean()) if len(pairs[0]) else 1.0

    def beside(self, row: int) -> Looks | None:
        """How a photo looks beside others; None where nothing is known of its looks."""
        if not self.says or not self.seen[row]:
            return None

        def looks(others: NDArray[np.int64]) -> Floats:
            seen = np.zeros(len(others), bool)
            inside = others < len(self.seen)
            seen[inside] = self.seen[others[inside]]
            found = np.ones(len(others))
            found[seen] = np.exp(STRENGTH * (self._rows[others[seen]] @ self._rows[row])) / self._usual
            return found

        return looks


def is_installed() -> bool:
    """Whether the encoder's package is there.

    >>> is_installed()
    True
    """
    from photoplanet.encoders import lite

    return lite.is_installed(ENCODER)


def of(
    sources: Sequence[str | bytes],
    rows: NDArray[np.int64],
    threads: int | None = None,
    advance: Advance = ignore,
    say: Say = silent,
) -> Likeness:
    """The likeness of n photos, of which those in `rows` are looked at; features are computed, or kept from before.

    >>> of([], np.array([], np.int64)).says
    False
    """
    from photoplanet.encoders import installed, kept

    encoder = installed.resolve(ENCODER)
    paths = {int(row): source for row in rows if isinstance(source := sources[row], str)}
    found, readable, _ = kept.features(encoder, list(paths.values()), threads, advance, say)
    features = np.zeros((len(sources), encoder.dimension), np.float32)
    features[list(paths)] = np.where(readable[:, None], encoder.compared(found.astype(np.float32)), 0)
    return Likeness(features)
