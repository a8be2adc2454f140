"""A trip on a map: points in time order joined by lines, and a timeline below; one HTML file that needs no network."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from photoplanet.albums.located_photos import LocatedPhoto
from photoplanet.albums.shots import Shot
from photoplanet.albums.trips import Trip
from photoplanet.core.atomic import open_replacing
from photoplanet.locate.answers import AnswerOptions
from photoplanet.show import maps
from photoplanet.show.thumbnails import Thumbnails

TITLE = "The trip"
MAX_PHOTOS = 5000  # in a page

# Takes one album: its trip, and what was found of each photo.
Sink = Callable[[Trip, list[LocatedPhoto]], None]


@contextmanager
def map_file(
    path: str | Path, photos: int, form: AnswerOptions, title: str = TITLE, with_thumbnails: bool = True
) -> Iterator[Sink]:
    """Write the map of a trip at the end; yields a function that adds one album: a Trip and what was found.

    `photos`: how many will come, which decides how many cells each may show, and how large its picture is; at most
    MAX_PHOTOS are shown. `with_thumbnails`: small pictures of all (`show.thumbnails`), else only of photos that show
    text which counts.

    >>> path = getfixture("tmp_path") / "trip.html"
    >>> with map_file(path, 0, AnswerOptions()) as add:
    ...     pass
    >>> path.read_text()[:15]
    '<!DOCTYPE html>'
    """
    shown: list[dict[str, Any]] = []
    albums: list[dict[str, Any]] = []
    licences: set[str] = set()
    cameras: dict[tuple[str | None, ...], int] = {}
    outlines, share = maps.Outlines(), maps.cells_a_photo(min(photos, MAX_PHOTOS))
    pictures = _Pictures(Thumbnails(min(photos, MAX_PHOTOS)) if with_thumbnails else None)

    def add(trip: Trip, founds: list[LocatedPhoto]) -> None:
        room = max(0, MAX_PHOTOS - len(shown))
        for found, time in list(zip(founds, trip.times, strict=True))[:room]:
            licences.add(found.prediction.licence if found.prediction is not None else "")
            who = (found.shot.folder, found.shot.photographer, found.shot.camera)
            about = _when(found.shot, time) | {"album": len(albums), "camera": cameras.setdefault(who, len(cameras))}
            shown.append(_photo(found, form, share, outlines, pictures) | about)
        if room:
            albums.append({"title": trip.title, "days": list(trip.days)})

    with open_replacing(path) as file:  # open from the start: better an error now than after hours
        yield add
        _shorten(shown)
        file.write(maps.page({"photos": shown, "albums": albums}, outlines, title, "trip", licences))


class _Pictures:
    """What pictures a page has: of every photo, or of the first ones that show text which counts, and larger."""

    def __init__(self, thumbnails: Thumbnails | None) -> None:
        self.thumbnails = thumbnails
        self.with_text = 0

    def of(self, found: LocatedPhoto) -> str | None:
        answer = found.prediction or ValueError(found.error)
        if self.with_text < maps.MAX_PICTURES and (picture := maps.thumbnail(found.shot.source, answer)):
            self.with_text += 1
            return picture
        return self.thumbnails.of(found.shot.source) if self.thumbnails and not found.shot.unreadable else None


def _photo(
    found: LocatedPhoto, form: AnswerOptions, share: int, outlines: maps.Outlines, pictures: _Pictures
) -> dict[str, Any]:
    answer = found.prediction or ValueError(found.error)
    item = {"name": found.shot.name, "prediction": answer, "thumbnail": pictures.of(found)}
    facts = found.as_measured(maps.photo_data(item, found.options(form), share, outlines))
    more: dict[str, Any] = {"kind": found.kind}
    if found.measured:
        more |= {"top": [], "cells": [], "inside": 0}  # nobody asks where else it may be
    if found.error and found.prediction is not None:
        more["fault"] = found.error
    return facts | more


def _when(shot: Shot, time: np.datetime64) -> dict[str, Any]:
    """The second, as a clock showed it, and in words; of a photo that states only its day, `dated`."""
    if np.isnat(time):
        return {"second": None, "taken": None}
    second = int(time.astype(np.int64))
    if shot.taken_at is not None and len(shot.taken_at) <= len("2000-01-01"):
        return {"second": second, "taken": str(time)[:10], "dated": True}
    return {"second": second, "taken": datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m-%d %H:%M")}


def _shorten(photos: list[dict[str, Any]]) -> None:
    """Leave the folder that all photos are in out of what the page says: it may be given away."""
    try:
        shared = os.path.commonpath([str(Path(photo["name"]).parent) for photo in photos])
    except ValueError:  # no photo, or some below the working folder and some elsewhere
        return
    for photo in photos if shared not in ("", ".") else ():
        for key in ("name", "error", "fault"):
            if key in photo:
                photo[key] = photo[key].replace(f"{shared}{os.sep}", "", 1)
