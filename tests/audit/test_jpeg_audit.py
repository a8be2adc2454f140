"""What an audit finds in JPEGs, and what stripping leaves: files are made here, segment by segment."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photoplanet.audit import blanks, photo
from photoplanet.audit.jpeg_pictures import pictures
from photoplanet.errors import InputError
from photoplanet.metadata.byte_edits import applied

GPS, DETAILS, NOTE, SERIAL, OWNER, LENS = 0x8825, 0x8769, 0x927C, 0xA431, 0xA430, 0xA435
PLACE = {1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)}
XMP = b"http://ns.adobe.com/xap/1.0/\0"
PACKET = (
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    b"<rdf:Description xmlns:photoshop='p' xmlns:aux='a' xmlns:e='http://ns.adobe.com/exif/1.0/' xmlns:I='i' "
    b"photoshop:City='Rome' photoshop:Headline='at \"home\"' aux:SerialNumber='77'>%s</rdf:Description>"
    b"</rdf:RDF></x:xmpmeta>"
)


def jpeg(size=(64, 48), seed=0, **options) -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(noise).save(file, "JPEG", **options)
    return file.getvalue()


def exif(order="<", place=True, note=b"Maker\0\0\0 secret 4711", **more) -> bytes:
    tags = Image.Exif()
    tags.endian = order
    tags[0x0112], tags[0x010F] = 6, "Maker of cameras"
    tags.get_ifd(DETAILS).update(
        {NOTE: note, SERIAL: "BODY-1234567", OWNER: "Anna", LENS: "L9", 0x9003: "2023:07:14 18:30:00"}
    )
    if place:
        tags.get_ifd(GPS).update(PLACE)
    return b"Exif\0\0" + tags.tobytes().removeprefix(b"Exif\0\0")


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segments(data: bytes, *parts: bytes) -> bytes:
    return data[:2] + b"".join(parts) + data[2:]


def record(number: int, text: bytes) -> bytes:
    return bytes([0x1C, 2, number]) + struct.pack(">H", len(text)) + text


def photoshop(records: bytes) -> bytes:
    body = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(records)) + records + b"\0" * (len(records) % 2)
    return segment(0xED, b"Photoshop 3.0\0" + body)


def kinds(data: bytes, levels=("place", "link")) -> set[tuple[str, str]]:
    return {(each.kind, each.where) for each in photo.of_bytes(data, "a.jpg") if each.level in levels}


def stripped(data: bytes) -> bytes:
    after, back = applied(data, blanks.edits(data))
    assert applied(after, back)[0] == data and len(after) == len(data)
    return after


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("order", "<>")
def test_exif_gives_away_what_it_holds_and_loses_it(order):
    data = with_segments(jpeg(), segment(0xE1, exif(order)))
    assert kinds(data) == {("GPS", "EXIF"), ("camera's serial number", "EXIF"), ("lens's serial number", "EXIF"),
                           ("camera owner's name", "EXIF")}  # fmt: skip
    after = stripped(data)
    assert kinds(after) == set()
    for secret in (b"BODY-1234567", b"Anna", b"secret 4711"):
        assert secret in data and secret not in after
    tags = Image.open(io.BytesIO(after)).getexif()  # another reader
    assert dict(tags.get_ifd(GPS)) == {} and GPS not in tags
    assert set(tags.get_ifd(DETAILS)) == {0x9003} and tags[0x0112] == 6 and tags[0x010F] == "Maker of cameras"
    assert (pixels(after) == pixels(data)).all()


def test_xmp_and_iptc_lose_places_and_keep_the_rest():
    shown = b"<I:LocationShown><rdf:Bag><rdf:li><I:City>Ostia</I:City></rdf:li></rdf:Bag></I:LocationShown>"
    packet = PACKET % (shown + b"<e:GPSLatitude>41,54.1N</e:GPSLatitude><e:GPSLongitude>12,29.5E</e:GPSLongitude>")
    records = record(90, b"Roma") + record(25, b"sea") + record(92, b"Trastevere") + record(101, b"Italia")
    data = with_segments(jpeg(), segment(0xE1, XMP + packet), photoshop(records))
    assert kinds(data) == {
        ("GPS", "XMP"),
        ("city", "XMP"),
        ("camera's serial number", "XMP"),
        ("city", "IPTC"),
        ("sub-location", "IPTC"),
    }
    after = stripped(data)
    assert kinds(after) == set()
    for gone in (b"Rome", b"Ostia", b"41,54", b"'77'", b"Roma", b"Trastevere", b"Italia"):
        assert gone in data and gone not in after
    assert b"photoshop:Headline='at \"home\"'" in after and record(25, b"sea") in after


def test_thumbnails_and_pictures_behind_are_looked_into():
    inner = with_segments(jpeg((16, 12)), segment(0xE1, exif(note=b"")))
    tags = Image.Exif()
    tags[0x010F] = "Maker"
    block = tags.tobytes()
    outer = with_segments(jpeg(), segment(0xE1, b"Exif\0\0" + block.removeprefix(b"Exif\0\0") + inner))
    data = outer + with_segments(jpeg((32, 24)), segment(0xE1, exif()))
    found = kinds(data)
    assert ("GPS", "EXIF of thumbnail") in found and ("GPS", "EXIF of picture 2") in found
    after = stripped(data)
    assert kinds(after) == set() and (pixels(after) == pixels(data)).all()
    assert [each.scans for each in pictures(after)[0]] == [each.scans for each in pictures(data)[0]]
    for one in pictures(data)[0]:
        for start, stop in one.scans:
            assert data[start:stop] == after[start:stop]


def test_damaged_exif_becomes_an_empty_block_that_keeps_the_orientation():
    block = bytearray(exif())
    at = bytes(block).index(struct.pack("<HH", DETAILS, 4)) + 8
    gps = bytes(block).index(struct.pack("<HH", GPS, 4)) + 8
    block[at : at + 4] = block[gps : gps + 4]  # two pointers lead to one directory
    data = with_segments(jpeg(), segment(0xE1, bytes(block)))
    assert any(kind == "GPS" for kind, _ in kinds(data))
    after = stripped(data)
    assert kinds(after) == set() and Image.open(io.BytesIO(after)).getexif()[0x0112] == 6


def test_a_damaged_packet_that_names_a_place_goes_as_a_whole():
    data = with_segments(jpeg(), segment(0xE1, XMP + b"<x exif:GPSLatitude='48,51N' " + b" " * 300))
    assert kinds(data) == {("damaged XMP", "XMP")}
    assert b"GPSLatitude" not in stripped(data) and kinds(stripped(data)) == set()


def test_comments_with_coordinates_go_and_others_stay():
    data = with_segments(jpeg(), segment(0xFE, b"seen at 48.85837, 2.29448"), segment(0xFE, b"a nice day"))
    after = stripped(data)
    assert b"48.85837" not in after and b"a nice day" in after


def test_a_film_behind_the_photo_may_hold_a_place():
    film = b"\0\0\0\x18ftypmp42" + b"...\xa9xyz\0\x12\x15\xc7+48.8583+002.2944/..."
    [found] = [each for each in photo.of_bytes(jpeg() + film, "a.jpg") if each.level == "place"]
    assert (
        found.where == "film behind the photo"
        and not found.strips
        and (found.latitude, found.longitude) == (48.8583, 2.2944)
    )


def test_signed_photos_are_left_alone_and_say_so():
    data = with_segments(jpeg(), segment(0xE1, exif()), segment(0xEB, b"JP\0\1\0\0\0\1....jumb....c2pa...."))
    with pytest.raises(InputError, match="signed"):
        blanks.edits(data)
    assert any(each.kind == "signed history" for each in photo.of_bytes(data, "a.jpg"))


def test_extended_xmp_is_read_across_its_segments_and_not_stripped():
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32
    packet = PACKET % b""
    parts = [packet[:120], packet[120:]]
    chunks = [
        segment(0xE1, head + struct.pack(">II", len(packet), at) + part)
        for at, part in zip((0, 120), parts, strict=True)
    ]
    data = with_segments(jpeg(), *chunks)
    assert ("city", "extended XMP") in kinds(data)
    assert stripped(data) == data


def test_a_clean_photo_has_no_finding():
    assert photo.of_bytes(jpeg(), "a.jpg") == [] and blanks.edits(jpeg()) == []


@pytest.mark.parametrize(
    "note", [b"Nikon\0\2\x10\0\0" + exif(note=b"")[6:], b"..GPSLatitude=48.1....", b"x 48.85837,2.29448 y"]
)
def test_a_maker_note_with_a_place_is_found_by_a_plain_scan(note):
    data = with_segments(jpeg(), segment(0xE1, exif(place=False, note=note)))
    assert any(
        each.level == "place" and "aker note" in each.kind + each.where for each in photo.of_bytes(data, "a.jpg")
    )
    assert kinds(stripped(data)) == set()


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=12))
@settings(max_examples=150, deadline=None)
def test_whatever_is_damaged_nothing_raises_and_pixels_stay(changes):
    records = record(90, b"Roma") + record(25, b"sea")
    whole = with_segments(jpeg(), segment(0xE1, exif()), segment(0xE1, XMP + PACKET % b""), photoshop(records))
    data = bytearray(whole)
    for at, value in changes:
        data[at % len(data)] = value
    damaged = bytes(data)
    try:
        photo.of_bytes(damaged, "a.jpg")
        after = stripped(damaged)
    except InputError:
        return
    held = [(each.start + 4, each.stop) for one in pictures(damaged)[0] for each in one.segments if each.marker >= 0xE0]
    changed = np.flatnonzero(np.frombuffer(damaged, np.uint8) != np.frombuffer(after, np.uint8))
    assert all(any(start <= at < stop for start, stop in held) for at in changed.tolist())
    assert not any(each.strips for each in photo.of_bytes(after, "a.jpg"))
