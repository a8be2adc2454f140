"""What an album says of whether its photos are from where the model has cells."""

import math

import numpy as np
import pytest

import photoplanet as pp
from photoplanet.albums import known_places, outside
from photoplanet.albums.album import Album
from photoplanet.albums.transition_model import UNKNOWN_HOURS

NOWHERE = (64.15, -21.94)  # Reykjavík: far from every cell of the tiny model
MINUTE = 1 / 60
DAY = [0.5, 0.5, 0.5]


def joined(unknown, gaps, known=None, away=None):
    classes = np.full(len(unknown), -1, np.int32) if known is None else np.array(known)
    lost = np.zeros(len(unknown), bool) if away is None else np.array(away)
    return outside.joined(np.array(unknown, float), Album(np.array(gaps, float), classes), lost)


def by_definition(unknown, gaps, known, away):
    """The docstring, slot by slot and pair by pair."""
    when = np.concatenate([[0], np.cumsum([UNKNOWN_HOURS if math.isnan(gap) else gap for gap in gaps])])
    found = []
    for here in when:
        weights, odds = [], []
        for row, share in enumerate(unknown):
            if not math.isnan(share) and known[row] < 0:
                weights.append(math.exp(-abs(here - when[row])))
                odds.append(math.log(share / (1 - share)))
        mean = np.average(odds, weights=weights) if odds else 0.0
        own = 1 / (1 + math.exp(-mean))
        places = [(abs(here - when[row]), away[row]) for row in range(len(known)) if known[row] >= 0]
        if places:
            hours, lost = min(places)
            still = math.exp(-hours / 6)
            own = (1 - still) * own + still * lost
        found.append(own)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_it_is_what_its_definition_says(seed):
    random = np.random.default_rng(seed)
    unknown = random.uniform(0.02, 0.98, 9)
    unknown[random.random(9) < 0.2] = np.nan
    unknown[4] = 0.3
    gaps = random.uniform(0.01, 1) * random.choice([MINUTE, 0.5, 5.0, 30.0, np.nan], 8)
    known = np.where(random.random(9) < 0.25, 3, -1)
    away = (known >= 0) & (random.random(9) < 0.5)
    found = joined(unknown, gaps, known, away)
    assert found == pytest.approx(by_definition(unknown, gaps, known, away), abs=1e-9)
    back = joined(unknown[::-1], gaps[::-1], known[::-1], away[::-1])  # time may run either way
    assert back == pytest.approx(found[::-1], abs=1e-9)


def test_one_photo_says_what_it_says_and_nothing_joins_nothing():
    assert joined([0.37], []) == pytest.approx([0.37])
    assert np.isnan(joined([np.nan, np.nan], [1.0])).all()
    assert joined([np.nan, 0.2], [MINUTE]) == pytest.approx(0.2)  # an unreadable photo beside a readable one
    assert joined([np.nan, 0.2, 0.4], [90_000.0, 1.0])[0] == pytest.approx(1 / (1 + 6**0.5))  # ten years before it
    ends = joined([0.0, 1.0], [MINUTE])
    assert np.isfinite(ends).all() and ((ends >= 0) & (ends <= 1)).all()


def test_many_photos_are_no_surer_than_one():
    for share in (0.03, 0.4, 0.7):
        for gap in (MINUTE, 0.3, 12.0):
            assert joined([share] * 100, [gap] * 99) == pytest.approx(share)


def test_a_journey_to_an_unknown_country_is_unknown_and_the_days_at_home_are_not():
    home, journey = [0.02] * 4, [0.8, 0.7, 0.9, 0.6]
    for days in (1, 2, 7):
        found = joined(home + days * journey + home, [*DAY, 12, *days * [*DAY, 12], *DAY])
        assert found[:4].max() < 0.05 and found[-4:].max() < 0.05 and found[4:-4].min() > 0.7


def test_an_unknown_photo_among_known_ones_is_where_they_are():
    assert joined([0.03] * 5 + [0.9] + [0.03] * 5, [MINUTE] * 10).max() < 0.1
    assert joined([0.03] * 5 + [0.9] + [0.03] * 5, [24.0] * 10)[5] == pytest.approx(0.9)


def test_a_known_place_decides_for_the_photos_beside_it():
    beside = joined([0.8, np.nan, 0.8], [MINUTE, MINUTE], known=[-1, 2, -1])
    assert beside.max() < 0.05
    lost = joined([0.05, np.nan, 0.05], [MINUTE, MINUTE], known=[-1, 2, -1], away=[False, True, False])
    assert lost.min() > 0.95
    assert joined([0.8, np.nan], [48.0], known=[-1, 2]) == pytest.approx([0.8, 0.0], abs=0.001)
    both = joined([0.5, 0.5, 0.5], [MINUTE, MINUTE], known=[4, -1, 2], away=[True, False, False])
    assert both[[0, 2]].tolist() == [1.0, 0.0]


def test_what_is_from_outside_says_nothing_to_its_neighbours(tiny_partition_of):
    part = tiny_partition_of
    rows = np.log(np.random.default_rng(1).dirichlet(np.full(len(part), 0.3), 5)).astype(np.float32)
    rows[4] = -np.log(len(part))
    found = np.exp(outside.softened(rows, np.array([0.0, 0.4, 1.0, np.nan, 0.4]), part))
    given = np.exp(rows)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(found[[0, 3, 4]], given[[0, 3, 4]])
    assert found[1] == pytest.approx(0.6 * given[1] + 0.4 * part.prior, abs=1e-6)
    assert found[2] == pytest.approx(part.prior, abs=1e-5)


@pytest.fixture(scope="module")
def tiny_partition_of(tiny_model):
    return pp.load(tiny_model).partition


def test_a_place_is_away_where_no_cell_reaches(tiny_partition_of, tiny_cities):
    part = tiny_partition_of
    paris = np.array(tiny_cities["Paris"])
    row = part.assign(*paris[:, None])[0]
    degrees = part.reaches_km[row] / 111.195
    north = [(paris[0] + k * degrees, paris[1]) for k in (0.0, 0.98, 1.02)]
    assert known_places.away(part, np.array([*north, NOWHERE, (np.nan, np.nan)])).tolist() == [
        False, False, True, True, False,
    ]  # fmt: skip
    assert known_places.away(part, np.empty((0, 2))).shape == (0,)


@pytest.fixture(scope="module")
def model(doubting_model):
    return pp.load(doubting_model)


def minutes(*numbers):
    return [f"2023-05-01T10:{number:02}:00" for number in numbers]


@pytest.mark.parametrize("method", ["average", "log-average", "timed-hmm"])
def test_unknown_photos_are_not_chained_into_a_confident_place(model, photo, method):
    black = [photo("black", f"{number}.png") for number in range(8)]
    found = model.locate_album(black, times=minutes(*range(8)), method=method)
    alone = model.locate(black[0])
    for each in found:
        assert each.abstains and each.unknown == pytest.approx(alone.unknown, abs=0.02)
        assert each.confidence["country"] <= alone.confidence["country"] + 0.02
        assert each.credible_region(0.9).radius_km > 20_000


def test_an_unknown_photo_takes_the_place_of_known_neighbours(model, photo):
    photos = [photo("green", "a.png"), photo("black"), photo("green", "b.png")]
    found = model.locate_album(photos, times=minutes(0, 1, 2))
    assert [each.best.near.country for each in found] == ["Brazil"] * 3
    assert max(each.unknown for each in found) < 0.4 and not found[1].abstains
    (one, *_) = model.locate_album(photos[1:2], times=minutes(0))
    assert one.unknown == model.locate(photos[1]).unknown  # alone in its album
    each = model.locate_album(photos, times=minutes(0, 1, 2), method="single")
    assert [found.unknown for found in each] == [model.locate(path).unknown for path in photos]


def test_a_known_place_is_an_anchor_for_unknown_photos(model, photo):
    black = [photo("black", f"{number}.png") for number in range(3)]
    sydney = (-33.87, 151.21)
    found = model.locate_album(black, times=minutes(0, 1, 2), anchors=[None, sydney, None])
    assert found[1].point == sydney and found[1].unknown == 0.0
    for each in (found[0], found[2]):
        assert each.best.near.country == "Australia" and each.unknown < 0.1 and not each.abstains


def test_photos_beside_a_place_outside_every_cell_have_no_answer(model, photo):
    red = [photo("red", f"{number}.png") for number in range(3)]
    found = model.locate_album(red, times=minutes(0, 1, 2), anchors=[None, NOWHERE, None])
    assert found[1].point == NOWHERE and found[1].unknown == 0.0
    assert all(each.unknown > 0.9 and each.abstains for each in (found[0], found[2]))


def test_a_model_that_cannot_tell_says_nothing(tiny_model, photo):
    found = pp.load(tiny_model).locate_album([photo("red"), photo("black")], times=minutes(0, 1))
    assert [each.unknown for each in found] == [None, None]
