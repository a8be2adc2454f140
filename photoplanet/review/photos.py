"""The photos of a review in time order, with what is shown of each that never changes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from photoplanet.albums.movement.moments import Moments
from photoplanet.albums.shots import Shot
from photoplanet.core.names import natural_key
from photoplanet.review.kept import key_of

_SAME_HOURS = 26.0  # between a stated time and the moment that is believed: what time zones explain


@dataclass(frozen=True)
class Photo:
    """One photo: its `row` in the library, `key` (`kept.key_of`), what it is called, and its time and day as text.

    `time`: YYYY-MM-DD HH:MM, or the day alone, "" where nothing is known; `own`: its own GPS, in degrees.
    """

    row: int
    key: str
    source: str
    name: str
    time: str
    day: str
    taken_at: str | None
    own: tuple[float, float] | None


def in_order(shots: Sequence[Shot], moments: Moments, root: str, use_places: bool = True) -> list[Photo]:
    """The photos in time order, those of unknown time last, by their names.

    >>> from photoplanet.albums.movement import moments
    >>> shots = [Shot("b.jpg", "b.jpg"), Shot("a.jpg", "a.jpg", taken_at="2024-05-01T10:00:00")]
    >>> when = moments.of([shot.taken_at for shot in shots], ["", ""])
    >>> [(photo.name, photo.time) for photo in in_order(shots, when, "")]
    [('a.jpg', '2024-05-01 10:00'), ('b.jpg', '')]
    """
    middle = np.where(moments.known, moments.middle, np.inf)
    order = sorted(range(len(shots)), key=lambda row: (float(middle[row]), natural_key(shots[row].name)))
    return [_photo(row, shots[row], moments, root, use_places) for row in order]


def _photo(row: int, shot: Shot, moments: Moments, root: str, use_places: bool) -> Photo:
    source = os.fsdecode(shot.source)
    time = _time(row, shot, moments)
    own = shot.place if use_places else None
    key = key_of(os.path.abspath(source), root)  # noqa: PTH100  # links are names of their own
    name = Path(source).name.encode("utf-8", "replace").decode()  # names may hold any bytes
    return Photo(row, key, source, name, time, time[:10], shot.taken_at, own)


def _time(row: int, shot: Shot, moments: Moments) -> str:
    """The clock of the photo's own words where the library believes them, else what it believes."""
    if not moments.known[row]:
        return ""
    believed: np.datetime64 = np.datetime64(round(float(moments.middle[row]) * 3600), "s")
    exact = moments.end[row] == moments.start[row]
    text = (shot.taken_at or "").strip()
    try:
        stated: np.datetime64 = np.datetime64(text[:19].replace(" ", "T"), "s")
    except ValueError:
        stated = np.datetime64("NaT", "s")
    if not np.isnat(stated) and abs((stated - believed) / np.timedelta64(1, "h")) <= _SAME_HOURS:
        believed = stated
    return str(believed)[: 16 if exact else 10].replace("T", " ")
