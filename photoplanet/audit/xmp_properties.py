"""Every property of an XMP packet with the bytes that it stands in, however deep, so that it can be taken out."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from photoplanet.errors import InputError
from photoplanet.metadata.xml_events import parse
from photoplanet.metadata.xmp import MAX_BYTES

MAX_VALUE = 2000  # characters of a value that are kept
_MOST = 20_000  # properties of a packet
_TAG = re.compile(rb"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")  # from < to >, past those in attributes
_ATTRIBUTE = re.compile(rb"""[\s]([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")
_NO_TEXT = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f]")  # bytes that no XML may hold


class Property(NamedTuple):
    """A property: its prefix and local name as written, its text with all inside it, and its bytes in the packet."""

    prefix: str
    name: str
    value: str
    start: int
    stop: int


@dataclass
class _Open:
    name: str
    start: int
    inner: int  # the byte after its start tag
    text: list[str] = field(default_factory=list)


def properties(packet: bytes) -> list[Property]:
    """Return the properties of a packet in UTF-8, attributes and elements, those inside others before these.

    InputError for what is not well-formed, or is too long.

    >>> [(each.name, each.value) for each in properties(b"<a b:c='1'><b:d>2</b:d></a>")]
    [('c', '1'), ('d', '2'), ('a', '2')]
    """
    if len(packet) > MAX_BYTES:
        raise InputError(f"an XMP packet of over {MAX_BYTES >> 20} MiB")
    data = _NO_TEXT.sub(b" ", packet)  # as long as it was
    lead = len(data) - len(data.lstrip())
    found: list[Property] = []
    path: list[_Open] = []

    def start(name: str, attributes: dict[str, str], at: int) -> None:
        at += lead
        tag = _TAG.match(data, at)
        end = tag.end() if tag else at
        path.append(_Open(name, at, end))
        for each in _ATTRIBUTE.finditer(data, at, end):
            written = each[1].decode("utf-8", "replace")
            if written in attributes and not written.startswith("xmlns"):
                found.append(_property(written, attributes[written], each.start(1), each.end()))

    def end(name: str, at: int) -> None:
        at += lead
        begun = path.pop()
        closing = _TAG.match(data, at)
        empty = begun.inner == at and data[at - 2 : at] == b"/>"
        stop = begun.inner if empty or closing is None else closing.end()
        text = "".join(begun.text)[:MAX_VALUE].strip()
        if path:
            path[-1].text.append(f" {text} " if text else "")
        if len(found) > _MOST:
            raise InputError(f"an XMP packet of over {_MOST:,} properties")
        found.append(_property(name, text, begun.start, stop))

    def text(characters: str) -> None:
        if path and len(path[-1].text) < MAX_VALUE:
            path[-1].text.append(characters[:MAX_VALUE])

    parse(data[lead:].rstrip(), start, end, text, namespaces=False)
    return found


def _property(written: str, value: str, start: int, stop: int) -> Property:
    prefix, _, local = written.rpartition(":")
    return Property(prefix.lower(), local, value[:MAX_VALUE], start, stop)
