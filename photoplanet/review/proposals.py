"""Where a photo is proposed to be, and why: by time alone within a millisecond, by what stands in it where it is read.

By time, the radius is that of the library's experience, without the cells of a whole prediction. Photos of which clues
were read, and all where a model or an area is given, have their whole prediction.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from photoplanet.albums.located_photos import TRACK
from photoplanet.albums.movement import placing
from photoplanet.albums.movement.experience import pace_shares
from photoplanet.earth import geodesy
from photoplanet.locate.precision import ANYWHERE_KM
from photoplanet.locate.prediction import ABSTAIN_BELOW, Prediction
from photoplanet.review.anchored import Anchored

TIME, CLUES, MODEL = "time", "clues", "model"  # what a proposal rests on, beside the track
SHARE = 0.9  # of the probability that a radius holds
NEIGHBOURS = 8  # that are listed
LEAST_SHARE = 0.01  # of the weight, from which a neighbour is listed
_COUNTRY_KM = float(geodesy.RADII_KM["country"])


@dataclass(frozen=True)
class Proposal:
    """Degrees and the radius in km that holds 90 %; None for no answer, and `silent` says why.

    `by`: what it rests on ("time", "clues", "model", "track"); `hours` to the known place nearest in time.
    """

    by: str
    latitude: float | None = None
    longitude: float | None = None
    radius_km: float | None = None
    hours: float | None = None
    silent: str = ""

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude; None for no answer."""
        return None if self.latitude is None or self.longitude is None else (self.latitude, self.longitude)


class Neighbour(NamedTuple):
    """A known place that speaks for a proposal: the photo's row (from n on: a point of the track), hours, share, km.

    `hours` from the photo: negative before it; `km` from the proposed place; `share` of the weight.
    """

    row: int
    hours: float
    share: float
    km: float


UNTIMED = "no time, and no date in its name: nothing says which known place it is near"
NOTHING_KNOWN = "no place is known yet: put one photo on the map, and the others follow"
TOO_WEAK = "the evidence is too weak"


def by_time(anchored: Anchored, row: int) -> Proposal:
    """The proposal of one photo by the places known near to it in time.

    >>> from photoplanet.albums.movement import moments
    >>> from photoplanet.albums.movement.library import Library
    >>> nan = float("nan")
    >>> when = moments.of(["2024-05-01T10:00:00", "2024-05-01T10:05:00"], [""] * 2)
    >>> there = Anchored(Library(when, np.array([[48.86, 2.35], [nan, nan]]), ["a.jpg", "b.jpg"]))
    >>> found = by_time(there, 1)
    >>> round(found.latitude, 2), round(60 * found.hours), found.radius_km < 30
    (48.86, 5, True)
    """
    library = anchored.library
    if not library.moments.known[row]:
        return Proposal(TIME, silent=UNTIMED)
    found = library.found(row)
    if found is None:
        return Proposal(TIME, silent=NOTHING_KNOWN)
    experienced = library.experience.at(found.hours)
    if float(pace_shares(np.array([_COUNTRY_KM]), found.spread_km, experienced)[0]) < ABSTAIN_BELOW:
        return Proposal(TIME, hours=found.hours, silent=TOO_WEAK)
    rough = float(np.dot(found.weights, [anchored.radius_of(int(each)) for each in found.rows]))
    radius = float(np.hypot(experienced.quantile(SHARE) * found.spread_km, rough))
    latitude, longitude = geodesy.from_xyz(found.point)
    return Proposal(TIME, float(latitude), float(longitude), min(radius, ANYWHERE_KM), found.hours)


def by_prediction(prediction: Prediction, by: str, hours: float | None = None) -> Proposal:
    """The proposal that a whole prediction makes.

    >>> from photoplanet.locate import world
    >>> by_prediction(world.nowhere(), CLUES).silent
    'the evidence is too weak'
    """
    radius = prediction.credible_region(SHARE).radius_km
    if prediction.abstains or radius >= ANYWHERE_KM:
        return Proposal(by, hours=hours, silent=TOO_WEAK)
    return Proposal(by, *prediction.point, radius, hours)


def by_track(place: tuple[float, float], radius_m: float) -> Proposal:
    """The proposal of a photo that was taken while a track was recorded.

    >>> by_track((48.86, 2.35), 15.0).radius_km
    0.015
    """
    return Proposal(TRACK, *place, radius_m / 1000, 0.0)


def neighbours(anchored: Anchored, row: int, point: tuple[float, float] | None) -> list[Neighbour]:
    """The known places near in time that speak for where a photo is, the weightiest first; `point`: what is proposed.

    Of a photo that is known itself, or has no proposal, `km` is from the best point by time.

    >>> from photoplanet.albums.movement import moments
    >>> from photoplanet.albums.movement.library import Library
    >>> nan = float("nan")
    >>> when = moments.of(["2024-05-01T10:00:00", "2024-05-01T10:06:00"], [""] * 2)
    >>> there = Anchored(Library(when, np.array([[48.86, 2.35], [nan, nan]]), ["a.jpg", "b.jpg"]))
    >>> [(each.row, round(each.hours, 1), each.share) for each in neighbours(there, 1, None)]
    [(0, -0.1, 1.0)]
    """
    library = anchored.library
    at = library.moments.take(np.array([row]))
    others = library.known.without(library.known.rows != row)
    found = placing.place(others, at)
    if found is None:
        return []
    away = geodesy.between_km(found.xyz, found.point if point is None else geodesy.to_xyz(*np.array(point)))
    order = np.argsort(-found.weights, kind="stable")[:NEIGHBOURS]
    middles = dict(zip(others.rows.tolist(), others.moments.middle.tolist(), strict=True))
    return [
        Neighbour(
            int(found.rows[k]),
            middles[int(found.rows[k])] - float(at.middle[0]),
            float(found.weights[k]),
            float(away[k]),
        )
        for k in order.tolist()
        if found.weights[k] >= LEAST_SHARE
    ]
