"""The boxes of films: what is read, what is not there, what is damaged, and how much work a hostile one is."""

import io
import random

import film_files
import pytest
from film_files import box

from photoplanet.photos import film_boxes, formats


def read(data):
    return film_boxes.read(io.BytesIO(data))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_size_and_orientation_are_those_of_the_track_with_a_picture(orientation):
    found = read(film_files.film(orientation=orientation))
    assert (found.width, found.height, found.orientation, found.seconds) == (640, 360, orientation, 10.0)


@pytest.mark.parametrize("iso", [False, True])
def test_texts_of_apple_and_of_udta(iso):
    found = read(film_files.film(film_files.apple(film_files.APPLE, iso)))
    assert found.texts == film_files.APPLE
    texts = film_files.user_text(b"\xa9xyz", "+46.5-007.25/") + film_files.user_text(b"\xa9mod", "A")
    found = read(film_files.film(box(b"udta", texts, film_files.loci(46.5, -7.25))))
    assert found.texts == {"©xyz": "+46.5-007.25/", "©mod": "A", "loci": "46.5 -7.25"}
    wide = film_files.loci(46.5, 7.25, "é山".encode("utf-16") + b"\0\0")
    assert read(film_files.film(box(b"udta", wide))).texts == {"loci": "46.5 7.25"}


def test_xmp_is_found_where_programs_put_it():
    identity = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    assert read(film_files.film(first=box(b"uuid", identity, b"<xmp/>"))).xmp == b"<xmp/>"
    assert read(film_files.film(box(b"udta", box(b"XMP_", b"<xmp/>")))).xmp == b"<xmp/>"
    assert read(film_files.film(first=box(b"uuid", bytes(16), b"<xmp/>"))).xmp == b""


def test_boxes_of_64_bits_and_up_to_the_end():
    whole = film_files.film()
    at = whole.index(b"mdat") - 4
    large = b"\0\0\0\1mdat" + (16 + 1000).to_bytes(8, "big") + bytes(1000)
    assert read(whole[:at] + large + whole[at + 1008 :]).width == 640
    moov = whole.index(b"moov") - 4
    assert read(whole[:moov] + bytes(4) + whole[moov + 4 :]).width == 640


def test_a_cut_or_damaged_film_never_raises():
    whole = film_files.film(film_files.apple(film_files.APPLE), box(b"udta", film_files.loci(1, 2)))
    for end in range(len(whole)):
        assert read(whole[:end]).width in (0, 640)
    rng = random.Random(0)
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        found = read(bytes(data))
        assert len(found.texts) < 10 and found.seconds >= 0


def test_work_is_bounded():
    nested = b""
    for _ in range(1000):
        nested = box(b"moov", nested)
    read(nested)
    many = io.BytesIO(box(b"moov", *[box(b"udta")] * 100_000))
    reads = []
    read_bytes = many.read
    many.read = lambda size=-1: reads.append(size) or read_bytes(size)
    film_boxes.read(many)
    assert film_boxes.MAX_BOXES == 20_000 and len(reads) <= 20_001
    long = film_files.user_text(b"\xa9xyz", "1" * 60_000)
    assert len(read(film_files.film(box(b"udta", long))).texts["©xyz"]) <= 1000


@pytest.mark.parametrize(
    ("brand", "is_film"),
    [(b"qt  ", True), (b"isom", True), (b"mp42", True), (b"3gp5", True), (b"M4V ", True), (b"avc1", True),
     (b"M4A ", False), (b"crx ", False), (b"jp2 ", False), (b"heic", False), (b"avif", False)],
)  # fmt: skip
def test_a_film_is_known_by_its_first_bytes(brand, is_film):
    assert (formats.recognise(film_files.film(brand=brand)[: formats.HEAD]) is formats.VIDEO) is is_film
    assert formats.recognise(film_files.film()[20:52]) is formats.VIDEO  # older QuickTime has no brand
