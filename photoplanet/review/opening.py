"""What a person names → a review: photos read, decisions of earlier sessions found again, and proposals begun."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from photoplanet.albums import known_places, locate_trip
from photoplanet.albums.movement import library as movement
from photoplanet.albums.movement.library import Library
from photoplanet.albums.movement.looks import Likeness
from photoplanet.albums.shots import Shot
from photoplanet.albums.trips import Trip
from photoplanet.core.progress import Say, silent
from photoplanet.errors import printable
from photoplanet.metadata.track import Track
from photoplanet.review.kept import Kept
from photoplanet.review.looking import Looker
from photoplanet.review.photos import Photo, in_order
from photoplanet.review.session import Session

_NAMED = 5  # photos that a line names


class Sources(NamedTuple):
    """What was read: all shots, how they were split into trips, a track, and whether the photos' own GPS counts."""

    shots: Sequence[Shot]
    trips: Sequence[Trip]
    track: Track | None = None
    use_places: bool = True


def open_session(
    sources: Sources, names: Sequence[str], kept: Kept, likeness: Likeness | None = None, looker: Looker | None = None,
    say: Say = silent,
) -> Session:  # fmt: skip
    """Open a review of what was read from `names`, whose decisions are `kept`; `say` gets what a person should know.

    A decision on a photo whose time has changed since is taken back: it was another photo, or another clock.

    >>> from photoplanet.albums import trips
    >>> shots = [Shot("a.jpg", "a.jpg", taken_at="2024-05-01T10:00:00", place=(48.86, 2.35)), Shot("b.jpg", "b.jpg")]
    >>> kept = Kept(getfixture("tmp_path") / "kept.jsonl")
    >>> session = open_session(Sources(shots, trips.split(shots)[0]), ["."], kept)
    >>> session.settle(), session.standing(0).state, session.standing(1).proposal.silent[:7]
    (True, 'known', 'no time')
    >>> kept.close()
    """
    library = movement.of(sources.shots, sources.trips, sources.use_places, sources.track, likeness)
    photos = in_order(sources.shots, library.moments, root_of(names), sources.use_places)
    _find_again(photos, kept, say)
    return Session(photos, library, kept, _on_track(sources, library), looker)


def root_of(names: Sequence[str]) -> str:
    """The folder from which photos are named in the file of decisions: the first one named, or that of its photos.

    >>> root_of([str(getfixture("tmp_path"))]) == str(getfixture("tmp_path"))
    True
    """
    first = Path(os.path.abspath(names[0]))  # noqa: PTH100  # links are names of their own
    return str(first if first.is_dir() else first.parent)


def _find_again(photos: Sequence[Photo], kept: Kept, say: Say) -> None:
    decided = kept.history.decisions
    here = {photo.key: photo for photo in photos}
    gone = [key for key in decided if key not in here]
    other = [key for key, each in decided.items() if key in here and each.taken_at != here[key].taken_at]
    if kept.damaged:
        say(f"{kept.path}: {kept.damaged:,} damaged lines passed over")
    if gone:
        say(f"{len(gone):,} decisions are on photos that are not here ({_some(gone)}); they are kept")
    if other:
        say(f"{len(other):,} decisions are taken back, for the time of their photos is another now ({_some(other)}); "
            "Undo has them again")  # fmt: skip
        kept.do("forget changed photos", dict.fromkeys(other))


def _some(keys: Sequence[str]) -> str:
    return ", ".join(map(printable, keys[:_NAMED])) + ", …" * (len(keys) > _NAMED)


def _on_track(sources: Sources, library: Library) -> dict[int, tuple[tuple[float, float], float]]:
    """Row → place and radius in m of the photos that were taken while a track was recorded."""
    track = sources.track
    if track is None or not len(track.times):
        return {}
    times = np.full(len(library.moments), np.datetime64("NaT"), "datetime64[s]")
    for trip in sources.trips:
        times[trip.rows] = trip.times
    places, _ = known_places.along(track, times)
    rows = np.flatnonzero(~np.isnan(places).any(axis=1)).tolist()
    return {
        row: ((float(places[row, 0]), float(places[row, 1])), locate_trip.track_radius_m(track, times[row]))
        for row in rows
    }
