"""The table of docs/results.md: a model trained on the toy Earth between the prior and the ceiling, for every readout.

    python benchmarks/toy_results.py WORK [--model WORK/toy] [--photos WORK/held-out/photos.parquet]

WORK is what scripts/toy.sh leaves; --model toy takes the bundled model instead, and needs the held-out photos alone
(photoplanet toyworld -o WORK/held-out --photos 5000 --seed 2). Intervals resample travellers. "Gap closed" is
(model − prior) / (ceiling − prior), the prior being the mean position of the photos in the most frequent cell, the
ceiling the mean of the two ends of its bracket.
"""

import argparse
from pathlib import Path

import numpy as np

from photoplanet.earth import geodesy
from photoplanet.evaluation import accuracy, calibration, resampling, tables
from photoplanet.locate import locator
from photoplanet.locate.point_estimates import DEFAULT_READOUT, READOUTS
from photoplanet.locate.prediction import Prediction
from photoplanet.photos import table
from photoplanet.toyworld import ceiling, world


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--photos", type=Path)
    given = parser.parse_args()
    model = locator.load(given.model or given.work / "toy")
    path = given.photos or given.work / "held-out" / "photos.parquet"
    photos, _ = table.read(path)
    truth = photos["latitude"].to_numpy(), photos["longitude"].to_numpy()
    found = model.locate_many(table.paths(photos, path.parent))
    mass = np.stack([prediction.probabilities for _, prediction in found])

    part, units = model.partition, resampling.units(photos)
    print(f"{len(photos):,} photos; intervals: {units.described}\n")
    prior = part.means[part.photo_counts.argmax()]
    errors = geodesy.distance_km(*truth, *prior)
    rows = [{"name": "prior: always the most frequent cell", **accuracy.summary(errors, units=units)}]
    for name, readout in READOUTS.items():
        errors = geodesy.distance_km(*truth, *readout(mass, part))
        star = " (default)" if name == DEFAULT_READOUT else ""
        found = accuracy.summary(errors, units=units)
        rows.append({"name": f"{model.info.backbone['backbone']}, readout `{name}`{star}", **found})
    bounds = ceiling.ceiling(world.make())
    for end in ("low", "high"):
        rows.append(
            {"name": f"ceiling, {end} end", "accuracy": {name: getattr(bound, end) for name, bound in bounds.items()}}
        )
    print(tables.markdown(rows, intervals=True))
    narrow = [np.ptp(found["accuracy_interval"][name]) / np.ptp(bounds) for found in rows[1 : 1 + len(READOUTS)]
              for name, bounds in by_photo(found).items()]  # fmt: skip
    print(f"intervals by single photos would be {min(narrow):.2f} to {max(narrow):.2f} times narrower\n")
    print(tables.markdown(best_of_k(mass, part, truth, units), intervals=True))

    print("| gap closed | " + " | ".join(bounds) + " |\n" + "|---" * 6 + "|")
    for row in rows[1 : 1 + len(READOUTS)]:
        closed = {}
        for name, bound in bounds.items():
            low = rows[0]["accuracy"][name]
            closed[name] = (row["accuracy"][name] - low) / ((bound.low + bound.high) / 2 - low)
        print(f"| {row['name']} | " + " | ".join(f"{100 * share:.1f} %" for share in closed.values()) + " |")

    labels = part.assign(*truth)
    inside = labels >= 0
    right = mass.argmax(axis=1) == labels
    error = calibration.expected_calibration_error(mass.max(axis=1), right)
    print(f"\n{len(part)} cells, {inside.mean():.1%} of the photos in one; top-1 {right.mean():.1%}")
    print(f"expected calibration error {error:.3f}")


def by_photo(found: dict) -> dict[str, tuple[float, float]]:
    """The intervals that a result would have with single photos resampled."""
    return {name: accuracy.share_interval(share, found["photos"]) for name, share in found["accuracy"].items()}


def best_of_k(mass: np.ndarray, part, truth, units: resampling.Units) -> list[dict]:
    """Fig. 3: accuracy when the best of the first five answers counts, for every readout."""
    rows = []
    for name in READOUTS:
        places = np.stack([Prediction(row, part, readout=name).candidates(5)[0] for row in mass])
        errors = accuracy.top_k_errors(places[..., 0], places[..., 1], *truth)[:, -1]
        found = accuracy.summary(errors, units=units)
        rows.append({"name": f"best of 5, `{name}`", **{key: found[key] for key in ("accuracy", "accuracy_interval")}})
    return rows


if __name__ == "__main__":
    main()
