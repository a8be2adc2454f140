"""A whole library: what is known of all its photos, and a prediction for each of those whose place is not known."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import known_places
from photoplanet.albums.movement import experience, joined, looks, moments, named_dates, placing, surroundings, trust
from photoplanet.albums.movement.looks import Likeness
from photoplanet.albums.movement.moments import Moments
from photoplanet.albums.movement.movers import numbered
from photoplanet.albums.movement.placing import Found
from photoplanet.albums.shots import Shot
from photoplanet.albums.trips import Trip
from photoplanet.core.progress import Advance, Say, ignore, silent
from photoplanet.locate import joining, world
from photoplanet.locate.prediction import Prediction
from photoplanet.locate.within import Cut
from photoplanet.metadata.track import Track

NO_ANSWER = 1.1  # more than any probability: what is shown with --answer-always only


class Library:
    """n photos: `moments`, and the `known` ones among them (with the points of a track behind them, rows from n on).

    `places` (n, 2) degrees, NaN for unknown. `likeness`: how photos look beside each other; None where that is unknown.
    `movers` (n): who took each photo, or with what, None where that is unknown. All albums of a run are one library: a
    photo's neighbour in time may be in another folder, by another camera, and weeks away.
    """

    def __init__(
        self,
        all_moments: Moments,
        places: NDArray[np.float64],
        names: Sequence[str],
        likeness: Likeness | None = None,
        track: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
        movers: Sequence[Hashable] | None = None,
    ):
        if movers is not None:
            all_moments = replace(all_moments, who=numbered(movers))
        self.moments = trust.settled(all_moments, names, places)
        self._looks_of = likeness.beside if likeness else lambda row: None
        if track is not None:
            hours, points = track
            behind = Moments(hours, hours, np.full(len(hours), np.nan))
            self.known = placing.known(np.concatenate([places, points]), self.moments.joined(behind))
        else:
            self.known = placing.known(places, self.moments)
        self.experience = experience.gathered(self.known, self._looks_of_photo)

    def prediction(
        self, row: int, alone: Prediction | None = None, cut: Cut | None = None, also: Sequence[joined.Evidence] = ()
    ) -> Prediction:
        """Where one photo is; no answer where it has no time and no date, or where no place is known at all.

        `alone`: what the photo says by itself; then its clues are joined with its time, and they are what is left where
        its time says nothing. `cut`: to the area that the photos are from. `also`: what else is said of it
        (`joined.Evidence`), as by a network; then a photo without a time has an answer, too.

        >>> when = moments.of(["2024-05-01", "2024-05-02", None, "2024-05-03"], [""] * 4)
        >>> nan = float("nan")
        >>> places = np.array([[48.86, 2.35], [nan, nan], [nan, nan], [48.86, 2.36]])
        >>> library = Library(when, places, ["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
        >>> [round(degrees, 1) for degrees in library.prediction(1).point], library.prediction(2).abstains
        ([48.9, 2.4], True)
        """
        said = None if alone is None else alone.evidence
        clues = () if said is None else said.clues
        found = self.found(row)
        if not len(self.known) or (found is None and clues and not also):
            return alone or world.nowhere()
        there = found or placing.anywhere(self.known)
        experienced = self.experience.at(there.hours)
        placed = joined.prediction(there, experienced, also) if also else surroundings.prediction(there, experienced)
        if found is None and not also:
            placed = replace(placed, abstain_below=NO_ANSWER)
        if alone is not None and also:
            placed = replace(placed, model=alone.model, toy=alone.toy, licence=alone.licence)
        if said is not None and clues:
            placed = joining.joined(replace(placed, at=None), clues, said.reading, said.struck)
        if cut is None:
            return placed
        inside = placed.at is not None and bool(cut.area.contains(*placed.at))
        return cut(placed if inside else replace(placed, at=None))

    def found(self, row: int) -> Found | None:
        """Where one photo is by the places known near to it in time; None where no time, or no place, is known.

        >>> when = moments.of(["2024-05-01", "2024-05-02"], [""] * 2)
        >>> library = Library(when, np.array([[48.86, 2.35], [float("nan")] * 2]), ["a.jpg", "b.jpg"])
        >>> library.found(1).hours
        24.0
        """
        return placing.place(self.known, self.moments.take(np.array([row])), self._looks_of(row))

    def hours(self, row: int) -> float:
        """The hours from a photo to the nearest known one in time; infinite where that is not known.

        >>> library = Library(moments.of([None], ["a.jpg"]), np.full((1, 2), np.nan), ["a.jpg"])
        >>> library.hours(0)
        inf
        """
        at = self.moments.take(np.array([row]))
        return placing.nearest(self.known, at)[1] if at.known[0] and len(self.known) else float("inf")

    def _looks_of_photo(self, row: int) -> placing.Looks | None:
        return self._looks_of(row) if row < len(self.moments) else None


def dated(shots: Sequence[Shot]) -> list[Shot]:
    """The same shots; those that state no time have the date, or the time, in their own name or their folder's.

    >>> [shot.taken_at for shot in dated([Shot("2024-05-01 a.jpg", "2024-05-01 a.jpg"), Shot("b.jpg", "b.jpg")])]
    ['2024-05-01', None]
    """
    times, exact = named_dates.columns([shot.name for shot in shots])
    texts = [str(time) if to_the_second else str(time)[:10] for time, to_the_second in zip(times, exact, strict=True)]
    return [
        replace(shot, taken_at=text) if shot.taken_at is None and text != "NaT" else shot
        for shot, text in zip(shots, texts, strict=True)
    ]


def look(
    shots: Sequence[Shot],
    trips: Sequence[Trip],
    use_places: bool = True,
    threads: int | None = None,
    advance: Advance = ignore,
    say: Say = silent,
) -> Likeness | None:
    """The likeness of those photos where it counts: those to be placed, and the known ones within a day of one of them.

    None where there are none, or the encoder's package is not installed.

    >>> look([], []) is None
    True
    """
    if not looks.is_installed():
        return None
    when, unknown = _moments(shots, trips)[0], np.array([shot.place is None or not use_places for shot in shots], bool)
    days = when.days
    wanted = unknown & when.known
    near = np.isin(days, np.concatenate([days[wanted] + step for step in (-1, 0, 1)]))
    rows = np.flatnonzero(near & (wanted | ~unknown))
    if not wanted.any() or unknown[rows].all():
        return None
    return looks.of([shot.source for shot in shots], rows, threads, advance, say)


def _moments(shots: Sequence[Shot], trips: Sequence[Trip]) -> tuple[Moments, list[str], NDArray[np.datetime64]]:
    times = np.full(len(shots), np.datetime64("NaT"), "datetime64[s]")
    for trip in trips:
        times[trip.rows] = trip.times
    names = [shot.name for shot in shots]
    return moments.of([shot.taken_at for shot in shots], names, times), names, times


def of(
    shots: Sequence[Shot],
    trips: Sequence[Trip],
    use_places: bool = True,
    track: Track | None = None,
    likeness: Likeness | None = None,
) -> Library:
    """The library of all shots; `trips`: how they were split, which has their times by one clock.

    >>> from photoplanet.albums import trips
    >>> shots = [Shot("1.jpg", "1.jpg", taken_at="2024-05-01", place=(48.86, 2.35)), Shot("2.jpg", "2.jpg")]
    >>> len(of(shots, trips.split(shots)[0]).known)
    1
    """
    found, names, times = _moments(shots, trips)
    places = known_places.points([shot.place if use_places else None for shot in shots], len(shots))
    behind = None
    if track is not None and len(track.times):
        on_track, kept = known_places.along(track, times)
        places = np.where(np.isnan(places), on_track, places)
        hours = track.times[kept].astype("datetime64[s]").astype(np.int64) / 3600.0
        behind = hours, np.column_stack([track.latitude[kept], track.longitude[kept]])
    movers = [(shot.photographer, shot.camera) if shot.photographer or shot.camera else None for shot in shots]
    return Library(found, places, names, likeness, behind, movers)
