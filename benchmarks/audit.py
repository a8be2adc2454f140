"""Audit and strip JPEGs, and let exiftool say what both missed: needs exiftool, and photos, such as its tests'."""

import argparse
import io
import json
import re
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from photoplanet.audit import blanks, photo
from photoplanet.errors import InputError
from photoplanet.metadata.byte_edits import applied

TELLING = re.compile(
    r"(?i)gps(latitude|longitude|destl|areainfo|position|date)|^city$|sub-?location|province|^country|^state$|"
    r"location(?!.*(af|focus))|serial|ownername|cameraowner|hostcomputer|imageuniqueid|landmark"
)
EMPTY = ("", "0", "0 0", "Unknown", "undef")


def telling(path: Path) -> dict[str, str]:
    """What exiftool reads there that gives a place or a camera away, by group and name."""
    command = ["exiftool", "-json", "-G1", "-a", "-ee", "-n", str(path)]
    out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    [facts] = json.loads(out or "[{}]")
    return {
        key: str(value)
        for key, value in facts.items()
        if TELLING.search(key.split(":")[-1]) and str(value).strip() not in EMPTY and not key.startswith("Composite")
    }


def warnings(path: Path) -> str:
    """What exiftool finds wrong with a file's structure."""
    command = ["exiftool", "-warning", "-error", "-a", "-s3", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def named(data: bytes, name: str) -> bool:
    """Whether the audit warns of a file: of a place, of a serial number, or of a block that only its maker can read."""
    found = photo.of_bytes(data, name)
    return any(each.level in ("place", "link") or each.kind in ("maker note", "maker's block") for each in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path)
    photos = [path for path in parser.parse_args().photos if path.read_bytes()[:3] == b"\xff\xd8\xff"]
    telling_before = missed = left = unnamed = refused = pixels = warned = 0
    with tempfile.TemporaryDirectory() as folder:
        after = Path(folder, "after.jpg")
        for path in photos:
            data, before = path.read_bytes(), telling(path)
            telling_before += bool(before)
            if before and not named(data, path.name):
                missed += 1
                print(f"missed: {path.name} {before}")
            try:
                new = applied(data, blanks.edits(data))[0]
            except InputError as error:
                refused += 1
                print(f"not stripped: {path.name}: {error}")
                continue
            after.write_bytes(new)
            if rest := telling(after):
                left += 1
                unnamed += not named(new, path.name)
                print(f"left: {path.name} {rest}")
            one, other = (Image.open(io.BytesIO(each)).convert("RGB").tobytes() for each in (data, new))
            pixels += one != other
            warned += bool(set(warnings(after).splitlines()) - set(warnings(path).splitlines()))
    print(f"{len(photos)} JPEGs, {telling_before} with something telling by exiftool: {missed} missed by the audit")
    print(f"stripped: {refused} refused, {left} with something left ({unnamed} not named by the audit), "
          f"{pixels} with other pixels, {warned} with new warnings")  # fmt: skip


if __name__ == "__main__":
    main()
