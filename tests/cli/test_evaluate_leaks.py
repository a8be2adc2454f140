"""`photoplanet evaluate` is never silent about test photos that the model may have been trained on."""

import csv
import json
import sys

import numpy as np
import pytest
from PIL import Image

from photoplanet.models import folder as model_folder


def write_table(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("photo_id", "path", "latitude", "longitude"), *rows])
    return path


@pytest.fixture
def tables(tmp_path, tiny_cities):
    """Six textured photos, red (Paris to the tiny model) or blue; 'known' is a training photo, the model errs on it."""
    rng = np.random.default_rng(0)
    for name, channel in (("one", 0), ("two", 0), ("known", 2), ("t1", 0), ("t2", 2)):
        pixels = rng.integers(0, 60, (6, 8, 3), np.uint8)
        pixels[..., channel] = rng.integers(120, 256, (6, 8))
        Image.fromarray(pixels).resize((160, 120), Image.Resampling.BICUBIC).save(tmp_path / f"{name}.png")
    with Image.open(tmp_path / "known.png") as image:
        image.resize((90, 70)).save(tmp_path / "copy.jpg", quality=30)
    paris = tiny_cities["Paris"]
    rows = [(name, f"{name}.png", *paris) for name in ("one", "two")]
    (tmp_path / "test").mkdir()
    test = write_table(tmp_path / "test" / "test.csv", [(n, f"../{p}", *at) for n, p, *at in rows]
                       + [("copy", "../copy.jpg", *paris)])  # fmt: skip
    names = ("t1", "t2", "known")
    return test, write_table(tmp_path / "training.csv", [(name, f"{name}.png", *paris) for name in names])


def test_what_was_found_stands_with_the_accuracy(run, tiny_model, tables):
    test, training = tables
    status, out, err = run("evaluate", tiny_model, test, "--training", training)
    assert status == 0, err
    assert "1 photo has a (near-)duplicate among the 3 of training.csv" in out
    assert "copy = known" in out
    assert "NOT checked" not in err
    found = json.loads(run("evaluate", tiny_model, test, "--training", training, "--json")[1])
    assert found["photos"] == 3
    assert found["leaks"]["accuracy_with"]["city"] == found["accuracy"]["city"] == pytest.approx(2 / 3)
    assert found["leaks"]["accuracy_without"]["city"] == 1
    assert found["leaks"]["same_photo_id"] == {"count": 0, "first": []}


def test_they_can_be_left_out(run, tiny_model, tables):
    test, training = tables
    args = ("evaluate", tiny_model, test, "--training", training, "--drop-duplicates", "--json", "--by", "country")
    found = json.loads(run(*args)[1])
    assert found["photos"] == 2
    assert found["accuracy"]["city"] == 1
    assert found["leaks"]["dropped"]
    assert found["leaks"]["accuracy_with"]["city"] == pytest.approx(2 / 3)
    assert found["by"]["country"]["France"]["photos"] == 2


def test_a_photo_id_in_both_tables_is_said(run, tiny_model, tables, tmp_path, tiny_cities):
    test, _ = tables
    training = write_table(tmp_path / "other.csv", [("one", "t1.png", *tiny_cities["Paris"])])
    _, out, _ = run("evaluate", tiny_model, test, "--training", training)
    assert "0 photos have a (near-)duplicate" in out
    assert "photo_ids that other.csv has too: 1 (one)" in out


def test_unchecked_is_said_with_what_to_do(run, tiny_model, tables):
    _, out, err = run("evaluate", tiny_model, tables[0], "--json")
    assert json.loads(out)["leaks"] == {
        "checked": False, "why": "the model does not name its training photos", "how": "give --training TABLE",
    }  # fmt: skip
    assert "NOT checked whether test photos are among the training photos: the model does not name" in err
    status, _, err = run("evaluate", tiny_model, tables[0], "--drop-duplicates")
    assert status == 2
    assert "duplicates cannot be left out: the model does not name its training photos" in err


def test_without_faiss_the_evaluation_goes_on(run, tiny_model, tables, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    status, out, err = run("evaluate", tiny_model, tables[0], "--training", tables[1])
    assert status == 0
    assert "city          25 km    66.7 %" in out
    assert "NOT checked" in err
    assert "pip install '.[retrieval]'" in err


def named(model, tmp_path, facts):
    """A copy of the model that names its training table."""
    bundle = model_folder.read(model)
    info = bundle.info
    info.training["table"] = facts
    target = tmp_path / "named" / "model"
    target.parent.mkdir(exist_ok=True)
    model_folder.write(target, info, bundle.partition, bundle.onnx_path, bundle.weights_path)
    return target


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"file": "training.csv", "photos": 3}, None),
        (
            {"file": "training.csv", "photos": 4},
            "has 3 photos and is not the training.csv that the model was trained on",
        ),
        ({"file": "gone.csv", "photos": 3}, "gone.csv, the model's training photos, is not beside it"),
        ({"file": "../training.csv", "photos": 3}, "does not name"),
        ({"file": 7}, "does not name"),
        ("training.csv", "does not name"),
    ],
)
def test_the_table_that_the_model_names_is_looked_for(run, tiny_model, tables, tmp_path, monkeypatch, facts, message):
    monkeypatch.chdir(tmp_path)  # training.csv lies here, and not beside the test photos
    _, out, err = run("evaluate", named(tiny_model, tmp_path, facts), tables[0])
    if message is None:
        assert "1 photo has a (near-)duplicate among the 3 of training.csv" in out
        assert "NOT checked" not in err
    else:
        assert message in err


def test_a_long_read_is_not_begun_unasked(run, tiny_model, tables, tmp_path, monkeypatch):
    from photoplanet.evaluation import leakage

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(leakage, "READ_UNASKED", 2)
    model = named(tiny_model, tmp_path, {"file": "training.csv", "photos": 3})
    _, _, err = run("evaluate", model, tables[0])
    assert "3 photos of training.csv would have to be read first; give --training TABLE" in err
    run("duplicates", "training.csv")  # keeps their codes
    _, out, _ = run("evaluate", model, tables[0])
    assert "1 photo has a (near-)duplicate" in out
