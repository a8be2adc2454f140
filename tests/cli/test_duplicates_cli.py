import csv
import json

import numpy as np
import pytest
from PIL import Image

from photoplanet.photos import table


def write_table(path, names, place=(48.86, 2.35)):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("photo_id", "path", "latitude", "longitude", "album"))
        writer.writerows((name.split(".")[0], name, *place, "walk") for name in names)
    return path


@pytest.fixture
def tables(tmp_path):
    """Training photos a … d; test photos e, f, a copy of b (cropped, mirrored, low quality) and c itself."""
    rng = np.random.default_rng(0)
    for name in "abcdef":
        pixels = rng.integers(0, 256, (6, 8, 3), np.uint8)
        Image.fromarray(pixels).resize((160, 120), Image.Resampling.BICUBIC).save(tmp_path / f"{name}.png")
    with Image.open(tmp_path / "b.png") as image:
        image.crop((3, 2, 158, 118)).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "copy.jpg", quality=20)
    training = write_table(tmp_path / "training.csv", ["a.png", "b.png", "c.png", "d.png"])
    return write_table(tmp_path / "test.csv", ["e.png", "copy.jpg", "c.png", "f.png"]), training


def test_duplicates_are_named_and_left_out(run, tables, tmp_path):
    test, training = tables
    clean, report = tmp_path / "clean.parquet", tmp_path / "pairs.csv"
    status, out, err = run("duplicates", test, "--against", training, "-o", clean, "--report", report)
    assert status == 0, err
    assert "2 of 4 photos have a (near-)duplicate in" in out
    assert "copy  =  b" in out
    assert "c  =  c  (0 bits)" in out
    kept, _ = table.read(clean)
    assert kept["photo_id"].to_pylist() == ["e", "f"]
    assert kept["album"].to_pylist() == ["walk", "walk"]
    assert kept["path"].to_pylist() == ["e.png", "f.png"]
    with report.open() as file:
        assert [(row["photo_id"], row["duplicate_of"]) for row in csv.DictReader(file)] == [("copy", "b"), ("c", "c")]


def test_json_and_a_threshold_of_nothing(run, tables):
    test, training = tables
    _, out, _ = run("duplicates", test, "--against", training, "--threshold", "0", "--json")
    found = json.loads(out)
    assert found["duplicates"] == 1
    assert found["pairs"] == [{"photo_id": "c", "duplicate_of": "c", "distance": 0}]
    assert found["same_photo_id"] == 1


def test_a_table_that_repeats_itself_elsewhere(run, tables, tmp_path):
    both = write_table(tmp_path / "both.csv", ["a.png", "b.png", "copy.jpg"])
    (tmp_path / "out").mkdir()
    unique = tmp_path / "out" / "unique.csv"
    status, out, _ = run("duplicates", both, "-o", unique)
    assert status == 0
    assert "1 of 3 photos repeat an earlier one" in out
    kept, _ = table.read(unique)
    assert kept["photo_id"].to_pylist() == ["a", "b"]
    assert kept["path"].to_pylist() == [str(tmp_path / "a.png"), str(tmp_path / "b.png")]  # good from the new folder


def test_what_cannot_be_done_is_said_in_one_line(run, tables, tmp_path):
    test, training = tables
    for args, message in (
        ((test, "-o", tmp_path / "clean.txt"), "must end in"),
        ((test, "-o", tmp_path / "no" / "clean.csv"), "no such folder"),
        ((test, "--threshold", "256"), "a code has 256 bits"),
        ((training, "--against", training, "-o", tmp_path / "none.csv"), "would be empty"),
    ):
        status, _, err = run("duplicates", *args)
        assert status == 2
        assert message in err
        assert err.count("\n") == 1
    assert not (tmp_path / "none.csv").exists()


def test_without_faiss_the_extra_is_named(run, tables, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "faiss", None)
    status, _, err = run("duplicates", *tables[:1], "--against", tables[1])
    assert status == 2
    assert "pip install '.[retrieval]'" in err
