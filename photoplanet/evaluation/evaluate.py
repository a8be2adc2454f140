"""A model on photos whose places are known: accuracy, calibration and leakage in one result."""

import os
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import known_places
from photoplanet.core import progress
from photoplanet.core.output_files import OutputFiles
from photoplanet.core.table_sets import Given
from photoplanet.errors import InputError
from photoplanet.evaluation import (
    accuracy,
    baselines,
    leakage,
    predictions,
    radii,
    regions,
    report,
    resampling,
    scoring,
    unknown,
)
from photoplanet.evaluation.scoring import UNCOVERED
from photoplanet.evaluation.truth import Truth
from photoplanet.locate.credible_region import REGION_SHARE, check_share
from photoplanet.locate.locator import Locator
from photoplanet.locate.point_estimates import DEFAULT_READOUT

TOP = 5  # candidates a photo: the paper's Fig. 3


def evaluate(
    locator: Locator,
    truth: Truth,
    *,
    readout: str = DEFAULT_READOUT,
    top: int = TOP,
    region: float = REGION_SHARE,
    by: str | None = None,
    uncovered: str = UNCOVERED[0],
    resample: str | None = None,
    training: Given | None = None,
    drop_duplicates: bool = False,
    beside_baselines: bool = False,
    predictions_file: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    bar: progress.Bar = progress.no_bar,
) -> dict[str, Any]:
    """Measure a model on photos whose places are known → everything `report` prints, as plain values for JSON.

    `readout`: the point estimate; `top`: candidates a photo; `region`: the share of the mass whose credible region is
    checked; `by`: also by "continent" or "country"; `uncovered`: how photos outside every cell are scored, as
    `scoring.counted` has it; `resample`: what intervals resample, as `resampling.units` has it; `training`,
    `drop_duplicates`: as `leakage.check` and without the photos that it finds; `beside_baselines`: add what needs no
    network, from the training photos; `predictions_file`: a CSV to write that `score` reads. Unreadable photos count as
    wrong. InputError for a table that cannot be used, or an argument that is out of range.

    Keys: those of `report.result`, `sureness` (`report.calibration_facts`), `radius` (`radii.check`), `unknown`
    (`unknown.check`, by whether any cell reaches the place), `leaks` (`leakage.described`), `world`, `readout`, counts
    `uncovered` and `abstained`, `uncovered_scored_by`, `unreadable` (count and first reasons), perhaps `benchmark`,
    `baselines` (`baselines.compared`), `predictions_fault` (in a line).

    >>> import pyarrow as pa, photoplanet as pp
    >>> from photoplanet.evaluation import truth
    >>> table = pa.table({"photo_id": ["a"], "path": ["a.jpg"], "latitude": [48.86], "longitude": [2.35]})
    >>> evaluate(pp.load("toy"), truth.of(table))["unreadable"]["count"]
    1
    """
    check_share(region)
    whole = resampling.units(truth.photos, resample)
    known = training_photos(locator, truth, training) if beside_baselines else None  # missing ones are reported first
    leaks = leakage.check(locator.bundle, truth, training, required=drop_duplicates, threads=threads, bar=bar)
    lat, lng = truth.photos["latitude"].to_numpy(), truth.photos["longitude"].to_numpy()
    labels = locator.partition.assign(lat, lng)
    got, faults = _answers(locator, truth, labels, readout, top, region, predictions_file, threads, bar)
    km = accuracy.top_k_errors(got.latitude, got.longitude, lat, lng)
    errors = scoring.counted(km, labels, uncovered)
    scored = ~leaks.leaked if drop_duplicates else np.ones(len(labels), np.bool_)
    units = whole.some(scored)
    groups = regions.groups(lat[scored], lng[scored], by) if by else None
    found = report.result(locator.info.name, errors[scored], groups, by or "", units=units)
    found["sureness"] = report.calibration_facts(
        got.confidence[scored], got.correct[scored], got.held[scored], got.answered[scored], region, units
    )
    found["radius"] = radii.check(km[scored, 0], got.radius[scored], region, units)
    if known is not None:
        plain = baselines.errors(known, truth, threads=threads, bar=bar)
        found["baselines"] = baselines.compared(plain, errors[:, 0], whole, scored)
    found["leaks"] = leakage.described(leaks, errors[:, 0], drop_duplicates)
    found |= _circumstances(locator, truth, got, labels, scored, faults)
    return found | {"readout": readout, "uncovered_scored_by": uncovered}


def training_photos(locator: Locator, truth: Truth, training: Given | None = None) -> Given:
    """Return the table of a model's training photos: the one given, or the one that it names; InputError without one.

    >>> import photoplanet as pp
    >>> training_photos(pp.load("toy"), Truth(None, []), "photos.parquet")
    'photos.parquet'
    """
    if training is not None:
        return training
    path, why = leakage.training_table(locator.bundle, truth.source)
    if path is None:
        raise InputError(f"no training photos for the baselines: {why}; name their table with --training TABLE")
    return path


def _circumstances(
    locator: Locator,
    truth: Truth,
    got: scoring.Collected,
    labels: NDArray[np.int32],
    scored: NDArray[np.bool_],
    faults: list[str],
) -> dict[str, Any]:
    """What was evaluated, and how many photos count without being right or wrong answers."""
    away = known_places.away(locator.partition, _places(truth))
    found: dict[str, Any] = {
        "world": "toy" if locator.info.is_toy else "real",
        "unknown": unknown.check(got.unknown[scored], away[scored]),
        "uncovered": int((labels[scored] < 0).sum()),
        "abstained": int(got.abstained[scored].sum()),
        "unreadable": got.unreadable,
    }
    if faults:
        found["predictions_fault"] = faults[0]
    if truth.benchmark is not None:
        complete = truth.benchmark["complete"] and not got.unreadable["count"]
        found["benchmark"] = truth.benchmark | {"unreadable": got.unreadable, "complete": complete}
    return found


def _places(truth: Truth) -> NDArray[np.float64]:
    """The true places (n, 2), degrees."""
    return np.column_stack([truth.photos[name].to_numpy() for name in ("latitude", "longitude")])


def _answers(
    locator: Locator,
    truth: Truth,
    labels: NDArray[np.int32],
    readout: str,
    top: int,
    region: float,
    predictions_file: str | os.PathLike[str] | None,
    threads: int | None,
    bar: progress.Bar,
) -> tuple[scoring.Collected, list[str]]:
    """The answers, and what faults the predictions file had."""
    with ExitStack() as stack:
        each: predictions.Sink = predictions.ignore
        files = stack.enter_context(OutputFiles())
        if predictions_file is not None:
            each = files.add(predictions.writing(predictions_file, truth.ids, top, region))
        advance = stack.enter_context(bar("evaluating", len(truth.present)))
        sources = [truth.paths[row] for row in truth.present]
        answers = locator.locate_many(sources, readout=readout, decode_threads=threads, advance=advance, region=region)
        rows = zip(truth.present, (answer for _, answer in answers), strict=True)
        got = scoring.collect(rows, labels, top, region, each, _places(truth))
    return got, files.faults
