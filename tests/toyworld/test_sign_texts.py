"""What signs say is true of their country, and belongs to nobody."""

import unicodedata

import numpy as np
import pytest

from photoplanet.earth import gazetteer, geodesy
from photoplanet.errors import InputError
from photoplanet.toyworld import sign_texts, world
from photoplanet.toyworld.lettering import FONTS, Packaged

LATIN = {"Latin": Packaged()}
NAMES = {"Han": ("CJK", "KATAKANA", "HIRAGANA")}


def test_every_country_of_the_toy_earth_has_its_signs():
    assert sorted(sign_texts.countries()) == world.country_codes()
    for country in sign_texts.countries().values():
        assert sum(country.languages.values()) == pytest.approx(1)
        assert set(country.languages) <= set(sign_texts.languages())
        assert country.code in gazetteer.read().country_codes
        assert country.prefix.isdecimal() and len(country.domain) == 2


@pytest.mark.parametrize("code", sign_texts.languages())
def test_words_are_written_in_the_script_of_their_language(code):
    language = sign_texts.languages()[code]
    assert language.script in FONTS
    names = NAMES.get(language.script, (language.script.upper(),))
    for text in (*language.phrases, *language.towns):
        for letter in filter(str.isalpha, text.replace("ー", "")):
            assert unicodedata.name(letter).startswith(names), (text, letter)
    assert bool(language.towns) == (language.script != "Latin")


def test_towns_lie_near_and_in_the_country():
    names = sign_texts.towns_near(47.56, 7.59, "DE")  # Basel, where three countries meet
    data = gazetteer.read()
    assert len(names) == 6
    for name in names:
        rows = [row for row, other in enumerate(data.names) if other == name]
        away = geodesy.distance_km(data.latitude[rows], data.longitude[rows], 47.56, 7.59)
        row = rows[int(np.argmin(away))]
        assert away.min() <= sign_texts.TOWNS_KM
        assert data.country_codes[data.state_country[data.state[row]]] == "DE"


def test_no_town_is_found_at_sea():
    assert sign_texts.towns_near(0.0, -30.0, "BR") == []


@pytest.mark.parametrize("kind", sign_texts.KINDS)
def test_signs_of_a_kind(kind):
    rng, country = np.random.default_rng(3), sign_texts.countries()["FR"]
    french = sign_texts.languages()["fr"]
    for _ in range(30):
        text = sign_texts.compose(rng, country, ["Lyon", "Vienne", "Givors"], LATIN, kind)
        assert (text.kind, text.country, text.language, text.script) == (kind, "FR", "fr", "Latin")
        if kind == "direction":
            assert 2 <= len(text.lines) <= 3 and set(text.lines) <= {"Lyon", "Vienne", "Givors"}
        else:
            assert text.lines[0] in getattr(french, kind)


def test_languages_come_as_often_as_the_country_says():
    rng, canada = np.random.default_rng(5), sign_texts.countries()["CA"]
    drawn = [sign_texts.compose(rng, canada, [], LATIN).language for _ in range(600)]
    assert drawn.count("fr") / len(drawn) == pytest.approx(0.25, abs=0.06)


def test_no_number_and_no_address_is_anybodys():
    """Numbers after a prefix never begin with 00, and `example` is the name that is kept free."""
    rng = np.random.default_rng(1)
    for country in sign_texts.countries().values():
        prefix, rest = sign_texts.number(rng, country).split(" ", 1)
        assert prefix == f"+{country.prefix}" and rest.startswith("00 ")
        assert sign_texts.address(country) == f"www.example.{country.domain}"


def test_a_country_that_the_fonts_cannot_write_is_refused():
    with pytest.raises(InputError, match="cannot write a language of RU"):
        sign_texts.compose(np.random.default_rng(0), sign_texts.countries()["RU"], ["Moscow"], LATIN)
