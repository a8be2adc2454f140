"""A trip on a map: points in time order joined by a line, and a timeline below; one HTML file that needs no network."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from photoplanet.albums.located_photos import LocatedPhoto
from photoplanet.albums.trips import Trip
from photoplanet.core.atomic import open_replacing
from photoplanet.locate.answers import AnswerOptions
from photoplanet.show import maps

TITLE = "The trip"
MAX_PHOTOS = maps.MAX_PHOTOS  # in a page


# Takes one album: its trip, and what was found of each photo.
Sink = Callable[[Trip, list[LocatedPhoto]], None]


@contextmanager
def map_file(path: str | Path, photos: int, form: AnswerOptions, title: str = TITLE) -> Iterator[Sink]:
    """Write the map of a trip at the end; yields a function that adds one album: a Trip and what was found.

    `photos`: how many will come, which decides how many cells each may show; at most MAX_PHOTOS are shown.

    >>> path = getfixture("tmp_path") / "trip.html"
    >>> with map_file(path, 0, AnswerOptions()) as add:
    ...     pass
    >>> path.read_text()[:15]
    '<!DOCTYPE html>'
    """
    shown: list[dict[str, Any]] = []
    albums: list[dict[str, Any]] = []
    licences: set[str] = set()
    outlines = maps.Outlines()
    share, pictures = maps.cells_a_photo(min(photos, MAX_PHOTOS)), 0

    def add(trip: Trip, founds: list[LocatedPhoto]) -> None:
        nonlocal pictures
        seconds = [None if np.isnat(time) else int(time.astype(np.int64)) for time in trip.times]
        room = max(0, MAX_PHOTOS - len(shown))
        for found, second in list(zip(founds, seconds, strict=True))[:room]:
            licences.add(found.prediction.licence if found.prediction is not None else "")
            shown.append(_photo(found, second, len(albums), form, share, outlines, pictures < maps.MAX_PICTURES))
            pictures += "thumbnail" in shown[-1]
        if room:
            albums.append({"title": trip.title, "days": list(trip.days)})

    with open_replacing(path) as file:  # open from the start: better an error now than after hours
        yield add
        file.write(maps.page({"photos": shown, "albums": albums}, outlines, title, "trip", licences))


def _photo(
    found: LocatedPhoto, second: int | None, album: int, form: AnswerOptions, share: int, outlines: maps.Outlines,
    with_picture: bool,
) -> dict[str, Any]:  # fmt: skip
    answer = found.prediction or ValueError(found.error)
    picture = maps.thumbnail(found.shot.source, answer) if with_picture else None
    item = {"name": found.shot.name, "prediction": answer, "thumbnail": picture}
    facts = found.as_measured(maps.photo_data(item, found.options(form), share, outlines))
    more: dict[str, Any] = {"kind": found.kind, "album": album, "second": second, "taken": _clock(second)}
    if found.error and found.prediction is not None:
        more["fault"] = found.error
    return facts | more


def _clock(second: int | None) -> str | None:
    if second is None:
        return None
    return datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m-%d %H:%M")
