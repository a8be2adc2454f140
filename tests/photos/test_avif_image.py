"""AVIF: what its streams may claim is known and bounded before anything is decoded."""

import io
import struct

import pytest
from avif_files import avif, box, frame, grid, sequence, unit
from pictures import encoded
from PIL import Image

from photoplanet.metadata import facts
from photoplanet.photos import av1_stream, avif_image, decoding_cost
from photoplanet.photos.decode import ANY_PIXELS, MAX_PIXELS, PhotoError, open_photo, opened
from photoplanet.photos.photo_error import MEMORY, WORK

FRAME = 6


def coded(data):
    return avif_image._coded(io.BytesIO(data), "a.avif")


def size(data):
    return coded(data).width, coded(data).height


def stating(width, height, data):
    """The file with another size in its box."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
@pytest.mark.parametrize("shape", [(1, 1), (60, 40), (257, 511), (1921, 33)])
def test_the_streams_size_of_files_that_an_encoder_wrote(shape, subsampling):
    data = encoded(Image.new("RGB", shape, (9, 99, 9)), "AVIF", subsampling=subsampling)
    assert size(data) == shape
    assert coded(data).bytes == shape[0] * shape[1] * (3 if subsampling == "4:2:0" else 6)
    assert open_photo(data).size == shape


def test_the_plane_of_transparency_counts_too():
    image = Image.new("RGBA", (60, 40), (9, 99, 9, 128))
    assert coded(encoded(image, "AVIF")).work == 2 * 60 * 40
    assert open_photo(encoded(image, "AVIF")).size == (60, 40)


@pytest.mark.parametrize("kind, shown", [(0, True), (0, False), (1, True), (2, True), (2, False)])
@pytest.mark.parametrize("tools", [True, False])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"timing": True},
        {"timing": True, "model": True},
        {"timing": True, "model": True, "uneven": True},
        {"points": 32},
        {"ids": True},
    ],
)
def test_a_frame_with_a_size_of_its_own_counts_as_large_as_its_bits_allow(more, kind, shown, tools):
    header = sequence(3000, 2000, short=False, bits=12, **more)
    options = {"kind": kind, "shown": shown, "tools": tools, "ids": "ids" in more, "timed": "uneven" in more}
    assert size(avif(header + frame(False, **options))) == (3000, 2000)
    assert size(avif(header + frame(True, **options))) == (4096, 4096)
    assert size(avif(header + frame(False, **options) + frame(True, **options))) == (4096, 4096)


def test_frames_of_other_kinds_have_a_size_of_their_own_or_none():
    header = sequence(3000, 2000, short=False, bits=12)
    assert size(avif(header + unit(FRAME, b"\xe0" + bytes(9)))) == (3000, 2000), "an earlier frame is shown again"
    assert size(avif(header + frame(False, kind=3))) == (4096, 4096), "a switch always states it"


def test_the_whole_header_of_an_encoder():
    pictures = [Image.new("RGB", (300, 200), (9, 99, each)) for each in (0, 99, 200)]
    data = encoded(pictures[0], "AVIF", save_all=True, append_images=pictures[1:])
    at = data.index(b"mdat")
    end = at - 4 + int.from_bytes(data[at - 4 : at], "big")
    found = av1_stream.read(data[at + 4 : end])
    assert (found.width, found.height) == (300, 200) and found.work >= 3 * 300 * 200


@pytest.mark.parametrize(
    "layout", [{"version": 1}, {"version": 2}, {"pieces": 7}, {"version": 1, "idat": True}, {"version": 2, "pieces": 3}]
)
def test_a_stream_is_found_wherever_it_lies(layout):
    data = avif(sequence(300, 200) + unit(FRAME, bytes(50)), sequence(70, 90), **layout)
    assert size(data) == (300, 200) and coded(data).work == 300 * 200 + 70 * 90


def test_a_picture_of_tiles_is_read_and_all_its_tiles_count():
    tiles = [encoded(Image.new("RGB", (64, 64), colour), "AVIF") for colour in ("red", "lime", "blue")]
    with opened(grid(*tiles)) as (image, _):
        assert image.size == (192, 64) and image.coded == av1_stream.Coded(64, 64, 3 * 3 * 64 * 64, 3 * 64 * 64)
    picture = open_photo(grid(*tiles))
    assert [max(range(3), key=picture.getpixel((x, 30)).__getitem__) for x in (9, 99, 180)] == [0, 1, 2]
    with pytest.raises(PhotoError, match="192 × 64 pixels, the limit is 5,000"):
        open_photo(grid(*tiles), max_pixels=5000)


def test_items_that_are_no_av1_do_not_count():
    assert size(avif(sequence(30, 20), sequence(9000, 9000), kinds=[b"av01", b"Exif"])) == (30, 20)


def test_the_largest_header_counts_wherever_it_is():
    late = sequence(30, 20) + unit(2) + unit(FRAME, bytes(300)) + sequence(5000, 4000)
    assert size(avif(late)) == size(avif(sequence(30, 20), setting=sequence(5000, 4000))) == (5000, 4000)


def test_a_stream_larger_than_its_box_says_is_refused_by_the_limit_and_keeps_its_place():
    large = encoded(Image.new("RGB", (1200, 900)), "AVIF")
    small = stating(60, 40, large)
    with pytest.raises(PhotoError, match="1200 × 900 pixels, the limit is 1,000,000"):
        open_photo(small, max_pixels=10**6)
    with opened(small, ANY_PIXELS) as (image, _):
        assert image.size == (60, 40) and (image.coded.width, image.coded.height) == (1200, 900)
    assert facts.of(small).gps_fault == "no GPS"


def test_a_huge_stream_in_a_small_box_is_never_decoded():
    with pytest.raises(PhotoError, match=f"65536 × 65536 pixels, the limit is {MAX_PIXELS:,}"):
        open_photo(avif(sequence(65536, 65536) + unit(FRAME, bytes(9))))
    with pytest.raises(PhotoError, match="15000 × 15000 pixels") as caught:
        open_photo(avif(sequence(15000, 15000) + unit(FRAME, bytes(9))))
    assert caught.value.reason == MEMORY


def test_many_frames_in_one_picture_are_memory_and_work():
    one = coded(avif(sequence(2000, 1000) + unit(FRAME)))
    few, many = (coded(avif(sequence(2000, 1000) + unit(FRAME) * count)) for count in (5, 5000))
    assert few.bytes == 5 * one.bytes and many.bytes == 10 * one.bytes and many.work == 5000 * one.work
    with pytest.raises(PhotoError, match="more and larger frames") as caught:
        open_photo(avif(sequence(2000, 1000) + unit(FRAME) * 5000))
    assert caught.value.reason == WORK
    with pytest.raises(PhotoError, match="more than 20,000 units"):
        coded(avif(sequence(20, 10) + unit(2) * av1_stream.MAX_UNITS))


def test_bytes_that_are_used_again_and_again_are_refused():
    data = bytearray(avif(*[sequence(20, 10) + unit(FRAME, bytes(300))] * 8))
    at = data.index(b"iloc") + 12
    for number in range(8):
        data[at + 14 * number + 6 : at + 14 * number + 14] = struct.pack(">II", 0, len(data) // 2)
    with pytest.raises(PhotoError):
        coded(bytes(data))
    whole = bytearray(avif(*[sequence(20, 10) + unit(FRAME, bytes(300))] * 8))
    first = whole[at + 6 : at + 10]
    for number in range(8):
        whole[at + 14 * number + 6 : at + 14 * number + 14] = first + bytes(4)  # a length of 0: to the end
    with pytest.raises(PhotoError, match="same bytes") as caught:
        coded(bytes(whole))
    assert caught.value.reason == WORK


def test_no_pixels_no_stream_and_a_sequence_are_refused_in_words():
    good = encoded(Image.new("RGB", (60, 40)), "AVIF")
    for stated in ((0, 0), (0, 40), (60, 0)):
        with pytest.raises(PhotoError):
            open_photo(stating(*stated, good))
    with pytest.raises(PhotoError, match="holds no AV1 picture"):
        open_photo(avif(unit(2)))
    with pytest.raises(PhotoError, match="AVIF sequence, which is not read"):
        open_photo(avif(sequence(60, 40), more=box(b"moov")))
    with pytest.raises(PhotoError, match="cut header"):
        open_photo(avif(unit(1, b"\x18\x15")))
    with pytest.raises(PhotoError, match=r"more pictures|broken list"):
        coded(good.replace(good[good.index(b"iloc") + 8 :][:4], b"\x44\0\xff\xff"))


def test_a_cut_file_is_refused_wherever_it_is_cut(make):
    data = encoded(make.scene(size=(64, 48)), "AVIF")
    reasons = set()
    for end in range(32, len(data)):
        with pytest.raises(PhotoError) as caught:
            open_photo(data[:end])
        reasons.add(caught.value.reason)
    assert reasons == {"truncated"}


def test_exif_that_cannot_be_read_does_not_cost_the_pixels(make):
    data = encoded(make.scene(), "AVIF", exif=Image.Exif().tobytes() + b"x")
    at = next(data.index(order) for order in (b"II*\0", b"MM\0*") if order in data)
    for block in (b"II*\0\xff\xff\xff\xff", b"MM\0*\xff\xff\xff\xff", b"II*\0\0\0\0\0"):
        assert open_photo(data[:at] + block + data[at + 8 :]).size == (120, 90)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_upright_as_a_jpeg_is(make, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    scene = make.scene(size=(64, 48))
    other = open_photo(encoded(scene, "PNG", exif=exif))
    upright = open_photo(encoded(scene, "AVIF", exif=exif, quality=95))  # last: Pillow takes the tag out of `exif`
    assert upright.size == other.size
    small = [each.resize((8, 8), Image.Resampling.BOX).tobytes() for each in (upright, other)]
    assert max(abs(a - b) for a, b in zip(*small, strict=True)) < 12


def test_the_memory_that_is_held_is_more_than_the_pixels(make):
    with opened(encoded(make.scene(), "AVIF")) as (image, name):
        cost = decoding_cost.of(image, name)
    assert 11 * 120 * 90 < cost.bytes < 20 * 120 * 90 and cost.work == 120 * 90


def test_a_pillow_without_avif_is_said_so(make, monkeypatch):
    data = encoded(make.scene(), "AVIF")
    monkeypatch.setattr("PIL.features.check", lambda name: False)
    with pytest.raises(PhotoError, match=r"install Pillow 11\.3"):
        open_photo(data)
