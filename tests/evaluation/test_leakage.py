"""How an evaluation knows its leaks; tests/cli/test_evaluate_leaks.py looks at what the command says of them."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.evaluation import leakage, truth
from photoplanet.evaluation.evaluate import evaluate
from photoplanet.locate import locator
from photoplanet.models import folder

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def tables(tmp_path):
    """(test table, training table): of two test photos, 'copy' is a smaller JPEG of the training photo 'known'."""
    rng = np.random.default_rng(0)
    for name in ("one", "other", "known"):
        pixels = rng.integers(0, 256, (6, 8, 3), np.uint8)
        Image.fromarray(pixels).resize((160, 120), Image.Resampling.BICUBIC).save(tmp_path / f"{name}.png")
    with Image.open(tmp_path / "known.png") as image:
        image.resize((90, 70)).save(tmp_path / "copy.jpg", quality=40)
    return [
        write_table(tmp_path / "test.csv", [("one", "one.png"), ("copy", "copy.jpg")]),
        write_table(tmp_path / "training.csv", [("one", "other.png"), ("known", "known.png")]),
    ]


def write_table(path, photos):
    with path.open("w", newline="") as file:
        rows = [(name, photo, 48.86, 2.35) for name, photo in photos]
        csv.writer(file).writerows([("photo_id", "path", "latitude", "longitude"), *rows])
    return path


def test_a_copy_of_a_training_photo_is_found_and_so_is_a_photo_id_in_both(tiny_model, tables):
    test, training = tables
    found = leakage.check(folder.read(tiny_model), truth.of(test), training)
    assert found.checked
    assert found.leaked.tolist() == [False, True]
    assert [(pair["photo_id"], pair["duplicate_of"]) for pair in found.duplicates] == [("copy", "known")]
    assert found.same_photo_id == ["one"]
    assert (found.training, found.training_photos) == ("training.csv", 2)


def test_the_accuracy_stands_with_and_without_them(tiny_model, tables):
    test, training = tables
    found = leakage.check(folder.read(tiny_model), truth.of(test), training)
    facts = leakage.described(found, [10.0, 5000.0], dropped=False)
    assert facts["accuracy_with"]["city"] == 0.5
    assert facts["accuracy_without"]["city"] == 1
    assert facts["dropped"] is False
    everything = leakage.Leakage(np.array([True, True]))
    assert leakage.described(everything, [10.0, 5000.0], dropped=True)["accuracy_without"] is None


def test_a_table_in_memory_is_compared_too(tiny_model, tables, tmp_path, monkeypatch):
    test, training = tables
    monkeypatch.chdir(tmp_path)
    known = truth.of(truth.of(test).photos)
    assert known.source is None
    assert leakage.check(folder.read(tiny_model), known, training).leaked.tolist() == [False, True]
    path, why = leakage.training_table(folder.read(tiny_model))
    assert path is None and "does not name its training photos" in why


def test_photos_without_a_file_keep_their_rows(tiny_model, tables):
    """A benchmark's copy may lack photos: what is found is said of the right ones."""
    test, training = tables
    known = truth.of(test)
    lacking = replace(known, paths=[None, known.paths[1]])
    assert leakage.check(folder.read(tiny_model), lacking, training).leaked.tolist() == [False, True]


def test_photos_that_are_left_out_are_not_counted_as_uncovered(tiny_model, tables, tmp_path):
    _, training = tables
    rows = "photo_id,path,latitude,longitude\none,one.png,48.86,2.35\ncopy,copy.jpg,-80,30\n"
    (tmp_path / "polar.csv").write_text(rows)
    model = locator.load(tiny_model)
    whole, part = (
        evaluate(model, truth.of(tmp_path / "polar.csv"), training=training, drop_duplicates=drop)
        for drop in (False, True)
    )
    assert (whole["photos"], whole["uncovered"]) == (2, 1)
    assert (part["photos"], part["uncovered"]) == (1, 0)


def test_what_cannot_be_checked_is_reported_or_refused(tiny_model, tables):
    bundle, known = folder.read(tiny_model), truth.of(tables[0])
    found = leakage.check(bundle, known)
    assert not found.checked and not found.leaked.any()
    assert found.to_dict() == {
        "checked": False,
        "why": "the model does not name its training photos",
        "how": "give --training TABLE",
    }
    with pytest.raises(InputError, match="cannot be left out: the model does not name"):
        leakage.check(bundle, known, required=True)


def test_the_page_on_duplicates_says_how_many_photos_are_read_unasked():
    assert leakage.READ_UNASKED == 20_000
    assert "20,000" in (DOCS / "duplicates.md").read_text("utf-8")
