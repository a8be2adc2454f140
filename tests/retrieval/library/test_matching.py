"""From matches to a place: who agrees with whom, where that is, and what JSON says about it."""

import numpy as np
import pytest

from photoplanet.earth import geodesy
from photoplanet.locate import locator
from photoplanet.photos import table
from photoplanet.retrieval.library import library
from photoplanet.retrieval.library.matching import Match, agreed, answer_to_dict


def match(lat, lng, inliers, trusted=True, name="p"):
    return Match(0, name, f"/photos/{name}.jpg", lat, lng, 0.5, inliers=inliers, trusted=trusted)


def north(km):
    """Degrees of latitude that are `km` on the ground."""
    return np.degrees(km / geodesy.EARTH_RADIUS_KM)


def test_the_place_is_where_most_agree_weighted_by_what_agrees():
    answer = agreed([match(10, 20, 30), match(10.001, 20, 200), match(10.002, 20, 30), match(60, 20, 90)])
    assert (answer.latitude, answer.longitude) == pytest.approx((10.001, 20), abs=1e-6)
    assert answer.spread_km == pytest.approx(0.111, abs=0.001)
    assert len(answer.matches) == 3 and [other.latitude for other in answer.others] == [60]
    assert agreed([match(1, 2, 9, trusted=False)]) is None and agreed([]) is None


@pytest.mark.parametrize(("km", "together"), [(24.9, True), (25.1, False), (200.0, False)])
def test_matches_agree_within_25_km(km, together):
    answer = agreed([match(48.86, 2.35, 90), match(48.86 + north(km), 2.35, 20)])
    assert (len(answer.matches), len(answer.others)) == ((2, 0) if together else (1, 1))


def test_the_group_with_most_agreeing_details_wins_not_the_one_with_most_photos():
    many = [match(10, 20, 20), match(10.001, 20, 20), match(10.002, 20, 20)]
    answer = agreed([*many, match(50, 8, 61)])
    assert answer.latitude == 50 and len(answer.others) == 3
    assert agreed([*many, match(50, 8, 59)]).latitude == pytest.approx(10.001)


def test_the_date_line_does_not_split_a_place():
    answer = agreed([match(0, 179.9999, 50), match(0, -179.9999, 50)])
    assert abs(answer.longitude) > 179.999 and len(answer.matches) == 2 and answer.spread_km < 0.1


def test_an_answer_as_plain_values():
    answer = agreed([match(48.8584, 2.2945, 40, name="a"), match(48.8586, 2.2945, 20, name="b"), match(60, 20, 15)])
    found = answer_to_dict(answer, "street")
    assert found["best"]["details"] == 60  # of the matches that agree, not of the one elsewhere
    assert found["best"]["place"].startswith("Paris") and found["best"]["country_code"] == "FR"
    assert found["best"]["spread_km"] == round(answer.spread_km, 3)
    assert [each["photo_id"] for each in found["matches"]] == ["a", "b"]
    assert found["matches"][0]["path"] == "/photos/a.jpg" and found["matches"][0]["inliers"] == 40
    assert [each["latitude"] for each in found["elsewhere"]] == [60]
    rough = answer_to_dict(answer, "country")
    assert rough["best"]["place"] == "France"
    assert abs(rough["best"]["latitude"] - 48.8585) > 0.01 < abs(rough["matches"][0]["latitude"] - 48.8584)
    assert answer_to_dict(None, "street") == {"best": None, "matches": [], "elsewhere": []}


def test_a_prediction_is_moved_to_the_library_photo_that_looks_alike(photo, tiny_model, tmp_path):
    rows = [{"photo_id": "r", "path": str(photo("red")), "latitude": 48.84, "longitude": 2.34},
            {"photo_id": "b", "path": str(photo("blue")), "latitude": 48.9, "longitude": 2.4}]  # fmt: skip
    model = locator.load(tiny_model)
    source = table.write(table.from_rows(rows), tmp_path / "list.csv")
    found = library.open(source, by="embedding", model=model, threads=1)
    query = photo("red", "again.png")
    before = model.locate(query)
    moved, supporter = found.refine(query, before)
    assert (moved.best.latitude, moved.best.longitude) == pytest.approx((48.84, 2.34)) and supporter == "r"
    assert moved.readout == "combined" and before.readout != "combined"
    np.testing.assert_array_equal(moved.probabilities, before.probabilities)
    _, supporter = found.refine(query, before, exclude=[0])
    assert supporter != "r"
    about = found.to_dict()
    assert about["photos"] == 2 and about["unreadable"] == 0 and about["left_out"] == {}
    assert about["bytes_per_photo"]["embedding int8 of tiny"]["vectors"] == 3
