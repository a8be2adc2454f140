import csv
import json
import math

import numpy as np
import pytest

from photoplanet.errors import InputError
from photoplanet.evaluation import report, truth, unknown
from photoplanet.evaluation.evaluate import evaluate
from photoplanet.locate import locator


@pytest.mark.parametrize("seed", range(5))
def test_auroc_is_the_share_of_pairs_in_the_right_order(seed):
    random = np.random.default_rng(seed)
    scores, yes = random.integers(0, 8, 60) / 8, random.random(60) < 0.3
    pairs = [(a > b) + (a == b) / 2 for a in scores[yes] for b in scores[~yes]]
    found = unknown.auroc(scores, yes)
    assert found == pytest.approx(np.mean(pairs))
    assert unknown.auroc(-scores, yes) == pytest.approx(1 - found)
    assert unknown.auroc(np.exp(scores), yes) == pytest.approx(found)


def test_auroc_needs_both_kinds_and_numbers():
    assert math.isnan(unknown.auroc([0.1, 0.2], [True, True])) and math.isnan(unknown.auroc([], []))
    for scores, labels in (([0.1], [True, False]), ([float("nan"), 1.0], [True, False]), ([[0.1]], [[True]])):
        with pytest.raises(InputError, match="one of each"):
            unknown.auroc(scores, labels)


def test_photos_that_were_not_read_do_not_count():
    found = unknown.check([0.9, math.nan, 0.1, 0.3], [True, True, False, False])
    assert found == {"photos": 3, "outside": 1, "auroc": 1.0, "mean_inside": 0.2, "mean_outside": 0.9}
    assert unknown.check([math.nan], [True]) is None
    inside = unknown.check([0.5], [False])
    assert inside["auroc"] is None and inside["mean_outside"] is None
    assert list(unknown.lines(inside)) == ["unknown: 50.0 % on average of 1 photo inside the cells"]
    assert list(unknown.lines(unknown.check([0.5], [True]))) == ["unknown: 50.0 % of 1 outside"]


@pytest.fixture
def table(tmp_path, photo, tiny_cities):
    """Two photos where the model has cells, one of black from where it has none, and one that is broken."""
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    places = {"red": tiny_cities["Paris"], "green": tiny_cities["Rio"], "black": (64.1, -21.9), "broken": (0.5, 0.5)}
    for colour in ("red", "green", "black"):
        photo(colour)
    path = tmp_path / "photos.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("photo_id", "path", "latitude", "longitude"))
        writer.writerows((name, f"{name}.png", *place) for name, place in places.items())
    return path


def test_an_evaluation_says_whether_the_model_knows_what_it_does_not_know(doubting_model, tiny_model, table, tmp_path):
    found = evaluate(locator.load(doubting_model), truth.of(table), predictions_file=tmp_path / "out.csv")
    assert found["unknown"]["photos"] == 3 and found["unknown"]["outside"] == 1 and found["unknown"]["auroc"] == 1.0
    assert found["abstained"] == 1 and found["radius"]["sure"]["far"] == 0.0
    assert "(AUROC 1.000)" in report.text(found) and "sure answers" in report.text(found)
    json.dumps(found, allow_nan=False)
    rows = [row for row in csv.DictReader((tmp_path / "out.csv").read_text().splitlines()) if row["rank"] == "1"]
    assert [round(float(row["unknown"]), 3) for row in rows] == [0.018, 0.018, 0.881]
    assert float(rows[2]["confidence"]) < 0.12 and float(rows[2]["region_radius_km"]) > 20_000
    plain = evaluate(locator.load(tiny_model), truth.of(table), predictions_file=tmp_path / "plain.csv")
    assert plain["unknown"] is None and "unknown:" not in report.text(plain)
    assert "AUROC" not in report.page(found, style="markdown")
    (first, *_) = csv.DictReader((tmp_path / "plain.csv").read_text().splitlines())
    assert first["unknown"] == ""


def test_a_region_that_is_the_whole_earth_holds_every_truth(doubting_model, table):
    model = locator.load(doubting_model)
    shares = [evaluate(model, truth.of(table), region=share)["sureness"]["region"]["coverage"] for share in (0.1, 0.9)]
    assert shares == [pytest.approx(2 / 3), 1.0]  # black: in no cell, but its region of 90 % is anywhere
