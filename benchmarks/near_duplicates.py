"""How well near-duplicates are found: `python benchmarks/near_duplicates.py PHOTOS [--toy TABLE]`.

PHOTOS is a table of photos that training has not seen. Prints, for the shipped network and for three simple hashes of
64 bits on the same pairs: the recall for each kind of distortion (a photo against its own distorted copies), at the
shipped threshold and at the thresholds with the same rate of false alarms; the precision/recall curve; and the
distances of photos that are no duplicates, with the false alarms to expect among a million and among 10¹³ pairs.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from photoplanet.duplicates import binary_codes
from photoplanet.photos import decode, table
from photoplanet.training.near_duplicates import pool
from photoplanet.training.near_duplicates.distortions import DISTORTIONS, distort

RATE = 1e-4  # of false alarms at which all are compared
SEVERAL = "1 to 3 of them"  # distortions


def average_hash(image):
    small = np.asarray(image.convert("L").resize((8, 8), Image.Resampling.BOX), float)
    return np.packbits(small > small.mean())


def difference_hash(image):
    small = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), float)
    return np.packbits(small[:, 1:] > small[:, :-1])


def cosine_hash(image):
    """pHash: the signs of the 8 × 8 lowest frequencies around their median."""
    small = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BOX), float)
    basis = np.cos(np.pi / 32 * (np.arange(32) + 0.5)[None] * np.arange(8)[:, None])
    low = (basis @ small @ basis.T).ravel()
    return np.packbits(low > np.median(low[1:]))


HASHES = {"pHash": cosine_hash, "dHash": difference_hash, "aHash": average_hash}


def all_codes(photos):
    """{method: uint8 (n, bytes)} of PIL photos."""
    found = {name: np.stack([method(photo) for photo in photos]) for name, method in HASHES.items()}
    return {"network": binary_codes.codes(photos, threads=1)[0], **found}


def distances(first, second):
    """Bits that differ, (n, m)."""
    bits = [np.unpackbits(codes, axis=1).astype(np.float32) for codes in (first, second)]
    return (bits[0] @ (1 - bits[1].T) + (1 - bits[0]) @ bits[1].T).round().astype(int)


def threshold_at(negative, rate):
    """The largest threshold with at most this share of false alarms; −1 where even equal codes have more."""
    shares = np.cumsum(np.bincount(negative, minlength=1)) / len(negative)
    return int(np.searchsorted(shares, rate, "right")) - 1


def tail(negative, bits, threshold):
    """False alarms per pair: as measured where at least 20 were seen, below along the line of their logarithm."""
    shares = np.cumsum(np.bincount(negative, minlength=bits + 1)) / len(negative)
    low, high = np.searchsorted(shares, [20 / len(negative), 1e-2])
    if shares[threshold] * len(negative) >= 20 or high <= low:
        return float(shares[threshold])
    points = np.arange(low, high + 1)
    slope, start = np.polyfit(points, np.log(shares[points]), 1)
    return float(np.exp(start + slope * threshold))


def draw(photo, kinds, path):
    """A sheet of the distortions, two draws each."""
    rng, side = np.random.default_rng(3), 150
    sheet = Image.new("RGB", (side * 7, side * 4), "white")
    for at, kind in enumerate([*kinds, *kinds]):
        copy = kinds[kind](photo, rng)
        copy.thumbnail((side - 6, side - 6))
        sheet.paste(copy, (side * (at % 7) + 3, side * (at // 7) + 3))
    sheet.save(path)


class Pairs(NamedTuple):
    """Bits that differ, by method: of copies, by distortion; of photos of other albums; and of one album (network)."""

    positive: dict[str, dict[str, np.ndarray]]
    negative: dict[str, np.ndarray]
    neighbours: np.ndarray


def compared(originals, albums, kinds, copies, rng):
    """Distances between the photos and their own and others' distorted copies."""
    base = all_codes(originals)
    changed = {kind: all_codes([change(photo, rng) for photo in originals for _ in range(copies)])
               for kind, change in kinds.items()}  # fmt: skip
    owner = np.repeat(np.arange(len(originals)), copies)
    own = owner[:, None] == np.arange(len(originals))
    # Neighbours in an album show one place from nearby: no duplicates, but told apart from the others here.
    walk = np.array([[a is not None and a == b for b in albums] for a in albums], bool)
    other, near = ~own & ~walk[owner], ~own & walk[owner]
    upper = np.triu(np.ones(walk.shape, bool), 1)
    pairs = Pairs({}, {}, np.empty(0, int))
    for method in base:
        apart = {kind: distances(found[method], base[method]) for kind, found in changed.items()}
        pairs.positive[method] = {kind: values[own] for kind, values in apart.items()}
        among = distances(base[method], base[method])
        pairs.negative[method] = np.concatenate([among[upper & ~walk], *(values[other] for values in apart.values())])
        if method == "network":
            near_pairs = np.concatenate([among[upper & walk], *(values[near] for values in apart.values())])
            pairs = pairs._replace(neighbours=near_pairs)
    return pairs


def singles(pairs):
    """{method: the distances of copies with one distortion each}."""
    return {m: np.concatenate([v for k, v in found.items() if k in DISTORTIONS]) for m, found in pairs.positive.items()}


def print_recall(pairs, threshold):
    """Recall by distortion: the network at its threshold, and every method at equal rates of false alarms."""
    positive, negative = pairs.positive, pairs.negative
    limits = {method: threshold_at(values, RATE) for method, values in negative.items()}
    print(f"\n| distortion | network ≤ {threshold} | " + " | ".join(f"{m} ≤ {t}" for m, t in limits.items()) + " |")
    print("|---|" + "---|" * (1 + len(limits)))
    for kind in positive["network"]:
        shares = [(positive["network"][kind] <= threshold).mean()]
        shares += [(positive[method][kind] <= limit).mean() for method, limit in limits.items()]
        print(f"| {kind} | " + " | ".join(f"{100 * share:.1f}" for share in shares) + " |")
    every = singles(pairs)
    shares = [(every["network"] <= threshold).mean(), *((every[m] <= limits[m]).mean() for m in limits)]
    print("| **mean of single ones** | " + " | ".join(f"**{100 * share:.1f}**" for share in shares) + " |")
    false = [(negative["network"] <= threshold).mean(), *((negative[m] <= limits[m]).mean() for m in limits)]
    print("| false alarms per million pairs | " + " | ".join(f"{1e6 * share:.0f}" for share in false) + " |")


def unalike(pairs, originals, toy, rng):
    """{what: distances by the network} of photos that are no duplicates."""
    others = {"photos of other albums, and copies": pairs.negative["network"]}
    if len(pairs.neighbours):
        others["of the same album"] = pairs.neighbours
    tiles = [Image.fromarray(part) for photo in originals for part in pool.parts(photo, rng)]
    for name, photos in (("parts of one photo that do not overlap", tiles), ("toy photos", toy)):
        if photos:
            found = binary_codes.codes(photos, threads=1)[0]
            others[name] = distances(found, found)[np.triu_indices(len(found), 1)]
    return others


def print_thresholds(pairs, others, threshold):
    """Recall, precision and false alarms of the network by threshold."""
    every, negative, bits = singles(pairs)["network"], pairs.negative["network"], binary_codes.facts()["bits"]
    heads = [f"false per million: {name} ({len(values):,})" for name, values in others.items()]
    print("\n| " + " | ".join(["threshold", "recall, single", "recall, 1 to 3", "precision¹", *heads, "tail²"]) + " |")
    print("|---|" + "---|" * (4 + len(others)))
    for mark in sorted({*range(16, bits // 3, 8), threshold}):
        single, several = ((v <= mark).mean() for v in (every, pairs.positive["network"][SEVERAL]))
        hits, alarms = (every <= mark).sum(), (negative <= mark).sum()
        rates = " | ".join(f"{1e6 * (values <= mark).mean():.1f}" for values in others.values())
        name = f"**{mark}**" if mark == threshold else mark
        precision = f"{100 * hits / max(hits + alarms, 1):.2f}"
        print(
            f"| {name} | {100 * single:.1f} | {100 * several:.1f} | {precision} | {rates} "
            f"| {1e6 * tail(negative, bits, mark):.2g} |"
        )
    print("\n¹ among the pairs measured here, where one in "
          f"{(len(negative) + len(every)) / len(every):.0f} is a duplicate. "
          "² false alarms per million pairs from the tail's slope, where fewer than 20 were seen.")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--toy", type=Path, help="also the false alarms among these toy photos")
    parser.add_argument("--toy-photos", type=int, default=2500)
    parser.add_argument("--copies", type=int, default=4, help="of each photo and distortion")
    parser.add_argument("--network", type=Path, help="another binary_codes.onnx than the shipped one")
    parser.add_argument("--threshold", type=int)
    parser.add_argument("--picture", type=Path, help="draw the distortions of the first photo")
    given = parser.parse_args()
    if given.network:
        binary_codes.NETWORK = given.network
    threshold = binary_codes.facts()["threshold"] if given.threshold is None else given.threshold
    known, _ = table.read(given.photos, require=("path",), columns=("path", "album"))
    originals = [decode.open_photo(path, size_hint=512) for path in table.paths(known, given.photos.parent)]
    albums = known["album"].to_pylist() if "album" in known.column_names else [None] * len(originals)
    toy = []
    if given.toy:
        toy = table.paths(table.read(given.toy, require=("path",), columns=("path",))[0], given.toy.parent)
    rng = np.random.default_rng(0)
    kinds = {**DISTORTIONS, SEVERAL: distort}
    if given.picture:
        draw(originals[0], kinds, given.picture)
    pairs = compared(originals, albums, kinds, given.copies, rng)
    count = len(pairs.negative["network"])
    print(f"{len(originals)} photos, {given.copies} copies a distortion, {count:,} pairs that are no duplicates")
    print_recall(pairs, threshold)
    print_thresholds(pairs, unalike(pairs, originals, toy[: given.toy_photos], rng), threshold)


if __name__ == "__main__":
    main()
