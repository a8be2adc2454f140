import json

import numpy as np
import pytest

from photoplanet.errors import InputError
from photoplanet.evaluation import regions, report
from photoplanet.evaluation.scoring import collect


def test_russia_is_europe_up_to_the_urals_and_asia_beyond():
    moscow, kazan, perm = (55.76, 37.62), (55.79, 49.12), (58.01, 56.25)
    yekaterinburg, vladivostok = (56.84, 60.61), (43.12, 131.89)
    lat, lng = np.transpose([moscow, kazan, perm, yekaterinburg, vladivostok])
    assert regions.groups(lat, lng, "continent").tolist() == ["Europe", "Europe", "Europe", "Asia", "Asia"]


def test_groups_are_where_the_photos_truly_are():
    lat, lng = [48.86, -33.87, 0.0, 35.68], [2.35, 151.21, -150.0, 139.69]
    assert regions.groups(lat, lng, "continent").tolist() == ["Europe", "Oceania", "at sea", "Asia"]
    assert regions.groups(lat, lng, "country").tolist() == ["France", "Australia", "at sea", "Japan"]
    with pytest.raises(InputError, match="continent, country"):
        regions.groups(lat, lng, "planet")


def test_a_result_holds_top_k_and_groups_and_prints():
    errors = np.array([[500.0, 10.0], [np.inf, np.inf], [0.5, 0.5]])
    found = report.result("m", errors, np.array(["Europe", "Asia", "Europe"]), "continent")
    assert found["top_k"]["1"]["city"] == pytest.approx(1 / 3)
    assert found["top_k"]["2"]["city"] == pytest.approx(2 / 3)
    assert found["by"]["continent"]["Europe"]["photos"] == 2
    json.dumps(found, allow_nan=False)
    text = report.text(found)
    assert "city          25 km    33.3 %" in text
    assert "Asia" in text
    assert "median error 500 km" in text
    names = [row["name"] for row in report.table_rows(found)]
    assert names == ["m", "Europe", "Asia"]


def test_nothing_read_at_all_still_prints():
    got = collect([(0, InputError("x"))], np.array([0]))
    found = report.result("m", np.full((1, 5), np.inf))
    found["sureness"] = report.calibration_facts(got.confidence, got.correct, got.held, got.answered)
    assert "median error ∞ km" in report.text(found)


def evaluated(**facts):
    """The keys of an evaluation that `remarks` reads: three photos, nothing to remark on but what `facts` say."""
    usual = {"photos": 3, "world": "real", "uncovered": 0, "abstained": 0, "unreadable": {"count": 0, "first": []}}
    return usual | {"leaks": {"checked": True, "not_compared": 0}} | facts


def test_what_counts_as_wrong_without_being_a_wrong_answer_is_remarked_on():
    assert list(report.remarks(evaluated())) == []
    found = evaluated(
        leaks={"checked": False, "why": "the table is gone", "how": "give --training TABLE"},
        world="toy",
        uncovered=1,
        uncovered_scored_by="distance",
        abstained=2,
        unreadable={"count": 1, "first": ["a.jpg: truncated"]},
    )
    assert list(report.remarks(found)) == [
        "NOT checked whether test photos are among the training photos: the table is gone; give --training TABLE",
        "toy Earth: not real places (this model knows a made-up world only)",
        "1 of 3 photos lie outside every cell of the model; they are scored by distance",
        "`locate` would withhold 2 of 3 answers as too weak; they are scored here",
        "photoplanet: a.jpg: truncated",
        "1 of 3 photos could not be read; they count as wrong",
    ]
    (line,) = report.remarks(evaluated(leaks={"checked": True, "not_compared": 4}))
    assert line.startswith("4 photos could not be read")


def test_a_page_is_text_or_a_table_with_the_published_rows():
    found = report.result("mine", np.array([[10.0], [3000.0]]))
    rows = [{"name": "theirs", "year": 2016, "accuracy": dict(found["accuracy"])}]
    assert report.page(found) == report.text(found)
    assert report.page(found, rows).startswith(report.text(found) + "\n|")
    assert "\n| mine | 0.0 | 50.0 | 50.0 | 50.0 | 50.0 |\n" in report.page(found, rows)
    assert report.page(found, rows).endswith("compare it with --readout center.\n")
    table = report.page(found, rows, "markdown", intervals=True)
    assert "| theirs (2016) | 0.0 |" in table and "| mine | 0.0 [0.0, " in table
