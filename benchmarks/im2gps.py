"""Im2GPS, original and extended, and its neighbours read as a density, on photos with known positions.

    python benchmarks/im2gps.py LIBRARY.parquet QUERIES.parquet -o DIR [--queries 1000] [--library-photos N] [--seed 0]

Describes the library into DIR/library (resumable; with --library-photos a random N of its photos, which a later, larger
N goes on from), answers random queries, and prints accuracy with intervals, seconds per query and bytes per photo.
Predictions are written every few queries to DIR/METHOD-N.csv (photo_id, latitude, longitude), and queries that are
there are not answered again; `photoplanet score DIR/METHOD-N.csv DIR/queries.csv` reads them.
"""

import argparse
import csv
import json
import time
from pathlib import Path

import numpy as np

from photoplanet.earth import geodesy
from photoplanet.evaluation import accuracy, resampling, tables
from photoplanet.photos import table
from photoplanet.retrieval.im2gps import global_descriptors, im2gps

CHUNK = 20  # queries between two writes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("photos", type=Path, metavar="QUERIES")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--library-photos", type=int, metavar="N", help="default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--methods", nargs="+", choices=list(im2gps.METHODS), default=list(im2gps.METHODS))
    given = parser.parse_args()
    one_thread()

    given.out.mkdir(parents=True, exist_ok=True)
    paths, latitude, longitude, *_ = photos(given.library, given.library_photos, 0)
    started = time.perf_counter()
    library = im2gps.build(paths, latitude, longitude, given.out / "library", narrator(len(paths), started))
    size = len(paths)
    print(f"library: {size:,} photos, {int((~library.usable).sum())} unreadable, {time.perf_counter() - started:.0f} s")

    paths, latitude, longitude, names, units = photos(given.photos, given.queries, given.seed)
    with (given.out / "queries.csv").open("w", newline="") as file:
        csv.writer(file).writerow(["photo_id", "latitude", "longitude"])
        csv.writer(file).writerows(zip(names, latitude, longitude, strict=True))
    started = time.perf_counter()
    queries = global_descriptors.describe(paths, library.dictionary)
    describing = (time.perf_counter() - started) / len(paths)
    words = {name: words.table for name, words in library.words.items()}
    used = {
        "im2gps": sum(global_descriptors.RECORD[name].itemsize for name in im2gps.SIX),
        "all": global_descriptors.RECORD.itemsize,
    }
    memory = sum(part.data.nbytes + part.indices.nbytes + part.indptr.nbytes for part in words.values()) / size
    print(f"queries: {len(paths):,}, seed {given.seed}; describing one takes {1000 * describing:.1f} ms")
    print(
        f"bytes per photo on disk: {used['im2gps']:,} (im2gps), {used['all']:,} (the others), {memory:,.0f} in memory"
    )

    rows = []
    for name in given.methods:
        lat, lng, seconds = answers(name, library, queries, names, given.out / f"{name}-{size}.csv")
        errors = geodesy.distance_km(latitude, longitude, lat, lng)
        rows.append({"name": f"{name}, {seconds + describing:.2f} s a query", **accuracy.summary(errors, units=units)})
        print(tables.markdown(rows, intervals=True), flush=True)


def photos(path: Path, count: int | None, seed: int):
    """Paths, latitudes, longitudes, ids and what to resample of `count` random photos of a table (all: None)."""
    found, _ = table.read(path)
    rows = np.random.default_rng(seed).permutation(len(found))[:count]
    every = table.paths(found, path.parent)
    ids = found["photo_id"].to_pylist()
    columns = (found[name].to_numpy()[rows] for name in ("latitude", "longitude"))
    return [every[row] for row in rows], *columns, [ids[row] for row in rows], resampling.units(found.take(rows))


def answers(name: str, library: im2gps.ReferencePhotos, queries: np.ndarray, ids: list[str], path: Path):
    """Latitude and longitude for all ids, NaN for no answer, and seconds per query; what is in `path` is kept."""
    timing = path.with_suffix(".json")
    known = {}
    if path.exists():
        with path.open(newline="") as file:
            known = {row["photo_id"]: (float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(file)}
    else:
        path.write_text("photo_id,latitude,longitude\n")
    spent = json.loads(timing.read_text()) if timing.exists() else {"queries": 0, "seconds": 0.0}
    open_rows = [row for row, photo in enumerate(ids) if photo not in known]
    for start in range(0, len(open_rows), CHUNK):
        rows = open_rows[start : start + CHUNK]
        begun = time.perf_counter()
        lat, lng = im2gps.METHODS[name](library, queries[rows])
        spent = {"queries": spent["queries"] + len(rows), "seconds": spent["seconds"] + time.perf_counter() - begun}
        with path.open("a", newline="") as file:
            for row, a, b in zip(rows, lat, lng, strict=True):
                known[ids[row]] = (a, b)
                csv.writer(file).writerow([ids[row], a, b])
        timing.write_text(json.dumps(spent))
        print(f"{name}: {start + len(rows)} of {len(open_rows)}", flush=True)
    found = np.array([known[photo] for photo in ids])
    return found[:, 0], found[:, 1], spent["seconds"] / max(1, spent["queries"])


def narrator(total: int, started: float):
    """An `advance` that prints a line every 2,000 photos."""
    done = 0

    def advance(count: int = 1, note: str = "") -> None:
        nonlocal done
        if note or (done + count) // 2000 != done // 2000:
            print(
                f"{note or 'described'}: {done + count:,} of {total:,}, {time.perf_counter() - started:.0f} s",
                flush=True,
            )
        done += count

    return advance


def one_thread() -> None:
    """Seconds are of one core."""
    import cv2
    import faiss

    cv2.setNumThreads(1)
    faiss.omp_set_num_threads(1)


if __name__ == "__main__":
    main()
