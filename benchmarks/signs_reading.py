"""What reading text costs and finds: `python benchmarks/signs_reading.py FOLDER [--model toy] [--photos 152]`.

Each photo of the folder is read with the first look and thoroughly, on the same cores as `locate` of the same photo.
Prints milliseconds a photo (median, quartiles), with text and without; the share of the letters of a thorough reading
that the look lets through, with a 95 % interval over photos; memory; and, for signs made here, the share read whole by
the height of their letters. Wall times suffer from other work on the machine; processor times hardly do.
"""

import argparse
import random
import resource
import statistics
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import photoplanet as pp
from photoplanet.errors import InputError
from photoplanet.photos import formats
from photoplanet.photos.decode import open_photo
from photoplanet.signs.line import Reading
from photoplanet.signs.reader import Reader

SHARES = 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.04  # height of capitals over the longer side of the photo
WORDS = ("Bahnhof", "Station", "Calle", "Mayor", "Rue", "Paix", "Hotel", "Bakery", "Market", "Museum", "Parking",
         "Sortie", "Uscita", "Strasse", "Plaza")  # fmt: skip
SURE, LETTERS = 0.9, 3  # score and letters of a line that counts as readable


def timed(work):
    """What a function returns, and the wall and processor milliseconds that it took."""
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    return found, 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processor)


def spread(values) -> str:
    """Median and quartiles."""
    if len(values) < 2:
        return f"{values[0]:.0f}" if values else "none"
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.0f} ({low:.0f} to {high:.0f})"


def letters(reading: Reading) -> int:
    """Letters of lines that are surely read."""
    return sum(line.letters for line in reading.lines if line.score >= SURE and line.letters >= LETTERS)


def interval(found, whole, draws: int = 2000) -> tuple[float, float]:
    """A 95 % interval of sum(found) / sum(whole), photos drawn again with replacement."""
    chance, found, whole = np.random.default_rng(0), np.array(found), np.array(whole)
    rows = chance.integers(0, len(found), (draws, len(found)))
    shares = found[rows].sum(axis=1) / np.maximum(1, whole[rows].sum(axis=1))
    low, high = np.percentile(shares, [2.5, 97.5])
    return float(low), float(high)


def measure(paths, model) -> list[Path]:
    """Print what the photos of a folder take; return those without text."""
    quick, thorough, locator = Reader(seconds=600), Reader(seconds=600, thorough=True), pp.load(model)
    locator.locate(paths[0])
    quick.read(paths[0])
    times: dict[str, list[tuple[float, float]]] = {"locate": [], "look, no text": [], "read, with text": []}
    times |= {"thorough": [], "decode": []}
    seen, all_letters, empty = [], [], []
    for path in paths:
        try:
            times["decode"].append(timed(lambda path=path: open_photo(path, size_hint=540))[1:])
        except InputError as error:
            print(error)
            continue
        times["locate"].append(timed(lambda path=path: locator.locate(path))[1:])
        found, *took = timed(lambda path=path: quick.read(path))
        times["read, with text" if found.lines else "look, no text"].append(tuple(took))
        whole, *took = timed(lambda path=path: thorough.read(path))
        times["thorough"].append(tuple(took))
        seen.append(min(letters(found), letters(whole)))
        all_letters.append(letters(whole))
        if not whole.lines:
            empty.append(path)
    for name, took in times.items():
        walls, processors = [each[0] for each in took], [each[1] for each in took]
        print(f"{name:<16} {len(took):4} photos  wall {spread(walls)} ms  processor {spread(processors)} ms")
    with_text = [row for row, count in enumerate(all_letters) if count]
    share = sum(seen) / max(1, sum(all_letters))
    low, high = interval([seen[row] for row in with_text], [all_letters[row] for row in with_text])
    passed = sum(seen[row] > 0 for row in with_text)
    print(f"readable text in {len(with_text)} photos, found with the look in {passed}; of its {sum(all_letters)} "
          f"letters {share:.0%} (95 %: {low:.0%} to {high:.0%})")  # fmt: skip
    print(f"memory at the peak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return empty


def sign(path: Path, share: float, chance: random.Random) -> tuple[Image.Image, str]:
    """A photo at 2,048 pixels with one sign in it, and what that says."""
    ground = open_photo(path)
    scale = 2048 / max(ground.size)
    ground = ground.resize([round(length * scale) for length in ground.size], Image.Resampling.BICUBIC)
    text, size = " ".join(chance.sample(WORDS, 2)), share * 2048 / 0.7
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(text)
    plate = Image.new("RGB", (round(right - left + size), round(bottom - top + size)), "white")
    ImageDraw.Draw(plate).text((size / 2 - left, size / 2 - top), text, fill=(20, 30, 90), font=font)
    plate.thumbnail((ground.width - 2, ground.height - 2))
    plate = plate.convert("RGBA").rotate(chance.uniform(-10, 10), Image.Resampling.BICUBIC, expand=True)
    at = [chance.randint(0, max(0, a - b)) for a, b in zip(ground.size, plate.size, strict=True)]
    ground.paste(plate, tuple(at), plate)
    return ground, text


def by_height(empty, count: int) -> None:
    """Print how many signs of each height are read whole, with the look and thoroughly."""
    chance, quick, thorough = random.Random(0), Reader(seconds=600), Reader(seconds=600, thorough=True)
    print(f"{'height':>7}  with the look  thorough   (read whole, of {count})")
    for share in SHARES:
        right = [0, 0]
        for _ in range(count):
            photo, text = sign(chance.choice(empty), share, chance)
            for row, reader in enumerate((quick, thorough)):
                said = " ".join(line.text for line in reader.read(photo).lines)
                right[row] += all(word in said for word in text.split())
        print(f"{share:7.1%}  {right[0]:13}  {right[1]:8}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="toy", help="whose `locate` is timed beside it")
    parser.add_argument("--photos", type=int, default=10**6, help="of the folder, at most")
    parser.add_argument("--signs", type=int, default=20, help="made signs of each height")
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.rglob("*") if formats.is_photo_name(path.name))[: options.photos]
    empty = measure(paths, options.model)
    if options.signs:
        by_height(empty, options.signs)


if __name__ == "__main__":
    main()
