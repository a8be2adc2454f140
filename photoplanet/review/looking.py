"""Looking at photos while somebody reviews: text and network are read beside the page, a few photos at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import locate_album, locate_trip, methods
from photoplanet.albums.evidence import Evidence
from photoplanet.albums.located_photos import LocatedPhoto
from photoplanet.albums.movement import pixels, weights
from photoplanet.albums.movement.experience import Experience
from photoplanet.albums.movement.joined import Pixels
from photoplanet.albums.movement.library import Library
from photoplanet.albums.movement.pixels import Heard
from photoplanet.albums.movement.placing import Known
from photoplanet.albums.movement.weights import Weights
from photoplanet.albums.trips import Trip
from photoplanet.locate.locator import Locator
from photoplanet.locate.prediction import Prediction
from photoplanet.locate.within import Cut
from photoplanet.locate.without_model import WithoutModel
from photoplanet.metadata.estimate import RESTRICTED
from photoplanet.metadata.track import Track

AT_A_TIME = 8  # photos between two looks whether somebody waits

Places = Mapping[int, tuple[float, float] | None]  # row of a photo → where it is known to be


class Looker:
    """What is seen in the photos of trips. Without a model only text and clocks speak, of each photo without a place.

    `method`, `track`, `cut` as for `albums.locate_trip.decide`; `trained_on`: rows of photos that the model may have
    been trained on. `done` of `total` photos were looked at; then `learn` says how much the model counts (`weights`).
    """

    def __init__(
        self, locator: Locator, trips: list[Trip], method: str = methods.AUTO, track: Track | None = None,
        cut: Cut | None = None, threads: int | None = None, trained_on: NDArray[np.int64] | None = None,
    ):  # fmt: skip
        self.locator, self.method, self.track, self.cut = locator, method, track, cut
        self.has_model = not isinstance(locator.bundle, WithoutModel)
        self.trips = trips if self.has_model else [each for each in map(_unknown, trips) if each.shots]
        self.total, self.done = sum(len(trip.shots) for trip in self.trips), 0
        self.trip_of = {int(row): number for number, trip in enumerate(self.trips) for row in trip.rows}
        self.alone: dict[int, Prediction] = {}  # row → what a photo's own clues say
        self.weights: Weights | None = None  # of the model beside known places; None: not learned yet
        self._threads, self._trained_on = threads, trained_on
        self._heard: dict[int, Heard] = {}
        self._seen: dict[int, Evidence] = {}
        self._located: dict[int, list[LocatedPhoto]] = {}
        self._next = (0, 0)  # the trip, and its photo, that come next
        self._open: Evidence | None = None

    @property
    def label(self) -> str:
        """What a written place says of the model, with what the licence of its weights forbids."""
        info = self.locator.info
        remark = " (toy Earth)" if info.is_toy else f" ({RESTRICTED})" if info.licence_note else ""
        return f"model {info.name}{remark}"

    def look(self) -> list[int] | None:
        """Look at some more photos; return the rows of which more is known now, None where all were looked at."""
        number, start = self._next
        if number == len(self.trips):
            return None
        trip = self.trips[number]
        if self._open is None:
            self._open = Evidence.flat(len(trip.shots), self.locator.info.classes, self.locator.info.embedding_size)
        end = min(start + AT_A_TIME, len(trip.shots))
        part = locate_album.see(self.locator, [shot.source for shot in trip.shots[start:end]], threads=self._threads)
        _put(self._open, part, start)
        self.done += end - start
        changed = self._clues(trip, part, start)
        self._next = number, end
        if end == len(trip.shots):
            if self.has_model:
                self._seen[number] = self._open
                self._heard[number] = pixels.heard(self.locator.partition, self._open, trip.times)
                changed = [int(row) for row in trip.rows]
            self._next, self._open = (number + 1, 0), None
        return changed

    def learn(self, known: Known, experience: Experience) -> None:
        """Learn how much the model counts, on the known photos, once all were looked at."""

        def said() -> Iterator[tuple[int, Pixels]]:
            for row in set(known.rows.tolist()) & set(self.trip_of):
                own = self._of(row, 1.0)
                if own is not None:
                    yield row, own

        useless = self.locator.info.beats_prior is False
        self.weights = Weights() if useless else weights.learned(known, experience, said(), self._trained_on)

    def joined(self, row: int, library: Library) -> Prediction | None:
        """What a model and the places known near in time say of a photo together; None where the model adds nothing."""
        weight = None if self.weights is None else self.weights.at(library.hours(row))
        own = None if weight is None else self._of(row, weight.power, weight.outside)
        return None if own is None else library.prediction(row, self.alone.get(row), self.cut, [own])

    def _of(self, row: int, weight: float, outside: float = 1.0) -> Pixels | None:
        number = self.trip_of.get(row, -1)
        if number not in self._heard:
            return None
        return self._heard[number].of(int(np.flatnonzero(self.trips[number].rows == row)[0]), weight, outside)

    def forget(self, rows: list[int]) -> list[int]:
        """Let the trips of these rows be located anew; return all their rows."""
        numbers = dict.fromkeys(self.trip_of[row] for row in rows if row in self.trip_of)
        again = [number for number in numbers if self._located.pop(number, None) is not None]
        return [int(row) for number in again for row in self.trips[number].rows]

    def located(self, row: int, places: Places) -> LocatedPhoto | None:
        """What a model says of a photo and its trip, with what is known by now; None before its trip was looked at."""
        number = self.trip_of.get(row, -1)
        if number not in self._seen:
            return None
        trip = self.trips[number]
        if number not in self._located:
            rows = trip.rows.tolist()
            shots = [replace(shot, place=places.get(at)) for shot, at in zip(trip.shots, rows, strict=True)]
            known = replace(trip, shots=shots)
            self._located[number] = locate_trip.decide(
                self.locator, known, self._seen[number], self.method, True, self.track, self.cut
            )
        return self._located[number][int(np.flatnonzero(trip.rows == row)[0])]

    def prediction(self, row: int, library: Library) -> Prediction | None:
        """The whole prediction that a proposal was made from, or its clues alone; None where only time speaks."""
        if self.has_model and len(library.known) and self.method == methods.AUTO:
            return self.joined(row, library)
        found = self._located.get(self.trip_of.get(row, -1))
        if found is None:
            return self.alone.get(row)
        trip = self.trips[self.trip_of[row]]
        return found[int(np.flatnonzero(trip.rows == row)[0])].prediction

    def _clues(self, trip: Trip, part: Evidence, start: int) -> list[int]:
        """The rows whose own clues say something."""
        n = len(part.log_probabilities)
        times, nowhere = trip.times[start : start + n], np.full((n, 2), np.nan)
        joined = locate_album.infer(self.locator, part, times, nowhere, method=methods.ALONE, cut=self.cut)
        found = locate_album.predictions(self.locator, part, joined, cut=self.cut)
        rows = trip.rows[start : start + n].tolist()
        speaking = {
            row: each
            for row, each in zip(rows, found, strict=True)
            if each.evidence is not None and each.evidence.clues
        }
        self.alone.update(speaking)
        return list(speaking)


def _unknown(trip: Trip) -> Trip:
    """The photos of a trip that have no place of their own."""
    at = [number for number, shot in enumerate(trip.shots) if shot.place is None]
    return Trip([trip.shots[number] for number in at], trip.times[at], trip.rows[at])


def _put(whole: Evidence, part: Evidence, start: int) -> None:
    span = slice(start, start + len(part.log_probabilities))
    whole.log_probabilities[span], whole.embeddings[span] = part.log_probabilities, part.embeddings
    whole.unknown[span] = part.unknown
    whole.unreadable.update({row + start: error for row, error in part.unreadable.items()})
    whole.found.update({row + start: found for row, found in part.found.items()})
