"""What cutting answers to a known area is worth and costs: `toy`, `shares` and `borders`; each prints its own table.

    python benchmarks/within.py toy 600                              # photos of the toy Earth, their country given
    python benchmarks/within.py shares mp16-coordinates-100k.csv     # how photos lie in cells that a border crosses
    python benchmarks/within.py borders package/countries-10m.json   # countries here against Natural Earth's 1:10m

`borders` wants the npm package world-atlas@2 (Natural Earth, public domain), as tools/make_gazetteer.py does.
"""

import csv
import itertools
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import photoplanet as pp
from photoplanet.earth import gazetteer, geodesy
from photoplanet.earth.areas.parse import area
from photoplanet.earth.areas.polygons import Polygons
from photoplanet.locate import pieces
from photoplanet.locate.within import Cut

AREAS = ["DE", "CH", "BE", "Texas", "California", "48.85,2.35,10", "51.5,-0.12,8", "40.7,-74,10", "45,6,48,14"]
BINS = (0.0, 1e-6, 0.01, 0.1, 0.5, 1.01)  # shares that lay inside


def wilson(good: int, n: int) -> str:
    """A share with its 95 % interval."""
    if not n:
        return "–"
    p, z = good / n, 1.96
    middle, half = p + z * z / 2 / n, z * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    low, high = (100 * (middle + side * half) / (1 + z * z / n) for side in (-1, 1))
    return f"{100 * p:.0f} % ({low:.0f} to {high:.0f})"


def toy(count: int) -> None:
    """Accuracy without and with the true country, by how much of the distribution lay in it; time against locating."""
    import pyarrow.parquet as pq

    from photoplanet.toyworld import write

    model = pp.load("toy")
    with tempfile.TemporaryDirectory() as folder:
        rows = pq.read_table(write.write(folder, write.Order(photos=count, seed=2027))).to_pylist()
        photos = [str(Path(folder, row["path"])) for row in rows]
        truth = np.array([(row["latitude"], row["longitude"]) for row in rows])
        start = time.process_time()
        plain = model.locate(photos)
        located = time.process_time() - start
    codes = [place.country_code for place in gazetteer.name(*truth.T)]
    start = time.process_time()
    cuts = {code: Cut(model.partition, area(code)) for code in sorted(set(codes) - {""})}
    made = time.process_time() - start
    rows = [row for row, code in enumerate(codes) if code]
    start = time.process_time()
    known = [cuts[codes[row]](plain[row]) for row in rows]
    cut = time.process_time() - start
    away = np.array([[geodesy.distance_km(*each.point, *truth[row]) for each in (plain[row], found)]
                     for row, found in zip(rows, known, strict=True)])  # fmt: skip
    share = np.array([found.inside_before for found in known])
    doubt = np.array([found.within.doubt for found in known])
    print("| lay inside | photos | within 200 km, alone | with the country | doubted |\n|---|---|---|---|---|")
    for low, high in [*itertools.pairwise(BINS), (0.0, 1.01)]:
        some = (share >= low) & (share < high)
        hits = [int((away[some, k] <= 200).sum()) for k in (0, 1)]
        n = int(some.sum())
        print(
            f"| {low:g} to {min(high, 1):g} | {n} | {wilson(hits[0], n)} | {wilson(hits[1], n)} | {doubt[some].sum()} |"
        )
    others = np.random.default_rng(0).permutation([codes[row] for row in rows])
    wrong = [cuts[code](plain[row]).within for row, code in zip(rows, others, strict=True) if code != codes[row]]
    doubted = sum(given.doubt for given in wrong)
    print(f"another photo's country given: doubted {wilson(doubted, len(wrong))} of {len(wrong)}")
    print(f"cut: {cut / len(rows) * 1e3:.2f} ms a photo, {cut / located:.3f} of locating; "
          f"a Cut takes {made / len(cuts) * 1e3:.0f} ms on average, "
          f"of {len(cuts)} countries in {len(model.partition)} cells")  # fmt: skip


def shares(path: str) -> None:
    """How photos of one half lie in the cells of the other half that a border crosses: log loss of `Pieces.shares`."""
    with Path(path).open() as file:
        places = np.array([row[:2] for row in list(csv.reader(file))[1:]], float)
    np.random.default_rng(0).shuffle(places)
    made, held = np.split(places, 2)
    print("| cells | crossed, photos | " + " | ".join(f"{even:g} even" for even in (1.0, 0.5, 0.1, 0.0)) + " |")
    for most in (1000,):
        part = pp.Partition.adaptive(*made.T, max_photos=most, min_photos=max(2, most // 20))
        labels = part.assign(*held.T)
        known = labels >= 0
        found = []
        for even in (1.0, 0.5, 0.1, 0.0):
            pieces.EVEN = even
            loss, n = 0.0, 0
            for name in AREAS:
                here = area(name)
                cut = pieces.cut(part, here)
                inside = np.bincount(cut.parents, cut.shares, len(part))[labels[known]]
                crossed = (inside > 0) & (inside < 1)
                truly = here.contains(*held[known][crossed].T)
                stated = np.clip(inside[crossed], 0.01, 0.99)
                loss -= float(np.log(np.where(truly, stated, 1 - stated)).sum())
                n += int(crossed.sum())
            found.append(loss / n)
        print(f"| {len(part)} | {n} | " + " | ".join(f"{each:.3f}" for each in found) + " |")


def borders(path: str) -> None:
    """Countries here against Natural Earth's outlines: which share of ground, near and far from the outlined border."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
    import natural_earth

    document = natural_earth.read(Path(path))
    by_name = {each["properties"]["name"]: each for each in document["objects"]["countries"]["geometries"]}
    # Landlocked ones: at sea, an outline says nothing of whose water it is.
    names = {"AT": "Austria", "CH": "Switzerland", "CZ": "Czechia", "HU": "Hungary", "LA": "Laos", "ZM": "Zambia",
             "PY": "Paraguay", "BO": "Bolivia", "ML": "Mali"}  # fmt: skip
    rng, total = np.random.default_rng(0), np.zeros((4, 2), int)
    print("| country | within 5 km | 5 to 10 | 10 to 25 | over 25 km |\n|---|---|---|---|---|")
    for code, name in names.items():
        rings = natural_earth.rings(document, by_name[name])
        outline = Polygons(name, [[ring] for ring in rings])
        lines = np.concatenate(rings)
        lines = lines[:: max(1, len(lines) // 4000)]
        spots = lines[rng.integers(0, len(lines), 6000)] + rng.normal(0, 0.2, (6000, 2))
        lng, lat = spots[np.abs(spots[:, 1]) < 89].T
        lng = (lng + 180) % 360 - 180
        ground = np.array([bool(place.country) and place.distance_km < 25 for place in gazetteer.name(lat, lng)])
        lat, lng = lat[ground], lng[ground]
        edge = geodesy.to_xyz(lines[:, 1], lines[:, 0])
        away = geodesy.EARTH_RADIUS_KM * np.arccos(np.clip((geodesy.to_xyz(lat, lng) @ edge.T).max(axis=1), -1, 1))
        same = outline.contains(lat, lng) == area(code).contains(lat, lng)
        cells = []
        for row, (low, high) in enumerate([(0, 5), (5, 10), (10, 25), (25, 1e9)]):
            some = (away >= low) & (away < high)
            total[row] += int(same[some].sum()), int(some.sum())
            cells.append(wilson(int(same[some].sum()), int(some.sum())))
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"| all | {' | '.join(wilson(*row) for row in total.tolist())} |")


if __name__ == "__main__":
    {"toy": lambda n: toy(int(n)), "shares": shares, "borders": borders}[sys.argv[1]](sys.argv[2])
