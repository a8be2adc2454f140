"""Natural Earth's outlines (public domain) out of the npm package world-atlas: TopoJSON → rings cut at ±180°."""

import json
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


def cut(ring: Ring) -> list[Ring]:
    """The parts of a ring within −180…180°: unwrapped across ±180°, closed over a pole it runs around, clipped."""
    longitude = np.unwrap(ring[:, 0], period=360)
    around = longitude[-1] - longitude[0]
    line = np.column_stack([longitude, ring[:, 1]])
    if abs(around) > 180:
        pole = -90.0 if ring[:, 1].mean() < 0 else 90.0
        line = np.vstack([line, [longitude[-1], pole], [longitude[0], pole], line[:1]])
    parts = []
    for shift in (-720, -360, 0, 360, 720):
        part = _clip(_clip(line + np.array([shift, 0]), -180, +1), 180, -1)
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


def _join(arcs: list[np.ndarray], numbers: list[int]) -> Ring:
    pieces = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in numbers]
    return np.vstack([pieces[0], *(piece[1:] for piece in pieces[1:])])


def _clip(ring: Ring, bound: float, side: int) -> Ring:
    """Sutherland–Hodgman against one meridian: keep longitude ≥ bound (side +1) or ≤ bound (side −1)."""
    kept: list[np.ndarray] = []
    for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        inside_a, inside_b = side * (a[0] - bound) >= 0, side * (b[0] - bound) >= 0
        if inside_a:
            kept.append(a)
        if inside_a != inside_b:
            kept.append(np.array([bound, a[1] + (b[1] - a[1]) * (bound - a[0]) / (b[0] - a[0])]))
    return np.array(kept).reshape(-1, 2)
