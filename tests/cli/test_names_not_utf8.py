"""Files and folders whose names are Latin-1 bytes, and terminals that know few letters: every command goes on."""

import io
import json
import os
import subprocess
import sys

import pytest

from photoplanet.cli.shared.output import print_json

LATIN = "caf\udce9"


@pytest.fixture
def folder(make, tmp_path):
    """A folder whose own name is Latin-1 bytes, with a photo called so and one called plainly."""
    home = tmp_path / LATIN
    home.mkdir()
    for number, name in enumerate((f"{LATIN}.jpg", "good.jpg")):
        (home / name).write_bytes(make.geotagged(48.9, 2.3 + number, f"2019-05-01T12:0{number}:00", seed=number))
    return home


def test_results_name_such_photos_escaped_and_are_valid_unicode(run, folder, tiny_model):
    files = {name: folder / f"out.{name}" for name in ("csv", "geojson", "html")}
    words = ("--csv", files["csv"], "--geojson", files["geojson"], "--map", files["html"])
    for command in ("locate", "album"):
        status, out, _ = run(command, folder, "--model", tiny_model, "--answer-always", *words)
        assert status == 0 and "caf\\xe9.jpg" in out
        assert all("caf\\xe9.jpg" in path.read_text("utf-8").replace("\\\\", "\\") for path in files.values())
        json.loads(files["geojson"].read_text("utf-8"))


def test_tables_in_such_folders_are_written_and_read(run, folder, tiny_model):
    for ending in ("csv", "parquet"):
        photos = folder / f"photos.{ending}"
        status, out, _ = run("index", folder, "-o", photos, "--report", folder / "left.csv")
        assert status == 0 and "1 left out: name not UTF-8" in out
        status, out, err = run("evaluate", tiny_model, photos, "--json")
        assert status == 0 and json.loads(out)["photos"] == 1, err
        status, _, err = run("duplicates", photos)
        assert status == 0, err
        assert run("album", photos, "--model", tiny_model)[0] == 0


def test_geotags_are_written_beside_such_photos_and_taken_back(run, folder, make, tiny_model):
    bare = folder / f"bare{LATIN}.jpg"
    bare.write_bytes(make.encoded(make.scene(5)))
    before = sorted(folder.iterdir())
    words = ("album", folder, "--model", tiny_model, "--answer-always")
    assert run(*words, "--write", "xmp")[0] == 0
    assert (folder / f"{bare.name}.xmp").exists()
    assert run("album", folder, "--undo")[0] == 0
    assert sorted(folder.iterdir()) == before


def test_errors_about_such_names_take_one_line(run, folder, tiny_model):
    status, _, err = run("locate", folder / f"gone{LATIN}.jpg", "--model", tiny_model)
    assert status == 2 and "gonecaf\\xe9.jpg: no such file" in err
    status, _, err = run("index", folder / "gone", "-o", folder / "t.csv")
    assert status == 2 and err.count("\n") == 1 and "caf\\xe9" in err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_of_any_encoding_shows_what_it_can(folder, encoding):
    words = [sys.executable, "-c", "from photoplanet.cli import main; main()", "index", folder, "-o", folder / "t.csv"]
    words += ["--keep-without-gps", "--json", "--report", folder / "naïve…日本.csv"]
    done = subprocess.run(words, env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode(encoding))["report"].endswith("naïve…日本.csv")
    words = [*words[:4], folder / "no…日本", "-o", folder / "t.csv"]
    done = subprocess.run(words, env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True, check=False)
    assert done.returncode == 2 and b"no such file or folder" in done.stderr and b"Traceback" not in done.stderr


def test_json_escapes_what_the_terminal_lacks(monkeypatch):
    for encoding in ("ascii", "latin-1", "utf-8"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", stream)
        print_json({"name": "é…日本\udce9"})
        stream.flush()
        assert json.loads(stream.buffer.getvalue().decode(encoding)) == {"name": "é…日本\udce9"}
