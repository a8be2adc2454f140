"""A new calibration for a model, from photos whose places are known: what it is, and how much better it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from photoplanet.core import progress
from photoplanet.core.table_sets import Given
from photoplanet.earth import cells
from photoplanet.errors import InputError
from photoplanet.evaluation import leakage, resampling
from photoplanet.evaluation.recalibration import fitting
from photoplanet.evaluation.recalibration.answers import Answers, Settings
from photoplanet.evaluation.recalibration.summary import gain, summary
from photoplanet.evaluation.truth import Truth
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.locator import Locator
from photoplanet.locate.prediction import Prediction
from photoplanet.models.calibration_facts import KNOTS_KM
from photoplanet.photos import splits
from photoplanet.photos.grouping import grouping

FEWEST_PHOTOS, FEWEST_GROUPS, FEWEST_PLACES, FEWEST_COVERED = 50, 10, 3, 25
MOST_PHOTOS = 5000  # more make it no better
MOST_NUMBERS = 20_000_000  # of all distributions together: 80 MB, and minutes where they are flat
FOLDS = 5
PLACE_LEVEL = 8  # S2 cells some 36 km wide
_KEPT = ("abstain_below", "least_gain", "readout_sharpness")  # what stays where it is not fitted
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class _Read:
    """The photos that were read: their rows in the table, the answers to them, and why others could not be."""

    rows: NDArray[np.int64]
    predictions: list[Prediction]
    unreadable: dict[str, Any]


def calibrate(
    locator: Locator,
    truth: Truth,
    *,
    training: Given | None = None,
    region: float = REGION_SHARE,
    threads: int | None = None,
    bar: progress.Bar = progress.no_bar,
) -> dict[str, Any]:
    """Fit a calibration to photos whose places are known → it, and what is stated before and after, for JSON.

    `training`: the table that the model was trained on, as `leakage.check` takes it: photos that are in it are left
    out (MissingExtra where it is at hand and FAISS is missing). `region`: the share whose credible region is checked.
    What is stated "after" of a photo comes from a calibration that was fitted without its group (album, photographer,
    day). InputError where photos, groups or places are too few, or the model does not know the places.

    Keys: `model`, `photos`, `groups`, `folds`, `left_out`, `leaks`, `unreadable`, `outside` (photos that no cell is
    near to), `intervals`, `before` and `after` (`summary.summary`), `gain` (`summary.gain`), `better`, `fitted`, and
    the new `calibration`, None where it would not be `better` than the model's own by more than chance.

    >>> import pyarrow as pa, photoplanet as pp
    >>> from photoplanet.evaluation import truth
    >>> table = pa.table({"photo_id": ["a"], "path": ["a.jpg"], "latitude": [48.86], "longitude": [2.35]})
    >>> calibrate(pp.load("toy"), truth.of(table))
    Traceback (most recent call last):
    photoplanet.errors.InputError: the table: 1 photo, and a calibration needs 50 or more; add photos with known places
    """
    name = str(truth.source or "the table")
    _check_table(truth.photos, name)
    leaks = _leaks(locator, truth, training, threads, bar)
    read = _read(locator, truth, leaks.leaked, region, threads, bar)
    table = truth.photos.take(pa.array(read.rows))
    _check_table(table, name, "readable ", " that were not trained on" if leaks.leaked.any() else "")
    groups = splits.groups(table)
    places = np.column_stack([table["latitude"].to_numpy(), table["longitude"].to_numpy()])
    answers = Answers(read.predictions, places, groups)
    if (near := int(answers.covered.sum())) < FEWEST_COVERED:
        raise InputError(
            f"{name}: {near} of {len(table):,} photos are within 200 km of a cell of {locator.info.name}, and "
            f"{FEWEST_COVERED} are needed; calibrate on photos from where the model knows its way"
        )
    folds = splits.folds(groups, places[:, 0], places[:, 1], FOLDS)
    units = resampling.units(table)
    before = answers.stated(answers.predictions, region=region)
    with bar("calibrating", int(folds.max()) + 2) as advance:
        after, _ = fitting.cross_fitted(answers, folds, region, advance)
        settings = fitting.fit(answers, folds)
        advance(1)
    better = settings != own_settings(answers) and fitting.surely_better(before, after, groups)
    facts = {"table": truth.source.name if truth.source else "", "photos": len(table), "groups": int(groups.max()) + 1}
    return {
        "model": locator.info.name, "world": "toy" if locator.info.is_toy else "real", **facts,
        "grouped_by": list(grouping(table).kinds), "folds": int(folds.max()) + 1,
        "left_out": truth.left_out, "leaks": leaks.to_dict(), "unreadable": read.unreadable,
        "not_used": len(truth.present) - int(leaks.leaked.sum()) - len(table) - read.unreadable["count"],
        "outside": len(table) - near, "intervals": resampling.facts(units),
        "before": summary(before, region, units), "after": summary(after, region, units),
        "gain": gain(before, after, units), "better": better, "fitted": _described(locator, settings),
        "calibration": renewed(locator.info.calibration, settings, facts) if better else None,
    }  # fmt: skip


def _leaks(
    locator: Locator, truth: Truth, training: Given | None, threads: int | None, bar: progress.Bar
) -> leakage.Leakage:  # fmt: skip
    """Photos that were trained on; the training table has to be searched where it is at hand, named or found."""
    at_hand = training is not None or leakage.training_table(locator.bundle, truth.source)[0] is not None
    return leakage.check(locator.bundle, truth, training, required=at_hand, threads=threads, bar=bar)


def own_settings(answers: Answers) -> Settings:
    """Return the settings that leave a model as it is.

    >>> import photoplanet as pp
    >>> where = pp.load("toy").locate([np.zeros((64, 64, 3), np.uint8)])
    >>> own_settings(Answers(where, np.array([[0.0, 0.0]]), np.array([0]))) == Settings()
    True
    """
    return Settings(correction=answers.predictions[0].correction)


def renewed(old: Mapping[str, Any], settings: Settings, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's `calibration` under new settings; the old one is kept in it as `before`.

    Points stay where they are: the readout sees the distribution that it saw. `facts`: what it was fitted to.

    >>> found = renewed({"temperature": 2.0, "photos": 9}, Settings(temperature=1.5), {"photos": 80})
    >>> found["temperature"], found["readout_sharpness"], found["before"]["photos"], found["calibrated_on"]
    (3.0, 1.5, 9, {'photos': 80})
    """
    temperature = float(old.get("temperature", 1.0))
    found: dict[str, Any] = {"temperature": round(temperature * settings.temperature, 6)}
    found |= {key: old[key] for key in _KEPT if key in old}
    if settings.temperature != 1:
        found["readout_sharpness"] = round(float(old.get("readout_sharpness", 1.0)) * settings.temperature, 6)
    if settings.abstain_below is not None:
        found["abstain_below"] = settings.abstain_below
    if settings.correction is not None:
        found["correction"] = {
            "km": list(KNOTS_KM), "shift": list(settings.correction.shift), "slope": list(settings.correction.slope),
        }  # fmt: skip
    if "unknown" in old:
        measured_at = old["unknown"].get("temperature", temperature)
        bias = round(float(old["unknown"]["bias"]) + settings.bias, 6)
        found["unknown"] = {**old["unknown"], "bias": bias, "temperature": measured_at}
    before = {key: value for key, value in old.items() if key != "before"}
    return {**found, "calibrated_on": dict(facts), "before": before}


def _read(
    locator: Locator, truth: Truth, leaked: NDArray[np.bool_], region: float, threads: int | None, bar: progress.Bar
) -> _Read:
    """The answers to the photos that were not trained on; to some by chance, where they are more than are needed."""
    present = np.array([row for row in truth.present if not leaked[row]], np.int64)
    most = min(MOST_PHOTOS, max(1, MOST_NUMBERS // locator.info.classes))
    if len(present) > most:
        present = np.sort(np.random.default_rng(0).permutation(present)[:most])
    rows: list[int] = []
    found: list[Prediction] = []
    reasons: list[str] = []
    failed = 0
    with bar("locating", len(present)) as advance:
        sources = [truth.paths[row] for row in present.tolist()]
        answers = locator.locate_many(sources, decode_threads=threads, advance=advance, region=region)
        for row, (_, answer) in zip(present.tolist(), answers, strict=True):
            if isinstance(answer, Prediction):
                rows.append(row)
                found.append(answer)
            else:
                failed += 1
                reasons = [*reasons, str(answer)][:_SHOWN]
    return _Read(np.array(rows, np.int64), found, {"count": failed, "first": reasons})


def _check_table(table: pa.Table, name: str, before: str = "", after: str = "") -> None:
    """Raise InputError where photos are too few, or of too few groups or places, to say anything of others."""
    count = f"{len(table):,} {before}photo{'' if len(table) == 1 else 's'}{after}"
    if len(table) < FEWEST_PHOTOS:
        raise InputError(
            f"{name}: {count}, and a calibration needs {FEWEST_PHOTOS} or more; add photos with known places"
        )
    found = grouping(table)
    whole = [key for key in ("album", "photographer") if key in table.column_names and _is_one(table[key])]
    if found.count < FEWEST_GROUPS or (whole and "day" not in found.kinds):
        groups = f"one {whole[0]}" if whole else f"{found.count} groups (albums, photographers, days)"
        raise InputError(
            f"{name}: {count} of {groups}, and a calibration needs {FEWEST_GROUPS} albums, photographers or days: "
            "those of one are right and wrong together; add others"
        )
    ids = cells.from_latlng(table["latitude"].to_numpy(), table["longitude"].to_numpy(), PLACE_LEVEL)
    if (places := len(np.unique(ids, return_counts=True)[0])) < FEWEST_PLACES:
        raise InputError(
            f"{name}: {count} of {places} place{'s' if places > 1 else ''} (some 36 km wide), and a calibration needs "
            f"{FEWEST_PLACES} or more; add photos of other places"
        )


def _is_one(column: pa.ChunkedArray) -> bool:
    values = set(column.unique().to_pylist())
    return len(values) == 1 and not values & {None, ""}


def _described(locator: Locator, settings: Settings) -> dict[str, Any]:
    """What was fitted, in numbers: the temperatures, the unknown's bias, and whether there is a correction."""
    own = float(locator.info.calibration.get("temperature", 1.0))
    return {
        "temperature": own * settings.temperature,
        "temperature_before": own,
        "corrected": settings.correction is not None,
        "unknown_bias_added": settings.bias,
        "abstain_below": locator.abstain_below if settings.abstain_below is None else settings.abstain_below,
    }
