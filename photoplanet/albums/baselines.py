"""The baselines of Table 2b: each photo by itself ('PlaNet'), and means over the album ('PlaNet avg').

All are `methods.Decoder`s that use neither embeddings, times nor parameters of their own.
"""

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.album import Album
from photoplanet.albums.evidence import LogProbabilities, blank, normalized, with_anchors
from photoplanet.earth.partition.partition import Partition


def single(
    log_probabilities: LogProbabilities,
    embeddings: NDArray[np.float32] | None,
    album: Album,
    partition: Partition,
    parameters: object = None,
) -> LogProbabilities:
    """Return the log-probabilities (n, classes) as they are; only anchors are put at their places.

    >>> rows = np.log([[0.9, 0.1], [0.6, 0.4]])
    >>> album = Album(gaps=np.array([0.5]), known=np.array([-1, 1]))
    >>> np.exp(single(rows, None, album, None)).argmax(axis=1).tolist()  # the second photo is known to be in class 1
    [0, 1]
    """
    return with_anchors(log_probabilities, album.known)


def average(
    log_probabilities: LogProbabilities,
    embeddings: NDArray[np.float32] | None,
    album: Album,
    partition: Partition,
    parameters: object = None,
) -> LogProbabilities:
    """Give all slots the mean of the probabilities (§4, "the average of the confidences"); anchors keep their places.

    Photos that could not be read do not count in the mean, but get it.

    >>> rows = np.log([[0.9, 0.1], [0.6, 0.4]])
    >>> album = Album(gaps=np.array([0.5]), known=np.array([-1, -1]))
    >>> np.exp(average(rows, None, album, None)).round(2).tolist()
    [[0.75, 0.25], [0.75, 0.25]]
    """
    rows = with_anchors(log_probabilities, album.known)
    used = np.flatnonzero(~blank(rows))
    if not len(used):
        return rows
    total = np.zeros(rows.shape[1])
    for row in used:  # one at a time: no second array of the album's size
        total += np.exp(rows[row], dtype=np.float64)
    rows[album.known < 0] = np.log(total / len(used)).astype(np.float32)
    return rows


def log_average(
    log_probabilities: LogProbabilities,
    embeddings: NDArray[np.float32] | None,
    album: Album,
    partition: Partition,
    parameters: object = None,
) -> LogProbabilities:
    """Give all slots the normalised geometric mean of the distributions; anchors keep their places.

    A place that one photo rules out is out for the whole album, which is right for an album of one place only. Photos
    that could not be read do not count in the mean, but get it.

    >>> rows = np.log([[0.8, 0.2], [0.2, 0.8], [0.8, 0.2]])
    >>> album = Album(gaps=np.array([0.5, 0.5]), known=np.array([-1, -1, -1]))
    >>> print(np.exp(log_average(rows, None, album, None)[0]).round(2))
    [0.61 0.39]
    """
    rows = with_anchors(log_probabilities, album.known)
    used = ~blank(rows)
    if used.any():
        rows[album.known < 0] = normalized(rows[used].mean(axis=0, dtype=np.float64)[None].astype(np.float32))[0]
    return rows
