"""What needs no network: by hand, and beside a model's result."""

import json

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.evaluation import baselines, report, resampling, truth
from photoplanet.evaluation.evaluate import evaluate
from photoplanet.locate import locator

PLACES = {"red": (48.86, 2.35), "green": (-22.91, -43.17), "blue": (-33.87, 151.21)}


@pytest.fixture
def photos(tmp_path):
    """A function that writes a table of photos, each (colour, place), in slightly different shades."""

    def write(name, rows):
        lines = ["photo_id,path,latitude,longitude,album"]
        for number, (colour, place) in enumerate(rows):
            path = tmp_path / f"{name}-{number}.png"
            shade = np.array(Image.new("RGB", (40, 30), colour), np.int16) // 2 + 20 * (number % 4)
            Image.fromarray(shade.astype(np.uint8)).save(path)
            lat, lng = PLACES[place]
            lines.append(f"{name}{number},{path.name},{lat},{lng},{name}-{number // 2}")
        table = tmp_path / f"{name}.csv"
        table.write_text("\n".join(lines) + "\n")
        return table

    return write


def test_thumbnails_find_the_photo_of_the_same_colours_and_chance_does_not(photos):
    train = photos("train", [("red", "red"), ("green", "green"), ("blue", "blue")] * 4)
    test = photos("test", [("red", "red"), ("green", "green"), ("blue", "blue"), ("red", "blue")] * 6)
    found = baselines.errors(train, truth.of(test))
    assert list(found) == list(baselines.NAMES)
    look = found[baselines.THUMBNAIL][:, 0]
    assert (look[:3] == 0).all() and look[3] > 10_000  # a red photo of Sydney looks Parisian
    hits = (found[baselines.CHANCE] <= 25).mean()
    assert 0.2 < hits < 0.47  # one training photo in three is of the right place
    constant = found[baselines.CONSTANT][:, 0]
    assert len({*constant[:4].round()}) == 3 and constant.min() == 0


def test_the_constant_is_where_most_photos_are():
    lat, lng = np.array([48.8, 48.9, 48.85, -33.9, -33.8]), np.array([2.3, 2.4, 2.35, 151.2, 151.1])
    assert baselines.constant(lat, lng) == (48.85, 2.35)  # nearest to the others of the larger group


def test_the_nearest_is_that_of_a_loop_and_nan_has_none():
    random = np.random.default_rng(0)
    known, asked = random.random((50, 12), np.float32), random.random((300, 12), np.float32)
    known[7], asked[3] = np.nan, np.nan
    found = baselines.nearest(known, asked)
    for row, each in enumerate(asked):
        apart = np.nansum((known - each) ** 2, axis=1) + np.isnan(known).any(axis=1) * 1e9
        assert found[row] == (-1 if row == 3 else apart.argmin())
    with pytest.raises(InputError, match="none of the training photos"):
        baselines.nearest(np.full((2, 12), np.nan, np.float32), asked)


def test_draws_by_chance_are_averaged_without_pretending_to_more_photos():
    random = np.random.default_rng(0)
    km = np.where(random.random((60, 25)) < 0.3, 1.0, 9000.0)
    units = resampling.Units("album", np.arange(60) // 2)
    found = baselines.summary(km, units)
    assert found["photos"] == 60 and found["intervals"] == {"resampled": "album", "units": 30}
    assert found["accuracy"]["city"] == pytest.approx((km <= 25).mean())
    same = baselines.summary(np.repeat(np.where(random.random((60, 1)) < 0.3, 1.0, 9000.0), 25, axis=1), units)
    low, high = same["accuracy_interval"]["city"]
    assert high - low > 0.15  # as wide as that of 60 photos, not of 1,500


def test_a_result_beside_its_baselines(photos, tiny_model):
    train = photos("train", [("red", "red"), ("green", "green"), ("blue", "blue")] * 4)
    test = photos("test", [("red", "red"), ("green", "green"), ("red", "green")] * 4)
    found = evaluate(locator.load(tiny_model), truth.of(test), training=train, beside_baselines=True)
    names = [row["name"] for row in found["baselines"]["rows"]]
    assert names == list(baselines.NAMES)
    look = found["baselines"]["rows"][2]
    assert look["accuracy"]["city"] == pytest.approx(2 / 3) and look["intervals"]["resampled"] == "album"
    gain, low, high = found["baselines"]["gains"][baselines.THUMBNAIL]["city"]
    assert gain == pytest.approx(found["accuracy"]["city"] - 2 / 3) and low <= gain <= high
    json.dumps(found, allow_nan=False)
    page = report.page(found)
    assert "without a network" in page and "ahead of it by points" in page
    rows = report.table_rows(found)
    assert [row["name"] for row in rows[:3]] == names


def test_baselines_need_training_photos(tiny_model, photos):
    test = photos("test", [("red", "red")])
    with pytest.raises(InputError, match="--training TABLE"):
        evaluate(locator.load(tiny_model), truth.of(test), beside_baselines=True)


def test_unreadable_photos_have_no_answer_by_looks(tmp_path, photos):
    train = photos("train", [("red", "red")])
    broken = pa.table(
        {"photo_id": ["x"], "path": [str(tmp_path / "gone.png")], "latitude": [48.86], "longitude": [2.35]}
    )
    found = baselines.errors(train, truth.of(broken))
    assert np.isinf(found[baselines.THUMBNAIL]).all() and found[baselines.CONSTANT][0, 0] == 0
