"""Clues joined with a distribution, against a sum over all sites written out, and by what must hold of any clue."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from evidence import clue, read
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import gazetteer, geodesy, ground
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.locate import joining, world
from photoplanet.locate.prediction import Prediction

PLACES = {"Paris": (48.86, 2.35), "Basel": (47.56, 7.59), "Rome": (41.9, 12.5), "Tokyo": (35.68, 139.69),
          "Sea": (0.0, -30.0)}  # fmt: skip


@pytest.fixture(scope="module")
def cells():
    """Five cells: three that cross borders, Tokyo's, and one at sea, where there is no site."""
    return Partition.uniform(*np.transpose(list(PLACES.values())), level=5, min_photos=1)


def seen(cells, unknown=None, **shares):
    """A prediction with these shares of the places; the rest is spread evenly."""
    labels = cells.assign(*np.transpose(list(PLACES.values())))
    mass = np.full(len(cells), (1 - sum(shares.values())) / len(cells))
    for place, share in shares.items():
        mass[labels[list(PLACES).index(place)]] += share
    return Prediction(mass.astype(np.float32), cells, unknown=unknown)


def by_hand(before, clues):
    """The joined distribution, the likelihood of everything inside, and each country's share, site by site."""
    sites = ground.read()
    together = np.prod([np.exp(each.log_likelihood.astype(float)) for each in clues], axis=0)
    likelihood = 0.02 + 0.98 * together / np.average(together, weights=sites.weight)
    labels = before.partition.assign(sites.latitude, sites.longitude)
    mass, countries = np.zeros(len(before.partition)), {}
    for cell, probability in enumerate(before.probabilities.tolist()):
        rows = np.flatnonzero(labels == cell)
        if not len(rows):  # the site nearest to the mean of its photos
            at = before.partition.means[cell]
            rows = np.array([np.linalg.norm(sites.xyz - geodesy.to_xyz(*at), axis=1).argmin()])
        for row in rows.tolist():
            part = probability * sites.weight[row] / sites.weight[rows].sum() * likelihood[row]
            mass[cell] += part
            code = gazetteer.read().country_codes[sites.country[row]]
            countries[code] = countries.get(code, 0.0) + part
    total = mass.sum()
    return mass / total, total, {code: share / total for code, share in countries.items()}


@pytest.mark.parametrize("clues", [[clue("FR")], [clue("DE CH"), clue("CH", ratio=7)], [clue("IT", ratio=0.01)]])
def test_joining_is_the_sum_over_all_sites(cells, clues):
    before = seen(cells, Basel=0.5, Rome=0.3)
    found = joining.joined(before, clues)
    mass, inside, countries = by_hand(before, clues)
    assert found.partition is cells
    np.testing.assert_allclose(found.probabilities, mass, rtol=1e-5)
    assert found.evidence.conflict == pytest.approx(max(0.0, -np.log2(inside)), abs=1e-6)
    assert dict(found.evidence.countries) == pytest.approx(countries, rel=1e-4, abs=1e-9)


def test_a_clue_without_any_choice_changes_nothing(cells):
    before = seen(cells, 0.2, Rome=0.7)
    same = joining.joined(before, [])
    assert same == before and same.probabilities is before.probabilities and same.evidence.clues == ()
    assert (same.point, same.confidence) == (before.point, before.confidence)
    everywhere = joining.joined(before, [clue("FR", ratio=1.0)])
    np.testing.assert_allclose(everywhere.probabilities, before.probabilities, rtol=1e-6)
    assert everywhere.unknown == pytest.approx(0.2) and everywhere.evidence.conflict == pytest.approx(0, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(3)), st.floats(0.05, 0.4), st.sets(st.sampled_from(range(3))))
def test_the_order_of_clues_does_not_matter_and_mass_stays_one(cells, order, unknown, struck):
    clues = [clue("FR", ratio=30), clue("CH DE", ratio=5), clue("IT", ratio=0.2)]
    before = seen(cells, unknown, Basel=0.6, Paris=0.2)
    one = joining.joined(before, clues, struck=struck)
    other = joining.joined(before, [clues[at] for at in order], struck={order.index(number) for number in struck})
    assert one.probabilities.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(one.probabilities, other.probabilities, rtol=1e-5)
    assert one.unknown == pytest.approx(other.unknown) and one.partition is other.partition
    assert sum(dict(one.evidence.countries).values()) == pytest.approx(1, abs=1e-5)


def test_striking_all_gives_back_what_was_before(cells):
    before = seen(cells, 0.1, Basel=0.6)
    found = joining.joined(before, [clue("CH"), clue("FR", lines=(1,))], read("din hund", "chien"))
    assert found != before
    assert found.evidence.without(0, 1) == before
    assert found.evidence.without(0).evidence.without(1) == before
    assert found.evidence.without_lines(0).probabilities == pytest.approx(
        joining.joined(before, [found.evidence.clues[1]]).probabilities)  # fmt: skip
    assert found.evidence.without_text("CHIEN").evidence.struck == {1}
    assert found.evidence.without_text("absent", " ") == found
    assert found.evidence.without(0).evidence.bits[0] == 0.0
    for number in (-1, 2):
        with pytest.raises(InputError, match="2 pieces"):
            found.evidence.without(number)


def test_unknown_rises_where_the_text_speaks_for_another_place(cells):
    before = seen(cells, 0.1, Rome=0.9)
    # Rome's cell is Italian, so the clue is POSTER as likely there: 0.1 / (0.1 + 0.9 · ~0.02)
    away = joining.joined(before, [clue("DK")])
    assert away.partition is world.partition() and away.unknown is None
    assert away.evidence.countries[0][0] == "DK" and away.evidence.conflicts
    at_home = joining.joined(before, [clue("IT")])
    assert at_home.partition is cells and at_home.unknown < 0.01 and not at_home.evidence.conflicts
    weak = joining.joined(before, [clue("DK", ratio=3.0)])
    assert weak.partition is cells and 0.1 < weak.unknown < 0.5


def test_a_model_that_cannot_tell_moves_only_for_strong_evidence(cells):
    before = seen(cells, Rome=0.9)  # OUTSIDE / (OUTSIDE + (1 − OUTSIDE) · inside), inside about 0.02
    assert joining.joined(before, [clue("DK")]).partition is world.partition()
    stays = joining.joined(before, [clue("DK", ratio=3.0)])
    assert stays.partition is cells and stays.unknown is None


def test_thresholds_are_where_they_are_documented():
    assert (joining.TEMPER, joining.POSTER, joining.OUTSIDE) == (1.0, 0.02, 0.05)
    assert (joining.LIKELIER, joining.CONFLICT_BITS) == (0.5, 3.0)
    assert (world.SITES, world.PSEUDO_PHOTOS) == (20, 50)


@pytest.mark.parametrize(("unknown", "outside"), [(0.48, False), (0.52, True)])
def test_the_answer_is_over_the_whole_earth_from_one_half_on(cells, unknown, outside):
    before = seen(cells, unknown, Rome=0.5)
    assert (joining.joined(before, [clue("FR", ratio=1.0)]).partition is not cells) == outside


@pytest.mark.parametrize(("bits", "conflicts"), [(2.99, False), (3.0, True)])
def test_contradiction_begins_at_three_bits(cells, bits, conflicts):
    found = joining.joined(seen(cells, Rome=0.9), [clue("FR")]).evidence
    assert replace(found, conflict=bits).conflicts == conflicts
    even = Prediction(cells.prior.astype(np.float32), cells)
    assert not replace(found, conflict=bits, before=even).conflicts  # who has no answer contradicts nothing


def test_no_text_is_stronger_than_a_poster_allows(cells):
    sites = ground.read()
    rows = joining.relative([clue("DK", ratio=1e30), clue("DK", "domain", ratio=1e30)], sites)
    assert rows.min() == pytest.approx(0.02) and sites.weight @ rows == pytest.approx(1)
    assert joining.relative([], sites).min() == pytest.approx(1)


def test_bits_say_what_speaks_for_the_answer_and_what_against():
    found = joining.joined(world.nowhere(), [clue("DK"), clue("DK SE NO", "street word"), clue("JP", "domain")])
    danish, northern, japanese = found.evidence.bits
    assert danish > northern > 0 > japanese
    country = ground.read().country == gazetteer.read().country_codes.index("DK")
    share = ground.read().weight[country].sum()
    assert danish == pytest.approx(-np.log2(share), abs=0.3)  # nearly all mass is there


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_odd_clue_is_found_wherever_it_stands(order):
    clues = [clue("DK"), clue("DK SE", "street word"), clue("JP", "domain")]
    found = joining.joined(world.nowhere(), [clues[at] for at in order]).evidence
    number, bits = found.discord
    assert number == order.index(2) and found.disagrees and 3 < bits < 6
    assert found.speaks_for(number) == "JP" and found.speaks_for() == "DK"
    assert not joining.joined(world.nowhere(), [clues[0], clues[1]]).evidence.disagrees
    assert joining.joined(world.nowhere(), [clues[2]]).evidence.discord == (-1, 0.0)


def test_without_a_model_the_point_is_in_the_likeliest_country():
    found = joining.joined(world.nowhere(), [clue("NL BE")])
    assert found.best.near.country_code == found.evidence.countries[0][0]
    shared = replace(found, evidence=replace(found.evidence, clues=(), shared=True))
    assert shared.best.near.country_code == found.evidence.countries[0][0]
    with pytest.raises(InputError, match="photos around it"):
        shared.evidence.without()


def test_a_prior_from_geotags_counts_them_and_fifty_of_people():
    usual = ground.read()
    there = world.reweighted([48.86] * 150, [2.35] * 150)
    codes = gazetteer.read().country_codes
    france, danish = (there.country == codes.index(code) for code in ("FR", "DK"))
    assert there.weight.sum() == pytest.approx(1)
    assert there.weight[france].sum() == pytest.approx((150 + 50 * usual.weight[france].sum()) / 200)
    assert there.weight[danish] == pytest.approx(usual.weight[danish] / 4)
    cells = world.over(there)
    assert (cells.ids == world.partition().ids).all() and world.ground_of(cells) is there
    before = Prediction(cells.prior.astype(np.float32), cells)
    assert dict(joining.joined(before, [clue("FR BE")]).evidence.countries)["FR"] > 0.95
    with pytest.raises(InputError, match="on land"):
        world.reweighted([0.0], [-30.0])
