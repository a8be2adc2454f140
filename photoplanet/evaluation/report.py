"""One result: everything there is to say about a set of predictions, as a dict for JSON and as text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.errors import printable
from photoplanet.evaluation import accuracy, calibration, predictions, radii, resampling, tables, unknown
from photoplanet.locate.credible_region import REGION_SHARE

_SHOWN = 5


def result(
    name: str,
    errors_km: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    by: str = "",
    seed: int = 0,
    units: resampling.Units | None = None,
) -> dict[str, Any]:
    """`accuracy.summary` of the first candidate, with `name`, `top_k` and, given groups, `by`; `units` as there.

    `errors_km` is (n, k): column j is the error of the best of the first j + 1 candidates, as `top_k_errors` returns
    it. `top_k` maps "1" … "k" to accuracy by radius (the paper's Fig. 3).

    >>> result("mine", [[30.0, 10.0]])["top_k"]["2"]["city"]
    1.0
    """
    errors = np.asarray(errors_km, np.float64)
    found = {"name": name, **accuracy.summary(errors[:, 0], seed=seed, units=units)}
    found["top_k"] = {str(k + 1): accuracy.accuracy(errors[:, k]) for k in range(errors.shape[1])}
    if groups is not None:
        found["by"] = {by: accuracy.by_group(errors[:, 0], groups, seed=seed, units=units)}
    return found


def calibration_facts(
    confidence: NDArray[np.float64],
    correct: NDArray[np.bool_],
    held: NDArray[np.bool_],
    answered: NDArray[np.bool_],
    share: float = REGION_SHARE,
    units: resampling.Units | None = None,
) -> dict[str, Any]:
    """How honest the probabilities are, over the photos that were read (`answered`, bool (n,)).

    `confidence` of the most probable cell and whether it is `correct` give the expected calibration error; `held` says
    whether the true cell is in the credible region that holds `share`. Uncovered photos are in no cell: wrong, outside.

    >>> yes, no = np.array([True, True]), np.array([False, True])
    >>> calibration_facts(np.array([0.5, 1.0]), no, yes, yes)["region"]["coverage"]
    1.0
    """
    sure, right, inside = confidence[answered], correct[answered], held[answered]
    n = int(answered.sum())
    covered = float(inside.mean()) if n else 0.0
    of = (units or resampling.photos(len(answered))).some(answered)
    bounds = resampling.share_intervals(inside[:, None], of)[0].tolist()
    return {
        "expected_calibration_error": calibration.expected_calibration_error(sure, right),
        "bins": calibration.BINS,
        "mean_confidence": float(sure.mean()) if n else 0.0,
        "cell_accuracy": float(right.mean()) if n else 0.0,
        "region": {"probability": share, "coverage": covered, "interval": bounds},
    }


def page(
    found: Mapping[str, Any],
    published: Sequence[Mapping[str, Any]] = (),
    style: str | None = None,
    intervals: bool = False,
) -> str:
    """A result as a person wants to read it: a table to paste in a `style` of `tables.FORMATS`, or else as `text`.

    `published`: rows of `published.Benchmark.rows` to set beside it, never beside the toy Earth, and with a mark beside
    an incomplete copy; `intervals`: with a style, the 95 % intervals too.

    >>> print(page(result("mine", [[10.0]]), style="markdown"))
    |  | street 1 km | city 25 km | ...
    """
    if style is not None:
        rows = table_rows(found, published)
        return tables.render(rows, style, intervals=intervals, notes=_captions(found, published, intervals))
    lines, beside = text(found), comparable(found, published)
    if beside:
        own = {"name": own_name(found), "accuracy": found["accuracy"]}
        lines += f"\n{tables.markdown([*beside, own])}"
    return lines + "".join(f"\n{note}\n" for note in _captions(found, published, intervals=False))


def comparable(found: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The published rows that may stand beside a result: none beside one of the toy Earth.

    >>> comparable({"world": "toy"}, [{"name": "PlaNet"}])
    []
    """
    return [] if found.get("world") == "toy" else published


def own_name(found: Mapping[str, Any]) -> str:
    """What a result is called in a table: its name, its readout, and why it is not comparable.

    >>> own_name({"name": "toy", "readout": "center", "world": "toy"})
    'toy, readout center (toy Earth)'
    """
    readout = f", readout {found['readout']}" if "readout" in found else ""
    marks = ["toy Earth"] if found.get("world") == "toy" else []
    if not found.get("benchmark", {"complete": True})["complete"]:
        marks.append("incomplete copy, not comparable")
    return f"{found['name']}{readout}" + (f" ({'; '.join(marks)})" if marks else "")


def text(found: Mapping[str, Any]) -> str:
    """A result as lines for a terminal: accuracy with intervals, median, GeoScore, top-k, calibration, groups.

    >>> print(text(result("mine", [[10.0]])))
          within  accuracy   95 % interval, 1 photo resampled
    street     1 km     0.0 %   ...
    """
    resampled = resampling.described(found["intervals"])
    lines = [f"{'':<10}{'within':>9}{'accuracy':>10}   95 % interval, {resampled}"]
    for radius, km in found["radii_km"].items():
        low, high = (tables.percent(bound) for bound in found["accuracy_interval"][radius])
        share = tables.percent(found["accuracy"][radius])
        lines.append(f"{radius:<10}{km:>6,.0f} km{share:>8} %   {low} … {high} %")
    low, high = (tables.distance(bound) for bound in found["median_km_interval"])
    if found["photos"]:
        lines.append(f"median error {tables.distance(found['median_km'])} km ({low} … {high} km)")
        low, high = (f"{bound:.0f}" for bound in found["geoscore_interval"])
        lines.append(f"GeoScore {found['geoscore']:.0f} of {accuracy.GEOSCORE_BEST:.0f} ({low} … {high})")
    if len(found["top_k"]) > 1:
        lines += ["", f"{'best of':<10}" + "".join(f"{name:>11}" for name in found["radii_km"])]
        for k, shares in found["top_k"].items():
            lines.append(f"{'top ' + k:<10}" + "".join(f"{tables.percent(share):>9} %" for share in shares.values()))
    if sure := found.get("sureness"):
        region = sure["region"]
        lines += [
            "",
            f"expected calibration error {tables.percent(sure['expected_calibration_error'])} % "
            f"(mean confidence {tables.percent(sure['mean_confidence'])} %, cell accuracy "
            f"{tables.percent(sure['cell_accuracy'])} %)",
            f"the {100 * region['probability']:g} % region holds the truth of {tables.percent(region['coverage'])} %",
        ]
    if found.get("radius"):
        lines += ["", *radii.lines(found["radius"])]
    if found.get("unknown"):
        lines += ["", *unknown.lines(found["unknown"])]
    if "baselines" in found:
        lines += ["", *_baseline_lines(found)]
    if found.get("leaks", {}).get("checked"):
        lines += ["", *_leak_lines(found["leaks"])]
    for by, groups in found.get("by", {}).items():
        lines += ["", *_group_lines(by, groups)]
    return "\n".join(lines) + "\n"


def remarks(found: Mapping[str, Any]) -> Iterator[str]:
    """What a reader of an evaluation has to know beside its figures, one line each.

    Whether test photos were compared with the training photos, and what counts as wrong without being a wrong answer.

    >>> found = {"photos": 1, "world": "toy", "leaks": {"checked": True, "not_compared": 0},
    ...          "uncovered": 0, "abstained": 0, "unreadable": {"count": 0}}
    >>> list(remarks(found))
    ['toy Earth: not real places (this model knows a made-up world only)']
    """
    leaks, of_all = found["leaks"], f"of {found['photos']:,}"
    if "warning" in found.get("intervals", {}):
        yield found["intervals"]["warning"]
    if not leaks["checked"]:
        yield f"NOT checked whether test photos are among the training photos: {leaks['why']}; {leaks['how']}"
    elif leaks["not_compared"]:
        yield f"{leaks['not_compared']:,} photos could not be read and so not be compared"
    if found["world"] == "toy":
        yield "toy Earth: not real places (this model knows a made-up world only)"
    if found["uncovered"]:
        scored = "count as wrong" if found["uncovered_scored_by"] == "wrong" else "are scored by distance"
        yield f"{found['uncovered']:,} {of_all} photos lie outside every cell of the model; they {scored}"
    if found["abstained"]:
        yield f"`locate` would withhold {found['abstained']:,} {of_all} answers as too weak; they are scored here"
    unreadable = found["unreadable"]
    if unreadable["count"]:
        yield from (f"photoplanet: {reason}" for reason in unreadable["first"])
        yield f"{unreadable['count']:,} {of_all} photos could not be read; they count as wrong"


def notes(report: Mapping[str, Any]) -> Iterator[str]:
    """What was left out or counted as wrong in a match (`predictions.Matched.report`), one line each.

    >>> report = {"bad_rows": {}, "duplicates": {}, "without_answer": 2, "matched_by": "photo_id",
    ...           "missing": {"count": 0, "first": []}, "without_truth": {"count": 0, "first": []}}
    >>> list(notes(report))
    ['2 rows give no coordinates: no answer']
    """
    kinds = (
        ("bad_rows", "rows of the predictions left out"), ("duplicates", "duplicates left out"),
        ("bad_radii", "radii not checked"),
    )  # fmt: skip
    for key, what in kinds:
        if report.get(key):
            yield f"{what}: {predictions.describe(report[key])}"
    if report["without_answer"]:
        yield f"{report['without_answer']:,} rows give no coordinates: no answer"
    missing, extra = report["missing"], report["without_truth"]
    if missing["count"]:
        yield f"{missing['count']:,} photos without a prediction count as wrong ({_first(missing)})"
    if extra["count"]:
        yield f"{extra['count']:,} predictions without truth left out ({_first(extra)})"
    if report.get("same_as_truth"):
        yield "every answer is exactly the truth: are the coordinates in it the prediction?"
    if report["matched_by"] != "photo_id":
        yield f"no photo_id in common: matched by {report['matched_by']}"


def table_rows(found: Mapping[str, Any], published: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Rows for `tables.render`: the published ones, then this result; where groups were asked for, one row a group.

    >>> [row["name"] for row in table_rows(result("mine", [[10.0]]), [{"name": "theirs"}])]
    ['theirs', 'mine']
    """
    apart = ("top_k", "by", "sureness", "leaks", "radius", "unknown", "baselines")
    own: dict[str, Any] = {key: value for key, value in found.items() if key not in apart} | {"name": own_name(found)}
    rows = [*map(dict, comparable(found, published)), *found.get("baselines", {"rows": []})["rows"], own]
    for groups in found.get("by", {}).values():
        rows += [{"name": name, **figures} for name, figures in groups.items()]
    return rows


def _captions(found: Mapping[str, Any], published: Sequence[Mapping[str, Any]], intervals: bool) -> list[str]:
    """What has to stand with a table wherever it is pasted."""
    notes = []
    if comparable(found, published):
        notes.append(
            "Each published row has its method's own readout. PlaNet's is the cell's centre: compare it with --readout "
            "center."
        )
    if intervals:
        notes.append(f"95 % intervals by bootstrap: {resampling.described(found['intervals'])}.")
    if published and not comparable(found, published):
        notes.append("The toy Earth is made up: its accuracy is not comparable with published results, left out here.")
    return notes


def _leak_lines(found: Mapping[str, Any]) -> Iterator[str]:
    count, first = found["duplicates"]["count"], found["duplicates"]["first"]
    have = "photo has" if count == 1 else "photos have"
    yield f"{count:,} {have} a (near-)duplicate among the {found['training_photos']:,} of {found['training']}"
    if count:
        names = ", ".join(f"{pair['photo_id']} = {pair['duplicate_of']}" for pair in first)
        yield f"  {names}{', …' if count > len(first) else ''}"
        for word in ("with", "without"):
            shares = found[f"accuracy_{word}"]
            figures = (
                "".join(f"{tables.percent(shares[radius]):>9} %" for radius in RADII_KM) if shares else " no photo"
            )
            mark = "  ← above" if (word == "without") == found["dropped"] else ""
            yield f"{word + ' them':<14}{figures}{mark}"
    if found["same_photo_id"]["count"]:
        names = _first(found["same_photo_id"])
        yield f"photo_ids that {found['training']} has too: {found['same_photo_id']['count']:,} ({names})"


def _baseline_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What needs no network, and by how many points the result is ahead of it."""
    width = max(len(row["name"]) for row in found["baselines"]["rows"]) + 2
    yield f"{'without a network':<{width}}" + "".join(f"{name:>22}" for name in RADII_KM)
    for row in found["baselines"]["rows"]:
        shares = (_with_interval(row["accuracy"][name], *row["accuracy_interval"][name]) for name in RADII_KM)
        yield f"{row['name']:<{width}}" + "".join(f"{each:>22}" for each in shares)
    yield "ahead of it by points"
    for name, gains in found["baselines"]["gains"].items():
        triples = (gains[radius] for radius in RADII_KM)
        points = (_with_interval(gain, low, high, "+") for gain, low, high in triples)
        yield f"{name:<{width}}" + "".join(f"{each:>22}" for each in points)


def _with_interval(value: float, low: float, high: float, sign: str = "") -> str:
    return f"{100 * value:{sign}.1f} [{100 * low:{sign}.1f}, {100 * high:{sign}.1f}]"


def _first(entry: Mapping[str, Any]) -> str:
    more = ", …" if entry["count"] > len(entry["first"]) else ""
    return ", ".join(printable(str(name)) for name in entry["first"][:_SHOWN]) + more


def _group_lines(by: str, groups: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    width = max(len(by), *(len(name) for name in groups)) + 2 if groups else len(by) + 2
    yield f"{by:<{width}}{'photos':>9}" + "".join(f"{name:>11}" for name in RADII_KM) + f"{'median km':>12}"
    for name, figures in groups.items():
        shares = "".join(f"{tables.percent(figures['accuracy'][radius]):>9} %" for radius in RADII_KM)
        yield f"{name:<{width}}{figures['photos']:>9,}{shares}{tables.distance(figures['median_km']):>12}"
