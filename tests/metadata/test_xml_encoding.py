"""Foreign XML as text: by its byte order mark, its first sign, or what it declares, and nothing that is no encoding."""

import codecs
from encodings import utf_7

import pytest

from photoplanet.errors import InputError
from photoplanet.metadata.xml_encoding import decoded

TEXT = "<gpx>山 Größe</gpx>"


def read(data, size=7):
    return "".join(decoded(data[at : at + size] for at in range(0, len(data), size)))


def declared(name, text="<gpx>abc</gpx>"):
    return f'<?xml version="1.0" encoding="{name}"?>{text}'


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le",
                                  "utf-32-be"])  # fmt: skip
def test_unicode_is_known_by_its_mark_or_its_first_sign(name):
    assert read(TEXT.encode(name)) == TEXT
    assert read(declared(name, TEXT).encode(name)).endswith(TEXT)


@pytest.mark.parametrize(
    ("name", "text"),
    [("Shift_JIS", "東京"), ("big5", "台北"), ("EUC-JP", "東京"), ("iso-2022-jp", "東京"), ("euc-kr", "서울"),
     ("gb18030", "北京"), ("GBK", "北京"), ("UTF-7", "Zürich"), ("windows-1251", "Москва"), ("KOI8-R", "Москва"),
     ("ISO-8859-2", "Łódź"), ("latin1", "Zürich"), ("macintosh", "Zürich"), ("us-ascii", "Bonn")],
)  # fmt: skip
def test_what_is_declared_is_used(name, text):
    assert read(declared(name).encode(name).replace(b"abc", text.encode(name))).endswith(f"<gpx>{text}</gpx>")


@pytest.mark.parametrize("name", ["UTF-16", "utf_16_le", "UTF-32"])
def test_a_declaration_that_was_read_byte_by_byte_is_no_utf_16(name):
    assert read(declared(name, TEXT).encode()).endswith(TEXT)


@pytest.mark.parametrize("name", ["x-invented", "zlib", "base64", "rot13", "idna", "punycode", "undefined", "",
                                  "unicode_escape", "../../etc/passwd", "\xe9"])  # fmt: skip
def test_what_is_no_encoding_of_documents_is_refused(name):
    with pytest.raises(InputError, match="is not known; save it as UTF-8"):
        read(declared(name).encode())


def test_bytes_outside_the_encoding_are_replaced():
    assert read(b"<name>caf\xe9</name>") == "<name>caf�</name>"
    assert read(b"") == ""


def test_what_utf_7_shifts_without_an_end_is_not_begun_anew_with_every_piece(monkeypatch):
    begun, real = [], codecs.utf_7_decode
    monkeypatch.setattr(utf_7.IncrementalDecoder, "_buffer_decode",
                        lambda self, data, *rest: begun.append(len(data)) or real(data, *rest))  # fmt: skip
    text = read(declared("utf-7").encode() + b"+" + b"AGEA" * 250_000 + b"-<a/>", 8192)
    assert text.endswith("<a/>")
    assert sum(begun) < 12_000_000  # of 1 MB; 61 MB where every piece begins it anew
