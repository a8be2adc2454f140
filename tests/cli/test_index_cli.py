import csv
import json

import pytest

from photoplanet.photos import nsfw_filter, table


@pytest.fixture
def folder(make, tmp_path):
    root = tmp_path / "in"
    make.write(root)
    return root


def test_index_writes_a_table_and_a_report(run, folder, tmp_path):
    output, report = tmp_path / "photos.parquet", tmp_path / "left-out.csv"
    status, out, err = run("index", folder, "-o", output, "--report", report)
    assert (status, err) == (0, "") and out.startswith(f"1 photos in {output}\n") and "2 left out: no GPS" in out
    rows, dropped = table.read(output)
    assert rows["path"].to_pylist() == ["in/good.jpg"] and dropped == {}
    with report.open(newline="") as file:
        assert {row["reason"] for row in csv.DictReader(file)} >= {
            "truncated",
            "empty",
            "no GPS",
        }


def test_index_prints_json(run, folder, tmp_path):
    status, out, _ = run("index", folder, "-o", tmp_path / "p.csv", "--keep-without-gps", "--drop-graphics", "--json")
    summary = json.loads(out)
    assert status == 0 and summary["photos"] == 1 and summary["left_out"]["not a photo"] == 1


@pytest.mark.parametrize(
    "words, message",
    [
        (["nowhere", "-o", "t.csv"], "nowhere: no such file"),
        (["in", "-o", "t.txt"], "t.txt: the name must end in .parquet"),
        (["in", "-o", "t.csv", "--report", "r.doc"], "r.doc: the name must end in .csv or .json"),
        (["in", "-o", "t.csv", "--filter", "nosuch:f"], "filter 'nosuch:f': cannot import"),
        (["in/drawing.png", "-o", "t.csv"], "no table written; --keep-without-gps"),
        (["-o", "t.csv"], "SOURCES"),
        (["in"], "--output"),
    ],
)
def test_wrong_use_ends_with_two_and_one_line(run, folder, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = run("index", *words)
    assert status == 2 and message in err and err.count("\n") == 1 and not (tmp_path / "t.csv").exists()


@pytest.mark.parametrize("name", [".", "..", "../in"])
def test_a_folder_may_be_named_by_its_place(run, folder, tmp_path, monkeypatch, name):
    inside = folder / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside if name == ".." else folder)
    status, out, err = run("index", name, "-o", tmp_path / "in.parquet")
    assert (status, err) == (0, "") and out.startswith("1 photos")


def test_the_filter_for_pornography_counts_names_and_scores(run, folder, tmp_path, monkeypatch):
    words = ("index", folder, "-o", tmp_path / "p.csv", "--filter", "nsfw", "--report", tmp_path / "left-out.csv")
    monkeypatch.setattr(nsfw_filter, "score", lambda image: 0.876)
    status, out, err = run(*words)
    assert status == 2 and "2 left out: not safe for work" in out and "no photo could be indexed" in err
    with (tmp_path / "left-out.csv").open(newline="") as file:
        rows = [each for each in csv.DictReader(file) if each["reason"] == "not safe for work"]
    assert any("good.jpg" in row["path"] for row in rows)
    assert all(row["detail"].endswith("looks like pornography (score 0.88)") for row in rows)


def test_a_filter_without_its_extra_ends_with_one_line(run, folder, tmp_path, monkeypatch):
    nsfw_filter.network.cache_clear()
    monkeypatch.setattr(nsfw_filter, "PACKAGE", "no-such-package")
    status, _, err = run("index", folder, "-o", tmp_path / "p.csv", "--filter", "nsfw")
    assert status == 2 and err.count("\n") == 1 and "the filter 'nsfw' needs the 'nsfw' extra" in err
