"""XMP sidecars: a place beside a photo, as digiKam, darktable and Lightroom read it; what is in one already stays.

A coarse place is none that these should show as a pin: it is written in words, and as properties of photoplanet's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from photoplanet.core.xml_text import quoteattr
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
PHOTOSHOP, IPTC = "http://ns.adobe.com/photoshop/1.0/", "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_NAMES = {f"{PHOTOSHOP} Country", f"{PHOTOSHOP} State", f"{PHOTOSHOP} City", f"{IPTC} CountryCode"}
COARSE = f"{OURS} radius"  # stands in coarse places only
_TAG = re.compile(rb"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")  # from < to >, past those in attributes
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


def edits(data: bytes | None, estimate: Estimate, coarse: bool = False, named: bool = False) -> list[Edit]:
    """Return the edits that put `estimate` into a sidecar (None: there is none yet); an earlier estimate of ours goes.

    `coarse`: not as GPS, but by the names that hold of it, which stay away where the photo is `named` by somebody else.
    Everything else stays byte for byte. OwnGps where it holds another place; InputError for what is not XMP in UTF-8.

    >>> fresh, _ = applied(b"", edits(None, Estimate(48.86, 2.29, 25_000)))
    >>> has_place(fresh)
    False
    """
    properties = _coarse_properties(estimate, named) if coarse else _pin_properties(estimate)
    if data is None:
        return [Edit(0, 0, _HEAD + _description(properties, "") + _TAIL)]
    found = _scan(data)
    if found.place:
        raise OwnGps("its sidecar holds a place")
    if found.merged:
        raise InputError("another program has rewritten the estimate in its sidecar; remove photoplanet's properties")
    if found.end < 0:
        raise InputError("its sidecar has no list of properties (rdf:RDF) to add to")
    places = found.ours or [(found.end, found.end)]  # the first of ours is replaced where it stands
    changes = [Edit(start, stop, b"") for start, stop in places]
    changes[0] = changes[0]._replace(new=_description(properties, found.about))
    after = _scan(applied(data, changes)[0])  # whatever was odd about it: never leave what cannot be read
    if after.place or len(after.ours) != 1:
        raise InputError("its sidecar has a structure that is not understood")
    return changes


def is_fresh(data: bytes) -> bool:
    """Whether a sidecar is one that photoplanet made, with an estimate in it and nothing else.

    >>> is_fresh(applied(b"", edits(None, Estimate(48.86, 2.29, 25_000)))[0])
    True
    """
    return rest(data) == _HEAD + _TAIL


def rest(data: bytes) -> bytes:
    """Return a sidecar without the estimates of ours; InputError for what is not XMP in UTF-8.

    >>> rest(b"<a/>")
    b'<a/>'
    """
    return applied(data, [Edit(start, stop, b"") for start, stop in _scan(data).ours])[0]


@dataclass
class _Found:
    """What stands where: the end tag of rdf:RDF (−1: nowhere), whole descriptions of ours, and another's place.

    `merged`: whether properties of ours stand among those of another program.
    """

    end: int = -1
    about: str = ""
    place: bool = False
    merged: bool = False
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
    begins: list[int] = []
    seen_ours, foreign, places, spoken = False, False, False, False

    def start(name: str, attributes: dict[str, str], at: int) -> None:
        nonlocal seen_ours, foreign, places, spoken
        path.append(name)
        begins.append(at)
        names = [name, *attributes]
        places = places or _LATITUDE in names or _LONGITUDE in names
        spoken = spoken or any(each.startswith(OURS) for each in names)
        if name == f"{RDF} Description" and len(path) > 1 and path[-2] == f"{RDF} RDF":
            foreign = False
            found.about = found.about or attributes.get(f"{RDF} about", "")
            coarse = COARSE in attributes
            seen_ours = f"{OURS} method" in attributes and (coarse or MARK in attributes.get(_METHOD, ""))
            known = (OURS, f"{RDF} about", *(_NAMES if coarse else (f"{EXIF} GPS",)))
            foreign = not all(each.startswith(known) for each in attributes)
        elif f"{RDF} Description" in path[:-1]:
            foreign = True

    def end(name: str, at: int) -> None:
        nonlocal places, spoken
        path.pop()
        begun = begins.pop()
        if name == f"{RDF} Description" and path[-1:] == [f"{RDF} RDF"]:
            stop = at if _is_empty(data, begun, at) else data.find(b">", at) + 1
            if seen_ours and not foreign:
                found.ours.append((begun - _indent(data, begun), stop))
            else:
                found.place, found.merged = found.place or places, found.merged or spoken
            places = spoken = False
        if name == f"{RDF} RDF":
            found.place = found.place or places
            found.end = -1 if _is_empty(data, begun, at) else at - _indent(data, at)

    parse(data, start, end, lambda _: None)
    found.place = found.place or places
    return found


def _is_empty(data: bytes, begun: int, at: int) -> bool:
    """Whether an element has no end tag: the parser then names the byte behind it, and else that of the end tag."""
    tag = _TAG.match(data, begun)
    return tag is not None and tag.end() == at and tag[0].endswith(b"/>")


def _indent(data: bytes, at: int) -> int:
    """Bytes of the line end and blanks before `at`."""
    begin = at
    while begin and data[begin - 1] in b" \t\r\n":
        begin -= 1
    return at - begin


def _pin_properties(estimate: Estimate) -> dict[str, str]:
    return {
        "exif:GPSVersionID": "2.3.0.0",
        "exif:GPSLatitude": _minutes(estimate.latitude, "NS"),
        "exif:GPSLongitude": _minutes(estimate.longitude, "EW"),
        "exif:GPSMapDatum": "WGS-84",
        "exif:GPSProcessingMethod": estimate.marked,
        "exif:GPSHPositioningError": f"{round(estimate.radius_m * 10)}/10",
        **_own_properties(estimate),
    }


def _coarse_properties(estimate: Estimate, named: bool) -> dict[str, str]:
    """The names that hold, and the place and its radius, in degrees and metres, under names that nobody shows as a pin.

    A name that somebody else has given has no second one beside it.
    """
    names = estimate.names
    words = {"photoshop:City": names.city, "photoshop:State": names.state, "photoshop:Country": names.country,
             "Iptc4xmpCore:CountryCode": names.country_code}  # fmt: skip
    return {
        **{name: text for name, text in words.items() if text and not named},
        "photoplanet:latitude": f"{estimate.latitude:.7g}",
        "photoplanet:longitude": f"{estimate.longitude:.7g}",
        "photoplanet:radius": f"{estimate.radius_m:.0f}",
        **_own_properties(estimate),
    }


def _own_properties(estimate: Estimate) -> dict[str, str]:
    sure = {} if estimate.confidence is None else {"photoplanet:confidence": f"{estimate.confidence:.3g}"}
    return {"photoplanet:method": estimate.method, **sure}


def _description(properties: Mapping[str, str], about: str) -> bytes:
    lines = [f"   {name}={quoteattr(printable(value))}" for name, value in properties.items()]
    head = f'\n  <rdf:Description rdf:about={quoteattr(about)}\n   xmlns:rdf="{RDF}"'
    used = {name.partition(":")[0] for name in properties}
    spaces = "\n".join(f'   xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items() if prefix in used)
    # ASCII means the same in whatever encoding the sidecar declares
    return "\n".join([head, spaces, *lines]).encode("ascii", "xmlcharrefreplace") + b"/>"


def _minutes(degrees: float, letters: str) -> str:
    """XMP's GPSCoordinate: "48,51.5000000N"; seven decimals of a minute are a fifth of a millimetre."""
    ticks = round(abs(degrees) * 600_000_000)
    whole, part = divmod(ticks, 600_000_000)
    return f"{whole},{part // 10_000_000}.{part % 10_000_000:07}{letters[degrees < 0]}"


_SPACES = {"exif": EXIF, "photoshop": PHOTOSHOP, "Iptc4xmpCore": IPTC, "photoplanet": OURS}
_HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{MARK}">\n <rdf:RDF xmlns:rdf="{RDF}">'
).encode()
_TAIL = b'\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>\n'
