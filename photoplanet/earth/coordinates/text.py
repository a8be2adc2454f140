"""Coordinates as people and tools write them: decimal, degrees and minutes, with letters; read, or NaN for unreadable.

What can be read in two ways is not read. A letter and a minus sign may say the same (−33.8 S); a minus with N or E
contradicts, and is not read.
"""

import json
import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

MAX_LENGTH = 200  # characters of a cell that can be a coordinate
NOTHING = ("", "nan", "null", "none", "n/a", "na", "#n/a", "-", "--", "\\n")  # how others write that there is none

_MARKS = str.maketrans(
    dict.fromkeys("º˚∘⁰ᵒ", "°") | dict.fromkeys("′’‘ʹ´`ʼ‛", "'") | dict.fromkeys("″”“ʺ‟＂", '"')
    | dict.fromkeys("−‐‑‒–—﹣－", "-") | dict.fromkeys("٫", ".") | dict.fromkeys("\u200b\u200e\u200f\u2060\ufeff\0")
)  # fmt: skip
_WORDS = {
    "N": ("north", "nord", "norte", "norden", "n"),
    "S": ("south", "süd", "sued", "sud", "sur", "süden", "s"),
    "E": ("east", "ost", "est", "este", "osten", "e"),
    "W": ("west", "ouest", "oeste", "ovest", "westen", "w"),  # a lone O is east in German and west in French
}
_LETTERS = {word: letter for letter, words in _WORDS.items() for word in words}
_WORD = "|".join(sorted(_LETTERS, key=len, reverse=True))
_LEADING = re.compile(rf"(?:({_WORD})(?![^\W\d_]))\s*", re.IGNORECASE)
_TRAILING = re.compile(rf"\s*(?<![^\W\d_])({_WORD})$", re.IGNORECASE)
_UNITS = (
    (
        re.compile(r"(?<=\d)\s*d\s*(\d+(?:[.,]\d+)?)\s*m\s*(\d+(?:[.,]\d+)?)\s*s(?=[NSEW]?(?:\W|$))", re.IGNORECASE),
        r"°\1'\2",
    ),
    (re.compile(r"(?<=\d)\s*(?:degrees?|deg|d)(?=[NSEW]?(?:[\W\d_]|$))\.?", re.IGNORECASE), "°"),
    (re.compile(r"(?<=\d)\s*(?:minutes?|mins?|m)(?=[NSEW]?(?:[\W\d_]|$))\.?", re.IGNORECASE), "'"),
    (re.compile(r"(?<=\d)\s*(?:seconds?|secs?)(?=[NSEW]?(?:[\W\d_]|$))\.?", re.IGNORECASE), '"'),
)
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_PART = r"(\d+(?:[.,]\d*)?)"
_DECIMAL = re.compile(r"(\d+(?:[.,]\d*)?|[.,]\d+)\s*°?")
_MARKED = re.compile(rf"(\d+)\s*°\s*{_PART}\s*'?(?:(?<=')\s*{_PART}\s*(?:\"|'')?)?")
_COLONS = re.compile(rf"(\d+)\s*:\s*{_PART}(?:\s*:\s*{_PART})?")
_SPACES = re.compile(rf"(\d+)\s+{_PART}(?:\s+{_PART})?")
_HYPHENS = re.compile(r"(\d+)-(\d+(?:\.\d+)?)-?(?:(?<=-)(\d+(?:\.\d+)?))?")
_COMMAS = re.compile(r"(\d+)\s*,\s*(\d+(?:\.\d+)?)(?:\s*,\s*(\d+(?:\.\d+)?))?")
_RATIONAL = r"(\d+(?:\.\d+)?)(?:\s*/\s*(\d+))?"
_RATIONALS = re.compile(rf"{_RATIONAL}(?:[\s,;]+{_RATIONAL})?(?:[\s,;]+{_RATIONAL})?")
_PAIRED = re.compile(
    r"\(?\(\s*(\d+)\s*,\s*(\d+)\s*\)\s*,\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)\s*,\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)\)?"
)
_WKT = re.compile(
    r"(?:SRID=\d+;\s*)?POINT\s*(?:ZM|Z|M)?\s*\(\s*(\S+?)[\s,]+([^\s,)]+)(?:[\s,]+[^\s,)]+){0,2}\s*\)", re.IGNORECASE
)
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_WITH_HEIGHT = re.compile(rf"({_NUMBER})([\s,;]+)({_NUMBER})\2{_NUMBER}(?:\2{_NUMBER})?")
_SPLITS = (
    re.compile(r"([^;|]+)[;|]([^;|]+)"), re.compile(r"([^,]+),([^,]+)"), re.compile(r"(.+?),\s+(.+)"),
    re.compile(r"(\S+)\s+(\S+)"),
    re.compile(r"(.*[NSEW])[\s,;/]+(.+[NSEW])", re.IGNORECASE),
    re.compile(r"([NSEW].+?)[\s,;/]+([NSEW].+)", re.IGNORECASE),
)  # fmt: skip


class Angle(NamedTuple):
    """One number of degrees, and the letter of its hemisphere, "" where none is written."""

    degrees: float
    letter: str = ""


def degrees(text: str, letters: str) -> float:
    r"""Return the degrees that a text says, NaN where it cannot be read; `letters`: "NS" for a latitude, "EW" else.

    >>> degrees("48°51'30''N", "NS"), degrees("2,2945", "EW"), degrees("-33.9 N", "NS")
    (48.858333333333334, 2.2945, nan)
    """
    found = angle(text)
    return found.degrees if found is not None and found.letter in ("", *letters) else math.nan


def angle(text: str) -> Angle | None:
    r"""Return what a text says of one coordinate, signed by its letter; None where it cannot be read.

    >>> angle("33 deg 51' 24.48'' S")
    Angle(degrees=-33.8568, letter='S')
    """
    if len(text) > MAX_LENGTH:
        return None
    body = text if _PLAIN.fullmatch(text) else tidy(text)
    if _PLAIN.fullmatch(body):
        return Angle(float(body)) if math.isfinite(float(body)) else None
    bracketed = body[:1] in ("[", "(") and body[-1:] in ("]", ")")
    for unit, mark in _UNITS:
        body = unit.sub(mark, body)
    letter, sign, rest = _hemisphere(body)
    value = None if rest is None else _parts(rest, bool(letter), bracketed)
    if value is None or not math.isfinite(value):
        return None
    if not letter:
        return Angle(-value if sign == "-" else value)
    south_or_west = letter in "SW"
    if sign and (sign == "-") != south_or_west:
        return None
    return Angle(-value if south_or_west else value, letter)


def pair(text: str, longitude_first: bool = False) -> tuple[float, float] | None:
    """Return (latitude, longitude) from one text with both: latitude first unless letters, WKT or GeoJSON say else.

    None where the two cannot be told apart or one cannot be read.

    >>> pair("48.8584, 2.2945"), pair("POINT (2.2945 48.8584)"), pair("48.8584 N 2.2945 E")
    ((48.8584, 2.2945), (48.8584, 2.2945), (48.8584, 2.2945))
    """
    if len(text) > MAX_LENGTH:
        return None
    body = tidy(text)
    if body.startswith("{"):
        return _of_json(body)
    if found := _WKT.fullmatch(body):
        return _ordered(found[2], found[1])
    body = re.sub(r"^geo:|;(?:crs|u)=.*$", "", body, flags=re.IGNORECASE).strip()
    body = body[1:-1].strip() if body[:1] in ("[", "(") and body[-1:] in ("]", ")") else body
    if found := _WITH_HEIGHT.fullmatch(body):  # latitude, longitude, height and accuracy of KoBo and the like
        body = f"{found[1]};{found[3]}" if "." in found[1] or "," in found[2] else ""
    if re.fullmatch(r"[^.\s]*,[^.\s]*", body) and not re.search("[NSEW]", body, re.IGNORECASE):
        return None  # 48,85: two numbers, or a decimal comma?
    answers = []
    for split in _SPLITS:
        if (found := split.fullmatch(body)) and (both := _ordered(found[1], found[2], longitude_first)):
            answers.append(both)
    return answers[0] if answers and all(answer == answers[0] for answer in answers) else None


def spelled(value: Any) -> str | None:
    r"""Return a value that may hold both coordinates as text for `pair`: lists and objects as JSON.

    None for nothing, and "?" for bytes that are no text.

    >>> spelled({"lat": 1.5, "lon": 2.5}), spelled(b"\xff"), spelled(None)
    ('{"lat": 1.5, "lon": 2.5}', '?', None)
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, default=str)
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "?"


def hemisphere(text: str | None, letters: str) -> int:
    """Return 1 for the first of `letters` ("NS", "EW") or a word for it, −1 for the second, 0 for what is neither.

    >>> hemisphere("South", "NS"), hemisphere("e", "EW"), hemisphere("E", "NS")
    (-1, 1, 0)
    """
    word = tidy(text or "")[:MAX_LENGTH].lower()
    word = re.sub(r"[\s_]*(?:latitude|longitude|hemisphere)$", "", word).strip(" .'\"")
    word = re.sub(r"^(north|south|east|west)ern$", r"\1", word)
    if word in ("+", "+1", "1"):
        return 1
    if word in ("-", "-1"):
        return -1
    return {letters[0]: 1, letters[1]: -1}.get(_LETTERS.get(word, ""), 0)


def signed(found: Angle | None, ref: str | None, letters: str) -> float:
    """Return the degrees of a coordinate whose hemisphere has a column of its own; NaN where the two contradict.

    S and W make a number negative, whatever its sign; a minus with N or E contradicts, and so does another letter. A
    positive number with neither a letter nor a hemisphere is not read.

    >>> signed(Angle(33.9), "S", "NS"), signed(Angle(-33.9), "S", "NS"), signed(Angle(-33.9), "N", "NS")
    (-33.9, -33.9, nan)
    """
    if found is None or found.letter not in ("", *letters):
        return math.nan
    side = hemisphere(ref, letters)
    if side == 0:
        return found.degrees if is_empty(ref) and (found.letter or found.degrees <= 0) else math.nan
    if side > 0:
        return found.degrees if found.degrees >= 0 else math.nan
    return math.nan if found.letter and found.degrees > 0 else -abs(found.degrees)


def is_empty(text: str | None) -> bool:
    """Whether a cell says that there is nothing: empty, or a word for it.

    >>> is_empty(" "), is_empty("N/A"), is_empty("0")
    (True, True, False)
    """
    return text is None or text.strip().lower() in NOTHING


def tidy(text: str) -> str:
    r"""Return a text in plain characters: one minus sign, one kind of quotes, ASCII digits, single spaces.

    >>> tidy("−48° 51′ ３０″")
    '-48° 51\' 30"'
    """
    plain = unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(_MARKS)
    if not plain.isascii():
        plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)
    plain = " ".join(plain.split())
    if len(plain) > 2 and plain[0] == plain[-1] and plain[0] in "'\"":
        return plain[1:-1].strip()
    return plain.removeprefix("'")  # with which a spreadsheet marks a text


def _hemisphere(body: str) -> tuple[str, str, str | None]:
    """(letter, sign, the rest) of a coordinate; the rest is None where two letters are written."""
    letter = ""
    sign, body = _sign(body)
    if found := _LEADING.match(body):
        letter, body = _LETTERS[found[1].lower()], body[found.end() :]
        more, body = _sign(body.lstrip(":. "))
        if sign and more:
            return "", "", None
        sign = sign or more
    if found := _TRAILING.search(body):
        if letter:
            return "", "", None
        letter, body = _LETTERS[found[1].lower()], body[: found.start()]
    return letter, sign, body.strip()


def _sign(body: str) -> tuple[str, str]:
    return (body[0], body[1:].lstrip()) if body[:1] in ("+", "-") else ("", body)


def _parts(body: str, lettered: bool, bracketed: bool) -> float | None:
    """Degrees from an unsigned decimal number, or from degrees with minutes and seconds in one of their notations."""
    if found := _DECIMAL.fullmatch(body):
        whole, comma, part = found[1].partition(",")
        if comma and lettered and "°" not in body and len(part) <= 2:
            return None  # 48,51N: a decimal comma, or the minutes of XMP?
        return float(f"{whole}.{part}" if comma else found[1])
    if found := _MARKED.fullmatch(body):
        return _sexagesimal(found.groups())
    if (found := _COLONS.fullmatch(body)) and (found[3] or lettered):
        return _sexagesimal(found.groups())
    if (found := _SPACES.fullmatch(body)) and (found[3] or lettered):
        return _sexagesimal(found.groups())
    if lettered and (found := _HYPHENS.fullmatch(body)):
        return _sexagesimal(found.groups())
    if lettered and (found := _COMMAS.fullmatch(body)):  # XMP: 48,51.504N or 48,51,30N
        return _sexagesimal(found.groups()) if found[3] or "." in found[2] else None
    return _rational(body, bracketed)


def _sexagesimal(groups: Sequence[str | None]) -> float | None:
    """Degrees from the texts of whole degrees, minutes and perhaps seconds; None where one has no business there."""
    texts = [text.replace(",", ".") for text in groups if text]
    numbers = [float(text) for text in texts]
    if len(texts) == 3 and not numbers[1].is_integer() and numbers[2]:
        return None
    if any(number > 60 for number in numbers[1:]):
        return None
    return float(sum(number / float(60**place) for place, number in enumerate(numbers)))


def _rational(body: str, bracketed: bool) -> float | None:
    """Degrees from the three fractions of EXIF, as exiv2, exifread and piexif print them; 0/0 seconds are none."""
    if bracketed:
        body = body.strip("[] ") if body[0] == "[" else body
        body = body[1:-1].strip() if body[:1] == "(" and not body.startswith("((") else body
    found = _PAIRED.fullmatch(body) or _RATIONALS.fullmatch(body)
    if found is None or not (bracketed or "/" in body):
        return None
    groups = found.groups()
    fractions = [(groups[at], groups[at + 1]) for at in range(0, len(groups), 2) if groups[at] is not None]
    if bracketed and len(fractions) != 3:
        return None
    numbers = []
    for place, (over, under) in enumerate(fractions):
        if under is not None and float(under) == 0:
            if place < 2 or float(over) != 0:
                return None
            under = "1"
        numbers.append(float(over) / float(under or 1))
    return None if any(number > 60 for number in numbers[1:]) else sum(n / 60**at for at, n in enumerate(numbers))


def _ordered(first: str, second: str, longitude_first: bool = False) -> tuple[float, float] | None:
    """(latitude, longitude) of two texts, in the order of their letters where they have some."""
    one, two = angle(first.strip()), angle(second.strip())
    if one is None or two is None:
        return None
    if one.letter and two.letter:
        swapped = one.letter in "EW"
        if (two.letter in "EW") == swapped:
            return None
    elif one.letter or two.letter:
        return None
    else:
        swapped = longitude_first
    return (two.degrees, one.degrees) if swapped else (one.degrees, two.degrees)


def _of_json(body: str) -> tuple[float, float] | None:
    """(latitude, longitude) of a GeoJSON point, or of an object with keys such as lat and lng."""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    place = found.get("coordinates")
    if found.get("type") == "Point" and isinstance(place, list) and 2 <= len(place) <= 3:
        return _ordered(str(place[1]), str(place[0]))
    lat = next((found[key] for key in ("latitude", "lat") if key in found), None)
    lng = next((found[key] for key in ("longitude", "lng", "lon", "long") if key in found), None)
    return None if lat is None or lng is None else _ordered(str(lat), str(lng))
