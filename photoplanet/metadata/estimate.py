"""The estimated place that is written into photos, always marked as an estimate."""

from dataclasses import dataclass
from typing import NamedTuple

from photoplanet.errors import InputError

MARK = "photoplanet"  # in GPSProcessingMethod; `exif.read` takes such a place for an estimate, never for a truth
RESTRICTED = "non-commercial licence"  # said there of weights whose licence forbids commercial use
MAX_METHOD = 100  # characters of GPSProcessingMethod
MAX_RADIUS_KM = 25.0  # up to which a place is written as GPS, which most viewers show as a pin, without its radius


class OwnGps(InputError):
    """The photo has a place of its own, which is not written over."""


class PlaceNames(NamedTuple):
    """The names of a place, as far as they hold of all of an estimate; "" for those that do not."""

    city: str = ""
    state: str = ""
    country: str = ""
    country_code: str = ""


NAMELESS = PlaceNames()


@dataclass(frozen=True)
class Estimate:
    """A place in degrees and the radius in metres that it is good to; `method`: how it was found, in a few words.

    `confidence`: the probability that the photo was taken within that radius. `names`: those that hold, which stand for
    the place where it is too coarse for GPS. InputError for a place off the Earth.

    >>> Estimate(48.86, 2.29, 25_000, "estimate, timed-hmm").marked
    'photoplanet estimate, timed-hmm'
    """

    latitude: float
    longitude: float
    radius_m: float
    method: str = "estimate"
    confidence: float | None = None
    names: PlaceNames = NAMELESS

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180 and 0 <= self.radius_m < 4e7):
            where = f"{self.latitude}, {self.longitude} ± {self.radius_m} m"
            raise InputError(f"cannot write the place {where}: must be −90 … 90, −180 … 180 degrees and a radius")

    def is_coarse(self, max_radius_km: float = MAX_RADIUS_KM) -> bool:
        """Whether its radius is larger than that of a place that may be written as GPS.

        >>> Estimate(48.86, 2.29, 25_000).is_coarse(), Estimate(48.86, 2.29, 25_001).is_coarse()
        (False, True)
        """
        return self.radius_m > 1000 * max_radius_km

    @property
    def marked(self) -> str:
        """What is written as GPSProcessingMethod: ASCII, and always with the mark."""
        return f"{MARK} {self.method}".encode("ascii", "replace").decode()[:MAX_METHOD]
