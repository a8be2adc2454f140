"""'PlaNet avg' of Table 2b: every photo of the album gets the mean of the photos' confidences."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.album import Album
from photoplanet.albums.evidence import Decoded, blank, with_anchors


def decode(
    log_probabilities: NDArray, embeddings: NDArray | None, album: Album, partition: Any, learned: Any = None
) -> Decoded:
    """Give all slots the mean of the probabilities (§4, "the average of the confidences"); anchors keep their places.

    Photos that could not be read take no part in the mean, but get it.
    """
    rows = with_anchors(log_probabilities, album.known)
    used = np.flatnonzero(~blank(rows))
    if not len(used):
        return Decoded(rows)
    total = np.zeros(rows.shape[1])
    for row in used:  # one at a time: no second array of the album's size
        total += np.exp(rows[row], dtype=np.float64)
    rows[album.known < 0] = np.log(total / len(used)).astype(np.float32)
    return Decoded(rows)
