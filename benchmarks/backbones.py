"""Encoders as they are and tuned, beside `mobile` from random weights, on photos that no part of them has seen.

    python benchmarks/real_photos.py fold PHOTOS.csv WORK        writes WORK/fold-*/train.parquet and held-out.parquet
    photoplanet toyworld -o WORK/fold-0/train --photos 1500 --size 128; … -o WORK/fold-0/held-out --seed 1: or so
    python benchmarks/backbones.py WORK [--encoders lite0,lite1,lite2] [--tuned lite0,lite1,lite2] [--seeds 3]

Every encoder is tuned on each WORK/fold-*/train by the recipe `tune` (change it by --set KEY=VALUE), and what
is learned of its features answers for held-out; a seed changes the order, the augmentation and the head. Each
job appends a line to WORK/backbones.jsonl, and jobs that are done are not done again; then the table is printed, with
intervals over the albums or travellers, and gains over the encoder as it is. --layers N tunes the last N layers;
0 tunes all.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from photoplanet.core.home import home
from photoplanet.core.progress import no_bar, silent
from photoplanet.earth.geodesy import RADII_KM, distance_km
from photoplanet.encoders import lite
from photoplanet.evaluation import baselines, resampling, truth
from photoplanet.locate import locator, point_estimates
from photoplanet.photos import grouping, table
from photoplanet.training import dataset, recipes, run
from photoplanet.training.distributed import Ranks
from photoplanet.training.features import places
from photoplanet.training.features import run as features_run
from photoplanet.training.features.blend import BLENDS
from photoplanet.training.features.fitted import learned
from photoplanet.training.features.settings import Settings
from photoplanet.training.loop import RunOptions
from photoplanet.training.tuning import learn

QUIET = RunOptions(resume="if-same", curves=False, threads=1)
MOBILE = "`mobile` from random weights"
LIMITS = np.array(list(RADII_KM.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--encoders", default="lite0,lite1,lite2", help="measured as they are")
    parser.add_argument("--tuned", default="lite0,lite1,lite2", help="measured tuned")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--size", type=int, default=0, help="pixels; 0: each encoder's own")
    usual = recipes.named("tune").tuned_layers
    parser.add_argument("--layers", type=int, default=usual, help="so many of the last are tuned; 0: all")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--mobile", default="", help="settings of `mobile`, for instance epochs=40,batch_size=32")
    parser.add_argument("--mobile-seeds", type=int, default=0)
    given = parser.parse_args()
    log = given.work / "backbones.jsonl"
    done = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    for job in jobs(given):
        if any(all(row[key] == value for key, value in job.items()) for row in done):
            continue
        began = time.perf_counter()
        row = {**job, "km": measured(given, job)}
        row["seconds"] = round(time.perf_counter() - began, 1)
        done.append(row)
        with log.open("a") as file:
            file.write(json.dumps(row) + "\n")
    print(report(given.work, done))


def jobs(given: argparse.Namespace) -> list[dict]:
    """What is to be measured: all seeds of one network after the other, so that a stopped benchmark has whole ones."""
    folds = sorted(path.name for path in given.work.glob("fold-*"))
    kind = f"last {given.layers}" if given.layers else "all"
    networks = [("", name, given.seeds) for name in given.encoders.split(",")]
    networks += [(kind, name, given.seeds) for name in given.tuned.split(",")]
    networks += [("", MOBILE, given.mobile_seeds)]
    return [
        {"network": name, "tuned": tuned, "size": given.size, "seed": seed, "fold": fold}
        for tuned, name, seeds in networks if name for seed in range(seeds) for fold in folds
    ]  # fmt: skip


def measured(given: argparse.Namespace, job: dict) -> dict[str, list[float]]:
    """Return how many km off each held-out photo is, by each blend, or by `mobile`."""
    folder = given.work / job["fold"]
    if job["network"] == MOBILE:
        return mobile(folder, job["seed"], [part for part in given.mobile.split(",") if part])
    name, seed = job["network"], job["seed"]
    encoder = lite.load(name, home())
    size = given.size or encoder.preprocessing.size
    if size != encoder.preprocessing.size:
        recipe = recipes.changed(recipes.named("tune"), [f"image_size={size}"])
        as_it_is = learn.Tuned(lite.weights(name), {})
        encoder = learn.encoder(encoder, as_it_is, recipe, home() / "benchmark" / f"{name}-{size}")
    known, asked = (read(folder, part, encoder) for part in ("train", "held-out"))
    if job["tuned"]:
        settings = [f"backbone={name}", f"image_size={size}", f"seed={seed}", f"tuned_layers={given.layers}"]
        recipe = recipes.changed(recipes.named("tune"), [*settings, *given.settings])
        encoder = tuned(encoder, known, recipe, folder / f"tuned-{name}-{job['tuned'].replace(' ', '-')}-{seed}")
        known, asked = (read(folder, part, encoder) for part in ("train", "held-out"))
    rows, features = known
    fitted = learned(features, *where(rows), grouping.groups(rows), Settings(seed=seed))
    parts = fitted.parts(asked[1])
    found = {}
    for blend in BLENDS:
        points = point_estimates.expected(np.exp(fitted.blended(blend, *parts)), fitted.partition)
        found[blend.name] = distance_km(*points, *where(asked[0])).round(3).tolist()
    return found


def tuned(encoder, known, recipe, folder: Path):
    rows, features = known
    most = recipe.max_photos or places.coarse_photos(len(rows), Settings())
    recipe = recipes.changed(recipe, [f"max_photos={most}", "min_photos=1"])
    nothing = rows.slice(0, 0)
    data = dataset.arranged(rows, nothing, recipe, (listed(folder.parent, "train"),) * 2)
    folder.mkdir(exist_ok=True)
    made = learn.tuned(data, features, folder, recipe, Ranks(), QUIET)
    return learn.encoder(encoder, made, recipe, folder / "encoder")


def mobile(folder: Path, seed: int, settings: list[str]) -> dict[str, list[float]]:
    out = folder / f"mobile-{seed}"
    recipe = recipes.changed(recipes.named("default"), [f"seed={seed}", *settings])
    if not out.exists():
        run.train(listed(folder, "train"), out, recipe, validation_table=listed(folder, "held-out"), options=QUIET)
    held = truth.of(listed(folder, "held-out"))
    found = locator.load(out).locate([path or "" for path in held.paths])
    points = np.array([each.point for each in found]).T
    return {"the network": distance_km(*points, *where(held.photos)).round(3).tolist()}


def listed(folder: Path, part: str) -> Path:
    """The table of the photos to train on, or of those held out."""
    alone = folder / f"{part}.parquet"
    return alone if alone.exists() else folder / part / "photos.parquet"


def read(folder: Path, part: str, encoder) -> tuple[pa.Table, np.ndarray]:
    path = listed(folder, part)
    rows, _ = table.read(path)
    rows, features, _ = features_run.read(rows, path, encoder, 1, no_bar, silent)
    return rows, encoder.compared(features)


def where(rows: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    return rows["latitude"].to_numpy().astype(np.float64), rows["longitude"].to_numpy().astype(np.float64)


def report(work: Path, done: list[dict]) -> str:
    """The table in Markdown, and what tuning gains."""
    folds = sorted(path.name for path in work.glob("fold-*"))
    held = {fold: truth.of(listed(work / fold, "held-out")) for fold in folds}
    units = resampling.units(pa.concat_tables([held[fold].photos for fold in folds]))
    lines = ["| network | learned of it | seeds | " + " | ".join(f"{km:g} km" for km in LIMITS) + " | s a fold |",
             "|---|---|" + "---:|" * (len(LIMITS) + 2)]  # fmt: skip
    beside = [baselines.errors(listed(work / fold, "train"), held[fold]) for fold in folds]
    for name in baselines.NAMES:
        hits = np.concatenate([(each[name][..., None] <= LIMITS).mean(axis=1) for each in beside])
        lines.append(row([name, "", ""], hits, units, ""))
    hits_of, networks = {}, list(dict.fromkeys((each["network"], each["tuned"]) for each in done))
    for network, kind in networks:
        of = [each for each in done if (each["network"], each["tuned"]) == (network, kind)]
        seeds = [seed for seed in sorted({each["seed"] for each in of})
                 if {each["fold"] for each in of if each["seed"] == seed} == set(folds)]  # fmt: skip
        if not seeds:
            continue
        seconds = np.mean([each["seconds"] for each in of])
        by = {(each["seed"], each["fold"]): each["km"] for each in of}
        for part in of[0]["km"]:
            km = [np.concatenate([by[seed, fold][part] for fold in folds]) for seed in seeds]
            hits = (np.stack(km)[..., None] <= LIMITS).mean(axis=0)
            hits_of[network, kind, part] = hits
            names = [network + (f", tuned ({kind})" if kind else ""), part, str(len(seeds))]
            lines.append(row(names, hits, units, f"{seconds:.0f}"))
    lines.append(f"\n{len(units.number)} photos, {units.described}. What tuning gains, paired:")
    for (network, kind, part), hits in hits_of.items():
        if kind and (network, "", part) in hits_of:
            gains = 100 * resampling.gains(hits, hits_of[network, "", part], units)
            each = (f"{km:g} km {gain:+.1f} [{low:+.1f}, {high:+.1f}]"
                    for km, (gain, low, high) in zip(LIMITS, gains, strict=True))  # fmt: skip
            lines.append(f"- {network} ({kind}), {part}: {', '.join(each)}")
    return "\n".join(lines)


def row(names: list[str], hits: np.ndarray, units: resampling.Units, last: str) -> str:
    intervals = 100 * resampling.mean_intervals(hits, units)
    cells = [f"{100 * share:.1f} [{low:.1f}, {high:.1f}]"
             for share, (low, high) in zip(hits.mean(axis=0), intervals, strict=True)]  # fmt: skip
    return "| " + " | ".join([*names, *cells, last]) + " |"


if __name__ == "__main__":
    main()
