"""Photos out of a request, in memory only: raw bytes or multipart, bounded while they arrive."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from photoplanet.server.admission import Reserve
from photoplanet.server.limits import MEGABYTE, Limits
from photoplanet.server.problems import Problem

logging.getLogger("python_multipart").addHandler(logging.NullHandler())  # else Python prints what it says
_FILES = (b"image/", b"application/octet-stream")  # what a part without a file's name may hold and still be a photo
TRACK = "track"  # the form field of a track
MAX_TRACKS = 100  # beside the photos of a request
MAX_FIELDS, FIELD_BYTES = 20, 10_000  # fields that are not files, and bytes of one
MAX_NAME = 200  # characters of a file's or field's name; the rest is cut off
MAX_BOUNDARY = 200  # bytes; RFC 2046 allows 70


@dataclass(frozen=True)
class Upload:
    """One photo's bytes, the name that its sender gave it ("" for none), and the form field that it came in.

    Names are shown back and never used as paths.
    """

    name: str
    content: bytes
    field: str = ""


@dataclass
class Field:
    """A form field that is wanted and is not a file: the most bytes that it may have, and its content if it came."""

    most: int
    content: bytes | None = None


Fields = dict[str, Field]


async def read(
    request: Request, limits: Limits, reserve: Reserve, tracks: bool = False, fields: Fields | None = None
) -> list[Upload]:
    """The photos of a request; Problem 400, 408, 413, 415 or 422 for what cannot be taken.

    A body of type multipart/form-data holds files in any field; any other is one photo's bytes. `reserve` gets
    the size of each piece as it arrives, and may refuse it. `tracks`: files in the field of tracks are not photos.
    `fields`: those that are no files and are wanted, each with the most bytes that it may have; filled in here.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    # application/x-www-form-urlencoded is what `curl --data-binary` says of anything, so it says nothing.
    if kind.startswith((b"text/", b"application/json")):
        raise Problem(415, "send a photo's bytes, or photos as multipart/form-data")
    try:
        if kind == b"multipart/form-data":
            return await asyncio.wait_for(
                _multipart(request, limits, reserve, options.get(b"boundary"), tracks, fields or {}), limits.seconds
            )
        content = await asyncio.wait_for(_raw(request, limits, reserve), limits.seconds)
    except asyncio.TimeoutError:  # another class than the built-in one before Python 3.11
        raise Problem(408, f"the request did not arrive within {limits.seconds:g} s") from None
    except ClientDisconnect:
        raise Problem(400, "the client went away") from None
    if not content:
        raise Problem(400, "no photo in the request: send its bytes, or photos as multipart/form-data")
    return [Upload(request.query_params.get("name", "")[:MAX_NAME], content)]


async def _raw(request: Request, limits: Limits, reserve: Reserve) -> bytes:
    most = min(limits.photo_bytes, limits.request_bytes)
    if _declared(request) > most:
        raise too_large(most, "the photo")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise too_large(most, "the photo")
        reserve(len(part))
        parts.append(part)
    return b"".join(parts)


async def _multipart(
    request: Request, limits: Limits, reserve: Reserve, boundary: bytes | None, tracks: bool, fields: Fields
) -> list[Upload]:
    if not boundary or len(boundary) > MAX_BOUNDARY:
        raise Problem(400, "multipart/form-data without a usable boundary")
    if _declared(request) > limits.request_bytes:
        raise too_large(limits.request_bytes, "the request")
    collected = _Parts(limits, tracks, fields)
    parser = MultipartParser(boundary, collected.callbacks())  # type: ignore[arg-type]
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limits.request_bytes:
                raise too_large(limits.request_bytes, "the request")
            reserve(len(part))
            parser.write(part)
        parser.finalize()
    except MultipartParseError as error:
        raise Problem(400, f"not multipart/form-data ({str(error)[:100]})") from None
    if not collected.ended:
        raise Problem(400, "the multipart body ends too early")
    if not collected.photos:
        raise Problem(400, "no photo in the request: send files in any field")
    return collected.photos


class _Parts:
    """Collects the parts of a multipart body as the parser finds them."""

    def __init__(self, limits: Limits, tracks: bool, wanted: Fields):
        self.limits, self.takes_tracks, self.wanted = limits, tracks, wanted
        self.photos: list[Upload] = []
        self.fields = self.parts = self.tracks = 0
        self.ended = False
        self._headers: dict[bytes, bytes] = {}
        self._header, self._value, self._data = b"", b"", bytearray()
        self._limit = 0

    def callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._grow("_header", data[start:end]),
            "on_header_value": lambda data, start, end: self._grow("_value", data[start:end]),
            "on_header_end": self._header_ends,
            "on_headers_finished": self._body_begins,
            "on_part_data": self._more,
            "on_part_end": self._part_ends,
            "on_end": self._ends,
        }

    def _begin(self) -> None:
        self._headers, self._header, self._value, self._data = {}, b"", b"", bytearray()

    def _grow(self, name: str, data: bytes) -> None:
        setattr(self, name, getattr(self, name) + data)

    def _header_ends(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _body_begins(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")[:MAX_NAME]
        filename = options.get(b"filename")
        if filename is None and self._headers.get(b"content-type", b"").lower().startswith(_FILES):
            filename = b"photo"
        self._name = None if filename is None else filename.decode("utf-8", "replace")[:MAX_NAME]
        self.fields += self._name is None
        if self.fields > MAX_FIELDS:
            raise Problem(400, f"more than {MAX_FIELDS} form fields")
        self.parts += 1
        # A file that was not chosen is not a photo, but it is work.
        if self.parts > 2 * (self.limits.photos + MAX_FIELDS + MAX_TRACKS * self.takes_tracks):
            raise Problem(400, f"{self.parts} parts in one request, most of them empty")
        if self._name is None:
            wanted = self.wanted.get(self._field)
            if wanted is not None and wanted.content is not None:
                raise Problem(422, f"{self._field}: given twice")
            self._limit = FIELD_BYTES if wanted is None else wanted.most
            return
        # A track comes with the photos and is not one of them.
        if self.takes_tracks and self._field == TRACK:
            if self.tracks >= MAX_TRACKS:
                raise Problem(413, f"more than {MAX_TRACKS} tracks in one request; send those of these photos only")
        elif len(self.photos) - self.tracks >= self.limits.photos:
            raise Problem(413, f"more than {self.limits.photos} photos in one request; send them in several")
        self._limit = self.limits.photo_bytes

    def _more(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]
        if len(self._data) > self._limit:
            raise too_large(self._limit, "a photo" if self._name is not None else "a form field")

    def _part_ends(self) -> None:
        if self._name is None and self._field in self.wanted:
            self.wanted[self._field].content = bytes(self._data)
        # A browser sends an empty file field where nothing was chosen.
        if self._name is not None and (self._data or self._name):
            self.photos.append(Upload(self._name, bytes(self._data), self._field))
            self.tracks += self.takes_tracks and self._field == TRACK
        self._data = bytearray()

    def _ends(self) -> None:
        self.ended = True


def too_large(most: int, what: str) -> Problem:
    """413, with the limit."""
    size = f"{most / MEGABYTE:.3g} MB" if most >= MEGABYTE else f"{most:,} bytes"
    return Problem(413, f"{what} is larger than {size}")


def _declared(request: Request) -> int:
    try:
        return int(request.headers.get("content-length", 0))
    except ValueError:
        raise Problem(400, "Content-Length is not a number") from None
