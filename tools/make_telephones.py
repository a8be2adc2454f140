"""Write photoplanet/earth/telephones.json: how telephone numbers are written in each country, from libphonenumber.

    pip install phonenumbers==9.0.43
    python tools/make_telephones.py

phonenumbers (Apache 2.0) is Google's libphonenumber for Python: it knows which numbers a country has, as regular
expressions, and how they are written at home. For each country and kind of number, numbers are drawn from its
expression, written, and reduced to their form: the first two digits, `d` for each other, and what separates them.
"""

import json
import random
import re._parser as sre
from collections import Counter
from pathlib import Path

import phonenumbers
from phonenumbers import PhoneNumberFormat

from photoplanet.earth import countries
from photoplanet.earth.telephones import form

TARGET = Path(__file__).parents[1] / "photoplanet" / "earth" / "telephones.json"
KINDS = ("fixed_line", "mobile", "toll_free", "shared_cost", "uan")
DRAWN = 3000  # numbers of each kind
LEAST = 0.0007  # of a kind's numbers: rarer forms are left out
EVERY = "0123456789"


def draw(tree, rng: random.Random) -> str:
    """A random text that the parsed expression matches."""
    text = ""
    for name, value in tree:
        if name is sre.LITERAL:
            text += chr(value)
        elif name is sre.IN:
            text += rng.choice([sign for sign in EVERY if in_class(sign, value)])
        elif name in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, inner = value
            text += "".join(draw(inner, rng) for _ in range(rng.randint(least, min(most, 15))))
        elif name is sre.SUBPATTERN:
            text += draw(value[-1], rng)
        elif name is sre.BRANCH:
            text += draw(rng.choice(value[1]), rng)
        else:
            raise ValueError(f"a part of an expression is not known here: {name}")
    return text


def in_class(sign: str, parts) -> bool:
    for name, value in parts:
        if name is sre.LITERAL and chr(value) == sign:
            return True
        if name is sre.RANGE and value[0] <= ord(sign) <= value[1]:
            return True
        if name is sre.CATEGORY and value is sre.CATEGORY_DIGIT:
            return True
    return False


def forms(code: str) -> Counter[str]:
    """How the numbers of a country are written."""
    found: Counter[str] = Counter()
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(code, None)
    for kind in KINDS:
        facts = getattr(metadata, kind, None)
        if facts is None or not facts.national_number_pattern:
            continue
        tree, rng = sre.parse(facts.national_number_pattern), random.Random(f"{code} {kind}")
        drawn: Counter[str] = Counter()
        for _ in range(DRAWN):
            digits = draw(tree, rng)
            zero = digits.startswith("0")  # a part of numbers in Italy and a few others
            number = phonenumbers.PhoneNumber(metadata.country_code, int(digits), italian_leading_zero=zero or None)
            drawn[form(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))] += 1
        found += Counter({each: count for each, count in drawn.items() if count >= LEAST * DRAWN})
    return found


def main() -> None:
    owners: dict[str, list[str]] = {}
    for code in countries.read():
        if phonenumbers.PhoneMetadata.metadata_for_region(code, None):
            for each in forms(code):
                owners.setdefault(each, []).append(code)
    rows = [f"{json.dumps(each)}: {json.dumps(' '.join(sorted(codes)))}" for each, codes in sorted(owners.items())]
    TARGET.write_text('{"forms": {\n' + ",\n".join(rows) + "\n}}\n", encoding="utf-8")
    print(f"{len(owners)} forms, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
