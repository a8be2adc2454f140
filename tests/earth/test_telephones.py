"""How telephone numbers are written: numbers of public services by hand, and the forms of all countries."""

import pytest

from photoplanet.earth import countries, telephones


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("(202) 456-1111", "US"), ("020 7219 3000", "GB"), ("01 40 63 60 00", "FR"), ("06 6706 2430", "IT"),
        ("03-3581-5111", "JP"),
        ("(61) 3311-1212", "BR"), ("(02) 6277 7111", "AU"), ("33 37 55 00", "DK"), ("913 90 60 00", "ES"),
        ("02-6788-2114", "KR"),
        ("04 817 9999", "NZ"), ("(0312) 420 50 00", "TR"), ("031 322 87 11", "CH"), ("030 227321", "DE"), ("8 "
        "(495) 692-00-00", "RU"),
        ("011 2301 7465", "IN"), ("2500 0000", "HK"), ("(01) 618 3000", "IE"),
    ],
)  # fmt: skip
def test_a_number_is_written_so_in_its_country(number, code):
    exact, loose = telephones.countries(number)
    assert code in exact + loose


@pytest.mark.parametrize("text", ["", "12:30", "2014-05-12", "24/7", "abc", "1" * 500, "☎", "D-50667"])
def test_what_nobody_writes_is_of_no_country(text):
    assert telephones.countries(text) == ((), ())


def test_forms_name_countries_that_exist_and_most_of_them():
    forms = telephones.read().exact
    known = {code for codes in forms.values() for code in codes}
    assert known <= countries.read().keys()
    assert len(known) >= 230
    assert all(telephones.form(form.replace("d", "0")) == form for form in forms)


def test_exact_and_loose_are_never_the_same_country_twice():
    for number in ("020 7219 3000", "03-3581-5111", "(202) 456-1111", "202.456.1111"):
        exact, loose = telephones.countries(number)
        assert not set(exact) & set(loose)


def test_other_marks_are_found_loosely():
    assert "US" in telephones.countries("202.456.1111")[1]
    assert "JP" in telephones.countries("03 3581 5111")[1]
