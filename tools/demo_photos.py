"""`make demo PHOTOS=FOLDER`: one's own photos on a map of the real Earth, and in plain words what is known of them.

    DEMO_PHOTOS='~/Pictures/trip' python tools/demo_photos.py --check
    DEMO_PHOTOS='~/Pictures/trip' .venv-demo/bin/python tools/demo_photos.py .venv-demo/bin/photoplanet demo-out

$DEMO_PHOTOS is the folder as it was typed: it may have spaces, be relative, or begin with ~. `--check` comes before
anything is installed, and needs Python alone: it says whether there is such a folder, with photos in it. No connection
is opened, and nothing is written but the two files in the last folder.
"""

import csv
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

OWN, TEXT, NEIGHBOURS, UNSURE, SILENT, UNREADABLE = "own", "text", "neighbours", "unsure", "silent", "unreadable"
WORDS = {
    OWN: "with a place of their own: GPS, in the file or beside it",
    TEXT: "placed by the text in them: signs, names, addresses, numbers",
    NEIGHBOURS: "placed by the photos taken before and after them",
    UNSURE: "not placed: there is text in them, but it says too little",
    SILENT: "not placed: no text that can be read, no GPS, and nothing certain near them in time",
    UNREADABLE: "could not be read; they are named above",
}


def folder() -> Path:
    """The folder that is meant, absolute; SystemExit with a line that says what to do where it cannot be used."""
    from photoplanet.photos import formats

    given = os.environ.get("DEMO_PHOTOS", "").strip()
    found = Path(os.path.abspath(os.path.expanduser(given)))  # noqa: PTH100, PTH111
    if not given:
        raise SystemExit("name a folder with photos: make demo PHOTOS=~/Pictures/trip")
    if not found.exists():
        hint = "" if " " in given or not found.parent.is_dir() else "; with spaces in it: PHOTOS='my trip'"
        raise SystemExit(f"{found}: no such folder; check the path{hint}")
    if not found.is_dir():
        raise SystemExit(f"{found}: is not a folder; name the one it is in: make demo PHOTOS='{found.parent}'")
    names = (name for _, _, files in os.walk(found) for name in files)
    if not any(name.lower().endswith((*formats.SUFFIXES, ".tar")) for name in names):
        raise SystemExit(f"{found}: no photo in this folder or below (JPEG, HEIC, PNG, TIFF, WebP, GIF, BMP); "
                         "name another one, or try `make demo` alone: it paints its own")  # fmt: skip
    return found


def outcome(row: dict[str, str]) -> str:
    """What became of one photo, by its row of `photoplanet album --csv`."""
    if row["kind"] in ("own GPS", "track"):
        return OWN
    says = [piece for piece in row.get("why", "").split("; ") if piece and not piece.startswith("clock")]
    if row["latitude"]:
        return TEXT if says else NEIGHBOURS
    if row["error"]:
        return UNREADABLE
    return UNSURE if says else SILENT


def summary(rows: list[dict[str, str]]) -> list[str]:
    """Lines that say how many photos are placed, and by what, and what could be done for the others."""
    counts = Counter(map(outcome, rows))
    placed = counts[OWN] + counts[TEXT] + counts[NEIGHBOURS]
    width = len(f"{len(rows):,}")
    photos = f"{len(rows):,} photo{'s' * (len(rows) > 1)}"
    head = f"Of {photos}, {placed:,} on the map of the real Earth:"
    lines = [head if placed else f"On the map of the real Earth: none of {photos}:"]
    lines += [f"  {counts[name]:>{width},}  {words}" for name, words in WORDS.items() if counts[name]]
    if counts[TEXT] + counts[NEIGHBOURS]:
        lines.append(
            'An estimate can be wrong: "90 % within" is how far away the true place may be, nine times in ten.'
        )
    if placed < len(rows):
        lines.append(
            "What may place the others, such as a public model or your own geotagged photos: docs/first-answer.md"
        )
    return lines


def main() -> int:
    photos = folder()
    if sys.argv[1:] == ["--check"]:
        return 0
    photoplanet, out = sys.argv[1], Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    page, table = out / "your-photos.html", out / "your-photos.csv"
    command = [photoplanet, "album", str(photos), "--model", "none", "--map", str(page), "--csv", str(table)]
    status = subprocess.run(command).returncode
    if status:
        return status
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["rank"] in ("", "1")]
    print("", *summary(rows), f"The map: {page}. The table, with what each answer rests on: {table}", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
