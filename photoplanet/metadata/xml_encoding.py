"""Bytes of XML from outside as text, in whatever encoding they are in or say they are in."""

import codecs
import re
from collections.abc import Iterable, Iterator

from photoplanet.errors import InputError, printable

_HEAD = 1024  # bytes in which a declaration is looked for
_MOST_HELD = 65_536  # bytes that a decoder may keep for later: UTF-7 keeps a shifted run, and begins it anew each time
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be"),
          (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))  # fmt: skip
_UNMARKED = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_DECLARED = re.compile(rb"""\s*<\?xml\b[^>]*?\sencoding\s*=\s*["']([^"'>]{0,40})""")
# Python's codecs for other things than documents; decoding some of them takes time that is quadratic in the length.
_NO_DOCUMENT = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem")


def decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    r"""Yield the text of `pieces`, with U+FFFD for what is not in its encoding.

    The encoding is that of a byte order mark, of the first sign, or of the XML declaration, else UTF-8. InputError for
    a declared encoding that Python does not know.

    >>> "".join(decoded([b'<?xml version="1.0" encoding="Shift_JIS"?><a>', b"\x83\x8f</a>"]))[-8:]
    '<a>ワ</a>'
    """
    rest = iter(pieces)
    head = b""
    for piece in rest:
        head += piece
        if len(head) >= _HEAD:
            break
    name, mark = _encoding(head[:_HEAD])
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    yield decoder.decode(head[len(mark) :])
    for piece in rest:
        yield decoder.decode(piece)
        if len(decoder.getstate()[0]) > _MOST_HELD:
            yield decoder.decode(b"", True)
    yield decoder.decode(b"", True)


def _encoding(head: bytes) -> tuple[str, bytes]:
    """The name of an encoding as Python has it, and the byte order mark that says so, if one does."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, mark
    for mark, name in _UNMARKED:
        if head.startswith(mark):
            return name, b""
    declared = _DECLARED.match(head)
    said = declared[1].decode("ascii", "replace").strip() if declared else "utf-8"
    try:
        name = codecs.lookup(said).name
        b"a".decode(name, "replace")  # LookupError for what is not text, such as zlib
    except (LookupError, ValueError, UnicodeError):
        name = ""
    if not name or name.replace("-", "_") in _NO_DOCUMENT:
        raise InputError(f"its encoding {printable(said)!r} is not known; save it as UTF-8")
    # What was read byte by byte up to here is not in units of two or four bytes, whatever it says.
    return ("utf-8" if name.startswith(("utf-16", "utf-32")) else name), b""
