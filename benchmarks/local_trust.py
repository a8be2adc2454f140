"""How far trusted matches can be trusted: `python benchmarks/local_trust.py PHOTOS [--draws 6] [--seed 100]`.

PHOTOS is a photo table. Each draw makes a traveller's library of it (`travelling/album.py`): days, bursts, places seen
again, and things carried along or standing everywhere (`travelling/things.py`) in 10, 30 or 50 % of the photos, by
turns. In every second draw three of ten days are hidden, in the others three of ten photos. Each hidden photo is looked
for in the rest: by geometry alone, as the first version did ("before"), and as the library decides now ("after"). A
match is right within 25 km. Of photos of one minute the first counts.

Prints the shares of trusted matches that are right, of the right ones that are kept, and of chances that came true;
intervals of 95 % by drawing whole days of whole libraries anew (bootstrap). `photoplanet.retrieval.local_features`'s
`chances.PRIOR` was set by seeds 1 to 6, so that others have to be shown.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: photos are verified on threads of our own

import numpy as np
from PIL import Image
from travelling import album

from photoplanet.earth.geodesy import distance_km
from photoplanet.photos import table
from photoplanet.retrieval.library import library, times
from photoplanet.retrieval.library.leaving_out import kind_of
from photoplanet.retrieval.library.matching import Library
from photoplanet.retrieval.local_features import search

RATES = (0.1, 0.3, 0.5)
HIDDEN = 0.3
RIGHT_KM = 25.0
BOUNDS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.97, 0.99, 1.01)  # of chances, for the table of how often they came true
RESAMPLES = 1000

Counts = Callable[["Found"], bool]


class Found(NamedTuple):
    """A match of a hidden photo: its draw (with what is in it), day and photo, and what each rule said of it."""

    draw: int
    rate: float
    days_hidden: bool
    day: int
    photo: int
    kind: str
    before: bool
    chance: float
    after: bool
    right: bool


def hidden_of(shots: Sequence[album.Shot], days_hidden: bool, seed: int) -> np.ndarray:
    """Which photos are hidden, bool (n,): three of ten, or all of three of ten days."""
    rng = np.random.default_rng([seed, 1])
    days = np.array([shot.day for shot in shots])
    if not days_hidden:
        return rng.random(len(shots)) < HIDDEN
    names = np.unique(days)
    return np.isin(days, names[rng.random(len(names)) < HIDDEN])


def opened(shots: Sequence[album.Shot], hidden: np.ndarray, folder: Path) -> Library:
    """The library of the photos that are not hidden; all photos are written to the folder, named by their number."""
    rows = []
    for number, shot in enumerate(shots):
        path = folder / f"{number}.jpg"
        Image.fromarray(shot.pixels).save(path, quality=90)
        rows.append({"photo_id": str(number), "path": str(path), "latitude": shot.latitude,
                     "longitude": shot.longitude, "taken_at": shot.taken_at})  # fmt: skip
    known = [row for row, out in zip(rows, hidden, strict=True) if not out]
    return library.open(table.write(table.from_rows(known), folder / "photos.parquet"))


def looked_for(
    shots: Sequence[album.Shot], hidden: np.ndarray, found: Library, folder: Path, about: tuple[int, float, bool]
) -> list[Found]:
    """What is found of each hidden photo; of matches of one minute the first, for each rule."""
    trust, index = found.searcher.trust, found.searcher.index
    matches = []
    for number in np.flatnonzero(hidden):
        shot = shots[number]
        features, when = found.features(folder / f"{number}.jpg"), times.moment(shot.taken_at)
        candidates = [each for each in index.search(features, search.CANDIDATES) if each.inliers]
        geometry = {each.row: each.trusted for each in candidates}
        hits = trust.judge(features, when, candidates, found.features_of)
        seen: dict[bool, list[times.Moment]] = {True: [], False: []}
        for hit in hits:
            moment = trust.moments[hit.row]
            said = {False: geometry[hit.row], True: hit.trusted}
            for rule in seen:  # a burst is one match
                if said[rule] and any(times.one_witness(moment, other) for other in seen[rule]):
                    said[rule] = False
                elif said[rule]:
                    seen[rule].append(moment)
            at = found.listing.latitude[hit.row], found.listing.longitude[hit.row]
            right = bool(distance_km(shot.latitude, shot.longitude, *at) <= RIGHT_KM)
            kind = kind_of(trust.moments, when, hit.row)
            matches.append(Found(*about, shot.day, int(number), kind, bool(said[False]), hit.chance.share,
                                 bool(said[True]), right))  # fmt: skip
    return matches


def ratio(matches: Sequence[Found], top: Counts, bottom: Counts, rng: np.random.Generator) -> str:
    """How many matches count for `top`, for each that does for `bottom`; interval of 95 %, days of draws drawn anew."""
    if not any(map(bottom, matches)):
        return "none"
    days = sorted({(each.draw, each.day) for each in matches})
    sums = np.zeros((len(days), 2))
    for each in matches:
        sums[days.index((each.draw, each.day))] += top(each), bottom(each)
    drawn = sums[rng.integers(0, len(days), (RESAMPLES, len(days)))].sum(axis=1)
    low, high = np.percentile(drawn[drawn[:, 1] > 0, 0] / drawn[drawn[:, 1] > 0, 1], [2.5, 97.5])
    total = sums.sum(axis=0)
    return f"{total[0]:.0f}/{total[1]:.0f} = {total[0] / total[1]:.1%} [{low:.1%}, {high:.1%}]"


def report(name: str, matches: Sequence[Found], rng: np.random.Generator) -> None:
    """A line of the table."""
    parts = (
        ratio(matches, lambda each: each.before and each.right, lambda each: each.before, rng),
        ratio(matches, lambda each: each.after and each.right, lambda each: each.after, rng),
        ratio(
            matches,
            lambda each: each.after and each.before and each.right,
            lambda each: each.before and each.right,
            rng,
        ),
    )
    print(f"| {name} | {' | '.join(parts)} |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, help="a photo table")
    parser.add_argument("--draws", type=int, default=6, help="libraries [6]")
    parser.add_argument("--size", type=int, default=140, help="photos of a library, about [140]")
    parser.add_argument("--seed", type=int, default=100, help="of the first draw [100]")
    arguments = parser.parse_args()
    matches: list[Found] = []
    for draw in range(arguments.draws):
        seed, rate, days_hidden = arguments.seed + draw, RATES[draw % len(RATES)], draw % 2 == 0
        start = time.monotonic()
        shots = album.draw(arguments.photos, seed, rate, arguments.size)
        hidden = hidden_of(shots, days_hidden, seed)
        with tempfile.TemporaryDirectory() as folder:
            found = opened(shots, hidden, Path(folder))
            matches += looked_for(shots, hidden, found, Path(folder), (draw, rate, days_hidden))
        print(f"draw {draw}: {len(found)} photos known, {hidden.sum()} hidden ({'days' if days_hidden else 'photos'}), "
              f"things in {rate:.0%}; {time.monotonic() - start:.0f} s")  # fmt: skip
        for line in found.searcher.trust.lines():
            print(f"    {line}", flush=True)
    rng = np.random.default_rng(0)
    print("\n| | right before | right after | of those right before, kept |\n|---|---|---|---|")
    report("all", matches, rng)
    for rate in RATES:
        report(f"things in {rate:.0%}", [each for each in matches if each.rate == rate], rng)
    for days_hidden, name in ((True, "days hidden"), (False, "photos hidden")):
        report(name, [each for each in matches if each.days_hidden == days_hidden], rng)
    for kind in ("same_day", "other_days", "unknown_day"):
        report(kind, [each for each in matches if each.kind == kind], rng)
    print("\n| chance | mean chance | right |\n|---|---|---|")
    for low, high in pairwise(BOUNDS):
        some = [each for each in matches if low <= each.chance < high]
        if some:
            mean = np.mean([each.chance for each in some])
            share = ratio(some, lambda each: each.right, lambda each: True, rng)
            print(f"| {low:.2f} to {min(high, 1):.2f} | {mean:.1%} | {share} |")


if __name__ == "__main__":
    main()
