"""A trip as files: CSV, GeoJSON and GPX say the same of every photo, and how it was placed."""

import csv
import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import photoplanet as pp
from photoplanet.albums.located_photos import OWN, TRACK, LocatedPhoto
from photoplanet.albums.shots import Shot
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.prediction import Prediction
from photoplanet.show import trip_files

FORM = AnswerOptions(top=2)


@pytest.fixture
def founds(tiny_model):
    """Photos placed by the pixels, by their own GPS and by a track; one too unsure to say, and one unreadable."""
    part = pp.load(tiny_model).partition
    sure, flat = np.eye(5, dtype=np.float32)[0], np.full(5, 0.2, np.float32)
    time = "2020-05-01T10:00:00+00:00"
    return [
        LocatedPhoto(Shot("a", "trip/a.jpg", "t", time), "estimated", Prediction(sure, part)),
        LocatedPhoto(Shot("b", "trip/b.jpg", "t", time), OWN, Prediction(sure, part, at=(1.2345, 2.3456))),
        LocatedPhoto(Shot("c", "trip/c.jpg", "t"), TRACK, Prediction(sure, part, at=(3.4567, 4.5678))),
        LocatedPhoto(Shot("d", "trip/d.jpg", "t"), "estimated", Prediction(flat, part)),
        LocatedPhoto(Shot("e", "trip/e.jpg", "t"), "neighbours", None, "e.jpg: not a photo"),
    ]


def write(kind, founds, path, *options):
    with kind(path, *options) as add:
        add(7, founds, [found.record(FORM) for found in founds])
    return path.read_text("utf-8")


def test_every_photo_of_a_trip_has_its_rows_with_how_it_was_placed(founds, tmp_path):
    rows = list(csv.DictReader(write(trip_files.csv_file, founds, tmp_path / "trip.csv").splitlines()))
    first = {row["photo_id"]: row for row in reversed(rows)}
    assert list(first) == [f"trip/{name}.jpg" for name in "edcba"]
    assert [first[f"trip/{name}.jpg"]["kind"] for name in "abcde"] == [
        "estimated", OWN, TRACK, "estimated", "neighbours"]  # fmt: skip
    assert {row["album"] for row in rows} == {"7"} and first["trip/a.jpg"]["taken_at"] == "2020-05-01T10:00:00+00:00"
    assert (first["trip/b.jpg"]["latitude"], first["trip/b.jpg"]["longitude"]) == ("1.2345", "2.3456")
    assert first["trip/d.jpg"]["latitude"] == "" and first["trip/d.jpg"]["abstains"] == "true"
    assert first["trip/e.jpg"]["error"] == "e.jpg: not a photo" and first["trip/e.jpg"]["latitude"] == ""


def test_a_trip_s_geojson_has_points_cells_and_one_line_through_the_answers(founds, tmp_path):
    found = json.loads(write(trip_files.geojson_file, founds, tmp_path / "trip.geojson", {"model": "tiny"}, FORM))
    assert found["model"] == "tiny"
    points = {
        each["properties"]["photo"]: each["properties"]
        for each in found["features"]
        if each["geometry"]["type"] == "Point"
    }
    assert sorted(points) == ["trip/a.jpg", "trip/b.jpg", "trip/c.jpg"]
    assert points["trip/b.jpg"]["source"] == OWN and points["trip/b.jpg"]["kind"] == "point"
    assert points["trip/a.jpg"]["album"] == 7 and points["trip/a.jpg"]["taken_at"] == "2020-05-01T10:00:00+00:00"
    (line,) = [each for each in found["features"] if each["geometry"]["type"] == "LineString"]
    assert line["properties"] == {"kind": "line", "album": 7} and len(line["geometry"]["coordinates"]) == 3
    assert line["geometry"]["coordinates"][1:] == [[2.3456, 1.2345], [4.5678, 3.4567]]  # longitude first


def test_a_line_over_the_180th_meridian_is_cut_and_gpx_has_no_180(founds, tmp_path):
    part = founds[0].prediction.partition
    places = [(-16.8, 179.7), (-16.8, 180.0), (-16.9, -179.9)]
    over = [LocatedPhoto(Shot(str(k), f"{k}.jpg", "t"), OWN, Prediction(np.eye(5, dtype=np.float32)[0], part, at=at))
            for k, at in enumerate(places)]  # fmt: skip
    found = json.loads(write(trip_files.geojson_file, over, tmp_path / "t.geojson", {}, FORM))
    (line,) = [each["geometry"] for each in found["features"] if each["properties"]["kind"] == "line"]
    assert line["type"] == "MultiLineString"
    assert line["coordinates"] == [[[179.7, -16.8], [180.0, -16.8]], [[-180.0, -16.8], [-179.9, -16.9]]]
    points = ElementTree.fromstring(write(trip_files.gpx_file, over, tmp_path / "t.gpx", FORM)).findall(".//{*}trkpt")
    assert [point.get("lon") for point in points] == ["179.700000", "-180.000000", "-179.900000"]


def test_one_answer_makes_no_line(founds, tmp_path):
    found = json.loads(write(trip_files.geojson_file, founds[3:] + founds[:1], tmp_path / "t.geojson", {}, FORM))
    assert "LineString" not in {each["geometry"]["type"] for each in found["features"]}


def test_a_trip_s_gpx_says_which_places_are_estimates_and_how_far_off_they_may_be(founds, tmp_path):
    root = ElementTree.fromstring(write(trip_files.gpx_file, founds, tmp_path / "trip.gpx", FORM))
    about = {point.findtext("{*}name"): point.findtext("{*}desc") for point in root.findall("{*}wpt")}
    radius = founds[0].record(FORM)["region"]["radius_km"]
    assert about == {
        "a.jpg": f"photoplanet estimate (estimated): 90% within {radius:g} km",
        "b.jpg": OWN,
        "c.jpg": TRACK,
    }
    assert len(root.findall(".//{*}trkpt")) == 3


def test_two_answers_make_a_line(founds, tmp_path):
    found = json.loads(write(trip_files.geojson_file, founds[:2], tmp_path / "t.geojson", {}, FORM))
    assert "LineString" in {each["geometry"]["type"] for each in found["features"]}
