from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.evaluation import report
from photoplanet.evaluation.scoring import collect
from photoplanet.locate.credible_region import descending, smallest
from photoplanet.locate.prediction import Prediction
from photoplanet.models import folder


@pytest.fixture(scope="module")
def answer(tiny_model):
    """A function that gives a prediction of five probabilities over the cells of the tiny model."""
    partition = folder.read(tiny_model).partition

    def make(probabilities, at=None, abstain_below=0.0):
        row = np.array(probabilities, np.float32)
        return Prediction(row, partition, at=at, abstain_below=abstain_below, least_gain=abstain_below)

    return make


def test_answers_are_collected_and_errors_counted(answer):
    seen = []
    first, last = answer([0.7, 0.2, 0.1, 0, 0]), answer([0, 0.4, 0.6, 0, 0])
    first = replace(first, at=(first.partition.means[1, 0], 2.0))  # a known place, nearest to the second cell
    got = collect(
        [(0, first), (2, InputError("c.jpg: truncated")), (3, last)],
        np.array([0, 1, 1, -1]),
        top=2,
        region=0.5,
        each=lambda row, found: seen.append(row),
    )
    assert seen == [0, 2, 3]
    assert got.answered.tolist() == [True, False, False, True]
    assert got.correct.tolist() == [True, False, False, False]
    assert got.held.tolist() == [True, False, False, False]
    assert got.latitude[0].tolist() == first.partition.means[[1, 0], 0].tolist()  # the point, then the likeliest cell
    assert got.longitude[0].tolist() == [2.0, first.partition.means[0, 1]]
    assert np.isnan(got.latitude[1:3]).all()
    assert got.unreadable == {"count": 1, "first": ["c.jpg: truncated"]}
    facts = report.calibration_facts(got.confidence, got.correct, got.held, got.answered)
    assert facts["cell_accuracy"] == 0.5
    assert facts["mean_confidence"] == pytest.approx(0.65)
    assert facts["region"]["coverage"] == 0.5


def test_fewer_cells_than_candidates(answer):
    got = collect([(0, answer([1, 0, 0, 0, 0]))], np.array([0]), top=7)
    assert np.isfinite(got.latitude[0]).tolist() == [True] * 5 + [False] * 2


def test_an_answer_that_locate_would_withhold_is_counted(answer):
    spread = [0.2] * 5  # five cities on four continents: no country holds half
    got = collect([(0, answer(spread, abstain_below=0.5)), (1, answer(spread)), (2, InputError("x"))], np.zeros(3, int))
    assert got.abstained.tolist() == [True, False, False]


def test_only_the_first_five_reasons_are_kept(answer):
    got = collect([(row, InputError(f"{row}.jpg")) for row in range(8)], np.zeros(8, int))
    assert got.unreadable == {"count": 8, "first": [f"{row}.jpg" for row in range(5)]}


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 1))
def test_a_region_is_the_smallest_set_by_a_loop(seed, share):
    p = np.random.default_rng(seed).dirichlet(np.full(9, 0.3)).astype(np.float32)
    order = descending(p)
    total, held, region = float(p.astype(float).sum()), 0.0, []
    for cell in order.tolist():
        region.append(cell)
        held += float(p[cell])
        if held >= share * total * (1 - 1e-6):
            break
    assert smallest(p, order, share).tolist() == region


@pytest.mark.parametrize("last", range(5))
def test_evaluation_and_prediction_mean_the_same_region_where_the_mass_is_exactly_the_share(answer, last):
    """0.3 + 0.3 + 0.3 are 0.9 to a reader, and a little more or less as float32."""
    found = answer([0.3, 0.3, 0.3, 0.06, 0.04])
    share = [0.3, 0.6, 0.9, 0.96, 1.0][last]
    region = found.credible_region(share)
    assert sorted(region.classes.tolist()) == list(range(last + 1))
    got = collect([(row, found) for row in range(5)], np.arange(5), region=share)
    assert got.held.tolist() == [row <= last for row in range(5)]
