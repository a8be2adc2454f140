"""From the shell's prompt to a place: `photoplanet locate` of one photo in a fresh process, and where the time goes.

    python benchmarks/cold_start.py --model toy [--photo IMG.jpg] [--runs 15] [--json FILE]

The reference is `python -c "import numpy, PIL, onnxruntime"`, without which no photo is located; every turn runs it and
all commands one after the other. Prints the median and the best wall time, the processor time (which a busy machine
disturbs less), and the ratio of either. Bytecode is compiled first, as an installed package's is.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import figures
import numpy as np
from PIL import Image

REFERENCE = "import numpy, PIL, onnxruntime"
PHASES = """
import time
laps = [("python", time.perf_counter(), time.process_time())]
def lap(name): laps.append((name, time.perf_counter(), time.process_time()))
import numpy, PIL, onnxruntime; lap("import numpy, PIL, onnxruntime")
import click, photoplanet.cli, photoplanet.cli.locate; lap("import click and the command")
from photoplanet.locate import answers, locator, network, opening
from photoplanet.photos import inputs; lap("import what locates")
bundle = opening.bundle_of({model!r}); lap("read and hash the model")
bundle.partition; lap("read the cells")
found = locator.Locator(bundle); lap("open the network")
answer = found.locate({photo!r}); lap("decode and locate")
answer.best, answer.credible_region(0.9); lap("summarise")
answer.best.near; lap("place names")
for (_, wall, cpu), (name, wall2, cpu2) in zip(laps, laps[1:]):
    print(f"  {{name:<32}} {{1e3 * (wall2 - wall):7.0f}} ms wall {{1e3 * (cpu2 - cpu):7.0f}} ms processor")
"""


class Turns(NamedTuple):
    """Wall and processor seconds of a command, a turn each."""

    walls: list[float]
    processors: list[float]


def timed(commands: dict[str, list[str]], runs: int) -> dict[str, Turns]:
    """Each command's turns, without the first, which compiles and warms caches."""
    found = {name: Turns([], []) for name in commands}
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    completing = {"_PHOTOPLANET_COMPLETE": "bash_complete", "COMP_WORDS": "photoplanet lo", "COMP_CWORD": "1"}
    for turn in range(runs + 1):
        for name, arguments in commands.items():
            added = completing if "completion" in name else {}
            before, start = os.times(), time.perf_counter()
            subprocess.run(arguments, env=environment | added, check=True, capture_output=True)
            wall, after = time.perf_counter() - start, os.times()
            if turn:
                spent = after.children_user + after.children_system - before.children_user - before.children_system
                found[name].walls.append(wall)
                found[name].processors.append(spent)
    return found


def rows(found: dict[str, Turns]) -> list[dict[str, object]]:
    """The table's rows: wall times against the reference's."""
    reference, made = found["reference"], []
    for name in ("photoplanet locate", "photoplanet --help"):
        walls = found[name].walls
        figure = f"{statistics.median(walls):.3f} s, best {min(walls):.3f}"
        limit = "1: nothing but the imports" if "locate" in name else "0.07: Python's own start"
        made.append(figures.row(f"cold `{name}`{' of one photo' * ('locate' in name)}, against `{REFERENCE}`", walls,
                                reference.walls, figure, rate=False, limit=limit))  # fmt: skip
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--photo", help="default: a JPEG of 4000 × 3000 made here")
    parser.add_argument("--runs", type=int, default=15)
    figures.add_json(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photo = given.photo or str(Path(folder) / "photo.jpg")
        if not given.photo:
            noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
            Image.fromarray(noise).resize((4000, 3000), Image.Resampling.BICUBIC).save(photo, quality=90)
        ours = [sys.executable, "-m", "photoplanet"]
        commands = {
            "reference": [sys.executable, "-c", REFERENCE],
            "python -c pass": [sys.executable, "-c", "pass"],
            "photoplanet --version": [*ours, "--version"],
            "photoplanet --help": [*ours, "--help"],
            "completion": ours,
            "photoplanet locate": [*ours, "locate", photo, "--model", given.model],
        }
        found = timed(commands, given.runs)
        for name, turns in found.items():
            ratios = [statistics.median(a / b for a, b in zip(mine, theirs, strict=True) if b)
                      for mine, theirs in zip(turns, found["reference"], strict=True)]  # fmt: skip
            print(
                f"{name:<22} wall: median {statistics.median(turns.walls):.3f} s, best {min(turns.walls):.3f} s, "
                f"ratio {ratios[0]:.2f}; processor: median {statistics.median(turns.processors):.3f} s, "
                f"ratio {ratios[1]:.2f}"
            )
        print(f"{given.runs} turns. One run in parts:", flush=True)
        subprocess.run([sys.executable, "-c", PHASES.format(model=given.model, photo=photo)], check=True)
    figures.write(given.json, rows(found))


if __name__ == "__main__":
    main()
