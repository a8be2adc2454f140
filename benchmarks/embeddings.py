"""Retrieval by embeddings on the toy Earth: which vectors, which corrections, and the combined readout.

    photoplanet toyworld -o toy-train --photos 55000 && photoplanet toyworld -o toy-queries --photos 5000 --seed 2
    python benchmarks/embeddings.py toy-train/photos.parquet toy-queries/photos.parquet --model toy

Each line is accuracy at the five radii in per cent with half the width of its 95 % interval at the first two. The
answers of the network to both tables are kept in --cache. `--other`: a model folder whose trained part is taken.
"""

import argparse
import hashlib
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.evaluation import accuracy
from photoplanet.locate import locator, point_estimates
from photoplanet.photos import decode, table
from photoplanet.retrieval.vectors import vector_index, within_cell_search
from photoplanet.retrieval.vectors.embedding import Embedder, normalised
from photoplanet.retrieval.vectors.nearest import nearest

BATCH = 64


class Photos(NamedTuple):
    latitude: np.ndarray
    longitude: np.ndarray
    embedding: np.ndarray
    log_probabilities: np.ndarray


def answers(path: Path, model: locator.Locator, cache: Path) -> Photos:
    rows, _ = table.read(path)
    sources = table.paths(rows, path.parent)
    key = hashlib.sha256("\n".join([model.info.hashes["model.onnx"], *sources]).encode()).hexdigest()[:16]
    kept = cache / f"{key}.npz"
    if not kept.exists():
        found: list = []
        loaded = decode.load_many(sources, model.info.preprocessing)
        for start in range(0, len(sources), BATCH):
            batch = [next(loaded) for _ in sources[start : start + BATCH]]
            if any(isinstance(one, InputError) for one in batch):
                raise SystemExit(f"{path}: a photo cannot be read")
            found.append(model.log_probabilities(np.stack(batch)))
        logs, embedding = (np.concatenate(part) for part in zip(*found, strict=True))
        np.savez(kept, logs=logs.astype(np.float16), embedding=embedding)
    with np.load(kept, allow_pickle=False) as arrays:
        logs, embedding = arrays["logs"], arrays["embedding"]
    return Photos(rows["latitude"].to_numpy(), rows["longitude"].to_numpy(), embedding, logs)


def line(name: str, latitude, longitude, truth: Photos, note: str = "") -> None:
    km = geodesy.distance_km(latitude, longitude, truth.latitude, truth.longitude)
    found = accuracy.summary(km)
    ends = [np.ptp(found["accuracy_interval"][radius]) * 50 for radius in ("street", "city")]
    shares = "  ".join(f"{100 * share:5.1f}" for share in found["accuracy"].values())
    print(
        f"{name:44s} {shares}   ±{ends[0]:.1f} ±{ends[1]:.1f}  median {found['median_km']:5.1f} km  {note}", flush=True
    )


def by_nearest(
    name: str, library: Photos, queries: Photos, x, y, kind="float32", partition=None
) -> vector_index.VectorIndex:
    made = vector_index.VectorIndex.build(x, kind)
    started = time.perf_counter()
    found = nearest(y, made, library.latitude, library.longitude, partition)
    each = 1e3 * (time.perf_counter() - started) / len(y)
    line(name, found.latitude, found.longitude, queries, f"{made.bytes_per_photo:.0f} bytes, {each:.2f} ms")
    return made


def whitened(x, power: float, numbers: int):
    """Rotation to the principal axes of x (n, d), each divided by its variance to the `power`, `numbers` kept."""
    mean = x.mean(axis=0)
    variance, axes = np.linalg.eigh(np.cov((x - mean).T))
    matrix = (axes / variance**power)[:, ::-1][:, :numbers]
    return lambda rows: normalised((rows - mean) @ matrix)


def csls(x, y, made: vector_index.VectorIndex, k: int, local_scaling: bool):
    """Rows of the nearest after a hubness correction: CSLS (Conneau et al. 2018), or local scaling (NICDM)."""
    own = vector_index.VectorIndex.build(x, "ivf").search(x, k + 1)[0][:, 1:]
    distances, rows = made.search(y, 100)
    if local_scaling:
        score = -distances / np.sqrt(own.mean(axis=1)[rows] * distances[:, :k].mean(axis=1, keepdims=True))
    else:
        score = 2 * (1 - distances**2 / 2) - (1 - own**2 / 2).mean(axis=1)[rows]
    return np.take_along_axis(rows, score.argmax(axis=1)[:, None], axis=1)[:, 0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--other", type=Path, help="a model folder of the same network with a trained part")
    parser.add_argument("--unseen", type=Path, help="a table that the network never saw, to try as the library")
    parser.add_argument("--cache", type=Path, default=Path(".embeddings-cache"))
    parser.add_argument("--threads", type=int, default=None)
    given = parser.parse_args()
    given.cache.mkdir(exist_ok=True)
    model = locator.load(given.model, given.threads)
    if given.threads:
        import faiss

        faiss.omp_set_num_threads(given.threads)
    partition = model.partition
    library, queries = (answers(path, model, given.cache) for path in (given.library, given.queries))
    probabilities = np.exp(queries.log_probabilities.astype(np.float32))
    print(f"{len(library.latitude):,} library photos, {len(queries.latitude):,} queries; per cent within", end=" ")
    print(", ".join(f"{km:g} km" for km in geodesy.RADII_KM.values()))
    for name in ("center", "expected"):
        line(f"classifier, {name}", *point_estimates.get(name)(probabilities, partition), queries)
    raw = library.embedding, queries.embedding
    own = Embedder(model, "network")
    by_nearest("network, as it is", library, queries, *raw)
    vectors = {"network": (own.from_network(raw[0]), own.from_network(raw[1]))}
    by_nearest("network, L2", library, queries, *vectors["network"])
    centred = whitened(raw[0], 0, raw[0].shape[1])
    by_nearest("network, centred, L2", library, queries, *map(centred, raw))
    for numbers in (raw[0].shape[1], 64):
        way = whitened(raw[0], 0.5, numbers)
        by_nearest(f"network, whitened to {numbers}", library, queries, *map(way, raw))
    embedders = {"network": own}
    if given.other or "embedding" in model.info.parts:
        trained = Embedder(locator.load(given.other, given.threads) if given.other else model, "trained")
        embedders["trained"] = trained
        vectors["trained"] = trained.from_network(raw[0]), trained.from_network(raw[1])
        by_nearest("trained, float32", library, queries, *vectors["trained"])
    for which, (x, y) in vectors.items():
        embedder = embedders[which]
        codes = embedder.quantise(x)
        made = by_nearest(f"{which}, int8", library, queries, codes, y, "int8")
        by_nearest(f"{which}, int8, quantised position", library, queries, codes, y, "int8", partition)
        for kind in ("ivf", "pq"):
            by_nearest(f"{which}, {kind}", library, queries, codes, y, kind)
        for local in (False, True):
            rows = csls(x, y, made, 10, local)
            line(
                f"{which}, {'local scaling' if local else 'CSLS'}",
                library.latitude[rows],
                library.longitude[rows],
                queries,
            )
        listed = within_cell_search.PhotosByCell(codes, library.latitude, library.longitude, partition)
        started = time.perf_counter()
        lat, lng, rows = within_cell_search.locate(probabilities, y, partition, listed)
        each = 1e3 * (time.perf_counter() - started) / len(y)
        line(f"{which}, combined", lat, lng, queries, f"{(rows >= 0).mean():.0%} with a photo, {each:.1f} ms")
    if given.unseen:
        unseen = answers(given.unseen, model, given.cache)
        n = len(unseen.latitude)
        seen = np.random.default_rng(0).choice(len(library.latitude), n, replace=False)
        for name, photos in (("fitted", Photos(*(part[seen] for part in library))), ("unseen", unseen)):
            for which, embedder in embedders.items():
                x = embedder.from_network(photos.embedding)
                by_nearest(f"library of {n:,} {name} photos, {which}", photos, queries, x, vectors[which][1])
                listed = within_cell_search.PhotosByCell(x, photos.latitude, photos.longitude, partition)
                lat, lng, _ = within_cell_search.locate(probabilities, vectors[which][1], partition, listed)
                line(f"library of {n:,} {name} photos, {which}, combined", lat, lng, queries)


if __name__ == "__main__":
    main()
