"""From a distribution to a point: every readout and its other settings, on photos by travellers a model has not seen.

    python benchmarks/readouts.py runs            (2 minutes on one thread)

WORK holds `validation` or `albums-validation` with the `cache` that benchmarks/album_cache.py writes: the calibrated
answers to single photos. Prints the table of docs/experiments.md: per cent within the five radii, mean GeoScore, and by
how much the mean of the five differs from the default's, with its 95 % interval (travellers drawn anew, paired).
"""

import argparse
from pathlib import Path

import numpy as np
from albums import drawn, load, shares, travellers_of

from photoplanet.earth import geodesy
from photoplanet.evaluation import accuracy
from photoplanet.locate import point_estimates
from photoplanet.models import folder, installed

DEFAULT = "`expected`: highest expected worth at 5, 25, 200, 750 km (default)"
VARIANTS = {  # name → readout, and the setting that differs from its own
    "`center`, the paper's": ("center", {}),
    "`mean` of the best cell's photos": ("mean", {}),
    "`local` average, Gaussian kernel of 5 km": ("local", {"LOCAL_KM": 5.0}),
    "… 25 km": ("local", {"LOCAL_KM": 25.0}),
    "… 75 km": ("local", {"LOCAL_KM": 75.0}),
    "`local`: … 150 km": ("local", {}),
    "… 300 km": ("local", {"LOCAL_KM": 300.0}),
    "highest expected GeoScore": ("expected", {"EXPECTED_KM": (1492.7,)}),
    DEFAULT: ("expected", {}),
    "… at 1, 25, 200, 750, 2500 km": ("expected", {"EXPECTED_KM": (1.0, 25.0, 200.0, 750.0, 2500.0)}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--set", default="validation", help="the set in WORK")
    given = parser.parse_args()
    partition = folder.read(installed.resolve(given.model), verify=False).partition
    photos, log_p = load(given.work, given.set)
    mass, truth = np.exp(log_p.astype(np.float32)), (photos.latitude, photos.longitude)
    groups = np.unique(travellers_of(given.work, given.set), return_inverse=True)[1]
    found = {name: geodesy.distance_km(*truth, *read(mass, partition, *how))[None] for name, how in VARIANTS.items()}
    print(f"{len(photos):,} photos of {groups.max() + 1:,} travellers\n")
    print("| readout | " + " | ".join(geodesy.RADII_KM) + " | GeoScore | mean of the five, against default |")
    print("|---" * 8 + "|")
    base = drawn(found[DEFAULT], groups)
    for name, errors in found.items():
        cells = [f"{100 * share:.1f}" for share in shares(errors)] + [f"{accuracy.geoscore(errors).mean():.0f}"]
        apart = 100 * (shares(errors) - shares(found[DEFAULT])).mean()
        low, high = np.percentile(100 * (drawn(errors, groups) - base).mean(axis=1), [2.5, 97.5])
        against = "" if name == DEFAULT else f"{apart:+.1f} [{low:+.1f}, {high:+.1f}]"
        print(f"| {name} | {' | '.join(cells)} | {against} |")


def read(mass: np.ndarray, partition, name: str, settings: dict) -> tuple[np.ndarray, np.ndarray]:
    """Points of a readout whose module constants are `settings` for the while."""
    own = {key: getattr(point_estimates, key) for key in settings}
    try:
        for key, value in settings.items():
            setattr(point_estimates, key, value)
        return point_estimates.get(name)(mass, partition)
    finally:
        for key, value in own.items():
            setattr(point_estimates, key, value)


if __name__ == "__main__":
    main()
