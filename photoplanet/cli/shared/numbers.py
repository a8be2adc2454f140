"""Numbers on the command line: finite, in plain digits, and in their range; every command gets them by itself."""

import re
from typing import Any

import click

_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_MOST = 2**63 - 1  # beyond, arrays of whole numbers cannot hold it


class Whole(click.IntRange):
    """A whole number in a range, written in plain digits: Python would also read "1_000" and digits of any script.

    >>> Whole(1, 10).convert("1_0", None, None)
    Traceback (most recent call last):
    click.exceptions.BadParameter: '1_0' is not a whole number.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the number; `click.BadParameter` for another text, and outside the range."""
        if isinstance(value, str) and not _WHOLE.fullmatch(value.strip()):
            self.fail(f"{value!r} is not a whole number.", param, ctx)
        plain: Any = value.strip()[:400] if isinstance(value, str) else value
        number = super().convert(plain, param, ctx)
        if abs(number) > _MOST:
            self.fail("the number is too large.", param, ctx)
        return number


class Decimal(click.FloatRange):
    """A finite number in a range: `nan` would pass any comparison, and `1e309` is infinite.

    >>> Decimal(0, 1).convert("nan", None, None)
    Traceback (most recent call last):
    click.exceptions.BadParameter: 'nan' is not a number.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the number; `click.BadParameter` for another text, and outside the range."""
        if isinstance(value, str) and not is_decimal(value):
            more = f"; write {value.replace(',', '.')}" if is_decimal(value.replace(",", ".")) else ""
            self.fail(f"{value!r} is not a number{more}.", param, ctx)
        number = super().convert(value, param, ctx)
        if not abs(number) < float("inf"):
            self.fail(f"{value!r} is too large.", param, ctx)
        return number


def is_decimal(text: str) -> bool:
    """Whether a text is a number in plain digits.

    >>> is_decimal("-1.5e3"), is_decimal("nan"), is_decimal("١")
    (True, False, False)
    """
    return bool(_DECIMAL.fullmatch(text.strip()))


def strict(kind: "click.ParamType[Any]") -> "click.ParamType[Any]":
    """Return the strict type in place of click's own for numbers in a range; any other type as it is.

    >>> strict(click.IntRange(1, 5)), strict(click.STRING)
    (<Whole 1<=x<=5>, STRING)
    """
    if isinstance(kind, click.IntRange | click.FloatRange) and not isinstance(kind, Whole | Decimal):
        made: Any = Whole if isinstance(kind, click.IntRange) else Decimal
        return made(kind.min, kind.max, kind.min_open, kind.max_open, kind.clamp)  # type: ignore[no-any-return]
    return kind
