"""False alarms of `index --filter nsfw`: `python benchmarks/nsfw.py FOLDER`, a folder of photos without pornography.

Prints how many of them reach a score, with the exact 95 % bound of the share where none does, the highest scores, and
the photos a second on one core. What it finds is not measured here: that takes photos nobody should have to keep.
"""

import argparse
import time
from pathlib import Path

from photoplanet.errors import InputError
from photoplanet.photos import formats, graphics_filter, nsfw_filter
from photoplanet.photos.decode import open_photo


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    scores, seconds = {}, 0.0
    for path in sorted(parser.parse_args().folder.rglob("*")):
        if not formats.is_photo_name(path.name):
            continue
        try:
            image = open_photo(path, size_hint=graphics_filter.SIDE)
        except InputError as error:
            print(error)
            continue
        start = time.perf_counter()
        scores[path.name] = nsfw_filter.score(image)
        seconds += time.perf_counter() - start
    for threshold in (0.1, 0.2, 0.5, nsfw_filter.THRESHOLD):
        count = sum(score >= threshold for score in scores.values())
        bound = "" if count else f" (95 %: at most {1 - 0.025 ** (1 / len(scores)):.1%})"
        print(f"score {threshold} or more: {count} of {len(scores)} photos{bound}")
    for name, score in sorted(scores.items(), key=lambda each: -each[1])[:5]:
        print(f"{score:.3f}  {name}")
    print(f"{len(scores) / seconds:.0f} photos/s, decoding not counted")


if __name__ == "__main__":
    main()
