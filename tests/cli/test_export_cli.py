"""`photoplanet export`: small models from the command line; runs are tested in tests/cli/test_train_cli.py."""

import json
import shutil

import pytest

from photoplanet.models import folder, installed
from photoplanet.toyworld import write as toyworld


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    home = tmp_path_factory.mktemp("toyworld")
    toyworld.write(home, toyworld.Order(photos=64, seed=5, size=128), processes=1)
    return home


def test_a_small_model_says_how_far_it_is_from_the_other(run, photos, tmp_path):
    code, out, err = run("export", "toy", "--int8", "--photos", photos / "photos.parquet", "-o", tmp_path / "small")
    assert code == 0, err
    lines = out.splitlines()
    assert lines[0].startswith(f"{tmp_path / 'small'}: 1,044 cells, 2.0 MB, int8")
    assert "ranges from 32 photos (photos.parquet); beside float32, on 32 other photos:" in lines[1]
    assert "the likeliest cell is the same for " in lines[2] and "calibration error" in lines[3]
    assert len(lines) == 4
    code, out, err = run("locate", photos, "--model", tmp_path / "small", "--json")
    assert code == 0 and len(json.loads(out)["photos"]) == 64, err
    code, out, err = run("models", "card", tmp_path / "small")
    assert code == 0 and "How it was made small" in out


def test_json_has_the_figures_and_the_size(run, photos, tmp_path):
    code, out, _ = run("export", "toy", "--max-mb", "2.5", "--photos", photos, "-o", tmp_path / "small", "--json",
                       "--name", "pocket")  # fmt: skip
    found = json.loads(out)
    assert code == 0 and found["name"] == "pocket" and found["bytes"] <= 2_500_000
    assert found["int8"]["photos"] == 32 and "top_cell" not in found["int8"]  # a folder knows no places
    made = folder.read(tmp_path / "small")
    assert made.info.training["int8"] == found["int8"]
    code, out, _ = run("export", "toy", "--max-mb", "100", "-o", tmp_path / "plain", "--json")
    assert code == 0 and json.loads(out)["int8"] is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("toy", "--int8"), "toy: the model does not name its training photos; give photos like those"),
        (("toy", "--photos", "."), "--photos is for --int8 or --max-mb"),
        (("toy", "--int8", "--photos", "no-such"), "no-such"),
        (("no-such", "--int8"), "no-such"),
        (("toy",), "is not a training run"),
        (("toy", "--max-mb", "0"), "--max-mb"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    code, out, err = run("export", *arguments, "-o", tmp_path / "out")
    assert code == 2 and says in err and "Traceback" not in err
    assert not out and not (tmp_path / "out").exists()


def test_a_run_is_exported_first(run, tmp_path):
    (tmp_path / "model.run").mkdir()
    (tmp_path / "model.run" / "checkpoint.safetensors").write_bytes(b"")
    code, _, err = run("export", tmp_path / "model.run", "--int8", "-o", tmp_path / "out")
    assert code == 2 and "export the run first, then its model" in err


def test_a_model_is_replaced_and_what_else_lies_there_stays(run, photos, tmp_path):
    target = tmp_path / "out"
    shutil.copytree(installed.resolve("toy"), target)
    (target / "notes.txt").write_text("mine")
    code, _, err = run("export", "toy", "--int8", "--photos", photos, "-o", target)
    assert code == 0, err
    assert (target / "notes.txt").read_text() == "mine"
    assert not (target / "weights.safetensors").exists() and folder.read(target).info.name == "toy-int8"
