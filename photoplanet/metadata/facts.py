"""All that is said of a photo beside its pixels, in its file and in the files beside it, as one answer."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from photoplanet.errors import InputError
from photoplanet.metadata import clock_facts, exif, png_text, sidecars
from photoplanet.photos import decode, formats

if TYPE_CHECKING:
    from photoplanet.metadata import xmp_facts

EXIF, XMP = "EXIF", "XMP"
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENDED_AT = len(_EXTENDED) + 32 + 8  # behind its digest, its length and where in it the segment belongs
_SAME = 1e-4  # degrees: so close to an estimate of ours, a place is that estimate, copied by another program


@dataclass(frozen=True)
class Statement:
    """What one source says; `source`: "EXIF", "XMP" (in the photo's own file), or the name of a sidecar."""

    source: str
    latitude: float | None
    longitude: float | None
    fault: str | None
    taken_at: str | None


def of(photo: decode.Source, beside: sidecars.Sidecars | None = None) -> exif.Exif:
    """Return what is said of a photo, given as `decode.opened` takes it; a path's sidecars speak too.

    A photo may be too large to decode, and still says where and when it was taken.
    `beside` finds these, and saves listing a folder again for each of its photos. InputError for what is not a photo.

    >>> path = getfixture("tmp_path") / "a.jpg"
    >>> Image.new("RGB", (8, 8)).save(path)
    >>> _ = path.with_name("a.xmp").write_bytes(b"<nothing/>")
    >>> of(path).gps_fault
    'no GPS'
    """
    found = (beside or sidecars.Sidecars()).of(photo) if isinstance(photo, str | Path) else ()
    with decode.opened(photo, decode.ANY_PIXELS) as (image, _):
        return read(image, found)


def read(image: Image.Image, beside: Iterable[str] = ()) -> exif.Exif:
    """Return what an opened photo and the sidecars `beside` it say, without decoding; never raises for what is in them.

    The place is the first readable one of: XMP sidecars, EXIF, XMP in the file, a drone's captions, Google's JSON. So a
    person's later word wins over the camera's. Where none is readable, the fault is that of the first that speaks of a
    place. The time is EXIF's, else the first that another source states; of the clock the same. But a film's captions
    know their time better than its boxes, where drones write local time or UTC. A place that photoplanet estimated is
    never one to rely on.

    >>> read(Image.new("RGB", (8, 8))).gps_fault
    'no GPS'
    """
    own = exif.read(image)
    said = statements(image, own, beside)
    if len(said) == 1:
        return own
    own = replace(own, clock=_clock(own, said))
    best = min((each for each in said if each.fault != "no GPS"), key=_rank, default=None)
    if best is None:
        best = Statement(own.place_by, None, None, own.gps_fault, None)
    times = [each.taken_at for each in said if each.source.lower().endswith(sidecars.CAPTIONS) and own.clock is None]
    times += [own.taken_at, *(each.taken_at for each in said)]
    taken_at = next(filter(None, times), None)
    return replace(
        own, latitude=best.latitude, longitude=best.longitude, gps_fault=best.fault, taken_at=taken_at,
        place_by=own.place_by if best.source == EXIF else best.source,
    )  # fmt: skip


def statements(image: Image.Image, own: exif.Exif, beside: Iterable[str]) -> list[Statement]:
    """Return what each source says, the first to be believed first; `own`: the photo's EXIF.

    >>> [each.source for each in statements(Image.new("RGB", (8, 8)), exif.Exif(), [])]
    ['EXIF']
    """
    camera = Statement(EXIF, own.latitude, own.longitude, own.gps_fault, own.taken_at)
    packets = [_statement(XMP, _of_packet(packet)) for packet in xmp_packets(image)]
    if not beside:
        return _without_copies([camera, *packets]) if packets else [camera]
    first: list[Statement] = []
    last: list[Statement] = []
    for path in beside:
        try:
            said = _of_sidecar(path)
        except InputError:
            continue  # it says nothing; whoever writes there is told
        by_person = path.lower().endswith(".xmp")
        (first if by_person else last).append(_statement(Path(path).name, said))
    return _without_copies([*first, camera, *packets, *last])


def _of_packet(packet: bytes) -> "xmp_facts.Said":
    from photoplanet.metadata import xmp_facts  # late, as below: most photos have none

    return xmp_facts.read(packet)


def _of_sidecar(path: str) -> "xmp_facts.Said":
    """What one file beside a photo says; InputError where it cannot be read."""
    from photoplanet.metadata import takeout, xmp
    from photoplanet.metadata.recordings import captions

    if path.lower().endswith(sidecars.CAPTIONS):
        return captions.first(sidecars.read(path, captions.MAX_HEAD, whole=False))
    if path.lower().endswith(".json"):
        return takeout.read(sidecars.read(path, takeout.MAX_BYTES))
    return _of_packet(sidecars.read(path, xmp.MAX_BYTES))


def xmp_packets(image: Image.Image) -> list[bytes]:
    """Return the XMP packets in an opened photo's own file.

    >>> xmp_packets(Image.new("RGB", (8, 8)))
    []
    """
    kind = formats.of_pillow(image.format)
    if kind is formats.PNG:
        return png_text.read(image).packets
    packet = image.info.get("xmp")
    if packet is None and kind is formats.JPEG:  # older Pillows
        begin = png_text.XMP_BEGIN
        segments = getattr(image, "applist", ())
        packet = next((body[len(begin) :] for _, body in segments if body.startswith(begin)), None)
    if packet is None and kind is formats.TIFF:
        with suppress(Exception):  # Pillow raises a dozen types on broken tags
            packet = getattr(image, "tag_v2", {}).get(700)
    if isinstance(packet, tuple):
        packet = bytes(part & 255 for part in packet if isinstance(part, int))
    packets = [packet] if isinstance(packet, bytes) and packet else []
    if packets and kind is formats.JPEG and b"HasExtendedXMP" in packets[0]:  # what was too long for one segment
        rest = [body[_EXTENDED_AT:] for _, body in getattr(image, "applist", ()) if body.startswith(_EXTENDED)]
        packets.append(b"".join(rest))
    return packets


def _clock(own: exif.Exif, said: Iterable[Statement]) -> clock_facts.ClockFacts | None:
    """The camera's clock by its own words, else by the first other source that speaks of it."""
    if own.clock is not None or own.toy:
        return own.clock
    others = (each for each in said if each.source != EXIF)
    found = (
        clock_facts.of_program(
            own.taken_at, each.taken_at, "Google" if each.source.lower().endswith(".json") else "XMP"
        )
        for each in others
    )
    return next((each for each in found if each), None)


def _statement(source: str, said: "xmp_facts.Said") -> Statement:
    fault = exif.ESTIMATE if said.estimate and said.latitude is not None else said.fault
    return Statement(source, said.latitude, said.longitude, fault, said.taken_at)


def _rank(statement: Statement) -> tuple[bool, bool]:
    """Readable places first, then those that cannot be read; estimates of ours last. Equal ones keep their order."""
    return statement.fault is not None, statement.fault == exif.ESTIMATE


def _without_copies(said: list[Statement]) -> list[Statement]:
    """The same, with copies of an estimate marked as what they are."""
    guesses = [(each.latitude, each.longitude) for each in said if each.fault == exif.ESTIMATE]
    if not guesses:
        return said
    return [replace(each, fault=exif.ESTIMATE) if _copied(each, guesses) else each for each in said]


def _copied(statement: Statement, guesses: list[tuple[float | None, float | None]]) -> bool:
    if statement.fault is not None or statement.latitude is None or statement.longitude is None:
        return False
    return any(
        lat is not None and lng is not None
        and max(abs(statement.latitude - lat), abs(statement.longitude - lng)) <= _SAME
        for lat, lng in guesses
    )  # fmt: skip
