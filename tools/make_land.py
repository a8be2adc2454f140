"""Write photoplanet/earth/land.json, the outline under every map, from the npm package world-atlas.

    npm pack world-atlas@2 && tar xzf world-atlas-2.*.tgz
    python tools/make_land.py package/countries-110m.json

The file holds `scale` (units per degree), `land` (closed rings) and `borders` (open lines between countries); a ring or
line is a flat list of integers: longitude and latitude of the first point, then the differences from point to point.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from natural_earth import cut, cut_line, read, rings

SCALE = 50  # 0.02° ≈ 2 km: finer than the 1:110 million outline itself
TARGET = Path(__file__).parents[1] / "photoplanet" / "earth" / "land.json"


def packed(line: np.ndarray) -> list[int]:
    points = np.round(line * SCALE).astype(int)
    steps = np.diff(points, axis=0)
    moved = np.r_[True, (steps != 0).any(axis=1)]
    points = points[moved]
    return np.vstack([points[:1], np.diff(points, axis=0)]).ravel().tolist()


def main() -> None:
    document = read(Path(sys.argv[1]))
    land = document["objects"]["land"]
    shapes = land["geometries"] if land["type"] == "GeometryCollection" else [land]
    outline = [part for shape in shapes for ring in rings(document, shape) for part in cut(ring)]
    uses: Counter[int] = Counter()
    for country in document["objects"]["countries"]["geometries"]:
        polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        for arc in (arc for polygon in polygons for ring in polygon for arc in ring):
            uses[arc if arc >= 0 else ~arc] += 1
    borders = [piece for arc, count in sorted(uses.items()) if count > 1 for piece in cut_line(document["arcs"][arc])]
    written = {"scale": SCALE, "land": [packed(p) for p in outline], "borders": [packed(p) for p in borders]}
    TARGET.write_text(json.dumps(written, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(outline)} rings, {len(borders)} borders, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
