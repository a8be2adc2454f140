"""JPEG XL: decoded in a process of its own; what is wrong with a file costs it alone, and is said in a line."""

import io
import random

import imagecodecs
import jxl_files
import numpy as np
import pytest
from PIL import Image

from photoplanet.metadata import exif, exif_writer, facts
from photoplanet.photos import decoding_cost, jxl_decoder, jxl_header, jxl_image
from photoplanet.photos.decode import ANY_PIXELS, PhotoError, load_many, open_photo, opened
from photoplanet.photos.photo_error import MEMORY, NEEDS, WORK
from photoplanet.photos.preprocessing import Preprocessing

PLACE, TAKEN = (46.5, 7.25), "2024-05-01T12:00:00"


def size(data):
    found = jxl_header.read(io.BytesIO(data), "a.jxl")
    return found.width, found.height


def same(picture, other, most):
    return np.abs(np.asarray(picture, float) - np.asarray(other, float)).mean() <= most


@pytest.mark.parametrize("width, height", [(1, 1), (60, 40), (64, 64), (256, 128), (257, 511), (1921, 33), (40, 53)])
def test_the_size_of_files_that_an_encoder_wrote(width, height):
    pixels = np.zeros((height, width, 3), np.uint8)
    assert size(jxl_files.jxl(pixels)) == size(jxl_files.jxl(pixels, parts=7)) == (width, height)


def test_the_size_follows_the_standard():
    for ratio, width in enumerate((120, 144, 160, 180, 213, 150, 240), start=1):
        fields = [(0, 1), (0, 2), (119, 9), (ratio, 3), (1, 1)]
        assert size(jxl_files.packed_bits([*fields, (0, 64)])) == (width, 120)
    assert size(jxl_files.packed_bits([(1, 1), (4, 5), (0, 3), (31, 5), (1, 1), (0, 64)])) == (256, 40)
    for orientation in range(1, 9):
        expected = (300, 200) if orientation < 5 else (200, 300)
        assert size(jxl_files.header(300, 200, orientation)) == expected


def test_pixels_of_every_kind_come_as_rgb(make):
    scene = make.scene(size=(64, 48))
    pixels = np.asarray(scene)
    clear = np.dstack([pixels, np.full((48, 64), 51, np.uint8)])
    assert same(open_photo(jxl_files.jxl(scene, lossless=True)), scene, 0)
    assert same(open_photo(jxl_files.jxl(scene, lossless=True, parts=20)), scene, 0)
    assert same(open_photo(jxl_files.jxl(scene)), scene, 6)
    assert same(open_photo(jxl_files.jxl(pixels.astype(np.uint16) * 257, lossless=True)), scene, 0)
    assert same(open_photo(jxl_files.jxl((pixels / 255).astype(np.float32), lossless=True)), scene, 0.5)
    assert same(open_photo(jxl_files.jxl(pixels[..., 1], lossless=True)), pixels[..., [1, 1, 1]], 0)
    assert same(open_photo(jxl_files.jxl(clear, lossless=True)), 0.2 * pixels + 0.8 * 255, 1), "on white"


def test_the_first_of_many_pictures_is_the_photo(make):
    frames = np.stack([np.asarray(make.scene(seed, size=(64, 48))) for seed in range(3)])
    assert same(open_photo(imagecodecs.jpegxl_encode(frames, effort=3, lossless=True)), frames[0], 0)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_place_and_time_are_read_of_exif_and_xmp(make, packed):
    block = exif_writer.gps_bytes(*PLACE, TAKEN)
    found = facts.of(jxl_files.jxl(make.scene(), exif=block, packed=packed))
    assert (found.latitude, found.longitude) == pytest.approx(PLACE, abs=1e-4) and found.taken_at == TAKEN
    found = facts.of(jxl_files.jxl(make.scene(), xmp=make.xmp(*PLACE), packed=packed))
    assert (found.latitude, found.longitude) == pytest.approx(PLACE, abs=1e-4) and found.place_by == "XMP"


def test_exifs_orientation_says_nothing_since_the_stream_has_its_own(make):
    turned = Image.Exif()
    turned[0x0112] = 6
    data = jxl_files.jxl(make.scene(), exif=turned.tobytes())
    with opened(data) as (image, _):
        assert exif.upright_size(image, exif.read(image).orientation) == (120, 90)
    assert open_photo(data).size == (120, 90)


@pytest.mark.parametrize(
    "block",
    [
        jxl_files.box(b"Exif"), jxl_files.box(b"Exif", b"\xff\xff\xff\xffII*\0"), jxl_files.box(b"Exif", bytes(9)),
        jxl_files.box(b"brob", b"Exif", b"no Brotli"), jxl_files.box(b"brob", b"Exi"),
        jxl_files.block(b"Exif", bytes(jxl_decoder.MAX_BLOCK + 1), packed=True),
        jxl_files.box(b"Exif", bytes(jxl_decoder.MAX_BLOCK + 1)),
        jxl_files.block(b"brob", b"Exif" + imagecodecs.brotli_encode(bytes(100)), packed=True),
    ],
    ids=["empty", "past its end", "zeros", "not packed", "short", "a bomb", "too large", "packed twice"],
)  # fmt: skip
def test_metadata_that_cannot_be_read_do_not_cost_the_pixels(make, block):
    data = jxl_files.jxl(make.scene(), block)
    assert facts.of(data).gps_fault in ("EXIF unreadable", "no GPS")
    assert open_photo(data).size == (120, 90)


def test_a_cut_file_is_refused_wherever_it_is_cut(make):
    scene = make.scene(size=(64, 48))
    for data in (jxl_files.jxl(scene), jxl_files.jxl(scene, exif=b"x"), jxl_files.jxl(scene, parts=30)):
        for end in (*range(32, 100), *range(100, len(data), 61)):
            with pytest.raises(PhotoError, match=r"truncated|damaged"):
                open_photo(data[:end])


def test_lying_boxes_are_refused(make):
    data = jxl_files.jxl(make.scene(), exif=b"x")
    at = data.index(b"jxlc") - 4
    for length in (0xFFFFFFFF, 2, 9, len(data)):
        with pytest.raises(PhotoError, match=r"truncated|damaged"):
            open_photo(data[:at] + length.to_bytes(4, "big") + data[at + 4 :])
    with pytest.raises(PhotoError, match="more boxes than a photo has"):
        open_photo(jxl_files.contained(b"", *[jxl_files.box(b"free")] * 10_001))


def test_a_size_that_only_a_header_claims_is_refused_before_anything_is_decoded(monkeypatch):
    monkeypatch.setattr(jxl_image, "_decoded", None)
    with pytest.raises(PhotoError, match="100000 × 100000 pixels, the limit is 250,000,000"):
        open_photo(jxl_files.header(100_000, 100_000))
    with pytest.raises(PhotoError, match="MB to decode, the limit is 448") as caught:
        open_photo(jxl_files.header(100_000, 100_000), max_pixels=ANY_PIXELS)
    assert caught.value.reason == MEMORY


def test_a_frame_that_is_larger_than_its_header_says_takes_no_memory(make):
    larger = jxl_files.frame_of_its_own(30_000, 30_000) + random.Random(1).randbytes(200_000)  # 11 GB, unbounded
    assert size(larger) == (8, 8)
    with pytest.raises(PhotoError, match="takes over 64 MB"):
        open_photo(larger)
    assert open_photo(jxl_files.jxl(make.scene())).size == (120, 90)


def test_what_takes_too_much_memory_or_time_costs_that_photo_alone(monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), np.uint8)
    large = jxl_files.jxl(noise.astype(np.float32) / 255, effort=1, lossless=True)
    good = jxl_files.jxl(noise[:40, :60])
    with monkeypatch.context() as small:
        small.setattr(jxl_image, "_A_PIXEL", 0)
        small.setattr(jxl_image, "_SPARE", 1 << 20)
        with pytest.raises(PhotoError, match=r"takes? over \d+ MB"):
            open_photo(large)
    with monkeypatch.context() as short:
        short.setattr(jxl_image, "_SECONDS", 0.001)
        short.setattr(jxl_image, "_SECONDS_A_MEGAPIXEL", 0.0)
        with pytest.raises(PhotoError, match="takes over 0 seconds of computing to decode") as caught:
            open_photo(large)
    assert caught.value.reason == WORK
    found = list(load_many([large[:-5000], good, b"\xff\x0a" + bytes(50), large], Preprocessing(size=16)))
    assert [isinstance(each, PhotoError) for each in found] == [True, False, True, False]


def test_it_is_never_decoded_where_only_light_photos_are(make):
    with decoding_cost.only_light(), pytest.raises(decoding_cost.Heavy):
        open_photo(jxl_files.jxl(make.scene()))


def test_without_the_extra_place_and_time_are_read_and_the_pixels_name_it(make, monkeypatch):
    block = exif_writer.gps_bytes(*PLACE, TAKEN)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert facts.of(jxl_files.jxl(make.scene(), exif=block)).taken_at == TAKEN
    for read in (open_photo, lambda data: facts.of(jxl_files.jxl(make.scene(), exif=block, packed=True))):
        with pytest.raises(PhotoError, match="needs the 'jxl' extra") as caught:
            read(jxl_files.jxl(make.scene(), exif=block))
        assert caught.value.reason == NEEDS
