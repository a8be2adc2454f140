"""Train the network of `photoplanet duplicates`.

    python scripts/train_near_duplicates.py PHOTOS --toy TABLE -o FOLDER

PHOTOS is a photo table. scripts/duplicates.sh goes all the way, from photos to figures.
"""

import argparse
import math
import time
from pathlib import Path

import torch

from photoplanet.photos import table
from photoplanet.training.near_duplicates import pool
from photoplanet.training.near_duplicates.train import train, write
from photoplanet.training.signals import Stopped


def sources(path: Path, most: int | None = None) -> list[str]:
    """Paths of the first `most` photos of a table."""
    known, _ = table.read(path, require=("path",), columns=("path",))
    return table.paths(known.slice(0, most), path.parent)


class Progress:
    """Prints the loss of the first step and of every fiftieth."""

    def __init__(self) -> None:
        self.steps = 0

    def __call__(self, count: int = 1, note: str = "") -> None:
        """Count steps."""
        self.steps += count
        if note and (self.steps % 50 == 0 or self.steps == 1):
            print(f"step {self.steps}: {note}", flush=True)


def main() -> None:
    """Read the arguments, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, help="a photo table; the photos may be large")
    parser.add_argument("--toy", type=Path, help="a table of toy Earth photos; neighbours are hard to tell apart")
    parser.add_argument("--toy-photos", type=int, default=8000)
    parser.add_argument("--procedural", type=int, default=800, help="groups of four")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop earlier, with the rate at 0 by then")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for binary_codes.onnx and .json")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    photos, toy = sources(given.photos), sources(given.toy, given.toy_photos) if given.toy else []
    groups = pool.pool_of(photos, toy, given.procedural)
    print(f"{len(photos)} photos, {len(toy)} toy photos: {len(groups):,} groups of {pool.GROUP}", flush=True)
    start, progress = time.monotonic(), Progress()
    model = train(groups, given.steps, seconds=given.seconds, advance=progress)
    taken = round(time.monotonic() - start)
    facts = {"photos": len(photos), "toy_photos": len(toy), "drawn": pool.GROUP * given.procedural,
             "steps": progress.steps, "parameters": sum(p.numel() for p in model.parameters()),
             "seconds": taken}  # fmt: skip
    print(f"{taken} s; wrote {write(model, given.output, facts)}")


if __name__ == "__main__":
    try:
        main()
    except Stopped as stopped:
        raise SystemExit(128 + stopped.number) from None
