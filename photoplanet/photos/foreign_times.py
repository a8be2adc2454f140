"""Times as other tables write them → ISO 8601; what can be read in two ways, or not at all, is left empty and counted.

"" stands for a time that a table states and that cannot be read, null for one that it does not state.
"""

import re
import unicodedata
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from photoplanet.earth.coordinates.text import NOTHING

AMBIGUOUS = "time left empty: day or month first?"
UNREADABLE = "time left empty: unreadable"
MAX_LENGTH = 100  # characters of a cell that can be a time
FIRST_YEAR, LAST_YEAR = 1826, 2200
_ISO = (
    r"^(18[3-9]|19[0-9]|2[01][0-9])[0-9]-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(\.([1-9][0-9]{2}|0[1-9][0-9]|00[1-9]))?([+-](0[0-9]|1[0-3]):[0-5][0-9])?$"
)
_EPOCH = r"^([1-9][0-9]{8,9}|[1-9][0-9]{11,12})$"  # seconds or thousandths, as whole numbers
_EPOCH_UNITS = ((10**8, 10**10, 1), (10**11, 10**13, 10**3), (10**14, 10**16, 10**6), (10**17, 10**19, 10**9))
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY_NAME = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?\s*(?P<half>[ap]\.?\s?m\.?)?"
    r"\s*(?P<zone>z|utc|gmt|(?:utc|gmt)?\s*[+-]\d{1,2}(?::?\d{2})?)?(?:\s*\[[\w/+-]+\])?",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"(\d{4})([-:/.])(\d{1,2})\2(\d{1,2})")
_DOTS = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_SLASHES = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T _-]?(\d{2})(\d{2})(\d{2})(?:\.\d+)?(Z|[+-]\d{4})?)?", re.IGNORECASE)
_DAY_MONTH = re.compile(
    rf"{_DAY_NAME}(\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?{_MONTH}[\s,-]+(\d{{4}})", re.IGNORECASE
)
_MONTH_DAY = re.compile(rf"{_DAY_NAME}{_MONTH}[\s-]+(\d{{1,2}})(?:st|nd|rd|th)?,?[\s-]+(\d{{4}})", re.IGNORECASE)
_ASCTIME = re.compile(
    rf"{_DAY_NAME}{_MONTH}\s+(\d{{1,2}})\s+(\S+(?:\s[ap]m)?)(?:\s+([+-]\d{{4}}|utc|gmt))?\s+(\d{{4}})", re.IGNORECASE
)
_NEVER = re.compile(r"[0\s:/.T-]*")  # 0000:00:00 00:00:00, and what cameras leave blank


class Ambiguous(ValueError):
    """A date whose day and month could be exchanged."""


def read(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, dict[str, NDArray[np.int64]]]:
    """Return a column of times as ISO 8601 texts, and {why: rows} for the times that are there and cannot be read.

    Texts, Arrow times and dates, and numbers: Unix time in seconds, thousandths, millionths or billionths, by its
    size. What cannot be read is "" in the result. Equal texts are read once.

    >>> times, why = read(pa.chunked_array([["2019:05:01 12:03:00", "1612345678000", "01/05/2019 12:00", None]]))
    >>> times.to_pylist(), {reason: rows.tolist() for reason, rows in why.items()}
    (['2019-05-01T12:03:00', '2021-02-03T09:47:58+00:00', '', None], {'time left empty: day or month first?': [2]})
    """
    text = _texts(column)
    sound = _valid_iso(text)
    for usual in (_epochs, _respelled):
        if sound.all():
            return text, {}
        text = usual(text)
        sound = _valid_iso(text)
    rest = np.flatnonzero(~sound)
    encoded = text.take(pa.array(rest)).combine_chunks().dictionary_encode()
    parts = encoded.chunks if isinstance(encoded, pa.ChunkedArray) else [encoded]
    words = parts[0].dictionary.to_pylist()
    codes = np.concatenate([part.indices.to_numpy(zero_copy_only=False) for part in parts])
    answers, faults = zip(*map(_answer, words), strict=True) if words else ((), ())
    filled = text.to_numpy(zero_copy_only=False).astype(object)
    filled[rest] = np.array(answers, object)[codes]
    reasons = np.array(faults, object)[codes]
    why = {reason: rest[reasons == reason] for reason in (AMBIGUOUS, UNREADABLE)}
    return pa.chunked_array([pa.array(filled, pa.string())]), {
        reason: rows for reason, rows in why.items() if len(rows)
    }


def joined(dates: pa.ChunkedArray, clocks: pa.ChunkedArray | None = None) -> pa.ChunkedArray:
    """Return dates with the times of day of another column, where there are some and the date has none itself.

    >>> joined(pa.chunked_array([["2019-05-01", "2019-05-01"]]), pa.chunked_array([["12:03", None]])).to_pylist()
    ['2019-05-01 12:03', '2019-05-01']
    """
    if clocks is None or not pa.types.is_string(dates.type) or not pa.types.is_string(clocks.type):
        return dates
    alone = pc.and_(pc.less_equal(pc.utf8_length(pc.utf8_trim_whitespace(dates)), 18), clocks.is_valid())
    return pc.if_else(pc.fill_null(alone, False), pc.binary_join_element_wise(dates, clocks, " "), dates)


def iso(text: str) -> str | None:
    """Return a time as ISO 8601, None where the text says that there is none; ValueError where it cannot be read.

    `Ambiguous`, a ValueError, for a date whose day and month could be exchanged.

    >>> iso("May 1, 2019, 1:05:00 PM UTC"), iso("31.12.2019"), iso("N/A")
    ('2019-05-01T13:05:00+00:00', '2019-12-31', None)
    """
    if len(text) > MAX_LENGTH:
        raise ValueError("too long for a time")
    text = re.sub(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日", r"\1-\2-\3 ", text)
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("−", "-").split()).strip("'\"")
    if plain.lower() in NOTHING or _NEVER.fullmatch(plain):
        return None
    for reader in (_epoch, _packed, _asctime, _date_and_clock):
        if (found := reader(plain)) is not None:
            return found
    raise ValueError(f"{text[:40]!r} is not a time")


def stated(value: Any) -> str | None:
    """Return the time that one photo's metadata state: ISO 8601, "" for one that cannot be read, None for none.

    >>> stated(1612345678), stated("01/05/2019"), stated(None)
    ('2021-02-03T09:47:58+00:00', '', None)
    """
    if value is None or value != value or isinstance(value, bool | list | dict):
        return None
    return _answer(f"{value:.3f}" if isinstance(value, float) else str(value)[: MAX_LENGTH + 1])[0]


def _answer(text: str) -> tuple[str | None, str | None]:
    """(ISO 8601, "" or None; why it is "")."""
    try:
        return iso(text), None
    except Ambiguous:
        return "", AMBIGUOUS
    except (ValueError, OverflowError):
        return "", UNREADABLE


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Any column as texts, those of usual notations already in ISO 8601."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_timestamp(kind):
        text = pc.replace_substring(column.cast(pa.string()), " ", "T", max_replacements=1)
        text = pc.replace_substring_regex(text, r"\.0+(Z|[+-].*)?$", r"\1")  # Parquet stores thousandths
        text = pc.replace_substring_regex(text, r"([+-][0-9]{2})([0-9]{2})$", r"\1:\2")
        return pc.replace_substring_regex(text, "Z$", "+00:00")  # as Python 3.10 reads it
    if pa.types.is_floating(kind):
        numbers = column.to_numpy().astype(np.float64)
        texts = [None if value != value else f"{value:.3f}".rstrip("0").rstrip(".") for value in numbers.tolist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    text = pc.utf8_trim_whitespace(column if pa.types.is_string(kind) else column.cast(pa.string()))
    return _chunked(pc.if_else(pc.equal(text, ""), None, text))


def _respelled(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """The usual notations of EXIF, databases and time zones respelled; a time that is odd otherwise stays odd."""
    text = pc.replace_substring_regex(text, r"^([0-9]{4})([-:/])([0-9]{2})[-:/]([0-9]{2})[ T]([0-9])", r"\1-\3-\4T\5")
    text = pc.replace_substring_regex(text, r"(:[0-9]{2}:[0-9]{2})\.0+([^0-9]|$)", r"\1\2")
    text = pc.replace_substring_regex(text, r"(:[0-9]{2}(?:\.[0-9]+)?) ?(?:Z|UTC)$", r"\1+00:00")
    return _chunked(pc.replace_substring_regex(text, r"(:[0-9]{2}:[0-9]{2}) ?([+-][0-9]{2}):?([0-9]{2})$", r"\1\2:\3"))


def _epochs(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Unix time in whole seconds and thousandths."""
    fits = pc.fill_null(pc.match_substring_regex(text, _EPOCH), False)
    if not pc.any(fits).as_py():
        return text
    numbers = pc.if_else(fits, text, None).cast(pa.int64())
    whole = pc.less(numbers, 10**10)
    thousandths = pc.if_else(whole, pc.multiply(numbers, 1000), numbers).cast(pa.timestamp("ms", "UTC"))
    spelled = pc.replace_substring(
        pc.replace_substring_regex(thousandths.cast(pa.string()), r"\.000Z$|Z$", "+00:00"), " ", "T"
    )
    return _chunked(pc.if_else(fits, spelled, text))


def _chunked(text: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray:
    return text if isinstance(text, pa.ChunkedArray) else pa.chunked_array([text])


def _valid_iso(text: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Bool (n,): null, or a date and a time of the calendar in the one form that is written here."""
    fits: NDArray[np.bool_] = pc.fill_null(pc.match_substring_regex(text, _ISO), True).to_numpy().astype(bool)
    seconds = pc.utf8_slice_codeunits(text.filter(pa.array(fits)), 0, 19)
    with suppress(pa.ArrowInvalid):
        seconds.cast(pa.timestamp("s"))
        return fits
    known = seconds.to_pylist()
    fits[np.flatnonzero(fits)] = [word is None or _is_moment(word) for word in known]
    return fits


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _epoch(text: str) -> str | None:
    """Unix time, in the unit that its size tells: from 1973 to 2286 they do not overlap."""
    if not re.fullmatch(r"\d+(?:\.\d*)?(?:e\+?\d{1,2})?", text, re.IGNORECASE):
        return None
    number = Decimal(text)
    if re.fullmatch(r"(?:18|19|20|21)\d{6}|(?:18|19|20|21)\d{12}", text):
        return None  # 20190501, 20190501120300
    for low, high, unit in _EPOCH_UNITS:
        if low <= number < high:
            exponent = number.as_tuple().exponent
            if isinstance(exponent, int) and exponent > 0 and 10**exponent > unit:
                raise ValueError("rounded to more than a second")
            moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=int(number * 10**6 / unit))
            return _written(moment)
    raise ValueError("neither Unix time nor a date")


def _packed(text: str) -> str | None:
    found = _PACKED.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    if hour is None:
        return _date(int(year), int(month), int(day))
    moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second))
    return _written(moment.replace(tzinfo=_zone(zone)))


def _asctime(text: str) -> str | None:
    """Wed May 01 12:03:00 +0000 2019."""
    found = _ASCTIME.fullmatch(text)
    if not found or ":" not in found[3]:
        return None
    return _date_and_clock(f"{found[1]} {found[2]} {found[5]} {found[3]} {found[4] or ''}".strip())


def _date_and_clock(text: str) -> str | None:
    for reader in (_year_first, _dots, _named, _slashes):
        found = reader(text)
        if found is None:
            continue
        year, month, day, rest = found
        rest = re.sub(r"^(?:,|\s|t(?=\d)|at\s|um\s|-\s)+", "", rest, flags=re.IGNORECASE)
        if not rest:
            return _date(year, month, day)
        clock = _CLOCK.fullmatch(rest)
        if clock is None:
            raise ValueError("no time of day")
        return _written(_with_clock(year, month, day, clock))
    return None


def _year_first(text: str) -> tuple[int, int, int, str] | None:
    found = _YEAR_FIRST.match(text)
    return (int(found[1]), int(found[3]), int(found[4]), text[found.end() :]) if found else None


def _dots(text: str) -> tuple[int, int, int, str] | None:
    found = _DOTS.match(text)
    return (int(found[3]), int(found[2]), int(found[1]), text[found.end() :]) if found else None


def _slashes(text: str) -> tuple[int, int, int, str] | None:
    """Day and month where only one order makes a date, or both make the same."""
    found = _SLASHES.match(text)
    if not found:
        return None
    one, two, year = int(found[1]), int(found[3]), int(found[4])
    if one <= 12 and two <= 12 and one != two:
        raise Ambiguous("day or month first?")
    month, day = (one, two) if two > 12 else (two, one)
    return year, month, day, text[found.end() :]


def _named(text: str) -> tuple[int, int, int, str] | None:
    if found := _DAY_MONTH.match(text):
        return int(found[3]), _MONTHS.index(found[2][:3].lower()) + 1, int(found[1]), text[found.end() :]
    if found := _MONTH_DAY.match(text):
        return int(found[3]), _MONTHS.index(found[1][:3].lower()) + 1, int(found[2]), text[found.end() :]
    return None


def _with_clock(year: int, month: int, day: int, clock: re.Match[str]) -> datetime:
    hour = int(clock["hour"])
    if half := clock["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("not an hour of a 12-hour clock")
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    part = (clock["part"] or "")[:6].ljust(6, "0")
    moment = datetime(year, month, day, hour, int(clock["minute"]), int(clock["second"] or 0), int(part))
    return moment.replace(tzinfo=_zone(clock["zone"]))


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    found = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", text)
    if not found:
        return timezone.utc
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if offset > timedelta(hours=14) or int(found[3] or 0) > 59:
        raise ValueError("no such time zone")
    return timezone(offset if found[1] == "+" else -offset)


def _written(moment: datetime) -> str:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError("not a year of photography")
    return moment.isoformat(timespec="milliseconds" if moment.microsecond % 1000 == 0 < moment.microsecond else "auto")


def _date(year: int, month: int, day: int) -> str:
    return _written(datetime(year, month, day))[:10]
