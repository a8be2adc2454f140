"""A trip as files: CSV rows that `score` reads, GeoJSON with a line per album, and GPX; written album by album."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from photoplanet.albums.located_photos import LocatedPhoto
from photoplanet.core.atomic import open_replacing
from photoplanet.earth import lines
from photoplanet.locate import geojson, why
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.precision import ANYWHERE_KM
from photoplanet.metadata import gpx
from photoplanet.show import result_files

COLUMNS = (*result_files.COLUMNS, "taken_at", "album", "kind")

# Takes one album: its number from 1, its photos, and each photo's record (`LocatedPhoto.record`).
Sink = Callable[[int, list[LocatedPhoto], list[dict[str, Any]]], None]


@contextmanager
def csv_file(path: str | Path) -> Iterator[Sink]:
    """Write a CSV file with `COLUMNS`; yields a function that adds one album.

    >>> path = getfixture("tmp_path") / "trip.csv"
    >>> with csv_file(path) as add:
    ...     add(1, [], [{"file": "a.jpg", "kind": "neighbours", "taken_at": None, "error": "a.jpg: not a photo"}])
    >>> path.read_text().splitlines()[1]
    'a.jpg,,,,,,,,,,,,,,,,,,,,,a.jpg: not a photo,,1,neighbours'
    """
    with open_replacing(path) as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()

        def add(number: int, founds: list[LocatedPhoto], records: list[dict[str, Any]]) -> None:
            for facts in records:
                more = {key: facts.get(key) for key in ("taken_at", "kind", "error")} | {"album": number}
                rows = list(result_files.rows(facts)) if "best" in facts else [{"photo_id": facts["file"]}]
                writer.writerows({**row, **more} for row in rows)

        yield add


@contextmanager
def geojson_file(path: str | Path, about: dict[str, Any], form: AnswerOptions) -> Iterator[Sink]:
    """Write a GeoJSON FeatureCollection with `about` beside its features: points, region cells, and each album's line.

    Yields a function that adds one album.

    >>> import json
    >>> path = getfixture("tmp_path") / "trip.geojson"
    >>> with geojson_file(path, {"model": "toy"}, AnswerOptions()) as add:
    ...     add(1, [], [])
    >>> json.loads(path.read_text())["features"]
    []
    """
    with result_files.feature_collection(path, about) as put:

        def add(number: int, founds: list[LocatedPhoto], records: list[dict[str, Any]]) -> None:
            line: list[tuple[float, float]] = []
            for found, facts in zip(founds, records, strict=True):
                if found.prediction is None:
                    continue
                own, pointed = found.options(form), facts["best"] is not None
                shared = {"album": number, "source": facts["kind"], "taken_at": facts["taken_at"]}
                for text in geojson.lines(
                    found.prediction, found.shot.name, own.region, own.precision, pointed, shared
                ):
                    put(text)
                if pointed:
                    line.append((facts["best"]["latitude"], facts["best"]["longitude"]))
            if len(line) > 1:
                geometry = lines.shape(*zip(*line, strict=True))
                put({"type": "Feature", "properties": {"kind": "line", "album": number}, "geometry": geometry})

        yield add


@contextmanager
def gpx_file(path: str | Path, form: AnswerOptions) -> Iterator[Sink]:
    """Write a GPX file: a waypoint per photo that says how it was found and how sure that is, and one track.

    Yields a function that adds one album.

    >>> path = getfixture("tmp_path") / "trip.gpx"
    >>> with gpx_file(path, AnswerOptions()) as add:
    ...     add(1, [], [])
    >>> "<wpt" in path.read_text()
    False
    """
    points: list[tuple[float, float, str | None, str, str]] = []

    def add(number: int, founds: list[LocatedPhoto], records: list[dict[str, Any]]) -> None:
        for found, facts in zip(founds, records, strict=True):
            if best := facts.get("best"):
                radius = facts["region"]["radius_km"]
                about = facts["kind"]
                evidence = why.brief(facts)
                if found.prediction is not None and not found.measured:
                    reach = "anywhere" if radius >= ANYWHERE_KM else f"within {radius:g} km"
                    about = f"photoplanet estimate ({facts['kind']}): {form.region:.0%} {reach}"
                    about += f"; {evidence}" if evidence else ""
                    about += f"; {found.prediction.licence}" if found.prediction.licence else ""
                name = Path(facts["file"]).name
                points.append((best["latitude"], best["longitude"], facts["taken_at"], name, about))

    with open_replacing(path) as file:  # open from the start: better an error now than after hours
        yield add
        gpx.write(file, points, "photoplanet")
