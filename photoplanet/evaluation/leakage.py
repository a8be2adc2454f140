"""Test photos that the model was trained on: a search for (near-)duplicates of them among its training photos."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.core import progress
from photoplanet.core.table_sets import Given, TableSet
from photoplanet.duplicates import between_tables
from photoplanet.errors import InputError, MissingExtra
from photoplanet.evaluation import accuracy
from photoplanet.evaluation.truth import Truth
from photoplanet.models.folder import Bundle
from photoplanet.photos import table

READ_UNASKED = 20_000  # training photos that are read without being named by the user: about a minute
SHOWN = between_tables.SHOWN
OWN_PHOTOS = 100_000  # a model of more photos was not trained on a person's own


@dataclass(frozen=True)
class Leakage:
    """Which test photos have a (near-)duplicate among the training photos.

    `leaked` bool (n,): one per test photo, all False where nothing was `checked`; `why` says why not, and `remedy`
    what to do. `training`: the name of the table searched, and how many photos it has. `threshold`: bits in which the
    codes of near-duplicates may differ. `duplicates`: the nearest pairs by name (`photo_id`, `duplicate_of`,
    `distance`). `same_photo_id`: ids that both tables have. `not_compared`: photos that cannot be read.
    """

    leaked: NDArray[np.bool_]
    checked: bool = True
    why: str = ""
    remedy: str = ""
    training: str = ""
    training_photos: int = 0
    threshold: int = 0
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    same_photo_id: list[str] = field(default_factory=list)
    not_compared: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, with the first few names."""
        if not self.checked:
            return {"checked": False, "why": self.why, "how": self.remedy}
        return {
            "checked": True,
            "training": self.training,
            "training_photos": self.training_photos,
            "threshold": self.threshold,
            "duplicates": {"count": int(self.leaked.sum()), "first": self.duplicates[:SHOWN]},
            "same_photo_id": {"count": len(self.same_photo_id), "first": self.same_photo_id[:SHOWN]},
            "not_compared": self.not_compared,
        }


def check(
    model: Bundle,
    truth: Truth,
    training: Given | None = None,
    *,
    required: bool = False,
    threads: int | None = None,
    bar: progress.Bar = progress.no_bar,
) -> Leakage:
    """Search the training photos for (near-)duplicates of the test photos.

    `training`: the table that the model was trained on; by default the one that the model names, where it lies beside
    the test photos, the model or in the current folder, and no more than `READ_UNASKED` of its photos have to be read.
    What cannot be checked is reported, or with `required` refused: InputError where the training photos are unknown,
    MissingExtra without FAISS. InputError too for a `training` that is not a photo table.

    >>> import pyarrow as pa, photoplanet as pp
    >>> from photoplanet.evaluation import truth
    >>> table = pa.table({"photo_id": ["a"], "path": ["a.jpg"], "latitude": [48.86], "longitude": [2.35]})
    >>> found = check(pp.load("toy").bundle, truth.of(table))
    >>> found.checked, found.remedy
    (False, 'give --training TABLE')
    """
    nothing = np.zeros(len(truth.paths), np.bool_)
    path, why = (TableSet.of(training), "") if training is not None else _found(model, truth)
    if path is None:
        if required:
            raise InputError(f"duplicates cannot be left out: {why}; name the training table with --training TABLE")
        return Leakage(nothing, False, why, "give --training TABLE")
    test = between_tables.Listed(
        truth.photos,
        [truth.ids[row] for row in truth.present],
        [path for path in truth.paths if path],
        None if truth.source is None else between_tables.beside(truth.source),
    )
    try:
        other = between_tables.listed(path, ("photo_id", "path"))
        with bar("reading for duplicates", len(test.ids) + len(other.ids)) as advance:
            found = between_tables.against(test, other, None, threads, advance)
    except MissingExtra as error:
        if required:
            raise
        return Leakage(nothing, False, str(error), "install it")
    nothing[np.array(truth.present, np.int64)[found.leaked]] = True
    return Leakage(
        leaked=nothing,
        training=path.name,
        training_photos=len(other.ids),
        threshold=between_tables.default_threshold(len(other.ids)),
        duplicates=found.nearest().named(test.ids, other.ids),
        same_photo_id=between_tables.same_ids(test, other),
        not_compared=len(found.unreadable),
    )


def _found(model: Bundle, truth: Truth) -> tuple[TableSet | None, str]:
    path, why = training_table(model, truth.source)
    return None if path is None else TableSet.of(path), why


def training_table(model: Bundle, beside: TableSet | None = None) -> tuple[Path | None, str]:
    """Find the table that a model names as its training photos → (its path, ""), or (None, why it is not usable).

    It is looked for in the folder of `beside` (the list of test photos), beside the model, and in the current folder;
    it has to hold as many photos as the model was trained on, at most `READ_UNASKED` of them not read before.

    >>> import photoplanet as pp
    >>> training_table(pp.load("toy").bundle)
    (None, ...)
    """
    facts = model.info.training.get("table")
    name = facts.get("file") if isinstance(facts, dict) else None
    if not isinstance(facts, dict) or not isinstance(name, str) or Path(name).name != name:
        return None, "the model does not name its training photos"
    near = None if beside is None else beside.beside
    folders = [*([near.parent] if near is not None else []), model.folder.parent, Path()]
    path = next((folder / name for folder in folders if (folder / name).exists()), None)
    if path is None:
        where = f"beside it, beside {near.name} or here" if near is not None else "beside it or here"
        return None, f"{name}, the model's training photos, is not {where}"
    try:
        photos, new = between_tables.size(path)
    except InputError as error:
        return None, str(error)
    if photos != facts.get("photos"):
        return None, f"{path} has {photos:,} photos and is not the {name} that the model was trained on"
    if new > READ_UNASKED:
        return None, f"{new:,} photos of {path} would have to be read first"
    return path, ""


def described(leakage: Leakage, errors_km: npt.ArrayLike, dropped: bool) -> Mapping[str, Any]:
    """Return the facts of a search for JSON, with the accuracy with and without the photos it found.

    `errors_km` (n,): km of all test photos; `dropped`: whether the main result is the one without them.

    >>> described(Leakage(np.array([True, False])), [1.0, 9000.0], dropped=False)["accuracy_without"]["city"]
    0.0
    """
    facts = leakage.to_dict()
    if leakage.checked:
        errors = np.asarray(errors_km, np.float64)
        kept = errors[~leakage.leaked]
        facts |= {
            "dropped": dropped,
            "accuracy_with": accuracy.accuracy(errors),
            "accuracy_without": accuracy.accuracy(kept) if kept.size else None,
        }
    return facts


def trained_on(model: Bundle, sources: Sequence[Any]) -> NDArray[np.int64] | None:
    """Rows of the photos that a model was, or may have been, trained on, by their paths in its own training table.

    None where that is not to be expected: a model of more than `OWN_PHOTOS` is not of a person's own photos. All of
    them where the table is not to be found, and those that are not files.

    >>> import photoplanet as pp
    >>> trained_on(pp.load("toy").bundle, ["a.jpg"]) is None  # nobody's own photos
    True
    """
    facts = model.info.training.get("table")
    photos = facts.get("photos") if isinstance(facts, dict) else None
    if not isinstance(photos, int) or photos > OWN_PHOTOS:
        return None
    path, _ = training_table(model)
    if path is None:
        return np.arange(len(sources))
    rows, _ = table.read(path, require=("path",))
    listed = {os.path.realpath(each) for each in table.paths(rows, TableSet.of(path).folder)}
    return np.flatnonzero([not isinstance(each, str) or os.path.realpath(each) in listed for each in sources])
