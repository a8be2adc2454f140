"""From photo files to a new calibration: what is stored is what was fitted, and too little is refused in one line."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from photoplanet.errors import InputError, MissingExtra
from photoplanet.evaluation import truth
from photoplanet.evaluation.recalibration import calibrate, fitting, report
from photoplanet.evaluation.recalibration.answers import Answers, Settings
from photoplanet.locate import locator
from photoplanet.locate.correction import Correction
from photoplanet.models import folder
from photoplanet.models.calibration_facts import KNOTS_KM
from photoplanet.photos import splits, table


def photos(where, places, count=120, albums=24, seed=0, share=0.55):
    """A table of photos of which the tiny model states wrong odds: `share` of them are where their colour says."""
    random = np.random.default_rng(seed)
    names, rows = list(places), []
    channel = {"Paris": 0, "Rio": 1, "Sydney": 2}
    for number in range(count):
        shown = list(channel)[number % 3]
        there = shown if random.random() < share else names[random.integers(len(names))]
        pixels = random.integers(0, 60, (6, 6, 3), np.uint8)  # no two alike
        pixels[..., channel[shown]] = random.integers(180, 256, (6, 6))
        path = where / f"{number:03}.png"
        Image.fromarray(pixels).resize((96, 96), Image.Resampling.BICUBIC).save(path)
        latitude, longitude = places[there]
        rows.append({"photo_id": f"{number:03}", "path": path.name, "latitude": latitude + random.normal(0, 0.02),
                     "longitude": longitude + random.normal(0, 0.02), "album": f"album {number % albums}"})  # fmt: skip
    table.write(table.from_rows(rows), where / "photos.csv")
    return where / "photos.csv"


@pytest.fixture
def listed(tmp_path, tiny_cities):
    return photos(tmp_path, tiny_cities)


def test_what_is_stored_is_what_was_fitted_to_all_photos(listed, tiny_model_copy):
    model, known = locator.load(tiny_model_copy), truth.of(listed)
    found = calibrate.calibrate(model, known)
    assert found["better"] and found["photos"] == 120 and found["groups"] == 24 and found["folds"] == 5
    json.dumps(found, allow_nan=False)
    before = model.locate(known.paths)
    places = np.column_stack([known.photos["latitude"].to_numpy(), known.photos["longitude"].to_numpy()])
    groups = splits.groups(known.photos)
    answers = Answers(before, places, groups)
    settings = fitting.fit(answers, splits.folds(groups, places[:, 0], places[:, 1], 5))
    folder.set_calibration(tiny_model_copy, found["calibration"])
    after = locator.load(tiny_model_copy).locate(known.paths)
    for one, other, expected in zip(before, after, answers.restated(settings), strict=True):
        assert other.point == pytest.approx(one.point)
        assert other.confidence == pytest.approx(expected.confidence, abs=1e-4)
        assert other.credible_region().radius_km == pytest.approx(expected.credible_region().radius_km, rel=5e-3)
        assert other.abstains == expected.abstains


def test_figures_before_are_of_the_model_and_after_are_better_on_photos_left_out(listed, tiny_model):
    found = calibrate.calibrate(locator.load(tiny_model), truth.of(listed))
    before, after = found["before"], found["after"]
    city = before["confidence"]["city"]
    assert abs(city["stated"] - city["right"]) > 0.2
    assert abs(after["confidence"]["city"]["stated"] - after["confidence"]["city"]["right"]) < 0.05
    assert after["confidence"]["city"]["right"] == city["right"]
    assert sum(each["photos"] for each in city["bins"]) == 120
    assert after["log_loss"] < before["log_loss"] and found["gain"]["log_loss"] > 0
    assert found["gain"]["log_loss"] == pytest.approx(before["log_loss"] - after["log_loss"])
    assert abs(after["region"]["held"] - 0.9) <= abs(before["region"]["held"] - 0.9)
    assert before["region"]["median_radius_km"] > 0 and before["given"]["answers"] > 60


def test_a_model_that_is_honest_keeps_what_it_has(tmp_path, tiny_cities, write_model):
    write_model(tmp_path / "model", temperature=1.0)
    found = calibrate.calibrate(locator.load(tmp_path / "model"), truth.of(photos(tmp_path, tiny_cities)))
    folder.set_calibration(tmp_path / "model", found["calibration"])
    again = calibrate.calibrate(locator.load(tmp_path / "model"), truth.of(tmp_path / "photos.csv"))
    assert not again["better"] and again["calibration"] is None
    assert report.verdict(again).startswith("no better on photos left out")


def test_the_old_calibration_is_kept_once_and_what_described_it_goes():
    settings = Settings(2.0, Correction((0.0,) * len(KNOTS_KM), (0.5,) * len(KNOTS_KM)), 0.25, 0.5)
    unknown = {"bias": 1.0, "weights": {"gain": -1.0}, "photos": 7}
    old = {"temperature": 1.5, "photos": 900, "least_gain": 0.3, "abstain_below": 0.6, "unknown": unknown}
    found = calibrate.renewed(old | {"before": {"temperature": 9.0}}, settings, {"photos": 120})
    assert found["before"] == old and found["temperature"] == 3.0 and found["readout_sharpness"] == 2.0
    assert found["least_gain"] == 0.3 and found["abstain_below"] == 0.5 and "photos" not in found
    assert found["unknown"] == {"bias": 1.25, "weights": {"gain": -1.0}, "photos": 7, "temperature": 1.5}
    later = calibrate.renewed(found, Settings(temperature=2.0), {})
    assert later["unknown"]["temperature"] == 1.5 and later["readout_sharpness"] == 4.0
    assert "before" not in later["before"] and "correction" not in later


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[:10], "10 photos, and a calibration needs 50 or more"),
        (lambda rows: [row | {"album": "one"} for row in rows], "120 photos of one album, and a calibration needs 10"),
        (lambda rows: [row | {"album": f"{k % 3}"} for k, row in enumerate(rows)], "120 photos of 3 groups"),
        (lambda rows: [row | {"latitude": 48.86, "longitude": 2.35} for row in rows], "120 photos of 1 place "),
        (lambda rows: [row | {"latitude": -80.0 + k % 9, "longitude": 100.0} for k, row in enumerate(rows)],
         "0 of 120 photos are within 200 km of a cell of tiny"),
        (lambda rows: [row | {"path": "gone.png"} for row in rows], "0 readable photos, and a calibration needs 50"),
    ],
)  # fmt: skip
def test_too_little_is_refused_in_one_line(listed, tiny_model, change, words):
    rows, _ = table.read(listed)
    changed = listed.with_name("changed.csv")
    table.write(table.from_rows(change(rows.to_pylist())), changed)
    with pytest.raises(InputError) as error:
        calibrate.calibrate(locator.load(tiny_model), truth.of(changed))
    assert words in str(error.value) and "\n" not in str(error.value) and str(error.value).startswith(str(changed))


def test_the_least_that_will_do_is_the_documented_one():
    assert (calibrate.FEWEST_PHOTOS, calibrate.FEWEST_GROUPS, calibrate.FEWEST_PLACES) == (50, 10, 3)
    assert (calibrate.FEWEST_COVERED, calibrate.FOLDS, calibrate.MOST_PHOTOS) == (25, 5, 5000)


def test_photos_that_the_model_was_trained_on_are_left_out(listed, tiny_model):
    rows, _ = table.read(listed)
    trained = listed.with_name("trained.csv")
    table.write(rows.slice(0, 30), trained)
    found = calibrate.calibrate(locator.load(tiny_model), truth.of(listed), training=trained)
    assert found["leaks"]["checked"] and found["photos"] + found["leaks"]["duplicates"]["count"] == 120
    assert found["leaks"]["duplicates"]["count"] >= 30
    assert any("the model was trained on them (trained.csv)" in line for line in report.remarks(found))
    with pytest.raises(InputError, match="that were not trained on, and a calibration needs 50"):
        calibrate.calibrate(locator.load(tiny_model), truth.of(listed), training=listed)


def test_photos_that_the_model_was_trained_on_are_never_taken_unseen(listed, tiny_model_copy, monkeypatch):
    """Where the training table lies at hand and cannot be compared, nothing is fitted to photos that may be in it."""
    facts = json.loads((tiny_model_copy / "model.json").read_text())
    facts["training"]["table"] = {"file": listed.name, "photos": 120}
    (tiny_model_copy / "model.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match="that were not trained on, and a calibration needs 50"):
        calibrate.calibrate(locator.load(tiny_model_copy), truth.of(listed))
    monkeypatch.setitem(sys.modules, "faiss", None)
    for training in (None, listed):
        with pytest.raises(MissingExtra, match="'retrieval' extra"):
            calibrate.calibrate(locator.load(tiny_model_copy), truth.of(listed), training=training)


def test_more_photos_than_are_needed_are_drawn_by_chance(listed, tiny_model, monkeypatch):
    monkeypatch.setattr(calibrate, "MOST_PHOTOS", 80)
    found = calibrate.calibrate(locator.load(tiny_model), truth.of(listed))
    assert found["photos"] == 80 and found["not_used"] == 40
    assert any("40 photos left out by chance" in line for line in report.remarks(found))


def test_a_photo_that_cannot_be_read_is_named_and_left_out(listed, tiny_model):
    (listed.parent / "007.png").write_bytes(b"not a photo")
    found = calibrate.calibrate(locator.load(tiny_model), truth.of(listed))
    assert found["photos"] == 119 and found["unreadable"]["count"] == 1 and "007.png" in found["unreadable"]["first"][0]
    assert found["not_used"] == 0
