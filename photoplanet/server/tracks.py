"""The tracks that photos are sent with: read in bounds, and refused in words that a client of the server can use."""

import numpy as np

from photoplanet.albums import known_places, trips
from photoplanet.albums.clocks import given as given_clocks
from photoplanet.metadata import track_files
from photoplanet.metadata.track import Track
from photoplanet.server import uploads
from photoplanet.server.problems import Problem
from photoplanet.server.service import Service
from photoplanet.server.uploads import Upload


async def read(
    service: Service, files: list[Upload], told: given_clocks.Given
) -> tuple[Track | None, list[str]]:  # fmt: skip
    """Return the tracks of a request as one, None without any, and notes; Problem 400 or 413 for a bad one.

    `told`: what the request says of clocks that name no zone.
    """
    if not files:
        return None, []
    most = service.limits.track_bytes
    if sum(len(file.content) for file in files) > most:
        raise uploads.too_large(most, "the track")
    named = [(f"the track {file.name}" if len(files) > 1 else "the track", file.content) for file in files]
    try:
        found = await service.batcher.decode(track_files.parse, named, 0.0, most, told.of_tracks())
    except track_files.ZoneUnknown as error:
        raise Problem(400, f"{error.what}: time_zone=local (of the places), time_zone=Europe/Lisbon, or "
                           "time_offset=+02:00") from None  # fmt: skip
    return found.track, found.notes


def check(track: Track, found: list[trips.Trip], utc: bool) -> list[str]:
    """Return what is to be noted of a track among these trips; `utc`: whether all their times are in UTC.

    Problem 400 where the photos' clocks are unknown.

    >>> check(Track(np.empty(0, "datetime64[s]"), np.empty(0), np.empty(0)), [], utc=False)
    Traceback (most recent call last):
    photoplanet.server.problems.Problem: tracks are in UTC, and some photos name no time zone; say what their clock ...
    """
    if not utc:
        raise Problem(400, "tracks are in UTC, and some photos name no time zone; say what their clock showed: "
                           "time_offset=+02:00 for two hours ahead, or time_zone=local")  # fmt: skip
    why = known_places.silence(track, np.concatenate([trip.times for trip in found]))
    return [f"the track: {why}; check time_offset or time_zone"] if why else []
