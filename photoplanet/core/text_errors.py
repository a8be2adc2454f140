"""How text files are encoded where a name in them is no Unicode: an error handler for `open` and `encode`."""

import codecs

READABLE = "photoplanet-readable"


def escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Write bytes that are not UTF-8 as `core.names.readable` does, \xe9, and other lone surrogates as \ud83d.

    >>> "caf\udce9".encode("utf-8", READABLE)
    b'caf\\xe9'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    codes = map(ord, error.object[error.start : error.end])
    return "".join(f"\\x{c - 0xDC00:02x}" if 0xDC80 <= c <= 0xDCFF else f"\\u{c:04x}" for c in codes), error.end


codecs.register_error(READABLE, escaped)
