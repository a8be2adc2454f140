"""The game of docs/play.md played by scripts against a model, and the paper's comparison of each with it.

    python benchmarks/game.py runs/toy/held-out/photos.parquet --model toy --rounds 50

The players are scripts, not people: `frequent` always guesses the mean position of the photos in the model's most
frequent cell, which is the best that knowing no photo can do; `noisy` knows the truth but for a Gaussian error with a
median of `--off` km, like an expert who recognises the region. Rounds are dealt as by `photoplanet play`.
"""

import argparse
from pathlib import Path

import numpy as np

from photoplanet.earth import geodesy
from photoplanet.evaluation.game import game
from photoplanet.evaluation.game.sampler import Deck
from photoplanet.locate import locator
from photoplanet.locate.point_estimates import DEFAULT_READOUT, READOUTS
from photoplanet.photos import table

MEDIAN_OF_RAYLEIGH = np.sqrt(2 * np.log(2))  # of the distance, for a unit Gaussian in both directions


def displaced(truth: np.ndarray, median_km: float, random: np.random.Generator) -> np.ndarray:
    """Each point (n, 2) in degrees moved by a Gaussian error, whose distances have this median."""
    off = random.normal(size=(len(truth), 2)) * median_km / MEDIAN_OF_RAYLEIGH / geodesy.EARTH_RADIUS_KM  # radians
    here = geodesy.to_xyz(truth[:, 0], truth[:, 1])
    east = np.column_stack([-here[:, 1], here[:, 0], np.zeros(len(here))])
    east /= np.linalg.norm(east, axis=1, keepdims=True)
    along = off[:, :1] * east + off[:, 1:] * np.cross(here, east)
    angle = np.linalg.norm(off, axis=1, keepdims=True)
    there = here * np.cos(angle) + along * np.sin(angle) / angle
    return np.column_stack(geodesy.from_xyz(there))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--readout", choices=list(READOUTS), default=DEFAULT_READOUT)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--off", type=float, default=300.0, help="median error of the noisy player, km")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    model = locator.load(given.model, threads=1)
    listed, _ = table.read(given.photos)
    deck, paths = Deck(listed, given.seed), table.paths(listed, given.photos.parent)
    rows = np.array([deck.deal() for _ in range(given.rounds)])
    truth = np.column_stack([listed[name].to_numpy() for name in ("latitude", "longitude")])[rows.ravel()]
    found = model.locate([paths[row] for row in rows.ravel()], given.readout)
    model_km = geodesy.distance_km(*truth.T, *np.array([prediction.point for prediction in found]).T)

    part = model.partition
    players = {
        "a script that always guesses the most frequent cell": np.tile(
            part.means[part.photo_counts.argmax()], (len(truth), 1)
        ),
        f"a script that is off by {given.off:g} km in the median": displaced(
            truth, given.off, np.random.default_rng(given.seed)
        ),
    }
    for name, guesses in players.items():
        person_km = geodesy.distance_km(*truth.T, *guesses.T)
        compared = game.compare(person_km, model_km, np.repeat(np.arange(len(rows)), rows.shape[1]))
        print(game.text(compared, f"{name}, against {model.info.name}, readout {given.readout}", "script"))


if __name__ == "__main__":
    main()
