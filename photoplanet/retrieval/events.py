"""Photos of one event by two cameras: those that show the same place, by local features, so that clocks can be set.

What `albums.clocks` asks for as `matches`. Visual words choose candidates among the photos of the other cameras, and
geometry decides.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.shots import Shot
from photoplanet.core.progress import Bar, no_bar
from photoplanet.core.workers import in_threads
from photoplanet.errors import InputError, MissingExtra
from photoplanet.retrieval.extras import open_faiss, open_opencv
from photoplanet.retrieval.local_features import search
from photoplanet.retrieval.local_features.root_sift import Features, extract

MOST = 300  # photos of one camera that are looked at: half a minute on two cores
CANDIDATES = 8  # of other cameras that geometry looks at, for each photo
KEPT = 3  # of these, at most, that count as matches
_ALL = 1000  # photos of all cameras; where there are more, only the largest cameras are compared

Rows = NDArray[np.int64]
NOTHING = Features(np.zeros((0, 4), np.float32), np.zeros((0, 128), np.uint8), 1, 1)


def is_installed() -> bool:
    """Whether the extra is there that comparing needs.

    >>> is_installed()
    True
    """
    try:
        open_faiss()
        open_opencv()
    except MissingExtra:
        return False
    return True


def pairs(shots: Sequence[Shot], cameras: Sequence[Rows], bar: Bar = no_bar) -> Rows:
    """Pairs (k, 2) of rows of photos by two cameras that show the same; `cameras`: rows (m,) of each one's photos.

    Only folders in which there are photos of two cameras count, and of each camera at most 300 photos, evenly from its
    whole time. A photo that cannot be read matches none. MissingExtra without photoplanet[retrieval].

    >>> pairs([], []).shape
    (0, 2)
    """
    chosen = _chosen(shots, cameras)
    rows = np.concatenate([np.zeros(0, np.int64), *chosen])
    if sum(len(some) > 0 for some in chosen) < 2:
        return np.zeros((0, 2), np.int64)
    camera = np.repeat(np.arange(len(chosen)), [len(some) for some in chosen])
    features: list[Features] = []
    with bar("comparing cameras", 2 * len(rows)) as advance:
        for found in in_threads(_features, [shots[row].source for row in rows.tolist()]):
            features.append(found)
            advance(1)
        if not any(len(each.points) for each in features):
            return np.zeros((0, 2), np.int64)
        index = search.build(features.__getitem__, len(features))
        matched = []
        for at, each in enumerate(features):
            own = np.flatnonzero(camera == camera[at]).tolist()
            hits = index.search(each, KEPT, CANDIDATES, exclude=own) if len(each.points) else []
            matched += [(at, hit.row) for hit in hits if hit.trusted]
            advance(1)
    once = np.unique(np.sort(np.array(matched, np.int64).reshape(-1, 2), axis=1), axis=0)
    return rows[once]


def _features(source: str | bytes) -> Features:
    try:
        return extract(source)
    except InputError:  # reading its pixels reports it
        return NOTHING


def _chosen(shots: Sequence[Shot], cameras: Sequence[Rows]) -> list[Rows]:
    """The rows of each camera that are looked at: in folders of two cameras, evenly, of the largest cameras."""
    in_folder: dict[str, set[int]] = {}
    for number, rows in enumerate(cameras):
        for row in rows.tolist():
            in_folder.setdefault(shots[row].folder, set()).add(number)
    shared = {folder for folder, numbers in in_folder.items() if len(numbers) > 1}
    chosen = []
    for rows in cameras:
        near = [row for row in rows.tolist() if shots[row].folder in shared and not shots[row].unreadable]
        some = np.unique(np.linspace(0, max(len(near) - 1, 0), min(MOST, len(near))).round().astype(int))
        chosen.append(np.array(near, np.int64)[some])
    total = 0
    for number in sorted(range(len(chosen)), key=lambda number: -len(chosen[number])):
        if total + len(chosen[number]) > _ALL:
            chosen[number] = np.zeros(0, np.int64)
        total += len(chosen[number])
    return chosen
