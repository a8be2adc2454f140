"""Shots → trips: photos of one folder, photographer and camera in time order, cut at long pauses."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import album
from photoplanet.albums.shots import Shot
from photoplanet.errors import InputError
from photoplanet.metadata.times import parse_times

OFFSET = "[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9]|Z|UTC"  # less than a day


@dataclass(frozen=True)
class Trip:
    """Photos in time order: `times` (n,) datetime64[s], NaT unknown; `rows` (n,): which of the given photos each is."""

    shots: list[Shot]
    times: NDArray[np.datetime64]
    rows: NDArray[np.int64]

    @property
    def title(self) -> str:
        """Its album's name or its folder's, and its camera."""
        first = next((shot for shot in self.shots if shot.camera), self.shots[0])
        where = Path(first.folder).absolute().name if first.folder else ""
        return ", ".join(filter(None, (first.album or where, first.camera)))

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
    one_camera: bool = False,
    time_offset: str | None = None,
) -> tuple[list[Trip], dict[str, dict[str, Any]], bool]:
    """Trips in the order of their first photos; what was wrong with times; whether the times are UTC.

    Photos of one folder, photographer and camera (make, model, serial number) go together and are cut where the pause
    is longer than `gap_hours`; `one_camera` keeps cameras together. A table's albums stay as they are. A photo that
    states neither camera nor time stays behind the one before it. `time_offset` ("+02:00"): how far the clocks of
    photos that name no zone were ahead of UTC.

    >>> days = ["2024-05-01", "2024-05-02", "2024-06-01"]
    >>> trips, faults, utc = split([Shot(day, day, taken_at=day) for day in days])
    >>> [trip.days for trip in trips]
    [('2024-05-01', '2024-05-02'), ('2024-06-01', '2024-06-01')]
    """
    texts = [_zoned(shot.taken_at, time_offset) for shot in shots]
    times, report = parse_times(texts)
    cameras: list[Hashable] = []
    for row, shot in enumerate(shots):
        stays = shot.camera is None and np.isnat(times[row]) and row and shots[row - 1].folder == shot.folder
        cameras.append(cameras[row - 1] if stays else shot.camera)
    orders = album.form(
        times,
        [shot.album for shot in shots],
        [(shot.folder, shot.photographer) for shot in shots],
        None if one_camera else cameras,
        gap_hours,
        ties=album.ties([shot.taken_at for shot in shots], [shot.name for shot in shots]),
    )
    trips = [Trip([shots[row] for row in order.rows], times[order.rows], order.rows) for order in orders]
    utc = all(text is None or _has_zone(text) for text in texts)
    return trips, report, utc


def check_offset(text: str) -> str:
    """A time offset as ISO 8601 writes it, "+02:00"; InputError for anything else.

    >>> check_offset("-0530"), check_offset("Z")
    ('-05:30', '+00:00')
    """
    if not re.fullmatch(OFFSET, text.strip(), re.IGNORECASE):
        raise InputError(f"the time offset {text!r} must look like +02:00 or -05:30: how far the clock is ahead of UTC")
    sign = text.strip().upper()
    return "+00:00" if sign in ("Z", "UTC") else f"{sign[:3]}:{sign[-2:]}"


def _has_zone(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return True  # not a time, so it needs no zone


def _zoned(text: str | None, offset: str | None) -> str | None:
    if not text or offset is None or _has_zone(text):
        return text
    return f"{text}{offset}" if len(text) > len("2000-01-01") else f"{text}T00:00:00{offset}"
