"""Folders of tables and several tables give on the command line what one file with all of their rows gives."""

import json

import pytest

from photoplanet.photos import table
from photoplanet.training import dataset
from photoplanet.training.recipes import Recipe


@pytest.fixture
def cut(tmp_path, photo, tiny_cities):
    """Twelve photos of four cities in one table, beside it in a folder of two parts, and in two tables."""
    rows = []
    for number in range(3):
        for colour, city in (("red", "Paris"), ("green", "Rio"), ("blue", "Sydney"), ("black", "Paris")):
            file, (lat, lng) = photo(colour, f"{colour}{number}.png"), tiny_cities[city]
            rows.append({"photo_id": f"{colour}{number}", "path": file.name, "latitude": lat, "longitude": lng,
                         "album": f"walk {number}"})  # fmt: skip
    parts = tmp_path / "parts"
    parts.mkdir()
    for folder, names, absolute in ((tmp_path, ("one.parquet", "two.csv"), False), (parts, ("0.csv", "1.csv"), True)):
        for name, some in zip(names, (rows[:5], rows[5:]), strict=True):
            some = [row | ({"path": str(tmp_path / row["path"])} if absolute else {}) for row in some]
            table.write(table.from_rows(some), folder / name)
    whole = table.write(table.from_rows(rows), tmp_path / "all.parquet")
    return whole, [tmp_path / "one.parquet", tmp_path / "two.csv"], parts


def test_evaluate_and_score(run, cut, tiny_model, tmp_path):
    whole, two, parts = cut
    out = tmp_path / "answers.csv"
    wanted = json.loads(run("evaluate", whole, "--model", tiny_model, "--predictions", out, "--json")[1])
    assert wanted["photos"] == 12 and wanted["accuracy"]["city"] == 0.75
    for given in (two, [parts]):
        status, found, err = run("evaluate", *given, "--model", tiny_model, "--json")
        assert (status, json.loads(found)["accuracy"], json.loads(found)["intervals"]) == (
            0, wanted["accuracy"], wanted["intervals"]), err  # fmt: skip
        assert json.loads(run("score", out, *given, "--json")[1])["accuracy"] == wanted["accuracy"]
    (tmp_path / "answers").mkdir()
    lines = out.read_text().splitlines(keepends=True)
    for name, some in (("0.csv", lines[1:20]), ("1.csv", lines[20:])):
        (tmp_path / "answers" / name).write_text("".join([lines[0], *some]))
    assert json.loads(run("score", tmp_path / "answers", whole, "--json")[1])["accuracy"] == wanted["accuracy"]


def test_partition_duplicates_and_index(run, cut, tmp_path):
    whole, two, parts = cut
    cells = [tmp_path / f"{name}.cells" for name in "abc"]
    for given, out in zip(([whole], two, [parts]), cells, strict=True):
        assert run("partition", *given, "-o", out, "--max-photos", "4", "--min-photos", "1")[0] == 0
    assert cells[0].read_bytes() == cells[1].read_bytes() == cells[2].read_bytes()
    for number, given in enumerate(([whole], two, [parts])):
        clean = tmp_path / f"clean-{number}.parquet"
        status, out, err = run("duplicates", *given, "-o", clean, "--json")
        assert (status, json.loads(out)["duplicates"]) == (0, 8), err
        listed = table.read(clean)[0]
        assert listed["photo_id"].to_pylist() == ["red0", "green0", "blue0", "black0"]
        assert table.paths(listed, tmp_path) == [
            str(tmp_path / f"{name}0.png") for name in ("red", "green", "blue", "black")
        ]
    status, out, err = run("index", parts, "-o", tmp_path / "again", "--json")
    assert status == 0 and json.loads(out)["photos"] == 12, err
    again, known = (table.read(each)[0].select(["photo_id", "album"]) for each in (tmp_path / "again", whole))
    assert again.to_pylist() == known.to_pylist()


def test_train_reads_several_tables_as_one(run, cut, tmp_path):
    whole, two, parts = cut
    one, *others = (dataset.prepare(each, Recipe(min_photos=1, max_photos=4)) for each in (whole, two, parts))
    for other in others:
        assert other.training.sources == [str(tmp_path / each) for each in one.training.sources]
        assert (other.facts["data"], other.facts["split"]) == (one.facts["data"], one.facts["split"])
    assert others[0].facts["table"] == {"file": "one.parquet, two.csv", "photos": 12}
    status, _, err = run("train", two[0], two[0], "-o", tmp_path / "other")
    assert status == 2 and "is named twice" in err


def test_a_result_does_not_go_among_the_parts_that_it_is_made_from(run, cut):
    parts = cut[2]
    for words in (("duplicates", parts, "-o", parts / "clean.csv"), ("index", parts, "-o", parts / "more.parquet")):
        status, _, err = run(*words)
        assert status == 2 and "lies among the tables that it is made from" in err, err
    assert sorted(entry.name for entry in parts.iterdir() if not entry.name.startswith(".")) == ["0.csv", "1.csv"]
