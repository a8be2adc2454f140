"""Whether a model knows what it does not know: `Prediction.unknown` of photos inside and outside its cells."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from photoplanet.errors import InputError
from photoplanet.evaluation import tables


def auroc(scores: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """The probability that a positive has a higher score (n,) than a negative, ties by half; NaN without either.

    `positive` (n,) bool. The area under the ROC curve, by the ranks of Mann and Whitney. InputError for NaN scores or
    arrays of different length.

    >>> auroc([0.9, 0.4, 0.4, 0.1], [True, True, False, False])
    0.875
    """
    values, yes = np.asarray(scores, np.float64), np.asarray(positive, np.bool_)
    if values.ndim != 1 or values.shape != yes.shape or np.isnan(values).any():
        raise InputError(f"scores {values.shape} and labels {yes.shape}: give one of each for every photo, and no NaN")
    if yes.all() or not yes.any():
        return float("nan")
    other = np.sort(values[~yes])
    below = np.searchsorted(other, values[yes], "left") + np.searchsorted(other, values[yes], "right")
    return float(below.mean() / 2 / len(other))


def check(unknown: npt.ArrayLike, outside: npt.ArrayLike) -> dict[str, Any] | None:
    """Compare `unknown` (n,) with whether photos are `outside` (n,) all cells; None where the model cannot tell.

    Photos with NaN, which were not read, do not count. Keys: `photos`, `outside`, `auroc` (None where none is outside,
    or all are), `mean_inside` and `mean_outside` (the means of `unknown`, None for no photos).

    >>> check([0.9, 0.2, 0.1], [True, False, False])["auroc"]
    1.0
    """
    values, away = np.asarray(unknown, np.float64), np.asarray(outside, np.bool_)
    said = ~np.isnan(values)
    if not said.any():
        return None
    values, away = values[said], away[said]
    both = away.any() and not away.all()
    return {
        "photos": int(said.sum()),
        "outside": int(away.sum()),
        "auroc": auroc(values, away) if both else None,
        "mean_inside": float(values[~away].mean()) if not away.all() else None,
        "mean_outside": float(values[away].mean()) if away.any() else None,
    }


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What a terminal shows of `check`.

    >>> list(lines(check([0.9, 0.2, 0.1], [True, False, False])))
    ['unknown: 15.0 % on average of 2 photos inside the cells, 90.0 % of 1 outside (AUROC 1.000)']
    """
    inside = found["photos"] - found["outside"]
    parts = []
    if inside:
        photos = "1 photo" if inside == 1 else f"{inside:,} photos"
        parts.append(f"{tables.percent(found['mean_inside'])} % on average of {photos} inside the cells")
    if found["outside"]:
        parts.append(f"{tables.percent(found['mean_outside'])} % of {found['outside']:,} outside")
    score = "" if found["auroc"] is None else f" (AUROC {found['auroc']:.3f})"
    yield f"unknown: {', '.join(parts)}{score}"
