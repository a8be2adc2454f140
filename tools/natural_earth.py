"""Natural Earth's outlines (public domain) out of the npm package world-atlas: TopoJSON → rings cut at ±180°."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

Ring = np.ndarray  # (n, 2) float64 degrees, longitude first, as in the file


def read(path: Path) -> dict:
    """The TopoJSON document with its arcs decoded to degrees, each (n, 2), longitude first."""
    document = json.loads(path.read_text(encoding="utf-8"))
    scale, offset = np.array(document["transform"]["scale"]), np.array(document["transform"]["translate"])
    document["arcs"] = [np.cumsum(np.array(arc), axis=0) * scale + offset for arc in document["arcs"]]
    return document


def rings(document: dict, geometry: dict) -> list[Ring]:
    """Every ring (outer and inner) of a Polygon or MultiPolygon, each joined from its arcs."""
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    return [_join(document["arcs"], ring) for polygon in polygons for ring in polygon]


def land(document: dict) -> Iterator[Ring]:
    """Every ring of the land."""
    found = document["objects"]["land"]
    for shape in found["geometries"] if found["type"] == "GeometryCollection" else [found]:
        yield from rings(document, shape)


def borders(document: dict) -> Iterator[np.ndarray]:
    """The lines that two countries share, in pieces that do not jump across ±180°."""
    uses: Counter[int] = Counter()
    for country in document["objects"]["countries"]["geometries"]:
        polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        for arc in (arc for polygon in polygons for ring in polygon for arc in ring):
            uses[arc if arc >= 0 else ~arc] += 1
    for arc, count in sorted(uses.items()):
        if count > 1:
            yield from cut_line(document["arcs"][arc])


def cut(ring: Ring, beyond: float = 0) -> list[Ring]:
    """The parts of a ring within −180…180° and `beyond`: unwrapped, closed over a pole it runs around, clipped."""
    longitude = np.unwrap(ring[:, 0], period=360)
    around = longitude[-1] - longitude[0]
    line = np.column_stack([longitude, ring[:, 1]])
    turns = (-720, -360, 0, 360, 720)
    if abs(around) > 180:  # three times round, so that neither end is in sight
        pole = -90.0 if ring[:, 1].mean() < 0 else 90.0
        turn = np.array([around, 0])
        line = np.vstack([line[:-1] - turn, line[:-1], line + turn])
        line = np.vstack([line, [line[-1, 0], pole], [line[0, 0], pole], line[:1]])
        turns = (0,)
    parts = []
    for turn in turns:
        part = clip(line + np.array([turn, 0]), 0, -180 - beyond, 180 + beyond)
        if len(part) >= 4:
            parts.append(part)
    return parts


def cut_line(line: np.ndarray) -> list[np.ndarray]:
    """An open line in pieces that do not jump across ±180°."""
    jumps = np.flatnonzero(np.abs(np.diff(line[:, 0])) > 180) + 1
    return [piece for piece in np.split(line, jumps) if len(piece) > 1]


def area(ring: Ring) -> float:
    """Area in square degrees, whichever way the ring runs."""
    x, y = ring[:, 0], ring[:, 1]
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2


def clip(ring: Ring, axis: int, low: float, high: float) -> Ring:
    """The part of a ring between two meridians (axis 0) or parallels (1), by Sutherland and Hodgman."""
    return _half(_half(ring, axis, low, +1), axis, high, -1)


def clip_line(line: np.ndarray, axis: int, low: float, high: float) -> list[np.ndarray]:
    """The pieces of an open line that touch what lies between two meridians (axis 0) or parallels (1), not cut off."""
    values = line[:, axis]
    touches = (np.maximum(values[1:], values[:-1]) >= low) & (np.minimum(values[1:], values[:-1]) <= high)
    steps = np.flatnonzero(touches)
    runs = np.split(steps, np.flatnonzero(np.diff(steps) > 1) + 1)
    return [line[run[0] : run[-1] + 2] for run in runs if len(run)]


def _join(arcs: list[np.ndarray], numbers: list[int]) -> Ring:
    pieces = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in numbers]
    return np.vstack([pieces[0], *(piece[1:] for piece in pieces[1:])])


def _half(ring: Ring, axis: int, bound: float, side: int) -> Ring:
    """The part of a ring beyond a bound: values of `axis` ≥ it (side +1) or ≤ it (side −1)."""
    beyond = side * (ring[:, axis] - bound) >= 0
    if beyond.all() or not beyond.any():
        return ring[beyond]
    after, next_beyond = np.roll(ring, -1, axis=0), np.roll(beyond, -1)
    crossing = beyond != next_beyond
    steps = after[:, axis] - ring[:, axis]
    share = (bound - ring[:, axis]) / np.where(crossing, steps, 1)
    crossed = ring + share[:, None] * (after - ring)
    crossed[:, axis] = bound
    both = np.stack([ring, crossed], axis=1).reshape(-1, 2)
    return both[np.stack([beyond, crossing], axis=1).ravel()]
