"""A library teaches how much its network counts: a part of its photos, whose places are known, are looked at first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import locate_album
from photoplanet.albums.evidence import Evidence
from photoplanet.albums.movement import pixels, weights
from photoplanet.albums.movement.joined import Pixels
from photoplanet.albums.movement.library import Library
from photoplanet.albums.movement.weights import Weights
from photoplanet.albums.trips import Trip
from photoplanet.core.progress import Advance, ignore
from photoplanet.locate.locator import Locator

ENOUGH = 2 * weights.MOST_PHOTOS  # known photos that are looked at before the weights are learned
MAX_BYTES = 256 * 1024**2  # of what was seen in them, which is kept


@dataclass(frozen=True)
class Taught:
    """The `weights` of a network, and what it has `seen` in the trips (by `id`) that this was learned on."""

    weights: Weights
    seen: dict[int, Evidence] = field(default_factory=dict)


def chosen(trips: Sequence[Trip], library: Library, classes: int) -> list[int]:
    """The trips (numbers, ascending) that are looked at: evenly over all that have a known place and fit in memory.

    >>> from photoplanet.albums.movement import library, moments
    >>> whole = library.Library(moments.of([], []), np.empty((0, 2)), [])
    >>> chosen([], whole, 1000)
    []
    """
    known = set(library.known.rows.tolist())
    counts = {number: sum(row in known for row in trip.rows.tolist()) for number, trip in enumerate(trips)}
    with_places = [number for number, count in counts.items() if count]
    step = max(1, len(with_places) // 16)
    found, photos, held = [], 0, 0
    for number in [each for start in range(step) for each in with_places[start::step]]:
        size = len(trips[number].rows) * classes * 4
        if photos < ENOUGH and held + size <= MAX_BYTES:
            found.append(number)
            photos, held = photos + counts[number], held + size
    return sorted(found)


def taught(
    locator: Locator,
    trips: Sequence[Trip],
    library: Library,
    numbers: Sequence[int],
    trained_on: NDArray[np.int64] | None = None,
    advance: Advance = ignore,
    threads: int | None = None,
) -> Taught:
    """Look at the photos of some trips (`chosen`) and learn the weights; `trained_on` as for `weights.learned`.

    >>> import photoplanet as pp
    >>> from photoplanet.albums.movement import moments
    >>> empty = Library(moments.of([], []), np.empty((0, 2)), [])
    >>> taught(pp.load("toy"), [], empty, []).weights.far.power
    0.2
    """
    if locator.info.beats_prior is False:
        return Taught(Weights())
    seen: dict[int, Evidence] = {}
    for number in numbers:
        sources = [shot.source for shot in trips[number].shots]
        seen[number] = locate_album.see(locator, sources, advance, threads)
    weighed = learned(locator, trips, library, seen, trained_on)
    return Taught(weighed, {id(trips[number]): evidence for number, evidence in seen.items()})


def learned(
    locator: Locator,
    trips: Sequence[Trip],
    library: Library,
    seen: Mapping[int, Evidence],
    trained_on: NDArray[np.int64] | None = None,
) -> Weights:
    """The weights by what was `seen` in some trips (by their numbers); else as `taught`.

    >>> import photoplanet as pp
    >>> from photoplanet.albums.movement import moments
    >>> learned(pp.load("toy"), [], Library(moments.of([], []), np.empty((0, 2)), []), {}).near.power
    0.0
    """
    if locator.info.beats_prior is False:
        return Weights()

    def said() -> Iterator[tuple[int, Pixels]]:
        known = set(library.known.rows.tolist())
        for number, evidence in seen.items():
            trip = trips[number]
            all_said = pixels.heard(locator.partition, evidence, trip.times)
            for place, row in enumerate(trip.rows.tolist()):
                own = all_said.of(place, 1.0) if row in known else None
                if own is not None:
                    yield row, own

    return weights.learned(library.known, library.experience, said(), trained_on)
