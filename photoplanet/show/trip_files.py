"""A trip as files: CSV rows that `score` reads, GeoJSON with a line per album, and GPX; written album by album."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from photoplanet.albums.trips import Found
from photoplanet.locate import geojson
from photoplanet.locate.answers import AnswerOptions
from photoplanet.metadata import gpx
from photoplanet.show import result_files

COLUMNS = (*result_files.COLUMNS, "taken_at", "album", "kind")

# Takes one album: its number from 1, its photos, and each photo's record (`Found.record`).
Sink = Callable[[int, list[Found], list[dict[str, Any]]], None]


@contextmanager
def csv_file(path: str | Path) -> Iterator[Sink]:
    """A CSV file with `COLUMNS`; yields a function that adds one album."""
    with result_files.atomic(path) as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()

        def add(number: int, founds: list[Found], records: list[dict[str, Any]]) -> None:
            for facts in records:
                more = {key: facts.get(key) for key in ("taken_at", "kind", "error")} | {"album": number}
                rows = list(result_files.rows(facts)) if "best" in facts else [{"photo_id": facts["file"]}]
                writer.writerows({**row, **more} for row in rows)

        yield add


@contextmanager
def geojson_file(path: str | Path, about: dict[str, Any], form: AnswerOptions) -> Iterator[Sink]:
    """A GeoJSON FeatureCollection with `about` beside its features: points, region cells, and each album's line."""
    with result_files.atomic(path) as file:
        head = json.dumps({"type": "FeatureCollection", **about}, ensure_ascii=False)
        file.write(f'{head[:-1]}, "features": [')
        between = ""

        def put(feature: dict[str, Any]) -> None:
            nonlocal between
            file.write(f"{between}\n{json.dumps(feature, ensure_ascii=False, allow_nan=False)}")
            between = ","

        def add(number: int, founds: list[Found], records: list[dict[str, Any]]) -> None:
            line = []
            for found, facts in zip(founds, records, strict=True):
                if found.prediction is None:
                    continue
                told = found.form(form)
                pointed = facts["best"] is not None
                shared = {"album": number, "kind": facts["kind"], "taken_at": facts["taken_at"]}
                name = found.shot.name
                for feature in geojson.features(found.prediction, name, told.region, told.precision, pointed):
                    what = feature["properties"]
                    put({**feature, "properties": {**what, **shared, "kind": what["kind"], "source": shared["kind"]}})
                if pointed:
                    line.append([facts["best"]["longitude"], facts["best"]["latitude"]])
            if len(line) > 1:
                properties = {"kind": "line", "album": number}
                put(
                    {
                        "type": "Feature",
                        "properties": properties,
                        "geometry": {"type": "LineString", "coordinates": line},
                    }
                )

        yield add
        file.write("\n]}\n")


@contextmanager
def gpx_file(path: str | Path, form: AnswerOptions) -> Iterator[Sink]:
    """A GPX file: a waypoint per photo that says how it was found and how sure that is, and one track."""
    points: list[tuple[float, float, str | None, str, str]] = []

    def add(number: int, founds: list[Found], records: list[dict[str, Any]]) -> None:
        for facts in records:
            if best := facts.get("best"):
                radius = facts["region"]["radius_km"]
                about = facts["kind"]
                if best and facts["kind"] not in ("own GPS", "track"):
                    about = f"photoplanet estimate ({facts['kind']}): {form.region:.0%} within {radius:g} km"
                name = Path(facts["file"]).name
                points.append((best["latitude"], best["longitude"], facts["taken_at"], name, about))

    yield add
    with result_files.atomic(path) as file:
        gpx.write(file, points, "photoplanet")
