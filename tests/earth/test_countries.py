"""What is known of countries: facts pinned by hand, and that no country is without what it has."""

import re

import pytest

from photoplanet.earth import countries, gazetteer

# code: calling code, domain, currency, one of its postcodes, a language of its signs
FACTS = {
    "AR": ("54", "ar", "ARS", "C1043AAZ", "es"), "AU": ("61", "au", "AUD", "2000", "en"), "BR": ("55", "br", "BRL",
    "01310-100", "pt"),
    "CA": ("1", "ca", "CAD", "K1A 0B1", "fr"), "CH": ("41", "ch", "CHF", "8001", "it"), "CN": ("86", "cn", "CNY",
    "100000", "zh"),
    "DE": ("49", "de", "EUR", "50667", "de"), "DK": ("45", "dk", "DKK", "2300", "da"), "EG": ("20", "eg", "EGP",
    "11511", "ar"),
    "ES": ("34", "es", "EUR", "08508", "ca"), "FI": ("358", "fi", "EUR", "00100", "sv"), "FR": ("33", "fr", "EUR",
    "75001", "fr"),
    "GB": ("44", "uk", "GBP", "SW1A 1AA", "en"), "GR": ("30", "gr", "EUR", "10552", "el"), "HU": ("36", "hu", "HUF",
    "1051", "hu"),
    "IE": ("353", "ie", "EUR", "D02 AF30", "ga"), "IN": ("91", "in", "INR", "400001", "hi"), "IS": ("354", "is",
    "ISK", "101", "is"),
    "JP": ("81", "jp", "JPY", "100-0001", "ja"), "KR": ("82", "kr", "KRW", "03187", "ko"), "MX": ("52", "mx", "MXN",
    "06000", "es"),
    "NL": ("31", "nl", "EUR", "1012 AB", "nl"), "NO": ("47", "no", "NOK", "0150", "nb"), "PL": ("48", "pl", "PLN",
    "00-950", "pl"),
    "PT": ("351", "pt", "EUR", "1100-148", "pt"), "RU": ("7", "ru", "RUB", "101000", "ru"), "SE": ("46", "se",
    "SEK", "111 29", "sv"),
    "TR": ("90", "tr", "TRY", "34000", "tr"), "US": ("1", "us", "USD", "94105-1234", "en"), "ZA": ("27", "za",
    "ZAR", "8001", "af"),
}  # fmt: skip


@pytest.mark.parametrize("code", FACTS)
def test_known_facts(code):
    country = countries.read()[code]
    calling, domain, currency, postcode, language = FACTS[code]
    assert (country.calling, country.domain, country.currency) == (calling, domain, currency)
    assert re.fullmatch(country.postcode.strip(), postcode)
    assert language in country.languages


def test_every_country_of_the_gazetteer_has_a_row_in_its_order():
    assert list(countries.read()) == gazetteer.read().country_codes


def test_every_country_has_languages_and_an_inhabited_one_a_calling_code():
    for code, country in countries.read().items():
        assert country.code == code
        assert country.languages and all(0 < share <= 1 for share in country.languages.values())
        assert sum(country.languages.values()) == pytest.approx(1, abs=0.02)
        assert country.calling.isdigit() or country.population < 1000, code
        assert country.currency == "" or re.fullmatch("[A-Z]{3}", country.currency), code
        assert country.domain == "" or re.fullmatch("[a-z]{2}", country.domain), code
        assert country.photos >= 0 and country.population >= 0


def test_the_photos_are_those_of_one_sample():
    assert sum(country.photos for country in countries.read().values()) == pytest.approx(100_000, rel=0.01)


def test_every_postcode_is_an_expression():
    for country in countries.read().values():
        assert re.compile(country.postcode.strip())


def test_no_two_countries_share_what_is_only_one_s():
    domains = [country.domain for country in countries.read().values() if country.domain not in ("", "gp")]
    assert len(domains) == len(set(domains))
