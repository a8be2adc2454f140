import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photoplanet.duplicates import between_tables
from photoplanet.errors import InputError


def noise(path, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    Image.fromarray(pixels).resize((160, 120), Image.Resampling.BICUBIC).save(path)


def tabled(path, names):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("photo_id", "path"), *((name.split(".")[0], name) for name in names)])
    return path


@pytest.fixture
def tables(tmp_path):
    for seed in range(6):
        noise(tmp_path / f"train{seed}.png", seed)
    for seed in range(10, 13):
        noise(tmp_path / f"test{seed}.png", seed)
    with Image.open(tmp_path / "train4.png") as image:
        image.convert("L").save(tmp_path / "grey.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    training = tabled(tmp_path / "training.csv", [f"train{seed}.png" for seed in range(6)])
    test = tabled(
        tmp_path / "test.csv", ["test10.png", "grey.jpg", "broken.jpg", "test11.png", "train2.png", "test12.png"]
    )
    return between_tables.listed(test), between_tables.listed(training)


def test_a_grey_copy_and_the_same_photo_are_found_and_named(tables):
    test, training = tables
    counted = []
    found = between_tables.against(test, training, threads=1, advance=lambda count=1, note="": counted.append(count))
    assert sum(counted) == 12
    assert found.leaked.tolist() == [False, True, False, False, True, False]
    named = found.nearest().named(test.ids, training.ids)
    assert [(pair["photo_id"], pair["duplicate_of"]) for pair in named] == [("grey", "train4"), ("train2", "train2")]
    assert named[1]["distance"] == 0
    assert len(found.unreadable) == 1
    assert "broken.jpg" in found.unreadable[0]
    assert between_tables.same_ids(test, training) == ["train2"]


def test_a_table_that_repeats_itself_keeps_the_first(tmp_path, tables):
    path = tabled(
        tmp_path / "all.csv", ["grey.jpg", "train1.png", "broken.jpg", "train4.png", "train1.png", "train5.png"]
    )
    rows = path.read_text().splitlines()
    path.write_text("\n".join([*rows[:5], "again,train1.png", rows[6]]) + "\n")
    photos = between_tables.listed(path)
    found = between_tables.within(photos, threads=1)
    assert found.leaked.tolist() == [False, False, False, True, True, False]
    assert [(pair["photo_id"], pair["duplicate_of"]) for pair in found.named(photos.ids, photos.ids)] == [
        ("train4", "grey"), ("again", "train1"),
    ]  # fmt: skip


def test_an_unreadable_table_is_compared_with_nothing(tmp_path, tables):
    photos = between_tables.listed(tabled(tmp_path / "bad.csv", ["broken.jpg"]))
    assert not between_tables.within(photos, threads=1).leaked.any()
    assert not between_tables.against(photos, tables[1], threads=1).leaked.any()


def test_an_empty_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="no usable photo"):
        between_tables.listed(tabled(tmp_path / "none.csv", []))


def test_the_default_threshold_is_what_the_page_and_the_help_say():
    page = (Path(__file__).parents[2] / "docs" / "duplicates.md").read_text("utf-8").replace("\n", " ")
    assert "32 bits, 24 among more than 60,000 photos, 16 among more than 260,000" in page
    found = [between_tables.default_threshold(searched) for searched in (0, 60_000, 60_001, 260_000, 260_001, 10**9)]
    assert found == [32, 32, 24, 24, 16, 16]
