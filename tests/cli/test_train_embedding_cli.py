"""`photoplanet train-embedding` as its user meets it."""

import json

import numpy as np
import pytest
from PIL import Image

from photoplanet.photos import table


@pytest.fixture
def photos(tmp_path):
    """Photos of three colours at three places, each place by two people."""
    rows, random = [], np.random.default_rng(0)
    for i in range(24):
        colour = np.eye(3)[i % 3] * 200
        pixels = np.clip(colour + random.normal(0, 10, (20, 20, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
        rows.append({"photo_id": f"{i}", "path": f"{i}.png", "latitude": 10.0 * (i % 3) + 5, "longitude": 5.0,
                     "photographer": f"{i // 3 % 2}"})  # fmt: skip
    return table.write(table.from_rows(rows), tmp_path / "photos.parquet")


def test_it_prints_its_facts_and_the_model_gains_the_part(status, photos, tiny_model_copy, capsys):
    before = {path.name: path.read_bytes() for path in tiny_model_copy.iterdir() if path.suffix != ".json"}
    words = ("train-embedding", photos, "--model", tiny_model_copy, "-o", tiny_model_copy, "--validation", photos)
    assert status(*words, "--steps", 5, "--threads", 1, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["numbers"] == 256 and facts["settings"]["steps"] == 5
    assert facts["recall"]["1 km"] == 1.0  # validated on the same photos, each finds itself
    for name, content in before.items():
        if name != "MODEL_CARD.md":
            assert (tiny_model_copy / name).read_bytes() == content
    assert "embedding" in (tiny_model_copy / "MODEL_CARD.md").read_text("utf-8")
    assert status(*words, "--steps", 5, "--threads", 1) == 0
    assert "256 bytes per photo" in capsys.readouterr().out


def test_a_bad_request_is_one_line(status, photos, tiny_model, tmp_path, capsys):
    words = ("train-embedding", photos, "--model", tiny_model, "-o", tmp_path / "out")
    assert status(*words, "--near-km", 5, "--far-km", 2) == 2
    assert "--far-km 2 is less than --near-km 5" in capsys.readouterr().err
    assert status("train-embedding", photos, "--model", tmp_path / "none", "-o", tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()
    lonely = table.read(photos)[0].slice(0, 3)
    path = table.write(lonely, tmp_path / "lonely.parquet")
    assert status("train-embedding", path, *words[2:], "--validation", photos, "--threads", 1) == 1
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("photoplanet: 0 places")


def test_the_defaults_in_the_help_are_those_of_the_training(run):
    """Spelled out there, so that `--help` need not import torch."""
    from photoplanet.training.embedding import train, triplet

    text = " ".join(run("train-embedding", "--help")[1].split())
    own, whole = triplet.Settings(), train.FINETUNING
    for name in ("margin", "near_km", "far_km", "places", "each", "seed"):
        about = text.partition(f"--{name.replace('_', '-')} ")[2]
        assert about.partition("[default: ")[2].startswith(f"{getattr(own, name):g}"), name
        assert getattr(own, name) == getattr(whole, name)
    for name in ("steps", "learning_rate"):
        wanted = f"[default: {getattr(own, name):g}; {getattr(whole, name):g} with --network]"
        assert wanted in text.partition(f"--{name.replace('_', '-')} ")[2]
