"""Im2GPS queries together against one by one: `python benchmarks/im2gps_speed.py --photos 8192 --queries 32`.

The library's records are made up, with as many empty bins as those of photos have, and lie on disk as `build` keeps
them. Turn by turn, the same queries are answered one at a time and together. The limit is what reading
the records once takes, since every photo is compared.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import figures
import numpy as np

from photoplanet.core.cache import Cache, Entry
from photoplanet.retrieval.im2gps import global_descriptors, im2gps
from photoplanet.retrieval.im2gps.reference_photos import ReferencePhotos

FULL = {"colour": 0.02, "textons": 0.5, "lines": 0.76, "part_colour": 0.015, "part_textons": 0.39}  # of real photos
WORDS = 512


def records(count, rng):
    """Records of made-up photos."""
    found = np.zeros(count, global_descriptors.RECORD)
    for name in ("tiny", "colour", "textons", "lines", "gist", "geometry", "part_colour", "part_textons"):
        shape = found[name].shape
        found[name] = rng.integers(1, 256, shape, np.uint8) * (rng.random(shape, np.float32) < FULL.get(name, 1))
    for name in ("words", "fine_words"):
        found[name] = rng.integers(0, WORDS, found[name].shape)
    found["usable"] = True
    return found


def library(known, folder, rng):
    """The records as reference photos, read from disk."""
    vocabulary = rng.normal(size=(WORDS, 4)).astype(np.float32)
    places = np.degrees(np.arcsin(rng.uniform(-0.7, 0.9, len(known)))), rng.uniform(-180, 180, len(known))
    names = [(str(row), "") for row in range(len(known))]
    kept = Cache(folder, "made up", {"record": global_descriptors.RECORD})

    def compute(some):
        for name, _ in some:
            yield Entry({"record": known[int(name) : int(name) + 1]})

    list(kept.fill(names, compute, lambda name: name))
    words = type("Dictionary", (), {"words": vocabulary, "fine_words": vocabulary})()
    return kept, ReferencePhotos(words, kept.rows(names, "record"), *places)


def clocked(work):
    started = time.perf_counter()
    answers = work()
    return time.perf_counter() - started, answers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=4096)
    parser.add_argument("--queries", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--methods", nargs="+", choices=list(im2gps.METHODS), default=["im2gps", "im2gps-density"])
    figures.add_json(parser)
    given = parser.parse_args()
    rng, rows = np.random.default_rng(0), []
    with tempfile.TemporaryDirectory() as folder:
        kept, photos = library(records(given.photos, rng), Path(folder) / "kept", rng)
        queries = records(given.queries, rng)
        for name in given.methods:
            method, turns = im2gps.METHODS[name], []
            for _ in range(given.rounds):
                reading = clocked(lambda: sum(len(block) for block in photos.blocks()))[0]
                together, answers = clocked(lambda method=method: np.stack(method(photos, queries)))
                single, alone = clocked(lambda method=method: np.concatenate(
                    [np.stack(method(photos, queries[row : row + 1])) for row in range(given.queries)], axis=1
                ))  # fmt: skip
                assert np.allclose(answers, alone, atol=1e-5)
                turns.append((together, single, reading))
            ours, reference, reading = zip(*turns, strict=True)
            each = statistics.median(ours) / given.queries
            read = statistics.median(reading) / given.queries
            rows.append(figures.row(
                f"`{name}`: {given.queries} queries together, against one by one, {given.photos:,} photos",
                ours, reference, f"{1000 * each:.1f} ms a query",
                limit=f"reading the records once for all: {1000 * read:.1f} ms each, {each / read:.0f} ×",
            ))  # fmt: skip
            print(rows[-1])
        kept.close()
    figures.write(given.json, rows)


if __name__ == "__main__":
    main()
