"""Written names → places: exact, folded, alike, and how common a name is as a word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.earth import gazetteer, place_names
from photoplanet.earth.place_names import LONGEST, find, find_alike, find_beginning, fold


def named(place):
    data = gazetteer.read()
    towns, states = len(data.names), len(data.states)
    if place < towns:
        return data.names[place], data.country_codes[data.state_country[data.state[place]]]
    if place < towns + states:
        return data.states[place - towns], "state"
    return data.country_names[place - towns - states], "country"


@pytest.mark.parametrize(
    ("written", "town", "code"),
    [
        ("Köln", "Köln", "DE"),
        ("KOLN", "Köln", "DE"),
        ("Cologne", "Köln", "DE"),
        ("København", "Copenhagen", "DK"),
        ("Copenhagen", "Copenhagen", "DK"),
        ("HILLEROD", "Hillerød", "DK"),
        ("Roma", "Rome", "IT"),
        ("Wien", "Vienna", "AT"),
        ("Donostia", "San Sebastián", "ES"),
        ("l’Hospitalet de Llobregat", "L'Hospitalet de Llobregat", "ES"),
        ("St. Pölten", "Sankt Pölten", "AT"),
        ("St Andrews", "Saint Andrews", "GB"),
        ("東京", "Tokyo", "JP"),
        ("札幌市", "Sapporo", "JP"),
        ("臺北", "Taipei", "TW"),
        ("北京", "Beijing", "CN"),
        ("Москва", "Moscow", "RU"),
        ("Θεσσαλονίκη", "Thessaloníki", "GR"),
        ("부산", "Busan", "KR"),
        ("Đà Nẵng", "Da Nang", "VN"),
        ("İzmir", "İzmir", "TR"),
        ("Ouagadougou", "Ouagadougou", "BF"),
        ("Helsingin", "Helsinki", "FI"),
    ],
)
def test_a_town_is_found_by_its_names_in_the_languages_of_people(written, town, code):
    found = [named(place) for place in find(written).places]
    assert code in [each for name, each in found if name == town or name in town or town in name], found


@pytest.mark.parametrize(
    ("written", "wider"),
    [
        ("Deutschland", ("Germany", "country")),
        ("Österreich", ("Austria", "country")),
        ("日本", ("Japan", "country")),
        ("USA", ("United States", "country")),
        ("Catalunya", ("Catalonia", "state")),
        ("Bayern", ("Bavaria", "state")),
        ("Toscana", ("Tuscany", "state")),
        ("北海道", ("Hokkaido", "state")),
        ("Ontario", ("Ontario", "state")),
    ],
)
def test_states_and_countries_have_names_in_their_own_languages(written, wider):
    found = find(written)
    own = [named(place) for place, own in zip(found.places, found.own, strict=True) if own]
    assert wider in own


def test_a_name_of_several_places_has_them_all():
    states = {gazetteer.read().state_country[gazetteer.read().state[place]] for place in find("San José").places
              if place < len(gazetteer.read().names)}  # fmt: skip
    assert len(find("Springfield").places) > 15 and len(states) > 3


def test_a_towns_name_at_home_is_told_from_those_abroad():
    found = find("Londres")
    data = gazetteer.read()
    london = [i for i, place in enumerate(found.places) if place < len(data.names) and data.names[place] == "London"]
    assert london and not found.own[london].any()
    assert find("London").own.any()


def test_words_of_a_language_are_common_and_mere_names_are_not():
    words = [find(word).common for word in ("nice", "most", "split", "reading", "normal", "tak", "area", "elena")]
    names = [find(word).common for word in ("Stuttgart", "København", "Malmö", "Vilanova i la Geltrú", "Antananarivo",
                                            "London", "Paris", "Berlin", "Москва", "北京")]  # fmt: skip
    assert np.round(np.log10(min(words)), 1) >= -4.5 >= np.round(np.log10(max(names)), 1)
    assert np.median(words) > 1000 * np.median(names)


@pytest.mark.parametrize("written", ["", " ", "–", "CDG", "no such town", "x" * 500, "a\x00b", "12345", "🏙"])
def test_what_is_no_name_finds_nothing(written):
    assert find(written) is None


def test_every_place_and_name_of_the_table_is_in_order():
    table = place_names.read()
    assert table.forms == sorted(set(table.forms))
    assert len(table.first) == len(table.forms) + 1 and table.first[-1] == len(table.low) == len(table.high)
    assert (np.diff(table.first) > 0).all()
    data = gazetteer.read()
    highest = (table.low.astype(np.int64) + (table.high.astype(np.int64) << 16)).max()
    assert highest < len(data.names) + len(data.states) + len(data.country_codes)
    short = [form for form in table.forms if len(form) < 3 and form.isascii()]
    assert short == []


def test_forms_are_folded_already():
    assert [form for form in place_names.read().forms[::97] if fold(form) != form] == []


def test_nearly_every_town_is_found_by_the_name_that_it_is_given():
    data, missed = gazetteer.read(), 0
    for row in range(0, len(data.names), 97):
        found = find(data.names[row].split(" / ")[0])
        missed += found is None or row not in found.places
    assert missed <= 10  # of 1,600: numbers, longer than six words, one or two letters


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("barcelna", "barcelona"),  # a letter missing
        ("barceelona", "barcelona"),  # one too many
        ("stuftgart", "stuttgart"),  # one misread
        ("stuttgarl", "stuttgart"),  # the last
        ("bruxeiles", "bruxelles"),
        ("hruxelles", "bruxelles"),  # misread in its beginning, as b and h are
        ("vilanova i ia geltru", "vilanova i la geltru"),
    ],
)
def test_a_long_name_is_found_with_one_letter_amiss(read, meant):
    assert meant in [each.form for each in find_alike(read)]


def test_short_names_and_two_slips_are_not_alike():
    assert find_alike("pariz") == find_alike("berlln") == []
    assert "barcelona" not in [each.form for each in find_alike("barcalana")]
    assert "barcelona" not in [each.form for each in find_alike("barcelona")]  # itself: nothing is amiss
    assert find_alike("a" * (LONGEST + 1)) == []


@given(st.integers(0, 300_000), st.integers(4, 20), st.sampled_from("aeinrst"))
def test_alike_is_one_letter_apart(row, at, letter):
    form = place_names.read().forms[row]
    for each in find_alike(form[:at] + letter + form[at + 1 :]):
        assert distance(each.form, form[:at] + letter + form[at + 1 :]) == 1


def distance(a, b):
    """Levenshtein's distance, by its definition."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        above, row = row, [i + 1]
        for j, y in enumerate(b):
            row.append(min(above[j + 1] + 1, row[j] + 1, above[j] + (x != y)))
    return row[-1]


def test_a_name_cut_short_is_found_by_its_beginning_unless_too_many_begin_so():
    assert "barcelona" in [each.form for each in find_beginning("barcelo")]
    assert find_beginning("san") == []
    assert find_beginning("zzzzzzzz") == []


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once_and_leaves_no_marks(text):
    once = fold(text)
    assert fold(once) == once
    assert all(sign.isalnum() or sign in " ー" for sign in once)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("ÅRE", "are"),
        ("Straße", "strasse"),
        ("I\u0307zmir", "izmir"),
        ("e\u0301", "e"),
        ("ＴＯＫＹＯ", "tokyo"),
        ("ガーナ", "ガーナ"),
        ("Xi'an", "xi an"),
        ("\x1b[31mKöln", "31mkoln"),
    ],
)
def test_how_text_is_folded(text, form):
    assert fold(text) == form
