"""GoPro's telemetry, built as the cameras write it: the first fix that the receiver calls one is a film's place."""

import random
import struct

import drone_files
import pytest
from gopro_files import hero5, hero11, nested

from photoplanet.metadata import facts, gpmf


def facts_of(samples, tmp_path, wide=False):
    path = tmp_path / "GX010001.MP4"
    path.write_bytes(drone_files.film(samples, wide=wide))
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
    assert not list(gpmf.fixes([hero5(3).replace(scales, bytes(20))]))


def test_damage_never_raises():
    rng, whole = random.Random(3), hero5(3) + hero11(3)
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        list(gpmf.fixes([bytes(data[: rng.randrange(len(data))])]))
    assert not list(gpmf.fixes([nested(b"DEVC", nested(b"DEVC", nested(b"DEVC", nested(b"DEVC", hero5(3)))))]))
