import json

import numpy as np
import pytest
import torch
from PIL import Image

from photoplanet.models import folder, installed
from photoplanet.photos import table

PLACES = [(48.9, 2.3), (35.7, 139.7), (-22.9, -43.2), (-33.9, 151.2)]
COLOURS = [(200, 60, 60), (60, 200, 60), (60, 60, 200), (190, 190, 60)]
SMALL = [
    "image_size=32",
    "width=0.25",
    "batch_size=16",
    "precision=float32",
    "min_photos=2",
    "max_photos=14",
    "average=0",
    "crop_area=1",
    "crop_ratio=1",
    "hierarchy=",
    "hierarchy_shares=",
    "label_km=0",
]  # learns in few steps


@pytest.fixture
def train(run, tmp_path, monkeypatch):
    """A function: `train(steps, …)` trains on 80 photos of 20 albums whose colour tells the city → lines printed."""
    torch.set_num_threads(1)  # tests run side by side
    monkeypatch.setenv("PHOTOPLANET_HOME", str(tmp_path / "home"))
    random = np.random.default_rng(0)
    rows = []
    for i in range(80):
        pixels = np.clip(COLOURS[i // 4 % 4] + random.normal(0, 20, (40, 40, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.jpg")
        latitude, longitude = PLACES[i // 4 % 4]
        rows.append({"photo_id": f"p{i:02}", "path": f"{i}.jpg", "latitude": latitude, "longitude": longitude})
        rows[-1]["album"] = f"album {i // 4}"
    photos = table.write(table.from_rows(rows), tmp_path / "photos.parquet")

    def train(steps, *more):
        recipe = [word for setting in (*SMALL, f"steps={steps}") for word in ("--set", setting)]
        status, out, err = run("train", photos, "-o", tmp_path / "model", *recipe, "--no-tensorboard", *more)
        assert status == 0, err
        return out, err

    return train


def test_a_model_that_beats_its_prior_becomes_the_default_and_the_run_says_how_it_was_tested(train, tmp_path):
    out, err = train(16, "--set", "validation=0.4")
    assert "held out: 32 of 80 photos (8 groups, by album) in 4 regions; training has 4 regions" in err
    assert "beats one place for all: " in out and "; 8 albums)" in out, out
    assert "now the default model" in out
    assert installed.default() == str(tmp_path / "model")
    info = folder.read(tmp_path / "model").info
    assert info.beats_prior and info.training["split"]["validation_unseen"] == 0
    assert "\n\nIt beats one place for all, the best constant" in (tmp_path / "model" / "MODEL_CARD.md").read_text()


def test_a_model_that_learned_nothing_is_written_and_the_line_says_why_it_is_not_the_default(train, tmp_path):
    out, _ = train(1, "--set", "validation=0.4", "--learning-rate", "0")
    assert "not shown to beat one place for all: " in out and "so it is not made the default" in out
    assert installed.default() is None and folder.read(tmp_path / "model").info.beats_prior is False


def test_too_few_groups_and_none_are_no_test(train):
    out, _ = train(1)
    assert "4 albums held out, too few (under 6) to tell whether it beats one place for all" in out
    assert installed.default() is None


def test_nothing_held_out_is_no_test(train):
    out, err = train(1, "--set", "validation=0", "--json")
    facts = json.loads(out)
    assert facts["against_prior"] == {"photos": 0, "beats": False} and installed.default() is None
    assert "no photo is held out of 80, so how good the model is stays unknown" in err
