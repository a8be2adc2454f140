import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.evaluation import regions, report
from photoplanet.evaluation.scoring import collect, in_region


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


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 1))
def test_the_region_is_the_smallest_set_by_a_loop(seed, share):
    p = np.random.default_rng(seed).dirichlet(np.full(9, 0.3)).astype(np.float32)
    order = np.argsort(-p, kind="stable")
    total, held, region = float(p.astype(float).sum()), 0.0, []
    for cell in order.tolist():
        region.append(cell)
        held += float(p[cell])
        if held >= share * total * (1 - 1e-9):
            break
    for cell in range(9):
        assert in_region(p, order, cell, share) == (cell in region)
    assert not in_region(p, order, -1, share)


def answer(probabilities, point=(0.0, 0.0), abstains=False):
    p = np.array(probabilities, np.float32)
    means = np.array([[10.0 * i, 5.0 * i] for i in range(len(p))])
    return SimpleNamespace(probabilities=p, order=np.argsort(-p), point=point, abstains=abstains,
                           partition=SimpleNamespace(means=means))  # fmt: skip


def test_answers_are_gathered_and_errors_counted():
    seen = []
    got = collect(
        [(0, answer([0.7, 0.2, 0.1], (1.0, 2.0))), (2, InputError("c.jpg: truncated")), (3, answer([0, 0.4, 0.6]))],
        np.array([0, 1, 1, -1]),
        top=2,
        region=0.5,
        each=lambda row, found: seen.append(row),
    )
    assert seen == [0, 2, 3]
    assert got.answered.tolist() == [True, False, False, True]
    assert got.correct.tolist() == [True, False, False, False]
    assert got.held.tolist() == [True, False, False, False]
    assert got.latitude[0].tolist() == [1.0, 10.0]  # the readout's point, then the next cell
    assert np.isnan(got.latitude[1:3]).all()
    assert got.unreadable == {"count": 1, "first": ["c.jpg: truncated"]}
    sure = report.sureness(got.confidence[:, 0], got.correct, got.held, got.answered)
    assert sure["cell_accuracy"] == 0.5
    assert sure["mean_confidence"] == pytest.approx(0.65)
    assert sure["region"]["coverage"] == 0.5


def test_fewer_cells_than_candidates():
    got = collect([(0, answer([1.0]))], np.array([0]), top=5)
    assert np.isfinite(got.latitude[0]).tolist() == [True, False, False, False, False]


def test_nothing_read_at_all_still_prints():
    got = collect([(0, InputError("x"))], np.array([0]))
    found = report.result("m", np.full((1, 5), np.inf))
    found["sureness"] = report.sureness(got.confidence[:, 0], got.correct, got.held, got.answered)
    assert "median error ∞ km" in report.text(found)
