"""Which columns of a table hold places: told by the kind of their names, not by a list of them."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

_LATITUDES = ("latitudine", "latitude", "lattitude", "latitud", "breitengrad", "широта", "緯度", "纬度", "lat")
_LONGITUDES = (
    "longitudine", "longitude", "longtitude", "longitud", "längengrad", "laengengrad", "долгота", "経度", "经度",
    "long", "lng", "lon",
)  # fmt: skip
_HEMISPHERES = {"ref", "hemisphere", "hemi", "hem", "direction", "dir", "indicator", "cardinal", "ns", "ew", "sign"}
_LATITUDE_SIGNS, _LONGITUDE_SIGNS = ("ns", "nsindicator"), ("ew", "we", "ewindicator")
# what stands beside a coordinate's name where the column is about it, or about another place than the photo's
_NOT_PLACES = {
    "error", "err", "std", "stdev", "sd", "sigma", "accuracy", "acc", "var", "variance", "uncertainty", "precision",
    "diff", "difference", "delta", "offset", "residual", "bin", "cell", "tile", "idx", "index", "min", "max", "minute",
    "minutes", "second", "seconds", "sec", "dest", "destination", "home", "count", "rank", "label", "class", "rad",
    "radians", "norm", "normalized", "normalised", "sin", "cos", "zone", "span", "range", "step", "bbox", "box",
    "source", "description", "name", "text", "unit", "units", "datum", "term", "exposure", "own",
}  # fmt: skip
PREDICTED = {
    "pred", "preds", "predicted", "prediction", "predictions", "guess", "guessed", "guesses", "estimate", "estimated",
    "est", "inferred", "inference", "output", "hyp", "hypothesis", "answer", "hat", "model",
}  # fmt: skip
TRUE = {"true", "truth", "groundtruth", "gt", "actual", "target"}
_QUALITIES = {
    "confidence",
    "probability",
    "prob",
    "score",
    "radius",
    "km",
    "m",
    "distance",
    "level",
    "area",
    "time",
    "id",
}
_BOTH = {
    "coordinates", "coordinate", "coords", "coord", "latlng", "latlon", "latlong", "lnglat", "lonlat", "longlat",
    "gpsposition", "geopoint", "geolocation", "geom", "geometry", "wkt", "location", "position", "point", "gps", "geo",
    "latitudelongitude", "gpscoordinates", "gpslocation", "latlngs", "place",
}  # fmt: skip
_PIECES = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class Columns:
    """The columns that say one place a row: a latitude and a longitude, or one text with both (`longitude` None).

    `latitude_ref`, `longitude_ref`: columns with the hemispheres (N, S, E, W), where there are some.
    """

    latitude: str
    longitude: str | None
    latitude_ref: str | None = None
    longitude_ref: str | None = None
    beside: tuple[str, ...] = ()  # what else the names say: ("pred",), ("gps",)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that must be read."""
        every = self.latitude, self.longitude, self.latitude_ref, self.longitude_ref
        return tuple(dict.fromkeys(name for name in every if name is not None))

    @property
    def longitude_first(self) -> bool:
        """Whether the name of a column with both says that the longitude stands first."""
        return self.longitude is None and bool(re.search(r"(lng|lon|long|longitude)[\W_]*lat", self.latitude.lower()))

    @property
    def predicted(self) -> bool:
        """Whether the names say that somebody guessed the places."""
        return bool(PREDICTED.intersection(self.beside))

    def __str__(self) -> str:
        both = f"{self.latitude}/{self.longitude}" if self.longitude is not None else self.latitude
        return " ".join(both.split())[:200]  # one line of a message


def pairs(names: Sequence[str]) -> list[Columns]:
    """Return the pairs of columns that are a latitude and a longitude, the plainest names first.

    >>> [str(pair) for pair in pairs(["id", "pred_lat", "pred_lng", "LAT", "LON", "lat_bin", "lon_bin"])]
    ['LAT/LON', 'pred_lat/pred_lng']
    >>> pairs(["GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef"])[0].latitude_ref
    'GPSLatitudeRef'
    """
    single = [name for name in names if not (_beside(name, _LATITUDES) and _beside(name, _LONGITUDES))]  # no lnglat
    latitudes, longitudes = _sorted(single, _LATITUDES), _sorted(single, _LONGITUDES)
    places = [beside for beside in latitudes if _is_place(beside, latitudes)]
    joined = [
        (beside, *both)
        for beside in places
        for both in zip(latitudes[beside], longitudes.get(beside, ()), strict=False)
    ]
    if not joined:  # gps_lat beside longitude: no other can be meant
        alone = [name for beside in places for name in latitudes[beside]]
        others = [name for beside in longitudes if _is_place(beside, longitudes) for name in longitudes[beside]]
        joined = [((), alone[0], others[0])] if len(alone) == len(others) == 1 else []
    found = []
    for beside, latitude, longitude in sorted(joined, key=lambda each: len(each[0])):
        refs = _ref(beside, latitudes, names, _LATITUDE_SIGNS), _ref(beside, longitudes, names, _LONGITUDE_SIGNS)
        found.append(Columns(latitude, longitude, *refs, beside))
    return found


def named(latitude: str, longitude: str, names: Sequence[str]) -> Columns:
    """Return the columns that a user named, with those of the hemispheres that belong to them.

    >>> named("y", "x", ["y", "x", "lat_ref"])
    Columns(latitude='y', longitude='x', latitude_ref=None, longitude_ref=None, beside=())
    """
    for found in pairs(names):
        if (found.latitude, found.longitude) == (latitude, longitude):
            return found
    return Columns(latitude, longitude if longitude != latitude else None)


def with_both(names: Iterable[str]) -> list[Columns]:
    """Return the columns that may hold latitude and longitude in one text, such as location or coordinates.

    >>> [str(found) for found in with_both(["id", "GPSPosition", "title"])]
    ['GPSPosition']
    """
    return [Columns(name, None, beside=tuple(pieces(name))) for name in names if _may_be_both(name)]


def may_be_guess(name: str) -> bool:
    """Whether a column's name says that it holds what somebody predicted, and not how good that is.

    >>> may_be_guess("pred_y"), may_be_guess("prediction_error"), may_be_guess("predicted_country"), may_be_guess("y")
    (True, False, True, False)
    """
    words = set(pieces(name))
    return bool(words & PREDICTED) and not words & (_NOT_PLACES | _QUALITIES)


def not_degrees(names: Sequence[str]) -> list[str]:
    """Return the columns that state latitudes in another unit: degrees apart from minutes, E7, radians.

    >>> not_degrees(["latitudeE7", "longitudeE7"]), not_degrees(["lat", "lat_bin"]), not_degrees(["lat_deg", "lat_min"])
    (['latitudeE7'], [], ['lat_deg', 'lat_min'])
    """
    said = {name: set(beside) for name in names if (beside := _beside(name, _LATITUDES)) is not None}
    apart = {"deg", "degree", "degrees", "d", "min", "minute", "minutes", "m"}
    plain = [name for name, beside in said.items() if beside & {"e7", "e6", "7", "6", "rad", "radians"}]
    sexagesimal = [name for name, beside in said.items() if len(beside) == 1 and beside <= apart]
    return plain or (sexagesimal if len(sexagesimal) > 1 else [])


def is_hemisphere(name: str) -> bool:
    """Whether a column's name says that it holds hemispheres, though not which.

    >>> is_hemisphere("Hemisphere"), is_hemisphere("ref"), is_hemisphere("reference_id"), is_hemisphere("direction")
    (True, True, False, False)
    """
    return bool(pieces(name)) and {"hemisphere", "hemi", "hem", "ref"}.issuperset(pieces(name))


def pieces(name: str) -> list[str]:
    """Return the words of a column's name, in lower case.

    >>> pieces("GPSLatitudeRef"), pieces(" img_lat ")
    (['gps', 'latitude', 'ref'], ['img', 'lat'])
    """
    return [piece.casefold() for word in _PIECES.findall(name) for piece in _CAMEL.split(word)]


def _sorted(names: Sequence[str], words: Sequence[str]) -> dict[tuple[str, ...], list[str]]:
    """What stands beside a coordinate's word in a name → the table's names of that kind, whole words before short."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in sorted(names, key=lambda name: not any(word in name.lower() for word in words if len(word) > 4)):
        beside = _beside(name, words)
        if beside is not None:
            found[beside].append(name)
    return dict(found)


def _beside(name: str, words: Sequence[str]) -> tuple[str, ...] | None:
    """The words of a name around that for the coordinate; None where it has no such word."""
    parts = pieces(name)
    for at, part in enumerate(parts):
        if part in words:
            return (*parts[:at], *parts[at + 1 :])
    for at, part in enumerate(parts):
        for word in words:
            if part.startswith(word) or part.endswith(word):
                rest = part[len(word) :] if part.startswith(word) else part[: -len(word)]
                return (*parts[:at], rest, *parts[at + 1 :])
    return None


def _is_place(beside: tuple[str, ...], columns: Collection[tuple[str, ...]]) -> bool:
    """Whether a name of this kind is a place in degrees; degrees whose minutes have a column of their own are not."""
    if (
        _NOT_PLACES.union(_HEMISPHERES).intersection(beside)
        or any(part in ("e7", "e6") for part in beside)
        or {"7", "6"} & set(beside[-1:])
    ):
        return False
    if {"deg", "degree", "degrees", "d"}.intersection(beside):
        rest = tuple(part for part in beside if part not in ("deg", "degree", "degrees", "d"))
        return not any((*rest, part) in columns for part in ("min", "minute", "minutes", "m"))
    return True


def _ref(
    beside: tuple[str, ...], columns: dict[tuple[str, ...], list[str]], names: Sequence[str], signs: Sequence[str]
) -> str | None:
    """The column with the hemisphere: of the same kind of name, else the only one that there is."""
    refs: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for words, its in columns.items():
        if _HEMISPHERES.intersection(words):
            refs[tuple(word for word in words if word not in _HEMISPHERES)] += its
    if beside in refs:
        return str(refs[beside][0])
    plain = [name for name in names if "".join(pieces(name)) in signs]
    every = [name for found in refs.values() for name in found] or plain
    return every[0] if len(every) == 1 else None


def _may_be_both(name: str) -> bool:
    parts = pieces(name)
    if (_beside(name, _LATITUDES) is None) != (_beside(name, _LONGITUDES) is None):
        return False
    whole = "".join(parts)
    return bool(_BOTH.intersection(parts)) or whole in _BOTH or whole.removeprefix("the") in _BOTH
