import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from photoplanet.errors import InputError
from photoplanet.metadata import exif, exif_writer
from photoplanet.metadata.byte_edits import applied
from photoplanet.metadata.estimate import Estimate, OwnGps

HERE = Estimate(48.8584, -2.2945, 25_000, "estimate, timed-hmm", 0.9)
GPS, DETAILS, MAKER_NOTE, MAKE = 0x8825, 0x8769, 0x927C, 0x010F


def jpeg(size=(40, 30), **options) -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(noise).save(file, "JPEG", **options)
    return file.getvalue()


def block(order="<", gps=None, note=b"maker's note \x00\xff") -> bytes:
    """EXIF as Pillow writes it, of either byte order."""
    tags = Image.Exif()
    tags.endian = order
    tags[MAKE] = "Maker of cameras"
    tags.get_ifd(DETAILS)[MAKER_NOTE] = note
    if gps is not None:
        tags.get_ifd(GPS).update(gps)
    return b"Exif\0\0" + tags.tobytes().removeprefix(b"Exif\0\0")


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def segments(data: bytes) -> list[tuple[int, bytes]]:
    """(marker, body) of everything before the pixels, and then the pixels' bytes: written apart from the module."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        found.append((data[at + 1], data[at + 4 : at + 2 + length]))
        at += 2 + length
    return [*found, (0xDA, data[at:])]


def but_exif(data: bytes) -> list[tuple[int, bytes]]:
    return [each for each in segments(data) if not each[1].startswith(b"Exif\0\0")]


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def written(data: bytes, estimate=HERE) -> bytes:
    after, back = applied(data, exif_writer.edits(data, estimate))
    assert applied(after, back)[0] == data, "what was done can be taken back byte by byte"
    return after


def place(data: bytes):
    with Image.open(io.BytesIO(data)) as image:
        return exif.read(image)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("gps", [None, {29: "2020:01:01"}], ids=["no GPS", "GPS without a place"])
def test_a_place_is_written_and_nothing_else_changes(order, gps):
    before = jpeg(exif=block(order, gps), comment=b"a comment", progressive=True)
    after = written(before)
    assert but_exif(after) == but_exif(before)
    assert (pixels(after) == pixels(before)).all()
    tags, old = (Image.open(io.BytesIO(data)).getexif() for data in (after, before))
    assert tags[MAKE] == "Maker of cameras"
    assert tags.get_ifd(DETAILS)[MAKER_NOTE] == old.get_ifd(DETAILS)[MAKER_NOTE] == b"maker's note \x00\xff"
    fields = tags.get_ifd(GPS)
    assert fields[1] == "N" and fields[3] == "W" and fields[18] == "WGS-84"
    assert float(fields[31]) == 25_000  # GPSHPositioningError, metres
    assert fields.get(29) == (gps or {}).get(29)
    found = place(after)
    assert (found.latitude, found.longitude) == pytest.approx((48.8584, -2.2945), abs=1e-7)


def test_a_written_place_is_never_taken_for_a_truth():
    assert place(written(jpeg())).gps_fault == "GPS is an estimate"


def test_a_photo_without_exif_gets_it_after_jfif():
    after = written(jpeg())
    assert [marker for marker, _ in segments(after)][:2] == [0xE0, 0xE1]
    assert but_exif(after) == segments(jpeg())


def test_an_estimate_replaces_an_earlier_one():
    twice = written(written(jpeg(exif=block())), Estimate(-10.5, 20.25, 1000))
    found = place(twice)
    assert (found.latitude, found.longitude) == pytest.approx((-10.5, 20.25))
    assert Image.open(io.BytesIO(twice)).getexif().get_ifd(GPS)[1] == "S"


def test_gps_of_its_own_is_refused():
    with pytest.raises(OwnGps):
        exif_writer.edits(jpeg(exif=exif_writer.gps_bytes(10, 20)), HERE)
    with pytest.raises(OwnGps):  # no fix: still what the camera wrote
        exif_writer.edits(jpeg(exif=block(gps={1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)})), HERE)
    body = b"http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude='1,2N'/>"
    data = jpeg()
    with pytest.raises(OwnGps):
        exif_writer.edits(data[:2] + segment(0xE1, body) + data[2:], HERE)


def test_a_second_directory_and_its_thumbnail_stay():
    for order in "<>":
        first = struct.pack(order + "H", 1) + struct.pack(order + "HHI4s", MAKE, 2, 4, b"abc\0")
        at = 8 + len(first) + 4
        thumbnail = jpeg((8, 8))
        rows = [(0x0201, 4, 1, at + 2 + 24 + 4), (0x0202, 4, 1, len(thumbnail))]
        second = struct.pack(order + "H", 2) + b"".join(struct.pack(order + "HHII", *row) for row in rows) + bytes(4)
        tiff = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8) + first
        tiff += struct.pack(order + "I", at) + second + thumbnail
        data = jpeg()
        after = written(data[:2] + segment(0xE1, b"Exif\0\0" + tiff) + data[2:])
        tags = Image.open(io.BytesIO(after)).getexif()
        one = tags.get_ifd(ExifTags.IFD.IFD1)
        body = next(body for _, body in segments(after) if body.startswith(b"Exif\0\0"))[6:]
        assert body[one[0x0201] : one[0x0201] + one[0x0202]] == thumbnail
        assert tags[MAKE] == "abc" and tags.get_ifd(GPS)[3] == "W"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", jpeg()[:30],
        jpeg()[:2] + segment(0xE1, block()) * 2 + jpeg()[2:],
        jpeg()[:2] + segment(0xE2, b"MPF\0II*\0") + jpeg()[2:],
        jpeg()[:2] + segment(0xE1, b"Exif\0\0II*\0\xff\xff\0\0") + jpeg()[2:],
        jpeg()[:2] + segment(0xE1, b"Exif\0\0XX*\0\x08\0\0\0\0\0") + jpeg()[2:],
        jpeg()[:2] + segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x99\0\0\0\xff\0\0\0") + jpeg()[2:],
        jpeg(exif=block(note=bytes(65_300))),
    ],
    ids=["empty", "PNG", "head", "cut", "twice", "several pictures", "outside", "order", "dangling", "full"],
)  # fmt: skip
def test_what_is_odd_is_refused_with_a_reason(data):
    with pytest.raises(InputError, match=r"^it|^its"):
        exif_writer.edits(data, HERE)


def test_no_place_off_the_earth_is_written():
    for latitude, longitude, radius in ((91, 0, 1), (0, 181, 1), (float("nan"), 0, 1), (0, 0, -1), (0, 0, 1e9)):
        with pytest.raises(InputError):
            Estimate(latitude, longitude, radius)


# of segments that mean nothing to the writer: a second EXIF block and a list of pictures are refused, as they should be
bodies = st.binary(max_size=60).filter(lambda body: not body.startswith((b"Exif\0\0", b"MPF\0", b"http://")))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0xE0, 0xE2, 0xE5, 0xED, 0xFE]), bodies), max_size=4),
    st.lists(st.tuples(st.sampled_from([0xE0, 0xE1, 0xEE, 0xFE]), bodies), max_size=4),
    st.sampled_from([None, "<", ">"]), st.binary(min_size=1, max_size=90), st.booleans(),
    st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 2e7),
)  # fmt: skip
def test_whatever_the_segments_only_exif_changes(ahead, behind, order, note, progressive, lat, lng, radius):
    base = jpeg(progressive=progressive)
    exif_part = segment(0xE1, block(order, note=note)) if order else b""
    parts = [b"".join(segment(*each) for each in some) for some in (ahead, behind)]
    before = base[:2] + parts[0] + exif_part + parts[1] + base[2:]
    after = written(before, Estimate(lat, lng, radius))
    assert but_exif(after) == but_exif(before)
    found = exif.read(Image.open(io.BytesIO(after)))
    assert found.gps_fault in ("GPS is an estimate", "exactly 0, 0")
    if found.latitude is not None:
        assert (found.latitude, found.longitude) == pytest.approx((lat, lng), abs=1e-7)
    (body,) = [body for _, body in segments(after) if body.startswith(b"Exif\0\0")]
    tags = Image.Exif()
    tags.load(body)
    if order:
        assert tags.get_ifd(DETAILS)[MAKER_NOTE] == note


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_is_refused_or_harmless(data):
    whole = bytearray(jpeg((16, 16), exif=block(data.draw(st.sampled_from("<>")), {29: "2020:01:01"})))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, 400))] = data.draw(st.integers(0, 255))
    broken = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        changes = exif_writer.edits(broken, HERE)
    except InputError:
        return
    after, back = applied(broken, changes)
    assert applied(after, back)[0] == broken
    assert but_exif(after) == but_exif(broken)


@given(st.binary(max_size=400))
def test_random_bytes_are_refused(data):
    with pytest.raises(InputError):
        exif_writer.edits(b"\xff\xd8\xff" + data, HERE)


def test_an_exif_block_may_fill_its_segment_to_the_last_byte():
    """A JPEG segment counts its own length, at most 65,535 bytes."""
    lengths = []
    for size in range(65_100, 65_536):
        try:
            after = written(jpeg(exif=block(note=bytes(size))))
        except (InputError, ValueError):  # ValueError: Pillow itself has no more room
            break
        lengths.append(2 + next(len(body) for _, body in segments(after) if body.startswith(b"Exif\0\0")))
    assert max(lengths) in (65_534, 65_535)


@pytest.mark.parametrize(("count", "good"), [(1000, True), (1001, False)])
def test_a_directory_has_at_most_1000_entries(count, good):
    rows = b"".join(struct.pack("<HHII", 0xC000 + i, 4, 1, 7) for i in range(count))
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", count) + rows + bytes(4)
    data = jpeg()[:2] + segment(0xE1, b"Exif\0\0" + tiff) + jpeg()[2:]
    if good:
        written(data)
    else:
        with pytest.raises(InputError, match="1001 entries"):
            exif_writer.edits(data, HERE)


def test_the_method_is_ascii_marked_and_at_most_100_characters():
    marked = Estimate(1, 2, 3, "é" * 200).marked
    assert marked.startswith("photoplanet ??") and len(marked) == 100 and marked.isascii()
