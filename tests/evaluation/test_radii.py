"""Stated radii against the truth, for anybody's predictions."""

import json

import numpy as np
import pytest

from photoplanet.errors import InputError
from photoplanet.evaluation import predictions, radii, resampling
from photoplanet.evaluation.score import score


def test_honest_radii_hold_what_they_claim_and_others_are_found_out():
    random = np.random.default_rng(0)
    scale = np.exp(random.uniform(0, 8, 4000))
    errors = random.exponential(scale)
    honest = -np.log(0.1) * scale  # holds 90 % of an exponential
    found = radii.check(errors, honest)
    assert found["held"] == pytest.approx((errors <= honest).mean()) == pytest.approx(0.9, abs=0.02)
    assert found["verdict"] == "as claimed" and found["stated"] == 4000
    assert sum(band["stated"] for band in found["by_radius"]) == 4000
    assert [band["radii"] for band in found["by_radius"]] == ["city", "region", "country", "continent", "beyond"]
    assert radii.check(errors, honest / 2)["verdict"] == "too small"
    assert radii.check(errors, honest * 2)["verdict"] == "too large"
    assert radii.check(errors, honest / 2, share=0.5)["verdict"] == "too large"  # half the radius holds 68 %
    json.dumps(found, allow_nan=False)
    assert "all: as claimed" in "\n".join(radii.lines(found))


def test_what_states_no_radius_or_gives_no_answer_does_not_count():
    found = radii.check([1.0, np.inf, np.nan, 5.0, 5.0], [2.0, 2.0, 2.0, np.nan, 5.0])
    assert (found["stated"], found["held"]) == (2, 1.0)  # at exactly the radius is inside
    assert radii.check([1.0], [np.nan]) is None
    assert radii.check([0.0], [0.0])["by_radius"][0]["held"] == 1.0
    with pytest.raises(InputError, match="one of each"):
        radii.check([1.0, 2.0], [1.0])
    with pytest.raises(InputError, match="between 0 and 1"):
        radii.check([1.0], [1.0], share=1.5)


def test_intervals_of_radii_resample_groups():
    random = np.random.default_rng(0)
    albums = resampling.Units("album", np.arange(400) // 10)
    inside = np.repeat(random.random(40) < 0.8, 10)
    by_album = radii.check(np.where(inside, 1.0, 9.0), np.full(400, 5.0), units=albums)["interval"]
    by_photo = radii.check(np.where(inside, 1.0, 9.0), np.full(400, 5.0))["interval"]
    assert np.ptp(by_album) > 2 * np.ptp(by_photo)


@pytest.mark.parametrize(
    ("head", "value"),
    [
        ("region_radius_km", "1.5"), ("radius_km", "1.5"), ("Radius", " 1.5 "), ("uncertainty_km", "1.5"),
        ("radius_m", "1500"), ("coordinateUncertaintyInMeters", "1500"), ("GPSHPositioningError", "1500.0"),
    ],
)  # fmt: skip
def test_radii_are_read_under_the_names_that_others_use(tmp_path, head, value):
    path = tmp_path / "p.csv"
    path.write_text(f"photo_id,lat,lon,{head}\na,1,2,{value}\nb,1,2,\nc,1,2,near\nd,1,2,-3\ne,1,2,inf\n")
    found = predictions.read(path)
    np.testing.assert_array_equal(found.radius, [1.5, np.nan, np.nan, np.nan, np.nan])
    assert found.report["bad_radii"]["radius is not a number of 0 or more"] == {"count": 3, "rows": [3, 4, 5]}
    assert np.isfinite(found.latitude).all()  # a bad radius does not cost the place


def test_the_radius_is_that_of_the_first_rank(tmp_path):
    (tmp_path / "p.csv").write_text(
        "photo_id,rank,latitude,longitude,region_radius_km\na,2,9,9,7\na,1,0.1,0.1,20\nb,1,,,30\n"
    )
    (tmp_path / "t.csv").write_text("photo_id,latitude,longitude\na,0.2,0.2\nb,1,1\n")
    found = score(tmp_path / "p.csv", tmp_path / "t.csv")["radius"]
    assert (found["stated"], found["held"], found["median_radius_km"]) == (1, 1.0, 20.0)
    (tmp_path / "q.csv").write_text("photo_id,latitude,longitude\na,0.1,0.1\n")
    assert score(tmp_path / "q.csv", tmp_path / "t.csv")["radius"] is None


def test_sure_answers_that_are_far_off_are_counted():
    found = radii.check([3000.0, 10.0, 2400.0, 9000.0], [700.0, 749.0, 100.0, 750.0])
    assert found["sure"]["photos"] == 3 and found["sure"]["far"] == pytest.approx(1 / 3)
    low, high = found["sure"]["interval"]
    assert 0 <= low <= 1 / 3 <= high <= 1
    assert "of 3 sure answers (radius under 750 km) 33.3 % are over 2,500 km off" in "\n".join(radii.lines(found))
    none = radii.check([3000.0], [800.0])
    assert none["sure"] is None and "sure answers" not in "\n".join(radii.lines(none))
