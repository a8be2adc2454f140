"""Shots → trips: photos of one folder, photographer and clock in time order, cut at long pauses."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import album
from photoplanet.albums.shots import Shot
from photoplanet.metadata.times import parse_times


@dataclass(frozen=True)
class Trip:
    """Photos in time order: `times` (n,) datetime64[s], NaT unknown; `rows` (n,): which of the given photos each is."""

    shots: list[Shot]
    times: NDArray[np.datetime64]
    rows: NDArray[np.int64]

    @property
    def title(self) -> str:
        """Its album's name or its folder's, and its camera, or how many it has."""
        first = next((shot for shot in self.shots if shot.camera), self.shots[0])
        where = Path(first.folder).absolute().name if first.folder else ""
        cameras = len({shot.camera for shot in self.shots if shot.camera})
        return ", ".join(filter(None, (first.album or where, f"{cameras} cameras" if cameras > 1 else first.camera)))

    @property
    def days(self) -> tuple[str, str]:
        """First and last day, YYYY-MM-DD; empty where no time is known."""
        known = np.sort(self.times[~np.isnat(self.times)]).astype("datetime64[D]").astype(str)
        return (str(known[0]), str(known[-1])) if len(known) else ("", "")

    def record(self, number: int, photos: list[dict[str, Any]]) -> dict[str, Any]:
        """The album as plain values, around the records of its photos."""
        first, last = self.days
        return {"album": number, "title": self.title, "from": first, "to": last, "photos": photos}


def split(
    shots: Sequence[Shot],
    gap_hours: float = album.GAP_HOURS,
    one_camera: bool | None = None,
    by: Sequence[Hashable] | None = None,
    to_utc: bool = False,
) -> tuple[list[Trip], dict[str, dict[str, Any]], bool]:
    """Trips in the order of their first photos; what was wrong with times; whether the times are UTC.

    Photos of one folder and photographer go together where their clocks do, and are cut where the pause is longer than
    `gap_hours`. `by` (n): by which clock each is in time order (`clocks.settled`); by default each camera (make, model,
    serial number) has its own. `one_camera`: all go together (True), or each camera by itself (False), whatever is
    known of their clocks. A table's albums stay as they are. A photo that states neither camera nor time stays behind
    the one before it. `to_utc`: a date without a time of day is one in UTC, so that it keeps no other time from that.

    >>> days = ["2024-05-01", "2024-05-02", "2024-06-01"]
    >>> trips, faults, utc = split([Shot(day, day, taken_at=day) for day in days])
    >>> [trip.days for trip in trips]
    [('2024-05-01', '2024-05-02'), ('2024-06-01', '2024-06-01')]
    """
    texts = [_dated_in_utc(shot.taken_at) if to_utc else shot.taken_at for shot in shots]
    times, report = parse_times(texts)
    keys = [shot.camera for shot in shots] if by is None or one_camera is False else by
    clocks: list[Hashable] = []
    for row, shot in enumerate(shots):
        stays = shot.camera is None and np.isnat(times[row]) and row and shots[row - 1].folder == shot.folder
        clocks.append(clocks[row - 1] if stays else keys[row])
    orders = album.form(
        times,
        [shot.album for shot in shots],
        [(shot.folder, shot.photographer) for shot in shots],
        None if one_camera else clocks,
        gap_hours,
        ties=album.ties([shot.taken_at for shot in shots], [shot.name for shot in shots]),
    )
    trips = [Trip([shots[row] for row in order.rows], times[order.rows], order.rows) for order in orders]
    utc = all(text is None or _has_zone(text) for text in texts)
    return trips, report, utc


def _has_zone(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return True  # not a time, so it needs no zone


def _dated_in_utc(text: str | None) -> str | None:
    return f"{text}T00:00:00+00:00" if text and len(text) == len("2000-01-01") else text
