"""From the shell's prompt to a place: `photoplanet locate` of one photo in a fresh process, and where the time goes.

    python benchmarks/cold_start.py --model toy [--photo IMG.jpg] [--runs 15]

Prints the median and the best wall time, the processor time (which a busy machine disturbs less), and the same for
`python -c pass` and `import numpy` as yardsticks. Bytecode is compiled first, as an installed package's is.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

PHASES = """
import time
laps = [("python", time.perf_counter(), time.process_time())]
def lap(name): laps.append((name, time.perf_counter(), time.process_time()))
import click, photoplanet.cli, photoplanet.cli.locate; lap("import click and the command")
from photoplanet.locate import answers, locator, network, opening
from photoplanet.photos import inputs; lap("import locate (numpy, Pillow)")
from photoplanet.models import folder, installed
bundle = folder.read(installed.resolve({model!r}), verify=opening.READ); lap("read and hash the model")
import onnxruntime; lap("import onnxruntime")
network.open_network(bundle, None); lap("open the network")
bundle.partition; lap("read the cells (pyarrow)")
found = locator.Locator(bundle); lap("(the network once more)")
answer = found.locate({photo!r}); lap("decode and locate")
answer.best, answer.credible_region(0.9); lap("summarise")
answer.best.near; lap("place names")
for (_, wall, cpu), (name, wall2, cpu2) in zip(laps, laps[1:]):
    print(f"  {{name:<32}} {{1e3 * (wall2 - wall):7.0f}} ms wall {{1e3 * (cpu2 - cpu):7.0f}} ms processor")
"""


def timed(arguments: list[str], runs: int, environment: dict[str, str]) -> tuple[list[float], list[float]]:
    """Wall and processor seconds of each run of a command, without the first, which compiles and warms caches."""
    walls, processors = [], []
    for _ in range(runs + 1):
        before, start = os.times(), time.perf_counter()
        subprocess.run(arguments, env=environment, check=True, stdout=subprocess.DEVNULL)
        walls.append(time.perf_counter() - start)
        after = os.times()
        processors.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return walls[1:], processors[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--photo", help="default: a JPEG of 4000 × 3000 made here")
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        photo = options.photo or str(Path(folder) / "photo.jpg")
        if not options.photo:
            noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
            Image.fromarray(noise).resize((4000, 3000), Image.Resampling.BICUBIC).save(photo, quality=90)
        locate = [sys.executable, "-m", "photoplanet", "locate", photo, "--model", options.model]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import numpy": [sys.executable, "-c", "import numpy"],
            "photoplanet --help": [sys.executable, "-m", "photoplanet", "--help"],
            "photoplanet locate": locate,
        }
        load = os.getloadavg()[0]
        for name, arguments in commands.items():
            walls, processors = timed(arguments, options.runs, environment)
            print(
                f"{name:<20} wall: median {statistics.median(walls):.3f} s, best {min(walls):.3f} s; "
                f"processor: median {statistics.median(processors):.3f} s"
            )
        print(f"{options.runs} runs each; load before: {load:.1f} on {os.cpu_count()} cores. One run in parts:")
        code = PHASES.format(model=options.model, photo=photo)
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)


if __name__ == "__main__":
    main()
