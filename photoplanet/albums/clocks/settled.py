"""All clocks of a library, settled before anything is placed: shots with their time in UTC, and what is said of it.

Of each camera the first counts that says something: what a person gives; GPS times; what the photos state, or programs
beside them; a track with the photos' known places; photos that match those of a camera whose clock is known; for the
zone `local` the place on the way; the stops of a track. What nothing is known of keeps its time as it is, without a
zone.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from photoplanet.albums.clocks import company, local_time, readings
from photoplanet.albums.clocks.given import Given
from photoplanet.albums.clocks.local_time import LOCAL
from photoplanet.albums.clocks.readings import Rows
from photoplanet.albums.clocks.report import Clock
from photoplanet.albums.clocks.sources import Sources
from photoplanet.albums.shots import Shot
from photoplanet.metadata.times import never_set
from photoplanet.metadata.track import Track

# Shots, and the rows of each camera's photos → pairs (k, 2) of rows of photos by two cameras that match
Matches = Callable[[Sequence[Shot], Sequence[Rows]], Rows]

MOST_CAMERAS = 50  # whose clocks are looked for on a track, and by matches: those with most photos


@dataclass(frozen=True)
class Settled:
    """n shots with their times, by `clocks` (one a camera), and by which clock each is in time order (`by`, n).

    What two shots have in common in `by` is a clock, or clocks that are shown to agree, of cameras that were not
    elsewhere at the same time. Times whose UTC is known are in
    the local time of the place, where that is known, with its offset from UTC.
    """

    shots: list[Shot]
    by: list[Hashable]
    clocks: list[Clock]

    @property
    def apart_in_a_folder(self) -> bool:
        """Whether a folder has timed photos by clocks that are not known to agree."""
        clocks: dict[str, Hashable] = {}
        return any(
            clocks.setdefault(shot.folder, by) != by
            for shot, by in zip(self.shots, self.by, strict=True)
            if shot.taken_at and shot.camera
        )

    def lines(self, most: int = 20) -> list[str]:
        """What is said of the clocks before anything is placed, of `most` cameras, those with most photos."""
        order = sorted(range(len(self.clocks)), key=lambda row: -self.clocks[row].photos)
        found = [line for row in sorted(order[:most]) for line in self.clocks[row].lines]
        return found + ([f"clocks of {len(order) - most:,} more cameras: in --json"] if len(order) > most else [])

    def records(self) -> list[dict[str, object]]:
        """The clocks as plain values."""
        return [clock.record() for clock in self.clocks]


def settled(
    shots: Sequence[Shot],
    track: Track | None = None,
    given: Given | None = None,
    use_places: bool = True,
    matches: Matches | None = None,
) -> Settled:
    """Find the clock of each camera, and give n shots their time in UTC where it is known.

    `track`: in UTC. `given`: what a person says. `use_places`: own places of photos count. `matches` finds photos of
    several cameras that show the same; it is only called where that can settle a clock. InputError where a camera that
    is given does not exist, and for the zone `local` where no place is known.

    >>> one = Shot("1.jpg", "1.jpg", taken_at="2024-05-01T10:00:00", camera="A")
    >>> found = settled([replace(one, receiver_at="2024-05-01T08:00:00+00:00"), one])
    >>> found.shots[1].taken_at, found.lines()
    ('2024-05-01T10:00:00+02:00', ['clock of A: +02:00 ahead of UTC (± 5 min), by the GPS time of 1 of its 2 photos'])
    """
    given = given or Given()
    of = Sources(readings.read(shots, use_places), track, given)
    for camera in range(len(of.rows)):
        of.keep(camera, of.by_itself(camera))
    for camera in of.open(MOST_CAMERAS):
        of.keep(camera, of.by_track(camera))
    if matches is not None and len(of.rows) > 1 and of.open():
        pairs = matches(shots, of.rows)
        of.by_matches(np.concatenate([pairs, pairs[:, ::-1]]), MOST_CAMERAS)
    for camera in of.open(None if given.zone == LOCAL else MOST_CAMERAS):
        of.keep(camera, of.by_way(camera) if given.zone == LOCAL else of.by_stops(camera))
    clocks = [
        Clock(name, len(rows), of.known(camera), of.found[camera], of.remarks[camera])
        for camera, (name, rows) in enumerate(zip(of.all.names, of.rows, strict=True))
    ]
    return Settled(_written(shots, of), _by(shots, of), clocks)


def _written(shots: Sequence[Shot], of: Sources) -> list[Shot]:
    """The shots with their times: in the local time of the place, where a clock was put right, or stated UTC."""
    found, utc, stated = list(shots), of.all.shown - of.ahead, of.all.stated
    changed = np.flatnonzero(~np.isnan(of.ahead) & ((of.ahead != stated) | (stated == 0)))
    if len(changed):
        way = of.way_now()
        zone = way.ahead(utc[changed]) if len(way) else np.round(of.ahead[changed] / 900) * 900
        plain = (zone >= local_time.LEAST_AHEAD) & (zone <= local_time.MOST_AHEAD)
        for row, ahead in zip(changed.tolist(), np.where(plain, zone, 0.0).tolist(), strict=True):
            if not ahead == stated[row] == of.ahead[row] or never_set(found[row].taken_at):
                text = readings.written(utc[row], ahead)
                found[row] = replace(found[row], taken_at=text or found[row].taken_at)
    for camera, _ in of.beside.items():
        clock = of.found[camera]
        for row, ahead in zip(of.rows[camera].tolist(), clock.ahead.tolist() if clock else (), strict=True):
            text = None if np.isnan(ahead) else readings.written(of.all.shown[row] - ahead, 0.0)
            if text:
                found[row] = replace(found[row], taken_at=text.partition("+")[0])
    return found


def _by(shots: Sequence[Shot], of: Sources) -> list[Hashable]:
    """By which clock each shot is in time order; one without a reading goes with the others of its camera.

    Known clocks agree, but those of cameras that were elsewhere at the same time are told apart.
    """
    of_camera: dict[Hashable, Hashable] = {}
    journey = company.groups(of.all.shown - of.ahead, of.all.places, of.all.camera, len(of.rows))
    for camera, rows in enumerate(of.rows):
        shot = shots[rows[0]]
        whole = not np.isnan(of.ahead[rows]).any()
        of_camera[shot.camera, shot.photographer] = ("UTC", journey[camera]) if whole else of.beside.get(camera, camera)
    known = ~np.isnan(of.ahead)
    return [
        ("UTC", journey[of.all.camera[row]]) if known[row]
        else of_camera.get((shot.camera, shot.photographer), shot.camera)
        for row, shot in enumerate(shots)
    ]  # fmt: skip
