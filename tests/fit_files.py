"""FIT files as devices write them: several kinds of messages, either byte order, compressed times, developer fields."""

import struct

EPOCH = 631_065_600  # 1989-12-31 in seconds since 1970
SEMICIRCLES = 2**31 / 180
ENUM, SINT32, UINT8, UINT16, UINT32, UINT32Z = 0x00, 0x85, 0x02, 0x84, 0x86, 0x8C
_CRC = (0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401, 0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01,
        0x8801, 0x4400)  # fmt: skip


def crc(data):
    total = 0
    for byte in data:
        for part in (byte & 15, byte >> 4):
            total = (total >> 4) & 0x0FFF ^ _CRC[total & 15] ^ _CRC[part]
    return total


def semicircles(degrees):
    return round(degrees * SEMICIRCLES)


def definition(local, message, fields, big=False, developer=()):
    """`fields`: (number, size, base type) each; `developer`: (number, size, index) each."""
    head = struct.pack(
        ">BBBHB" if big else "<BBBHB", 0x40 | (0x20 if developer else 0) | local, 0, big, message, len(fields)
    )
    body = b"".join(struct.pack("BBB", *field) for field in fields)
    return head + body + (bytes([len(developer)]) + b"".join(map(bytes, developer)) if developer else b"")


def whole(body, header=14, size=None):
    length = len(body) if size is None else size
    head = struct.pack("<BBHI4s", header, 0x10, 2132, length, b".FIT")
    head += struct.pack("<H", crc(head)) if header == 14 else b""
    return head + body + struct.pack("<H", crc(head + body))


def file_id(kind=4):
    fields = [(0, 1, ENUM), (1, 2, UINT16), (3, 4, UINT32Z), (4, 4, UINT32)]
    return definition(0, 0, fields) + struct.pack("<BBHII", 0, kind, 1, 12345, 1_000_000_000)


def activity(points, begin=1_000_000_000, kind=4, big=False):
    """Points as (seconds after `begin`, degrees or None, metres of accuracy or None), one record message each."""
    order = ">" if big else "<"
    fields = [(253, 4, UINT32), (0, 4, SINT32), (1, 4, SINT32), (31, 1, UINT8), (3, 1, UINT8)]
    body = file_id(kind) + definition(1, 20, fields, big)
    for after, place, accuracy in points:
        lat, lng = (0x7FFFFFFF, 0x7FFFFFFF) if place is None else map(semicircles, place)
        body += struct.pack(f"{order}BIiiBB", 1, begin + after, lat, lng, 255 if accuracy is None else accuracy, 120)
    return whole(body)


def compressed(points, begin=1_000_000_000):
    """The same with a compressed time in each header but the first, and a developer's field behind each point."""
    described = definition(2, 206, [(0, 1, UINT8), (1, 1, UINT8), (2, 1, UINT8)]) + bytes([2, 0, 0, 2])
    application = definition(3, 207, [(3, 1, UINT8)]) + bytes([3, 0])
    first = definition(1, 20, [(253, 4, UINT32), (0, 4, SINT32), (1, 4, SINT32)])
    body = file_id() + application + described + first
    (after, (lat, lng), _), *rest = points
    body += struct.pack("<BIii", 1, begin + after, semicircles(lat), semicircles(lng))
    body += definition(1, 20, [(0, 4, SINT32), (1, 4, SINT32)], developer=[(0, 1, 0)])
    for after, (lat, lng), _ in rest:
        body += struct.pack("<BiiB", 0x80 | 1 << 5 | (begin + after & 31), semicircles(lat), semicircles(lng), 7)
    return whole(body)
