"""Which parts of the default recipe earn their place: each arm changes one setting, on the toy Earth, over seeds.

    python benchmarks/recipe_arms.py WORK [--photos 8000] [--seeds 3] [--jobs 2] [--arms NAME ...]

Makes photos of the toy Earth in WORK (to train on, and by other travellers as held-out data), trains every arm with
`photoplanet train`, appends one line per run to WORK/arms.jsonl, and prints the table of docs/experiments.md: accuracy
at the radii and, per arm, the difference of the mean of the five from the default's, seed by seed, with its 95 %
interval and p-value by the paired t-test. A seed changes the first weights, the order and the augmentation, not the
photos; p-values are not corrected for the number of arms. Runs again where it was stopped; arm by arm, so that those
that are done have all their seeds.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SMALL = ["--image-size", "64", "--max-photos", "100", "--min-photos", "5"]
PAPER = [
    "optimizer=adagrad", "learning_rate=0.045", "schedule=constant", "weight_decay=0", "clip_norm=0", "label_km=0",
    "hierarchy=", "hierarchy_shares=", "average=0", "crop_area=1", "crop_ratio=1", "brightness=0", "contrast=0",
    "saturation=0",
]  # fmt: skip
ARMS: dict[str, list[str]] = {
    "default": [],
    "paper's objective and optimizer": PAPER,
    "one-hot labels": ["label_km=0"],
    "labels softened, no one-hot share": ["label_share=1"],
    "no hierarchy": ["hierarchy=", "hierarchy_shares="],
    "no weight averaging": ["average=0"],
    "no augmentation": ["crop_area=1", "crop_ratio=1", "brightness=0", "contrast=0", "saturation=0"],
    "AdaGrad, rate 0.045": ["optimizer=adagrad", "learning_rate=0.045"],
    "AdaGrad, rate 0.15": ["optimizer=adagrad", "learning_rate=0.15"],
    "AdaGrad, rate 0.5": ["optimizer=adagrad", "learning_rate=0.5"],
    "SGD": ["optimizer=sgd", "learning_rate=0.1", "weight_decay=0.0005"],
    "constant rate of 0.0003": ["schedule=constant", "learning_rate=0.0003"],
    "constant rate of 0.001": ["schedule=constant", "learning_rate=0.001"],
    "constant rate of 0.003": ["schedule=constant", "learning_rate=0.003"],
    "mirrored half of the time": ["flip=0.5"],
}
RADII = ("street", "city", "region", "country", "continent")


def photoplanet(*arguments: str) -> str:
    """Run the command line on one thread (two jobs share two cores better that way) and return what it printed."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "photoplanet", *arguments], capture_output=True, text=True, env=environment
    )
    if done.returncode:
        raise SystemExit(f"photoplanet {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def run(work: Path, arm: str, seed: int, epochs: float) -> dict:
    out = work / "runs" / f"{arm.replace(' ', '-').replace(chr(39), '')}-{seed}"
    out.parent.mkdir(exist_ok=True)
    settings = [part for setting in ARMS[arm] for part in ("--set", setting)]
    train, held_out = (str(work / name / "photos.parquet") for name in ("train", "held-out"))
    text = photoplanet(
        "train", train, "-o", str(out), "--validation", held_out, "--seed", str(seed), "--epochs", str(epochs),
        "--validate-every", "1000000", "--threads", "1", "--no-tensorboard", "--json", *SMALL, *settings,
    )  # fmt: skip
    found = json.loads(text)["validation"]
    return {"arm": arm, "seed": seed, "loss": found["loss"], "median_km": found["median_km"], **found["accuracy"]}


def table(rows: list[dict]) -> str:
    lines = ["| arm | " + " | ".join(RADII) + " | seeds | mean of the five, against default |", "|---" * 8 + "|"]
    base = {row["seed"]: statistics.mean(row[name] for name in RADII) for row in rows if row["arm"] == "default"}
    for arm in ARMS:
        mine = [row for row in rows if row["arm"] == arm and row["seed"] in base]
        if not mine:
            continue
        shares = [f"{100 * statistics.mean(row[name] for row in mine):.1f}" for name in RADII]
        gains = [100 * (statistics.mean(row[name] for name in RADII) - base[row["seed"]]) for row in mine]
        against = "" if arm == "default" else against_zero(gains)
        lines.append(f"| {arm} | " + " | ".join(shares) + f" | {len(mine)} | {against} |")
    return "\n".join(lines)


def against_zero(gains: Sequence[float]) -> str:
    """The mean of paired differences with its 95 % interval and p-value by the t-test; one alone shows nothing."""
    from scipy import stats

    mean = statistics.mean(gains)
    if len(gains) < 2:
        return f"{mean:+.2f} (one seed: no conclusion)"
    error = statistics.stdev(gains) / math.sqrt(len(gains))
    if not error:
        return f"{mean:+.2f} (all seeds alike)"
    free = len(gains) - 1
    reach, p = stats.t.ppf(0.975, free) * error, 2 * stats.t.sf(abs(mean / error), free)
    return f"{mean:+.2f} [{mean - reach:+.2f}, {mean + reach:+.2f}], t = {mean / error:+.1f}, p = {p:.2g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--photos", type=int, default=8000)
    parser.add_argument("--epochs", type=float, default=6)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--arms", nargs="*", default=list(ARMS))
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    for name, count, seed in (("train", given.photos, 0), ("held-out", 3000, 1)):
        photoplanet(
            "toyworld", "-o", str(given.work / name), "--photos", str(count), "--seed", str(seed), "--size", "64"
        )
    log = given.work / "arms.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    done = {(row["arm"], row["seed"]) for row in rows}
    todo = [(arm, seed) for arm in given.arms for seed in range(given.seeds) if (arm, seed) not in done]
    with ThreadPoolExecutor(given.jobs) as pool:
        for row in pool.map(lambda job: run(given.work, *job, given.epochs), todo):
            rows.append(row)
            with log.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(json.dumps(row), file=sys.stderr, flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
