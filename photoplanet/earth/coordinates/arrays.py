"""Whole columns of coordinates to degrees: in Arrow where cells are plain, one by one where they are not."""

from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from photoplanet.earth.coordinates import text as notation

Column: TypeAlias = pa.ChunkedArray | pa.Array
_PLAIN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_COMMA = r"^([+-]?[0-9]+),([0-9]+)$"
# what most tools write: 48 deg 51' 30.00" N, 48°51′30″N, 48.8584° N; all that is rarer is read cell by cell
_USUAL = (
    r"^(?P<sign>[-−]?)(?P<d>[0-9]{1,3})(?P<f>\.[0-9]+)?\s*(?:°|deg)?\s*"
    r"(?:(?P<m>[0-9]{1,2}(?:\.[0-9]+)?)\s*['′’]\s*(?:(?P<s>[0-9]{1,2}(?:\.[0-9]+)?)\s*(?:[\"″”]|'')\s*)?)?(?P<l>[NSEW]?)$"
)
_UNIT = r"°|deg"


class Degrees(NamedTuple):
    """A column of n coordinates: degrees, NaN where a cell is empty or unreadable; which are empty; which had a letter.

    `values` float64 (n,), `empty` bool (n,), `lettered` bool (n,).
    """

    values: NDArray[np.float64]
    empty: NDArray[np.bool_]
    lettered: NDArray[np.bool_]


def read(column: Column, letters: str) -> Degrees:
    """Return a column of numbers, or of texts as `text.degrees` reads them; `letters`: "NS" or "EW".

    >>> found = read(pa.array(["48.8584", "48,8584", "33.9 S", "?", None]), "NS")
    >>> found.values.tolist(), found.empty.tolist()
    ([48.8584, 48.8584, -33.9, nan, nan], [False, False, False, False, True])
    """
    column = _plain_type(column)
    if not _is_text(column.type):
        if not _is_number(column.type):  # dates, lists, yes and no: something is said, but no coordinate
            nothing = np.full(len(column), np.nan)
            return Degrees(nothing, _mask(column.is_null()), np.zeros(len(column), bool))
        values = _numbers(column)
        return Degrees(np.where(np.isinf(values), np.nan, values), np.isnan(values), np.zeros(len(values), bool))
    text = pc.utf8_trim_whitespace(column)
    values, empty, lettered = np.full(len(text), np.nan), _mask(text.is_null()), np.zeros(len(text), bool)
    with suppress(pa.ArrowInvalid):
        every = _cast(text)
        if np.isfinite(every[~empty]).all():
            return Degrees(every, empty, lettered)
    rest = np.flatnonzero(~empty)
    plain = _mask(pc.match_substring_regex(text, _PLAIN))
    values[plain] = _cast(text.filter(pa.array(plain)))
    values[np.isinf(values)] = np.nan
    rest = rest[~plain[rest]]
    for some in (_commas, _usual):
        if len(rest):
            found, with_letter = some(text.take(pa.array(rest)), letters)
            values[rest], lettered[rest] = found, with_letter
            rest = rest[np.isnan(found)]
    if len(rest):
        found, with_letter, nothing = _one_by_one(text.take(pa.array(rest)), letters)
        values[rest], lettered[rest], empty[rest] = found, with_letter, nothing
    return Degrees(values, empty, lettered)


def read_both(column: Column, longitude_first: bool = False) -> tuple[Degrees, Degrees]:
    """Return latitudes and longitudes of a column whose texts hold both, as `text.pair` reads them.

    >>> latitude, longitude = read_both(pa.array(["48.8584, 2.2945", "Paris"]))
    >>> latitude.values.tolist(), longitude.values.tolist()
    ([48.8584, nan], [2.2945, nan])
    """
    if not _is_text(column.type):
        if pa.types.is_temporal(column.type):  # Python has no nanoseconds
            column = column.cast(pa.int64() if column.type.bit_width == 64 else pa.int32())
        column = pa.chunked_array([pa.array(list(map(notation.spelled, column.to_pylist())), pa.string())])
    texts, codes = _distinct(column)
    both = [notation.pair(text, longitude_first) or (np.nan, np.nan) for text in texts]
    nothing = np.array([notation.is_empty(text) for text in texts] + [True])
    values = np.array([*both, (np.nan, np.nan)], np.float64)
    none = np.zeros(len(codes), bool)
    return Degrees(values[codes, 0], nothing[codes], none), Degrees(values[codes, 1], nothing[codes], none)


def with_hemispheres(found: Degrees, column: Column, letters: str) -> Degrees:
    """Return degrees signed by a column of hemispheres (N, S, East, w …), as `text.signed` does.

    A column that is empty everywhere says nothing.

    >>> signed = with_hemispheres(read(pa.array(["33.9", "-33.9", "-33.9"]), "NS"), pa.array(["S", "s", "N"]), "NS")
    >>> signed.values.tolist()
    [-33.9, -33.9, nan]
    """
    column = _plain_type(column)
    if not _is_text(column.type):
        column = column.cast(pa.string())
    texts, codes = _distinct(column)
    if all(notation.is_empty(text) for text in texts):
        return found
    sides = np.array([notation.hemisphere(text, letters) for text in texts] + [0])
    empty = np.array([notation.is_empty(text) for text in texts] + [True])
    side, unsaid, values = sides[codes], empty[codes], found.values.copy()
    with np.errstate(invalid="ignore"):
        contradicts = np.where(side == 1, values < 0, (side == -1) & found.lettered & (values > 0))
        unknown = (side == 0) & ~(unsaid & (found.lettered | (values <= 0)))
        values = np.where(side == -1, -np.abs(values), values)
    values[contradicts | unknown] = np.nan
    return Degrees(values, found.empty, found.lettered)


def _commas(text: Column, letters: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Decimal commas."""
    fits = _mask(pc.match_substring_regex(text, _COMMA))
    values = np.full(len(text), np.nan)
    if fits.any():
        values[fits] = _cast(pc.replace_substring_regex(text.filter(pa.array(fits)), _COMMA, r"\1.\2"))
    return values, np.zeros(len(text), bool)


def _usual(text: Column, letters: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Degrees, minutes and seconds as most tools write them, and decimal degrees with a letter."""
    groups = pc.extract_regex(text, _USUAL)
    if isinstance(groups, pa.ChunkedArray):
        groups = groups.combine_chunks()
    fits = _mask(groups.is_valid())
    if not fits.any():
        return np.full(len(text), np.nan), fits
    part = {name: groups.field(at) for at, name in enumerate(("sign", "d", "f", "m", "s", "l"))}
    whole, minutes, seconds = (_cast(_or_null(part[name])) for name in ("d", "m", "s"))
    decimal = _cast(_or_null(pc.binary_join_element_wise(part["d"], part["f"], "")))
    fraction = _filled(part["f"])
    marked = _mask(pc.match_substring_regex(text, _UNIT)) | ~_filled(part["m"])
    values = np.where(_filled(part["m"]), whole, decimal) + np.nan_to_num(minutes) / 60 + np.nan_to_num(seconds) / 3600
    south_or_west = _mask(pc.is_in(part["l"], pa.array(["S", "W"]))) & _filled(part["l"])
    lettered, minus = _filled(part["l"]), _filled(part["sign"])
    values = np.where(south_or_west | minus, -values, values)
    with np.errstate(invalid="ignore"):
        sound = fits & marked & ~(fraction & _filled(part["m"])) & ~((minutes > 60) | (seconds > 60))
        sound &= ~(_filled(part["s"]) & (minutes % 1 != 0))
    sound &= ~(lettered & ~_mask(pc.is_in(part["l"], pa.array(list(letters), pa.string())))) & ~(
        minus & lettered & ~south_or_west
    )
    return np.where(sound, values, np.nan), lettered & sound


def _one_by_one(text: Column, letters: str) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """(degrees, had a letter, empty) of texts in any notation; equal texts are read once."""
    texts, codes = _distinct(text)
    angles = [notation.angle(text) for text in texts]
    fits = [found is not None and found.letter in ("", *letters) for found in angles]
    values = np.array([found.degrees if found and fit else np.nan for found, fit in zip(angles, fits, strict=True)])
    lettered = np.array([bool(found and fit and found.letter) for found, fit in zip(angles, fits, strict=True)], bool)
    nothing = np.array([notation.is_empty(text) for text in texts], bool)
    return values[codes], lettered[codes], nothing[codes]


def _distinct(column: Column) -> tuple[list[str], NDArray[np.int64]]:
    """The distinct texts of a column, and each row's number among them: −1, the last, for null."""
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    encoded = chunked.dictionary_encode().combine_chunks()
    parts = encoded.chunks if isinstance(encoded, pa.ChunkedArray) else [encoded]
    if not parts:
        return [], np.empty(0, np.int64)
    codes = [part.indices.fill_null(-1).to_numpy(zero_copy_only=False) for part in parts]
    return parts[0].dictionary.to_pylist(), np.concatenate(codes).astype(np.int64)


def _plain_type(column: Column) -> Column:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    odd = pa.types.is_null(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return column.cast(pa.string()) if odd or pa.types.is_string_view(kind) else column


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def _numbers(column: Column) -> NDArray[np.float64]:
    safe = not pa.types.is_decimal(column.type) and not pa.types.is_integer(column.type)
    values: NDArray[np.float64] = column.cast(pa.float64(), safe=safe).to_numpy(zero_copy_only=False)
    return values.astype(np.float64)


def _cast(text: Column) -> NDArray[np.float64]:
    """Texts that are plain numbers as float64, null as NaN."""
    values = text.cast(pa.float64())
    chunked = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    return chunked.to_numpy().astype(np.float64) if len(chunked) else np.empty(0)


def _or_null(text: Column) -> Column:
    return pc.if_else(pc.equal(text, ""), None, text)


def _filled(text: Column) -> NDArray[np.bool_]:
    return _mask(pc.not_equal(text, ""))


def _mask(column: Column) -> NDArray[np.bool_]:
    """Bool (n,), False for null."""
    filled = column.fill_null(False)
    chunked = filled if isinstance(filled, pa.ChunkedArray) else pa.chunked_array([filled])
    return chunked.to_numpy().astype(bool) if len(chunked) else np.zeros(0, bool)
