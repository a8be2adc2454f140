"""What evidence from signs is worth: `python benchmarks/signs.py SIGNS.jsonl [--wrong]`.

SIGNS.jsonl holds one photo a line: `photo`, `country` (ISO code) and `lines`, pairs of text and score, as
`photoplanet read --json` gives them. No model is used: the prior is where people photograph. Prints two tables in
Markdown: each kind of evidence alone, all joined, and each left out (the right country first, what is claimed with 90 %
or more, bits); and all joined by how sure the answer is. Intervals are of the mean over photos, resampled by country
where a row says so: photos of one country share their languages. --wrong lists the photos whose country is not first.
"""

import argparse
import itertools
import json
from pathlib import Path

import numpy as np

from photoplanet.clues import collect
from photoplanet.clues.clue import Clue
from photoplanet.earth import gazetteer, ground
from photoplanet.locate import joining, world
from photoplanet.signs.line import Line, Reading

LETTERS = 12  # that a photo must have to be counted
BINS = (0.0, 0.5, 0.7, 0.9, 1.0)  # of the stated probability
RESAMPLES = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("signs", type=Path)
    parser.add_argument("--wrong", action="store_true")
    given = parser.parse_args()
    photos = [json.loads(line) for line in given.signs.read_text(encoding="utf-8").splitlines()]
    readings = [read(photo) for photo in photos]
    kept = [row for row, reading in enumerate(readings) if reading.letters >= LETTERS]
    truths = np.array([photos[row]["country"] for row in kept])
    clues = [collect.of_reading(readings[row]) for row in kept]
    kinds = sorted({clue.kind for each in clues for clue in each})
    print(f"{len(photos)} photos, {len(kept)} with {LETTERS} letters or more\n")
    print("| evidence | speaks in | country first | claimed ≥ 90 % | of these right | bits on the truth |")
    print("|---|" + "---:|" * 5)
    for name, some in {"none (prior)": [], **{kind: [kind] for kind in kinds}, "all joined": kinds}.items():
        print(row_of(name, clues, truths, some))
    for kind in kinds:
        print(row_of(f"all but {kind}", clues, truths, [each for each in kinds if each != kind]))
    answers = [countries(each) for each in clues]
    reliability(answers, truths)
    if given.wrong:
        for row, answer, truth, found in zip(kept, answers, truths, clues, strict=True):
            if answer[0][0] != truth:
                said = "; ".join(f"{clue.kind}: {clue.says}" for clue in found)
                print(photos[row]["photo"], truth, [(code, round(share, 2)) for code, share in answer[:3]], said)


def read(photo: dict) -> Reading:
    """The lines one under another in the middle of a photo, since their boxes are not known."""
    step = 0.8 / max(1, len(photo["lines"]))
    lines = []
    for number, (text, score) in enumerate(photo["lines"]):
        top, bottom = 0.1 + number * step, 0.1 + (number + 0.8) * step
        lines.append(Line(text, score, ((0.1, top), (0.9, top), (0.9, bottom), (0.1, bottom))))
    return Reading(tuple(lines), 1280, 960)


def countries(clues: tuple[Clue, ...] | list[Clue]) -> list[tuple[str, float]]:
    """Countries by probability, the prior's where there is no clue."""
    if clues:
        return joining.joined(world.nowhere(), clues).evidence.countries
    sites, codes = ground.read(), gazetteer.read().country_codes
    held = np.bincount(sites.country, sites.weight, minlength=len(codes))
    return [(codes[row], float(held[row])) for row in np.argsort(-held)]


def row_of(name: str, clues: list[tuple[Clue, ...]], truths: np.ndarray, kinds: list[str]) -> str:
    chosen = [[clue for clue in each if clue.kind in kinds] for each in clues]
    answers = [countries(each) for each in chosen]
    first = np.array([answer[0][0] == truth for answer, truth in zip(answers, truths, strict=True)])
    sure = np.array([answer[0][1] >= 0.9 for answer in answers])
    prior = dict(countries([]))
    bits = np.array(
        [np.log2(dict(answer).get(truth, 1e-6) / prior[truth]) for answer, truth in zip(answers, truths, strict=True)]
    )
    low, high = interval(first, truths)
    right = f"{100 * first[sure].mean():.0f} %" if sure.any() else "–"
    speaks = sum(bool(each) for each in chosen)
    share = f"{100 * first.mean():.1f} % [{100 * low:.0f}, {100 * high:.0f}]"
    return f"| {name} | {speaks} | {share} | {sure.sum()} | {right} | {bits.mean():+.2f} |"


def interval(right: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """95 % of the mean, whole countries drawn anew."""
    names = np.unique(groups)
    draws = np.random.default_rng(0).integers(0, len(names), (RESAMPLES, len(names)))
    sums = np.array([right[groups == name].sum() for name in names])
    sizes = np.array([(groups == name).sum() for name in names])
    low, high = np.quantile(sums[draws].sum(axis=1) / sizes[draws].sum(axis=1), (0.025, 0.975))
    return float(low), float(high)


def reliability(answers: list[list[tuple[str, float]]], truths: np.ndarray) -> None:
    stated = np.array([answer[0][1] for answer in answers])
    first = np.array([answer[0][0] == truth for answer, truth in zip(answers, truths, strict=True)])
    print("\n| stated | photos | mean stated | right | interval |\n|---|" + "---:|" * 4)
    for low, high in itertools.pairwise(BINS):
        some = (low <= stated) & ((stated < high) | (high == 1.0))
        if some.any():
            left, right = interval(first[some], truths[some])
            print(f"| {low:.1f} to {high:.1f} | {some.sum()} | {100 * stated[some].mean():.0f} % "
                  f"| {100 * first[some].mean():.0f} % | {100 * left:.0f} to {100 * right:.0f} % |")  # fmt: skip


if __name__ == "__main__":
    main()
