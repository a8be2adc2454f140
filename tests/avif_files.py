"""AVIF files and AV1 streams made byte by byte, for tests of what they may claim."""

import struct


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of ISO 14496-12."""
    return struct.pack(">I", 8 + sum(map(len, content))) + kind + b"".join(content)


def unit(kind: int, content: bytes = b"") -> bytes:
    """A unit (OBU) of an AV1 stream, with its length."""
    length, rest = b"", len(content)
    while True:
        rest, part = rest >> 7, rest & 127
        length += bytes([part | 128 * bool(rest)])
        if not rest:
            return bytes([kind << 3 | 2]) + length + content


def sequence(
    width, height, profile=0, short=True, timing=False, model=False, uneven=False, points=1, bits=16, ids=False
) -> bytes:
    """A sequence header: of a still's short kind, or a whole one, whose frames choose their tools for screens."""
    fields = [(profile, 3), (1, 1), (int(short), 1)]
    if short:
        fields += [(0, 5)]
    else:
        fields += [(int(timing), 1)]
        if timing:
            fields += [(1, 32), (25, 32), (int(not uneven), 1)] + [(0b00101, 5)] * (not uneven)  # of variable length
            fields += [(int(model), 1)]
            if model:
                fields += [(7, 5), (1, 32), (3, 5), (4, 5)]
        fields += [(1, 1), (points - 1, 5)]
        for point in range(points):
            level = 12 if point else 4
            fields += [(point, 12), (level, 5)] + [(1, 1)] * (level > 7)
            if timing and model:
                fields += [(1, 1), (5, 8), (6, 8), (0, 1)]
            fields += [(1, 1), (9, 4)]
    fields += [(bits - 1, 4), (bits - 1, 4), (width - 1, bits), (height - 1, bits)]
    if not short:
        fields += [(int(ids), 1)] + [(3, 4), (2, 3)] * ids + [(0, 7), (1, 1), (0, 2), (1, 1), (1, 1), (6, 3)]
    fields += [(0, 20)]
    return unit(1, packed(fields))


def frame(own_size, kind=0, shown=True, timed=False, ids=False, tools=True) -> bytes:
    """A frame under a whole sequence header, up to the bit that says whether it has a size of its own; then ones."""
    fields = [(0, 1), (kind, 2), (int(shown), 1)] + [(9, 5)] * (timed and shown) + [(0, 1)] * (not shown)
    fields += [(0, 1)] * (not (kind == 0 and shown)) + [(0, 1), (int(tools), 1)] + [(0, 1)] * tools + [(77, 8)] * ids
    return unit(6, packed([*fields, (int(own_size), 1), (2**40 - 1 if not own_size else 0, 40)]))


def packed(fields) -> bytes:
    """Numbers of so many bits each, filled up to whole bytes."""
    text = "".join(f"{value:0{count}b}" for value, count in fields)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def avif(
    *streams: bytes,
    stated=(60, 40),
    version=0,
    pieces=1,
    idat=False,
    kinds=None,
    setting=b"",
    more=b"",
    meta_boxes=None,
) -> bytes:
    """A file of one item for each stream, which `iloc` of that version places in so many pieces each."""
    kinds = kinds or [b"av01"] * len(streams)
    wide = ">I" if version == 2 else ">H"
    listed = b"".join(
        box(b"infe", struct.pack(">BxxxHH4sx", 2, number, 0, kind)) for number, kind in enumerate(kinds, 1)
    )
    entry = box(b"infe", struct.pack(">BxxxHH4sx", 2, 9, 0, b"Exif"))
    properties = box(b"ispe", bytes(4), struct.pack(">II", *stated)) + box(b"av1C", b"\x81\0\x0c\0", setting)

    def meta(base: int) -> bytes:
        placed, at = b"", base
        for number, stream in enumerate(streams, 1):
            placed += struct.pack(wide, number) + (struct.pack(">H", int(idat)) if version else b"") + bytes(2)
            placed += struct.pack(">H", pieces)
            for piece in range(pieces):
                begin, end = len(stream) * piece // pieces, len(stream) * (piece + 1) // pieces
                placed += struct.pack(">II", at + begin, end - begin)
            at += len(stream)
        iloc = box(b"iloc", struct.pack(">BxxxH", version, 0x4400), struct.pack(wide, len(streams)), placed)
        return box(
            b"meta", bytes(4), box(b"hdlr", bytes(8), b"pict", bytes(13)), box(b"pitm", bytes(4), b"\0\1"), iloc,
            box(b"iinf", bytes(4), struct.pack(">H", len(streams) + 1), listed, entry),
            meta_boxes or box(b"iprp", box(b"ipco", properties), box(b"ipma", bytes(4), b"\0\0\0\1\0\1\2\1\x82")),
            box(b"idat", *streams) if idat else b"",
        )  # fmt: skip

    head = box(b"ftyp", b"avif", bytes(4), b"avifmif1miaf") + more
    if idat:
        return head + meta(0)
    return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", *streams)


def grid(*files: bytes, tile=(64, 64)) -> bytes:
    """One picture of the pictures of other files, all of the size `tile`, side by side."""
    width, height = tile
    streams = [data[data.index(b"mdat") + 4 :] for data in files]
    numbers = range(2, 2 + len(files))

    def size(width: int, height: int) -> bytes:
        return box(b"ispe", bytes(4), struct.pack(">II", width, height))

    at = files[0].index(b"av1C") - 4
    properties = box(b"ipco", size(len(files) * width, height), size(width, height), files[0][at : at + 12])
    of_tiles = b"".join(struct.pack(">H", number) + b"\2\2\x83" for number in numbers)
    linked = box(b"ipma", bytes(4), struct.pack(">I", 1 + len(files)), b"\0\1\1\1", of_tiles)
    made_of = box(b"dimg", struct.pack(f">HH{len(files)}H", 1, len(files), *numbers))
    layout = struct.pack(">BBBBHH", 0, 0, 0, len(files) - 1, len(files) * width, height)
    boxes = box(b"iprp", properties, linked) + box(b"iref", bytes(4), made_of)
    return avif(layout, *streams, kinds=[b"grid"] + [b"av01"] * len(files), meta_boxes=boxes)
