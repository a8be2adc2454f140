"""Which photos of an album a model was trained on, so that they cannot say how good it is."""

import csv
from types import SimpleNamespace

import pytest

from photoplanet.evaluation import leakage


@pytest.fixture
def model(tmp_path):
    """A function: `model(facts)` → what stands for a model folder of that training."""
    folder = tmp_path / "model"
    folder.mkdir()
    return lambda facts: SimpleNamespace(info=SimpleNamespace(training=facts), folder=folder)


def paths(folder, names):
    return [str(folder / name) for name in names]


def test_photos_of_the_training_table_beside_the_model_are_known(model, tmp_path):
    with (tmp_path / "photos.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("photo_id", "path", "latitude", "longitude"))
        rows.writerows([("a", "a.jpg", 1, 2), ("b", "sub/../b.jpg", 3, 4)])
    bundle = model({"table": {"file": "photos.csv", "photos": 2}})
    found = leakage.trained_on(bundle, paths(tmp_path, ["new.jpg", "b.jpg", "a.jpg"]))
    assert found.tolist() == [1, 2]


def test_all_photos_are_suspected_where_a_small_models_table_is_not_found(model, tmp_path):
    bundle = model({"table": {"file": "elsewhere.csv", "photos": 300}})
    assert leakage.trained_on(bundle, paths(tmp_path, ["a.jpg", "b.jpg"])).tolist() == [0, 1]


@pytest.mark.parametrize("facts", [{}, {"table": {"file": "mp16.csv", "photos": leakage.OWN_PHOTOS + 1}}])
def test_models_of_the_whole_world_are_not_suspected(model, tmp_path, facts):
    assert leakage.trained_on(model(facts), paths(tmp_path, ["a.jpg"])) is None
