"""Vectors: ours against FAISS called directly (≤ 1.2×), bytes a photo, building the index against locate (≥ 90 %).

    python benchmarks/vector_index.py --vectors 200000 --photos toy-queries/photos.parquet --model toy

The two sides of a ratio take turns in one run, and the median of the rounds counts.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import faiss
import figures
import numpy as np

from photoplanet.locate import locator
from photoplanet.photos import decode, table
from photoplanet.retrieval.vectors import vector_index
from photoplanet.retrieval.vectors.embedding import Embedder
from photoplanet.retrieval.vectors.vector_index import KINDS, VectorIndex

D, K, QUERIES = 256, 10, 200


def in_turns(rounds: int, *sides: Callable[[], object]) -> list[list[float]]:
    """Seconds of each side, a round each."""
    taken: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, seconds in zip(sides, taken, strict=True):
            started = time.perf_counter()
            side()
            seconds.append(time.perf_counter() - started)
    return taken


def clustered(n: int, seed: int) -> np.ndarray:
    centres = np.random.default_rng(0).normal(size=(2000, D)).astype(np.float32)
    random = np.random.default_rng(seed)
    rows = centres[random.integers(len(centres), size=n)] + 0.5 * random.normal(size=(n, D)).astype(np.float32)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def kinds(n: int, rounds: int) -> list[dict[str, object]]:
    vectors, queries = clustered(n, 1), clustered(QUERIES, 2)
    true = VectorIndex.build(vectors, "float32").search(queries, K)[1]
    print(f"{n:,} vectors of {D} numbers, {QUERIES} queries for {K} neighbours")
    print("kind      bytes/photo  recall@10  build, s  ms/query  against FAISS")
    rows = []
    for kind in KINDS:
        started = time.perf_counter()
        made = VectorIndex.build(vectors, kind)
        build = time.perf_counter() - started
        direct = queries / np.float32(made.scale) if kind == "int8" else queries
        ours, theirs = in_turns(
            rounds,
            lambda made=made: made.search(queries, K),
            lambda made=made, direct=direct: made._index.search(direct, K),
        )
        what = f"search in {n:,} vectors of {D} numbers, `{kind}`, against FAISS called directly"
        rows.append(figures.row(what, ours, theirs, f"{1e3 * median(ours) / QUERIES:.2f} ms a query", rate=False))
        found = made.search(queries, K)[1]
        recall = np.mean([len(set(a) & set(b)) / K for a, b in zip(true.tolist(), found.tolist(), strict=True)])
        line = f"{made.bytes_per_photo:11.0f} {recall:10.3f} {build:9.1f} {1e3 * median(ours) / QUERIES:9.3f}"
        print(f"{kind:9s} {line} {median(ours) / median(theirs):14.2f}", flush=True)
    return rows


def photos(path: Path, model: locator.Locator, count: int, rounds: int) -> dict[str, object]:
    rows, _ = table.read(path)
    sources = table.paths(rows, path.parent)[:count]
    embedder = Embedder(model)

    def locate() -> None:
        for _ in model.locate_many(sources):
            pass

    def embed() -> None:
        batch, vectors = [], []
        for pixels in decode.load_many(sources, model.info.preprocessing):
            batch.append(pixels)
            if len(batch) == locator.BATCH_SIZE:
                vectors.append(embedder.quantise(embedder.vectors(np.stack(batch))))
                batch = []
        if batch:
            vectors.append(embedder.quantise(embedder.vectors(np.stack(batch))))
        VectorIndex.build(np.concatenate(vectors), vector_index.DEFAULT_KIND)

    locate()
    located, embedded = in_turns(rounds, locate, embed)
    locating, embedding = (len(sources) / median(seconds) for seconds in (located, embedded))
    print(f"{len(sources):,} photos: locate {locating:.0f}/s, index {embedding:.0f}/s", end="")
    print(f", {embedding / locating:.0%} of its rate ({embedder.which} embedding)")
    what = "embedding index, against locating the same photos"
    return figures.row(what, embedded, located, f"{embedding:,.0f} photos/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, default=200_000)
    parser.add_argument("--photos", type=Path, help="a photo table")
    parser.add_argument("--count", type=int, default=1000, help="photos of it")
    parser.add_argument("--model", default="toy")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int)
    figures.add_json(parser)
    given = parser.parse_args()
    if given.threads:
        faiss.omp_set_num_threads(given.threads)
    rows = kinds(given.vectors, given.rounds)
    if given.photos:
        model = locator.load(given.model, given.threads)
        rows.append(photos(given.photos, model, given.count, given.rounds))
    figures.write(given.json, rows)


if __name__ == "__main__":
    main()
