"""Places in tables of others: which columns hold them, and what they say in degrees.

Null stands for a place that a row does not state, NaN for one that it states and that cannot be read: the second never
gives way to another source.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from photoplanet.core import table_files
from photoplanet.earth.coordinates import arrays, names
from photoplanet.earth.coordinates import text as notation
from photoplanet.earth.coordinates.names import Columns
from photoplanet.errors import InputError

SAME = 0.001  # degrees that two ways to write one place may differ by: some 100 m
_LOOKED_AT = 1000  # rows in which a column must hold a place to be one of places
_LONGEST_WORD = 20  # characters: northern hemisphere
_NO_PAIR: tuple[float | None, float | None] = (None, None)

Named = tuple[str, str]  # the columns that a user named: latitude, longitude


def columns_of(table: table_files.Layout, named: Named | None = None) -> list[Columns]:
    r"""Return the columns of a table that say where its photos were taken, the plainest names first; none: [].

    Columns of predictions do not. Where no two columns are a latitude and a longitude, one with both counts
    (`coordinates`, `location`, WKT) if a place stands in it. `named`: the columns to take; InputError for others.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text('id,location\na,"48.86, 2.29"\n')
    ...     [str(columns) for columns in columns_of(table_files.layout(path))]
    ['location']
    """
    if named is not None:
        return [of_name(table, named)]
    pairs = [with_hemispheres(table, pair) for pair in names.pairs(table.names) if not pair.predicted]
    found = pairs or [columns for columns in names.with_both(table.names) if holds_places(table, columns)][:1]
    if not found and (others := names.not_degrees(table.names)):  # the photos' own EXIF must not stand for them
        raise InputError(
            f"{table.path}: {', '.join(others)[:200]}: places are read in degrees (48.8584); write them so, or remove "
            "these columns"
        )
    return found


def of_name(table: table_files.Layout, named: Named) -> Columns:
    """Return the columns that a user named; InputError where the table lacks one.

    >>> from pathlib import Path
    >>> of_name(table_files.Layout(Path("a.csv"), ("y", "x"), ","), ("y", "lon"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: a.csv: no column 'lon'; it has y, x
    """
    for name in named:
        if name not in table.names:
            raise InputError(f"{table.path}: no column {name!r}; it has {table_files.shown(table.names)}")
    return with_hemispheres(table, names.named(*named, table.names))


def with_hemispheres(table: table_files.Layout, columns: Columns) -> Columns:
    r"""Return the columns of a place with those of its hemispheres, known by what stands in them: N and S, E and W.

    So count one called hemisphere, or two that hold nothing else, where no name says whose they are. InputError where
    two columns of one such name are there.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id,lat,h1,lon,h2\na,33.9,S,151.2,E\n")
    ...     with_hemispheres(table_files.layout(path), Columns("lat", "lon"))
    Columns(latitude='lat', longitude='lon', latitude_ref='h1', longitude_ref='h2', beside=())
    """
    if columns.longitude is None or columns.latitude_ref or columns.longitude_ref:
        return columns
    others = [name for name in table.names if name not in columns.names]
    table_files.check_single(table, [name for name in others if names.is_hemisphere(name)])
    often = Counter(table.names)
    others = [name for name in table_files.text_columns(table) if name in others and often[name] == 1]
    rows = table_files.first_rows(table, others, _LOOKED_AT) if others else {}
    cells = {name: rows[name].unique().to_pylist() for name in others} if others else {}
    lat_ref, lng_ref = _hemispheres(cells)
    return replace(columns, latitude_ref=lat_ref, longitude_ref=lng_ref)


def holds_places(table: table_files.Layout, columns: Columns, every: bool = False) -> bool:
    r"""Whether a place stands in a column that may hold both coordinates, or in `every` row that is not empty.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id,location\na,Paris\n")
    ...     holds_places(table_files.layout(path), Columns("location", None))
    False
    """
    if table.names.count(columns.latitude) > 1:
        return False
    values = table_files.first_rows(table, [columns.latitude], _LOOKED_AT)[columns.latitude]
    if pa.types.is_temporal(values.type):  # nanoseconds are no values of Python's
        return False
    found = map(notation.spelled, values.to_pylist())
    texts = [text for text in found if text is not None and not notation.is_empty(text)]
    places = [notation.pair(text, columns.longitude_first) is not None for text in texts]
    return all(places) and bool(places) if every else any(places)


def degrees(
    raw: pa.Table, chosen: Sequence[Columns], path: object, before: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return latitudes and longitudes, float64 (n,), of a table with the `chosen` columns, and which rows state none.

    NaN where a row states none, and for both where one of the two cannot be read or is lacking. Where the first pair
    is empty, or at exactly 0, 0, the next one counts; InputError where two pairs state different places in one row,
    which it numbers with the rows that came `before`.

    >>> raw = pa.table({"lat": ["48,86", None, "1"], "lon": ["2,29", None, None]})
    >>> degrees(raw, [Columns("lat", "lon")], "a.csv")
    (array([48.86,   nan,   nan]), array([2.29,  nan,  nan]), array([False,  True, False]))
    """
    latitude, longitude = (np.full(len(raw), np.nan) for _ in range(2))
    empty = np.ones(len(raw), bool)
    for columns in chosen:
        lat, lng = _pair(raw, columns)
        readable = ~np.isnan(lat.values) & ~np.isnan(lng.values)
        both = np.where(readable, lat.values, np.nan), np.where(readable, lng.values, np.nan)
        if len(chosen) > 1:
            _check_same(path, (latitude, longitude), both, (chosen[0], columns), before)
        none = lat.empty & lng.empty
        better = empty | ((latitude == 0) & (longitude == 0) & ~none)
        latitude, longitude = np.where(better, both[0], latitude), np.where(better, both[1], longitude)
        empty &= none
    return latitude, longitude, empty


def place_of(values: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the place that one photo's metadata state: degrees, (NaN, NaN) for an unreadable one; else (None, None).

    >>> place_of({"gps_lat": "48.86 N", "gps_lng": 2.29}), place_of({"lat": "?", "lon": 2}), place_of({"title": "a"})
    ((48.86, 2.29), (nan, nan), (None, None))
    """
    stated: list[tuple[float, float]] = []
    for columns in _keys(tuple(name for name in values if isinstance(name, str))):
        lat_ref, lng_ref = columns.latitude_ref, columns.longitude_ref
        if lat_ref is None and lng_ref is None:
            lat_ref, lng_ref = _refs([name for name in values if name not in columns.names], values)
        lat = _one(values, columns.latitude, lat_ref, "NS")
        lng = _one(values, str(columns.longitude), lng_ref, "EW")
        if lat is not None or lng is not None:
            readable = lat is not None and lng is not None and not math.isnan(lat + lng)
            stated.append((lat or 0.0, lng or 0.0) if readable else (math.nan, math.nan))
    if stated:
        first = next((place for place in stated if place != (0, 0)), stated[0])
        return first if all(_same(first, other) for other in stated) else (math.nan, math.nan)
    for columns in names.with_both([name for name in values if isinstance(name, str)]):
        text = notation.spelled(values[columns.latitude])
        if text and (found := notation.pair(text, columns.longitude_first)):
            return found
    return _NO_PAIR


@lru_cache(256)
def _keys(keys: tuple[str, ...]) -> list[Columns]:
    return [pair for pair in names.pairs(keys) if not pair.predicted]


def _one(values: Mapping[str, Any], name: str, ref: str | None, letters: str) -> float | None:
    """One coordinate: degrees, NaN for an unreadable one, None for none."""
    value = values[name]
    if value is None or value != value or (isinstance(value, str) and notation.is_empty(value)):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return math.nan
    try:
        text = value if isinstance(value, str) else repr(float(value))
    except OverflowError:
        return math.nan
    found = notation.angle(text)
    if ref is not None and not notation.is_empty(side := str(values[ref] or "")):
        return notation.signed(found, side, letters)
    return found.degrees if found is not None and found.letter in ("", *letters) else math.nan


def _pair(raw: pa.Table, columns: Columns) -> tuple[arrays.Degrees, arrays.Degrees]:
    if columns.longitude is None:
        return arrays.read_both(raw[columns.latitude], columns.longitude_first)
    found = []
    for name, ref, letters in (
        (columns.latitude, columns.latitude_ref, "NS"), (columns.longitude, columns.longitude_ref, "EW"),
    ):  # fmt: skip
        one = arrays.read(raw[name], letters)
        found.append(one if ref is None else arrays.with_hemispheres(one, raw[ref], letters))
    return found[0], found[1]


def _refs(others: Sequence[Any], values: Mapping[str, Any]) -> tuple[str | None, str | None]:
    return _hemispheres({name: [values[name]] for name in others if isinstance(name, str)})


def _hemispheres(cells: Mapping[str, Sequence[Any]]) -> tuple[str | None, str | None]:
    """The names of those that hold nothing but N and S, and nothing but E and W."""
    norths, easts = ([name for name, said in cells.items() if _all(said, letters)] for letters in ("NS", "EW"))
    if len(norths) != 1 or len(easts) != 1:  # letters in one column alone are a hemisphere where its name says so
        norths, easts = ([name for name in found if names.is_hemisphere(name)] for found in (norths, easts))
    lat_ref, lng_ref = (found[0] if len(found) == 1 else None for found in (norths, easts))
    return lat_ref, lng_ref


def _all(cells: Sequence[Any], letters: str) -> bool:
    """Whether all cells that hold something hold a hemisphere in letters."""
    said = {cell.strip() if isinstance(cell, str) else "?" for cell in cells if cell is not None}
    said = {text for text in said if not notation.is_empty(text)}
    words = all(len(text) <= _LONGEST_WORD and text[:1].isalpha() for text in said)
    return bool(said) and words and all(notation.hemisphere(text, letters) for text in said)


def _same(one: tuple[float, float], two: tuple[float, float]) -> bool:
    """Whether two places are the same, or one of them is none: unreadable, or what a camera without a fix writes."""
    if (0.0, 0.0) in (one, two) or math.isnan(one[0]) or math.isnan(two[0]):
        return True
    turn = abs(one[1] - two[1]) % 360
    return abs(one[0] - two[0]) <= SAME and min(turn, 360 - turn) <= SAME


def _check_same(
    path: object, one: Sequence[NDArray[np.float64]], two: Sequence[NDArray[np.float64]], chosen: Sequence[Columns],
    before: int,
) -> None:  # fmt: skip
    with np.errstate(invalid="ignore"):
        apart = np.abs(one[0] - two[0]) > SAME
        turn = np.abs(one[1] - two[1]) % 360
        apart |= np.minimum(turn, 360 - turn) > SAME
        for lat, lng in (one, two):  # what a camera without a fix writes
            apart &= (lat != 0) | (lng != 0)
    if apart.any():
        row = int(np.flatnonzero(apart)[0])
        raise InputError(
            f"{path}: {chosen[0]} and {chosen[1]} state different places (row {before + row + 1}); rename or remove "
            "one pair, or name one where a command takes --latitude-column and --longitude-column"
        )
