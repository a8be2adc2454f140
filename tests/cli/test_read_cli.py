"""`photoplanet read`: a table, JSON, CSV and a page; what cannot be read is named; nothing reaches the terminal."""

import csv
import json
import re

import pytest
import sign_pictures as pictures

from photoplanet.core import package_files
from photoplanet.errors import InputError
from photoplanet.signs import networks
from photoplanet.signs.line import Line, Reading
from photoplanet.signs.reader import Reader

BOX = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.2), (0.1, 0.2))


@pytest.fixture
def trip(tmp_path):
    folder = tmp_path / "trip"
    folder.mkdir()
    pictures.photo("Calle Mayor 12", 60).save(folder / "a.png")
    pictures.ground().save(folder / "b.png")
    (folder / "c.jpg").write_bytes(b"not a photo")
    return folder


@pytest.fixture
def said(monkeypatch):
    """Let the reader find these lines in every photo."""

    def let(*lines, cut=False):
        monkeypatch.setattr(Reader, "read", lambda self, photo: Reading(tuple(lines), 640, 480, cut))

    return let


def test_the_table_has_the_lines_of_photos_with_text(run, trip):
    status, out, err = run("read", trip)
    assert status == 0
    head, line = out.splitlines()
    assert head.split() == ["photo", "score", "role", "text"]
    assert re.search(r"a\.png +[01]\.\d\d  sign +Calle Mayor 12$", line)
    assert "c.jpg: not a JPEG" in err and "1 of 3 photos could not be read" in err
    assert "1 of 2 photos have text that could be read" in err


def test_json_has_every_photo(run, trip):
    status, out, _ = run("read", trip, "--json")
    assert status == 0
    found = json.loads(out)
    with_text, without = found["photos"]
    assert [line["text"] for line in with_text["lines"]] == ["Calle Mayor 12"]
    assert without == {"file": str(trip / "b.png"), "width": 960, "height": 720, "cut": False, "lines": []}
    assert [each["file"] for each in found["failed"]] == [str(trip / "c.jpg")]


def test_files_are_written(run, trip, tmp_path):
    table, page = tmp_path / "text.csv", tmp_path / "text.html"
    run("read", trip, "--csv", table, "--page", page)
    with table.open() as file:
        line, bad = list(csv.DictReader(file))
    assert (line["text"], line["line"], line["role"], line["error"]) == ("Calle Mayor 12", "1", "sign", "")
    assert 0 < float(line["x1"]) < float(line["x3"]) < 1
    assert "not a JPEG" in bad["error"]
    written = page.read_text()
    assert written.count("<svg") == 1 and "<title>Calle Mayor 12</title>" in written and "b.png" not in written
    assert written.rstrip().endswith("</html>")


def test_a_second_run_reads_nothing(run, trip, monkeypatch):
    first = run("read", trip)

    def read(self, photo):
        if "c.jpg" not in str(photo):
            raise AssertionError("read again")
        raise InputError(f"{photo}: not a JPEG")

    monkeypatch.setattr(Reader, "read", read)
    assert run("read", trip)[1] == first[1]


def test_nothing_that_can_be_read_has_status_2(run, trip):
    status, out, err = run("read", trip / "c.jpg", "/no/such.jpg")
    assert status == 2 and out == ""
    assert "2 of 2 photos could not be read" in err and "have text" not in err


def test_what_text_says_cannot_reach_the_terminal_or_the_page(run, photo, said, tmp_path):
    said(Line("\x1b]0;owned\x07<script>\u202e", 0.9, BOX))
    status, out, _ = run("read", photo("red"), "--page", tmp_path / "text.html")
    assert status == 0
    assert "\x1b" not in out and "\x07" not in out and "\u202e" not in out
    written = (tmp_path / "text.html").read_text()
    assert "<script>" not in written and "&lt;script&gt;" in written


def test_readings_that_were_cut_are_counted(run, photo, said):
    said(Line("Text", 0.9, BOX), cut=True)
    assert "1 reading stopped at 2 seconds or 200 lines" in run("read", photo("red"))[2]


def test_one_photo_on_stdin(run, trip, monkeypatch):
    import io
    import sys

    class Stdin:
        buffer = io.BytesIO((trip / "a.png").read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert re.search(r"stdin +\S+  sign +Calle Mayor 12", run("read", "-")[1])


def test_a_list_of_names(run, trip, tmp_path):
    (tmp_path / "names.txt").write_text(f"{trip / 'a.png'}\n")
    assert "Calle Mayor 12" in run("read", "--files-from", tmp_path / "names.txt")[1]


def test_outputs_are_checked_before_any_work(run, trip, monkeypatch):
    monkeypatch.setattr(Reader, "read", lambda self, photo: pytest.fail("read"))
    assert run("read", trip, "--csv", trip / "a.png")[0] == 2
    assert run("read", trip, "--page", trip / "none" / "text.html")[0] == 2


def test_without_the_extra_it_is_named_in_one_line(run, trip, monkeypatch):
    monkeypatch.setattr(package_files, "is_installed", lambda package: False)
    networks.folder.cache_clear()
    status, _, err = run("read", trip)
    networks.folder.cache_clear()
    assert status == 2 and len(err.splitlines()) == 1 and "'signs' extra" in err
