"""The mean of log-probabilities: every photo of the album gets the geometric mean of the photos' distributions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.album import Album
from photoplanet.albums.evidence import Decoded, blank, normalized, with_anchors


def decode(
    log_probabilities: NDArray, embeddings: NDArray | None, album: Album, partition: Any, learned: Any = None
) -> Decoded:
    """Give all slots the normalised geometric mean of the distributions; anchors keep their places.

    A place that one photo rules out is out for the whole album, which is right for an album of one place only. Photos
    that could not be read take no part in the mean, but get it.
    """
    rows = with_anchors(log_probabilities, album.known)
    used = ~blank(rows)
    if used.any():
        rows[album.known < 0] = normalized(rows[used].mean(axis=0, dtype=np.float64)[None])[0]
    return Decoded(rows)
