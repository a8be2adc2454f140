"""What a person types for an area → the area."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from photoplanet.core.regular import read_regular
from photoplanet.earth.areas import geojson_area
from photoplanet.earth.areas.area import Area, Union, joined, numbers
from photoplanet.earth.areas.named import named
from photoplanet.earth.areas.simple import BOX, CIRCLE, Box, Circle
from photoplanet.errors import InputError, printable

Given: TypeAlias = str | os.PathLike[str] | Area
"""One area: as a person types it, the path of a GeoJSON file, or an `Area`."""

MAX_TEXT = 10_000  # characters of one area
MOST_AREAS = 300  # more than there are countries
FORMS = "a country (DE, Germany), 'lat,lng,km', 'south,west,north,east', or FILE.geojson"
_ENDINGS = (".geojson", ".json")


def areas(
    within: Given | Iterable[Given] | None = None,
    not_within: Given | Iterable[Given] | None = None,
    files: bool = True,
) -> Area | None:
    """Return the area in any of `within` (None: anywhere) and in none of `not_within`; None where neither is given.

    Each is one area or several, as `area` reads them; `files`: whether they may name files. InputError as there.

    >>> areas("DE,AT").name, areas(not_within=["US", "CA"]).name, areas()
    ('Germany or Austria', 'outside United States and Canada', None)
    """
    found = [[each if isinstance(each, Area) else area(each, files) for each in _several(given)]
             for given in (within, not_within)]  # fmt: skip
    if sum(map(len, found)) > MOST_AREAS:
        raise InputError(f"{sum(map(len, found))} areas, and {MOST_AREAS} are taken; join them in one GeoJSON file")
    return joined(*found)


def area(text: str | os.PathLike[str], files: bool = True) -> Area:
    """Return the area that a text names; InputError says what is wrong with it.

    A country, continent, state or region by its name or code, or several between commas (`DE,AT`); a circle
    `lat,lng,km`; a box `south,west,north,east`, across ±180° where west is over east; a file that ends in `.geojson` or
    `.json`, or GeoJSON itself. `files`: whether a text may name a file.

    >>> area("Germany").name, area("48.2, 16.4, 50").name, area("-20, 170, -10, -170").name
    ('Germany', '50 km around 48.2, 16.4', 'the box -20, 170, -10, -170')
    """
    path = os.fspath(text)
    words = path.strip()
    if not words:
        raise InputError(f"an area without a name; give {FORMS}")
    if words.startswith("{"):
        return geojson_area.read(words, "the GeoJSON")
    if words.lower().endswith(_ENDINGS) or isinstance(text, os.PathLike):
        return _from_file(path, files)
    if len(words) > MAX_TEXT:
        raise InputError(f"an area of {len(words):,} characters; give {FORMS}")
    parts = [part.strip() for part in words.split(",")]
    if any(part[:1] in set("+-−.0123456789") for part in parts if part):
        return _from_numbers(words.replace("−", "-"), len(parts))
    try:
        return named(words)
    except InputError:
        if len(parts) == 1 or len(parts) > MOST_AREAS:
            raise
    return Union([named(part) for part in parts])  # "Korea, Republic of" is one name, "DE, AT" are two


def _from_numbers(words: str, count: int) -> Area:
    if count == 3:
        given = words[:-2] if words.lower().endswith("km") else words
        return Circle(*numbers(given, CIRCLE))
    if count == 4:
        return Box(*numbers(words, BOX))
    raise InputError(f"{printable(words)[:60]!r} has {count} numbers: {CIRCLE}; {BOX}")


def _from_file(path: str, files: bool) -> Area:
    if not files:
        raise InputError("files cannot be named here; send the GeoJSON itself")
    name = printable(Path(path).name)
    try:
        return geojson_area.read(read_regular(path, geojson_area.MAX_BYTES), name)
    except OSError as error:
        raise InputError(f"{printable(path)}: {error.strerror or error}; an area is {FORMS}") from None


def _several(given: Given | Iterable[Given] | None) -> list[Given]:
    if given is None:
        return []
    return [given] if isinstance(given, str | os.PathLike | Area) else list(given)
