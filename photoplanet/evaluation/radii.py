"""Whether stated radii hold what they claim: the share of truths inside, for anybody's predictions."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.errors import InputError
from photoplanet.evaluation import resampling, tables
from photoplanet.locate.credible_region import REGION_SHARE, check_share

SURE_KM, FAR_KM = RADII_KM["country"], RADII_KM["continent"]  # a sure answer has a smaller radius; a bad one is farther


def check(
    errors_km: npt.ArrayLike,
    radius_km: npt.ArrayLike,
    share: float = REGION_SHARE,
    units: resampling.Units | None = None,
    seed: int = 0,
) -> dict[str, Any] | None:
    """Compare each photo's error (n,) km with the radius (n,) km that was stated of it; None where none was stated.

    `share`: how many of the truths the radii claim to hold. Photos without a radius (NaN) or an answer do not count.
    Keys: `probability` (the claim), `stated` (photos with a radius), `held` and its 95 % `interval`,
    `median_radius_km`, `verdict` ("too small", "too large" or "as claimed", by the interval), and `by_radius`: the same
    of radii up to 1, 25, 200, 750, 2500 km and beyond. `sure`: of the answers with a radius under 750 km how many there
    are (`photos`), and the share that is over 2,500 km off (`far`, with its `interval`); None for no such answer.
    InputError for arrays of different length or a bad share.

    >>> found = check([1.0, 30.0, 5.0, np.nan], [2.0, 20.0, 10.0, 1.0], share=0.9)
    >>> found["stated"], round(found["held"], 2), found["verdict"]
    (3, 0.67, 'as claimed')
    """
    errors, radii = np.asarray(errors_km, np.float64), np.asarray(radius_km, np.float64)
    if errors.ndim != 1 or errors.shape != radii.shape:
        raise InputError(f"errors {errors.shape} and radii {radii.shape}: give one of each for every photo")
    check_share(share)
    told = np.isfinite(radii) & np.isfinite(errors)
    if not told.any():
        return None
    of = (units or resampling.photos(errors.size)).some(told)
    errors, radii = errors[told], radii[told]
    inside = errors <= radii
    found = _held(inside, of, seed)
    low, high = found["interval"]
    verdict = "too small" if high < share else "too large" if low > share else "as claimed"
    bands, edges = [], [0.0, *RADII_KM.values(), np.inf]
    for name, start, end in zip([*RADII_KM, "beyond"], edges, edges[1:], strict=False):
        rows = (radii > start) & (radii <= end) if start else radii <= end
        if rows.any():
            limit = None if np.isinf(end) else float(end)
            bands.append({"radii": name, "up_to_km": limit, **_held(inside[rows], of.some(rows), seed)})
    return {
        "probability": share,
        **found,
        "median_radius_km": float(np.median(radii)),
        "verdict": verdict,
        "by_radius": bands,
        "sure": _sure(errors, radii, of, seed),
    }


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What a terminal shows of `check`: the whole, then the photos by the radius stated of them.

    >>> next(lines(check([1.0, 30.0], [2.0, 20.0])))
    'stated radius  photos  truth inside   95 % interval   (claimed: 90 %)'
    """
    yield f"stated radius  photos  truth inside   95 % interval   (claimed: {100 * found['probability']:g} %)"
    whole = {"radii": f"all: {found['verdict']}", "up_to_km": None, **found}
    for each in (*found["by_radius"], whole):
        km = each["up_to_km"]
        name = each["radii"] if each is whole else f"up to {km:,.0f} km" if km else "larger"
        low, high = (tables.percent(bound) for bound in each["interval"])
        yield f"{name:<13}{each['stated']:>8,}{tables.percent(each['held']):>12} %   {low} … {high} %"
    if sure := found["sure"]:
        low, high = (tables.percent(bound) for bound in sure["interval"])
        share = f"{tables.percent(sure['far'])} % are over {FAR_KM:,g} km off ({low} … {high} %)"
        yield f"of {sure['photos']:,} sure answers (radius under {SURE_KM:,g} km) {share}"


def _sure(
    errors: npt.NDArray[np.float64], radii: npt.NDArray[np.float64], of: resampling.Units, seed: int
) -> dict[str, Any] | None:
    rows = radii < SURE_KM
    if not rows.any():
        return None
    found = _held(errors[rows] > FAR_KM, of.some(rows), seed)
    return {"photos": found["stated"], "far": found["held"], "interval": found["interval"]}


def _held(inside: npt.NDArray[np.bool_], of: resampling.Units, seed: int) -> dict[str, Any]:
    interval = resampling.share_intervals(inside[:, None], of, random=seed)[0].tolist()
    return {"stated": int(inside.size), "held": float(inside.mean()), "interval": interval}
