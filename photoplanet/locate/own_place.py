"""The place that a photo states itself: shown as what it is, before any estimate, and never taken for proof."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.locate.place import short
from photoplanet.locate.precision import rounded
from photoplanet.locate.prediction import Prediction
from photoplanet.metadata import exif, facts
from photoplanet.metadata.sidecars import Sidecars
from photoplanet.photos import decode

KEY = "own_gps"  # in records
PRECISION = "street"  # 0.0001 degrees: what receivers are good to, whatever estimates are rounded to


@dataclass(frozen=True)
class OwnPlace:
    """Degrees, and who says so: "EXIF", "XMP", "film" or the name of a file beside the photo."""

    latitude: float
    longitude: float
    source: str

    @cached_property
    def place(self) -> str:
        """What is there, by name."""
        from photoplanet.earth import gazetteer

        return gazetteer.name(self.latitude, self.longitude)[0].text(PRECISION)

    def record(self, prediction: Prediction | None = None) -> dict[str, Any]:
        """As JSON has it; `distance_km`: to the point of the estimate, None where there is no estimate.

        >>> OwnPlace(48.85837, 2.29448, "EXIF").record()["place"]
        'Paris, Île-de-France, France'
        """
        away = None
        if prediction is not None:
            away = short(float(geodesy.distance_km(self.latitude, self.longitude, *prediction.point)))
        return {
            "latitude": rounded(self.latitude, PRECISION),
            "longitude": rounded(self.longitude, PRECISION),
            "place": self.place,
            "source": self.source,
            "distance_km": away,
        }


def of(photo: decode.Source, beside: Sidecars | None = None) -> OwnPlace | None:
    """Return the place that a photo, or a file beside it, states; None where none does, and for what is not a photo.

    An estimate that photoplanet wrote does not count. `beside` as for `facts.of`.

    >>> of(b"not a photo") is None
    True
    """
    try:
        return stated(facts.of(photo, beside))
    except InputError:
        return None


def stated(said: exif.Exif) -> OwnPlace | None:
    """Return the place among what is said of a photo, as `facts.read` returns it; None where there is none.

    >>> stated(exif.Exif()) is None
    True
    """
    if said.latitude is None or said.longitude is None or said.gps_fault:
        return None
    return OwnPlace(said.latitude, said.longitude, said.place_by)


def look_up(places: Iterable[OwnPlace | None]) -> None:
    """Look up the names of several places at once, which takes less than one after another.

    >>> paris = OwnPlace(48.85837, 2.29448, "EXIF")
    >>> look_up([paris, None])
    >>> paris.place
    'Paris, Île-de-France, France'
    """
    from photoplanet.earth import gazetteer

    known = [each for each in places if each is not None]
    names = gazetteer.name([each.latitude for each in known], [each.longitude for each in known])
    for each, name in zip(known, names, strict=True):
        vars(each)["place"] = name.text(PRECISION)  # where cached_property keeps it


def words(own: dict[str, Any], answered: bool = True) -> str:
    """What a record's own place is, in words; `answered`: whether an estimate is shown beside it.

    >>> words({"source": "EXIF", "distance_km": 392.1})
    'own GPS (EXIF), unproven; 392 km from the estimate'
    """
    from photoplanet.locate.precision import radius

    away = own["distance_km"]
    beside = "" if away is None or not answered else f"; {radius(away)} from the estimate"
    return f"own GPS ({own['source']}), unproven{beside}"
