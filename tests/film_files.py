"""MP4 and QuickTime films of boxes alone, as phones and cameras write them: no frame is in them."""

import struct

SQUARE = (1, 0, 0, 1)
TURNS = {1: SQUARE, 6: (0, 1, -1, 0), 3: (-1, 0, 0, -1), 8: (0, -1, 1, 0)}
APPLE = {
    "com.apple.quicktime.make": "Apple", "com.apple.quicktime.model": "iPhone 12",
    "com.apple.quicktime.location.ISO6709": "+46.5000+007.2500+540.123/",
    "com.apple.quicktime.creationdate": "2024-05-01T12:00:00+0200",
}  # fmt: skip
CREATED = 3_797_402_400  # 2024-05-01T10:00:00Z in seconds since 1904


def box(kind, *content):
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + kind + data


def user_text(kind, text, language=0x15C7):
    data = text.encode()
    return box(kind, struct.pack(">HH", len(data), language), data)


def apple(texts, iso=False):
    keys = box(b"keys", bytes(4), struct.pack(">I", len(texts)), *(box(b"mdta", key.encode()) for key in texts))
    values = [
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0), text.encode()))
        for number, text in enumerate(texts.values(), start=1)
    ]
    handler = box(b"hdlr", bytes(8), b"mdta", bytes(12))
    return box(b"meta", bytes(4) if iso else b"", handler, keys, box(b"ilst", *values))


def loci(latitude, longitude, name=b"a place\0"):
    place = struct.pack(">Biii", 0, round(longitude * 65536), round(latitude * 65536), 0)
    return box(b"loci", bytes(4), b"\x15\xc7", name, place, b"earth\0\0")


def track(width, height, orientation=1, kind=b"vide"):
    a, b, c, d = (each * 65536 for each in TURNS[orientation])
    matrix = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    head = box(b"tkhd", bytes(4), bytes(20), bytes(16), matrix, bytes(8))
    sample = box(b"avc1", bytes(24), struct.pack(">HH", width, height), bytes(50))
    table = box(b"stbl", box(b"stsd", bytes(4), struct.pack(">I", 1), sample))
    return box(b"trak", head, box(b"mdia", box(b"hdlr", bytes(8), kind, bytes(12)), box(b"minf", table)))


def film(*more, size=(640, 360), orientation=1, created=CREATED, brand=b"qt  ", first=b""):
    """`more`: boxes within `moov`; the sound comes before the picture, and the frames before both."""
    head = box(b"mvhd", bytes(4), struct.pack(">IIII", created, created, 600, 6000), bytes(80))
    tracks = track(0, 0, kind=b"soun") + track(*size, orientation)
    return box(b"ftyp", brand, bytes(4), brand) + first + box(b"mdat", bytes(1000)) + box(b"moov", head, tracks, *more)
