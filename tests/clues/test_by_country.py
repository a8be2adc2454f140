"""Ratios per country as likelihoods over sites: scaled, mixed with doubt, capped, and each value once."""

import numpy as np
import pytest
from sign_text import bits, posterior, prior, reading

from photoplanet.clues import by_country
from photoplanet.clues.by_country import Sight, equal, ratios
from photoplanet.clues.clue import Clue
from photoplanet.earth import gazetteer, ground


@pytest.fixture(scope="module")
def sites():
    return ground.read()


def clue(sites, table, reliability=0.9, cap=30.0):
    return Clue("x", "", (0,), by_country.log_likelihood(sites, table, reliability, cap))


@pytest.mark.parametrize("code", ["US", "DE", "DK", "IS"])
@pytest.mark.parametrize("reliability", [0.2, 0.6, 0.95])
def test_with_nothing_else_known_reliability_is_the_probability(sites, code, reliability):
    expected = reliability + (1 - reliability) * prior()[code]
    assert posterior([clue(sites, equal(code), reliability)])[code] == pytest.approx(expected, abs=1e-5)


def test_the_mean_likelihood_before_anything_is_known_is_one(sites):
    rows = clue(sites, ratios("DE 1 AT .3 ES/Catalonia .7 * .01")).log_likelihood
    assert sites.weight @ np.exp(rows.astype(float)) == pytest.approx(1, abs=1e-5)


def test_a_common_factor_of_all_ratios_changes_nothing(sites):
    one, many = clue(sites, ratios("DE 1 AT .3 * .01")), clue(sites, ratios("DE 50 AT 15 * .5"))
    np.testing.assert_allclose(one.log_likelihood, many.log_likelihood, atol=1e-6)


@pytest.mark.parametrize("cap", [1.0, 6.0, 12.0])
def test_no_place_is_favoured_by_more_than_the_cap(sites, cap):
    rows = clue(sites, equal("IS"), 0.99, cap).log_likelihood
    assert np.ptp(rows) / np.log(2) == pytest.approx(cap, abs=1e-4)


def test_a_state_is_told_from_the_rest_of_its_country(sites):
    data = gazetteer.read()
    rows = clue(sites, ratios("ES .1 ES/Catalonia 1")).log_likelihood
    town = {name: data.names.index(name) for name in ("Barcelona", "Madrid")}
    state = {name: data.states[data.state[row]] for name, row in town.items()}
    assert state["Barcelona"] == "Catalonia" and state["Madrid"] != "Catalonia"
    assert rows[town["Barcelona"]] - rows[town["Madrid"]] > np.log(5)


def test_places_that_are_not_known_are_ignored(sites):
    rows = clue(sites, {"DE": 1.0, "XX": 1.0, "DE/Atlantis": 9.0}).log_likelihood
    np.testing.assert_array_equal(rows, clue(sites, equal("DE")).log_likelihood)


def test_a_table_without_any_known_place_says_nothing(sites):
    assert not clue(sites, {"XX": 1.0}).log_likelihood.any()


def test_without_reliability_nothing_is_said(sites):
    assert not clue(sites, equal("DE"), 0.0).log_likelihood.any()


def test_sights_of_one_key_are_one_clue_of_the_most_reliable(sites):
    sights = [Sight("k", "a", 0, equal("DK"), 0.5), Sight("k", "b", 1, equal("DK"), 0.9)]
    (only,) = by_country.clues("x", sights, reading("a", "b"), sites, 30)
    assert only.lines == (0, 1) and only.says == "b: Denmark"
    assert bits([only], "DK") == pytest.approx(bits([clue(sites, equal("DK"), 0.9 * 0.97)], "DK"), abs=1e-4)


def test_at_most_eight_clues_of_a_kind(sites):
    sights = [Sight(str(number), "a", 0, equal("DK"), 0.5) for number in range(20)]
    assert len(by_country.clues("x", sights, reading("a"), sites, 30)) == by_country.MOST_CLUES == 8


def test_what_was_laid_over_a_photo_counts_less_than_a_sign(sites):
    sights = [Sight("k", "a", 0, equal("DK"), 0.9)]
    found = {
        role: bits(by_country.clues("x", sights, reading("a", role=role), sites, 30), "DK")
        for role in ("sign", "stamp", "watermark")
    }
    assert 0 < found["watermark"] == found["stamp"] < found["sign"]


def test_a_line_that_was_read_unsurely_counts_less(sites):
    sights = [Sight("k", "a", 0, equal("DK"), 0.9)]
    sure, unsure = (by_country.clues("x", sights, reading("a", score=score), sites, 30) for score in (0.99, 0.5))
    assert bits(unsure, "DK") < bits(sure, "DK")


@pytest.mark.parametrize(("score", "trusted"), [(2.0, 1.0), (-1.0, 0.0)])
def test_scores_outside_0_to_1_are_held_there(score, trusted):
    assert by_country.trust(reading("a", score=score).lines[0]) == trusted


def test_joined_sights_say_less_than_each_by_itself_added(sites):
    sights = [Sight("1", "a", 0, equal("DK"), 0.6), Sight("2", "b", 0, equal("DK NO"), 0.6)]
    (joined,) = by_country.joined("x", sights, reading("a"), sites, 30)
    apart = by_country.clues("x", sights, reading("a"), sites, 30)
    assert len(apart) == 2
    assert bits(apart[:1], "DK") < bits([joined], "DK") < bits(apart, "DK")


def test_one_sight_joined_is_what_it_is_alone(sites):
    sights = [Sight("1", "a", 0, ratios("DK 1 ES/Catalonia .4 * .01"), 0.6)]
    (joined,) = by_country.joined("x", sights, reading("a"), sites, 30)
    (alone,) = by_country.clues("x", sights, reading("a"), sites, 30)
    np.testing.assert_allclose(joined.log_likelihood, alone.log_likelihood, atol=1e-5)


def test_nothing_seen_is_no_clue(sites):
    assert by_country.joined("x", [], reading("a"), sites, 30) == []
    assert by_country.clues("x", [], reading("a"), sites, 30) == []


def test_long_texts_are_cut_in_what_a_clue_says(sites):
    (only,) = by_country.clues("x", [Sight("k", "y" * 500, 0, equal("DK"), 0.9)], reading("a"), sites, 30)
    assert only.says == "y" * by_country.MOST_SEEN + ": Denmark"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("DE 1 AT .9 CH .8 LI .7 LU .1", "Germany, Austria, Switzerland and 1 more"),
        ("US .02 GB .02 * 1", "not United States, United Kingdom"),
        ("US 1 * .6", "United States"),
    ],
)
def test_names_are_those_of_the_places_favoured(table, says):
    assert by_country.names(ratios(table)) == says
