import io
import itertools
import os
import threading
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from photoplanet.errors import InputError, ModelError
from photoplanet.photos.decode import MAX_PIXELS, PhotoError, Preprocessing, load, load_many, open_photo, plain_jpeg

SMALL = Preprocessing(size=32)


def oriented(make, orientation, kind="JPEG", size=(160, 120)):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if kind != "PNG" else {}
    return make.encoded(make.scene(3, size), kind, exif=exif, **options)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_come_upright_whole_or_in_part(make, kind, orientation, tmp_path):
    path = tmp_path / "photo"
    path.write_bytes(oriented(make, orientation, kind))
    with Image.open(path) as stored:
        expected = ImageOps.exif_transpose(stored).convert("RGB")
    upright = open_photo(path)
    assert np.array_equal(np.asarray(upright), np.asarray(expected))
    box = (0.1, 0.2, 0.7, 0.9)
    pixels = [box[0] * expected.width, box[1] * expected.height, box[2] * expected.width, box[3] * expected.height]
    direct = expected.resize((32, 32), Image.Resampling.BICUBIC, pixels)
    difference = np.abs(load(path, SMALL, box).astype(int) - np.asarray(direct))
    assert difference.mean() < 4  # a JPEG is decoded at a smaller scale, which rounds a little differently


def test_heic_is_read_and_turned(make):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert open_photo(make.heic(make.scene(size=(64, 48)), exif=exif.tobytes())).size == (48, 64)
    assert load(make.heic(make.scene()), SMALL).shape == (32, 32, 3)


def test_every_kind_of_source_gives_the_same_pixels(make, tmp_path):
    image = make.scene()
    data = make.encoded(image, "PNG")
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    shard = make.shard(tmp_path / "s.tar", {"a.txt": b"x", "deep/photo.png": data})
    array = np.asarray(image)
    opaque = np.dstack([array, np.full(array.shape[:2], 255, np.uint8)])
    expected = load(image, SMALL)
    for source in (path, str(path), data, bytearray(data), f"{shard}#deep/photo.png", array, opaque):
        assert np.array_equal(load(source, SMALL), expected)


def test_crop_takes_the_middle_and_squash_takes_all():
    pixels = np.zeros((30, 90, 3), np.uint8)
    pixels[:, :30, 0] = pixels[:, 30:60, 1] = pixels[:, 60:, 2] = 255
    cropped, squashed = (load(pixels, Preprocessing(size=30, fit=fit)) for fit in ("crop", "squash"))
    assert (cropped[..., 1] == 255).all() and not cropped[..., 0].any() and not cropped[..., 2].any()
    assert squashed[15, 2, 0] == squashed[15, 15, 1] == squashed[15, 27, 2] == 255


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "CMYK", "YCbCr", "I;16", "I", "F", "LAB", "HSV", "PA"])
def test_every_colour_mode_becomes_rgb(mode):
    grey = Image.fromarray(np.linspace(0, 255, 64, dtype=np.uint8).reshape(1, 64).repeat(48, 0))
    if mode in ("I;16", "I"):
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257).convert(mode)
    elif mode == "LAB":
        image = Image.merge("LAB", [grey, *(Image.new("L", grey.size, 128) for _ in range(2))])
    else:
        image = grey.convert("RGB").convert({"PA": "P", "F": "L"}.get(mode, mode)).convert(mode)
    result = np.asarray(open_photo(image)).astype(int)
    assert result.shape == (48, 64, 3)
    assert result[:, :8].mean() < 40 and result[:, -8:].mean() > 215


def test_transparency_lies_on_white():
    clear = Image.new("RGBA", (10, 10), (200, 0, 0, 0))
    assert (np.asarray(open_photo(clear)) == 255).all()


def test_an_animation_gives_its_first_frame(make):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    data = make.encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert open_photo(data).getpixel((5, 5)) == (255, 0, 0)


def test_hostile_files_are_named_and_nothing_else_leaks(make, tmp_path, capfd):
    reasons = {"empty.jpg": "empty", "bomb.png": "over the pixel limit", "text.jpg": "not a photo file",
               "script.eps.jpg": "not a photo file", "cut.jpg": "truncated"}  # fmt: skip
    for name, data in make.hostile().items():
        path = tmp_path / name
        path.write_bytes(data)
        for attempt in (lambda p: load(p, SMALL), open_photo):
            with pytest.raises(PhotoError, match=name) as caught:
                attempt(path)
            assert "\n" not in str(caught.value)
            assert reasons.get(name, caught.value.reason) == caught.value.reason
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("source", ["nowhere.jpg", ".", "a\0b.jpg", b"", "x.tar#y.jpg", 7, None, "a" * 5000])
def test_what_is_no_photo_file_is_refused(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError):
        load(source, SMALL)


def test_a_named_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(PhotoError, match="regular file"):
        load(tmp_path / "pipe.jpg", SMALL)


@pytest.mark.parametrize("array", [np.zeros((4, 4, 3)), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4, 3), np.uint8),
                                   np.zeros(5, np.uint8)])  # fmt: skip
def test_arrays_that_are_no_photo_are_refused(array):
    with pytest.raises(InputError, match="array"):
        load(array, SMALL)


def test_the_pixel_limit_is_the_callers(make):
    data = make.encoded(make.scene(size=(100, 80)))
    assert load(data, SMALL, max_pixels=8000).shape == (32, 32, 3)
    with pytest.raises(PhotoError, match=r"100 × 80 .* 7,999"):
        load(data, SMALL, max_pixels=7999)
    assert MAX_PIXELS == 250_000_000


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_give_a_photo_or_a_photo_error(make, data):
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP"]))
    whole = bytearray(make.encoded(make.scene(size=(40, 30)), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert load(bytes(whole[: data.draw(st.integers(1, len(whole)))]), SMALL, max_pixels=10_000).shape == (
            32,
            32,
            3,
        )
    except PhotoError as error:
        assert str(error).startswith("photo bytes: ")


def test_broken_exif_costs_the_orientation_only(make):
    data = make.encoded(make.scene(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert open_photo(data).size == (120, 90)


def test_a_users_image_is_left_as_it_was(make):
    import io

    image = Image.open(io.BytesIO(oriented(make, 6, size=(800, 600))))
    load(image, SMALL)
    assert image.size == (800, 600)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_plain_jpeg_is_upright_bounded_and_holds_nothing_but_pixels(make, kind, tmp_path):
    path = tmp_path / "photo"
    path.write_bytes(oriented(make, 6, kind, size=(160, 120)))
    content, size = plain_jpeg(path, 80)
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "JPEG" and image.size == size == (60, 80) and not image.getexif()
        small = np.asarray(open_photo(path).resize(size, Image.Resampling.LANCZOS), int)
        assert np.abs(np.asarray(image, int) - small).mean() < 6
    assert b"Exif" not in content
    assert plain_jpeg(path, 500)[1] == (120, 160), "small photos keep their size"


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_load_many_keeps_the_order_and_reports_each_failure(make, threads, tmp_path):
    sources = [np.full((10, 10, 3), i, np.uint8) for i in range(30)]
    sources[7] = tmp_path / "gone.jpg"
    results = list(load_many(sources, SMALL, threads))
    assert isinstance(results[7], InputError) and "gone.jpg" in str(results[7])
    assert [int(result[0, 0, 0]) for i, result in enumerate(results) if i != 7] == [i for i in range(30) if i != 7]


def test_load_many_streams_an_endless_source_and_stops_cleanly():
    taken = itertools.count()

    def endless():
        while True:
            next(taken)
            yield np.zeros((8, 8, 3), np.uint8)

    stream = load_many(endless(), SMALL, threads=2)
    for _ in range(5):
        next(stream)
    assert next(taken) < 40  # a bounded number ahead
    stream.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("photos")]


def test_threads_leave_the_warning_filters_as_they_were(make):
    before = list(warnings.filters)
    list(load_many([make.encoded(make.scene())] * 50, SMALL, threads=4))
    assert list(warnings.filters) == before


def test_preprocessing_round_trips_and_refuses_nonsense():
    mine = Preprocessing(size=160, fit="squash", mean=(0.4, 0.5, 0.6))
    assert Preprocessing.from_dict(mine.to_dict()) == mine
    for bad in ({"size": 0}, {"size": 10**9}, {"size": "1"}, {"size": True}, {"fit": "stretch"}, {"mean": [1, 2]},
                {"std": [0, 1, 1]}, {"std": [float("nan"), 1, 1]}, {"mean": "abc"}, {"hue": 1}, [], None):  # fmt: skip
        with pytest.raises(ModelError):
            Preprocessing.from_dict(bad)
    for box in ((0, 0, 0, 1), (0.5, 0, 0.4, 1), (-1, 0, 1, 1), (0, 0, float("nan"), 1)):
        with pytest.raises(InputError, match="box"):
            load(np.zeros((9, 9, 3), np.uint8), SMALL, box)


def test_a_file_of_400_mb_is_read_and_a_larger_one_is_not(tmp_path):
    for size, reason in ((400_000_000, "not a photo file"), (400_000_001, "too large")):
        with (tmp_path / "a.jpg").open("wb") as file:
            file.truncate(size)  # takes no room on disk
        with pytest.raises(PhotoError) as caught:
            load(tmp_path / "a.jpg", SMALL)
        assert caught.value.reason == reason


@pytest.mark.parametrize(("size", "good"), [(7, False), (8, True), (4096, True), (4097, False)])
def test_a_network_takes_8_to_4096_pixels(size, good):
    if good:
        assert Preprocessing(size=size).size == size
    else:
        with pytest.raises(InputError, match="8 … 4096 pixels"):
            Preprocessing(size=size)


def test_the_first_bytes_decide_and_not_the_name(make, tmp_path):
    (tmp_path / "a.png").write_bytes(make.encoded(make.scene(), "WEBP"))
    assert open_photo(tmp_path / "a.png").size == (120, 90)
