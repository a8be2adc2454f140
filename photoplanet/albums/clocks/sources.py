"""What each source of evidence says of the clocks of a library, while they are being settled."""

import numpy as np

from photoplanet.albums.clocks import following, local_time, matched, on_track, pieces, received, report, stops
from photoplanet.albums.clocks.found import Found
from photoplanet.albums.clocks.given import Given
from photoplanet.albums.clocks.local_time import LOCAL, Way
from photoplanet.albums.clocks.passes import Line
from photoplanet.albums.clocks.readings import Floats, Readings, Rows
from photoplanet.errors import InputError
from photoplanet.metadata.track import Track

_CONTRADICTS = 300.0  # seconds between what a person gives and what the photos say
_TRACK_POINTS = 20_000  # of a track that say what zones it goes through


class Sources:
    """The clocks of m cameras: `rows` of their photos (m), what is `found` (m) and remarked (m), `ahead` of UTC (n,).

    `ahead`: seconds, NaN unknown. `beside`: the camera by whose clock another goes, where the UTC of neither is known.
    """

    def __init__(self, all_readings: Readings, track: Track | None, given: Given):
        self.all, self.given = all_readings, given
        self.rows = all_readings.by_camera()
        self.found: list[Found | None] = [None] * len(self.rows)
        self.remarks: list[list[str]] = [[] for _ in self.rows]
        self.ahead: Floats = np.full(len(all_readings), np.nan)
        self.beside: dict[int, int] = {}
        self._track = track if track is not None and len(track.times) else None
        self._line = None if self._track is None else Line(self._track)
        self._given_by_camera = given.of_cameras(all_readings.names)
        points = 0 if self._track is None else len(self._track.times)
        self._some = np.unique(np.linspace(0, max(points - 1, 0), min(_TRACK_POINTS, points)).astype(int))
        self._names: local_time.Names | None = None
        self._way: Way | None = None
        self._local: tuple[Floats, local_time.Doubts] | None = None

    def keep(self, camera: int, clock: Found | None) -> None:
        """Take what was found of a camera's clock."""
        if clock is not None and not np.isnan(clock.ahead).all():
            self.found[camera], self.ahead[self.rows[camera]], self._way = clock, clock.ahead, None

    def open(self, most: int | None = None) -> list[int]:
        """The cameras of whose clocks nothing was found yet; `most`: at most so many, those with most photos."""
        found = [camera for camera, clock in enumerate(self.found) if clock is None]
        return sorted(sorted(found, key=lambda camera: -len(self.rows[camera]))[:most])

    def known(self, camera: int) -> int:
        """How many readings of a camera are known in UTC, or beside another camera."""
        clock = self.found[camera]
        return 0 if clock is None else int((~np.isnan(clock.ahead)).sum())

    def by_itself(self, camera: int) -> Found | None:
        """A clock by what a person gives, and by what its own photos say."""
        rows = self.rows[camera]
        shown, stated, receiver = self.all.shown[rows], self.all.stated[rows], self.all.receiver[rows]
        naive = np.isnan(stated)
        said = received.clock(shown, stated, receiver, lambda: self._zones()[rows], self.way_now)
        if (told := self._told(camera, shown, stated)) is not None:
            self._contradiction(camera, told, said)
            return told
        if said is not None:
            return self._decided(rows, said)
        if same := received.says_nothing(shown[naive], receiver[naive]):
            self.remarks[camera].append(f"the GPS time of {same:,} photos is what its own clock showed, perhaps local "
                                        "time; it says nothing")  # fmt: skip
        return _as_stated(shown, stated, self.all.beside[rows])

    def by_track(self, camera: int) -> Found | None:
        """A clock by the track and known places."""
        rows = self.rows[camera]
        if self._line is None:
            return None
        clock = on_track.clock(self.all.shown[rows], self.all.places[rows], self._line)
        return None if clock is None else self._decided(rows, clock)

    def by_matches(self, pairs: Rows, most: int) -> None:
        """Clocks by `pairs` (k, 2) of photos, both ways round, that match those of cameras whose clocks are known.

        Of `most` cameras, those with most photos. Each clock that is found may settle another. Where none is known,
        those that match go by the clock of the camera with most photos.
        """
        while True:
            done = [(camera, clock) for camera in self.open(most) if (clock := self._matched(camera, pairs, None))]
            if not done:
                break
            for camera, clock in done:
                self.keep(camera, self._decided(self.rows[camera], clock))
        waiting = sorted(self.open(most), key=lambda camera: -len(self.rows[camera]))
        for first in waiting:
            for camera in waiting:
                free = camera != first and self.found[camera] is None and self.found[first] is None
                if free and (clock := self._matched(camera, pairs, first)) is not None:
                    self.found[camera], self.beside[camera] = clock, first

    def by_way(self, camera: int) -> Found:
        """A clock that showed the local time of the place on the way; InputError where no place is known."""
        rows = self.rows[camera]
        ahead, doubts = self._local_time()
        if np.isnan(ahead[rows]).any():
            raise InputError("the time zone local: no place is known on the way (GPS, a table, a track); "
                             "name the zone, such as Europe/Lisbon")  # fmt: skip
        own = int((~np.isnan(self.all.places[rows]).any(axis=1)).sum())
        some = local_time.Doubts(doubts.twice[rows], doubts.never[rows])
        return Found(report.LOCAL, ahead[rows], own, len(rows), local=True, remarks=_doubted(some))

    def by_stops(self, camera: int) -> Found | None:
        """A clock by a track alone."""
        if self._line is None:
            return None
        clock, zones = stops.likely(self.all.shown[self.rows[camera]], self._line, self.way_now())
        if clock is None and zones:
            listed = ", ".join(f"{report.offset(zone.ahead)} ({100 * zone.chance:.0f} %)" for zone in zones)
            self.remarks[camera].append(f"by the track perhaps {listed}; that is not sure enough")
        return clock

    def way_now(self) -> Way:
        """Where the library was when, by what is known so far; a clock that names no zone counts as the place's own."""
        if self._way is None:
            ahead = np.where(np.isnan(self.ahead), self.all.stated, self.ahead)
            utc = np.where(np.isnan(self.all.receiver), self.all.shown - ahead, self.all.receiver)
            open_ = np.isnan(utc) & ~np.isnan(self.all.shown)
            zone, seconds = self._zones(), np.where(open_, self.all.shown, np.nan)
            utc[open_] = (self.all.shown - local_time.in_zones(zone[: len(utc)], seconds, by_clock=True))[open_]
            if self._track is not None:
                utc = np.concatenate([utc, self._track.times[self._some].astype("datetime64[s]").astype(np.float64)])
            self._way = Way(utc, zone)
        return self._way

    def _zones(self) -> local_time.Names:
        """The zones of the n places, and behind them of some points of the track."""
        if self._names is None:
            places = self.all.places
            if self._track is not None:
                points = np.column_stack([self._track.latitude[self._some], self._track.longitude[self._some]])
                places = np.concatenate([places, points])
            self._names = local_time.zones_of(places)
        return self._names

    def _local_time(self) -> tuple[Floats, local_time.Doubts]:
        """Seconds ahead of UTC (n,) of the local time that clocks showed, NaN where no place is known; and doubts."""
        if self._local is None:
            way, n = self.way_now(), len(self.all)
            ahead, doubts = np.full(n, np.nan), local_time.Doubts(np.zeros(n, bool), np.zeros(n, bool))
            known = np.flatnonzero(~np.isnan(self.all.shown))
            if len(way):
                ahead[known], some = way.ahead_of_clock(self.all.shown[known])
                doubts.twice[known], doubts.never[known] = some.twice, some.never
            own = local_time.in_zones(self._zones()[:n], self.all.shown, by_clock=True)
            self._local = np.where(np.isnan(own), ahead, own), doubts
        return self._local

    def _told(self, camera: int, shown: Floats, stated: Floats) -> Found | None:
        """What a person gives of a clock; what states its zone keeps that, unless the camera itself is named."""
        n, naive = len(shown), np.isnan(stated)
        if (ahead := self._given_by_camera.get(camera)) is not None:
            return Found(report.GIVEN, np.full(n, ahead), n, n)
        if not naive.any():
            return None
        if self.given.ahead is not None:
            return Found(report.GIVEN, np.where(naive, self.given.ahead, stated), int(naive.sum()), n)
        if self.given.zone is None or self.given.zone == LOCAL:
            return None
        by_zone, doubts = local_time.of_clock(shown, self.given.zone)
        some = local_time.Doubts(doubts.twice & naive, doubts.never & naive)
        ahead_of = np.where(naive, by_zone, stated)
        return Found(report.ZONE, ahead_of, int(naive.sum()), n, remarks=_doubted(some))

    def _contradiction(self, camera: int, told: Found, said: Found | None) -> None:
        """Remark where GPS times say otherwise than a person."""
        both = np.zeros(0) if said is None else said.ahead[~np.isnan(said.ahead + told.ahead)]
        if said is None or not len(both):
            return
        if abs(float(np.nanmedian(said.ahead - told.ahead))) > _CONTRADICTS:
            says = report.offset(float(np.median(both)))
            self.remarks[camera].append(f"the GPS time of {said.used:,} photos says {says}, not what is given")

    def _decided(self, rows: Rows, clock: Found) -> Found:
        """The clock, or local time, as the evidence says which of both it follows."""
        way, shown = self.way_now(), self.all.shown[rows]
        if not len(way):
            return clock
        utc = shown - clock.ahead
        known = ~np.isnan(utc)
        local = np.full(len(rows), np.nan)
        local[known] = way.ahead(utc[known])
        if self.given.zone == LOCAL:
            local[~known] = way.ahead_of_clock(shown[~known])[0]
        return following.decided(clock, shown, local, self.given.zone == LOCAL)

    def _matched(self, camera: int, pairs: Rows, beside: int | None) -> Found | None:
        """A clock by pairs of all photos, with those whose UTC is known, or with those of one other camera."""
        rows = self.rows[camera]
        others = np.flatnonzero(~np.isnan(self.ahead)) if beside is None else self.rows[beside]
        moments = (self.all.shown - self.ahead)[others] if beside is None else self.all.shown[others]
        mine, theirs = (np.full(len(self.all), -1, np.int64) for _ in range(2))
        mine[rows], theirs[others] = np.arange(len(rows)), np.arange(len(others))
        own = np.column_stack([mine[pairs[:, 0]], theirs[pairs[:, 1]]])
        name = None if beside is None else self.all.names[beside]
        return matched.clock(self.all.shown[rows], moments, own[(own >= 0).all(axis=1)], name)


def _as_stated(shown: Floats, stated: Floats, beside: Floats) -> Found | None:
    """A clock by what its photos state, or programs say of them, also for those within a month that say nothing."""
    naive = np.isnan(stated)
    if not naive.any():
        return Found(report.STATED, stated, len(shown), len(shown))
    how, value = report.STATED, stated
    if not (stated[~naive] != 0).any():  # UTC, which receivers and films have, is no camera's clock
        how, value = report.BESIDE, beside
    rows = np.flatnonzero(~np.isnan(value))
    if not len(rows):
        return None
    after = np.clip(np.searchsorted(shown[rows], shown), 0, len(rows) - 1)
    before = np.maximum(after - 1, 0)
    closer = np.abs(shown - shown[rows[before]]) < np.abs(shown[rows[after]] - shown)
    nearest = rows[np.where(closer, before, after)]
    near = np.abs(shown - shown[nearest]) <= pieces.REACH
    return Found(how, np.where(naive, np.where(near, value[nearest], np.nan), stated), len(rows), len(shown))


def _doubted(doubts: local_time.Doubts) -> tuple[str, ...]:
    """What is said of the hours that come twice, and those that never come."""
    found = []
    if twice := int(doubts.twice.sum()):
        found.append(f"{_photos(twice)} of an hour that came twice, and count as of the first")
    if never := int(doubts.never.sum()):
        found.append(f"{_photos(never)} of an hour that the clocks left out, and count as if unchanged")
    return tuple(found)


def _photos(count: int) -> str:
    return "1 photo is" if count == 1 else f"{count:,} photos are"
