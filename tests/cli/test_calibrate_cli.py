import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photoplanet.models import folder, installed
from photoplanet.photos import table


@pytest.fixture(scope="module")
def listed(tmp_path_factory, tiny_cities):
    """Sixty photos in twelve albums, of which a third are not where their colour says."""
    where, rows = tmp_path_factory.mktemp("photos"), []
    random, names = np.random.default_rng(0), list(tiny_cities)
    for number in range(60):
        shown = (0, 3, 4)[number % 3]  # Paris, Rio, Sydney by their colours
        pixels = random.integers(0, 60, (6, 6, 3), np.uint8)
        pixels[..., number % 3] = random.integers(180, 256, (6, 6))
        Image.fromarray(pixels).resize((96, 96), Image.Resampling.BICUBIC).save(where / f"{number}.png")
        there = names[shown if number % 9 else random.integers(5)]
        latitude, longitude = tiny_cities[there]
        rows.append({"photo_id": str(number), "path": f"{number}.png", "latitude": latitude, "longitude": longitude,
                     "album": f"album {number % 12}"})  # fmt: skip
    table.write(table.from_rows(rows), where / "photos.csv")
    return where / "photos.csv"


def facts(model):
    return folder.read(model).info.calibration


def test_it_prints_before_and_after_and_stores_and_undo_gives_the_old_one_back(run, listed, tiny_model_copy):
    old = facts(tiny_model_copy)
    status, out, err = run("calibrate", tiny_model_copy, listed)
    assert status == 0 and "the 90 % radius holds the truth of" in out and "city, 25 km" in out
    assert f"stored in {tiny_model_copy}" in out and '"after" is stated by calibrations fitted to other groups' in err
    assert facts(tiny_model_copy)["calibrated_on"] == {"table": "photos.csv", "photos": 60, "groups": 12}
    card = (tiny_model_copy / "MODEL_CARD.md").read_text()
    assert "calibrated on: table photos.csv, photos 60, groups 12" in card and "'shift'" not in card
    status, out, _ = run("calibrate", tiny_model_copy, "--undo", "--dry-run", "--json")
    assert status == 0 and json.loads(out) == {"model": str(tiny_model_copy), "calibration": old, "stored": False}
    assert "calibrated_on" in facts(tiny_model_copy)
    status, out, _ = run("calibrate", tiny_model_copy, "--undo")
    assert status == 0 and "has the calibration again that it had before" in out and facts(tiny_model_copy) == old
    status, _, err = run("calibrate", tiny_model_copy, "--undo")
    assert status == 2 and "there is none to go back to" in err and err.count("\n") == 1


def test_a_dry_run_changes_nothing_and_json_has_everything(run, listed, tiny_model_copy, tmp_path):
    before = (tiny_model_copy / "model.json").read_bytes()
    figure = tmp_path / "reliability.svg"
    status, out, _ = run("calibrate", tiny_model_copy, listed, "--dry-run", "--json", "--figure", figure)
    found = json.loads(out)
    assert status == 0 and found["stored"] is None and found["calibration"]["correction"]["km"][0] == 0.1
    assert (tiny_model_copy / "model.json").read_bytes() == before
    assert "continent, 2,500 km" in figure.read_text() and "12 albums resampled" in figure.read_text()


def test_the_bundled_model_is_never_changed_but_copied(run, listed, tmp_path):
    before = (installed.BUNDLED / "toy" / "model.json").read_bytes()
    for words in (("toy", listed), ("toy", "--undo")):
        status, _, err = run("calibrate", *words)
        assert status == 2 and "toy came with photoplanet and stays as it is" in err and err.count("\n") == 1
    run("calibrate", "toy", listed, "-o", tmp_path / "mine")
    assert (installed.BUNDLED / "toy" / "model.json").read_bytes() == before


def test_a_copy_is_written_and_the_model_stays(run, listed, tiny_model, tmp_path):
    status, out, _ = run("calibrate", tiny_model, listed, "-o", tmp_path / "copy")
    assert status == 0 and f"stored in {tmp_path / 'copy'}" in out
    assert "calibrated_on" in facts(tmp_path / "copy") and "calibrated_on" not in facts(tiny_model)


def test_where_it_cannot_be_stored_is_refused_before_any_work(run, listed, tiny_model, write_model, tmp_path):
    (tmp_path / "file").write_text("a file")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    write_model(tmp_path / "other", bias={"Tokyo": 6})
    for name, words in (("file", "is a file"), ("full", "not empty and is not a model"), ("other", "another network")):
        status, out, err = run("calibrate", tiny_model, listed, "-o", tmp_path / name)
        assert (status, out) == (2, "") and words in err and err.count("\n") == 1
    assert (tmp_path / "full" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("MODEL",), "give PHOTOS, a photo table with known places"),
        (("nowhere", "TABLE"), "nowhere: neither a model folder nor an installed model"),
        (("MODEL", "TABLE", "--figure", "f.gif"), "a figure ends in .png, .svg, .pdf"),
        (("MODEL", "TABLE", "--undo"), "--undo takes MODEL alone"),
        (("MODEL", "FOLDER"), "is a folder, and a photo table is wanted"),
    ],
)
def test_wrong_use_ends_with_two_and_one_line(run, listed, tiny_model, words, message):
    named = {"MODEL": tiny_model, "TABLE": listed, "FOLDER": listed.parent}
    status, _, err = run("calibrate", *(named.get(word, word) for word in words))
    assert status == 2 and message in err and err.count("\n") == 1


def test_what_a_licence_forbids_is_said_where_something_is_written(run, listed, tiny_model_copy, tmp_path):
    path = tiny_model_copy / "model.json"
    made = json.loads(path.read_text())
    made["training"]["licence_note"] = "non-commercial: CC BY-NC 4.0"
    path.write_text(json.dumps(made))
    status, _, err = run("calibrate", tiny_model_copy, listed, "--dry-run")
    assert status == 0 and "non-commercial" not in err
    figure = tmp_path / "reliability.svg"
    status, out, err = run("calibrate", tiny_model_copy, listed, "--json", "--figure", figure)
    assert status == 0 and "tiny: non-commercial: CC BY-NC 4.0" in err and "CC BY-NC 4.0" in figure.read_text()
    assert json.loads(out)["licence"] == "non-commercial: CC BY-NC 4.0"


@pytest.mark.parametrize("before", [{"temperature": 0}, {"temperature": "hot"}, {"correction": {"shift": []}}, [], 5])
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_calibration_before_that_cannot_be_used_is_refused(run, tiny_model_copy, before, dry):
    path = tiny_model_copy / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"calibration": {"before": before}}))
    kept = path.read_bytes()
    status, _, err = run("calibrate", tiny_model_copy, "--undo", *dry)
    assert status == 2 and err.count("\n") == 1 and path.read_bytes() == kept


def test_the_commands_of_its_page_run_as_they_stand(run, listed, tiny_model, tmp_path, monkeypatch):
    page = Path(__file__).parents[2] / "docs" / "calibration.md"
    words = re.findall(r"^photoplanet (calibrate .*)$", page.read_text("utf-8"), re.M)
    assert len(words) == 4
    shutil.copytree(tiny_model, tmp_path / "model")
    shutil.copytree(listed.parent, tmp_path, dirs_exist_ok=True)
    rows, _ = table.read(tmp_path / "photos.csv")
    table.write(rows, tmp_path / "photos.parquet")
    monkeypatch.chdir(tmp_path)
    for line in words:
        # What the toy says of these photos is no better for being calibrated, and then nothing is stored.
        arguments = [str(tiny_model) if word == "toy" else word for word in line.split()]
        status, out, err = run(*arguments)
        assert status == 0, f"{line}: {err}"
        assert "--dry-run" in line or "stored in" in out or "has the calibration again" in out, line
    assert (tmp_path / "reliability.svg").is_file()


def test_a_licence_that_forbids_something_is_said_where_a_file_is_made(run, listed, tiny_model_copy, tmp_path):
    note = "non-commercial: only for what nobody is paid for"
    facts_file, figure = tiny_model_copy / "model.json", tmp_path / "reliability.svg"
    stored = json.loads(facts_file.read_text())
    stored["training"] |= {"licence": "CC BY-NC 4.0", "licence_note": note}
    facts_file.write_text(json.dumps(stored))
    _, out, err = run("calibrate", tiny_model_copy, listed, "--dry-run", "--json")
    assert note not in err and json.loads(out)["licence"] == note
    _, _, err = run("calibrate", tiny_model_copy, listed, "--dry-run", "--figure", figure)
    assert f"tiny: {note}" in err and note in figure.read_text()
    _, _, err = run("calibrate", tiny_model_copy, listed)
    assert f"tiny: {note}" in err and folder.read(tiny_model_copy).info.licence_note == note
