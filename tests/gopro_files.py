"""GoPro's telemetry (GPMF) as the cameras write it: a sample of HERO5 to HERO10, and one of HERO11 and later."""

import struct


def klv(key, kind, size, *content):
    data = b"".join(content)
    return struct.pack(">4scBH", key, kind, size, len(data) // size if size else 0) + data + bytes(-len(data) % 4)


def nested(key, *content):
    data = b"".join(content)
    return struct.pack(">4sBBH", key, 0, 1, len(data)) + data + bytes(-len(data) % 4)


def hero5(fix, latitude=46.5, longitude=7.25, second=0):
    time = f"2405011015{second:02}.300".encode()
    rows = struct.pack(">5i", round(latitude * 1e7), round(longitude * 1e7), 540_000, 0, 0) * 18
    scales = struct.pack(">5i", 10_000_000, 10_000_000, 1000, 1000, 100)
    return nested(b"DEVC", klv(b"DVID", b"L", 4, struct.pack(">I", 1)),
                  nested(b"STRM", klv(b"ACCL", b"s", 6, bytes(60))),
                  nested(b"STRM", klv(b"GPSF", b"L", 4, struct.pack(">I", fix)),
                         klv(b"GPSU", b"U", 16, time), klv(b"SCAL", b"l", 4, scales),
                         klv(b"GPS5", b"l", 20, rows)))  # fmt: skip


def hero11(fix, latitude=-33.5, longitude=151.25, rows=1, second=0):
    start = 36_900_000 + 1000 * second  # milliseconds of the day
    place = round(latitude * 1e7), round(longitude * 1e7)
    row = b"".join(struct.pack(">7i2H", *place, 0, 0, 0, 8887, start + 100 * n, 120, fix) for n in range(rows))
    scales = struct.pack(">9i", 10_000_000, 10_000_000, 1000, 1000, 100, 1, 1000, 100, 1)
    return nested(b"DEVC", nested(b"STRM", klv(b"TYPE", b"c", 1, b"lllllllSS"), klv(b"SCAL", b"l", 4, scales),
                                  klv(b"GPS9", b"?", 32, row)))  # fmt: skip
