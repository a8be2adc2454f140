"""What one photo gives away by its file: its metadata, its name, and the files beside it."""

from contextlib import suppress

from photoplanet.audit import (
    beside,
    containers,
    exif_traces,
    file_names,
    film_traces,
    jpeg_traces,
    places,
    xmp_traces,
)  # fmt: skip
from photoplanet.audit.finding import Audited, Finding, worst_first
from photoplanet.audit.jpeg_pictures import walk
from photoplanet.core import regular
from photoplanet.errors import InputError
from photoplanet.metadata import exif, facts
from photoplanet.metadata.sidecars import Sidecars
from photoplanet.photos import decode, formats, inputs, shards


def audited(source: str | bytes, sidecars: Sidecars | None = None) -> Audited:
    """Return what a photo's file gives away: a path, `shard.tar#member`, or bytes; an unreadable one has an `error`.

    >>> from photoplanet.metadata import exif_writer
    >>> from PIL import Image
    >>> path = getfixture("tmp_path") / "a.jpg"
    >>> Image.new("RGB", (8, 8)).save(path, exif=exif_writer.gps_bytes(48.8583, 2.2944))
    >>> [each.kind for each in audited(str(path)).findings]
    ['GPS']
    """
    name = inputs.name_of(source)
    try:
        return _audited(source, name, sidecars or Sidecars())
    except InputError as error:
        return Audited(name, error=str(error))
    except OSError as error:
        return Audited(name, error=f"{name}: {error.strerror or error}")


def content(source: str | bytes) -> bytes:
    """Return a photo's bytes; InputError for what cannot be read, or is over `decode.MAX_BYTES`.

    >>> content(b"photo")
    b'photo'
    """
    if isinstance(source, bytes):
        return source
    if film_traces.is_film(source):
        raise InputError(f"{source}: {film_traces.NOT_STRIPPED}")
    if address := shards.split_address(source):
        return shards.read_member(*address, decode.MAX_BYTES)
    try:
        return regular.read_regular(source, decode.MAX_BYTES)
    except FileNotFoundError:
        raise InputError(f"{source}: no such file; check the path") from None


def of_bytes(data: bytes, name: str) -> list[Finding]:
    """Return what a photo's bytes give away; InputError, which names it, for what is not a photo.

    >>> of_bytes(b"text", "a.jpg")
    Traceback (most recent call last):
    photoplanet.errors.InputError: a.jpg: not a photo; only photos are audited
    """
    head = data[: formats.HEAD]
    kind = formats.recognise(head)
    if kind is formats.JPEG:
        return jpeg_traces.findings(data)
    if kind is not None:
        return containers.findings(data, kind)
    if unread := formats.unread(head):
        note = Finding("note", "format not read", "file", f"{unread}: only a plain scan looked for metadata")
        return [*containers.scanned(data), note]
    raise InputError(f"{name}: not a photo; only photos are audited")


def _audited(source: str | bytes, name: str, sidecars: Sidecars) -> Audited:
    alone = isinstance(source, str) and not shards.split_address(source)
    spoken = sidecars.of(source) if isinstance(source, str) and alone else ()
    if isinstance(source, str) and film_traces.is_film(source):
        found = film_traces.findings(source) + [each for path in spoken for each in beside.of_sidecar(path)]
        found += file_names.findings(source)
        return Audited(name, worst_first(found), facts.of(source, sidecars).taken_at)
    data = content(source)
    try:
        found = of_bytes(data, name)
    except InputError as error:
        raise InputError(str(error).replace("photo bytes: ", f"{name}: ", 1)) from None
    found += [finding for path in spoken for finding in beside.of_sidecar(path)]
    if isinstance(source, str):
        found += file_names.findings((shards.split_address(source) or (source, source))[1])
    said = _said(data, spoken)
    if said and said.latitude is not None and said.longitude is not None and not any(
        each.latitude is not None for each in found
    ):  # fmt: skip
        found.append(places.at("GPS", "file", said.latitude, said.longitude, False))
    return Audited(name, worst_first(found), said.taken_at if said else None, _serials(data))


def _said(data: bytes, spoken: tuple[str, ...]) -> exif.Exif | None:
    """What the rest of photoplanet reads of the photo; None where it cannot be opened."""
    with suppress(InputError), decode.opened(data) as (image, _):
        return facts.read(image, spoken)
    return None


def _serials(data: bytes) -> frozenset[str]:
    """The serial numbers in a JPEG's EXIF and XMP, or in a TIFF."""
    if formats.recognise(data[: formats.HEAD]) is not formats.JPEG:
        return exif_traces.serials(data)
    found: frozenset[str] = frozenset()
    for block in jpeg_traces.blocks(data, walk(data, 0, len(data), "")):
        if block.kind in ("EXIF", "XMP"):
            read = exif_traces.serials if block.kind == "EXIF" else xmp_traces.serials
            found |= read(data[block.start : block.stop])
    return found
