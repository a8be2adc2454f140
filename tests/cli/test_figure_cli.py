import csv
import json
import sys

import pytest

from photoplanet.photos import decode


@pytest.fixture
def table(photo, tmp_path, tiny_cities):
    path = tmp_path / "photos.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("photo_id", "path", "latitude", "longitude"))
        for colour, city in (("red", "Paris"), ("green", "Rio"), ("blue", "Tokyo")):
            writer.writerow((colour, photo(colour).name, *tiny_cities[city]))
    return path


def test_a_missing_extra_is_named_before_any_photo_is_read(run, table, tiny_model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(decode, "opened", lambda *arguments: 1 / 0)
    status, _, err = run("figure", "album", table, "--model", tiny_model, "-o", tmp_path / "f.svg")
    assert status == 2
    assert err.startswith("photoplanet: drawing figures needs the 'figures' extra: pip install '.[figures]'")
    assert err.count("\n") == 1


def test_every_figure_is_drawn_by_one_command(run, table, photo, tiny_model, tmp_path):
    red = photo("red")
    assert run("evaluate", tiny_model, table, "--predictions", tmp_path / "predictions.csv")[0] == 0
    commands = {
        "partition": (tiny_model, "--detail", "Japan:30,46,128,147"),
        "distribution": (red, "--model", tiny_model),
        "errors": (tmp_path / "predictions.csv", table),
        "examples": (table, "--model", tiny_model),
        "gallery": (table, "--model", tiny_model, "--photos-a-cell", 1),
        "occlusion": (red, "--model", tiny_model),
        "album": (table, "--model", tiny_model, "--album", 1, "--method", "single"),
    }
    words = dict(zip(commands, ("Japan", "France", "top-3", "wrong", "France", "predicted", "3 photos"), strict=True))
    for name, arguments in commands.items():
        status, out, err = run("figure", name, *arguments, "-o", tmp_path / f"{name}.svg", "--json")
        assert status == 0, err
        facts = json.loads(out)
        assert facts.pop("figure") == str(tmp_path / f"{name}.svg") and all(facts.values()), name
        assert words[name] in (tmp_path / f"{name}.svg").read_text("utf-8"), name


def test_several_predictions_files_are_compared(run, table, tiny_model, tmp_path):
    run("evaluate", tiny_model, table, "--predictions", tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("photo_id,latitude,longitude\nred,0.5,0.5\n")
    files = (tmp_path / "a.csv", tmp_path / "b.csv", table)
    assert run("figure", "errors", *files, "--name", "good", "--name", "bad", "-o", tmp_path / "c.svg")[0] == 0
    text = (tmp_path / "c.svg").read_text("utf-8")
    assert "good" in text and "bad" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("partition", "MODEL", "--detail", "x:1,2"), "south,north,west,east"),
     (("partition", "MODEL", "--detail", "x:9,2,0,1"), "south < north"),
     (("partition", "MODEL", "--detail", "x:nan,2,0,1"), "x:nan"),
     (("partition", "MODEL", "--detail", "x:0,inf,0,1"), "x:0,inf"),
     (("gallery", "TABLE", "--model", "MODEL", "--cell", "ff"), "no photo was assigned"),
     (("album", "TABLE", "--model", "MODEL", "--album", 2), "make 1 albums"),
     (("album", "TABLE", "--model", "MODEL", "--method", "lstm"), "was not trained for the method lstm"),
     (("errors", "TABLE"), "one or more predictions files"),
     (("distribution", "TABLE", "--model", "MODEL"), "photos.csv")],
)  # fmt: skip
def test_wrong_use_takes_one_line(run, table, tiny_model, tmp_path, arguments, words):
    known = {"MODEL": tiny_model, "TABLE": table}
    status, _, err = run("figure", *(known.get(each, each) for each in arguments), "-o", tmp_path / "f.png")
    assert status == 2 and words in err and len(err.splitlines()) == 1 and not (tmp_path / "f.png").exists()


def test_a_suffix_that_no_figure_has_is_refused_before_the_work(run, tiny_model, tmp_path):
    status, _, err = run("figure", "partition", tiny_model, "-o", tmp_path / "f.gif")
    assert status == 2 and ".png, .svg, .pdf" in err


def test_an_album_figure_takes_the_largest_album_and_names_what_cannot_be_read(run, photo, tiny_model, tmp_path):
    for name in ("a/1.png", "b/1.png", "b/2.png"):
        photo("red", name)
    (tmp_path / "b" / "3.jpg").write_bytes(b"\xff\xd8\xff no photo")
    folders = tmp_path / "a", tmp_path / "b"
    status, _, err = run("figure", "album", *folders, "--model", tiny_model, "-o", tmp_path / "f.svg")
    assert status == 0 and "album 2 of 2, the largest" in err and "3.jpg" in err
    text = (tmp_path / "f.svg").read_text("utf-8")
    assert "b; 3 photos" in text and "cannot be read" in text
    for path in (tmp_path / "b").iterdir():
        path.write_bytes(b"no photo")
    status, _, err = run("figure", "album", tmp_path / "b", "--model", tiny_model, "-o", tmp_path / "g.svg")
    assert status == 2 and "no photo of album 1 could be read" in err and not (tmp_path / "g.svg").exists()
