"""What `photoplanet calibrate` is worth: stated and right before it and after it, on groups that were left out.

    python benchmarks/calibrate.py PHOTOS --model MODEL [--seeds 3] [--albums OTHER]
    python benchmarks/calibrate.py PHOTOS.parquet [--seeds 3]

With a model: its answers to the photos. Without: half of the photos' groups make a model on features (lite0, or the
column `embedding`), the other half calibrates it, and the other way round. Each is done as the model is, and with its
temperature wrong by a factor, as on photos unlike those that it was made with. Prints a table in Markdown: the mean
over seeds, "after" from calibrations fitted to other groups; "kept" is how often nothing was found better. With
--albums, what was fitted to PHOTOS is tried on the photos of OTHER, one by one and as albums without their own places.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from features import read

import photoplanet as pp
from photoplanet.evaluation import truth
from photoplanet.evaluation.recalibration import calibrate, fitting
from photoplanet.evaluation.recalibration.answers import Answers, Settings
from photoplanet.evaluation.recalibration.summary import summary
from photoplanet.evaluation.resampling import Units
from photoplanet.locate.prediction import Prediction
from photoplanet.models import folder, installed
from photoplanet.photos import grouping, splits
from photoplanet.training.features.fit import fit
from photoplanet.training.model_copy import target_folder

FACTORS = (1.0, 0.4, 2.5)  # of the temperature


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--albums", type=Path)
    given = parser.parse_args()
    if given.albums:
        return tried_on(given.albums, given.model, given.photos)
    sides = [of_model(given.model, given.photos)] if given.model else None
    rows: dict[tuple[float, str], list[dict]] = {}
    kept: dict[float, list[bool]] = {}
    for seed in range(given.seeds):
        for answers in sides or of_features(given.photos, seed):
            for factor in FACTORS:
                measured(answers, factor, seed, rows, kept)
    print("| temperature | | log loss | 90 % radius holds | median radius | sure | sure, > 750 km off | > 2,500 km off "
          "| no answer | given, right within 750 km | kept |\n|---|---|" + "---:|" * 9)  # fmt: skip
    for (factor, side), found in rows.items():
        print(line(factor, side, found, np.mean(kept[factor])))


def tried_on(other: Path, model: str, photos: Path) -> None:
    """Print what a model and its calibrated copy state of other photos, by photo and by album."""
    with tempfile.TemporaryDirectory() as home:
        copy = target_folder(installed.resolve(model), Path(home, "copy")).folder
        folder.set_calibration(copy, calibrate.calibrate(pp.load(copy), truth.of(photos))["calibration"])
        known = truth.of(other)
        places = np.stack([known.photos[name].to_numpy() for name in ("latitude", "longitude")], axis=1)
        groups, times = splits.groups(known.photos), known.photos["taken_at"].to_pylist()
        albums = grouping.codes(known.photos["album"])
        print("| | model | log loss | 90 % radius holds | median radius |\n|---|---|---:|---:|---:|")
        for method in (None, "timed-hmm", "attention"):
            for name in (model, str(copy)):
                loaded, found = pp.load(name), [None] * len(places)
                for album in [np.arange(len(places))] if method is None else map(albums.__eq__, np.unique(albums)):
                    rows = np.arange(len(places))[album].tolist()
                    paths, when = [known.paths[row] for row in rows], [times[row] for row in rows]
                    if method is None:
                        answers = loaded.locate(paths)
                    else:
                        answers = loaded.locate_album(paths, when, method, [None] * len(rows))
                    for row, each in zip(rows, answers, strict=True):
                        found[row] = each
                stated = Answers(found, places, groups).stated(found)
                each = summary(stated, 0.9, Units("group", groups))
                label = "as it is" if name == model else "calibrated"
                held, radius = 100 * each["region"]["held"], each["region"]["median_radius_km"]
                what = method or "single photos"
                print(f"| {what} | {label} | {each['log_loss']:.3f} | {held:.1f} | {radius:,.0f} km |")


def measured(answers: Answers, factor: float, seed: int, rows: dict, kept: dict) -> None:
    stated = answers.restated(Settings(temperature=factor)) if factor != 1 else answers.predictions
    tried = Answers(stated, answers.places, answers.groups)
    units = Units("group", np.unique(answers.groups, return_inverse=True)[1])
    before = tried.stated(stated)
    folds = splits.folds(answers.groups, answers.places[:, 0], answers.places[:, 1], calibrate.FOLDS, seed)
    after, _ = fitting.cross_fitted(tried, folds)
    kept.setdefault(factor, []).append(not fitting.surely_better(before, after, answers.groups))
    for side, what in (("before", before), ("after", after)):
        rows.setdefault((factor, side), []).append(summary(what, 0.9, units))


def of_model(model: str, photos: Path) -> Answers:
    known = truth.of(photos)
    found = pp.load(model).locate([known.paths[row] for row in known.present], on_error="keep")
    good = [k for k, each in enumerate(found) if isinstance(each, Prediction)]
    rows = [known.present[k] for k in good]
    places = np.stack([known.photos[name].to_numpy()[rows] for name in ("latitude", "longitude")], axis=1)
    return Answers([found[k] for k in good], places, splits.groups(known.photos)[rows])


def of_features(photos: Path, seed: int) -> list[Answers]:
    features, latitude, longitude, groups = read(photos, "lite0")
    half = splits.folds(groups, latitude, longitude, 2, seed)
    sides = []
    for number in (0, 1):
        made, other = half == number, half != number
        model = fit(features[made], latitude[made], longitude[made], groups[made])
        logits = model.log_probabilities(features[other]) / model.calibration["temperature"]
        mass = np.exp(logits - logits.max(axis=1, keepdims=True))
        mass = (mass / mass.sum(axis=1, keepdims=True)).astype(np.float32)
        where = Prediction(mass[0], model.partition, sharpness=model.calibration["readout_sharpness"])
        places = np.stack([latitude[other], longitude[other]], axis=1)
        sides.append(Answers([replace(where, probabilities=row) for row in mass], places, groups[other]))
    return sides


def line(factor: float, side: str, found: list[dict], kept: float) -> str:
    def mean(*keys: str) -> float:
        values = []
        for each in found:
            for key in keys:
                each = each[key]
            values.append(np.nan if each is None else each)
        return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan

    shares = [mean("sure", "share"), mean("sure", "off", "750", "share"), mean("sure", "off", "2500", "share"),
              mean("abstained", "share"), mean("given", "right", "share")]  # fmt: skip
    cells = " | ".join("–" if np.isnan(share) else f"{100 * share:.1f}" for share in shares)
    last = f"{kept:.0%}" if side == "after" else ""
    radius = f"{mean('region', 'median_radius_km'):,.0f} km"
    held = f"{100 * mean('region', 'held'):.1f}"
    return f"| × {factor:g} | {side} | {mean('log_loss'):.3f} | {held} | {radius} | {cells} | {last} |"


if __name__ == "__main__":
    main()
