"""The estimated place that is written into photos, always marked as an estimate."""

from dataclasses import dataclass

from photoplanet.errors import InputError

MARK = "photoplanet"  # in GPSProcessingMethod; `exif.read` takes such a place for an estimate, never for a truth
RESTRICTED = "non-commercial licence"  # said there of weights whose licence forbids commercial use
MAX_METHOD = 100  # characters of GPSProcessingMethod


class OwnGps(InputError):
    """The photo has a place of its own, which is not written over."""


@dataclass(frozen=True)
class Estimate:
    """A place in degrees and the radius in metres that it is good to; `method`: how it was found, in a few words.

    `confidence`: the probability that the photo was taken within that radius. InputError for a place off the Earth.

    >>> Estimate(48.86, 2.29, 25_000, "estimate, timed-hmm").marked
    'photoplanet estimate, timed-hmm'
    """

    latitude: float
    longitude: float
    radius_m: float
    method: str = "estimate"
    confidence: float | None = None

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180 and 0 <= self.radius_m < 4e7):
            where = f"{self.latitude}, {self.longitude} ± {self.radius_m} m"
            raise InputError(f"cannot write the place {where}: must be −90 … 90, −180 … 180 degrees and a radius")

    @property
    def marked(self) -> str:
        """What is written as GPSProcessingMethod: ASCII, and always with the mark."""
        return f"{MARK} {self.method}".encode("ascii", "replace").decode()[:MAX_METHOD]
