"""Packed tracks: gzip in pieces of bounded size, as far as it goes, and ZIP archives, as KMZ is one."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

from photoplanet.errors import InputError, printable

MOST_GROWN = 100  # gzip makes tracks 10 to 50 times smaller
MAX_MEMBERS = 10_000
PIECE = 1 << 18
_SLICE = 256
_MOST_LISTED = 4 << 20  # bytes of the list of an archive's members
_END = struct.Struct("<4s4HLLH")  # of an archive
_ENCRYPTED = 1


def gunzipped(pieces: Iterable[bytes], faults: list[str]) -> Iterator[bytes]:
    """Yield the content of gzip; `faults` gets where it is damaged, and what came before stands.

    InputError where it grows more than MOST_GROWN times.

    >>> import gzip
    >>> faults = []
    >>> list(gunzipped([gzip.compress(b"abc")], faults)), faults
    ([b'abc'], [])
    """
    small = (
        piece[at : at + _SLICE] for piece in pieces for at in range(0, len(piece), _SLICE)
    )  # a damaged one is lost
    unpacker = zlib.decompressobj(wbits=31)
    packed = total = 0

    def more() -> bytes:
        nonlocal packed
        data = next(small, b"")
        packed += len(data)
        return data

    data = more()
    try:
        while True:
            piece = unpacker.decompress(data, PIECE)
            total += len(piece)
            if total > MOST_GROWN * (packed + PIECE):
                raise InputError(f"its gzip grows more than {MOST_GROWN} times; unpack it first")
            if piece:
                yield piece
            data = unpacker.unconsumed_tail
            if unpacker.eof:
                data = (unpacker.unused_data or more()).lstrip(b"\0")
                if not data:
                    return
                unpacker = zlib.decompressobj(wbits=31)  # gzip files may be several, one after another
            elif not data and len(piece) < PIECE:
                data = more()
                if not data:
                    faults.append("its gzip ends early")
                    return
    except zlib.error:
        faults.append("its gzip is damaged")


def members(
    file: IO[bytes], endings: tuple[str, ...], most: int
) -> Iterator[tuple[str, Iterator[bytes], list[str]]]:  # fmt: skip
    """Yield the files of a ZIP archive whose names end so: name, content in pieces, and a list of its faults so far.

    InputError for an archive that is cut or damaged, for more than MAX_MEMBERS of them, and, as its content is read,
    for more than `most` bytes in all, and for a member that is encrypted, packed in another way than ZIP's own, or
    grows more than MOST_GROWN times.

    >>> file = io.BytesIO()
    >>> with zipfile.ZipFile(file, "w") as archive:
    ...     archive.writestr("doc.kml", "<kml/>")
    >>> [(name, b"".join(content)) for name, content, _ in members(file, (".kml",), 100)]
    [('doc.kml', b'<kml/>')]
    """
    _check_list(file)
    try:
        with zipfile.ZipFile(file) as archive:
            found = [each for each in archive.infolist() if _wanted(each.filename, endings)]
            if len(found) > MAX_MEMBERS:
                raise InputError(f"more than {MAX_MEMBERS:,} tracks in it; unpack it first")
            read = [0]  # bytes of all so far
            for each in found:
                faults: list[str] = []
                yield each.filename, _content(archive, each, faults, read, most), faults
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"its ZIP is cut or damaged ({printable(str(error))}); download it again") from None


def _check_list(file: IO[bytes]) -> None:
    """Refuse an archive whose list of members is so long that reading it takes much memory."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END.size - 65535))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _END.size:
        raise InputError("its ZIP ends early; download it again")
    if _END.unpack_from(tail, at)[5] > _MOST_LISTED:
        raise InputError("its ZIP lists too many files; unpack it first")
    file.seek(0)


def _wanted(name: str, endings: tuple[str, ...]) -> bool:
    base = name.rpartition("/")[2]
    return base.lower().endswith(endings) and not base.startswith(".") and "__MACOSX" not in name


def _content(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, faults: list[str], read: list[int], most: int
) -> Iterator[bytes]:  # fmt: skip
    if member.flag_bits & _ENCRYPTED:
        raise InputError("it is encrypted; unpack it first")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError("it is packed in a way that is not read; unpack it first")
    total = 0
    try:
        with archive.open(member) as file:
            while piece := file.read(PIECE):
                total += len(piece)
                read[0] += len(piece)
                if read[0] > most:
                    raise InputError(f"over {most >> 20} MiB in all; unpack it first")
                if total > MOST_GROWN * (member.compress_size + PIECE):
                    raise InputError(f"its ZIP grows more than {MOST_GROWN} times; unpack it first")
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError):
        faults.append("its ZIP is damaged")
