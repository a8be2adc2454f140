"""Results as files: what `--csv` and `--geojson` write of answers, abstentions and photos that could not be read."""

import csv
import json

import numpy as np
import pytest

import photoplanet as pp
from photoplanet.errors import InputError
from photoplanet.evaluation import predictions
from photoplanet.locate.answers import AnswerOptions, record
from photoplanet.locate.prediction import Prediction
from photoplanet.show import result_files


@pytest.fixture
def answers(tiny_model):
    """(name, answer) of a sure photo, one that abstains, and one that could not be read."""
    part = pp.load(tiny_model).partition
    sure = Prediction(np.array([0.9, 0.1, 0, 0, 0], np.float32), part)
    unsure = Prediction(np.full(5, 0.2, np.float32), part)
    return [("sure.jpg", sure), ("unsure.jpg", unsure), ("bad.jpg", InputError("bad.jpg: not a photo"))]


def write(answers, path, form):
    kind = result_files.csv_file(path) if path.suffix == ".csv" else result_files.geojson_file(path, {"m": 1}, form)
    with kind as add:
        for name, answer in answers:
            add(name, answer, record(name, answer, form) if isinstance(answer, Prediction) else {})
    return path


def test_every_photo_has_a_row_one_without_a_place_where_it_abstains(answers, tmp_path):
    path = write(answers, tmp_path / "where.csv", AnswerOptions(top=2))
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert list(rows[0]) == [result_files.COLUMNS[0], *result_files.OWN_COLUMNS, *result_files.COLUMNS[1:]]
    assert [(row["photo_id"], row["rank"]) for row in rows] == [
        ("sure.jpg", "1"), ("sure.jpg", "2"), ("unsure.jpg", ""), ("bad.jpg", "")]  # fmt: skip
    sure, second, unsure, bad = rows
    assert sure["abstains"] == "false" and float(sure["confidence_country"]) > 0.75 and sure["country_code"] == "BR"
    assert second["place"] != sure["place"] and second["confidence_city"] == sure["confidence_city"]
    assert unsure["abstains"] == "true" and unsure["latitude"] == unsure["place"] == "" and unsure["confidence_country"]
    assert float(unsure["region_radius_km"]) > 0 and unsure["error"] == ""
    assert bad["error"] == "bad.jpg: not a photo" and bad["latitude"] == ""


def test_asked_always_to_answer_an_unsure_photo_has_its_place(answers, tmp_path):
    path = write(answers, tmp_path / "where.csv", AnswerOptions(answer_always=True))
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert rows[1]["abstains"] == "true" and rows[1]["latitude"]


def test_score_reads_the_csv_and_counts_no_answer_where_there_is_none(answers, tmp_path):
    found = predictions.read(write(answers, tmp_path / "where.csv", AnswerOptions(top=2)), 2)
    assert found.photo_id.tolist() == ["sure.jpg"]
    assert found.report["without_answer"] == 2


def test_geojson_has_a_point_of_each_answer_and_the_cells_of_every_photo_that_could_be_read(answers, tmp_path):
    found = json.loads(write(answers, tmp_path / "where.geojson", AnswerOptions()).read_text("utf-8"))
    assert found["type"] == "FeatureCollection" and found["m"] == 1
    kinds = [(each["properties"]["photo"], each["geometry"]["type"]) for each in found["features"]]
    assert kinds.count(("sure.jpg", "Point")) == 1 and ("unsure.jpg", "Point") not in kinds
    assert {name for name, _ in kinds} == {"sure.jpg", "unsure.jpg"}
    assert sum(name == "unsure.jpg" for name, _ in kinds) == 5


def test_a_failure_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "where.csv"
    path.write_text("before")
    with pytest.raises(InputError), result_files.csv_file(path):
        raise InputError("stopped")
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]
