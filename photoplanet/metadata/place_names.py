"""Whether somebody has named the place of a photo: then nobody else's names go beside these."""

import re

from PIL import Image

from photoplanet.photos import formats

_IN_XMP = re.compile(
    rb"(?i)[:<\s](?:city|state|provincestate|country|countrycode|countryname|location|sublocation|location(?:created|shown))"
    rb"[\s=>/]"
)
_IPTC = 0x0404  # Photoshop's number of the block
_TIFF_IPTC = 33723  # the tag that holds it in a TIFF
_IN_IPTC = re.compile(rb"\x1c\x02[\x1a\x1b\x5a\x5c\x5f\x64\x65]\0[^\0]")  # a record of a place that is not empty


def in_xmp(packet: bytes) -> bool:
    """Whether a packet has a property that may name a place: when in doubt, it has.

    >>> in_xmp(b"<x photoshop:City='Rome'/>"), in_xmp(b"<x photoshop:DateCreated='2020'/>")
    (True, False)
    """
    return _IN_XMP.search(packet.replace(b"\0", b"")) is not None  # in UTF-16 every other byte is 0


def in_iptc(image: Image.Image) -> bool:
    """Whether the IPTC records of an opened JPEG or TIFF name a place.

    >>> in_iptc(Image.new("RGB", (8, 8)))
    False
    """
    kept = image.info.get("photoshop")
    block = kept.get(_IPTC) if isinstance(kept, dict) else None
    if block is None and formats.of_pillow(image.format) is formats.TIFF:
        block = getattr(image, "tag_v2", {}).get(_TIFF_IPTC)
    if isinstance(block, tuple):
        block = b"".join(part.to_bytes(4, "little") for part in block if isinstance(part, int) and 0 <= part < 1 << 32)
    return isinstance(block, bytes) and _IN_IPTC.search(block) is not None
