"""Speed and memory of the adaptive partition and of `assign`, against memory and NumPy's sort in the same run.

    python benchmarks/partition.py --points 100_000_000
    python benchmarks/partition.py --points 10_000_000 --coordinates geotags.csv

The geotags are a mixture of clusters of all sizes, or the rows of a CSV (latitude and longitude in its last two
columns) drawn again and again and moved by a kilometre or so. Every figure is the median of `--repeats` turns, of sort,
copy and partition by turns. Each stage is set beside the time that memory needs to move what the stage has to move.
"""

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterable
from functools import partial

import figures
import numpy as np

from photoplanet.core.workers import in_threads, slices, threads
from photoplanet.earth.partition import cell_splitting
from photoplanet.earth.partition.partition import Partition
from photoplanet.earth.partition.points import Points, locate, unlocated

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


def copying(lat: np.ndarray, lng: np.ndarray) -> float:
    """Seconds that all threads together take to copy the coordinates, as STREAM does: 16 bytes a point in, 16 out."""
    into = np.ones((2, len(lat)))  # written to, so that no page has to be found for it

    def work(part: slice) -> None:
        into[0, part], into[1, part] = lat[part], lng[part]

    start = time.perf_counter()
    for _ in in_threads(work, slices(len(lat), 1 << 20)):
        pass
    return time.perf_counter() - start


def stages(lat: np.ndarray, lng: np.ndarray, most: int) -> dict[str, tuple[float, int]]:
    """Seconds of each stage of the partition, and the bytes that it must read and write for a point at least."""
    start = time.perf_counter()
    known = unlocated(lat, lng)._replace(known=np.zeros(len(lat), np.uint64))
    for _ in in_threads(lambda some: locate(known.part(some)), slices(len(lat))):
        pass
    located = time.perf_counter()
    passes = 0

    def source() -> Iterable[Callable[[], Points]]:
        nonlocal passes
        passes += 1
        return (lambda some=some: known.part(some) for some in slices(len(lat)))

    ids, _ = cell_splitting.split(source, most)
    split = time.perf_counter()
    counted = passes
    cell_splitting.vector_sums(source, ids)
    return {
        "keys and unit vectors": (located - start, 16 + 16),
        f"counting in {counted} passes": (split - located, 4 * counted),
        "sums for the means": (time.perf_counter() - split, 4 + 12),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--max-photos", type=int, help="default: one for about 26,000 cells, the paper's number")
    parser.add_argument("--min-photos", type=int, help="default: max-photos / 200, as in the paper")
    parser.add_argument("--coordinates", help="CSV of geotags to draw from")
    parser.add_argument("--repeats", type=int, default=3)
    figures.add_json(parser)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    max_photos = options.max_photos or max(1, options.points // 10_000)
    min_photos = options.min_photos or max(1, max_photos // 200)
    lat, lng = geotags(options.points, options.coordinates, rng)
    print(f"{options.points:,} geotags, {threads()} threads, load {os.getloadavg()[0]:.1f}")

    sorting, copies, splitting, processor, assigning, fewer = [], [], [], [], [], []
    few, tenth = slice(0, min(options.points, 20_000_000)), slice(0, max(1, options.points // 10))
    for _ in range(options.repeats):
        numbers = rng.integers(0, 2**63, options.points, dtype=np.uint64)
        sorting.append(clocked(numbers.sort))
        del numbers
        copies.append(copying(lat, lng))
        start, used = time.perf_counter(), time.process_time()
        part = Partition.adaptive(lat, lng, max_photos, min_photos)
        splitting.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
        assigning.append(clocked(partial(part.assign, lat[few], lng[few])))
        fewer.append(clocked(lambda: Partition.adaptive(lat[tenth], lng[tenth], max(1, max_photos // 10), 1)))
    sort, copy, split, assign, less = map(statistics.median, (sorting, copies, splitting, assigning, fewer))
    slope = (split - less) / (options.points - tenth.stop)
    print(f"np.sort of as many uint64       {sort:8.2f} s")
    print(f"copying the coordinates         {copy:8.3f} s   {32e-9 * options.points / copy:.1f} GB/s")
    ratios = f"{split / sort:.1f} × the sort, {split / copy:.0f} × the copy"
    print(f"adaptive partition              {split:8.2f} s   {ratios}   ({part})")
    used = 1e9 * statistics.median(processor) / options.points
    print(f"  {1e9 * slope:.0f} ns for each point beyond a tenth of them; {used:.0f} ns of processor time a point")
    for name, (seconds, moved) in stages(lat, lng, max_photos).items():
        away = seconds / (moved * options.points / (32 * options.points / copy))
        print(f"  {name:<30}{seconds:8.2f} s   {away:.0f} × moving its {moved} bytes a point")
    print(f"assign                          {few.stop / assign / 1e6:8.1f} M points/s")
    print(f"peak memory, input included     {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:8.2f} GiB")
    figure = f"{1e9 * slope:.0f} ns a point, {used:.0f} of processor time"
    what, memory = f"adaptive partition of {options.points:,} geotags", f"{32e-9 * options.points / copy:.1f} GB/s"
    figures.write(options.json, [
        figures.row(f"{what}, against `np.sort` of as many uint64", splitting, sorting, f"{split:.2f} s", rate=False,
                    limit="arithmetic, not memory: see the next row"),
        figures.row(f"{what}, against copying its coordinates", splitting, copies, figure,
                    rate=False, limit=f"memory bandwidth, {memory} with all threads: the ratio"),
        figures.row(f"`assign` of {few.stop:,} geotags, against copying their coordinates", assigning,
                    [one * few.stop / options.points for one in copies], f"{few.stop / assign / 1e6:.1f} M points/s",
                    rate=False, limit=f"memory bandwidth, {memory}: the ratio"),
    ])  # fmt: skip


def clocked(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
