"""XML from outside as a stream of events: no document types and so no entities, bounded in depth, nothing fetched."""

from collections.abc import Callable
from xml.parsers import expat

from photoplanet.errors import InputError

MAX_DEPTH = 200


def parse(
    data: bytes,
    start: Callable[[str, dict[str, str], int], None],
    end: Callable[[str, int], None],
    text: Callable[[str], None],
    namespaces: bool = True,
) -> None:
    """Call `start(name, attributes, byte)`, `end(name, byte)`, `text(characters)` as they come.

    With `namespaces` names are "namespace name"; without, as they are written ("prefix:name"), and prefixes need no
    declaration. InputError for what is not well-formed, has a document type (whose entities can grow without bound), or
    nests deeper than MAX_DEPTH.

    >>> parse(b"<a><b/></a>", lambda name, attributes, at: print(name, at), lambda name, at: None, print)
    a 0
    b 3
    """
    parser = expat.ParserCreate(namespace_separator=" " if namespaces else None)
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise InputError(f"its elements are nested deeper than {MAX_DEPTH}")
        start(name, attributes, parser.CurrentByteIndex)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name, parser.CurrentByteIndex)

    def refuse(*_: object) -> None:
        raise InputError("it declares a document type (<!DOCTYPE>), which is not read; remove that line")

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = opened, closed, text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"it is not well-formed XML ({error})") from None
