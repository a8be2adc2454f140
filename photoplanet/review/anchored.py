"""A library with what a person decided in it: hand-made anchors among its known places, and which photos that moves.

Only photos near in time to a new anchor can change, so that of 20,000 some dozens are placed anew.
"""

import copy
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.movement import placing
from photoplanet.albums.movement.library import Library
from photoplanet.albums.movement.placing import Known
from photoplanet.earth import geodesy

REACH = placing.NEAR + 8  # known photos on either side of a change between which places may change


class Anchor(NamedTuple):
    """A place that a person vouches for: degrees, and the radius in km that it is good to."""

    latitude: float
    longitude: float
    radius_km: float


class Anchored:
    """The library of n photos with `anchors` (row → place) among its known places, and without the rows `dropped`.

    `library`: the same as `albums.movement.library.Library`; its experience stays that of the measured places, since
    what a person accepts is not a measurement of how far off proposals are.

    >>> from photoplanet.albums.movement import moments
    >>> when = moments.of(["2024-05-01", "2024-05-02", "2024-05-03"], [""] * 3)
    >>> found = Anchored(Library(when, np.full((3, 2), np.nan), ["a.jpg", "b.jpg", "c.jpg"]))
    >>> found.set({0: Anchor(48.86, 2.35, 1.0)}, ()), len(found.library.known)
    ([0, 1, 2], 1)
    """

    def __init__(self, library: Library):
        self.measured: Known = library.known
        self.library = copy.copy(library)
        self.photos = len(library.moments)
        self._anchors: dict[int, Anchor] = {}
        self._dropped: frozenset[int] = frozenset()

    def set(self, anchors: Mapping[int, Anchor], dropped: Iterable[int]) -> list[int]:
        """Take these anchors, and no others; return the rows whose place may have changed, the nearest in time first.

        Anchors of which no time is known place no others.
        """
        gone = frozenset(dropped)
        rows = {*anchors, *self._anchors}
        changed = sorted({row for row in rows if anchors.get(row) != self._anchors.get(row)} | (gone ^ self._dropped))
        before = self.library.known
        self._anchors, self._dropped = dict(anchors), gone
        self.library.known = self._known()
        return self._moved(changed, before, self.library.known) if changed else []

    def radius_of(self, row: int) -> float:
        """The radius in km that a known photo's own place is good to: 0 where it was measured."""
        anchor = self._anchors.get(row)
        return anchor.radius_km if anchor else 0.0

    def is_anchor(self, row: int) -> bool:
        """Whether a known photo's place is a person's word."""
        return row in self._anchors

    def _known(self) -> Known:
        moments, measured = self.library.moments, self.measured
        timed = [row for row in self._anchors if moments.known[row]]
        away = self._dropped.union(timed)
        keep = ~np.isin(measured.rows, list(away)) if away else np.ones(len(measured), np.bool_)
        rows = np.array(timed, np.int64)
        points = np.array([self._anchors[row][:2] for row in timed], np.float64).reshape(-1, 2)
        kept = measured.without(keep)
        when = kept.moments.joined(moments.take(rows))
        order = np.argsort(when.middle, kind="stable")
        xyz = np.concatenate([kept.xyz, geodesy.to_xyz(*points.T)])
        return Known(
            when.take(order), xyz[order], np.concatenate([kept.rows, rows])[order], measured.pace, apart=measured.apart
        )

    def _moved(self, changed: list[int], before: Known, now: Known) -> list[int]:
        """The rows between the REACH-th known photos before and after each that changed."""
        middle = self.library.moments.middle
        when = middle[changed]
        when = when[~np.isnan(when)]
        touched = np.zeros(self.photos, np.bool_)
        touched[changed] = True
        hours = np.full(self.photos, np.inf)
        for at in when.tolist():
            low, high = zip(*(_span(known.moments.middle, at) for known in (before, now)), strict=True)
            touched |= (middle >= min(low)) & (middle <= max(high))
            hours = np.fmin(hours, np.abs(middle - at))
        rows: NDArray[np.int64] = np.flatnonzero(touched)
        return [int(row) for row in rows[np.argsort(hours[rows], kind="stable")]]


def _span(middles: NDArray[np.float64], at: float) -> tuple[float, float]:
    place = int(np.searchsorted(middles, at))
    early, late = place - REACH, place + REACH
    return (
        -np.inf if early < 0 else float(middles[early]),
        np.inf if late >= len(middles) else float(middles[late]),
    )
