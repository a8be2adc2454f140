"""`Locator.locate_many` on JPEG files against ONNX Runtime alone on the same pixels in memory.

    python benchmarks/locate_batch.py --model toy [--photos 512] [--size 500] [--batch 32]

The ratio of the two rates says how much decoding, pairing and predicting add. Decoding shares the cores with the
network, so that a third figure, decoding alone, says what is left to win.
"""

import argparse
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import figures
import numpy as np
from PIL import Image

from photoplanet.locate import locator
from photoplanet.photos import decode as images


def make_photos(folder: Path, count: int, size: int) -> list[Path]:
    """Write `count` JPEGs of `size` × ¾ `size` pixels; a few pictures, many files."""
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (8, size // 8, size // 6, 3), dtype=np.uint8)
    pictures = [Image.fromarray(each).resize((size, size * 3 // 4)) for each in noise]
    paths = [folder / f"{number:05d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        pictures[number % len(pictures)].save(path, quality=88)
    return paths


def in_turns(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each work, a round each; all take turns, so that other work on the machine meets them alike."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--photos", type=int, default=512)
    parser.add_argument("--size", type=int, default=500)
    parser.add_argument("--batch", type=int, default=locator.BATCH_SIZE)
    parser.add_argument("--rounds", type=int, default=5)
    figures.add_json(parser)
    options = parser.parse_args()
    model = locator.load(options.model)
    with tempfile.TemporaryDirectory() as folder:
        paths = make_photos(Path(folder), options.photos, options.size)
        pixels = np.stack([images.load(path, model.info.preprocessing) for path in paths[: options.batch]])
        repeats = options.photos // options.batch
        outputs = ["log_probabilities", "embedding"]

        def network() -> None:
            for _ in range(repeats):
                model.session.run(outputs, {"images": pixels})

        def predictions() -> None:
            for _, answer in model.locate_many(paths, batch_size=options.batch):
                _ = answer.point

        works = {
            "network": network,
            "decoding": lambda: deque(images.load_many(paths, model.info.preprocessing), maxlen=0),
            "locate_many": lambda: deque(model.locate_many(paths, batch_size=options.batch), maxlen=0),
            "readout": predictions,
        }
        seconds = in_turns(works, options.rounds)
    counts = dict.fromkeys(works, options.photos) | {"network": repeats * options.batch}
    raw, decode, many, points = (counts[name] / statistics.median(seconds[name]) for name in works)
    both = [a + b for a, b in zip(seconds["network"], seconds["decoding"], strict=True)]
    serial = 1 / (1 / raw + 1 / decode)
    figures.write(options.json, [
        figures.row("`locate_many`, against decoding and network one after the other", seconds["locate_many"], both,
                    f"{many:,.0f} photos/s of {options.size} px", limit=f"decoding alone {decode:,.0f} photos/s"),
        figures.row("`locate_many` with places, against without", seconds["readout"], seconds["locate_many"],
                    f"{points:,.0f} photos/s"),
    ])  # fmt: skip
    print(f"network alone      {raw:8.0f} photos/s")
    print(f"decoding alone     {decode:8.0f} photos/s")
    print(f"locate_many        {many:8.0f} photos/s  {many / raw:.2f} × network, {many / serial:.2f} × one by one")
    print(f"… and the readout  {points:8.0f} photos/s")


if __name__ == "__main__":
    main()
