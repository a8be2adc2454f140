"""Text in photos made here: upright, slanted, on its side, upside down, stacked, mirrored, small, and many."""

import numpy as np
import pytest
import sign_pictures as pictures
from PIL import Image, ImageDraw, ImageFont

from photoplanet.signs.line import Line, Reading
from photoplanet.signs.reader import Reader


def texts(reading):
    return [line.text for line in reading.lines]


def test_a_sign_is_read_where_it_stands(reader):
    reading = reader.read(pictures.photo("Rue de la Paix", at=(100, 500)))
    assert texts(reading) == ["Rue de la Paix"]
    [line] = reading.lines
    assert line.score > 0.9 and line.role == "sign" and not reading.cut
    left, top = line.box[0]
    right, bottom = line.box[2]
    assert 100 < left * reading.width < 130 and 500 < top * reading.height < 530
    assert right * reading.width < 430 and bottom * reading.height < 590
    assert (reading.width, reading.height) == (960, 720)


@pytest.mark.parametrize("angle", [15, 45, 90, 135, 180, 225, 270, 315])
def test_text_is_read_whichever_way_it_runs_and_its_box_says_which(reader, angle):
    reading = reader.read(pictures.photo("Rue de la Paix", 44, angle))
    [text] = texts(reading)
    assert text.startswith("Rue de la Pai"), "the last letter may be cut off"
    (x, y), (u, v) = reading.lines[0].box[:2]
    found = np.degrees(np.arctan2(-(v - y) * reading.height, (u - x) * reading.width)) % 360
    assert min(abs(found - angle), 360 - abs(found - angle)) < 5


def test_a_sign_seen_from_the_side(reader):
    assert texts(reader.read(pictures.slanted("Bahnhofstrasse"))) == ["Bahnhofstrasse"]


def test_letters_below_each_other(reader):
    assert texts(reader.read(pictures.photo("\n".join("AVIATION"), 60))) == ["AVIATION"]


def test_a_mirrored_photo_is_read_as_it_was(reader):
    assert texts(reader.read(pictures.photo("Rue de la Paix", mirrored=True))) == ["Rue de la Paix"]


@pytest.mark.parametrize("name", ["ground", "black", "white", "noise"])
def test_a_photo_without_text_has_none(reader, name):
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    made = {
        "ground": pictures.ground(),
        "black": Image.new("RGB", (640, 480)),
        "white": Image.new("RGB", (640, 480), "white"),
        "noise": Image.fromarray(noise),
    }[name]
    assert reader.read(made) == Reading((), *made.size)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (20_000, 20), (20, 20_000), (33, 31)])
def test_any_shape_is_read(reader, size):
    assert reader.read(Image.new("RGB", size, "teal")) == Reading((), *size)
    assert Reader(seconds=600, thorough=True).read(Image.new("RGB", size, "teal")).lines == ()


def test_text_in_a_long_strip(reader):
    strip = Image.new("RGB", (20_000, 40), "white")
    ImageDraw.Draw(strip).text((9000, 2), "Rue de la Paix 12", fill="black", font=ImageFont.load_default(30))
    [line] = reader.read(strip).lines
    assert line.text == "Rue de la Paix 12"
    assert line.box[0][0] == pytest.approx(0.45, abs=0.003)


def test_small_text_in_a_panorama_is_found_in_its_windows(reader):
    wide = pictures.ground(5400, 900)
    wide.paste(pictures.plate("Stuttgarter Strasse", 44), (3000, 400))
    assert texts(reader.read(wide)) == ["Stuttgarter Strasse"]
    assert texts(reader.read(wide.rotate(90, expand=True))) == ["Stuttgarter Strasse"]


def test_a_thorough_reading_finds_what_the_look_passes_over(reader):
    photo = pictures.photo("Rue de la Paix", 20, width=3200, height=2400)
    assert texts(reader.read(photo)) == []
    assert texts(Reader(seconds=600, thorough=True).read(photo)) == ["Rue de la Paix"]


def test_a_page_full_of_text_is_cut_at_the_lines(reader):
    page, font = Image.new("RGB", (1600, 2000), "white"), ImageFont.load_default(15)
    for column in range(4):
        for row in range(80):
            number = column * 80 + row
            ImageDraw.Draw(page).text((20 + column * 395, 20 + row * 24), f"Text {number}", fill="black", font=font)
    few = Reader(seconds=600, lines=20).read(page)
    assert few.cut and 15 <= len(few.lines) <= 20
    assert all(0.2 < line.box[0][1] < 0.8 for line in few.lines), "those of the middle come first"


def test_without_time_the_first_lines_are_read_and_the_rest_is_cut():
    font = ImageFont.load_default(30)
    page = Image.new("RGB", (800, 1000), "white")
    for row in range(20):
        ImageDraw.Draw(page).text((60, 20 + row * 48), f"Line {row} of twenty of them", fill="black", font=font)
    reading = Reader(seconds=0).read(page)
    assert reading.cut and 1 <= len(reading.lines) < 20


def test_files_shards_bytes_and_arrays_are_read_alike(reader, tmp_path):
    photo = pictures.photo("Calle Mayor 12", 60)
    photo.save(tmp_path / "a.png")
    expected = reader.read(photo)
    assert texts(expected) == ["Calle Mayor 12"]
    assert reader.read(tmp_path / "a.png") == expected
    assert reader.read((tmp_path / "a.png").read_bytes()) == expected
    assert reader.read_pixels(np.asarray(photo)) == expected


def test_a_large_jpeg_that_is_stored_on_its_side_is_read_upright(reader, tmp_path):
    photo = pictures.photo("Calle Mayor 12", 120, width=3200, height=2400)
    exif = Image.Exif()
    exif[0x0112] = 6
    photo.rotate(90, expand=True).save(tmp_path / "a.jpg", exif=exif)
    reading = reader.read(tmp_path / "a.jpg")
    assert texts(reading) == ["Calle Mayor 12"]
    assert (reading.width, reading.height) == (3200, 2400)
    (x, y), (u, v) = reading.lines[0].box[:2]
    assert u > x and abs(v - y) < 0.02


def test_threads_share_a_reader_that_opens_once(reader):
    from concurrent.futures import ThreadPoolExecutor

    fresh, photo = Reader(seconds=600), pictures.photo("Calle Mayor 12", 60)
    with ThreadPoolExecutor(4) as pool:
        assert {tuple(texts(each)) for each in pool.map(fresh.read, [photo] * 6)} == {("Calle Mayor 12",)}


def test_readings_go_through_json():
    import json

    line = Line("Großes 都", 0.5, ((0.0, 0.1), (0.5, 0.1), (0.5, 0.2), (0.0, 0.2)), "watermark")
    reading = Reading((line,), 640, 480, True)
    assert Reading.from_dict(json.loads(json.dumps(reading.to_dict()))) == reading
