"""What each kind of code on signs is worth by itself: `python benchmarks/sign_codes.py SIGNS.jsonl [--says]`.

SIGNS.jsonl is that of benchmarks/signs.py. All kinds but the language: in how many photos each speaks, how often the
country that it favours most (times where people photograph) is the right one, the bits that it adds on the truth with
an interval (photos drawn anew), the worst photo, and the bits that all kinds lose without it. --says lists what was
seen. Then how long all kinds take on pages of text that mean harm, by processor time.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from photoplanet.clues import collect, language
from photoplanet.earth import gazetteer, ground
from photoplanet.signs.line import Line, Reading

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
RESAMPLES = 2000
PAGES = {
    "digits": "0 1-2/3(4) ",
    "words": "Am Park 12 rue via ",
    "dots": "a.",
    "addresses": "www.a ",
    "plates": "AB 12 ",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("signs", type=Path)
    parser.add_argument("--says", action="store_true")
    given = parser.parse_args()
    photos = [json.loads(line) for line in given.signs.read_text(encoding="utf-8").splitlines()]
    kinds = [kind for kind in collect.KINDS if kind is not language.clues]
    sites, codes = ground.read(), gazetteer.read().country_codes
    truths = [codes.index(photo["country"]) for photo in photos]
    clues = [[clue for kind in kinds for clue in kind(read(photo["lines"]), sites)] for photo in photos]
    names = sorted({clue.kind for some in clues for clue in some})
    print(f"{len(photos)} photos; {sum(bool(some) for some in clues)} with a code\n")
    print("| kind | speaks in | right first | bits on the truth | worst | bits lost without it |")
    print("|---|" + "---:|" * 5)
    whole = gains(clues, truths)
    for name in names:
        alone = [[clue for clue in some if clue.kind == name] for some in clues]
        rest = gains([[clue for clue in some if clue.kind != name] for some in clues], truths)
        row(name, alone, truths, np.mean(whole - rest))
    row("all", clues, truths, np.mean(whole))
    if given.says:
        for photo, some in zip(photos, clues, strict=True):
            for clue in some:
                print(photo["photo"], photo["country"], clue.kind, "|", clue.says)
    hostile(kinds)


def read(lines):
    return Reading(tuple(Line(text, score, WHOLE) for text, score in lines), 1280, 960)


def held(clues):
    """(countries,) the probability of each after these clues."""
    sites, codes = ground.read(), gazetteer.read().country_codes
    rows = sum((clue.log_likelihood.astype(float) for clue in clues), np.zeros(len(sites.weight)))
    shares = np.bincount(sites.country, sites.weight * np.exp(rows - rows.max()), len(codes))
    return shares / shares.sum()


def gains(clues, truths):
    """(photos,) bits by which the truth is likelier with the clues."""
    before = held([])
    return np.array([np.log2(held(some)[truth] / before[truth]) for some, truth in zip(clues, truths, strict=True)])


def row(name, clues, truths, lost):
    spoken = [(some, truth) for some, truth in zip(clues, truths, strict=True) if some]
    right = sum(int(held(some).argmax()) == truth for some, truth in spoken)
    bits = gains(*zip(*spoken, strict=True))
    drawn = np.random.default_rng(0).choice(bits, (RESAMPLES, len(bits))).mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    print(f"| {name} | {len(spoken)} | {right} | {bits.mean():+.1f} [{low:+.1f}, {high:+.1f}] | {bits.min():+.1f} "
          f"| {lost:+.2f} |")  # fmt: skip


def hostile(kinds):
    print("\n| 200 lines of 200 characters | ms |\n|---|---:|")
    for name, piece in PAGES.items():
        page = read([[(piece * 200)[number : number + 200], 0.9] for number in range(200)])
        start = time.process_time()
        for kind in kinds:
            kind(page, ground.read())
        print(f"| {name} | {1000 * (time.process_time() - start):.0f} |")


if __name__ == "__main__":
    main()
