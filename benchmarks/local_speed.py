"""Speed and size of local-feature search: `python benchmarks/local_speed.py PHOTOS [--photos 10000] [--queries 20]`.

PHOTOS is a folder of real photos or a photo table. Prints photos indexed per second (decode, SIFT, words, on one thread
per core), seconds per warm query over --photos photos with its stages, and bytes per photo. The photos beyond the
given ones are made: each takes features at random from all real photos, moved and a little noisy, so that words are as
common and lists as long as in a real library.
"""

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from photoplanet.photos import table
from photoplanet.retrieval.local_features import root_sift, search, verification
from photoplanet.retrieval.local_features.root_sift import Features
from photoplanet.retrieval.local_features.visual_words import InvertedIndex


def made_up(row: int, real: list[Features], pool: np.ndarray) -> Features:
    """A photo that nobody took: features at random from all real ones, the places of one of them."""
    rng = np.random.default_rng(row)
    base = real[row % len(real)]
    count = len(base.points)
    descriptors = pool[rng.integers(0, len(pool), count)].astype(np.int16) + rng.integers(-3, 4, (count, 128))
    points = base.points[rng.permutation(count)]
    return Features(points, np.clip(descriptors, 0, 255).astype(np.uint8), base.width, base.height)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.source.is_dir():
        paths = sorted(map(str, arguments.source.rglob("*.jpg")))
    else:
        paths = table.paths(table.read(arguments.source)[0], arguments.source.parent)
    cores = os.cpu_count() or 1
    vocabulary = None

    def indexed(path: str) -> tuple[Features, np.ndarray]:
        found = root_sift.extract(path)
        return found, vocabulary.assign(found.descriptors)

    with ThreadPoolExecutor(cores) as pool:
        real = list(pool.map(root_sift.extract, paths))
        start, used = time.perf_counter(), time.process_time()
        vocabulary = search.train_vocabulary(real.__getitem__, len(real))
        print(
            f"vocabulary: {len(vocabulary):,} words of {sum(len(f.points) for f in real):,} features, "
            f"{time.perf_counter() - start:.1f} s ({time.process_time() - used:.1f} CPU s)"
        )
        start, used = time.perf_counter(), time.process_time()
        words = [word for _, word in pool.map(indexed, paths)]
        wall, cpu = time.perf_counter() - start, time.process_time() - used
    print(f"indexing on {cores} threads: {len(paths) / wall:.1f} photos/s, {len(paths) / cpu:.1f} per CPU second")

    every = np.concatenate([found.descriptors for found in real])
    made = range(len(real), max(arguments.photos, len(real)))

    def features_of(row: int) -> Features:
        return real[row] if row < len(real) else made_up(row, real, every)

    word_of = np.concatenate(words)[:, 0]

    def all_words():
        yield from words
        for row in made:  # the words of its features: those that the real ones have, a tenth of them changed by noise
            rng = np.random.default_rng(row)
            taken = word_of[rng.integers(0, len(word_of), len(real[row % len(real)].points))]
            noisy = rng.random(len(taken)) < 0.1
            yield np.where(noisy, rng.integers(0, len(vocabulary), len(taken)), taken)

    start = time.perf_counter()
    inverted = InvertedIndex.build(all_words(), len(vocabulary))
    print(f"inverted index of {inverted.photos:,} photos: {time.perf_counter() - start:.1f} s")
    kept: dict[int, Features] = {}  # a warm query finds its candidates' features in the page cache, not made anew

    def cached(row: int) -> Features:
        if row not in kept:
            kept[row] = features_of(row)
        return kept[row]

    index = search.LocalIndex(cached, vocabulary, inverted)
    stages = np.zeros((arguments.queries, 5))
    for number in range(arguments.queries):
        row = number * len(paths) // arguments.queries
        index.search(real[row])  # warm: its candidates are in memory
        times = [time.perf_counter()]
        found = root_sift.extract(paths[row])
        times.append(time.perf_counter())
        asked = vocabulary.assign(found.descriptors, search.QUERY_WORDS)
        times.append(time.perf_counter())
        rows, _ = inverted.search(asked, search.CANDIDATES)
        times.append(time.perf_counter())
        verification.verify(found, cached(int(rows[-1])))
        times.append(time.perf_counter())
        matches = index.search(root_sift.extract(paths[row]))
        stages[number] = [*np.diff(times), time.perf_counter() - times[-1]]
        assert matches[0].row == row, "a photo of the library must find itself"
    names = ("SIFT", "words", "inverted index", "verifying one candidate", "whole query")
    for name, column in zip(names, stages.T, strict=True):
        print(f"{name}: median {np.median(column):.4f} s, 90 % within {np.percentile(column, 90):.4f} s")
    each = len(every) / len(real)
    print(
        f"bytes per photo: descriptors {each * 128:,.0f}, points {each * 16:,.0f}, words {each * 4:,.0f}, "
        f"inverted index {inverted.nbytes / inverted.photos:,.0f} ({each:.0f} features a photo)"
    )


if __name__ == "__main__":
    main()
