"""Text tables as they come: encodings, and quotation marks that would swallow rows; mended on the way to the parser.

A field may be quoted, also over several lines. A mark that opens a field and is closed nowhere, or only rows later,
is a mark like any other: what it would swallow are rows, since they have the right number of fields, and numbers where
the table has numbers.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from photoplanet.core.stores import Located
from photoplanet.errors import InputError

UNKNOWN_ENCODING = "neither UTF-8 nor Western European text; save it as UTF-8 (in Excel: CSV UTF-8)"
DELIMITERS = ",;\t|"
MAX_HEAD = 1 << 20  # bytes in which the first line of a table must end
CHUNK = 1 << 24  # bytes that are looked at together
MAX_LINES = 200  # that one quoted field may run over
_SAMPLE = 200  # lines that tell which columns hold numbers
_MOSTLY = 0.8  # share of the cells in a column of numbers that are numbers
_SCANNED = 1 << 26  # bytes that tell the encoding of a table that is not UTF-8
_NUMBER = re.compile(rb"\s*[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?\s*")
_WRAPPED = re.compile(rb'"((?:[^"]|"")*)"', re.DOTALL)
_SEPARATOR_LINE = re.compile(rb'"?sep=.?"?', re.IGNORECASE)  # which tells Excel the separator
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NOT_WESTERN = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]|[\x80-\xff]{3}")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


def head(data: bytes) -> tuple[tuple[str, ...], str]:
    r"""Return (names of the columns, what stands between them) from the first bytes of a text table.

    UnicodeDecodeError or csv.Error for what is not text.

    >>> head(b"id;lat;lon\na;1;2\n")
    (('id', 'lat', 'lon'), ';')
    """
    encoding = _encoding(data) or _other(data)
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")("replace" if encoding else "strict")
    text = decoder.decode(data[:MAX_HEAD]).lstrip("\ufeff")  # what a cut leaves of a character is not read
    lines = [line for line in re.split(r"\r\n|\n|\r", text) if line.strip()]
    first = lines[0] if lines else ""
    if _SEPARATOR_LINE.fullmatch(first.encode()):
        separator = first.strip('"')[4:] or ","
        return tuple(next(csv.reader(lines[1:2], delimiter=separator), [])), separator
    bare = re.sub(r'"[^"]*"', "", first)
    delimiter = max(DELIMITERS, key=bare.count)
    found = _first([line.encode() for line in lines[:MAX_LINES]], delimiter.encode())[0]
    return tuple(field.decode() for field in found), delimiter


def opened(path: Located, delimiter: str, fields: int) -> Located | io.BufferedReader:
    r"""Return what a parser of UTF-8 with quotation marks can read: the file itself, or a stream of it mended.

    `fields`: how many columns the table has. InputError for a table in an encoding that is not known here.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "t.tsv")
    ...     _ = path.write_text('path\ttitle\na.jpg\t5" lens\n')
    ...     print(opened(path, "\t", 2).read().decode().splitlines()[1].split("\t")[1])
    "5"" lens"
    """
    encoding, sound = _looked_through(path, delimiter)
    if sound:
        return path
    pieces = mended(_lines(path, encoding), delimiter.encode(), fields)
    return io.BufferedReader(_Stream(pieces), 1 << 20)


def mended(lines: Iterable[bytes], delimiter: bytes, fields: int) -> Iterator[bytes]:
    r"""Yield a table's lines (without their ends) as bytes of a table in which every quotation mark is one of a field.

    >>> b"".join(mended([b"a,b", b'1,"x', b'y"', b'2,z'], b",", 2))
    b'a,b\n1,"x\ny"\n2,z\n'
    """
    table = _Table(iter(lines), delimiter, fields)
    out = [table.head]
    while (line := table.take()) is not None:
        out.append(line if b'"' not in line else table.record(line))
        if len(out) >= 20_000:
            yield b"\n".join(out) + b"\n"
            out = []
    if out:
        yield b"\n".join(out) + b"\n"


def _first(lines: Sequence[bytes], delimiter: bytes) -> tuple[list[bytes], int]:
    """The names in the first line of a table, and how many lines they take: more where one is quoted over lines."""
    whole = b""
    for count, line in enumerate(lines, start=1):
        whole += (b"\n" if whole else b"") + line
        found, is_open = _split(whole, delimiter)
        if found is not None:
            return found, count
        if not is_open or delimiter == b"\t":
            break
    plain = lines[0].split(delimiter) if lines else []
    return [_unwrapped(field) for field in plain], 1


class _Table:
    """Lines that wait, and what tells a row: the number of fields, and columns in which all first rows have numbers."""

    def __init__(self, lines: Iterator[bytes], delimiter: bytes, fields: int):
        self._source, self._delimiter, self._fields = lines, delimiter, fields
        self._waiting: deque[bytes] = deque()
        self._peek(_SAMPLE)
        if self._waiting and _SEPARATOR_LINE.fullmatch(self._waiting[0]):
            self._waiting.popleft()
        names, count = _first(list(self._waiting), delimiter)
        for _ in range(min(count, len(self._waiting))):
            self._waiting.popleft()
        self.head = self._written(names)
        sample = [_split(line, delimiter)[0] or [] for line in self._waiting]
        rows = [row for row in sample if len(row) == fields]
        self._numbers = [at for at in range(fields) if _are_numbers([row[at] for row in rows])]

    def take(self) -> bytes | None:
        if not self._waiting:
            self._peek(1)
        return self._waiting.popleft() if self._waiting else None

    def record(self, line: bytes) -> bytes:
        """The record that starts with a line, which has a quotation mark; further lines of it are taken."""
        strict, is_open = _split(line, self._delimiter)
        if strict is not None and len(strict) == self._fields:
            return self._written(strict)
        if is_open:
            whole, count = self._over_lines(line)
            if whole is not None:
                for _ in range(count):
                    self.take()
                return self._written(whole)
        plain = line.split(self._delimiter)
        if self._is_row(plain):
            return self._written([_unwrapped(field) for field in plain])
        if strict is None and not is_open:  # "Hi" there: as other readers take it
            loose = _loose(line, self._delimiter)
            if loose is not None and len(loose) == self._fields:
                return self._written(loose)
        return self._written(plain if len(plain) != self._fields else [*plain, b""])

    def _over_lines(self, line: bytes) -> tuple[list[bytes] | None, int]:
        """The record of a quoted field that runs over lines, and how many more they are; None where they are rows."""
        whole = line
        rows = [self._is_row(line.split(self._delimiter))]
        for count in range(1, MAX_LINES):
            self._peek(count)
            if len(self._waiting) < count:
                return None, 0
            more = self._waiting[count - 1]
            whole += b"\n" + more
            rows.append(self._is_row(more.split(self._delimiter)))
            if b'"' not in more:
                if rows[-1]:
                    return None, 0
                continue
            found, is_open = _split(whole, self._delimiter)
            if not is_open:
                swallowed = any(rows[1:-1]) or (rows[0] and rows[-1])
                return (None, 0) if found is None or len(found) != self._fields or swallowed else (found, count)
            if rows[-1]:
                return None, 0
        return None, 0

    def _is_row(self, fields: list[bytes]) -> bool:
        """Whether this is a row if marks are no more than marks: where no column has numbers, only in TSV."""
        if len(fields) != self._fields:
            return False
        numbers = [_unwrapped(fields[at]) for at in self._numbers]
        sound = all(map(_is_number, numbers)) and any(number.strip() for number in numbers)
        return sound if numbers else self._delimiter == b"\t"

    def _peek(self, lines: int) -> None:
        while len(self._waiting) < lines:
            line = next(self._source, None)
            if line is None:
                return
            self._waiting.append(line)

    def _written(self, fields: list[bytes]) -> bytes:
        return self._delimiter.join(
            b'"' + field.replace(b'"', b'""') + b'"' if b'"' in field or self._delimiter in field or b"\n" in field
            else field for field in fields
        )  # fmt: skip


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file that is read once."""

    def __init__(self, pieces: Iterator[bytes]):
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _looked_through(path: Located, delimiter: str) -> tuple[str, bool]:
    """(encoding, whether a parser can read the file as it is): UTF-8, each quoted field whole on its line."""
    mark = delimiter.encode()
    with path.open("rb") as file:
        data = file.read(CHUNK)
        encoding = _encoding(data)
        sound = encoding in ("utf-8", "utf-8-sig") and not _SEPARATOR_LINE.match(
            data[:10].removeprefix(codecs.BOM_UTF8)
        )
        if encoding is not None and not encoding.startswith("utf-8"):
            return encoding, False
        decode = codecs.getincrementaldecoder("utf-8")().decode
        rest, pending = b"", False
        try:
            while data:
                if pending or not data.isascii():
                    decode(data)
                    pending = not data[-1:].isascii()
                whole = rest + data
                end = max(whole.rfind(b"\n"), whole.rfind(b"\r")) + 1
                sound = sound and _well_quoted(whole[:end], mark)
                rest = whole[end:] if sound else b""
                data = file.read(CHUNK)
            decode(b"", True)
        except UnicodeDecodeError:
            file.seek(0)
            other = _other(file.read(_SCANNED))
            if other is None:
                raise InputError(f"{path}: {UNKNOWN_ENCODING}") from None
            return other, False
    return "utf-8", sound and _well_quoted(rest, mark)


def _encoding(data: bytes) -> str | None:
    """The encoding that the first bytes of a file tell: UTF-8 unless they are nothing of the kind (None)."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    some = data[:1000]
    even, odd = some[::2].count(0), some[1::2].count(0)
    if len(some) > 3 and max(even, odd) * 5 > len(some) and min(even, odd) * 20 < len(some):
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data[: 1 << 16])
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _other(data: bytes) -> str | None:
    """The encoding of text that is not sound UTF-8: UTF-8 with damage, or Windows-1252; None for neither."""
    high = sum(byte >= 128 for byte in data) if len(data) < 1000 else int((np.frombuffer(data, np.uint8) >= 128).sum())
    valid = sum(len(found) for found in _UTF8.findall(data))
    if 2 * valid > high:
        return "utf-8"
    return None if _NOT_WESTERN.search(data) else "cp1252"


def _well_quoted(data: bytes, delimiter: bytes) -> bool:
    """Whether every quotation mark opens or closes a field, or is doubled in one, and each field ends on its line."""
    if b'"' not in data:
        return True
    bare = np.frombuffer(b"\n" + data.replace(b'""', b"") + b"\n", np.uint8)
    marks = np.flatnonzero(bare == ord('"'))
    if len(marks) % 2:
        return False
    opening, closing = marks[::2], marks[1::2]
    ends = (ord("\n"), ord("\r"), delimiter[0])
    if not np.isin(bare[opening - 1], ends).all() or not np.isin(bare[closing + 1], ends).all():
        return False
    lines = np.flatnonzero((bare == ord("\n")) | (bare == ord("\r")))
    return bool((np.searchsorted(lines, opening) == np.searchsorted(lines, closing)).all())


def _lines(path: Located, encoding: str) -> Iterator[bytes]:
    """The lines of a text file as UTF-8, without their ends; what cannot be decoded becomes U+FFFD."""
    decode: Callable[..., str] = codecs.getincrementaldecoder(encoding)("replace").decode
    rest = b""
    with path.open("rb") as file:
        first = True
        while data := file.read(CHUNK >> 2):
            text = decode(data)
            whole = rest + (text.lstrip("\ufeff") if first else text).encode("utf-8", "replace")
            first = False
            held = b"\r" if whole.endswith(b"\r") else b""  # half of a line's end, perhaps
            whole = whole[: len(whole) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            *lines, rest = whole.split(b"\n")
            rest += held
            yield from lines
    last = (rest + decode(b"", True).encode()).replace(b"\r", b"\n").split(b"\n")
    yield from last if last[-1] else last[:-1]


def _split(record: bytes, delimiter: bytes) -> tuple[list[bytes] | None, bool]:
    """(fields, False) where every quoted field closes before a delimiter, (None, True) where one is still open.

    (None, False) where a mark stands where none may.
    """
    fields: list[bytes] = []
    at = 0
    while True:
        if record[at : at + 1] != b'"':
            end = record.find(delimiter, at)
            fields.append(record[at:] if end < 0 else record[at:end])
            if end < 0:
                return fields, False
            at = end + 1
            continue
        end = at + 1
        while True:
            end = record.find(b'"', end)
            if end < 0:
                return None, True
            if record[end + 1 : end + 2] != b'"':
                break
            end += 2
        fields.append(record[at + 1 : end].replace(b'""', b'"'))
        if end + 1 == len(record):
            return fields, False
        if record[end + 1 : end + 2] != delimiter:
            return None, False
        at = end + 2


def _loose(line: bytes, delimiter: bytes) -> list[bytes] | None:
    try:
        found = next(csv.reader([line.decode("utf-8", "surrogateescape")], delimiter=delimiter.decode()))
    except (csv.Error, StopIteration):
        return None
    return [field.encode("utf-8", "surrogateescape") for field in found]


def _unwrapped(field: bytes) -> bytes:
    found = _WRAPPED.fullmatch(field)
    return found[1].replace(b'""', b'"') if found else field


def _are_numbers(fields: list[bytes]) -> bool:
    """Whether a column has numbers, but for a few cells that are odd, or pieces of a longer field."""
    filled = [field for field in fields if field.strip()]
    return bool(filled) and sum(map(_is_number, filled)) >= _MOSTLY * len(filled)


def _is_number(field: bytes) -> bool:
    return not field.strip() or _NUMBER.fullmatch(field) is not None
