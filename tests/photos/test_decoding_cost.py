"""Small files that would take seconds or gigabytes: refused in words, before they are decoded; real photos are not."""

import io
import struct
import threading
import tracemalloc

import bombs
import numpy as np
import pytest
from pictures import encoded
from PIL import Image

from photoplanet.photos import decode, decoding_cost, file_bounds, jpeg_structure
from photoplanet.photos.decode import PhotoError, Preprocessing, load, open_photo
from photoplanet.photos.photo_error import MEMORY, WORK

SMALL = Preprocessing(size=32)
EXIF = b"Exif\0\0" + bytes(60_000)
WORKFUL = {
    "4,000 scans": (bombs.many_scans(4000), "scans"),
    "a million scans of few pixels": (bombs.many_scans(100_000, 64, 64), "more than 500 scans"),
    "scans behind segments that look like an end": (bombs.many_scans(500, between=b"\xff\xfe\0\6\xff\xd9ab"), "scans"),
    "scans behind padding": (bombs.many_scans(500, between=b"\xff" * 500), "scans"),
    "scans among many segments": (bombs.many_scans(30, between=b"\xff\xfe\0\2" * 2000), "scans"),
    "a sequential JPEG of many scans": (bombs.one_component_scans(500), "scans"),
    "5 MB of FF": (bombs.padded(b"\xff" * 5_000_000), "padding"),
    "junk between segments": (bombs.padded(b"x" * 5_000_000, at=20), "padding"),
    "markers without a length": (bombs.padded(b"\xff\xd0" * 1_000_000), "padding"),
    "a million segments": (bombs.segments(1_000_000), "segments"),
    "EXIF in 800 segments": (bombs.segments(800, 0xE1, EXIF), "segments"),
    "chunks of a PNG": (bombs.png(8, 8, extra=bombs.chunk(b"abCd", b"") * 100_000), "chunks"),
    "empty pixels of a PNG": (bombs.png(8, 8, extra=bombs.chunk(b"IDAT", b"") * 100_000), "chunks"),
    "a chunk of 70 MB": (bombs.png(8, 8, extra=bombs.chunk(b"abCd", bytes(70_000_000))), "chunks"),
    "blocks of a GIF": (bombs.gif_blocks(1_000_000), "blocks"),
    "tags of a TIFF": (bombs.tiff([(tag, 1, 1, 0) for tag in range(65535)]), "tags"),
    "tags of another byte order": (bombs.tiff([(tag, 1, 1, 0) for tag in range(65535)], ">"), "tags"),
    "strips of a TIFF": (bombs.picture_tiff(1, 10**7, _273=(4, 10**7, 8), _279=(4, 10**7, 8)), "strips"),
    "runs of a BMP": (bombs.run_length_bmp(10_000, 10_000, b"\xff\0" * 400_000), "run-length"),
    "runs beyond the picture": (bombs.run_length_bmp(10, 10, b"\1\0" * 5_000_000), "run-length"),
}
BIG = {
    "1 × 99,999,999 PNG": bombs.png(1, 99_999_999, 8, 0),
    "99,999,999 × 1 PNG": bombs.png(99_999_999, 1, 16, 6),
    "RGBA PNG": bombs.png(11_000, 11_000),
    "interlaced PNG": bombs.png(11_000, 11_000, 8, 2, 1),
    "16-bit grey PNG": bombs.png(15_600, 15_600, 16, 0),
    "progressive JPEG": bombs.jpeg(progressive=True, subsampling=0),
    "progressive CMYK JPEG": bombs.jpeg(mode="CMYK", progressive=True),
    "WebP": bombs.webp(10_000, 10_000),
    "lossless WebP": bombs.webp(6000, 6000, lossless=True),
    "TIFF of one strip": bombs.picture_tiff(15_800, 15_800),
    "float TIFF": bombs.picture_tiff(11_000, 11_000, _258=(3, 1, 32), _339=(3, 1, 3)),
    "TIFF of one giant tile": bombs.picture_tiff(
        10, 10, _322=(4, 1, 100_000), _323=(4, 1, 100_000), _324=(4, 1, 200), _325=(4, 1, 200)
    ),
}


@pytest.mark.parametrize("name", WORKFUL)
def test_a_small_file_that_is_much_work_is_refused(name, tmp_path):
    data, words = WORKFUL[name]
    path = tmp_path / "photo"
    path.write_bytes(data)
    for attempt in (lambda: load(data, SMALL), lambda: open_photo(path), lambda: open_photo(path, size_hint=100)):
        with pytest.raises(PhotoError, match=words) as caught:
            attempt()
        assert caught.value.reason == WORK and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", BIG)
def test_a_photo_that_alone_takes_too_much_memory_is_refused_with_its_size(name):
    tracemalloc.start()
    try:
        for attempt in (lambda: load(BIG[name], SMALL), lambda: open_photo(BIG[name], size_hint=100)):
            with pytest.raises(PhotoError, match=r"\d+ × \d+ pixels .* MB to decode, the limit is 448") as caught:
                attempt()
            assert caught.value.reason == MEMORY
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_the_size_in_the_words_is_that_of_the_file_and_not_of_the_scale_it_would_be_decoded_at():
    with pytest.raises(PhotoError, match="9999 × 9999 pixels"):
        load(BIG["progressive JPEG"], SMALL)


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"progressive": True, "subsampling": 0}, {"mode": "CMYK"}, {"mode": "L"}]
)
def test_large_photos_of_phones_and_panoramas_are_read(options):
    sizes = ((65_500, 3800), (16_320, 12_240)) if "progressive" not in options else ((8000, 6000),)
    for width, height in sizes:
        assert load(bombs.jpeg(width, height, **options), SMALL).shape == (32, 32, 3)


@pytest.mark.parametrize("scans", [12, 25])
def test_a_progressive_photo_of_as_many_scans_as_encoders_write_is_read(scans):
    assert load(bombs.many_scans(scans - 10, 6000, 4000), SMALL).shape == (32, 32, 3)


def test_scans_are_counted_to_the_end_of_the_picture_and_not_in_what_follows_or_stands_before_it():
    picture = encoded(Image.new("RGB", (40, 30)), "JPEG", progressive=True)
    thumbnail = b"Exif\0\0" + b"\xff\xda\0\2" * 1000
    app = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    whole = io.BytesIO(picture[:2] + app + picture[2:] + b"\xff\xda" * 5000)  # then the film of a "motion photo"
    frame = jpeg_structure.read_frame(whole, "a.jpg")
    assert (frame.width, frame.height, frame.several_scans) == (40, 30, True)
    assert jpeg_structure.count_scans(whole, frame, 500) == picture.count(b"\xff\xda")
    assert jpeg_structure.count_scans(whole, frame, 5) > 5
    assert load(whole.getvalue(), SMALL).shape == (32, 32, 3)


@pytest.mark.parametrize("window", [1, 2, 3, 7, 50])
def test_markers_are_found_across_the_edges_of_what_is_read_at_a_time(monkeypatch, window):
    picture = io.BytesIO(encoded(Image.effect_noise((64, 64), 50).convert("RGB"), "JPEG", progressive=True))
    frame = jpeg_structure.read_frame(picture, "a.jpg")
    scans = jpeg_structure.count_scans(picture, frame, 500)
    monkeypatch.setattr(jpeg_structure, "_USUAL_WINDOW", max(2, window))
    monkeypatch.setattr(jpeg_structure, "_HEAD_WINDOW", max(2, window))
    monkeypatch.setattr(jpeg_structure, "_SCAN_WINDOW", max(2, window))
    assert jpeg_structure.read_frame(picture, "a.jpg") == frame
    assert jpeg_structure.count_scans(picture, frame, 500) == scans == 10


def filled(count, end=b"\xff\xd9"):
    whole = bombs.encoded(Image.new("RGB", (32, 32)), "JPEG")
    return whole[:-2] + b"\xff" * count + end


@pytest.mark.parametrize("end", [b"\xff\xd9", b"\x00\xff\xd9", b""])
def test_a_scan_full_of_padding_is_refused(end):
    with pytest.raises(PhotoError, match="padding within a scan"):
        load(filled(3_000_000, end), SMALL)


def test_padding_behind_the_picture_and_a_little_within_are_allowed():
    whole = filled(60_000)
    assert load(whole, SMALL).shape == (32, 32, 3)
    assert load(whole + b"\xff" * 3_000_000, SMALL).shape == (32, 32, 3)


def test_a_tiff_with_too_large_a_strip_says_what_to_do(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    data = bombs.encoded(Image.new("L", (64, 64)), "TIFF", compression="tiff_lzw")
    with pytest.raises(PhotoError, match=r"strip or tile .*; save it"):
        load(data, SMALL)


def test_the_cheap_way_through_a_head_finds_what_the_thorough_one_finds_or_leaves_it_to_that():
    picture = bytearray(encoded(Image.new("RGB", (40, 30)), "JPEG", exif=EXIF, icc_profile=bytes(3000)))
    end = picture.index(b"\xff\xda") + 14
    rng, cheap = np.random.default_rng(1), 0
    for trial in range(3000):
        damaged = picture[: end if trial % 3 else rng.integers(2, end)]
        for at in rng.integers(2, 40, 2) if trial % 2 else rng.integers(len(EXIF), end, 3):
            if trial and at < len(damaged):
                damaged[at] = rng.choice([0, 1, 2, 4, 0xC0, 0xC2, 0xC4, 0xD0, 0xD9, 0xDA, 0xE1, 0xFF])
        usual, frame = jpeg_structure._usual_frame(io.BytesIO(damaged))
        cheap += usual
        if usual:
            assert frame == jpeg_structure._any_frame(io.BytesIO(damaged), "a.jpg")
    assert 500 < cheap < 2500
    many = bombs.segments(jpeg_structure.MAX_EXIF_SEGMENTS)
    assert jpeg_structure._usual_frame(io.BytesIO(many)) == (False, None)


def test_some_padding_between_segments_is_allowed_as_libjpeg_allows_it():
    for padding in (b"\xff" * 60_000, b"\xff\xff\xff"):
        assert load(bombs.padded(padding), SMALL).shape == (32, 32, 3)
    assert load(bombs.padded(b"\0" * 1000, at=20), SMALL).shape == (32, 32, 3)
    assert load(bombs.segments(9000), SMALL).shape == (32, 32, 3)


def test_an_ordinary_file_in_pieces_passes():
    many = bombs.chunk(b"tEXt", b"a\0b") * 2000
    whole = encoded(Image.new("RGB", (30, 20)), "PNG")
    assert load(whole[:33] + many + whole[33:], SMALL).shape == (32, 32, 3)
    assert load(bombs.gif_blocks(5000), SMALL).shape == (32, 32, 3)
    assert load(bombs.run_length_bmp(16, 2, b"\x10\1\0\0\x10\1\0\1"), SMALL).shape == (32, 32, 3)


def iref(references, version=0):
    kinds = b"".join(
        struct.pack(">I4sHH", 12 + 2 * count, b"dimg", 1, count) + bytes(2 * count) for count in references
    )
    box = struct.pack(">I4sI", 12 + len(kinds), b"iref", version << 24) + kinds
    meta = struct.pack(">I4sI", 12 + len(box), b"meta", 0) + box
    return struct.pack(">I4s4sI4s", 20, b"ftyp", b"heic", 0, b"heic") + meta


def test_a_heic_that_names_a_tile_again_and_again_is_refused():
    with pytest.raises(PhotoError, match="references") as caught:
        load(iref([2500, 2500]), SMALL)
    assert caught.value.reason == WORK
    with pytest.raises(PhotoError) as caught:  # not a photo, but not for this
        load(iref([1000, 800]), SMALL)
    assert caught.value.reason != WORK


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "CMYK", "I;16", "I", "F", "LAB"])
def test_a_large_photo_of_any_mode_comes_smaller_as_if_it_was_converted_whole(mode, monkeypatch):
    values = np.add.outer(np.arange(240), np.arange(320)).astype(np.float32)
    if mode in ("I", "I;16", "F"):
        image = Image.fromarray((values * 100).astype({"I": np.int32, "I;16": np.uint16, "F": np.float32}[mode]))
    else:
        rgb = Image.fromarray(np.dstack([values / 3, values / 4, 255 - values / 3]).astype(np.uint8))
        image = Image.merge("LAB", rgb.split()) if mode == "LAB" else rgb.convert(mode)
    whole = np.asarray(open_photo(image).resize((32, 32), Image.Resampling.BOX, (40, 0, 280, 240)), int)
    monkeypatch.setattr("photoplanet.photos.colour.STRIP", 2000)
    assert np.abs(np.asarray(load(image, SMALL), int) - whole).mean() < 2


def test_a_large_png_comes_smaller_where_a_hint_allows_it(monkeypatch):
    data = encoded(Image.fromarray(np.linspace(0, 255, 400 * 300).astype(np.uint8).reshape(300, 400)), "PNG")
    assert open_photo(data, size_hint=70).size == (400, 300)
    monkeypatch.setattr(decoding_cost, "SMALL", 1000)
    small = open_photo(data, size_hint=70)
    assert small.size == (100, 75) and small.mode == "RGB"
    assert open_photo(data, size_hint=200).size == open_photo(data).size == (400, 300)


def test_threads_share_the_memory_and_small_photos_do_not_wait_for_large_ones(monkeypatch):
    """While a large photo holds everything, another large one waits and a small one is decoded."""
    monkeypatch.setattr(decoding_cost, "SMALL", 10_000)
    monkeypatch.setattr(decoding_cost, "LARGE_BYTES", 100_000)
    large, small = (encoded(Image.new("L", size), "PNG") for size in ((200, 200), (20, 20)))
    budget = decoding_cost.ByteBudget(100_000)
    monkeypatch.setattr(decoding_cost, "_large", budget)
    done = threading.Event()
    waiting = threading.Thread(target=lambda: (load(large, SMALL), done.set()))
    with budget.hold(70_000):
        waiting.start()
        assert load(small, SMALL).shape == (32, 32, 3)
        assert not done.wait(0.2)
    assert done.wait(10)
    waiting.join()
    assert budget.used == 0


def test_what_a_failed_photo_held_is_given_back():
    for data in (bombs.png(3000, 3000, rows=b"cut"), BIG["RGBA PNG"], WORKFUL["4,000 scans"][0]):
        with pytest.raises(PhotoError):
            load(data, SMALL)
    assert decoding_cost._large.used == decoding_cost._small.used == 0


def test_damaged_tiffs_leave_stderr_alone(capfd):
    rng = np.random.default_rng(1)
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        whole = encoded(Image.effect_noise((90, 70), 50), "TIFF", compression=compression)
        for _ in range(40):
            data = bytearray(whole)
            for at in rng.integers(0, len(data), 5):
                data[at] = rng.integers(256)
            try:
                decode.load(bytes(data), SMALL, max_pixels=100_000)
            except PhotoError:
                continue
    assert capfd.readouterr() == ("", "")


def test_the_checks_keep_the_position():
    file = io.BytesIO(bombs.gif_blocks(10))
    file.seek(3)
    file_bounds.check(file, file_bounds.formats.GIF, "a.gif")
    assert file.tell() == 3
