"""What place names in signs are worth: `python benchmarks/sign_names.py SIGNS.jsonl [--list] [--cross-validate]`.

SIGNS.jsonl has one photo a line: `country` (ISO code) and `lines`, pairs of text and score. Each name found is counted
by how it stands in the text: how often its likeliest country is the photo's, how often the clue raises that country,
and the bits that it brings to it, log2 of the country's share after and before. Photos without a name are left out of
the bits. `--cross-validate` chooses how far the clues are to be trusted (the power that their likelihoods are raised
to) on four fifths of the photos with a name at a time, and says what that brings on the rest.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from photoplanet.clues import place_name_likelihood as likelihood
from photoplanet.clues import place_names
from photoplanet.clues.place_name_search import mentions
from photoplanet.earth import gazetteer, ground
from photoplanet.signs.line import Line, Reading

POWERS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
FOLDS = 5


def reading(lines):
    """Lines without boxes, taken to stand under one another."""
    step = 1 / max(1, len(lines))
    boxes = [((0.1, i * step), (0.9, i * step), (0.9, (i + 0.9) * step), (0.1, (i + 0.9) * step)) for i in range(200)]
    return Reading(tuple(Line(text, score, box) for (text, score), box in zip(lines, boxes, strict=False)), 1280, 960)


def shares(sites, log_likelihood):
    """Share of each country after the evidence."""
    weight = sites.weight * np.exp(log_likelihood - log_likelihood.max())
    return np.bincount(sites.country, weight, minlength=len(gazetteer.read().country_codes)) / weight.sum()


def interval(values):
    """Mean and the 95 % interval of 2,000 resamples of the photos."""
    values = np.asarray(values, float)
    if not len(values):
        return "      –"
    means = np.random.default_rng(0).choice(values, (2000, len(values))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{values.mean():6.2f} [{low:.2f}, {high:.2f}]"


def measure(photos, sites, listed):
    """Per photo with a name: its clues' sum and country; per kind of name: right or not, and bits."""
    codes = gazetteer.read().country_codes
    prior = shares(sites, np.zeros(len(sites.weight), np.float32))
    sums, kinds, joined = likelihood.weights(sites), defaultdict(list), []
    for photo in photos:
        read = reading(photo["lines"])
        right = codes.index(photo["country"])
        found, words = mentions(read)
        clues = place_names.clues(read, sites)
        for clue, each in zip(clues, place_names.surest(found, sums, words), strict=True):
            after = shares(sites, clue.log_likelihood)
            bits = float(np.log2(after[right] / prior[right]))
            kinds[each.mention.kind].append((after.argmax() == right, bits))
            if listed:
                print(
                    photo["photo"], photo["country"], f"{bits:+6.2f} {each.sure:.2f} {each.mention.kind:12} {clue.says}"
                )
        if clues:
            joined.append((right, np.sum([clue.log_likelihood for clue in clues], axis=0)))
    return prior, kinds, joined


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("signs", type=Path)
    parser.add_argument("--list", action="store_true", help="print each name")
    parser.add_argument("--cross-validate", action="store_true")
    args = parser.parse_args()
    photos = [json.loads(line) for line in args.signs.read_text(encoding="utf-8").splitlines()]
    sites = ground.read()
    prior, kinds, joined = measure(photos, sites, args.list)
    print(f"{len(photos)} photos, {sum(bool(photo['lines']) for photo in photos)} with text, {len(joined)} with a name")
    for kind, found in sorted(kinds.items()):
        bits = [each for _, each in found]
        right = sum(bool(each) for each, _ in found)
        raised = sum(each > 0 for each in bits)
        print(f"{kind:12} {len(found):3} names, country first {right:3}, raised {raised:3}, bits {interval(bits)}")
    after = [shares(sites, each) for _, each in joined]
    bits = [np.log2(share[right] / prior[right]) for share, (right, _) in zip(after, joined, strict=True)]
    first = sum(share.argmax() == right for share, (right, _) in zip(after, joined, strict=True))
    sure = [(share.max(), share.argmax() == right) for share, (right, _) in zip(after, joined, strict=True)]
    print(f"joined: country first in {first} of {len(joined)}, bits {interval(bits)}, worst {min(bits):.2f}")
    for low, high in ((0, 0.5), (0.5, 0.9), (0.9, 1.01)):
        some = [ok for share, ok in sure if low <= share < high]
        print(f"  claimed {low:.1f}–{min(high, 1):.1f}: {sum(some)} of {len(some)} right")
    if args.cross_validate:
        validate(sites, prior, joined)


def validate(sites, prior, joined):
    """Bits on held-out photos with the power chosen on the others, beside a power of 1."""
    gain = np.array([[np.log2(shares(sites, power * each)[right] / prior[right]) for power in POWERS]
                     for right, each in joined])  # fmt: skip
    print(
        "bits by power:", ", ".join(f"{power}: {value:.2f}" for power, value in zip(POWERS, gain.mean(0), strict=True))
    )
    fold = np.arange(len(joined)) % FOLDS
    chosen = [gain[fold != k].mean(0).argmax() for k in range(FOLDS)]
    held = np.concatenate([gain[fold == k, chosen[k]] for k in range(FOLDS)])
    print(f"power chosen on other photos {[POWERS[i] for i in chosen]}: {interval(held)}; power 1: "
          f"{interval(gain[:, POWERS.index(1.0)])}")  # fmt: skip


if __name__ == "__main__":
    main()
