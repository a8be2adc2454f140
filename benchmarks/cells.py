"""Cell ids: time a point against the official s2geometry, and how many ids differ.

    python benchmarks/cells.py --points 1_000_000

The official library makes one id a call; its time is that of the calls in a plain loop. Medians of `--repeats` turns.
"""

import argparse
import os
import statistics
import time

import figures
import numpy as np
import s2geometry

from photoplanet.core.workers import threads
from photoplanet.earth import cells


def official(lat: np.ndarray, lng: np.ndarray) -> list[int]:
    degrees, cell = s2geometry.S2LatLng.FromDegrees, s2geometry.S2CellId
    return [cell(degrees(a, b)).id() for a, b in zip(lat.tolist(), lng.tolist(), strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    figures.add_json(parser)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, options.points)))
    lng = rng.uniform(-180, 180, options.points)
    corner_lat, corner_lng = cells.vertices(cells.parent(cells.from_latlng(lat, lng), 15))[:, 0].T  # the hardest points

    ours, one_core, theirs, times = [], [], [], time.perf_counter
    for _ in range(options.repeats):
        start = times()
        ids = cells.from_latlng(lat, lng)
        ours.append(times() - start)
        start = times()
        cells.leaf_ids(lat, lng)
        one_core.append(times() - start)
        few = slice(0, min(options.points, 100_000))
        start = times()
        official(lat[few], lng[few])
        theirs.append((times() - start) * options.points / few.stop)
    different = int((ids != np.array(official(lat, lng), np.uint64)).sum())
    corners = cells.from_latlng(corner_lat, corner_lng)
    different_corners = int((corners != np.array(official(corner_lat, corner_lng), np.uint64)).sum())
    fast, single, slow = (1e9 * statistics.median(values) / options.points for values in (ours, one_core, theirs))
    print(f"{options.points:,} points over the sphere; load {os.getloadavg()[0]:.1f}")
    print(f"from_latlng, {threads()} threads    {fast:8.1f} ns a point   {slow / fast:.0f} × s2geometry in a loop")
    print(f"from_latlng, one core     {single:8.1f} ns a point   {slow / single:.0f} ×")
    print(f"s2geometry in a loop      {slow:8.1f} ns a point")
    figures.write(options.json, [
        figures.row("a cell id against s2geometry in a loop", ours, theirs, f"{fast:.0f} ns a point",
                    limit=f"on one core {single:.0f} ns")
    ])  # fmt: skip
    print(f"ids that differ           {different}, of as many corners of cells {different_corners}")


if __name__ == "__main__":
    main()
