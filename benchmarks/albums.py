"""The tables of albums in docs/results.md: Table 2b on the toy Earth, every album network trained with several seeds.

    python benchmarks/albums.py runs --epochs 6 --seeds 3          (half an hour on one thread)
    python benchmarks/albums.py runs --epochs 6 --seeds 3 --cut-hours 24     the test albums in pieces of one stay
    python benchmarks/albums.py runs --only lstm blstm25 --seeds 1

WORK holds `train`, `validation` and `test`, each with the `cache` that benchmarks/album_cache.py writes. Runs are kept
in WORK/networks and go on where they stood. Every method is read by `center`, which is the paper's, and by our default;
Viterbi's path, which is no distribution, by its cells' centres and by the means of their photos. The paper's two
networks of 25 photos are scored on the first 25 photos of each album, as there. An interval is of two parts: travellers
drawn anew (bootstrap over all albums of a traveller together), and, for what is trained, seeds drawn anew. Differences
are paired: the same travellers drawn for both, over the photos that both answer, in points of per cent.
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
from photoplanet.evaluation import calibration
from photoplanet.locate import point_estimates
from photoplanet.models import folder, installed
from photoplanet.photos import table
from photoplanet.toyworld import album_ceiling, world
from photoplanet.training.albums import recipes, task, validation
from photoplanet.training.albums.data import AlbumPhotos
from photoplanet.training.loop import Loop, RunOptions

PATH = "hmm, path"  # Viterbi's, which is the paper's answer; `hmm` is each photo's distribution
OURS = ["log-average", "hmm", "lstm-repeat25-pieces", "blstm25-pieces", "attention", "timed-hmm"]
TABLE_2B = {  # the paper's, on 6.2 million Google+ albums: its name, our row, its five shares
    "PlaNet": ("single", (14.9, 20.3, 27.4, 42.0, 61.8)),
    "PlaNet avg": ("average", (22.2, 35.6, 51.4, 68.6, 82.7)),
    "PlaNet HMM": (PATH, (23.3, 34.3, 47.1, 63.2, 79.5)),
    "LSTM": ("lstm", (32.0, 42.1, 57.9, 75.5, 87.9)),
    "LSTM off1": ("lstm-offset1", (30.9, 41.0, 56.9, 74.5, 85.4)),
    "LSTM off2": ("lstm-offset2", (29.9, 40.0, 55.8, 73.4, 85.9)),
    "LSTM rep": ("lstm-repeat", (34.5, 45.6, 62.6, 79.3, 90.5)),
    "LSTM rep 25": ("lstm-repeat25", (28.3, 37.5, 49.9, 68.9, 82.0)),
    "BLSTM 25": ("blstm25", (33.0, 43.0, 56.7, 73.2, 86.1)),
}
METHODS = [*dict.fromkeys(["hmm" if row == PATH else row for row, _ in TABLE_2B.values()] + OURS)]
PAIRS = [  # what the paper finds, and ours against the best of the nine
    ("average", "single"), (PATH, "average"), ("lstm", "average"), ("lstm", PATH), ("lstm-offset1", "lstm"),
    ("lstm-offset2", "lstm"), ("lstm-repeat", "lstm"), ("lstm-repeat25", "lstm-repeat"), ("blstm25", "lstm-repeat25"),
    ("blstm25", "blstm25-pieces"), ("hmm", PATH), ("lstm", "hmm"), ("attention", "blstm25"),
    ("attention", "blstm25-pieces"), ("timed-hmm", "blstm25-pieces"), ("timed-hmm", "attention"),
]  # fmt: skip
PAPERS, DEFAULT = "center", point_estimates.DEFAULT_READOUT
APART_KM = 50  # an album whose photos lie further apart is one of several places
LONGER = 4  # photos
RESAMPLES = 2000

Errors = dict[str, np.ndarray]  # readout → km (seeds, photos), NaN for a photo that is not answered


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="of the LSTMs; default: the recipe's")
    parser.add_argument("--only", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--cut-hours", type=float, help="cut the test albums where the pause is longer")
    parser.add_argument("--ceiling", action="store_true", help="also the ideal observer of whole albums")
    given = parser.parse_args()
    torch.set_num_threads(1)
    model = folder.read(installed.resolve(given.model), verify=False)
    sets = {name: load(given.work, name) for name in ("train", "validation", "test")}
    if given.cut_hours:
        sets["test"] = cut(sets["test"][0], given.cut_hours), sets["test"][1]
    test, travellers = sets["test"][0], travellers_of(given.work, "test")
    for name, (answers, _) in sets.items():
        print(f"{name}: {len(answers):,} photos in {len(answers.starts) - 1:,} albums", flush=True)
    found: dict[str, Errors] = {}
    for name in given.only:
        started = time.process_time()
        arms, error = answered(name, sets, model, given)
        found |= arms
        streets = "; ".join(f"{100 * (km <= 1)[np.isfinite(km)].mean():.1f}" for km in arms[name][PAPERS])
        print(f"{name}: street by seed {streets}; ECE {error:.3f}; {time.process_time() - started:.0f} s", flush=True)
    several = places_of(test)
    for what, rows in {"all": several | True, "that stay within 50 km": ~several, "of several places": several}.items():
        albums = len(np.unique(np.repeat(np.arange(len(test.starts) - 1), np.diff(test.starts))[rows]))
        some = {name: {readout: km[:, rows] for readout, km in its.items()} for name, its in found.items()}
        groups = np.unique(travellers[rows], return_inverse=True)[1]
        print(f"\n{albums:,} albums {what}, {rows.sum():,} photos of {groups.max() + 1:,} travellers:\n")
        print(table_2b(some, groups))
        if what == "all" and given.ceiling:
            shares = (f"{100 * share:.1f}" for share in ceiling(given.work).values())
            print(f"| ceiling | an ideal observer of these albums | | {' | '.join(shares)} |")
        for readout in (PAPERS, DEFAULT):
            print("\n" + differences(some, groups, readout))
    print("\n" + where_in_album(found, test, np.unique(travellers, return_inverse=True)[1]))


def answered(name, sets, model, given) -> tuple[dict[str, Errors], float]:
    """Row name → errors of a method, and its calibration error; the HMM's path is a row of its own."""
    if name in READINGS:
        training, held_out = sets["train"][0], sets["validation"][0]
        each = [
            trained(name, seed, training, held_out, sets["test"], model, given.work, given.epochs)
            for seed in range(given.seeds)
        ]
        errors = {readout: np.stack([km[readout] for km, _ in each]) for readout in (PAPERS, DEFAULT)}
        return {name: errors}, float(np.mean([ece for _, ece in each]))
    return decoded(name, sets, model)


def travellers_of(work: Path, name: str) -> np.ndarray:
    """The traveller (n,) of each photo of a set: albums of one person are not independent."""
    photos, _ = table.read(next(cache_of(work, name).parent.glob("photos.*")), columns=("photo_id", "photographer"))
    assert photos["photo_id"].to_pylist() == np.load(cache_of(work, name) / "ids.npy").tolist()
    return np.array(photos["photographer"].to_pylist())


def cut(answers: AlbumPhotos, hours: float) -> AlbumPhotos:
    """The same photos, albums cut where the pause is longer."""
    starts = np.union1d(answers.starts, np.flatnonzero(answers.gaps > hours))
    gaps = answers.gaps.copy()
    gaps[starts[:-1]] = np.nan
    return dataclasses.replace(answers, gaps=gaps, starts=starts)


def ceiling(work: Path) -> dict[str, float]:
    """What an ideal observer of the test albums reaches, at the five radii."""
    facts = json.loads((cache_of(work, "test").parent / "toyworld.json").read_text("utf-8"))
    return album_ceiling.ceiling(world.make(), facts["photos"], facts["seed"]).reached


def cache_of(work: Path, name: str) -> Path:
    return next(path for path in (work / name / "cache", work / f"albums-{name}" / "cache") if path.is_dir())


def load(work: Path, name: str) -> tuple[AlbumPhotos, np.ndarray]:
    """AlbumPhotos of a set, and the CNN's log-probabilities (n, classes) float16."""
    cache = cache_of(work, name)
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


def trained(name, seed, training, held_out, test, model, work, epochs) -> tuple[Errors, float]:
    """Errors (n,) and ECE of one network on the test albums; trained first, or read where that was done before."""
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
        np.savez(kept, ece=ece, **km)
    with np.load(kept) as found:
        km, ece = {readout: found[readout] for readout in (PAPERS, DEFAULT)}, float(found["ece"])
    share = 100 * loop.task.reading_seconds / loop.seconds
    print(f"{name} seed {seed}: best epoch {loop.best['epoch']}, {loop.seconds:.0f} s, {share:.1f} % reading")
    return km, ece


def tested(network, recipe, held_out, test, model) -> tuple[Errors, float]:
    """Errors (n,) and ECE of a trained network on the test albums, its temperature fitted on the validation ones."""
    answers, own = test
    log_p, classes = validation.log_probabilities(network, held_out, recipe)
    temperature = calibration.fit_temperature(log_p, classes)
    km = {readout: np.full(len(answers), np.nan) for readout in (PAPERS, DEFAULT)}
    confidence = np.full(len(answers), np.nan)

    def take(rows, mass) -> None:
        for readout, errors in km.items():
            errors[rows] = off(answers, rows, point_estimates.get(readout)(mass, model.partition))
        confidence[rows] = right(mass, answers.classes[rows])

    for rows, found in validation.predictions(network, answers, recipe):
        take(rows, np.exp(calibration.apply_temperature(found, temperature)))
    alone = answers.starts[:-1][np.diff(answers.starts) == 1]  # one photo: the CNN answers
    if len(alone):
        take(alone, np.exp(own[alone].astype(np.float32)))
    return km, error_of(confidence[np.isfinite(confidence)])


def decoded(name, sets, model) -> tuple[dict[str, Errors], float]:
    """Errors (1, n) of a method without a network, and of its path if it has one; its ECE."""
    (training, _), (answers, own) = sets["train"], sets["test"]
    counts, shares = parameters_of(training, model.partition)
    taken = {"hmm": counts, "timed-hmm": shares}
    km = {readout: np.empty((1, len(answers))) for readout in (PAPERS, DEFAULT)}
    confidence, paths = np.empty(len(answers)), []
    for start, stop in zip(answers.starts[:-1], answers.starts[1:], strict=True):
        rows = slice(start, stop)
        one = album.Album(answers.gaps[start + 1 : stop].astype(float), np.full(stop - start, -1, np.int32))
        evidence = own[rows].astype(np.float32)
        found = methods.decode(name, evidence, answers.embeddings[rows], one, model.partition, taken)
        mass = np.exp(found)
        for readout, errors in km.items():
            errors[0, rows] = off(answers, rows, point_estimates.get(readout)(mass, model.partition))
        confidence[rows] = right(mass, answers.classes[rows])
        if name == "hmm":
            paths.append(hmm.path(evidence, one, counts))
    arms = {name: km}
    if paths:
        cells, all_rows = np.concatenate(paths), slice(None)
        points = {PAPERS: model.partition.centers, "mean": model.partition.means}
        arms[PATH] = {readout: off(answers, all_rows, each[cells].T)[None] for readout, each in points.items()}
    return arms, error_of(confidence)


def off(answers: AlbumPhotos, rows, point) -> np.ndarray:
    return geodesy.distance_km(answers.latitude[rows], answers.longitude[rows], *point)


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


def drawn(errors: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Shares right (RESAMPLES, radii): groups drawn anew, the same ones for every method, and seeds drawn anew.

    `errors` (seeds, n) km, NaN for photos that are not answered, which do not count; `groups` (n,) from 0.
    """
    count = groups.max() + 1
    sizes = np.bincount(groups[np.isfinite(errors[0])], minlength=count)
    right = np.array(
        [[np.bincount(groups[each <= km], minlength=count) for each in errors] for km in geodesy.RADII_KM.values()]
    )  # (radii, seeds, groups)
    whom, seeds = np.random.default_rng(0), np.random.default_rng(len(errors))
    found = np.empty((RESAMPLES, len(right)))
    for sample in found:
        some = whom.integers(count, size=count)
        chosen = right[:, seeds.integers(len(errors), size=len(errors))].mean(axis=1)
        sample[:] = chosen[:, some].sum(axis=1) / sizes[some].sum()
    return found


def shares(errors: np.ndarray) -> np.ndarray:
    """Shares right at the five radii, of the photos that are answered."""
    known = errors[:, np.isfinite(errors[0])]
    return np.array([(known <= km).mean() for km in geodesy.RADII_KM.values()])


def table_2b(found: dict[str, Errors], groups: np.ndarray) -> str:
    """The nine rows of the paper and ours, each by the paper's readout and by ours, with 95 % intervals."""
    radii = " | ".join(f"{name} {km:g} km" for name, km in geodesy.RADII_KM.items())
    lines = [f"| Table 2b's name | method | readout | {radii} |", "| --- | --- | --- |" + " ---: |" * 5]
    papers = {row: (name, published) for name, (row, published) in TABLE_2B.items()}
    for name in [*papers, *OURS]:
        if name not in found:
            continue
        answered = int(np.isfinite(next(iter(found[name].values()))[0]).sum())
        some = f", {answered:,} photos" if answered < len(groups) else ""
        titles = [papers[name][0] if name in papers else "ours", f"`{name}`{some}"]
        for readout, errors in found[name].items():
            low, high = np.percentile(drawn(errors, groups), [2.5, 97.5], axis=0)
            cells = (
                f"{100 * at:.1f} [{100 * a:.1f}, {100 * b:.1f}]"
                for at, a, b in zip(shares(errors), low, high, strict=True)
            )
            lines.append(f"| {' | '.join(titles)} | `{readout}` | {' | '.join(cells)} |")
            titles = ["", ""]
        if name in papers:
            lines.append("| | *paper* | | " + " | ".join(map(str, papers[name][1])) + " |")
    return "\n".join(lines)


def differences(found: dict[str, Errors], groups: np.ndarray, readout: str) -> str:
    """A table of PAIRS: points of per cent by which one is ahead of the other, with paired 95 % intervals."""
    lines = [f"| by `{readout}`, points | " + " | ".join(geodesy.RADII_KM) + " |", "| --- |" + " ---: |" * 5]
    for one, other in PAIRS:
        if readout not in found.get(one, {}) or readout not in found.get(other, {}):
            continue
        both = np.isfinite(found[one][readout][0]) & np.isfinite(found[other][readout][0])
        errors = [found[name][readout][:, both] for name in (one, other)]
        own = np.unique(groups[both], return_inverse=True)[1]
        apart = 100 * (shares(errors[0]) - shares(errors[1]))
        samples = drawn(errors[0], own) - drawn(errors[1], own)
        spread = 100 * np.percentile(samples, [2.5, 97.5], axis=0).T
        cells = (f"{by:+.1f} [{low:+.1f}, {high:+.1f}]" for by, (low, high) in zip(apart, spread, strict=True))
        lines.append(f"| `{one}` − `{other}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def where_in_album(found: dict[str, Errors], test: AlbumPhotos, groups: np.ndarray) -> str:
    """A table of the shares within 25 km of the first, the second and third, and the last photo of longer albums."""
    starts, sizes = test.starts[:-1], np.diff(test.starts)
    some = sizes >= LONGER
    parts = {
        "first": starts[some],
        "second and third": np.concatenate([starts[some] + 1, starts[some] + 2]),
        "last": (starts + sizes)[some] - 1,
    }
    city = list(geodesy.RADII_KM).index("city")
    title = f"{some.sum():,} albums of {LONGER} photos or more, within 25 km, by `{DEFAULT}`"
    lines = [f"| {title} | {' | '.join(parts)} |", "| --- |" + " ---: |" * len(parts)]
    for name in found:
        cells = []
        for rows in parts.values() if DEFAULT in found[name] else ():
            errors, own = found[name][DEFAULT][:, rows], np.unique(groups[rows], return_inverse=True)[1]
            low, high = np.percentile(100 * drawn(errors, own)[:, city], [2.5, 97.5])
            cells.append(f"{100 * shares(errors)[city]:.1f} [{low:.1f}, {high:.1f}]")
        if cells:
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
