"""Decoding long albums over the paper's 26,263 classes: seconds and peak memory of both hidden Markov models.

python benchmarks/hmm_decode.py [--photos 1000] [--classes 26263]

Made up: cells at uniform places, photos whose distributions are peaked at a walk of the traveller, as many counted
pairs of classes as `--pairs` says. Each method runs in a process of its own; "evidence" is what the photos'
log-probabilities take themselves.
"""

import argparse
import resource
import subprocess
import sys
import time

import figures
import numpy as np

from photoplanet.albums import hmm, methods
from photoplanet.albums.album import Album
from photoplanet.albums.hmm import Counts
from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--classes", type=int, default=26_263)
    parser.add_argument("--pairs", type=int, default=500_000)
    parser.add_argument("--method", choices=("hmm", "timed-hmm"), help="only this one; needed for --json")
    figures.add_json(parser)
    given = parser.parse_args()
    if given.method:
        one(given)
        return
    for method in ("hmm", "timed-hmm"):
        subprocess.run([sys.executable, *sys.argv, "--method", method], check=True)


def one(given) -> None:
    rng = np.random.default_rng(0)
    partition = make_partition(rng, given.classes)
    c = len(partition)
    walk = travel(rng, partition, given.photos)
    evidence = rng.normal(0, 1, (given.photos, c)).astype(np.float32)
    evidence[np.arange(given.photos), walk] += np.float32(8)
    evidence -= np.log(np.exp(evidence).sum(axis=1, keepdims=True))
    album = Album(rng.exponential(2, given.photos - 1), np.full(given.photos, -1, np.int32))
    pairs = np.unique(np.concatenate([rng.integers(0, c * c, given.pairs), np.arange(c) * (c + 1)]))
    target, origin = np.divmod(pairs, c)
    steps = np.where(origin == target, 9 * given.pairs // c, 1)  # nine steps of ten stay
    counts = Counts(rng.integers(50, 10_000, c), origin.astype(np.int32), target.astype(np.int32), steps)
    before = peak()
    started, worked = time.perf_counter(), time.process_time()
    found = methods.decode(given.method, evidence, None, album, partition, {"hmm": counts})
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    started = time.perf_counter()
    np.exp(evidence).sum(axis=1)
    once = time.perf_counter() - started
    what = f"`{given.method}` on {given.photos:,} photos over {c:,} classes, against one exponential of each number"
    said = f"{seconds:.1f} s, peak {peak() / 1024:.2f} GB"
    figures.write(given.json, [figures.row(what, [seconds], [once], said, rate=False)])
    right = (found.argmax(axis=1) == walk).mean()
    if given.method == "hmm":
        began = time.perf_counter()
        same = (hmm.path(evidence, album, counts) == walk).mean()
        print(f"Viterbi's path: {time.perf_counter() - began:.1f} s, right cell {same:.1%}")
    print(
        f"{given.method}: {given.photos:,} photos, {c:,} classes, {len(pairs):,} counted pairs: {seconds:.1f} s "
        f"({worked:.1f} s of processor), peak {peak() / 1024:.2f} GB ({before / 1024:.2f} before, "
        f"evidence {evidence.nbytes / 2**30:.2f}), right cell {right:.1%}"
    )


def make_partition(rng, classes: int) -> Partition:
    """Level-8 cells around so many uniform places."""
    points = rng.normal(size=(classes * 2, 3))
    lat, lng = geodesy.from_xyz(points)
    whole = Partition.uniform(lat, lng, level=8, min_photos=1)
    return Partition.from_cells(rng.permutation(whole.ids)[:classes])


def travel(rng, partition: Partition, photos: int) -> np.ndarray:
    """Classes: the traveller stays for ten photos on average, then goes somewhere."""
    stays = rng.random(photos) < 0.9
    place, walk = 0, np.empty(photos, int)
    for photo in range(photos):
        place = place if stays[photo] else int(rng.integers(len(partition)))
        walk[photo] = place
    return walk


def peak() -> float:
    """Highest resident memory so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
