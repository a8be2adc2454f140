"""Search at scale: `python benchmarks/duplicates.py --training 10_000_000 --test 1_000_000`.

Makes codes, half of them random and half in clusters as photos' codes are (signs of 24 random factors), plants copies
of training codes among the test codes at known distances, and prints time, peak memory, and the recall of the planted
pairs by distance; then, on a sample of the test codes, the recall of all pairs against exact search.
"""

import argparse
import resource
import time

import numpy as np

from photoplanet.duplicates import binary_codes

BITS = binary_codes.facts()["bits"]
PLANTED = 0.05  # of the test codes
BLOCK = 1 << 18


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
    bits = np.unpackbits(codes, axis=1)
    order = rng.random(bits.shape).argsort(axis=1)
    bits ^= (order < distances[:, None]).astype(np.uint8)
    return np.packbits(bits, axis=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--training", type=int, default=200_000)
    parser.add_argument("--test", type=int, default=20_000)
    parser.add_argument("--threshold", type=int, default=binary_codes.facts()["threshold"])
    parser.add_argument("--sample", type=int, default=1000, help="test codes compared with all training codes")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--exact", action="store_true")
    given = parser.parse_args()
    import faiss

    if given.threads:
        faiss.omp_set_num_threads(given.threads)
    rng = np.random.default_rng(0)
    training, test = made(given.training, rng), made(given.test, rng)
    rows = rng.permutation(given.test)[: int(PLANTED * given.test)]
    source = rng.integers(0, given.training, len(rows))
    apart = rng.integers(0, given.threshold + 1, len(rows))
    test[rows] = flipped(training[source], apart, rng)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()
    # As `find` without a choice would: by sorting at scale, whatever the size here, unless --exact.
    at, row, _ = binary_codes.find(test, training, given.threshold, exact=given.exact)
    seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{given.test:,} codes of {BITS} bits against {given.training:,}, threshold {given.threshold}: "
          f"{seconds:.1f} s, {len(at):,} pairs; {before / 1e6:.2f} GB before, {peak / 1e6:.2f} GB at most")  # fmt: skip
    found = np.isin(rows * given.training + source, at * given.training + row)
    print("planted pairs found: " + ", ".join(
        f"{low} to {min(low + 9, given.threshold)} bits {100 * found[inside].mean():.2f} %"
        for low in range(0, given.threshold + 1, 10) if (inside := (apart >= low) & (apart < low + 10)).any()
    ) + f"; all {100 * found.mean():.2f} %")  # fmt: skip
    some = np.sort(rng.choice(given.test, min(given.sample, given.test), replace=False))
    start = time.monotonic()
    exact_at, exact_row, _ = binary_codes.find(test[some], training, given.threshold, exact=True)
    wanted = some[exact_at] * given.training + exact_row
    both = np.isin(wanted, at * given.training + row).mean() if len(exact_at) else 1
    with_pair = np.isin(some[np.unique(exact_at)], at).mean() if len(exact_at) else 1
    taken = time.monotonic() - start
    print(f"exact search of {len(some):,} test codes ({taken:.1f} s): {len(exact_at):,} pairs, of "
          f"which {100 * both:.2f} % were found; of the codes with a pair, {100 * with_pair:.2f} %")  # fmt: skip


if __name__ == "__main__":
    main()
