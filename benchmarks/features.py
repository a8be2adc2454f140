"""Training on features, measured on held-out groups: ridge, neighbours, head and their blend, by encoder.

    python benchmarks/features.py PHOTOS.csv [--encoders lite0,lite1,lite2] [--seeds 3] [--folds 4]

Every photo is answered once per seed, by what was learned of the other folds; folds hold whole groups (albums, days).
A table with a column `embedding` has its features in it (of lite0, before the square root); then no photo is read, and
`named_date` stands for a day where there is no `taken_at`. Prints a table in Markdown, with intervals by group.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from photoplanet.earth import geodesy
from photoplanet.earth.geodesy import RADII_KM
from photoplanet.encoders import installed, kept
from photoplanet.evaluation import resampling
from photoplanet.locate import point_estimates
from photoplanet.photos import grouping, splits, table
from photoplanet.training.features.blend import BLENDS
from photoplanet.training.features.fitted import learned
from photoplanet.training.features.settings import Settings

CHUNK = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--encoders", default="lite0")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=4)
    given = parser.parse_args()
    first = None
    for encoder in given.encoders.split(","):
        features, latitude, longitude, groups = read(given.photos, encoder)
        began, km = time.perf_counter(), {}
        for seed in range(given.seeds):
            for name, found in errors(features, latitude, longitude, groups, given.folds, seed).items():
                km.setdefault(name, []).append(found)
        took = (time.perf_counter() - began) / given.seeds / given.folds
        joined = {name: np.stack(found, axis=1) for name, found in km.items()}  # (n, seeds)
        units = resampling.Units("group", groups)
        if first is None:
            print(f"{len(groups)} photos, {units.count} groups, {given.folds} folds, {given.seeds} seeds\n")
            print("| | " + " | ".join(f"{km:g} km" for km in RADII_KM.values()) + " |\n|---|" + "---:|" * len(RADII_KM))
            first = joined["nothing (the prior's point)"]
            print(row("nothing (the prior's point)", first, units))
        for name, found in joined.items():
            if not name.startswith("nothing"):
                print(row(f"{encoder}: {name}", found, units))
        print(f"| {encoder}: seconds a fold, {took:.1f} |" + " |" * len(RADII_KM), flush=True)


def row(name: str, km: np.ndarray, units: resampling.Units) -> str:
    """A line of the table: per cent within each radius, with the 95 % interval over groups."""
    hits = (km[..., None] <= np.array(list(RADII_KM.values()))).mean(axis=1)
    low_high = 100 * resampling.mean_intervals(hits, units)
    cells = (f"{100 * share:.1f} [{low:.1f}, {high:.1f}]"
             for share, (low, high) in zip(hits.mean(axis=0), low_high, strict=True))  # fmt: skip
    return f"| {name} | " + " | ".join(cells) + " |"


def errors(features, latitude, longitude, groups, folds, seed) -> dict[str, np.ndarray]:
    """Km (n,) of every photo's answer by each blend, and by the prior of the other folds."""
    fold = splits.folds(groups, latitude, longitude, folds, seed)
    names = ["nothing (the prior's point)", *(blend.name for blend in BLENDS)]
    found = {name: np.empty(len(groups)) for name in names}
    for number in range(int(fold.max()) + 1):
        held = np.flatnonzero(fold == number)
        rest = fold != number
        fitted = learned(features[rest], latitude[rest], longitude[rest], groups[rest], Settings(seed=seed))
        prior = fitted.partition.prior[None]
        found[names[0]][held] = geodesy.distance_km(
            *point_estimates.expected(prior, fitted.partition), latitude[held], longitude[held]
        )
        for at in range(0, len(held), CHUNK):
            rows = held[at : at + CHUNK]
            parts = fitted.parts(features[rows])
            for blend in BLENDS:
                points = point_estimates.expected(np.exp(fitted.blended(blend, *parts)), fitted.partition)
                found[blend.name][rows] = geodesy.distance_km(*points, latitude[rows], longitude[rows])
    return found


def read(path: Path, encoder: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Compared features (n, d), degrees (n,), (n,) and groups (n,) of a photo table."""
    network = installed.resolve(encoder)
    if path.suffix == ".parquet" and "embedding" in pq.read_schema(path).names:
        rows = pq.read_table(path)
        given = np.stack(rows["embedding"].to_pylist()).astype(np.float32)
        times = zip(rows["named_date"].to_pylist(), rows["taken_at"].to_pylist(), strict=True)
        days = [(day or taken or "")[:10] or f"photo {number}" for number, (day, taken) in enumerate(times)]
        groups = np.unique(days, return_inverse=True)[1]
    else:
        rows, _ = table.read(path)
        given, readable, _ = kept.features(network, table.paths(rows, path.parent))
        rows = rows.filter(readable)
        given, groups = given[readable].astype(np.float32), grouping.groups(rows)
    latitude, longitude = (rows[name].to_numpy().astype(np.float64) for name in ("latitude", "longitude"))
    return network.compared(given), latitude, longitude, groups


if __name__ == "__main__":
    main()
