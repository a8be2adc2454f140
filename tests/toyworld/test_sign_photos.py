"""Photos of signs show what their truth says, where it says, under the conditions it says."""

import json

import numpy as np
import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.metadata import exif
from photoplanet.photos import table
from photoplanet.signs.reader import Reader
from photoplanet.toyworld import boards, sign_photos, sign_texts
from photoplanet.toyworld.lettering import Packaged
from photoplanet.toyworld.sign_photos import Conditions

FACE = Packaged()


def sign(*lines):
    return sign_texts.SignText(lines, "notice", "FR", "fr", "Latin")


def taken(conditions=Conditions(), lines=("HHHH",), **changes):  # noqa: B008
    return sign_photos.photo(sign(*lines), FACE, conditions, (1,), **changes)


def corners(truth, line=0, size=640):
    return np.array(truth.boxes[line]) * size


@pytest.mark.parametrize("yaw, slant", [(0, 0), (40, 0), (-60, 10), (0, 90), (25, 180), (70, -45)])
def test_boxes_hold_the_ink_and_nothing_but_a_narrow_rim(yaw, slant):
    """The oracle is the picture itself: where it differs from the same board without ink."""
    places = []
    for contrast in (0.0, 1.0):
        made = boards.board(("Bakery", "Lyon"), FACE, 40, contrast=contrast)
        picture = Image.new("RGB", (600, 600))
        found = boards.hang(picture, made, boards.corners(*made.image.size, yaw, slant) + 300.0)
        places.append(np.asarray(picture).astype(int))
    ink = np.argwhere(np.abs(places[1] - places[0]).max(axis=-1) > 60)[:, ::-1] + 0.5
    held = np.zeros(len(ink), bool)
    for _, box in found:
        inside = np.ones(len(ink), bool)
        for start, end in zip(box, np.roll(box, -1, axis=0), strict=True):  # clockwise: inside is to the right
            edge = (end - start) / np.linalg.norm(end - start)
            away = edge[0] * (ink - start)[:, 1] - edge[1] * (ink - start)[:, 0]
            inside &= away > -1.5
            assert away[np.linalg.norm(ink - box.mean(axis=0), axis=1) < 300].min() < 200
        held |= inside
        assert inside.any()
    assert held.all()


def test_the_first_corner_is_the_upper_left_of_the_text_however_it_is_turned():
    _, truth = taken(Conditions(slant=180))
    box = corners(truth)
    assert box[0, 0] > box[1, 0] and box[0, 1] > box[3, 1]  # upside down: its left is on the right


@pytest.mark.parametrize("capital", [10, 24, 60])
def test_capitals_are_as_high_as_asked_for(capital):
    _, truth = taken(Conditions(capital=capital))
    assert np.ptp(corners(truth)[:, 1]) == pytest.approx(capital, rel=0.08, abs=1)


def test_slant_turns_clockwise():
    _, truth = taken(Conditions(slant=30))
    right = corners(truth)[1] - corners(truth)[0]
    assert np.degrees(np.arctan2(right[1], right[0])) == pytest.approx(30, abs=0.5)


def test_a_board_turned_away_is_narrower_and_its_far_end_lower():
    straight, turned = (corners(taken(Conditions(yaw=yaw))[1]) for yaw in (0, 60))
    assert np.ptp(turned[:, 0]) == pytest.approx(np.ptp(straight[:, 0]) / 2, rel=0.1)
    near, far = np.linalg.norm(turned[3] - turned[0]), np.linalg.norm(turned[2] - turned[1])
    assert far < near * 0.97


def test_night_is_dark_and_noisier_than_it_is_bright():
    day, night = (np.asarray(taken(Conditions(light=light))[0]).astype(float) for light in (1.0, 0.1))
    assert night.mean() == pytest.approx(day.mean() * 0.1, rel=0.15)


def test_blur_and_low_contrast_take_the_edges_away():
    def edges(conditions):
        image, truth = taken(conditions)
        box = corners(truth).round().astype(int)
        pixels = np.asarray(image.convert("L")).astype(float)
        part = pixels[box[0, 1] : box[2, 1], box[0, 0] : box[2, 0]]
        return np.abs(np.diff(part, axis=1)).mean()

    sharp = edges(Conditions())
    assert edges(Conditions(blur=0.15)) < sharp * 0.6
    assert edges(Conditions(contrast=0.2)) < sharp * 0.5


def test_a_photo_grows_with_a_sign_that_is_larger_than_it():
    image, truth = taken(Conditions(capital=120), lines=("Avenue Victor Hugo",))
    assert image.width > 640 and image.width == image.height
    assert np.array(truth.boxes).min() > 0 and np.array(truth.boxes).max() < 1


def test_a_folder_of_signs_agrees_with_its_truth_and_gives_nothing_else_away(tmp_path):
    path = sign_photos.write(tmp_path / "signs", photos=5, seed=4, size=320)
    rows = table.read(path)[0].to_pylist()
    truths = [json.loads(line) for line in (tmp_path / "signs" / "signs.jsonl").read_text("utf-8").splitlines()]
    assert [row["path"] for row in rows] == [truth["photo"] for truth in truths]
    assert len({truth["country"] for truth in truths}) == 5
    for row, truth in zip(rows, truths, strict=True):
        assert (row["latitude"], row["longitude"]) == (truth["latitude"], truth["longitude"])
        assert truth["country"].lower() not in row["path"].lower()
        with Image.open(tmp_path / "signs" / row["path"]) as image:
            facts = exif.read(image)
        assert facts.latitude is None and facts.toy


def test_the_same_seed_gives_the_same_signs(tmp_path):
    one, same, other = (
        sign_photos.write(tmp_path / name, photos=2, seed=seed, size=320).with_name("0001.jpg").read_bytes()
        for name, seed in (("one", 1), ("same", 1), ("other", 2))
    )
    assert one == same and one != other


def test_more_photos_than_countries_visit_some_twice(tmp_path, monkeypatch):
    some = dict(list(sign_texts.countries().items())[:3])
    monkeypatch.setattr(sign_texts, "countries", lambda: some)
    path = sign_photos.write(tmp_path / "signs", photos=7, size=320)
    lines = path.with_name("signs.jsonl").read_text("utf-8").splitlines()
    countries = [json.loads(line)["country"] for line in lines]
    assert sorted(map(countries.count, set(countries))) == [2, 2, 3]


def test_what_is_there_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        sign_photos.write(tmp_path, photos=1)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(InputError, match="at least 1 photo"):
        sign_photos.write(tmp_path / "signs", photos=0)


@pytest.mark.parametrize("text", ["Boulangerie", "Hauptstr. 12", "Wałbrzych", "www.example.pt", "Järnvägsgatan"])
def test_a_good_photo_of_a_sign_is_read_letter_by_letter(text):
    """What is drawn, accents too, is what a reader that knows nothing of it reads."""
    image, truth = taken(lines=(text,))
    reading = Reader().read_pixels(np.asarray(image))
    assert [line.text for line in reading.lines] == [text]
    middle = np.array(reading.lines[0].box).mean(axis=0)
    assert np.abs(middle - np.array(truth.boxes[0]).mean(axis=0)).max() < 0.02
