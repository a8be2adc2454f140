"""GeoJSON from outside → an area: polygons alone or in features and collections (RFC 7946), read with suspicion."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from photoplanet.earth.areas.polygons import MAX_VERTICES, Polygons, Ring
from photoplanet.errors import InputError

MAX_BYTES = 16 << 20
MAX_DEPTH = 8  # of collections in collections
MAX_POLYGONS = 20_000
_MOST_DEGREES = 720.0  # of longitude: who goes on beyond ±180° does not go around twice
_SHAPES = {"Point", "MultiPoint", "LineString", "MultiLineString"}


def read(data: bytes | str, name: str) -> Polygons:
    """Return the area of a GeoJSON document; `name`: of the file, for people. InputError, which starts with it.

    Rings need not be wound in one way. Points and lines are refused, since they hold no place.

    >>> box = '{"type": "Polygon", "coordinates": [[[6, 45], [14, 45], [14, 48], [6, 48], [6, 45]]]}'
    >>> read(box, "alps.geojson").contains(46.5, 10.0)
    np.True_
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: over {MAX_BYTES >> 20} MiB; simplify the outline")
    try:
        document = json.loads(data, parse_int=float, parse_constant=_no_constant)
    except RecursionError:
        raise InputError(f"{name}: is nested too deeply for GeoJSON") from None
    except ValueError as error:
        raise InputError(f"{name}: is not GeoJSON ({str(error)[:80]})") from None
    polygons: list[list[Ring]] = []
    vertices = 0
    for rings in _polygons(document, name, 0):
        vertices += sum(len(ring) for ring in rings)
        if vertices > MAX_VERTICES or len(polygons) == MAX_POLYGONS:
            raise InputError(f"{name}: more than {MAX_VERTICES:,} vertices or {MAX_POLYGONS:,} polygons; "
                             "simplify the outline")  # fmt: skip
        polygons.append(rings)
    if not polygons:
        raise InputError(f"{name}: holds no polygon; give a Polygon, a MultiPolygon, or features of them")
    return Polygons(name, polygons)


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def _polygons(value: Any, name: str, depth: int) -> Iterator[list[Ring]]:
    """Yield the rings of each polygon in a GeoJSON value."""
    if depth > MAX_DEPTH:
        raise InputError(f"{name}: has collections more than {MAX_DEPTH} deep")
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "Polygon":
        yield _rings(value.get("coordinates"), name)
    elif kind == "MultiPolygon":
        for each in _list(value.get("coordinates"), name):
            yield _rings(each, name)
    elif kind == "Feature":
        if value.get("geometry") is not None:  # a feature may have no place
            yield from _polygons(value["geometry"], name, depth + 1)
    elif kind in ("FeatureCollection", "GeometryCollection"):
        for each in _list(value.get("features" if kind == "FeatureCollection" else "geometries"), name):
            yield from _polygons(each, name, depth + 1)
    elif isinstance(kind, str) and kind in _SHAPES:
        raise InputError(f"{name}: has a {kind}, which holds no place; give polygons, or a circle as 'lat,lng,km'")
    else:
        raise InputError(f"{name}: {str(kind)[:40]!r} is not a type of GeoJSON that has a place")


def _rings(value: Any, name: str) -> list[Ring]:
    rings = [_ring(each, name) for each in _list(value, name)]
    if not rings:
        raise InputError(f"{name}: has a polygon without a ring")
    return rings


def _ring(value: Any, name: str) -> Ring:
    points = _list(value, name)
    if len(points) > MAX_VERTICES:
        raise InputError(f"{name}: more than {MAX_VERTICES:,} vertices; simplify the outline")
    try:
        # A third number is a height.
        pairs = [(point[0], point[1]) for point in points if isinstance(point, list) and len(point) in (2, 3)]
        ring = np.array(pairs, np.float64).reshape(-1, 2) if all(map(_are_numbers, pairs)) else None
    except (TypeError, ValueError, OverflowError):
        ring = None
    if ring is None or len(ring) != len(points):
        raise InputError(f"{name}: has a ring that is not a list of [longitude, latitude]")
    if len(ring) < 3:
        raise InputError(f"{name}: has a ring of {len(ring)} points; a ring has at least 3")
    bad = ~((np.abs(ring[:, 1]) <= 90) & (np.abs(ring[:, 0]) <= _MOST_DEGREES))
    if bad.any():
        x, y = ring[int(bad.argmax())].tolist()
        raise InputError(f"{name}: [{x:g}, {y:g}] is not a place on Earth; GeoJSON has the longitude first, "
                         "then the latitude, in degrees")  # fmt: skip
    return ring


def _are_numbers(pair: tuple[Any, Any]) -> bool:
    return all(isinstance(number, float) for number in pair)


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{name}: has {type(value).__name__} where GeoJSON has a list")
    return value
