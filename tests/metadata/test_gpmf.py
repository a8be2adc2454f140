"""GoPro's telemetry, built as the cameras write it: the first fix that the receiver calls one is a film's place."""

import random
import struct

import film_files
import pytest
from film_files import box

from photoplanet.metadata import facts, gpmf


def klv(key, kind, size, *content):
    data = b"".join(content)
    return struct.pack(">4scBH", key, kind, size, len(data) // size if size else 0) + data + bytes(-len(data) % 4)


def nested(key, *content):
    data = b"".join(content)
    return struct.pack(">4sBBH", key, 0, 1, len(data)) + data + bytes(-len(data) % 4)


def hero5(fix, latitude=46.5, longitude=7.25):
    rows = struct.pack(">5i", round(latitude * 1e7), round(longitude * 1e7), 540_000, 0, 0) * 18
    scales = struct.pack(">5i", 10_000_000, 10_000_000, 1000, 1000, 100)
    return nested(b"DEVC", klv(b"DVID", b"L", 4, struct.pack(">I", 1)),
                  nested(b"STRM", klv(b"ACCL", b"s", 6, bytes(60))),
                  nested(b"STRM", klv(b"GPSF", b"L", 4, struct.pack(">I", fix)),
                         klv(b"GPSU", b"U", 16, b"240501101500.300"), klv(b"SCAL", b"l", 4, scales),
                         klv(b"GPS5", b"l", 20, rows)))  # fmt: skip


def hero11(fix, latitude=-33.5, longitude=151.25):
    row = struct.pack(">7i2H", round(latitude * 1e7), round(longitude * 1e7), 0, 0, 0, 8887, 36_900_000, 120, fix)
    scales = struct.pack(">9i", 10_000_000, 10_000_000, 1000, 1000, 100, 1, 1000, 100, 1)
    return nested(b"DEVC", nested(b"STRM", klv(b"TYPE", b"c", 1, b"lllllllSS"), klv(b"SCAL", b"l", 4, scales),
                                  klv(b"GPS9", b"?", 32, row)))  # fmt: skip


def film(samples, wide=False):
    """A film whose telemetry lies in front of its boxes."""
    first = 20 + 8  # behind ftyp and the head of mdat
    offsets = [first + sum(map(len, samples[:number])) for number in range(len(samples))]
    letter = "Q" if wide else "I"
    sizes = struct.pack(f">III{len(samples)}I", 0, 0, len(samples), *map(len, samples))
    places = struct.pack(f">II{len(samples)}{letter}", 0, len(samples), *offsets)
    table = box(b"stbl", box(b"stsd", bytes(4), struct.pack(">I", 1), box(b"gpmd", bytes(8))), box(b"stsz", sizes),
                box(b"co64" if wide else b"stco", places))  # fmt: skip
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), b"meta", bytes(12)), box(b"minf", table)))
    return film_files.film(track, first=box(b"mdat", *samples), size=(64, 48))


def facts_of(samples, tmp_path, wide=False):
    path = tmp_path / "GX010001.MP4"
    path.write_bytes(film(samples, wide))
    return facts.of(path)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("make, place, taken", [
    (hero5, (46.5, 7.25), "2024-05-01T10:15:00+00:00"), (hero11, (-33.5, 151.25), "2024-05-01T10:15:00+00:00"),
])  # fmt: skip
def test_the_first_fix_is_the_films_place_and_time(make, place, taken, wide, tmp_path):
    said = facts_of([make(0, 1, 1), make(3), make(3, 2, 2)], tmp_path, wide)
    assert (said.latitude, said.longitude) == pytest.approx(place) and said.taken_at == taken


def test_without_a_fix_there_is_no_place_and_the_films_own_time(tmp_path):
    said = facts_of([hero5(0), hero11(0)], tmp_path)
    assert said.latitude is None and said.gps_fault == "no GPS" and said.taken_at == "2024-05-01T10:00:00+00:00"


def test_a_scale_of_nothing_is_no_fix():
    scales = struct.pack(">5i", 10_000_000, 10_000_000, 1000, 1000, 100)
    assert gpmf.first_fix([hero5(3).replace(scales, bytes(20))]) is None


def test_damage_never_raises():
    rng, whole = random.Random(3), hero5(3) + hero11(3)
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        gpmf.first_fix([bytes(data[: rng.randrange(len(data))])])
    assert gpmf.first_fix([nested(b"DEVC", nested(b"DEVC", nested(b"DEVC", nested(b"DEVC", hero5(3)))))]) is None
