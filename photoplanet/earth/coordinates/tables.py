"""Places in tables of others: which columns hold them, and what they say in degrees.

Null stands for a place that a row does not state, NaN for one that it states and that cannot be read: the second never
gives way to another source.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from json import dumps
from pathlib import Path
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
_NO_PAIR: tuple[float | None, float | None] = (None, None)

Named = tuple[str, str]  # the columns that a user named: latitude, longitude


def columns_of(table: table_files.Layout, named: Named | None = None) -> list[Columns]:
    r"""Return the columns of a table that say where its photos were taken, the plainest names first; none: [].

    Columns of predictions do not. Where no two columns are a latitude and a longitude, one with both counts
    (`coordinates`, `location`, WKT) if a place stands in it. `named`: the columns to take; InputError for others.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text('id,location\na,"48.86, 2.29"\n')
    ...     [str(columns) for columns in columns_of(table_files.layout(path))]
    ['location']
    """
    if named is not None:
        return [of_name(table, named)]
    pairs = [pair for pair in names.pairs(table.names) if not pair.predicted]
    return pairs or [columns for columns in names.with_both(table.names) if holds_places(table, columns)][:1]


def of_name(table: table_files.Layout, named: Named) -> Columns:
    """Return the columns that a user named; InputError where the table lacks one.

    >>> of_name(table_files.Layout(Path("a.csv"), ("y", "x"), ","), ("y", "lon"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: a.csv: no column 'lon'; it has y, x
    """
    for name in named:
        if name not in table.names:
            raise InputError(f"{table.path}: no column {name!r}; it has {table_files.shown(table.names)}")
    return names.named(*named, table.names)


def holds_places(table: table_files.Layout, columns: Columns, every: bool = False) -> bool:
    r"""Whether a place stands in a column that may hold both coordinates, or in `every` row that is not empty.

    >>> import tempfile
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
    texts = [value for value in values.to_pylist() if isinstance(value, str) and not notation.is_empty(value)]
    places = [notation.pair(text, columns.longitude_first) is not None for text in texts]
    return all(places) and bool(places) if every else any(places)


def degrees(
    raw: pa.Table, chosen: Sequence[Columns], path: str | Path
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return latitudes and longitudes, float64 (n,), of a table with the `chosen` columns, and which rows state none.

    NaN where a row states none, and for both where one of the two cannot be read or is lacking. Where the first pair
    is empty, or at exactly 0, 0, the next one counts; InputError where two pairs state different places in one row.

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
            _check_same(path, (latitude, longitude), both, (chosen[0], columns))
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
    for columns in _keys(tuple(name for name in values if isinstance(name, str))):
        lat = _one(values, columns.latitude, columns.latitude_ref, "NS")
        lng = _one(values, str(columns.longitude), columns.longitude_ref, "EW")
        if lat is not None or lng is not None:
            readable = lat is not None and lng is not None and not math.isnan(lat + lng)
            return (lat, lng) if readable else (math.nan, math.nan)
    for columns in names.with_both([name for name in values if isinstance(name, str)]):
        value = values[columns.latitude]
        text = value if isinstance(value, str) else dumps(value) if isinstance(value, list | dict) else ""
        if found := notation.pair(text, columns.longitude_first):
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


def _check_same(
    path: str | Path, one: Sequence[NDArray[np.float64]], two: Sequence[NDArray[np.float64]], chosen: Sequence[Columns]
) -> None:
    with np.errstate(invalid="ignore"):
        apart = np.abs(one[0] - two[0]) > SAME
        turn = np.abs(one[1] - two[1]) % 360
        apart |= np.minimum(turn, 360 - turn) > SAME
        for lat, lng in (one, two):  # what a camera without a fix writes
            apart &= (lat != 0) | (lng != 0)
    if apart.any():
        row = int(np.flatnonzero(apart)[0])
        raise InputError(
            f"{path}: {chosen[0]} and {chosen[1]} state different places (row {row + 1}); rename or remove one pair, "
            "or name one where a command takes --latitude-column and --longitude-column"
        )
