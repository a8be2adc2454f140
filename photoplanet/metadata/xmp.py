"""XMP sidecars: a place beside a photo, as digiKam, darktable and Lightroom read it; what is in one already stays."""

from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from photoplanet.errors import InputError, printable
from photoplanet.metadata.byte_edits import Edit, applied
from photoplanet.metadata.estimate import MARK, Estimate, OwnGps
from photoplanet.metadata.xml_events import parse

# ending of the sidecar -> who reads it
ENDINGS = {
    "jpg.xmp": "IMG.jpg.xmp: darktable and digiKam; two photos never share one",
    "xmp": "IMG.xmp: Lightroom and Camera Raw (for raw files), digiKam if set so",
}
DEFAULT_ENDING = "jpg.xmp"
MAX_BYTES = 8 << 20  # of a sidecar; darktable's with long histories have some 100 KB

RDF, EXIF, OURS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://ns.adobe.com/exif/1.0/", "urn:photoplanet:1.0/"
_LATITUDE, _LONGITUDE, _METHOD = (f"{EXIF} {name}" for name in ("GPSLatitude", "GPSLongitude", "GPSProcessingMethod"))


def sidecar(photo: Path, ending: str = DEFAULT_ENDING) -> Path:
    """Return where a photo's sidecar lies; InputError for an ending that is not known.

    >>> sidecar(Path("IMG_1.jpg")).name, sidecar(Path("IMG_1.jpg"), "xmp").name
    ('IMG_1.jpg.xmp', 'IMG_1.xmp')
    """
    if ending not in ENDINGS:
        raise InputError(f"no sidecar is called {ending!r}; the endings are {', '.join(ENDINGS)}")
    return photo.with_name(f"{photo.name}.xmp") if ending == "jpg.xmp" else photo.with_suffix(".xmp")


def has_place(data: bytes) -> bool:
    """Whether a sidecar holds a place that is not ours; InputError for what is not XMP.

    >>> has_place(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    False
    """
    return _scan(data).place


def edits(data: bytes | None, estimate: Estimate) -> list[Edit]:
    """Return the edits that put `estimate` into a sidecar (None: there is none yet); an earlier estimate of ours goes.

    Everything else stays byte for byte. OwnGps where it holds another place; InputError for what is not XMP in UTF-8.

    >>> fresh, _ = applied(b"", edits(None, Estimate(48.86, 2.29, 25_000)))
    >>> has_place(fresh)
    False
    """
    if data is None:
        return [Edit(0, 0, _HEAD + _description(estimate, "") + _TAIL)]
    found = _scan(data)
    if found.place:
        raise OwnGps("its sidecar holds a place")
    if found.end < 0:
        raise InputError("its sidecar has no list of properties (rdf:RDF) to add to")
    old = [Edit(start, stop, b"") for start, stop in found.ours]
    changes = [*old, Edit(found.end, found.end, _description(estimate, found.about))]
    after = _scan(applied(data, changes)[0])  # whatever was odd about it: never leave what cannot be read
    if after.place or len(after.ours) != 1:
        raise InputError("its sidecar has a structure that is not understood")
    return changes


@dataclass
class _Found:
    """What stands where: the end tag of rdf:RDF (−1: nowhere), whole descriptions of ours, and another's place."""

    end: int = -1
    about: str = ""
    place: bool = False
    ours: list[tuple[int, int]] = field(default_factory=list)


def _scan(data: bytes) -> _Found:
    if len(data) > MAX_BYTES:
        raise InputError(f"its sidecar is over {MAX_BYTES >> 20} MiB")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("its sidecar is not in UTF-8") from None
    found = _Found()
    path: list[str] = []
    begun, seen_ours, foreign, places = 0, False, False, False

    def start(name: str, attributes: dict[str, str], at: int) -> None:
        nonlocal begun, seen_ours, foreign, places
        path.append(name)
        names = [name, *attributes]
        places = places or _LATITUDE in names or _LONGITUDE in names
        if name == f"{RDF} Description" and len(path) > 1 and path[-2] == f"{RDF} RDF":
            begun, seen_ours, foreign = at, False, False
            found.about = found.about or attributes.get(f"{RDF} about", "")
            seen_ours = f"{OURS} method" in attributes and MARK in attributes.get(_METHOD, "")
            foreign = not all(each.startswith((OURS, f"{EXIF} GPS", f"{RDF} about")) for each in attributes)
        elif f"{RDF} Description" in path[:-1]:
            foreign = True

    def end(name: str, at: int) -> None:
        nonlocal places
        path.pop()
        if name == f"{RDF} Description" and path[-1:] == [f"{RDF} RDF"]:
            stop = data.find(b">", at) + 1 if data.startswith(b"</", at) else at  # at: behind an empty element
            if seen_ours and not foreign:
                found.ours.append((begun - _indent(data, begun), stop))
            elif places:
                found.place = True
            places = False
        if name == f"{RDF} RDF":
            found.place = found.place or places
            closing = data[at : data.find(b">", at)]  # of an empty rdf:RDF it is not what stands here
            found.end = at - _indent(data, at) if closing.startswith(b"</") and b"RDF" in closing else -1

    parse(data, start, end, lambda _: None)
    found.place = found.place or places
    return found


def _indent(data: bytes, at: int) -> int:
    """Bytes of the line end and blanks before `at`."""
    return len(data[:at]) - len(data[:at].rstrip(b" \t\r\n"))


def _description(estimate: Estimate, about: str) -> bytes:
    properties = {
        "exif:GPSVersionID": "2.3.0.0",
        "exif:GPSLatitude": _minutes(estimate.latitude, "NS"),
        "exif:GPSLongitude": _minutes(estimate.longitude, "EW"),
        "exif:GPSMapDatum": "WGS-84",
        "exif:GPSProcessingMethod": estimate.marked,
        "exif:GPSHPositioningError": f"{round(estimate.radius_m * 10)}/10",
        "photoplanet:method": estimate.method,
    }
    if estimate.confidence is not None:
        properties["photoplanet:confidence"] = f"{estimate.confidence:.3g}"
    lines = [f"   {name}={quoteattr(printable(value))}" for name, value in properties.items()]
    head = f'\n  <rdf:Description rdf:about={quoteattr(about)}\n   xmlns:rdf="{RDF}"'
    spaces = f'   xmlns:exif="{EXIF}"\n   xmlns:photoplanet="{OURS}"'
    return "\n".join([head, spaces, *lines]).encode() + b"/>"


def _minutes(degrees: float, letters: str) -> str:
    """XMP's GPSCoordinate: "48,51.5000000N"; seven decimals of a minute are a fifth of a millimetre."""
    ticks = round(abs(degrees) * 600_000_000)
    whole, part = divmod(ticks, 600_000_000)
    return f"{whole},{part // 10_000_000}.{part % 10_000_000:07}{letters[degrees < 0]}"


_HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{MARK}">\n <rdf:RDF xmlns:rdf="{RDF}">'
).encode()
_TAIL = b'\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>\n'
