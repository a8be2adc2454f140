"""One table as the paper's Fig. 9c and Table 1a: classification and every kind of retrieval, on the toy Earth.

    python benchmarks/im2gps.py LIBRARY.parquet QUERIES.parquet -o IM2GPS --queries 300 --library-photos 8192
    python benchmarks/retrieval_results.py LIBRARY.parquet QUERIES.parquet -o DIR --im2gps IM2GPS --library-photos 8192

The library is the same random part of LIBRARY as in benchmarks/im2gps.py, the queries the same random photos. Seconds
per query: decoding, describing and searching, one photo at a time, on --threads cores. No answer counts as wrong.
--no-local leaves local features out (their index takes the longest).
"""

import argparse
import csv
import json
import time
from itertools import islice
from pathlib import Path

import numpy as np
from im2gps import one_thread, photos

from photoplanet.earth import geodesy
from photoplanet.evaluation import accuracy, tables
from photoplanet.locate import locator, point_estimates
from photoplanet.photos import decode, table
from photoplanet.retrieval.im2gps import global_descriptors, im2gps, neighbours
from photoplanet.retrieval.library import library
from photoplanet.retrieval.vectors import nearest, vector_index, within_cell_search
from photoplanet.retrieval.vectors.embedding import Embedder

NEIGHBOURS = 100  # of k-NN with kernel density


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("photos", type=Path, metavar="QUERIES")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--im2gps", type=Path, help="what benchmarks/im2gps.py wrote, for the same library and queries")
    parser.add_argument("--library-photos", type=int, metavar="N", help="default: all")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-local", action="store_true")
    given = parser.parse_args()
    one_thread()
    given.out.mkdir(parents=True, exist_ok=True)
    paths, lat, lng, ids, _ = photos(given.library, given.library_photos, 0)
    asked, true_lat, true_lng, names, units = photos(given.photos, given.queries, given.seed)
    listed = given.out / f"library-{len(paths)}.parquet"
    columns = zip(ids, paths, lat, lng, strict=True)
    rows = [{"photo_id": i, "path": str(Path(p).absolute()), "latitude": a, "longitude": b} for i, p, a, b in columns]
    if not listed.exists():
        table.write(table.from_rows(rows), listed)
    model = locator.load(given.model, 1)
    found: list[dict] = []

    def add(name: str, latitude, longitude, seconds: float, size: str) -> None:
        errors = geodesy.distance_km(true_lat, true_lng, np.nan_to_num(latitude), np.nan_to_num(longitude))
        errors = np.where(np.isnan(latitude), np.inf, errors)
        found.append({"name": f"{name} ({1000 * seconds:.0f} ms, {size})", **accuracy.summary(errors, units=units)})
        print(tables.markdown(found[-1:], intervals=True).splitlines()[-1], flush=True)

    print(f"{len(paths):,} library photos, {len(asked):,} queries, seed {given.seed}; intervals: {units.described}")
    by_vectors(model, paths, lat, lng, asked, given.out / f"embedding-{len(paths)}.npy", add)
    if given.im2gps:
        by_im2gps(given.im2gps, len(paths), names, add)
    if not given.no_local:
        by_features(listed, asked, add)
    print(tables.markdown(found, intervals=True))


def by_vectors(model, paths: list[str], lat, lng, asked: list[str], cache: Path, add) -> None:
    """The classifier, its embedding and the trained one, k-NN with density, and the combined readout."""
    if not cache.exists():
        decoded = decode.load_many(paths, model.info.preprocessing)
        batches = iter(lambda: list(islice(decoded, 64)), [])
        np.save(cache, np.concatenate([model.log_probabilities(np.stack(batch))[1] for batch in batches]))
    kept = np.load(cache, allow_pickle=False)
    megabytes = f"{model.bundle.onnx_path.stat().st_size / 1e6:.1f} MB in all"
    started = time.perf_counter()
    pixels = [decode.load(path, model.info.preprocessing) for path in asked]
    answers = [model.log_probabilities(each[None]) for each in pixels]
    each = (time.perf_counter() - started) / len(asked)
    probabilities = np.exp(np.concatenate([one for one, _ in answers]))
    embedding = np.concatenate([one for _, one in answers])
    for name, words in (("center", "PlaNet, cell centre (the paper's)"), ("expected", "PlaNet, `expected`")):
        started = time.perf_counter()
        places = [point_estimates.get(name)(row[None], model.partition) for row in probabilities]
        taken = each + (time.perf_counter() - started) / len(asked)
        add(words, *np.concatenate([np.stack(place) for place in places], axis=1), taken, megabytes)
    for which in ("network", "trained"):
        embedder = Embedder(model, which)
        codes = embedder.quantise(embedder.from_network(kept))
        made = vector_index.VectorIndex.build(codes, "int8")
        size = f"{made.bytes_per_photo:.0f} B"
        started = time.perf_counter()
        vectors = np.concatenate([embedder.from_network(row[None]) for row in embedding])
        own = (time.perf_counter() - started) / len(asked)
        for words, partition in (("exact place", None), ("quantised", model.partition)):
            started = time.perf_counter()
            got = [nearest.nearest(row[None], made, lat, lng, partition) for row in vectors]
            taken = each + own + (time.perf_counter() - started) / len(asked)
            places = np.array([[one.latitude[0], one.longitude[0]] for one in got]).T
            add(f"embedding ({which}), {words}", *places, taken, size)
        started = time.perf_counter()
        places = []
        for row in vectors:
            distances, rows = made.search(row[None], NEIGHBOURS)
            places.append(neighbours.kernel_density(distances, lat[rows], lng[rows]))
        taken = each + own + (time.perf_counter() - started) / len(asked)
        add(f"embedding ({which}), k-NN + density", *np.concatenate([np.stack(p) for p in places], axis=1), taken, size)
        shelf = within_cell_search.PhotosByCell(codes, lat, lng, model.partition)
        started = time.perf_counter()
        places = [
            np.stack(within_cell_search.locate(p[None], v[None], model.partition, shelf)[:2])
            for p, v in zip(probabilities, vectors, strict=True)
        ]
        taken = each + own + (time.perf_counter() - started) / len(asked)
        add(f"combined, embedding ({which})", *np.concatenate(places, axis=1), taken, f"{size} + {megabytes}")


def by_im2gps(folder: Path, size: int, names: list[str], add) -> None:
    """What benchmarks/im2gps.py wrote; describing the photos is part of its time there, not here."""
    dtype = global_descriptors.RECORD
    used = {"im2gps": sum(dtype[name].itemsize for name in im2gps.SIX)}
    for method in im2gps.METHODS:
        path = folder / f"{method}-{size}.csv"
        if not path.exists():
            print(f"{path}: not there; left out")
            continue
        with path.open(newline="") as file:
            known = {row["photo_id"]: (float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(file)}
        if missing := [name for name in names if name not in known]:
            print(f"{path}: {len(missing)} of {len(names)} queries are not answered there; left out")
            continue
        spent = json.loads(path.with_suffix(".json").read_text())
        places = np.array([known[name] for name in names]).T
        add(method, *places, spent["seconds"] / spent["queries"], f"{used.get(method, dtype.itemsize):,} B")


def by_features(listed: Path, asked: list[str], add) -> None:
    """Local features: the place of the photos whose geometry agrees."""
    started = time.perf_counter()
    held = library.open(listed, "local", index=listed.with_suffix(".local"))
    taken = time.perf_counter() - started
    parts = next(iter(held.bytes_per_photo.values()))
    size = sum(parts.values())
    print(f"local index of {len(held):,} photos opened or built in {taken:.0f} s; bytes a photo: {parts}", flush=True)
    places, started = [], time.perf_counter()
    for path in asked:
        answer = held.locate(path)
        places.append((answer.latitude, answer.longitude) if answer else (np.nan, np.nan))
    seconds = (time.perf_counter() - started) / len(asked)
    answered = np.mean(~np.isnan(np.array(places)[:, 0]))
    add(f"local features, {100 * answered:.0f} % answered", *np.array(places).T, seconds, f"{size:,.0f} B")


if __name__ == "__main__":
    main()
