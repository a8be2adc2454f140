"""A calibration as a person reads it: reliability before and after, side by side, and what has to be known of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from photoplanet.errors import printable
from photoplanet.evaluation import resampling, tables


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What a terminal shows of `calibrate.calibrate`: a table for each of the five radii, then the summary.

    >>> share = {"share": 0.5, "interval": [0.4, 0.6]}
    >>> bins = [{"lower": 0.4, "upper": 0.6, "photos": 9, "stated": 0.5, "right": 0.5, "interval": [0.4, 0.6]}]
    >>> side = {"confidence": {"city": {"km": 25.0, "stated": 0.5, "right": 0.5, "interval": [0.4, 0.6], "bins": bins,
    ...                                 "expected_calibration_error": 0.0}},
    ...         "region": {"probability": 0.9, "held": 0.9, "interval": [0.8, 1.0], "median_radius_km": 20.0},
    ...         "abstained": share, "given": {"answers": 5, "right": share}, "log_loss": 0.5,
    ...         "sure": {**share, "answers": 5, "off": {"750": share, "2500": share}}}
    >>> intervals = {"resampled": "album", "units": 30}
    >>> gain = {"log_loss": 0.0, "interval": [0.0, 0.1]}
    >>> shown = list(lines({"before": side, "after": side, "intervals": intervals, "gain": gain}))
    >>> shown[2], shown[3].split()[:7]
    ('city, 25 km', ['40', '…', '60', '%', '9', '50.0', '50.0'])
    """
    before, after = found["before"], found["after"]
    yield f"{'':<19}{'before':<39}after"
    heads = f"{'photos':>8}{'stated':>7}{'right':>7}{'95 %':>9}"
    yield f"{'confidence':<17}{heads:<36}{heads}"
    for name, one in before["confidence"].items():
        other = after["confidence"][name]
        yield f"{name}, {one['km']:,.0f} km"
        halves = [{each["lower"]: each for each in side["bins"]} for side in (one, other)]
        for lower in sorted(halves[0].keys() | halves[1].keys()):
            upper = next(half[lower]["upper"] for half in halves if lower in half)
            cells = "   ".join(_bin(half.get(lower)) for half in halves)
            yield f"{f'  {100 * lower:.0f} … {100 * upper:3.0f} %':<17}{cells}".rstrip()
        yield f"{'  all':<17}{'   '.join(_bin(side) for side in (one, other))}".rstrip()
    yield ""
    yield f"{'':<44}{'before':>24}{'after':>24}"
    for words, one, other in zip(_words(before), _figures(before), _figures(after), strict=True):
        yield f"{words:<44}{one:>24}{other:>24}"
    interval = found["gain"]["interval"]
    if interval is not None:
        low, high = interval
        yield f"log loss fell by {found['gain']['log_loss']:.4f} ({low:.4f} … {high:.4f})"
    yield f"95 % intervals: {resampling.described(found['intervals'])}"


def remarks(found: Mapping[str, Any]) -> Iterator[str]:
    """What a reader of the table has to know beside its figures, one line each.

    >>> found = {"leaks": {"checked": False, "why": "no table", "how": "give --training TABLE"}, "world": "real",
    ...          "intervals": {}, "unreadable": {"count": 0, "first": []}, "outside": 2, "photos": 60, "not_used": 0,
    ...          "groups": 12, "grouped_by": ["album"], "folds": 5}
    >>> for line in remarks(found):
    ...     print(line)
    NOT checked whether photos are among the training photos: no table; give --training TABLE
    2 of 60 photos are over 200 km from every cell of the model
    "after" is stated by calibrations fitted to other groups of photos: 12 groups (album) in 5 folds
    """
    leaks = found["leaks"]
    if not leaks["checked"]:
        yield f"NOT checked whether photos are among the training photos: {leaks['why']}; {leaks['how']}"
    elif leaks["duplicates"]["count"]:
        yield f"{leaks['duplicates']['count']:,} photos left out: the model was trained on them ({leaks['training']})"
    if "warning" in found["intervals"]:
        yield found["intervals"]["warning"]
    if found["world"] == "toy":
        yield "toy Earth: not real places (this model knows a made-up world only)"
    unreadable = found["unreadable"]
    if unreadable["count"]:
        yield from (f"photoplanet: {printable(reason)}" for reason in unreadable["first"])
        yield f"{unreadable['count']:,} photos could not be read; they are left out"
    if found["not_used"]:
        yield f"{found['not_used']:,} photos left out by chance: more than {found['photos']:,} would make it no better"
    if found["outside"]:
        yield f"{found['outside']:,} of {found['photos']:,} photos are over 200 km from every cell of the model"
    kinds = ", ".join(found["grouped_by"])
    yield (f'"after" is stated by calibrations fitted to other groups of photos: {found["groups"]:,} groups ({kinds}) '
           f"in {found['folds']} folds")  # fmt: skip


def verdict(found: Mapping[str, Any]) -> str:
    """Say in a line what was fitted, or that nothing is better than what the model has.

    >>> fitted = {"temperature_before": 1.0, "temperature": 1.5, "corrected": True, "unknown_bias_added": 0.0}
    >>> verdict({"better": True, "fitted": fitted})
    'fitted to all photos: temperature 1 → 1.5; odds corrected at every distance'
    """
    if not found["better"]:
        return "no better on photos left out, by more than chance: the model keeps the calibration that it has"
    fitted = found["fitted"]
    parts = [f"temperature {fitted['temperature_before']:.3g} → {fitted['temperature']:.3g}"]
    if fitted["corrected"]:
        parts.append("odds corrected at every distance")
    if fitted["unknown_bias_added"]:
        parts.append(f"{fitted['unknown_bias_added']:+.2f} on the log odds of unknown")
    return f"fitted to all photos: {'; '.join(parts)}"


def _bin(each: Mapping[str, Any] | None) -> str:
    if each is None:
        return " " * 36
    low, high = (tables.percent(bound) for bound in each["interval"])
    photos = f"{each['photos']:,}" if "photos" in each else ""
    return f"{photos:>8}{tables.percent(each['stated']):>7}{tables.percent(each['right']):>7}{low:>7} … {high:>5}"


def _words(side: Mapping[str, Any]) -> list[str]:
    return [
        f"the {100 * side['region']['probability']:g} % radius holds the truth of",
        "  median radius, km",
        "sure answers (radius under 750 km)",
        *(f"  of these over {float(km):,.0f} km off" for km in side["sure"]["off"]),
        "no answer",
        "answers given that are right within 750 km",
        "log loss at the five radii",
    ]


def _figures(side: Mapping[str, Any]) -> list[str]:
    held = {"share": side["region"]["held"], "interval": side["region"]["interval"]}
    return [
        _interval(held),
        tables.distance(side["region"]["median_radius_km"]),
        _interval(side["sure"]),
        *map(_interval, side["sure"]["off"].values()),
        _interval(side["abstained"]),
        _interval(side["given"]["right"]),
        f"{side['log_loss']:.4f}",
    ]


def _interval(share: Mapping[str, Any]) -> str:
    if share["share"] is None:
        return "–"
    low, high = (tables.percent(bound) for bound in share["interval"])
    return f"{tables.percent(share['share'])} % ({low} … {high})"
