"""Speed and memory of the adaptive partition and of `assign`, against NumPy's sort on the same machine in the same run.

    python benchmarks/partition.py --points 100_000_000
    python benchmarks/partition.py --points 10_000_000 --coordinates geotags.csv

The geotags are a mixture of clusters of all sizes, or the rows of a CSV (latitude and longitude in its last two
columns) drawn again and again and moved by a kilometre or so. Every figure is the median of `--repeats` turns, sort
and partition by turns.
"""

import argparse
import os
import resource
import statistics
import time

import numpy as np

from photoplanet.core.workers import slices, threads
from photoplanet.earth.partition.partition import Partition

JITTER = 0.01  # degrees
CLUSTERS = 20_000


def geotags(points: int, coordinates: str | None, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Latitudes and longitudes, made piece by piece, so that the benchmark's peak memory is the partition's."""
    if coordinates:
        places = np.loadtxt(coordinates, delimiter=",", skiprows=1, usecols=(-2, -1))
        weight, spread = None, np.full(len(places), JITTER)
    else:
        places = np.stack(
            [np.degrees(np.arcsin(rng.uniform(-0.7, 0.95, CLUSTERS))), rng.uniform(-180, 180, CLUSTERS)], -1
        )
        weight = 1 / np.arange(1, CLUSTERS + 1) ** 0.8  # city sizes: Zipf's law, a little flattened
        weight, spread = weight / weight.sum(), 10 ** rng.uniform(-3, 0.3, CLUSTERS)
    lat, lng = np.empty(points), np.empty(points)
    for part in slices(points):
        row = rng.choice(len(places), part.stop - part.start, p=weight)
        for values, column, most in ((lat, 0, 90), (lng, 1, 180)):
            values[part] = np.clip(places[row, column] + rng.standard_normal(len(row)) * spread[row], -most, most)
    return lat, lng


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--max-photos", type=int, help="default: one for about 26,000 cells, the paper's number")
    parser.add_argument("--min-photos", type=int, help="default: max-photos / 200, as in the paper")
    parser.add_argument("--coordinates", help="CSV of geotags to draw from")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    max_photos = options.max_photos or max(1, options.points // 10_000)
    min_photos = options.min_photos or max(1, max_photos // 200)
    lat, lng = geotags(options.points, options.coordinates, rng)
    print(f"{options.points:,} geotags, {threads()} threads, load {os.getloadavg()[0]:.1f}")

    sorting, splitting, assigning = [], [], []
    few = slice(0, min(options.points, 20_000_000))
    for _ in range(options.repeats):
        numbers = rng.integers(0, 2**63, options.points, dtype=np.uint64)
        start = time.perf_counter()
        numbers.sort()
        sorting.append(time.perf_counter() - start)
        del numbers
        start = time.perf_counter()
        part = Partition.adaptive(lat, lng, max_photos, min_photos)
        splitting.append(time.perf_counter() - start)
        start = time.perf_counter()
        part.assign(lat[few], lng[few])
        assigning.append(time.perf_counter() - start)
    sort, split, assign = map(statistics.median, (sorting, splitting, assigning))
    print(f"np.sort of as many uint64       {sort:8.2f} s")
    print(f"adaptive partition              {split:8.2f} s   {split / sort:.1f} × the sort   ({part})")
    print(f"assign                          {few.stop / assign / 1e6:8.1f} M points/s")
    print(f"peak memory, input included     {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:8.2f} GiB")


if __name__ == "__main__":
    main()
