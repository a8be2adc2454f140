"""A photo located with its album: its record, and the estimate that may be written into it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from photoplanet.albums.shots import Shot
from photoplanet.earth import geodesy
from photoplanet.locate import held_names, world
from photoplanet.locate.answers import AnswerOptions, record
from photoplanet.locate.credible_region import HALF_CIRCUMFERENCE_KM
from photoplanet.locate.precision import ANYWHERE_KM, AUTO, PRECISIONS, rounded, rounded_within
from photoplanet.locate.prediction import Prediction
from photoplanet.metadata.estimate import MAX_RADIUS_KM, RESTRICTED, Estimate, PlaceNames

TRACK_ERROR_M = 15.0  # of a receiver in the open, roughly

OWN, TRACK, ESTIMATED, NEIGHBOURS = "own GPS", "track", "estimated", "neighbours"  # where a place comes from


@dataclass(frozen=True)
class LocatedPhoto:
    """One photo's answer: `kind` says where the place comes from; `error`: why the photo itself could not be read.

    `method` is the album method that answered. `prediction` is None where nothing is known: an unreadable photo in an
    album of which nothing could be read.
    """

    shot: Shot
    kind: str
    prediction: Prediction | None
    error: str | None = None
    radius_m: float | None = None
    method: str = ""

    @property
    def measured(self) -> bool:
        """Whether the place was measured, by a camera's GPS or a track, and not estimated."""
        return self.kind in (OWN, TRACK)

    def record(self, options: AnswerOptions) -> dict[str, Any]:
        """As `answers.record`, with `taken_at`, `kind` and perhaps `error`; a measured place is given to 0.0001°."""
        facts: dict[str, Any] = {"file": self.shot.name}
        if self.prediction is not None:
            facts = self.as_measured(record(self.shot.name, self.prediction, self.options(options)))
        facts |= {"taken_at": self.shot.taken_at, "kind": self.kind}
        return facts | ({"error": self.error} if self.error else {})

    def as_measured(self, facts: dict[str, Any]) -> dict[str, Any]:
        """A record or map item, in which a measured place has its full name and its own radius, and is certain."""
        if self.measured and self.prediction is not None:
            place = self.prediction.best.near.text("street")
            facts["best"] |= {"place": place, "level": "street", "confidence": 1.0, "radius_km": 1.0}
            facts["confidence"] = dict.fromkeys(facts["confidence"], 1.0)
            facts["region"] |= {"probability": 1.0, "radius_km": round((self.radius_m or TRACK_ERROR_M) / 1000, 3)}
            facts["abstains"] = False
        return facts

    def options(self, options: AnswerOptions) -> AnswerOptions:
        """How this photo is reported: a measured place is not rounded away."""
        return replace(options, precision="street", answer_always=True) if self.measured else options

    def estimate(self, options: AnswerOptions, max_radius_km: float = MAX_RADIUS_KM) -> Estimate | None:
        """What may be written into the photo: None for its own GPS, no answer, and a photo that cannot be read.

        None also where the region is the whole Earth, since the photo may be from outside all cells. Rounded by its
        radius, or to `options.precision` or what is known, whichever is coarser; the radius holds `options.region` of
        the probability around the rounded point. Where that is over `max_radius_km`, the names that hold of it come
        along.
        """
        if self.prediction is None or self.error or self.kind == OWN:
            return None
        latitude, longitude = self.prediction.point
        if self.kind == TRACK:
            measured = Estimate(latitude, longitude, self.radius_m or TRACK_ERROR_M, "track")
            far = measured.radius_m / 1000
            return _named(measured, max_radius_km, lambda: held_names.of_circle(latitude, longitude, far))
        within = self.prediction.credible_region(options.region).radius_km
        if (self.prediction.abstains or within >= ANYWHERE_KM) and not options.answer_always:
            return None
        if options.precision == AUTO:
            point = rounded_within(latitude, within), rounded_within(longitude, within)
        else:
            levels = list(PRECISIONS)
            level = self.prediction.best.level
            known = level if level in PRECISIONS else levels[-1]
            coarser = max(options.precision, known, key=levels.index)
            point = rounded(latitude, coarser), rounded(longitude, coarser)
        moved = float(geodesy.distance_km(latitude, longitude, *point))
        radius = min(within + moved, HALF_CIRCUMFERENCE_KM)
        remark = " (toy Earth)" if self.prediction.toy else f" ({RESTRICTED})" if self.prediction.licence else ""
        name = self.prediction.model
        method = f"estimate, {self.method}, {name if name == world.NAME else f'model {name}'}{remark}"
        estimate, where = Estimate(*point, radius * 1000, method, options.region), self.prediction
        return _named(estimate, max_radius_km, lambda: held_names.of_prediction(where, options.region))


def _named(estimate: Estimate, max_radius_km: float, names: Callable[[], PlaceNames]) -> Estimate:
    """The same, with its names where it is coarse: then they take long to find, and stand for it."""
    return replace(estimate, names=names()) if estimate.is_coarse(max_radius_km) else estimate
