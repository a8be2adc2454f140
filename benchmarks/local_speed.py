"""Speed and size of local-feature search: `python benchmarks/local_speed.py PHOTOS [--photos 10000] [--queries 20]`.

PHOTOS is a folder of real photos or a photo table. Prints photos indexed per second (decode, SIFT, words, on one thread
per core), seconds per warm query over --photos photos with its stages, and bytes per photo. The photos beyond the
given ones are made: each takes features at random from all real photos, moved and a little noisy, so that words are as
common and lists as long as in a real library.
"""

import argparse
import functools
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import figures
import numpy as np

from photoplanet.photos import table
from photoplanet.retrieval.local_features import root_sift, search, verification
from photoplanet.retrieval.local_features.root_sift import Features
from photoplanet.retrieval.local_features.visual_words import InvertedIndex, Vocabulary

STAGES = ("SIFT", "words", "inverted index", "verifying one candidate", "whole query")


def made_up(row: int, real: list[Features], pool: np.ndarray) -> Features:
    """A photo that nobody took: features at random from all real ones, the places of one of them."""
    rng = np.random.default_rng(row)
    base = real[row % len(real)]
    count = len(base.points)
    descriptors = pool[rng.integers(0, len(pool), count)].astype(np.int16) + rng.integers(-3, 4, (count, 128))
    points = base.points[rng.permutation(count)]
    return Features(points, np.clip(descriptors, 0, 255).astype(np.uint8), base.width, base.height)


def train_and_index(paths: list[str]) -> tuple[Vocabulary, list[Features], list[np.ndarray]]:
    """The vocabulary of the photos, and the features and words of each, with the times of both steps printed."""
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        real = list(pool.map(root_sift.extract, paths))
        start, used = time.perf_counter(), time.process_time()
        vocabulary = search.train_vocabulary(real.__getitem__, len(real))
        print(
            f"vocabulary: {len(vocabulary):,} words of {sum(len(f.points) for f in real):,} features, "
            f"{time.perf_counter() - start:.1f} s ({time.process_time() - used:.1f} CPU s)"
        )
        start, used = time.perf_counter(), time.process_time()
        words = list(pool.map(lambda path: vocabulary.assign(root_sift.extract(path).descriptors), paths))
        wall, cpu = time.perf_counter() - start, time.process_time() - used
    print(f"indexing on {cores} threads: {len(paths) / wall:.1f} photos/s, {len(paths) / cpu:.1f} per CPU second")
    return vocabulary, real, words


def words_of_all(
    words: list[np.ndarray], real: list[Features], photos: int, vocabulary: Vocabulary
) -> Iterator[np.ndarray]:
    """The words of the real photos, then of the made-up ones: those of real features, a tenth changed by noise."""
    yield from words
    word_of = np.concatenate(words)[:, 0]
    for row in range(len(real), photos):
        rng = np.random.default_rng(row)
        taken = word_of[rng.integers(0, len(word_of), len(real[row % len(real)].points))]
        noisy = rng.random(len(taken)) < 0.1
        yield np.where(noisy, rng.integers(0, len(vocabulary), len(taken)), taken)


def time_queries(index: search.LocalIndex, real: list[Features], paths: list[str], queries: int) -> np.ndarray:
    """Seconds of each stage in `STAGES` of warm queries, (queries, 5)."""
    stages = np.zeros((queries, len(STAGES)))
    for number in range(queries):
        row = number * len(paths) // queries
        index.search(real[row])  # warm: its candidates are in memory
        times = [time.perf_counter()]
        found = root_sift.extract(paths[row])
        times.append(time.perf_counter())
        asked = index.vocabulary.assign(found.descriptors, search.QUERY_WORDS)
        times.append(time.perf_counter())
        rows, _ = index.inverted.search(asked, search.CANDIDATES)
        times.append(time.perf_counter())
        verification.verify(found, index.features_of(int(rows[-1])))
        times.append(time.perf_counter())
        matches = index.search(root_sift.extract(paths[row]))
        stages[number] = [*np.diff(times), time.perf_counter() - times[-1]]
        assert matches[0].row == row, "a photo of the library must find itself"
    return stages


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=20)
    figures.add_json(parser)
    arguments = parser.parse_args()
    if arguments.source.is_dir():
        paths = sorted(map(str, arguments.source.rglob("*.jpg")))
    else:
        paths = table.paths(table.read(arguments.source)[0], arguments.source.parent)
    vocabulary, real, words = train_and_index(paths)
    start = time.perf_counter()
    inverted = InvertedIndex.build(words_of_all(words, real, arguments.photos, vocabulary), len(vocabulary))
    print(f"inverted index of {inverted.photos:,} photos: {time.perf_counter() - start:.1f} s")
    every = np.concatenate([found.descriptors for found in real])

    @functools.cache  # a warm query finds its candidates' features in the page cache, not made anew
    def features(row: int) -> Features:
        return real[row] if row < len(real) else made_up(row, real, every)

    stages = time_queries(search.LocalIndex(features, vocabulary, inverted), real, paths, arguments.queries)
    for name, column in zip(STAGES, stages.T, strict=True):
        print(f"{name}: median {np.median(column):.4f} s, 90 % within {np.percentile(column, 90):.4f} s")
    what = f"a query by details in {arguments.photos:,} photos, against its SIFT alone"
    said = f"{np.median(stages[:, -1]):.2f} s"
    figures.write(arguments.json, [figures.row(what, stages[:, -1], stages[:, 0], said, rate=False)])
    each = len(every) / len(real)
    print(
        f"bytes per photo: descriptors {each * 128:,.0f}, points {each * 16:,.0f}, words {each * 4:,.0f}, "
        f"inverted index {inverted.nbytes / inverted.photos:,.0f} ({each:.0f} features a photo)"
    )


if __name__ == "__main__":
    main()
