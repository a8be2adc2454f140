"""The table of albums in docs/results.md: Table 2b on the toy Earth, every album network trained with several seeds.

    python benchmarks/albums.py runs/albums --model toy --seeds 3          (about an hour on one thread)
    python benchmarks/albums.py runs/albums --only lstm blstm25 --seeds 1

WORK holds `train`, `validation` and `test`, each with the `cache` that benchmarks/album_cache.py writes. Runs are kept
in WORK/networks and go on where they stood. An interval is of two parts: albums drawn anew (bootstrap over whole
albums, since photos of one album err together), and, for what is trained, seeds drawn anew.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from photoplanet.albums import album, learned, methods
from photoplanet.bundle import folder, installed
from photoplanet.earth import geodesy
from photoplanet.evaluation import accuracy, calibration, tables
from photoplanet.locate import readout
from photoplanet.network import album_training
from photoplanet.network.album_data import Answers

PAPER = ["single", "average", "hmm", "lstm", "lstm-offset1", "lstm-offset2", "lstm-repeat", "lstm-repeat25", "blstm25"]
OURS = ["log-average", "timed-hmm", "attention"]
RESAMPLES = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="of the LSTMs; default: the recipe's")
    parser.add_argument("--only", nargs="+", default=[*PAPER, *OURS])
    given = parser.parse_args()
    torch.set_num_threads(1)
    model = folder.read(installed.resolve(given.model), verify=False)
    sets = {name: load(given.work, name) for name in ("train", "validation", "test")}
    training, validation, test = (sets[name][0] for name in ("train", "validation", "test"))
    for name, (answers, _) in sets.items():
        print(f"{name}: {len(answers):,} photos in {len(answers.starts) - 1:,} albums", flush=True)
    rows, several = [], places_of(test, model.partition)
    for name in given.only:
        started = time.process_time()
        if name in album_training.READINGS:
            found = [
                trained(name, seed, training, validation, sets["test"], model, given.work, given.epochs)
                for seed in range(given.seeds)
            ]
        else:
            found = [decoded(name, sets, model)]
        errors = np.stack([km for km, _ in found])
        rows.append({"name": name, **intervals(errors, test.starts)})
        only = intervals(errors[:, several], starts_of(test, several))
        ece = np.mean([error for _, error in found])
        seeds = "; ".join(f"{100 * (km <= 1).mean():.1f}" for km in errors)
        print(
            f"{name}: albums of several places {100 * only['accuracy']['street']:.1f} / "
            f"{100 * only['accuracy']['city']:.1f} (street / city); street by seed {seeds}; "
            f"ECE {ece:.3f}; {time.process_time() - started:.0f} s of processor time",
            flush=True,
        )
    print(tables.markdown(rows, intervals=True))


def load(work: Path, name: str) -> tuple[Answers, np.ndarray]:
    """Answers of a set, and the CNN's log-probabilities (n, classes) float16."""
    cache = next(path for path in (work / name / "cache", work / f"albums-{name}" / "cache") if path.is_dir())
    column = {file.stem: np.load(file, mmap_mode="r") for file in cache.glob("*.npy")}
    changes = np.flatnonzero(np.diff(column["album"])) + 1
    starts = np.concatenate([[0], changes, [len(column["album"])]])
    gaps = np.full(len(column["album"]), np.nan, np.float32)
    gaps[1:] = np.diff(column["taken_at"]) / np.timedelta64(3600, "s")
    gaps[starts[:-1]] = np.nan
    answers = Answers(
        column["embeddings"], np.array(column["latitude"]), np.array(column["longitude"]), np.array(column["classes"]),
        gaps, starts,
    )  # fmt: skip
    return answers, column["log_probabilities"]


def trained(name, seed, training, validation, test, model, work, epochs):
    """Errors (n,) km and ECE of one network on the test albums; trained first, or read where that was done before."""
    answers, own = test
    epochs = epochs if name in album_training.LSTMS else None
    recipe = album_training.recipe(name, seed=seed, epochs=epochs)
    head = album_training.softmax_of(model)
    run = work / "networks" / f"{name}-{recipe.epochs}-epochs-seed-{seed}"
    trainer = album_training.AlbumTrainer(training, validation, model.partition, recipe, run, head, print)
    trainer.run()
    log_p, classes = album_training.log_probabilities(trainer.best, validation, recipe)
    temperature = calibration.fit_temperature(log_p, classes)
    best, confidence = np.empty((2, len(answers))), np.empty(len(answers))
    for rows, found in album_training.predictions(trainer.best, answers, recipe):
        sharp = np.exp(calibration.apply_temperature(found, temperature))
        best[:, rows] = readout.get(readout.DEFAULT_READOUT)(sharp, model.partition)
        confidence[rows] = right(sharp, answers.classes[rows])
    alone = answers.starts[:-1][np.diff(answers.starts) == 1]  # one photo: the CNN answers
    if len(alone):
        mass = np.exp(own[alone].astype(np.float32))
        best[:, alone] = readout.get(readout.DEFAULT_READOUT)(mass, model.partition)
        confidence[alone] = right(mass, answers.classes[alone])
    facts = {"seconds": trainer.at.seconds, "reading": trainer.at.reading, "temperature": temperature}
    (run / "facts.json").write_text(json.dumps(facts))
    share = 100 * trainer.at.reading / trainer.at.seconds
    best_epoch = trainer.best_epoch["epoch"]
    print(f"{name} seed {seed}: best epoch {best_epoch}, {trainer.at.seconds:.0f} s, {share:.1f} % reading")
    return geodesy.distance_km(answers.latitude, answers.longitude, *best), error_of(confidence)


def decoded(name, sets, model):
    """Errors (n,) km and ECE of a method without a network."""
    (training, _), (answers, own) = sets["train"], sets["test"]
    counts, shares = learned_of(training, model.partition)
    taken = {"hmm": counts, "timed-hmm": shares}
    best, confidence = np.empty((2, len(answers))), np.empty(len(answers))
    for start, stop in zip(answers.starts[:-1], answers.starts[1:], strict=True):
        rows = slice(start, stop)
        one = album.Album(answers.gaps[start + 1 : stop].astype(float), np.full(stop - start, -1, np.int32))
        found = methods.decode(
            name, own[rows].astype(np.float32), answers.embeddings[rows], one, model.partition, taken
        )
        mass = np.exp(found.log_probabilities)
        best[:, rows] = readout.get(readout.DEFAULT_READOUT)(mass, model.partition)
        confidence[rows] = right(mass, answers.classes[rows])
    return geodesy.distance_km(answers.latitude, answers.longitude, *best), error_of(confidence)


def learned_of(training: Answers, partition):
    """Transitions and travel shares of the training albums."""
    albums = [
        (training.classes[start:stop], training.gaps[start + 1 : stop].astype(float))
        for start, stop in zip(training.starts[:-1], training.starts[1:], strict=True)
    ]
    return learned.hmm.count((classes for classes, _ in albums), len(partition)), learned.travel.fit(albums, partition)


def right(mass: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Confidence (n,) of each photo's best cell, negative where it is wrong."""
    best = mass.argmax(axis=1)
    return mass[np.arange(len(mass)), best] * np.where(best == classes, 1, -1)


def error_of(signed: np.ndarray) -> float:
    return calibration.expected_calibration_error(np.abs(signed).clip(max=1), signed > 0)


def places_of(answers: Answers, partition) -> np.ndarray:
    """Rows (n,) bool: the photo's album has photos more than 50 km apart."""
    xyz = geodesy.to_xyz(answers.latitude, answers.longitude)
    far = np.zeros(len(answers), bool)
    for start, stop in zip(answers.starts[:-1], answers.starts[1:], strict=True):
        least = (xyz[start:stop] @ xyz[start:stop].T).min()
        far[start:stop] = np.arccos(np.clip(least, -1, 1)) * geodesy.EARTH_RADIUS_KM > 50
    return far


def starts_of(answers: Answers, rows: np.ndarray) -> np.ndarray:
    album_of = np.repeat(np.arange(len(answers.starts) - 1), np.diff(answers.starts))[rows]
    return np.concatenate([[0], np.flatnonzero(np.diff(album_of)) + 1, [len(album_of)]])


def intervals(errors: np.ndarray, starts: np.ndarray) -> dict:
    """Accuracy (mean of the seeds) with 95 % bootstrap intervals over albums and seeds; errors (seeds, n) km."""
    random = np.random.default_rng(0)
    sizes = np.diff(starts)
    shares, found = {}, {}
    hits = {radius: np.add.reduceat(errors <= km, starts[:-1], axis=1) for radius, km in geodesy.RADII_KM.items()}
    draws = [(random.integers(len(errors), size=len(errors)), random.integers(len(sizes), size=len(sizes)))
             for _ in range(RESAMPLES)]  # fmt: skip
    for radius, each in hits.items():
        shares[radius] = float((errors <= geodesy.RADII_KM[radius]).mean())
        drawn = [each[seeds][:, albums].sum() / (len(seeds) * sizes[albums].sum()) for seeds, albums in draws]
        found[radius] = np.percentile(drawn, [2.5, 97.5]).tolist()
    return {"accuracy": shares, "accuracy_interval": found, "median_km": float(np.median(errors)),
            "geoscore": float(accuracy.geoscore(errors).mean())}  # fmt: skip


if __name__ == "__main__":
    main()
