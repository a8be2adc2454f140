"""How telephone numbers are written at home, in each country: which blocks of digits, and how they begin.

The table, telephones.json, is written by tools/make_telephones.py from Google's libphonenumber.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

KEPT = 2  # digits of a number that its form keeps
LONGEST = 28  # characters of a number
_NUMBER = re.compile(r"[\d ()./-]+", re.ASCII)


class Forms(NamedTuple):
    """Form → the codes of the countries that write numbers so: exactly, and with other marks between the digits."""

    exact: dict[str, tuple[str, ...]]
    loose: dict[str, tuple[str, ...]]


def form(number: str) -> str:
    """The form of a number as it is written: two digits, `d` for each other, and the marks between them.

    >>> form("(0221) 12345"), form("01.42.68.53.00")
    ('(02dd) ddddd', '01 dd dd dd dd')
    """
    kept = 0
    signs = []
    for sign in number:
        if sign.isdigit():
            kept += 1
            signs.append(sign if kept <= KEPT else "d")
        else:
            signs.append(" " if sign == "." else sign)
    return " ".join("".join(signs).split())


def loosely(form: str) -> str:
    """A form without its marks: only how many digits stand together.

    >>> loosely("(02dd) ddd-dd"), loosely("02dd/ddddd")
    ('02dd ddd dd', '02dd ddddd')
    """
    return " ".join(re.sub(r"[^\dd]", " ", form).split())


@cache
def read() -> Forms:
    """All forms that are known.

    >>> "FR" in read().exact["01 dd dd dd dd"], read().exact["03-dddd-dddd"]
    (True, ('JP',))
    """
    text = Path(__file__).with_name("telephones.json").read_text(encoding="utf-8")
    exact = {form: tuple(codes.split()) for form, codes in json.loads(text)["forms"].items()}
    loose: dict[str, dict[str, None]] = {}
    for each, codes in exact.items():
        loose.setdefault(loosely(each), {}).update(dict.fromkeys(codes))
    return Forms(exact, {each: tuple(codes) for each, codes in loose.items()})


def countries(number: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The countries that write a number so, and those that do with other marks between the same blocks of digits.

    >>> countries("(415) 555-0000")[0][:2], "US" in countries("415.555.0000")[1], countries("12:30")
    (('CA', 'US'), True, ((), ()))
    """
    if len(number) > LONGEST or not _NUMBER.fullmatch(number):
        return (), ()
    found, each = read(), form(number)
    exact = found.exact.get(each, ())
    return exact, tuple(code for code in found.loose.get(loosely(each), ()) if code not in exact)
