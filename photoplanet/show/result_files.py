"""Results as files: CSV rows that `score` reads, GeoJSON, and plain records, written while they come."""

import csv
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.errors import InputError
from photoplanet.locate import geojson
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.prediction import Prediction

# Takes one photo: its name, its answer, and the answer's record (empty for a photo that could not be read).
Sink = Callable[[str, Prediction | InputError, dict[str, Any]], None]

TOY_LINE = "toy Earth: not real places (this model knows a made-up world only)"
COLUMNS = (
    "photo_id", "rank", "latitude", "longitude", "confidence", "place", "country_code", "cell",
    *(f"confidence_{name}" for name in RADII_KM), "region_radius_km", "abstains", "world", "error",
)  # fmt: skip


def rows(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A record → CSV rows, one per rank; without coordinates when it abstains, so that `score` counts no answer."""
    shared = {
        "photo_id": facts["file"],
        "abstains": str(facts["abstains"]).lower(),
        "region_radius_km": facts["region"]["radius_km"],
        "world": facts["world"],
        **{f"confidence_{name}": value for name, value in facts["confidence"].items()},
    }
    if facts["best"] is None:
        yield shared
        return
    for rank, place in enumerate([facts["best"], *facts["top"][1:]], start=1):
        yield {**shared, "rank": rank, **{key: place[key] for key in place if key in COLUMNS}}


@contextmanager
def csv_file(path: str | Path) -> Iterator[Sink]:
    """A CSV file with `COLUMNS`; yields a function that adds one photo's answer."""
    with atomic(path) as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()

        def add(name: str, answer: Prediction | InputError, facts: dict[str, Any]) -> None:
            if isinstance(answer, InputError):
                writer.writerow({"photo_id": name, "error": str(answer)})
            else:
                writer.writerows(rows(facts))

        yield add


@contextmanager
def geojson_file(path: str | Path, about: dict[str, Any], form: AnswerOptions) -> Iterator[Sink]:
    """A GeoJSON FeatureCollection with `about` beside its features; yields a function that adds one photo's answer."""
    with atomic(path) as file:
        head = json.dumps({"type": "FeatureCollection", **about}, ensure_ascii=False)
        file.write(f'{head[:-1]}, "features": [')
        between = ""

        def add(name: str, answer: Prediction | InputError, facts: dict[str, Any]) -> None:
            nonlocal between
            if isinstance(answer, InputError):
                return
            for feature in geojson.features(answer, name, form.region, form.precision, facts["best"] is not None):
                file.write(f"{between}\n{json.dumps(feature, ensure_ascii=False, allow_nan=False)}")
                between = ","

        yield add
        file.write("\n]}\n")


@contextmanager
def atomic(path: str | Path) -> Iterator[TextIO]:
    """A text file (UTF-8) that takes the place of `path` in one step at the end, and leaves no trace after an error."""
    target = Path(path)
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as file:
            yield file
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def point(place: dict[str, Any], precision: str) -> str:
    """Latitude and longitude of a record's place as text, with the digits that `precision` leaves."""
    digits = 4 if precision == "street" else 1 if precision == "city" else 0
    return f"{place['latitude']:.{digits}f}, {place['longitude']:.{digits}f}"


def percent(share: float) -> str:
    """A probability as people read it: never 0 % and never 100 %."""
    return "<1 %" if share < 0.01 else ">99 %" if share > 0.99 else f"{100 * share:.0f} %"
