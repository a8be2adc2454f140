"""Place names as evidence: how they stand in text, how sure they are meant, where that puts a photo."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from place_name_lines import SIGNS, TRAPS

from photoplanet.clues import place_name_likelihood as likelihood
from photoplanet.clues import place_names
from photoplanet.clues.place_name_search import Mention, mentions
from photoplanet.clues.place_name_tokens import TOKENS
from photoplanet.earth import gazetteer, ground
from photoplanet.earth.geodesy import distance_km
from photoplanet.earth.place_names import find
from photoplanet.signs.line import Line, Reading

RIGHT_COUNTRY, RIGHT_TOWN = 0.95, 0.95  # of the hand-made signs, at least
CLAIM = 0.6  # of the probability: no trap may put as much on a country that the prior does not


@pytest.fixture(scope="module")
def sites():
    return ground.read()


def reading(*texts, score=0.98, role="sign", right=0.9):
    """Lines that stand one under another, from a tenth of the photo's width to `right`."""
    step = 1 / max(1, len(texts))
    lines = []
    for i, text in enumerate(texts):
        top, bottom = i * step, (i + 0.9) * step
        lines.append(Line(text, score, ((0.1, top), (right, top), (right, bottom), (0.1, bottom)), role))
    return Reading(tuple(lines), 1280, 960)


def kinds(*texts):
    return {each.named.form: each.kind for each in mentions(reading(*texts))[0]}


def shares(sites, found):
    """The probability of each country after the clues, and the likeliest site."""
    total = np.sum([clue.log_likelihood for clue in found], axis=0) if found else np.zeros(len(sites.weight))
    weight = sites.weight * np.exp(total - np.max(total))
    weight /= weight.sum()
    return np.bincount(sites.country, weight, minlength=len(gazetteer.read().country_codes)), int(weight.argmax())


@pytest.mark.parametrize(
    ("texts", "form", "kind"),
    [
        (["Ajuntament d'Altafulla"], "altafulla", "office"),
        (["Stadt Köln"], "koln", "office"),
        (["Malmö stad"], "malmo", "office"),
        (["Göteborgs Stad"], "goteborg", "office"),
        (["HILLEROD", "KOMMUNE"], "hillerod", "office"),
        (["PARIS", "VILLE DE"], "paris", "office"),
        (["Ajuntament", "de Barcelona"], "barcelona", "office"),
        (["City of Austin"], "austin", "office"),
        (["The Mayor for London"], "london", "office"),
        (["Comune di Siena"], "siena", "office"),
        (["札幌市"], "札幌市", "office"),
        (["横浜市役所"], "横浜市", "office"),
        (["Universitat de Barcelona"], "barcelona", "institution"),
        (["京都駅"], "京都", "institution"),
        (["08800 Vilanova i la Geltrú"], "vilanova i la geltru", "address"),
        (["D-50667 Köln"], "koln", "address"),
        (["London SW1A 1AA"], "london", "address"),
        (["Austin, TX 78701"], "austin", "address"),
        (["Rue de Toulouse"], "toulouse", "street"),
        (["Calle Toledo"], "toledo", "street"),
        (["Stuttgarter Straße"], "stuttgart", "street"),
        (["Stockholmsvägen"], "stockholm", "street"),
        (["Berlinerstrasse"], "berlin", "street"),
        (["南京路"], "南京", "street"),
        (["Lyon 120"], "lyon", "distance"),
        (["Toledo 35 km"], "toledo", "distance"),
        (["Pizzeria Napoli"], "napoli", "food"),
        (["PIZZERIA", "NAPOLI"], "napoli", "food"),
        (["Hotel Barcelona"], "barcelona", "business"),
        (["Made in China"], "china", "origin"),
        (["www.stockholm.se/felanmalan"], "stockholm", "domain"),
        (["Vilanova I la Geltrú"], "vilanova i la geltru", "alone"),
        (["Vilanova i la", "Geltrú"], "vilanova i la geltru", "alone"),
        (["VULKAN.KÖLN"], "koln", "plain"),
        (["Köln-Ehrenfeld"], "koln", "plain"),
        (["SparkasseKöln"], "koln", "institution"),
        (["Tampereen kaupunki"], "tampereen", "office"),
        (["Stadt Stuttqart"], "stuttgart", "office"),
        (["Barce1ona"], "barcelona", "alone"),
    ],
)
def test_a_name_is_found_and_how_it_is_meant(texts, form, kind):
    assert kinds(*texts).get(form) == kind


def test_a_year_is_not_a_postcode_and_a_long_number_not_a_distance():
    assert kinds("2014 Berlin")["berlin"] == "plain"
    assert kinds("Berlin 10117 km")["berlin"] != "distance"


def test_names_longest_first_and_each_word_once():
    assert set(kinds("New York")) == {"new york"}
    assert set(kinds("San Francisco")) == {"san francisco"}


def test_lines_far_apart_are_not_read_together():
    step = Line("New", 0.9, ((0.1, 0.0), (0.3, 0.0), (0.3, 0.05), (0.1, 0.05)))
    far = Line("York", 0.9, ((0.1, 0.8), (0.3, 0.8), (0.3, 0.85), (0.1, 0.85)))
    assert "new york" not in {each.named.form for each in mentions(Reading((step, far), 640, 480))[0]}


def test_a_name_cut_by_the_edge_of_the_photo_is_found_and_elsewhere_not():
    cut = [each.named.form for each in mentions(reading("Universitat de Barcelo", right=0.99))[0]]
    assert "barcelona" in cut
    assert "barcelona" not in [each.named.form for each in mentions(reading("Universitat de Barcelo"))[0]]


def test_signs_of_other_continents_are_placed(sites):
    codes, names = gazetteer.read().country_codes, gazetteer.read().names
    country, town, towns = [], [], 0
    for texts, code, place in SIGNS:
        share, top = shares(sites, place_names.clues(reading(*texts), sites))
        country.append(codes[int(share.argmax())] == code)
        if place:
            towns += 1
            away = min(distance_km(sites.latitude[top], sites.longitude[top], sites.latitude[row], sites.longitude[row])
                       for row, name in enumerate(names) if name == place)  # fmt: skip
            town.append(away < 15)
    assert len(SIGNS) >= 60
    assert np.mean(country) >= RIGHT_COUNTRY and np.mean(town) >= RIGHT_TOWN, [
        sign for sign, right in zip(SIGNS, country, strict=True) if not right
    ]


def test_common_words_food_and_wares_place_nothing(sites):
    codes = gazetteer.read().country_codes
    prior, _ = shares(sites, [])
    for text in TRAPS:
        share, _ = shares(sites, place_names.clues(reading(*text), sites))
        top = int(share.argmax())
        assert share[top] < CLAIM, (text, codes[top])
        assert share[codes.index("US")] > prior[codes.index("US")] / 3, text


def test_a_common_word_counts_where_an_office_is_named(sites):
    codes = gazetteer.read().country_codes
    word, _ = shares(sites, place_names.clues(reading("Reading"), sites))
    office, top = shares(sites, place_names.clues(reading("Reading Borough Council"), sites))
    assert word[codes.index("GB")] < 0.3 < 0.55 < office[codes.index("GB")]  # Reading in Pennsylvania is one, too
    assert gazetteer.read().names[top] == "Reading"


def test_how_a_name_is_meant_orders_what_it_is_worth(sites):
    code = gazetteer.read().country_codes.index("ES")
    worth = [shares(sites, place_names.clues(reading(text), sites))[0][code] for text in (
        "Ajuntament de Vilanova i la Geltrú", "08800 Vilanova i la Geltrú", "Carrer de Vilanova i la Geltrú",
        "Restaurant Vilanova i la Geltrú")]  # fmt: skip
    assert worth == sorted(worth, reverse=True) and worth[0] > 0.85 and worth[-1] < 0.5


def test_a_small_first_letter_is_a_word():
    (name,) = [each for each in mentions(reading("Nice"))[0] if each.named.form == "nice"]
    (word,) = [each for each in mentions(reading("nice"))[0] if each.named.form == "nice"]
    assert word.odds < name.odds / 10


def test_what_the_clue_says(sites):
    (clue,) = place_names.clues(reading("OBLIGATORI RECOLLIR", "Ajuntament d'Altafulla"), sites)
    assert clue.kind == "place name" and clue.lines == (1,)
    assert clue.says == "Altafulla, Catalonia, Spain (Ajuntament d'Altafulla)"
    clue = place_names.clues(reading("Springfield"), sites)[0]
    assert "others of that name (Springfield)" in clue.says
    assert place_names.name(int(find("Deutschland").places[0])) == "Germany"


def test_a_place_named_twice_counts_once_as_it_is_surest(sites):
    twice = place_names.clues(reading("Köln", "Rathaus", "Stadt Köln", "Cologne"), sites)
    assert len(twice) == 1 and {0, 2} <= set(twice[0].lines)
    once = place_names.clues(reading("Rathaus", "Stadt Köln"), sites)[0]
    assert float(np.abs(twice[0].log_likelihood - once.log_likelihood).max()) < 0.2


def test_a_watermark_is_a_claim_and_weaker_than_a_sign(sites):
    sign = place_names.clues(reading("Stadt Köln"), sites)[0]
    mark = place_names.clues(reading("Stadt Köln", role="watermark"), sites)[0]
    assert "written over the photo" in mark.says and "written" not in sign.says
    assert np.ptp(mark.log_likelihood) < np.ptp(sign.log_likelihood) - 1


def test_several_names_point_to_where_they_meet(sites):
    found = place_names.clues(reading("Lleida 60", "Tarragona 45", "Barcelona 70"), sites)
    _, top = shares(sites, found)
    for town in ("Tarragona", "Barcelona"):
        row = gazetteer.read().names.index(town)
        assert distance_km(sites.latitude[top], sites.longitude[top], sites.latitude[row], sites.longitude[row]) < 90


def test_a_distance_puts_the_photo_that_far_away(sites):
    (clue,) = place_names.clues(reading("Toulouse 120 km"), sites)
    row = gazetteer.read().names.index("Toulouse")
    near = sites.country == sites.country[row]
    away = distance_km(sites.latitude[near], sites.longitude[near], sites.latitude[row], sites.longitude[row])
    best = away[clue.log_likelihood[near] >= np.quantile(clue.log_likelihood[near], 0.98)]
    assert 60 < np.median(best) < 150


@pytest.mark.parametrize(("text", "kind"), [("Malmö", "office"), ("Springfield", "plain"), ("San José", "street"),
                                            ("Deutschland", "plain"), ("Catalunya", "plain"), ("Georgia", "alone"),
                                            ("Londres", "plain"), ("Toledo", "distance")])  # fmt: skip
def test_likelihoods_are_ratios_to_the_prior(sites, text, kind):
    """Σ weight · ratio is 1, as a probability over the Earth has to be."""
    sums = likelihood.weights(sites)
    mention = Mention(find(text), kind, 1.0, (0,), text, number=50 if kind == "distance" else 0)
    ratio = np.exp(likelihood.log_likelihood(mention, sites, sums, 5).astype(np.float64))
    assert float(ratio @ sites.weight) == pytest.approx(1, abs=0.02)


def test_the_share_near_the_place_is_that_of_its_kind(sites):
    sums = likelihood.weights(sites)
    row = gazetteer.read().names.index("Malmö")
    away = distance_km(sites.latitude, sites.longitude, sites.latitude[row], sites.longitude[row])
    for name, kind in likelihood.KINDS.items():
        assert kind.near + kind.region + kind.country + kind.anywhere == pytest.approx(1)
        values = likelihood.log_likelihood(Mention(find("Malmö"), name, 1.0, (0,), ""), sites, sums, 5)
        held = float((np.exp(values.astype(np.float64)) * sites.weight)[away < 30].sum())
        assert kind.near - 0.05 <= held <= kind.near + kind.region + 0.05, name


def test_a_state_beside_a_town_chooses_between_its_namesakes(sites):
    data = gazetteer.read()
    for code, state in (("IL", "Illinois"), ("MO", "Missouri"), ("MA", "Massachusetts"), ("OR", "Oregon")):
        found = place_names.clues(reading(f"Springfield, {code}"), sites)
        _, top = shares(sites, found)
        assert data.states[sites.state[top]] == state


HOSTILE = ["", " ", "\x00", "\x1b[2J\x1b[31mKöln\x07", "\u202eKöln", "𝕶öln", "🏙️🗼", "a\u0301" * 200, "K" * 10_000,
           "\ufdfa" * 200, "1o0l5 " * 33, "-" * 200, "京都Kyoto Киото", "http://", "a.b.c.d.e.f.g",
           "a." * 100, "۱۲۳ کلن"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_lines_do_no_harm(sites, text):
    for clue in place_names.clues(reading(text), sites):
        assert np.isfinite(clue.log_likelihood).all() and clue.says.isprintable()


def test_mixed_scripts_in_one_word_are_read_apart():
    found = kinds("京都Kyoto")
    assert {"京都", "kyoto"} <= set(found)


@pytest.mark.parametrize(
    "text", ["san jose " * 22, "stuttqart " * 20, "北京東京大阪" * 33, "abcdefghij " * 18, "a" * 200]
)
def test_pages_of_text_are_bounded(sites, text):
    page = reading(*[text] * 400)
    found, words = mentions(page)
    assert words <= TOKENS and len(found) <= 800
    assert all(row < 200 for each in found for row in each.lines)
    clues = place_names.clues(page, sites)
    assert len(clues) <= place_names.MOST
    assert all(np.isfinite(clue.log_likelihood).all() for clue in clues)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_text_gives_finite_clues(texts):
    for clue in place_names.clues(reading(*texts), ground.read()):
        assert clue.log_likelihood.shape == ground.read().weight.shape and clue.log_likelihood.dtype == np.float32
        assert np.isfinite(clue.log_likelihood).all() and set(clue.lines) <= set(range(len(texts)))
