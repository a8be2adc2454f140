"""'PlaNet avg' of Table 2b: every photo of the album gets the mean of the photos' confidences."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.album import Album
from photoplanet.albums.decoded import Decoded, with_anchors


def decode(
    log_probabilities: NDArray, embeddings: NDArray | None, album: Album, partition: Any, learned: Any = None
) -> Decoded:
    """Give all slots the mean of the probabilities (§4, "the average of the confidences"); anchors keep their places.

    Flat rows (photos that could not be read) count like any other and pull the mean towards nothing in particular.
    """
    rows = with_anchors(log_probabilities, album.known)
    total = np.zeros(rows.shape[1])
    for row in rows:  # one at a time: no second array of the album's size
        total += np.exp(row, dtype=np.float64)
    mean = np.log(total / max(len(rows), 1)).astype(np.float32)
    rows[album.known < 0] = mean
    return Decoded(rows)
