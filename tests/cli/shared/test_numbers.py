"""Numbers on the command line: what is no finite number in plain digits is refused."""

import click
import pytest

from photoplanet.cli.shared.numbers import Decimal, Whole, strict

NO_NUMBER = ["nan", "NaN", "inf", "-inf", "infinity", "", " ", "١٢", "1_000", "0x10", "1e", "one", "1 000", "٫5", "½"]


@pytest.mark.parametrize("text", [*NO_NUMBER, "1.0", "1e3", "99999999999999999999", "1" * 5000])
def test_what_is_no_whole_number_is_refused(text):
    with pytest.raises(click.BadParameter):
        Whole().convert(text, None, None)


@pytest.mark.parametrize("text", [*NO_NUMBER, "1e309", "-1e999", "1,000.5"])
def test_what_is_no_finite_number_is_refused(text):
    with pytest.raises(click.BadParameter):
        Decimal().convert(text, None, None)


def test_a_decimal_comma_is_answered_with_a_point():
    with pytest.raises(click.BadParameter, match=r"write 0\.5"):
        Decimal().convert("0,5", None, None)


def test_numbers_in_their_range_are_read():
    assert Whole(1, 10).convert("+7", None, None) == 7 and Whole().convert(" -12 ", None, None) == -12
    assert Decimal(0, 1).convert(".5", None, None) == 0.5 and Decimal().convert("1E-3", None, None) == 0.001
    assert Decimal().convert("5.", None, None) == 5
    for kind, text in ((Whole(1, 10), "0"), (Whole(1, 10), "11"), (Decimal(0, 1, min_open=True), "0")):
        with pytest.raises(click.BadParameter, match="range"):
            kind.convert(text, None, None)


def test_ranges_are_kept():
    found = strict(click.FloatRange(0, 1, min_open=True, max_open=True, clamp=False))
    assert isinstance(found, Decimal) and (found.min, found.max, found.min_open, found.max_open) == (0, 1, True, True)
    kept = Whole(1)
    assert strict(kept) is kept and strict(click.STRING) is click.STRING
