"""Weights whose licence forbids something: every command that makes a file says so, and the file does where it can."""

import json

import click
import pytest
from PIL import Image

from photoplanet.cli import COMMANDS, group
from photoplanet.cli.shared import loading
from photoplanet.cli.shared.commands import OutFile
from photoplanet.models import folder

NOTE = "non-commercial: CC BY-NC 4.0 forbids commercial use of what these weights give"


@pytest.fixture(scope="session")
def restricted(write_model, tmp_path_factory):
    """A model whose training facts have a licence note, as those of StreetCLIP."""
    from dataclasses import replace

    where = tmp_path_factory.mktemp("restricted") / "model"
    made = write_model(where)
    facts = made.info.training | {"licence": "CC BY-NC 4.0", "licence_note": NOTE}
    folder.write(where, replace(made.info, training=facts), made.partition, made.onnx_path, made.weights_path)
    return where


@pytest.fixture
def trip(photo, tmp_path):
    photo("red", "trip/a.jpg")
    photo("green", "trip/b.jpg")
    return tmp_path / "trip"


@pytest.fixture
def table(trip):
    path = trip.parent / "photos.csv"
    path.write_text("photo_id,path,latitude,longitude\na,trip/a.jpg,48.86,2.35\nb,trip/b.jpg,-22.91,-43.17\n")
    return path


# the arguments that make a file (TRIP, TABLE, OUT: paths), and what of it says the note
MAKING = {
    "locate csv": ("locate TRIP --csv OUT.csv", None),
    "locate geojson": ("locate TRIP --geojson OUT.geojson", "geojson"),
    "locate map": ("locate TRIP --map OUT.html", "html"),
    "album csv": ("album TRIP --csv OUT.csv", None),
    "album geojson": ("album TRIP --geojson OUT.geojson", "geojson"),
    "album gpx": ("album TRIP --gpx-out OUT.gpx", "gpx"),
    "album map": ("album TRIP --map OUT.html", "html"),
    "evaluate": ("evaluate TABLE --predictions OUT.csv", None),
    "explain overlay png": ("explain TRIP/a.jpg --positions 2 -o OUT.png", "exif"),
    "explain overlay jpeg": ("explain TRIP/a.jpg --positions 2 -o OUT.jpg", "exif"),
    "explain array": ("explain TRIP/a.jpg --positions 2 --array OUT.npy", None),
    "similar csv": ("similar TRIP/a.jpg --library TABLE --by embedding --csv OUT.csv", None),
    "similar page": ("similar TRIP/a.jpg --library TABLE --by embedding --show OUT.html", "html"),
    "similar picture": ("similar TRIP/a.jpg --library TABLE --by embedding --show OUT.png", "png"),
    "audit page": ("audit TRIP --no-signs --page OUT.html", "html"),
    "figure partition": ("figure partition MODEL -o OUT.png", "png"),
    "figure distribution": ("figure distribution TRIP/a.jpg -o OUT.svg", "svg"),
    "figure examples": ("figure examples TABLE -o OUT.pdf", "pdf"),
    "figure gallery": ("figure gallery TABLE -o OUT.png", "png"),
    "figure occlusion": ("figure occlusion TRIP/a.jpg -o OUT.png", "png"),
    "figure album": ("figure album TRIP -o OUT.png", "png"),
}


def arguments(line, model, trip, table, out):
    words = []
    for word in line.split():
        for name, path in (("TRIP", trip), ("TABLE", table), ("MODEL", model), ("OUT", out)):
            word = word.replace(name, str(path))
        words.append(word)
    return words if "MODEL" in line else [*words, "--model", str(model)]


def said_in(kind, path):
    if kind in ("png", "exif"):
        with Image.open(path) as picture:
            return picture.info.get("Copyright", "") if kind == "png" else picture.getexif().get(0x8298, "")
    if kind == "geojson":
        return json.loads(path.read_text())["licence"]
    return path.read_bytes().decode("latin-1").replace("\\(", "(")


@pytest.mark.parametrize("name", MAKING)
def test_a_command_that_makes_a_file_says_what_the_licence_forbids(name, restricted, trip, table, run, tmp_path):
    line, kind = MAKING[name]
    code, _, errors = run(*arguments(line, restricted, trip, table, tmp_path / "out"))
    assert code == 0, errors
    assert [each for each in errors.splitlines() if NOTE in each] == [f"tiny: {NOTE}"]
    [made] = tmp_path.glob("out.*")
    if kind:
        assert NOTE in said_in(kind, made)


@pytest.mark.parametrize("name", MAKING)
def test_a_model_without_such_a_licence_says_nothing(name, tiny_model, trip, table, run, tmp_path):
    code, _, errors = run(*arguments(MAKING[name][0], tiny_model, trip, table, tmp_path / "out"))
    assert code == 0
    assert "licence" not in errors and "commercial" not in errors
    [made] = tmp_path.glob("out.*")
    assert b"commercial" not in made.read_bytes()


def test_every_command_with_a_model_and_an_output_is_tried_here():
    """A command that is added must be added above too; others load through the same function or have a test."""
    context, found = click.Context(group), set()
    for name in COMMANDS:
        command = group.get_command(context, name)
        leaves = command.commands.items() if isinstance(command, click.Group) else [("", command)]
        for leaf, each in leaves:
            names = {param.name for param in each.params}
            files = [param for param in each.params if isinstance(param.type, OutFile) and param.name != "csv_path"]
            if {"model", "output"} <= names or ("model" in names and files):
                found.add(f"{name} {leaf}".strip())
    tried = {line.split(" TRIP")[0].split(" TABLE")[0].split(" MODEL")[0] for line, _ in MAKING.values()}
    assert found - tried <= {"calibrate", "play", "review", "train-album", "train-embedding"}


def test_geotags_say_it_in_the_photos_and_in_sidecars(restricted, trip, run):
    code, _, errors = run("album", trip, "--model", restricted, "--write", "xmp", "--answer-always")
    assert code == 0
    assert f"tiny: {NOTE}" in errors
    assert "(non-commercial licence)" in (trip / "a.jpg.xmp").read_text()
    run("album", trip, "--model", restricted, "--write", "exif", "--answer-always", "--max-radius", 20000)
    assert b"(non-commercial licence)" in (trip / "a.jpg").read_bytes()


def test_json_says_it_and_what_only_prints_does_not(restricted, trip, run):
    code, out, errors = run("locate", trip, "--model", restricted, "--json")
    assert code == 0
    assert json.loads(out)["licence"] == NOTE
    assert NOTE not in errors


def test_a_note_from_a_hostile_model_is_one_short_line(write_model, tmp_path):
    info = write_model(tmp_path / "model").info
    for note, length in (("a\n\x1b[31mb" + "x" * 500, 200), (["a"], 0), (None, 0)):
        info.training["licence_note"] = note
        assert len(info.licence_note) == length
        assert info.licence_note.isprintable()


def test_what_serves_answers_says_it_without_a_file(restricted, capsys):
    loading.load(restricted, always=True)
    assert NOTE in capsys.readouterr().err
    loading.load(restricted)
    assert NOTE not in capsys.readouterr().err
