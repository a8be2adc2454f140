"""Anybody's predictions against the truth, in one result."""

from typing import Any

from photoplanet.core.table_sets import Given, Named
from photoplanet.earth.coordinates import tables
from photoplanet.evaluation import accuracy, predictions, published, radii, regions, report, resampling
from photoplanet.evaluation.truth import LISTED
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.photos import table


def score(
    predicted: Named,
    truth: Given,
    *,
    top: int = 5,
    by: str | None = None,
    name: str = "these predictions",
    benchmark: str | None = None,
    region: float = REGION_SHARE,
    resample: str | None = None,
    coordinates: tables.Named | None = None,
) -> dict[str, Any]:
    r"""Score a file or folder of predictions against photo tables, or lists of ids and places → values for JSON.

    Files: CSV, TSV or Parquet; see `predictions.read` and `predictions.match`. `top`: candidates a photo; `by`: also by
    "continent" or "country"; `name`: what to call the predictions; `benchmark`: the public benchmark that the truth
    should be; `region`: the share of truths that stated radii claim to hold; `resample`: what intervals resample, as
    `resampling.units` has it; `coordinates`: the predictions' names for latitude and longitude. InputError for files
    that cannot be read, or have no photo in common.

    Keys: those of `report.result`, `radius` (`radii.check`, None where no radius is stated), `world`, perhaps
    `benchmark` (`expected`, `complete`), and `report`: what was left out, as `report.notes` says it in words.

    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "truth.csv").write_text("photo_id,latitude,longitude\na,48.86,2.35\nb,0.5,0.5\n")
    >>> _ = (folder / "guess.csv").write_text("photo_id,latitude,longitude\na,48.9,2.3\n")
    >>> found = score(folder / "guess.csv", folder / "truth.csv")
    >>> found["accuracy"]["city"], found["report"]["missing"]
    (0.5, {'count': 1, 'first': ['b']})
    """
    known, left_out = table.read(truth, require=LISTED, columns=("photo_id", *resampling.COLUMNS))
    matched = predictions.match(predictions.read(predicted, top, coordinates), known)
    errors = accuracy.top_k_errors(matched.latitude, matched.longitude, matched.true_latitude, matched.true_longitude)
    groups = regions.groups(matched.true_latitude, matched.true_longitude, by) if by else None
    units = resampling.units(known, resample)
    found = report.result(name, errors, groups, by or "", units=units)
    found["radius"] = radii.check(errors[:, 0], matched.radius, region, units)
    found["world"] = matched.report["world"]
    found["report"] = matched.report | {"truth_left_out": left_out}
    if benchmark:
        expected = published.get(benchmark).photos
        complete = found["photos"] == expected
        found["benchmark"] = {"benchmark": benchmark, "expected": expected, "complete": complete}
    return found
