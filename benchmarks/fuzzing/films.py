"""Films from a seed: the boxes of MP4 and QuickTime with odd texts in them, mutated; no frame is in them."""

import random
import struct

from fuzzing import mutations, photos

_APPLE = "com.apple.quicktime."


def film(random: random.Random) -> bytes:
    """A film of boxes: its place, time and camera in one of several ways."""
    texts = {
        f"{_APPLE}location.ISO6709": random.choice(("+48.8500+002.3500/", mutations.word(random))),
        f"{_APPLE}creationdate": random.choice(("2024-03-18T10:00:00+0100", mutations.word(random))),
        f"{_APPLE}make": mutations.word(random)[:100],
    }
    handler = _box(b"hdlr", bytes(8) + b"vide" + bytes(12))
    sample = _box(
        b"avc1", bytes(24) + struct.pack(">HH", *random.choice(((64, 48), (0, 0), (65535, 65535)))) + bytes(50)
    )
    table = _box(b"stbl", _box(b"stsd", bytes(4) + struct.pack(">I", 1) + sample))
    matrix = struct.pack(">9i", *(random.choice((0, 1, -1)) << 16 for _ in range(9)))
    head = _box(b"tkhd", bytes(40) + matrix + bytes(8))
    track = _box(b"trak", head + _box(b"mdia", handler + _box(b"minf", table)))
    created = random.choice((0, 3_793_600_800, 2**32 - 1))
    inside = (
        _box(b"mvhd", bytes(4) + struct.pack(">IIII", created, 0, random.choice((600, 0)), 6000) + bytes(80)) + track
    )
    inside += random.choice((_meta(texts), _box(b"udta", _user_texts(texts)), b""))
    data = _box(b"ftyp", random.choice((b"qt  ", b"isom", b"mp42", b"3gp5")) + bytes(8)) + _box(b"moov", inside)
    return mutations.mutated(data, random)


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + kind + data


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")[:60_000]


def _meta(texts: dict[str, str]) -> bytes:
    keys = b"".join(_box(b"mdta", key.encode()) for key in texts)
    values = b"".join(
        _box(struct.pack(">I", number), _box(b"data", struct.pack(">II", 1, 0) + _encoded(text)))
        for number, text in enumerate(texts.values(), start=1)
    )
    return _box(b"meta", _box(b"keys", bytes(4) + struct.pack(">I", len(texts)) + keys) + _box(b"ilst", values))


def _user_texts(texts: dict[str, str]) -> bytes:
    place, day, make = map(_encoded, texts.values())
    found = b"".join(
        _box(kind, struct.pack(">HH", len(text), 0) + text)
        for kind, text in ((b"\xa9xyz", place), (b"\xa9day", day), (b"\xa9mak", make))
    )
    loci = _box(b"loci", bytes(6) + b"a\0\0" + struct.pack(">iii", 2 << 16, 48 << 16, 0))
    return found + loci + _box(b"XMP_", _encoded(photos.XMP))
