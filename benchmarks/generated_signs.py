"""What the reader of signs reads of generated ones, by script, language, size, slant, turn, blur, light and contrast.

python benchmarks/generated_signs.py --fonts FOLDER [--signs 60] [--only script,slant] [--json FILE]

FOLDER: fonts for ten scripts; Debian's packages fonts-noto-core and fonts-noto-cjk have them (`apt-get download`, then
`dpkg-deb -x`). Each row is of as many photos of one line of text each, with all but one condition as in a good photo:
letters 24 pixels high, upright, straight ahead, sharp, by day. "Found": something is read there; "letters right":
1 − edit distance / length, spaces, case and width of letters not counted; "read exactly": no letter wrong. Intervals
(95 %) resample texts. "Elsewhere": photos with text read where there is none.
"""

import argparse
import json
import sys
import unicodedata
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from photoplanet.signs.reader import Reader
from photoplanet.toyworld import lettering, sign_photos, sign_texts
from photoplanet.toyworld.sign_photos import Conditions

GOOD = Conditions()
READ = "Latin"  # the script of all rows but those of scripts and sizes
SIZES = (6.0, 8.0, 10.0, 12.0, 16.0, 24.0, 48.0, 96.0)
ROWS = {
    "slant": ("°", [replace(GOOD, slant=float(value)) for value in (5, 10, 20, 30, 45, 60, 90, 135, 180)]),
    "yaw": ("°", [replace(GOOD, yaw=float(value)) for value in (30, 45, 60, 70, 75, 80)]),
    "blur": (" of a capital", [replace(GOOD, blur=value) for value in (0.05, 0.1, 0.15, 0.2, 0.3)]),
    "light": (" of day", [replace(GOOD, light=value) for value in (0.5, 0.25, 0.12, 0.06, 0.03)]),
    "contrast": ("", [replace(GOOD, contrast=value) for value in (0.5, 0.25, 0.12, 0.06)]),
}
RESAMPLES = 2000


@dataclass(frozen=True)
class Score:
    """One photo: the text, whether a box lies on it, the share of its letters that is right, and text elsewhere."""

    text: str
    found: bool
    right: float
    elsewhere: bool


def texts(script):
    """All one-line texts of a script, or of a language by its code, at least three letters long."""
    kana = script == "Kana"
    found = set()
    for code, language in sign_texts.languages().items():
        if script in (code, language.script) or (kana and code == "ja"):
            found |= {*language.phrases, *language.towns}
    if script in ("Han", "Kana"):
        found = {text for text in found if {is_kana(letter) for letter in text} == {kana}}
    return sorted(text for text in found if len(text) > 2)


def is_kana(letter):
    return "\u3041" <= letter <= "\u30ff"


def plain(text):
    """Letters as they are compared: width, case and spaces are no matter."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def edits(one, other):
    """Levenshtein's distance."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, against in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != against))
    return row[-1]


def score(reading, text, box):
    """Compare a reading with the one line of a truth: lines whose middle lies on it, in the order of the text."""
    box = np.array(box)
    right, down = box[1] - box[0], box[3] - box[0]
    axes = np.stack([right, down], axis=1)
    on, elsewhere = [], False
    for line in reading.lines:
        along, across = np.linalg.solve(axes, np.mean(line.box, axis=0) - box[0])
        if -0.1 < along < 1.1 and -0.5 < across < 1.5:
            on.append((along, line.text))
        else:
            elsewhere = True
    said, meant = plain(" ".join(text for _, text in sorted(on))), plain(text)
    return Score(text, bool(on), max(0.0, 1 - edits(meant, said) / len(meant)), elsewhere)


def measure(reader, face, script, conditions, count, seed):
    """Scores of `count` photos."""
    choices = [text for text in texts(script) if face.covers(text)]
    rng = np.random.default_rng([seed, *script.encode()])
    order = [choices[row] for _ in range(-(-count // len(choices))) for row in rng.permutation(len(choices))][:count]
    found = []
    for number, line in enumerate(order):
        text = sign_texts.SignText((line,), "notice", "", "", "")
        image, truth = sign_photos.photo(text, face, conditions, (seed, number))
        found.append(score(reader.read_pixels(np.asarray(image)), line, truth.boxes[0]))
    return found


def intervals(scores):
    """Mean and 95 % interval of found, right and exact, in per cent; texts are resampled."""
    names = sorted({each.text for each in scores})
    values = np.array([[each.found, each.right, each.right == 1, each.elsewhere] for each in scores], float)
    unit = np.array([names.index(each.text) for each in scores])
    count = np.bincount(unit)
    total = np.stack([np.bincount(unit, column) for column in values.T], axis=1)
    drawn = np.random.default_rng(0).integers(0, len(names), (RESAMPLES, len(names)))
    means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)[:, None]
    ends = np.percentile(means, [2.5, 97.5], axis=0)
    return (100 * np.vstack([values.mean(axis=0), ends])).T.tolist()


def report(name, scores):
    found, right, exact, elsewhere = intervals(scores)
    cells = [f"{mean:.0f} ({low:.0f} … {high:.0f})" for mean, low, high in (found, right, exact)]
    print(f"| {name} | {' | '.join(cells)} | {elsewhere[0]:.0f} |", flush=True)
    print(f"{name}: {len(scores)} signs", file=sys.stderr)
    return {"found": found, "right": right, "exact": exact, "elsewhere": elsewhere, "signs": len(scores)}


def rows(faces, only):
    """Every row: its group, its label, its script and its conditions."""
    if "script" in only:
        yield from (("script", script, script, GOOD) for script in lettering.FONTS if script in faces)
    if "language" in only:
        latin = [code for code, each in sign_texts.languages().items() if each.script == READ]
        yield from (("language", code, code, GOOD) for code in latin)
    if "size" in only:
        for script in (READ, "Han"):
            yield from (("size", f"{script}, {size:g} px", script, replace(GOOD, capital=size)) for size in SIZES)
    for group, (unit, choices) in ROWS.items():
        if group in only:
            yield from ((group, f"{group} {getattr(each, group):g}{unit}", READ, each) for each in choices)


def toy_scores(reader, folder):
    """Scores of the signs of a toy Earth, by kind."""
    kinds = {}
    for line in (folder / "signs.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        (said,) = row["lines"]
        reading = reader.read(folder / row["photo"])
        kinds.setdefault(row["kind"], []).append(score(reading, said["text"], said["box"]))
    return kinds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fonts", type=Path, help="folder of fonts; without it: Latin in the packaged font")
    parser.add_argument("--signs", type=int, default=60, help="photos per row")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--only", default=",".join(("script", "language", "size", *ROWS)), help="groups of rows, by commas"
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument(
        "--toy", type=Path, help="read the signs of this folder of `photoplanet toyworld --signs` instead"
    )
    given = parser.parse_args()
    if given.toy:
        print("| sign | found % | letters right % | read exactly % | elsewhere % |\n|---|---|---|---|---|")
        kinds = toy_scores(Reader(seconds=600), given.toy)
        for kind, scores in (kinds | {"all": list(chain.from_iterable(kinds.values()))}).items():
            report(f"{kind} ({len(scores)})", scores)
        return
    faces = lettering.faces(given.fonts) if given.fonts else {READ: lettering.Packaged()}
    for script in lettering.FONTS:
        if script not in faces:
            print(f"{script}: left out, no font for it, or no shaping in this Pillow; {lettering.DEBIAN}")
    reader, figures, last = Reader(seconds=600), {}, None  # not how fast the machine is
    for group, label, script, conditions in rows(faces, given.only.split(",")):
        if group != last:
            print(f"\n| {group} | found % | letters right % | read exactly % | elsewhere % |\n|---|---|---|---|---|")
            last = group
        face = faces[script if script in faces else READ]
        scores = measure(reader, face, script, conditions, given.signs, given.seed)
        figures[label] = report(label, scores) | {"conditions": asdict(conditions)}
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
