"""The tables of a study: what each training had, how well it locates held-out photos, and what differences are worth.

    python benchmarks/study_results.py WORK ARM [ARM ...]

WORK is what scripts/study-*.sh leave. Differences are against the first ARM, photo by photo on the same held-out
photos, in points. All 95 % intervals resample travellers, since the photos of one err together.
"""

import argparse
from pathlib import Path

import numpy as np

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.evaluation import accuracy, predictions, resampling, tables
from photoplanet.models import folder
from photoplanet.photos import table

READOUTS = ("center", "expected")  # the paper's, ours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("arms", nargs="+", metavar="ARM")
    given = parser.parse_args()
    truth, _ = table.read(given.work / "held-out" / "photos.parquet")
    print(
        "| arm | photos | epochs | cells | photos a cell | covers | parameters | validation loss |\n" + "|---" * 8 + "|"
    )
    for arm in given.arms:
        print(facts(given.work / arm, truth))
    errors = {(arm, readout): errors_km(given.work, arm, readout, truth) for readout in READOUTS for arm in given.arms}
    units = resampling.units(truth)
    print(f"\nintervals: {units.described}")
    rows = [
        {"name": f"{arm}, `{readout}`", **accuracy.summary(km, units=units)} for (arm, readout), km in errors.items()
    ]
    for row in rows:
        del row["photos"]
    print("\n" + tables.markdown(rows, intervals=True))
    print(f"| against {given.arms[0]} | " + " | ".join(RADII_KM) + " |\n" + "|---" * 6 + "|")
    for (arm, readout), km in errors.items():
        if arm != given.arms[0]:
            print(
                f"| {arm}, `{readout}` | " + " | ".join(differences(km, errors[given.arms[0], readout], units)) + " |"
            )


def facts(path: Path, truth) -> str:
    """What one model was trained with: a line of the first table."""
    bundle = folder.read(path, verify=False)
    part, told = bundle.partition, bundle.info.training
    inside = (part.assign(truth["latitude"].to_numpy(), truth["longitude"].to_numpy()) >= 0).mean()
    size, loss = f"{told['parameters']:,}", f"{told['validation']['loss']:.2f}"
    cells = f"{len(part):,} | {np.median(part.photo_counts):.0f} | {100 * inside:.1f} %"
    return f"| {path.name} | {told['photos']:,} | {told['epochs']:.0f} | {cells} | {size} | {loss} |"


def errors_km(work: Path, arm: str, readout: str, truth) -> np.ndarray:
    """How far each held-out photo was missed, in km, in the order of the table."""
    found = predictions.match(predictions.read(work / f"{arm}-{readout}.csv", 1), truth)
    return accuracy.top_k_errors(found.latitude, found.longitude, found.true_latitude, found.true_longitude)[:, 0]


def differences(ours: np.ndarray, theirs: np.ndarray, units: resampling.Units) -> list[str]:
    """At each radius, `ours` − `theirs` in points, with its interval."""
    limits = np.array(list(RADII_KM.values()))
    found = 100 * resampling.gains(ours[:, None] <= limits, theirs[:, None] <= limits, units)
    return [f"{gain:+.1f} [{low:+.1f}, {high:+.1f}]" for gain, low, high in found]


if __name__ == "__main__":
    main()
