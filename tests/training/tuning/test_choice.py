"""Whether tuning helped is judged by groups: luck with one album is not enough."""

import json

import numpy as np
import pytest

from photoplanet.training.tuning import choice

FAR, NEAR = 5000.0, 0.5


def test_the_same_gain_in_one_album_is_luck_and_in_many_it_is_not():
    before, after = np.full(40, FAR), np.full(40, FAR)
    after[:10] = NEAR
    one = np.repeat(np.arange(10), [10, *[3] * 8, 6])
    many = np.tile(np.arange(10), 4)
    assert not choice.compared(before, after, one)["kept"]
    assert choice.compared(before, after, many)["kept"]


@pytest.mark.parametrize("groups", [1, 2, 5])
def test_few_groups_never_are_enough(groups):
    found = choice.compared(np.full(20, FAR), np.full(20, NEAR), np.arange(20) % groups)
    assert not found["kept"] and found["gain"] == 1.0 and groups < choice.FEWEST


def test_a_loss_and_no_change_are_not_better():
    same = np.full(20, 100.0)
    assert not choice.compared(same, same, np.arange(20))["kept"]
    assert not choice.compared(np.full(20, NEAR), np.full(20, FAR), np.arange(20))["kept"]


def test_facts_are_json_and_shares_within_the_radii():
    facts = json.loads(json.dumps(choice.compared(np.array([0.5, 5000.0]), np.array([0.5, 20.0]), np.array([7, 9]))))
    assert facts["accuracy_before"]["street"] == 0.5 and facts["accuracy_after"]["city"] == 1.0
    assert (facts["held_out_photos"], facts["held_out_groups"]) == (2, 2)
