"""How often the zone of a place is right, by the outlines that timezonefinder has.

    pip install timezonefinder        # not a dependency; Python 3.11 or later
    python benchmarks/zones.py

Two zones agree where their clocks show the same at four moments of a year (winter, summer, and between the dates on
which North America and Europe change). Groups: all towns' own places, points within 25 km of a town drawn at random,
and points drawn evenly over the land, those as far from a town as said. With 95 % intervals (Wilson).
"""

import argparse
from collections import Counter
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import numpy as np

from photoplanet.earth import gazetteer, zones
from photoplanet.earth.geodesy import distance_km

MOMENTS = [datetime(2026, *day, 12, tzinfo=timezone.utc) for day in ((1, 15), (3, 20), (7, 15), (10, 28))]
ATTEMPTS = 4  # points drawn for each one wanted: about three in ten are on land


def clocks(name: str, known: dict) -> tuple:
    """What the clocks of a zone show at the four moments."""
    if name not in known:
        known[name] = tuple(moment.astimezone(ZoneInfo(name)).utcoffset() for moment in MOMENTS)
    return known[name]


def interval(right: int, of: int) -> str:
    z, p = 1.96, right / of
    middle, half = p + z * z / 2 / of, z * np.sqrt(p * (1 - p) / of + z * z / 4 / of / of)
    low, high = ((middle + side * half) / (1 + z * z / of) for side in (-1, 1))
    return f"{right / of:7.2%}  ({low:.2%} to {high:.2%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=20_000, help="of each drawn group")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    from timezonefinder import TimezoneFinder

    finder, rng, known = TimezoneFinder(), np.random.default_rng(options.seed), {}
    data = gazetteer.read()
    rows = rng.permutation(len(data.names))[: options.points]
    far = rng.uniform(0, 25, len(rows)) / 111.2, rng.uniform(0, 2 * np.pi, len(rows))
    near_lat = np.clip(data.latitude[rows] + far[0] * np.cos(far[1]), -89, 89)
    near_lng = data.longitude[rows] + far[0] * np.sin(far[1]) / np.cos(np.radians(near_lat))
    wide_lat = np.degrees(np.arcsin(rng.uniform(-1, 1, options.points * ATTEMPTS)))
    wide_lng = rng.uniform(-180, 180, len(wide_lat))
    groups = (
        ("the towns themselves", data.latitude[rows], data.longitude[rows]),
        ("within 25 km of a town", near_lat, (near_lng + 180) % 360 - 180),
        ("evenly over the land", wide_lat, wide_lng),
    )
    for title, lat, lng in groups:
        height, width = data.grid.shape
        ground = data.grid[((90 - lat) / 180 * height).astype(int), ((lng + 180) / 360 * width).astype(int)] > 0
        land = (ground | (title != groups[-1][0])) & (lat > -60)  # Antarctica has no towns
        lat, lng = lat[land], lng[land]
        truth = [finder.timezone_at(lat=float(a), lng=float(b)) for a, b in zip(lat, lng, strict=True)]
        guess = zones.zones(lat, lng)
        same = np.array([clocks(a, known) == clocks(b, known) for a, b in zip(truth, guess, strict=True)])
        town = gazetteer.nearest(lat, lng)
        away = distance_km(lat, lng, data.latitude[town], data.longitude[town])
        print(f"{title}: {len(same):,} points on land")
        for low, high in ((0, 1e5), (0, 25), (25, 100), (100, 300), (300, 1e5)):
            part = (away >= low) & (away < high)
            if part.sum() > 100 and (high == 1e5 or not part.all()):
                shown = interval(int(same[part].sum()), int(part.sum()))
                print(f"  town {low} to {high:.0f} km away: {part.sum():,} points, same clocks {shown}")
        wrong = Counter((a, b) for a, b, ok in zip(truth, guess, same, strict=True) if not ok)
        print("  most often wrong (outlines, ours):", wrong.most_common(8))


if __name__ == "__main__":
    main()
