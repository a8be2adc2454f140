"""Search at scale: `python benchmarks/duplicates.py --training 10_000_000 --test 1_000_000`.

Makes codes, half of them random and half in clusters as photos' codes are (signs of 24 random factors), plants copies
of training codes among the test codes at known distances, and prints time, peak memory, and the recall of the planted
pairs by distance; then, on a sample of the test codes, the recall of all pairs against exact search, by what the codes
are. Turn by turn FAISS does a part of the work, which is scaled up to all training codes: the comparison of all pairs
(`IndexBinaryFlat`), and what photoplanet did before (`IndexBinaryIVF`, 4,096 pivots, 8 asked).

    --photos TABLE   among both sets, distorted copies of these photos
    --alike 0.1      a tenth of both sets within 24 bits of one code: the worst case
"""

import argparse
import json
import os
import resource
import statistics
import time
from pathlib import Path

import figures
import numpy as np

from photoplanet.core.workers import in_threads, threads
from photoplanet.duplicates import binary_codes, sorted_windows
from photoplanet.photos import decode, table

BITS = binary_codes.facts()["bits"]
PLANTED = 0.05  # of the test codes
BLOCK = 1 << 18
ALIKE = 24  # bits from one code, at most
ALL_PAIRS, PIVOTED = 2_000_000_000, 20_000  # pairs, and training codes, of FAISS's part
KINDS = ("random", "clustered", "copies of photos", "alike")


def made(count, rng):
    """uint8 (count, BITS / 8): every second code is random, the others are signs of sums of a few factors."""
    factors = np.random.default_rng(1).normal(size=(24, BITS)).astype(np.float32)
    codes = rng.integers(0, 256, (count, BITS // 8), np.uint8)
    for start in range(0, count, BLOCK):
        part = codes[start : start + BLOCK : 2]
        part[:] = np.packbits(rng.normal(size=(len(part), 24)).astype(np.float32) @ factors > 0, axis=1)
    return codes


def flipped(codes, distances, rng):
    """The codes with `distances` (n,) different bits turned over each."""
    found = codes.copy()
    for start in range(0, len(codes), BLOCK):
        bits = np.unpackbits(codes[start : start + BLOCK], axis=1)
        order = rng.random(bits.shape, np.float32).argsort(axis=1)
        bits ^= (order < distances[start : start + BLOCK, None]).astype(np.uint8)
        found[start : start + BLOCK] = np.packbits(bits, axis=1)
    return found


def distorted(photos, copies, rng):
    """Codes of `copies` distorted copies of each photo of a table."""
    from photoplanet.training.near_duplicates.distortions import distort

    known, _ = table.read(photos, require=("path",), columns=("path",))
    originals = [decode.open_photo(path, size_hint=256) for path in table.paths(known, photos.parent)]
    return binary_codes.codes([np.asarray(distort(photo, rng)) for photo in originals for _ in range(copies)])[0]


def mixed(count, photo_codes, alike, rng):
    """(codes, kind of each as a number of KINDS); the last two kinds at random rows."""
    codes, kind = made(count, rng), np.arange(1, count + 1) % 2
    rows = rng.permutation(count)
    of_photos, of_one = rows[: len(photo_codes)], rows[len(photo_codes) :][: int(alike * count)]
    codes[of_photos], kind[of_photos] = photo_codes[: len(of_photos)], 2
    one = np.random.default_rng(2).integers(0, 256, (1, BITS // 8), np.uint8)
    away = rng.integers(0, ALIKE // 2 + 1, len(of_one))
    codes[of_one], kind[of_one] = flipped(np.repeat(one, len(of_one), axis=0), away, rng), 3
    return codes, kind


def clocked(work):
    """(what it returns, seconds, processor seconds)."""
    start, used = time.monotonic(), time.process_time()
    found = work()
    return found, time.monotonic() - start, time.process_time() - used


def pivots(faiss, test, pivots=4096, asked=8):
    """What photoplanet did before: each test code kept with the nearest pivots, as a FAISS index."""
    near = faiss.IndexBinaryFlat(BITS)
    near.add(test[np.sort(np.random.default_rng(0).choice(len(test), pivots, replace=False))])
    index = faiss.IndexBinaryIVF(near, BITS, pivots)
    index.referenced_objects = [near]  # or it would be gone
    index.is_trained, index.nprobe = True, asked
    pointer, rows = faiss.swig_ptr, np.arange(len(test))
    for nearest in near.search(test, asked)[1].T.copy():
        index.add_core(len(test), pointer(test), pointer(rows), pointer(nearest))
    return index


class Rivals:
    """FAISS on a part of the training codes, its seconds scaled up to all of them."""

    def __init__(self, test, training, threshold):
        import faiss

        self.training, self.radius = training, threshold + 1
        self.flat = faiss.IndexBinaryFlat(BITS)
        self.flat.add(test)
        self.few = training[: max(1, ALL_PAIRS // len(test))]
        self.index, self.building, _ = clocked(lambda: pivots(faiss, test))
        self.some = training[:PIVOTED]

    def all_pairs(self):
        _, seconds, _ = clocked(lambda: self.flat.range_search(self.few, self.radius))
        return seconds * len(self.training) / len(self.few)

    def through_pivots(self):
        _, seconds, _ = clocked(lambda: self.index.range_search(self.some, self.radius))
        return self.building + seconds * len(self.training) / len(self.some)


def sorts(test, training, threshold):
    """Seconds that the sorts alone take, on all threads: of a test and a training code's key for each order."""
    orders = sorted_windows.orders(threshold, BITS, min(len(test), len(training), sorted_windows.BLOCK))
    blocks = -(-len(training) // sorted_windows.BLOCK)
    keys_sorted = orders * (len(test) * blocks + len(training))
    keys = np.random.default_rng(0).integers(0, 2**63, min(len(training), 1 << 20), np.uint64)
    _, seconds, _ = clocked(lambda: list(in_threads(np.argsort, [keys] * 2 * threads())))
    return seconds * keys_sorted / (2 * threads() * len(keys))


def recall(test, training, kind, found, threshold, sample, rng):
    """By kind of a sample of test codes: how many pairs exact search finds, and the shares that were found, in %."""
    at, row = found
    some = np.sort(np.concatenate(
        [rng.permutation(np.flatnonzero(kind == one))[: sample // 4] for one in range(len(KINDS))]
    ))  # fmt: skip
    exact_at, exact_row, _ = binary_codes.find(test[some], training, threshold, exact=True)
    wanted = some[exact_at] * len(training) + exact_row
    there, result = np.isin(wanted, at * len(training) + row), {}
    for number, name in enumerate(KINDS):
        mine = kind[some[exact_at]] == number
        if mine.any():
            rows = np.unique(some[exact_at[mine]])
            result[name] = {
                "codes": int((kind[some] == number).sum()), "pairs": int(mine.sum()),
                "pairs_found_percent": round(100 * float(there[mine].mean()), 2),
                "codes_with_a_pair_found_percent": round(100 * float(np.isin(rows, at).mean()), 2),
            }  # fmt: skip
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--training", type=int, default=200_000)
    parser.add_argument("--test", type=int, default=20_000)
    parser.add_argument("--threshold", type=int, default=binary_codes.facts()["threshold"])
    parser.add_argument("--sample", type=int, default=1000, help="test codes compared with all training codes")
    parser.add_argument("--photos", type=Path, metavar="TABLE", help="also distorted copies of these photos")
    parser.add_argument("--copies", type=int, default=10, help="of each photo, in each set")
    parser.add_argument("--alike", type=float, default=0, metavar="SHARE", help="of both sets nearly one picture")
    parser.add_argument("--rounds", type=int, default=3)
    figures.add_json(parser)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    none = np.empty((0, BITS // 8), np.uint8)
    of_photos = [distorted(given.photos, given.copies, rng) if given.photos else none for _ in range(2)]
    (training, training_kind), (test, kind) = (
        mixed(count, codes, given.alike, rng)
        for count, codes in zip((given.training, given.test), of_photos, strict=True)
    )
    rows = rng.permutation(np.flatnonzero(kind < 2))[: int(PLANTED * given.test)]
    source = rng.choice(np.flatnonzero(training_kind < 2), len(rows))
    apart = rng.integers(0, given.threshold + 1, len(rows))
    test[rows] = flipped(training[source], apart, rng)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours, processor, exact, former, alone = [], [], [], [], []
    rivals, peak = None, 0
    for _ in range(given.rounds):
        # As `find` without a choice would: by sorting at scale, whatever the size here.
        found, seconds, used = clocked(lambda: binary_codes.find(test, training, given.threshold, exact=False))
        ours.append(seconds)
        processor.append(used)
        if rivals is None:  # whose memory does not count
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            rivals = Rivals(test, training, given.threshold)
        exact.append(rivals.all_pairs())
        former.append(rivals.through_pivots())
        alone.append(sorts(test, training, given.threshold))
    at, row, _ = found
    there = np.isin(rows * given.training + source, at * given.training + row)
    seconds, used, sorting = map(statistics.median, (ours, processor, alone))
    result = {
        "test": given.test, "training": given.training, "bits": BITS, "threshold": given.threshold,
        "load": round(os.getloadavg()[0], 1), "seconds": round(seconds, 1), "processor_seconds": round(used, 1),
        "seconds_of_all_pairs": round(statistics.median(exact), 1), "of_pivots": round(statistics.median(former), 1),
        "of_sorts_alone": round(sorting, 1),
        "pairs": len(at), "gb_before": round(before / 1e6, 2), "gb_at_most": round(peak / 1e6, 2),
        "planted_found_percent": {
            f"{low} to {min(low + 9, given.threshold)} bits": round(100 * float(there[inside].mean()), 2)
            for low in range(0, given.threshold + 1, 10) if (inside := (apart >= low) & (apart < low + 10)).any()
        } | {"all": round(100 * float(there.mean()), 2)},
    }  # fmt: skip
    if given.sample:
        result["exact"] = recall(test, training, kind, (at, row), given.threshold, given.sample, rng)
    print(json.dumps(result, indent=2))
    what = f"near-duplicates, {given.test:,} codes in {given.training:,} at {given.threshold} bits, against FAISS's"
    share = f"{seconds:.1f} s, {result['planted_found_percent']['all']} % of the planted pairs"
    limit = f"the sorts alone {sorting:.1f} s, {seconds / sorting:.1f} ×"
    figures.write(given.json, [
        figures.row(f"{what} comparison of all pairs", ours, exact, share, limit=limit),
        figures.row(f"{what} IVF (the way before)", ours, former, share, limit=limit),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
