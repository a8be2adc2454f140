"""Training on features from end to end: photo table and encoder in, model folder out."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from photoplanet.core import atomic, atomic_folders
from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.core.table_sets import Given, TableSet
from photoplanet.encoders import kept
from photoplanet.encoders.encoder import Encoder
from photoplanet.errors import TrainingError
from photoplanet.models import folder as model_folder
from photoplanet.photos import grouping, splits, table
from photoplanet.training.features import graph, unknown
from photoplanet.training.features.fit import fit
from photoplanet.training.features.fitted import Fitted
from photoplanet.training.features.settings import Settings

COLUMNS = ("photo_id", "path", "latitude", "longitude", "album", "photographer", "taken_at", "source")
NAMED = 3  # unreadable photos that are named; more are counted
ONE_PLACE = (
    "all photos are of one place, so the model cannot tell places apart, and `locate` will withhold its answers; "
    "add photos of other places"
)
TOLERANCE = 1e-3  # between the network and NumPy


@dataclass(frozen=True, eq=False)
class Tuning:
    """What comes with an encoder that was tuned: who is held out, as in `tested.held_out`; facts; its weights."""

    fold: NDArray[np.int64] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, NDArray[np.float32]] | None = None


NO_TUNING = Tuning()


def train(
    photos: Given, out: Path, encoder: Encoder, settings: Settings | None = None, threads: int | None = None,
    bar: Bar = no_bar, say: Say = silent, tuning: Tuning = NO_TUNING,
) -> dict[str, Any]:  # fmt: skip
    """Train on a photo table and write the model folder `out`; return the facts of its training.

    Features are computed once and kept (`encoders.kept`): stopped and run again, it goes on where it was. Photos that
    cannot be read are counted and left out. `tuning`: what comes with an encoder that was tuned.
    InputError for a table or target that cannot be used, TrainingError as `fit`, or where no photo can be read.

    >>> from photoplanet.encoders import lite
    >>> train(Path("none.csv"), getfixture("tmp_path") / "model", lite.load("lite0", getfixture("tmp_path")))
    Traceback (most recent call last):
    photoplanet.errors.InputError: none.csv: no such file; give a photo table
    """
    photos, out, settings = TableSet.of(photos), Path(out), settings or Settings()
    began = time.monotonic()
    model_folder.check_target(out)
    rows, dropped = table.read(photos, columns=COLUMNS)
    if dropped:
        say(table.describe(dropped))
    rows, features, unreadable = read(rows, photos, encoder, threads, bar, say)
    embedded = time.monotonic() - began
    latitude, longitude = (rows[name].to_numpy().astype(np.float64) for name in ("latitude", "longitude"))
    compared, grouped = encoder.compared(features), grouping.grouping(rows)
    if grouped.kinds == ("photo",) and len(rows) > 1:
        say(splits.UNGROUPED)
    fitted = fit(compared, latitude, longitude, grouped.number, settings, bar, tuning.fold)
    if len(fitted.partition) == 1:
        say(ONE_PLACE)
    # an encoder that was tuned knows the photos that it was tuned on: only the others can tell
    asked = np.ones(len(rows), bool) if tuning.fold is None else tuning.fold >= 0
    beyond, line = unknown.facts(
        fitted, compared[asked], latitude[asked], longitude[asked], grouped.number[asked], settings
    )
    say(line)
    if beyond is not None:
        fitted = replace(fitted, calibration={**fitted.calibration, "unknown": beyond})
    facts = {
        "photos": len(rows), "cells": len(fitted.partition), "unreadable_photos": unreadable,
        "left_out": [table.describe(dropped)] if dropped else [],
        "table": {"file": photos.name, "photos": len(rows) + unreadable},  # no folder: cards get published
        "carries": f"features of {len(fitted.bank.classes):,} training photos; cells.parquet holds their places",
        **({"world": "toy"} if _is_toy(rows) else {}),
        "grouped_by": list(grouped.kinds), "recipe": settings.as_dict(), **fitted.facts,
        "seconds": round(time.monotonic() - began, 1), "seconds_embedding": round(embedded, 1),
        "versions": {"numpy": np.__version__},
        "date": datetime.now(timezone.utc).date().isoformat(), **tuning.facts,
    }  # fmt: skip
    say(f"writing {out}")
    write(fitted, encoder, out, facts, tuning.weights)
    return facts


def write(
    fitted: Fitted, encoder: Encoder, out: Path, facts: dict[str, Any],
    weights: Mapping[str, NDArray[np.float32]] | None = None,
) -> model_folder.Bundle:  # fmt: skip
    """Write the model folder of what was learned, with `weights` to train further from.

    TrainingError where the network answers otherwise than NumPy.

    >>> from photoplanet.encoders import lite
    >>> from photoplanet.training.features.fitted import learned
    >>> made = learned(np.eye(4, 1280, dtype=np.float32), np.arange(4.0), np.arange(4.0), np.arange(4), Settings())
    >>> home = getfixture("tmp_path")
    >>> write(made, lite.load("lite0", home), home / "model", {}).info.backbone["backbone"]
    'lite0'
    """
    target = out.resolve()
    data = graph.network(encoder, fitted)
    parity = graph.parity(data, encoder, fitted)
    if max(parity.values()) > TOLERANCE:
        raise TrainingError(f"the network differs from NumPy by {parity} (allowed: {TOLERANCE:g}); report this")
    info = model_folder.ModelInfo(
        name=out.name,
        backbone={
            "backbone": encoder.name, "encoder_sha256": encoder.sha256, "encoder_licence": encoder.licence,
            "encoder_source": encoder.source, "encoder_transform": encoder.transform,
        },
        preprocessing=encoder.preprocessing,
        classes=len(fitted.partition),
        embedding_size=encoder.dimension,
        calibration=fitted.calibration,
        training={**facts, **licence(encoder), "onnx_parity": parity},
    )  # fmt: skip
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_folders.scratch(target) as scratch:
        atomic.write_bytes(scratch / model_folder.NETWORK, data)
        further = None
        if weights:
            from safetensors.numpy import save

            further = scratch / model_folder.WEIGHTS
            atomic.write_bytes(further, save({name: np.array(each, order="C") for name, each in weights.items()}))
        return model_folder.write(target, info, fitted.partition, scratch / model_folder.NETWORK, further)


def licence(encoder: Encoder) -> dict[str, str]:
    """Return the licence of an encoder's weights as `ModelInfo.training` has it, with what it forbids.

    >>> from photoplanet.encoders import lite
    >>> licence(lite.facts("lite0", Path("/srv")))
    {'licence': 'Apache-2.0'}
    """
    note = encoder.licence_note
    return {"licence": encoder.licence, **({"licence_note": note} if note else {})}


def read(
    rows: pa.Table, photos: Given, encoder: Encoder, threads: int | None, bar: Bar, say: Say
) -> tuple[pa.Table, NDArray[np.float32], int]:
    """Return the rows whose photos can be read, their features (n, d) as the encoder gives them, and how many cannot.

    TrainingError where none can.

    >>> from photoplanet.encoders import lite
    >>> home = getfixture("tmp_path")
    >>> read(table.from_rows([]), home / "photos.csv", lite.load("lite0", home), None, no_bar, silent)
    Traceback (most recent call last):
    photoplanet.errors.TrainingError: ...photos.csv: no photo to train on; index some with `photoplanet index`
    """
    photos = TableSet.of(photos)
    if not len(rows):
        raise TrainingError(f"{photos}: no photo to train on; index some with `photoplanet index`")
    where = kept.folder(encoder.sha256, encoder.preprocessing)
    say(f"features of {len(rows):,} photo{'s' * (len(rows) != 1)} by {encoder.name}, kept in {where}")
    with bar("computing features", len(rows)) as advance:
        found, readable, why = kept.features(encoder, table.paths(rows, photos.folder), threads or None, advance, say)
    for line in why[:NAMED]:
        say(line)
    if why:
        say(f"{len(why):,} of {len(rows):,} photos cannot be read and are left out")
    if not readable.any():
        raise TrainingError(
            f"{photos}: none of its {len(rows):,} photos can be read; check the paths. Of the first: {why[0]}"
        )
    return rows.filter(pa.array(readable)), found[readable].astype(np.float32), len(why)


def _is_toy(rows: pa.Table) -> bool:
    import pyarrow.compute as pc

    from photoplanet.metadata import exif

    return "source" in rows.column_names and bool(pc.any(pc.equal(rows["source"], exif.TOY_SOFTWARE)).as_py())
