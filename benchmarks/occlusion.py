"""How long an occlusion map of 400 positions takes, against the same 400 photos through the network alone.

python benchmarks/occlusion.py --model toy
"""

import argparse
import statistics
import time

import figures
import numpy as np

from photoplanet.explain.occlusion import POSITIONS, occlude
from photoplanet.locate import locator


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", default="toy")
    options.add_argument("--rounds", type=int, default=7)
    figures.add_json(options)
    given = options.parse_args()
    model = locator.load(given.model)
    size = model.info.preprocessing.size
    photo = np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)
    many = np.repeat(photo[None], POSITIONS**2, axis=0)
    maps, alone = [], []
    for _ in range(given.rounds + 1):
        start = time.perf_counter()
        occlude(model, photo)
        middle = time.perf_counter()
        for first in range(0, len(many), 50):
            model.log_probabilities(many[first : first + 50])
        maps.append(middle - start)
        alone.append(time.perf_counter() - middle)
    taken, network = statistics.median(maps[1:]), statistics.median(alone[1:])
    ratio = taken / network
    print(f"{model.info.name}: {POSITIONS**2} positions in {taken:.2f} s; network {network:.2f} s ({ratio:.2f} x)")
    what = f"occlusion map of {POSITIONS**2} positions, against the network alone"
    figures.write(given.json, [figures.row(what, maps[1:], alone[1:], f"{taken:.2f} s")])


if __name__ == "__main__":
    main()
