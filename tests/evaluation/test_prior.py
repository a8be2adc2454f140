import json

import numpy as np
import pytest

from photoplanet.earth import geodesy
from photoplanet.evaluation import prior, resampling

PARIS, SYDNEY = (48.86, 2.35), (-33.87, 151.21)


def _compared(answers, truth, units):
    """Against Paris, for all photos."""
    return prior.compared(geodesy.distance_km(*answers, *truth), geodesy.distance_km(*PARIS, *truth), units)


def _places(*places):
    return tuple(np.array(places, float).T)


def test_the_gain_is_the_mean_over_the_radii_against_the_best_constant():
    random = np.random.default_rng(0)
    truth = [np.degrees(random.uniform(-1, 1, 60)), np.degrees(random.uniform(-3, 3, 60))]
    answers = [truth[0] + random.normal(0, 5, 60), truth[1]]
    found = _compared(answers, truth, resampling.Units("album", np.arange(60) // 3))
    hits = np.zeros(2)
    for row in range(60):
        for side, place in enumerate([(answers[0][row], answers[1][row]), PARIS]):
            km = geodesy.distance_km(truth[0][row], truth[1][row], *place)
            hits[side] += sum(km <= limit for limit in (1, 25, 200, 750, 2500)) / 5 / 60
    assert [found["mean"], found["constant_mean"]] == pytest.approx(hits)
    assert found["gain"] == pytest.approx(hits[0] - hits[1]) and found["interval"][0] < found["gain"]
    assert (found["resampled"], found["units"], found["beats"]) == ("album", 20, True)
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(("groups", "beats"), [(5, False), (6, True)])
def test_it_takes_six_groups_to_beat_the_prior(groups, beats):
    truth = _places(*[SYDNEY] * groups)
    found = _compared(truth, truth, resampling.photos(groups))
    assert found["gain"] == 1.0 and found["beats"] is beats
    assert ("too few" in prior.line(found)) is not beats


def test_a_model_that_answers_as_the_prior_does_not_beat_it():
    truth = _places(*[PARIS, SYDNEY] * 10)
    found = _compared(_places(*[PARIS] * 20), truth, resampling.photos(20))
    assert found["gain"] == 0 and not found["beats"] and prior.line(found).startswith("not shown to beat")


def test_a_gain_in_one_group_of_many_photos_is_not_enough():
    truth = _places(*[SYDNEY] * 40, *[PARIS] * 7)
    answers = _places(*[SYDNEY] * 40, *[SYDNEY] * 3, *[PARIS] * 4)
    units = resampling.Units("album", np.concatenate([np.zeros(40, int), np.arange(1, 8)]))
    found = _compared(answers, truth, units)
    assert found["gain"] > 0.7 and found["units"] == 8 and not found["beats"]


def test_one_group_and_none():
    truth = _places(*[SYDNEY] * 10)
    found = _compared(truth, truth, resampling.Units("day", np.zeros(10, int)))
    assert found["interval"] is None and not found["beats"] and prior.line(found).startswith("1 day held out, too few")
    nothing = prior.compared([], [], resampling.photos(0))
    assert nothing == {"photos": 0, "beats": False} and "no photo was held out" in prior.line(nothing)
