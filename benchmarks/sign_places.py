"""Whether the clues of `clues` place generated signs in their country, with the prior of `earth.ground`.

python benchmarks/sign_places.py [--fonts FOLDER] [--photos 216] [--seed 0] [--truth]

Countries take turns, so the prior (where people photograph) is often wrong here: what is right is the text's doing. A
sign in English alone cannot be placed by anybody. `--truth` gives the clues the true lines instead of what is read:
what a perfect reader would gain. By kind of sign, by script and by clue: how often the right country is first, how
often an answer claims at least 90 %, and how often it is right then; 95 % intervals (Wilson).
"""

import argparse
import json
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from photoplanet.clues import collect
from photoplanet.earth import gazetteer, ground
from photoplanet.signs.line import Line, Reading
from photoplanet.signs.reader import Reader
from photoplanet.toyworld import lettering, sign_photos

CLAIM = 0.9


def country_of(clues, sites):
    """The likeliest country and its share of the posterior."""
    log = np.log(sites.weight) + sum((clue.log_likelihood.astype(float) for clue in clues), np.zeros(len(sites.weight)))
    share = np.bincount(sites.country, np.exp(log - log.max()))
    return gazetteer.read().country_codes[int(share.argmax())], float(share.max() / share.sum())


def true_reading(truth):
    """What a perfect reader would return."""
    lines = [Line(line["text"], 1.0, tuple(map(tuple, line["box"]))) for line in truth["lines"]]
    return Reading(tuple(lines), sign_photos.SIZE, sign_photos.SIZE)


def wilson(hits, count):
    """Per cent with its interval, for a table."""
    if not count:
        return "–"
    share, z = hits / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return f"{100 * share:.0f} ({100 * (middle - half):.0f} … {100 * (middle + half):.0f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fonts", type=Path, help="folder of fonts; without it: Latin in the packaged font")
    parser.add_argument("--photos", type=int, default=216)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--truth", action="store_true", help="give the clues the true lines")
    given = parser.parse_args()
    faces = lettering.faces(given.fonts) if given.fonts else None
    sites, reader = ground.read(), Reader(seconds=600)
    groups = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        table = sign_photos.write(Path(folder) / "signs", given.photos, given.seed, faces)
        for line in table.with_name(sign_photos.TRUTH).read_text("utf-8").splitlines():
            truth = json.loads(line)
            reading = true_reading(truth) if given.truth else reader.read(table.parent / truth["photo"])
            clues = collect.of_reading(reading, sites)
            code, claim = country_of(clues, sites)
            alone = "English" if truth["language"] == "en" else "other languages"
            kinds = {clue.kind for clue in clues} or {"no clue"}
            for name in ("all", alone, truth["kind"], truth["script"], *(f"with {kind}" for kind in kinds)):
                groups[name].append((code == truth["country"], claim >= CLAIM))
    print(f"| signs | photos | right country first % | claim {CLAIM:.0%} % | right then % |\n|---|---|---|---|---|")
    for name, rows in groups.items():
        sure = [right for right, claims in rows if claims]
        cells = (wilson(sum(right for right, _ in rows), len(rows)), wilson(len(sure), len(rows)))
        print(f"| {name} | {len(rows)} | {' | '.join(cells)} | {wilson(sum(sure), len(sure))} |")


if __name__ == "__main__":
    main()
