"""What a person decided of one photo: plain values that are kept in a file, and checked when they come back."""

import math
from dataclasses import asdict, dataclass
from typing import Any

ACCEPTED, PLACED, REJECTED, SKIPPED = "accepted", "placed", "rejected", "skipped"
STATES = (ACCEPTED, PLACED, REJECTED, SKIPPED)
WRITTEN = (ACCEPTED, PLACED)  # the states whose places are written
ANCHOR_KM = 25.0  # a proposal that was accepted by itself places others where it is at most so rough
MOST_RADIUS_KM = 20_000.0
MOST_TEXT = 200  # characters of `how` and `note`


@dataclass(frozen=True)
class Decision:
    """One photo's: `state`, and for what is written its place in degrees and the radius in km that it is good to.

    `how`: by what the place is known ("map", "town", "photo", or how it was proposed); `note`: the town or photo;
    `alone`: decided by itself, not with a whole day or all under a radius; `taken_at`: the photo's time as it was then.

    >>> Decision("placed", 48.86, 2.35, 1.0, "town", "Paris").anchors
    True
    >>> Decision("accepted", 48.86, 2.35, 1.0, "time", alone=False).anchors
    False
    """

    state: str
    latitude: float | None = None
    longitude: float | None = None
    radius_km: float | None = None
    how: str = ""
    note: str = ""
    alone: bool = True
    taken_at: str | None = None

    @property
    def anchors(self) -> bool:
        """Whether it places others: put there by hand, or accepted by itself and at most ANCHOR_KM rough.

        Who accepts a hundred at once has not looked at each; these would only vouch for one another.
        """
        if self.state == PLACED:
            return True
        return self.state == ACCEPTED and self.alone and (self.radius_km or 0.0) <= ANCHOR_KM

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude of what is written; None for other states."""
        if self.state not in WRITTEN or self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without those that are as by default.

        >>> Decision("skipped").to_dict()
        {'state': 'skipped'}
        """
        default = asdict(Decision(self.state))
        return {key: value for key, value in asdict(self).items() if key == "state" or value != default[key]}


def read(value: object) -> Decision | None:
    """A decision from plain values; None for what is not one, whoever wrote it.

    >>> read({"state": "placed", "latitude": 48.86, "longitude": 2.35, "radius_km": 1.0}).point
    (48.86, 2.35)
    >>> read({"state": "placed", "latitude": 91.0, "longitude": 2.35, "radius_km": 1.0}) is None
    True
    """
    if not isinstance(value, dict) or not set(value) <= set(Decision.__dataclass_fields__):
        return None
    if value.get("state") not in STATES or not all(_text(value.get(key, "")) for key in ("how", "note")):
        return None
    if not _text(value.get("taken_at") or "") or not isinstance(value.get("alone", True), bool):
        return None
    found = Decision(**value)
    if found.state not in WRITTEN:
        return Decision(found.state, taken_at=found.taken_at)
    bounds = ((found.latitude, -90, 90), (found.longitude, -180, 180), (found.radius_km, 0, MOST_RADIUS_KM))
    return found if all(_within(number, low, high) for number, low, high in bounds) else None


def _text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MOST_TEXT


def _within(number: object, low: float, high: float) -> bool:
    good = isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)
    return good and low <= number <= high  # type: ignore[operator]
