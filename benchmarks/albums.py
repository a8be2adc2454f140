"""The table of albums in docs/results.md: Table 2b on the toy Earth, every album network trained with several seeds.

    python benchmarks/albums.py runs --epochs 6 --seeds 3          (half an hour on one thread)
    python benchmarks/albums.py runs --epochs 6 --seeds 3 --cut-hours 24     the test albums in pieces of one stay
    python benchmarks/albums.py runs --only lstm blstm25 --seeds 1

WORK holds `train`, `validation` and `test`, each with the `cache` that benchmarks/album_cache.py writes. Runs are kept
in WORK/networks and go on where they stood. An interval is of two parts: albums drawn anew (bootstrap over whole
albums, since photos of one album err together), and, for what is trained, seeds drawn anew. Differences are paired: the
same albums drawn for both, in points of per cent.
"""

import argparse
import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import torch

from photoplanet.albums import album, hmm, methods, transition_model
from photoplanet.albums.networks import LSTMS, READINGS
from photoplanet.earth import geodesy
from photoplanet.evaluation import accuracy, calibration, tables
from photoplanet.locate import point_estimates
from photoplanet.models import folder, installed
from photoplanet.toyworld import album_ceiling, world
from photoplanet.training.albums import recipes, task, validation
from photoplanet.training.albums.data import AlbumPhotos
from photoplanet.training.loop import Loop, RunOptions

PAPER = ["single", "average", "hmm", "lstm", "lstm-offset1", "lstm-offset2", "lstm-repeat", "lstm-repeat25", "blstm25"]
OURS = ["log-average", "timed-hmm", "attention"]
TABLE_2B = {  # the paper's, on 6.2 million Google+ albums
    "single": (14.9, 20.3, 27.4, 42.0, 61.8),
    "average": (22.2, 35.6, 51.4, 68.6, 82.7),
    "hmm": (23.3, 34.3, 47.1, 63.2, 79.5),
    "lstm": (32.0, 42.1, 57.9, 75.5, 87.9),
    "lstm-offset1": (30.9, 41.0, 56.9, 74.5, 85.4),
    "lstm-offset2": (29.9, 40.0, 55.8, 73.4, 85.9),
    "lstm-repeat": (34.5, 45.6, 62.6, 79.3, 90.5),
    "lstm-repeat25": (28.3, 37.5, 49.9, 68.9, 82.0),
    "blstm25": (33.0, 43.0, 56.7, 73.2, 86.1),
}
PATH = "hmm, path"  # Viterbi's, which is the paper's answer; `hmm` is each photo's distribution
PAIRS = [  # what the paper finds, and ours against the best of the nine
    ("average", "single"), ("hmm", "average"), ("lstm", "average"), ("lstm", "hmm"), ("lstm", PATH),
    ("lstm-offset1", "lstm"), ("lstm-offset2", "lstm"), ("lstm-repeat", "lstm"), ("lstm-repeat25", "lstm-repeat"),
    ("blstm25", "lstm-repeat25"), ("attention", "blstm25"), ("timed-hmm", "blstm25"), ("timed-hmm", "attention"),
]  # fmt: skip
APART_KM = 50  # an album whose photos lie further apart is one of several places
RESAMPLES = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="of the LSTMs; default: the recipe's")
    parser.add_argument("--only", nargs="+", default=[*PAPER, *OURS])
    parser.add_argument("--cut-hours", type=float, help="cut the test albums where the pause is longer")
    parser.add_argument("--ceiling", action="store_true", help="also the ideal observer of whole albums")
    given = parser.parse_args()
    torch.set_num_threads(1)
    model = folder.read(installed.resolve(given.model), verify=False)
    sets = {name: load(given.work, name) for name in ("train", "validation", "test")}
    if given.cut_hours:
        sets["test"] = cut(sets["test"][0], given.cut_hours), sets["test"][1]
    test = sets["test"][0]
    for name, (answers, _) in sets.items():
        print(f"{name}: {len(answers):,} photos in {len(answers.starts) - 1:,} albums", flush=True)
    found: dict[str, np.ndarray] = {}  # name → errors (seeds, photos) in km
    for name in given.only:
        started = time.process_time()
        arms = answered(name, sets, model, given)
        found |= {arm: errors for arm, (errors, _) in arms.items()}
        for arm, (errors, ece) in arms.items():
            streets = "; ".join(f"{100 * (km <= 1).mean():.1f}" for km in errors)
            print(f"{arm}: street by seed {streets}; ECE {ece:.3f}", flush=True)
        print(f"{name}: {time.process_time() - started:.0f} s of processor time", flush=True)
    several = places_of(test)
    for what, rows in {"all": slice(None), "that stay within 50 km": ~several, "of several places": several}.items():
        starts = starts_of(test, rows)
        print(f"\n{len(starts) - 1:,} albums {what}, {starts[-1]:,} photos:\n")
        table = [{"name": name, **intervals(errors[:, rows], starts)} for name, errors in found.items()]
        if what == "all" and given.ceiling:
            table.append({"name": "ceiling", "accuracy": ceiling(given.work)})
        print(tables.markdown(table, intervals=True))
        print("\n" + differences({name: errors[:, rows] for name, errors in found.items()}, starts))
    rows = [{"name": name, "accuracy": dict(zip(geodesy.RADII_KM, np.array(each) / 100, strict=True))}
            for name, each in TABLE_2B.items()]  # fmt: skip
    print("\nThe paper's Table 2b:\n\n" + tables.markdown(rows))


def answered(name, sets, model, given) -> dict[str, tuple[np.ndarray, float]]:
    """Row name → (errors (seeds, n) km, calibration error) of a method; the HMM's path is a row of its own."""
    if name in READINGS:
        training, held_out = sets["train"][0], sets["validation"][0]
        each = [
            trained(name, seed, training, held_out, sets["test"], model, given.work, given.epochs)
            for seed in range(given.seeds)
        ]
        return {name: (np.stack([km for km, _ in each]), float(np.mean([ece for _, ece in each])))}
    km, path, ece = decoded(name, sets, model)
    return {name: (km[None], ece)} | ({PATH: (path[None], np.nan)} if path is not None else {})


def cut(answers: AlbumPhotos, hours: float) -> AlbumPhotos:
    """The same photos, albums cut where the pause is longer."""
    starts = np.union1d(answers.starts, np.flatnonzero(answers.gaps > hours))
    gaps = answers.gaps.copy()
    gaps[starts[:-1]] = np.nan
    return dataclasses.replace(answers, gaps=gaps, starts=starts)


def ceiling(work: Path) -> dict[str, float]:
    """What an ideal observer of the test albums reaches, at the five radii."""
    made = next(path for path in (work / "test", work / "albums-test") if path.is_dir()) / "toyworld.json"
    facts = json.loads(made.read_text("utf-8"))
    return album_ceiling.ceiling(world.make(), facts["photos"], facts["seed"]).reached


def load(work: Path, name: str) -> tuple[AlbumPhotos, np.ndarray]:
    """AlbumPhotos of a set, and the CNN's log-probabilities (n, classes) float16."""
    cache = next(path for path in (work / name / "cache", work / f"albums-{name}" / "cache") if path.is_dir())
    column = {file.stem: np.load(file, mmap_mode="r") for file in cache.glob("*.npy")}
    changes = np.flatnonzero(np.diff(column["album"])) + 1
    starts = np.concatenate([[0], changes, [len(column["album"])]])
    gaps = np.full(len(column["album"]), np.nan, np.float32)
    gaps[1:] = np.diff(column["taken_at"]) / np.timedelta64(3600, "s")
    gaps[starts[:-1]] = np.nan
    answers = AlbumPhotos(
        column["embeddings"], np.array(column["latitude"]), np.array(column["longitude"]), np.array(column["classes"]),
        gaps, starts,
    )  # fmt: skip
    return answers, column["log_probabilities"]


def trained(name, seed, training, held_out, test, model, work, epochs):
    """Errors (n,) km and ECE of one network on the test albums; trained first, or read where that was done before."""
    answers = test[0]
    epochs = epochs if name in LSTMS else None
    recipe = recipes.recipe(name, seed=seed, epochs=epochs)
    head = task.softmax_of(model)
    run = work / "networks" / f"{name}-{recipe.epochs}-epochs-seed-{seed}"
    run.mkdir(parents=True, exist_ok=True)
    loop = Loop(task.AlbumTask(training, held_out, model.partition, recipe, head), run, RunOptions(curves=False), print)
    loop.run()
    kept = run / f"test-of-{len(answers)}-in-{len(answers.starts) - 1}.npz"
    if not kept.is_file():
        km, ece = tested(loop.result(), recipe, held_out, test, model)
        np.savez(kept, km=km, ece=ece)
    with np.load(kept) as found:
        km, ece = found["km"], float(found["ece"])
    share = 100 * loop.task.reading_seconds / loop.seconds
    print(f"{name} seed {seed}: best epoch {loop.best['epoch']}, {loop.seconds:.0f} s, {share:.1f} % reading")
    return km, ece


def tested(network, recipe, held_out, test, model):
    """Errors (n,) km and ECE of a trained network on the test albums, its temperature fitted on the validation ones."""
    answers, own = test
    log_p, classes = validation.log_probabilities(network, held_out, recipe)
    temperature = calibration.fit_temperature(log_p, classes)
    best, confidence = np.empty((2, len(answers))), np.empty(len(answers))
    for rows, found in validation.predictions(network, answers, recipe):
        sharp = np.exp(calibration.apply_temperature(found, temperature))
        best[:, rows] = point_estimates.get(point_estimates.DEFAULT_READOUT)(sharp, model.partition)
        confidence[rows] = right(sharp, answers.classes[rows])
    alone = answers.starts[:-1][np.diff(answers.starts) == 1]  # one photo: the CNN answers
    if len(alone):
        mass = np.exp(own[alone].astype(np.float32))
        best[:, alone] = point_estimates.get(point_estimates.DEFAULT_READOUT)(mass, model.partition)
        confidence[alone] = right(mass, answers.classes[alone])
    return geodesy.distance_km(answers.latitude, answers.longitude, *best), error_of(confidence)


def decoded(name, sets, model):
    """Errors (n,) km of a method without a network, those of its path if it has one, and its ECE."""
    (training, _), (answers, own) = sets["train"], sets["test"]
    counts, shares = parameters_of(training, model.partition)
    taken = {"hmm": counts, "timed-hmm": shares}
    best, confidence, paths = np.empty((2, len(answers))), np.empty(len(answers)), []
    for start, stop in zip(answers.starts[:-1], answers.starts[1:], strict=True):
        rows = slice(start, stop)
        one = album.Album(answers.gaps[start + 1 : stop].astype(float), np.full(stop - start, -1, np.int32))
        evidence = own[rows].astype(np.float32)
        found = methods.decode(name, evidence, answers.embeddings[rows], one, model.partition, taken)
        mass = np.exp(found)
        best[:, rows] = point_estimates.get(point_estimates.DEFAULT_READOUT)(mass, model.partition)
        confidence[rows] = right(mass, answers.classes[rows])
        if name == "hmm":
            paths.append(hmm.path(evidence, one, counts))
    truth, path = (answers.latitude, answers.longitude), None
    if paths:
        path = geodesy.distance_km(*truth, *model.partition.means[np.concatenate(paths)].T)
    return geodesy.distance_km(*truth, *best), path, error_of(confidence)


def parameters_of(training: AlbumPhotos, partition):
    """Counted transitions and fitted transition shares of the training albums."""
    albums = [
        (training.classes[start:stop], training.gaps[start + 1 : stop].astype(float))
        for start, stop in zip(training.starts[:-1], training.starts[1:], strict=True)
    ]
    return hmm.count((classes for classes, _ in albums), len(partition)), transition_model.fit(albums, partition)


def right(mass: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Confidence (n,) of each photo's best cell, negative where it is wrong."""
    best = mass.argmax(axis=1)
    return mass[np.arange(len(mass)), best] * np.where(best == classes, 1, -1)


def error_of(signed: np.ndarray) -> float:
    return calibration.expected_calibration_error(np.abs(signed).clip(max=1), signed > 0)


def places_of(answers: AlbumPhotos) -> np.ndarray:
    """Rows (n,) bool: the photo's album has photos more than APART_KM apart."""
    xyz = geodesy.to_xyz(answers.latitude, answers.longitude)
    far = np.zeros(len(answers), bool)
    for start, stop in zip(answers.starts[:-1], answers.starts[1:], strict=True):
        least = (xyz[start:stop] @ xyz[start:stop].T).min()
        far[start:stop] = np.arccos(np.clip(least, -1, 1)) * geodesy.EARTH_RADIUS_KM > APART_KM
    return far


def starts_of(answers: AlbumPhotos, rows) -> np.ndarray:
    album_of = np.repeat(np.arange(len(answers.starts) - 1), np.diff(answers.starts))[rows]
    return np.concatenate([[0], np.flatnonzero(np.diff(album_of)) + 1, [len(album_of)]])


def hits(errors: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Photos right at the five radii in each album: (radii, seeds, albums) of errors (seeds, n) km."""
    return np.stack([np.add.reduceat(errors <= km, starts[:-1], axis=1) for km in geodesy.RADII_KM.values()])


def drawn(errors: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Shares right (RESAMPLES, radii): albums drawn anew, the same ones for every method, and seeds drawn anew."""
    albums, seeds = np.random.default_rng(0), np.random.default_rng(len(errors))
    right, sizes, found = hits(errors, starts), np.diff(starts), []
    for _ in range(RESAMPLES):
        some = albums.integers(len(sizes), size=len(sizes))
        chosen = right[:, seeds.integers(len(errors), size=len(errors))].mean(axis=1)
        found.append(chosen[:, some].sum(axis=1) / sizes[some].sum())
    return np.array(found)


def intervals(errors: np.ndarray, starts: np.ndarray) -> dict:
    """Accuracy (mean of the seeds) with 95 % bootstrap intervals over albums and seeds; errors (seeds, n) km."""
    low, high = np.percentile(drawn(errors, starts), [2.5, 97.5], axis=0)
    return {
        "accuracy": {radius: float((errors <= km).mean()) for radius, km in geodesy.RADII_KM.items()},
        "accuracy_interval": dict(zip(geodesy.RADII_KM, np.stack([low, high], axis=1).tolist(), strict=True)),
        "median_km": float(np.median(errors)),
        "geoscore": float(accuracy.geoscore(errors).mean()),
    }


def differences(found: dict[str, np.ndarray], starts: np.ndarray) -> str:
    """A table of PAIRS: points of per cent by which one is ahead of the other, with paired 95 % intervals."""
    lines = ["| difference, points | " + " | ".join(geodesy.RADII_KM) + " |", "| --- |" + " ---: |" * 5]
    samples = {name: drawn(errors, starts) for name, errors in found.items()}
    for one, other in PAIRS:
        if one in found and other in found:
            apart = [
                100 * ((found[one] <= km).mean() - (found[other] <= km).mean()) for km in geodesy.RADII_KM.values()
            ]
            spread = 100 * np.percentile(samples[one] - samples[other], [2.5, 97.5], axis=0).T
            cells = (f"{by:+.1f} [{low:+.1f}, {high:+.1f}]" for by, (low, high) in zip(apart, spread, strict=True))
            lines.append(f"| `{one}` − `{other}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
