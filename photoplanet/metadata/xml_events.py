"""XML from outside as a stream of events: no document types and so no entities, bounded in depth, nothing fetched."""

from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from photoplanet.errors import InputError

MAX_DEPTH = 200
_PIECE = 1 << 16


def parse(
    source: bytes | Path,
    start: Callable[[str, dict[str, str], int], None],
    end: Callable[[str, int], None],
    text: Callable[[str], None],
) -> None:
    """Call `start(name, attributes, byte)`, `end(name, byte)`, `text(characters)`; names are "namespace name".

    InputError for what is not well-formed, has a document type (whose entities can grow without bound), or nests deeper
    than MAX_DEPTH.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
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
        raise InputError("it has a document type (<!DOCTYPE>), which is not read; remove that line")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = opened, closed, text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        if isinstance(source, bytes):
            parser.Parse(source, True)
            return
        with source.open("rb") as file:
            while piece := file.read(_PIECE):
                parser.Parse(piece)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"it is no well-formed XML ({error})") from None
