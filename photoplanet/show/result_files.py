"""Results as files: CSV rows that `score` reads, GeoJSON, and plain records, written while they come."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from photoplanet.core.atomic import open_replacing
from photoplanet.earth.geodesy import RADII_KM
from photoplanet.errors import InputError
from photoplanet.locate import geojson, own_place, why
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.prediction import Prediction

# Takes one photo: its name, its answer, and the answer's record (of a photo that could not be read what it states).
Sink = Callable[[str, Prediction | InputError, dict[str, Any]], None]

TOY_LINE = "toy Earth: not real places (this model knows a made-up world only)"
COLUMNS = (
    "photo_id", "rank", "latitude", "longitude", "confidence", "place", "country_code", "cell",
    *(f"confidence_{name}" for name in RADII_KM), "region_radius_km", "unknown", "gain_bits", "abstains", "world",
    "inside_before", "why", "conflict", "error",
)  # fmt: skip
OWN_COLUMNS = ("own_latitude", "own_longitude", "own_source", "own_km")  # `score` takes no "own" for an answer


def rows(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Turn a record into CSV rows, one per rank; one without coordinates, which `score` does not count, if it abstains.

    >>> import numpy as np
    >>> import photoplanet as pp
    >>> black = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> from photoplanet.locate.answers import record
    >>> [row["rank"] for row in rows(record("black.jpg", black, AnswerOptions(top=3, answer_always=True)))]
    [1, 2, 3]
    """
    shared = {
        "photo_id": facts["file"],
        **own_columns(facts),
        "abstains": str(facts["abstains"]).lower(),
        "region_radius_km": facts["region"]["radius_km"],
        "unknown": facts["unknown"],
        "gain_bits": facts["gain_bits"],
        "world": facts["world"],
        "inside_before": facts.get("within", {}).get("inside_before"),
        "why": why.brief(facts),
        "conflict": facts.get("conflict"),
        **{f"confidence_{name}": value for name, value in facts["confidence"].items()},
    }
    if facts["best"] is None:
        yield shared
        return
    for rank, place in enumerate([facts["best"], *facts["top"][1:]], start=1):
        yield {**shared, "rank": rank, **{key: place[key] for key in place if key in COLUMNS}}


def own_columns(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that say which place a photo states itself; none where it states none.

    >>> own_columns({"file": "a.jpg"})
    {}
    """
    own = facts.get(own_place.KEY)
    if own is None:
        return {}
    values = (own["latitude"], own["longitude"], own["source"], own["distance_km"])
    return dict(zip(OWN_COLUMNS, values, strict=True))


@contextmanager
def csv_file(path: str | Path) -> Iterator[Sink]:
    """Write a CSV file with `COLUMNS` and `OWN_COLUMNS`; yields a function that adds one photo's answer.

    >>> path = getfixture("tmp_path") / "where.csv"
    >>> with csv_file(path) as add:
    ...     add("a.jpg", InputError("a.jpg: not a photo"), {})
    >>> path.read_text().splitlines()[1]
    'a.jpg,,,,,,,,,,,,,,,,,,,,,,,,,a.jpg: not a photo'
    """
    with open_replacing(path) as file:
        writer = csv.DictWriter(file, (COLUMNS[0], *OWN_COLUMNS, *COLUMNS[1:]))
        writer.writeheader()

        def add(name: str, answer: Prediction | InputError, facts: dict[str, Any]) -> None:
            if isinstance(answer, InputError):
                writer.writerow({"photo_id": name, **own_columns(facts), "error": str(answer)})
            else:
                writer.writerows(rows(facts))

        yield add


@contextmanager
def geojson_file(path: str | Path, about: dict[str, Any], form: AnswerOptions) -> Iterator[Sink]:
    """Write a GeoJSON FeatureCollection with `about` beside its features; yields a function that adds an answer.

    >>> path = getfixture("tmp_path") / "where.geojson"
    >>> with geojson_file(path, {"model": "toy"}, AnswerOptions()) as add:
    ...     add("a.jpg", InputError("a.jpg: not a photo"), {})
    >>> json.loads(path.read_text())
    {'type': 'FeatureCollection', 'model': 'toy', 'features': []}
    """
    with feature_collection(path, about) as put:

        def add(name: str, answer: Prediction | InputError, facts: dict[str, Any]) -> None:
            if own := facts.get(own_place.KEY):
                put(own_feature(name, own))
            if isinstance(answer, InputError):
                return
            for line in geojson.lines(answer, name, form.region, form.precision, facts["best"] is not None):
                put(line)

        yield add


def own_feature(name: str, own: dict[str, Any]) -> dict[str, Any]:
    """The place that a photo states itself, as a GeoJSON feature of the kind "own GPS".

    >>> own_feature("a.jpg", {"latitude": 48.9, "longitude": 2.3})["geometry"]["coordinates"]
    [2.3, 48.9]
    """
    rest = {key: value for key, value in own.items() if key not in ("latitude", "longitude")}
    point = {"type": "Point", "coordinates": [own["longitude"], own["latitude"]]}
    return {"type": "Feature", "properties": {"photo": name, "kind": "own GPS", **rest}, "geometry": point}


@contextmanager
def feature_collection(path: str | Path, about: dict[str, Any]) -> Iterator[Callable[[dict[str, Any] | str], None]]:
    """Write a GeoJSON FeatureCollection with `about` beside its features; yields a function that adds a feature.

    It takes a feature, or the JSON of one.

    >>> path = getfixture("tmp_path") / "features.geojson"
    >>> with feature_collection(path, {"model": "toy"}) as put:
    ...     put({"type": "Feature", "properties": {}, "geometry": None})
    >>> len(json.loads(path.read_text())["features"])
    1
    """
    with open_replacing(path) as file:
        head = json.dumps({"type": "FeatureCollection", **about}, ensure_ascii=False)
        file.write(f'{head[:-1]}, "features": [')
        between = ""

        def put(feature: dict[str, Any] | str) -> None:
            nonlocal between
            file.write(f"{between}\n{feature if isinstance(feature, str) else geojson.text(feature)}")
            between = ","

        yield put
        file.write("\n]}\n")
