"""Which cameras travelled together? Two that were far from each other at the same time belong to two journeys."""

import numpy as np

from photoplanet.albums.clocks.readings import Floats, Rows
from photoplanet.earth import geodesy

SAME_TIME = 3600.0  # seconds between photos that are compared
NEAR_KM, KM_S = 10.0, 0.03  # so near is together, and so much farther a second that lies between (108 km/h)
FEWEST, SHARE = 2, 0.2  # neighbours in time that were too far from each other, and their share, that tell cameras apart


def groups(utc: Floats, places: Floats, camera: Rows, cameras: int) -> list[int]:
    """The journey of each camera, numbered from 0, by n photos: moments in UTC (n,), places (n, 2), `camera` (n,).

    Cameras that nothing tells apart are of one; NaN and −1 for what is unknown.

    >>> utc, places = np.arange(6) * 600.0, np.array([[48.9, 2.3], [40.7, -74.0]] * 3)
    >>> groups(utc, places, np.array([0, 1] * 3), 2), groups(utc, places[[0] * 6], np.array([0, 1] * 3), 2)
    ([0, 1], [0, 0])
    """
    elsewhere = _elsewhere(utc, places, camera)
    size = np.bincount(camera[camera >= 0], minlength=cameras)
    journeys: list[list[int]] = []
    found = [0] * cameras
    for one in sorted({camera for pair in elsewhere for camera in pair}, key=lambda one: -size[one]):
        free = [not any((min(one, other), max(one, other)) in elsewhere for other in those) for those in journeys]
        found[one] = free.index(True) if True in free else len(journeys)
        if True not in free:
            journeys.append([])
        journeys[found[one]].append(one)
    return found


def _elsewhere(utc: Floats, places: Floats, camera: Rows) -> set[tuple[int, int]]:
    """Pairs of cameras, the lower number first, that were far from each other at the same time."""
    known = np.flatnonzero(~(np.isnan(utc) | np.isnan(places).any(axis=1)) & (camera >= 0))
    known = known[np.argsort(utc[known], kind="stable")]
    xyz = geodesy.to_xyz(*places[known].T)
    span = np.diff(utc[known])
    two = (camera[known][1:] != camera[known][:-1]) & (span <= SAME_TIME)
    far = geodesy.between_km(xyz[1:], xyz[:-1]) > NEAR_KM + KM_S * span
    pairs = np.sort(np.column_stack([camera[known][:-1], camera[known][1:]]), axis=1)[two]
    if not len(pairs):
        return set()
    which, row = np.unique(pairs, axis=0, return_inverse=True)
    apart = np.bincount(row.reshape(-1), far[two])
    often = (apart >= FEWEST) & (apart >= SHARE * np.bincount(row.reshape(-1)))
    return {(int(one), int(other)) for one, other in which[often]}
