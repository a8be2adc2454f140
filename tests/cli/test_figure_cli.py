import csv

import pytest


@pytest.fixture
def table(photo, tmp_path, tiny_cities):
    path = tmp_path / "photos.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("photo_id", "path", "latitude", "longitude"))
        for colour, city in (("red", "Paris"), ("green", "Rio"), ("blue", "Tokyo")):
            writer.writerow((colour, photo(colour).name, *tiny_cities[city]))
    return path


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
    }
    words = dict(zip(commands, ("Japan", "France", "top-3", "wrong", "France", "predicted"), strict=True))
    for name, arguments in commands.items():
        status, _, err = run("figure", name, *arguments, "-o", tmp_path / f"{name}.svg")
        assert status == 0, err
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
     (("gallery", "TABLE", "--model", "MODEL", "--cell", "ff"), "no photo was assigned"),
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
