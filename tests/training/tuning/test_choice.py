"""Whether tuning helped is judged by groups: luck with one album is not enough."""

import numpy as np
import pytest

from photoplanet.training.features import tested
from photoplanet.training.tuning import choice

FAR, NEAR = 5000.0, 0.5


def test_a_guess_is_worth_what_the_readout_says():
    km = np.array([0.0, 5.0, 25.0, 200.0, 750.0, 20_000.0])
    expected = [np.mean([np.exp(-d / scale) for scale in (5, 25, 200, 750)]) for d in km]
    assert tested.worth(km) == pytest.approx(expected)


def test_the_standard_error_is_that_of_means_of_groups():
    """Of groups of one size the cluster-robust error is the ordinary one of the groups' means."""
    random = np.random.default_rng(0)
    before, after = random.uniform(0, 2000, (2, 40))
    groups = np.repeat(np.arange(8), 5)
    verdict = choice.compared(before, after, groups)
    means = (tested.worth(after) - tested.worth(before)).reshape(8, 5).mean(axis=1)
    assert verdict.gain == pytest.approx(means.mean())
    assert verdict.error == pytest.approx(means.std(ddof=1) / np.sqrt(8))
    assert verdict.better == (verdict.gain > 2 * verdict.error)


def test_the_same_gain_in_one_album_is_luck_and_in_many_it_is_not():
    before, after = np.full(40, FAR), np.full(40, FAR)
    after[:10] = NEAR
    one = np.repeat(np.arange(10), [10, *[3] * 8, 6])
    many = np.tile(np.arange(10), 4)
    assert not choice.compared(before, after, one).better
    assert choice.compared(before, after, many).better


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_few_groups_never_are_enough(groups):
    verdict = choice.compared(np.full(20, FAR), np.full(20, NEAR), np.arange(20) % groups)
    assert not verdict.better and verdict.gain > 0.5


def test_a_loss_and_no_change_are_not_better():
    same = np.full(20, 100.0)
    assert not choice.compared(same, same, np.arange(20)).better
    assert not choice.compared(np.full(20, NEAR), np.full(20, FAR), np.arange(20)).better


def test_facts_are_json_and_shares_within_the_radii():
    facts = choice.facts(np.array([0.5, 5000.0]), np.array([0.5, 20.0]), np.arange(2))
    assert facts["accuracy_before"]["street"] == 0.5 and facts["accuracy_after"]["city"] == 1.0
    assert facts["standard_error"] is None and not facts["kept"] and facts["held_out_groups"] == 2
