"""Every album method on cached answers (benchmarks/album_cache.py): accuracy with intervals, seconds per 1,000 photos.

    python benchmarks/album_results.py runs/albums-test --train runs/albums-train [--methods single hmm …] [--ceiling]

What is counted and fitted comes from the training albums; "path" is the point of Viterbi's path, the paper's choice: by
its cells' centres with `--readout center`, which is the paper's, else by the means of their photos.
"""

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from photoplanet.albums import hmm, methods, transition_model
from photoplanet.albums.album import Album
from photoplanet.earth import geodesy
from photoplanet.evaluation import accuracy, calibration, resampling, tables
from photoplanet.locate import point_estimates
from photoplanet.models import folder, installed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("test", type=Path)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--methods", nargs="+", default=["single", "average", "log-average", "hmm", "timed-hmm"])
    parser.add_argument("--readout", choices=list(point_estimates.READOUTS), default=point_estimates.DEFAULT_READOUT)
    parser.add_argument("--ceiling", action="store_true", help="also the ideal observer of toyworld/album_ceiling.py")
    given = parser.parse_args()
    partition = folder.read(installed.resolve(given.model), verify=()).partition
    train, test = cached(given.train), cached(given.test)
    trips = [(train["classes"][part], gaps(train, part)) for part in albums(train)]
    fitted = {
        "hmm": hmm.count((classes for classes, _ in trips), len(partition)),
        "timed-hmm": transition_model.fit(trips, partition),
    }
    truth = test["latitude"], test["longitude"]
    units = resampling.Units("album", np.unique(test["album"], return_inverse=True)[1])
    rows, notes = [], []

    def add(name: str, where) -> None:
        rows.append({"name": name, **accuracy.summary(geodesy.distance_km(*truth, *where), units=units)})

    for name in given.methods:
        arms = {name: fitted}
        if name == "timed-hmm":
            arms = {"timed-hmm, travel by default": {}, "timed-hmm, travel fitted": fitted}
        for arm, parameters in arms.items():
            started = time.perf_counter()
            found, paths = decode(name, test, partition, parameters)
            seconds = time.perf_counter() - started
            mass = np.exp(found)
            add(f"{arm}, by {given.readout}", point_estimates.get(given.readout)(mass, partition))
            if paths is not None:
                by = "center" if given.readout == "center" else "mean"
                points = partition.centers if by == "center" else partition.means
                add(f"{arm}, path, by {by}", points[paths].T)
            right = mass.argmax(axis=1) == test["classes"]
            error = calibration.expected_calibration_error(mass.max(axis=1), right)
            notes.append(
                f"{arm}: top-1 {right.mean():.1%}, calibration error {error:.3f}, "
                f"{1000 * seconds / len(found):.2f} s per 1,000 photos"
            )
    if given.ceiling:
        from photoplanet.toyworld import album_ceiling, world

        made = json.loads((given.test / "toyworld.json").read_text("utf-8"))
        reach = album_ceiling.ceiling(world.make(), made["photos"], made["seed"])  # on these very photos
        for name, shares in reach._asdict().items():
            rows.append({"name": f"ceiling, {name}", "accuracy": shares})
    print(tables.markdown(rows, intervals=True))
    print("\n".join(notes))


def decode(name, data, partition, parameters):
    """Log-probabilities (n, classes) and the paths (n,) or None of one method over all albums."""
    found, paths = np.empty(data["log_probabilities"].shape, np.float32), []
    for part in albums(data):
        n = part.stop - part.start
        album = Album(gaps(data, part), np.full(n, -1, np.int32))
        evidence = data["log_probabilities"][part].astype(np.float32)
        found[part] = methods.decode(name, evidence, data["embeddings"][part], album, partition, parameters)
        if name == "hmm":
            paths.append(hmm.path(evidence, album, parameters["hmm"]))
    return found, np.concatenate(paths) if paths else None


def cached(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a cache, by name."""
    return {file.stem: np.load(file, mmap_mode="r") for file in (path / "cache").glob("*.npy")}


def albums(data) -> list[slice]:
    """The rows of each album; in a cache albums lie one after another, each in time order."""
    edges = [0, *(np.flatnonzero(np.diff(data["album"])) + 1).tolist(), len(data["album"])]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def gaps(data, part: slice) -> np.ndarray:
    """Hours between an album's photos."""
    return np.diff(data["taken_at"][part]).astype(float) / 3600


if __name__ == "__main__":
    main()
