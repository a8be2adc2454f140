"""Whether a model beats its own prior: one place for all photos, the best that its training photos know.

On a library of few places one answer for everything goes far, and a model that does not beat it has learned nothing
that could be shown. `train` makes a model the default only where this test says so.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.evaluation import resampling

FEWEST = 6  # groups: with 5, even if all are gains, chance does as much once in 16 times (two-sided sign test)


def compared(km: npt.ArrayLike, constant_km: npt.ArrayLike, units: resampling.Units) -> dict[str, Any]:
    """Compare a model's errors on held-out photos with those of the best constant answer of its training photos.

    Both (n,) in km; `units`: the groups that were held out whole. What counts is the share of photos within 1, 25, 200,
    750 and 2500 km, averaged over these five radii. Keys, for JSON: `photos`, `mean` and `constant_mean` (0…1), `gain`
    and its paired 95 % `interval` over groups (None where there is one), `resampled`, `units`, and `beats`: whether the
    interval lies above 0 and holds for 6 groups or more.

    >>> found = compared(np.zeros(8), np.full(8, 6000.0), resampling.photos(8))
    >>> found["mean"], found["constant_mean"], found["beats"]
    (1.0, 0.0, True)
    """
    ours, theirs = np.asarray(km, np.float64), np.asarray(constant_km, np.float64)
    if not ours.size:
        return {"photos": 0, "beats": False}
    limits = np.array(list(RADII_KM.values()))
    mean, constant = (np.mean(errors[:, None] <= limits, axis=1) for errors in (ours, theirs))
    gain, low, high = resampling.gains(mean[:, None], constant[:, None], units)[0].tolist()
    return {
        "photos": ours.size,
        "mean": float(mean.mean()),
        "constant_mean": float(constant.mean()),
        "gain": gain,
        "interval": [low, high] if np.isfinite([low, high]).all() else None,
        "resampled": units.name,
        "units": units.count,
        "beats": bool(low > 0 and units.count >= FEWEST),
    }


def line(found: Mapping[str, Any]) -> str:
    """Say what `compared` found.

    >>> found = {"photos": 90, "mean": 0.612, "constant_mean": 0.48, "gain": 0.132, "interval": [0.06, 0.201]}
    >>> print(line(found | {"resampled": "album", "units": 12, "beats": True}))
    beats one place for all: 61.2 % against 48.0 % on average over the five radii, by 13.2 (95 %: 6.0 … 20.1; 12 albums)
    >>> line({"photos": 0, "beats": False})
    'not tested against one place for all: no photo was held out'
    """
    if not found["photos"]:
        why = "all held-out photos look like copies" if found.get("copies") else "no photo was held out"
        return f"not tested against one place for all: {why}"
    groups = f"{found['units']:,} {found['resampled']}{'' if found['units'] == 1 else 's'}"
    shares = f"{100 * found['mean']:.1f} % against {100 * found['constant_mean']:.1f} % on average over the five radii"
    if found["units"] < FEWEST:
        return f"{groups} held out, too few (under {FEWEST}) to tell whether it beats one place for all: {shares}"
    low, high = (f"{100 * bound:.1f}" for bound in found["interval"])
    verdict = "beats one place for all" if found["beats"] else "not shown to beat one place for all"
    return f"{verdict}: {shares}, by {100 * found['gain']:.1f} (95 %: {low} … {high}; {groups})"
