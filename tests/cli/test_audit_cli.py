"""`photoplanet audit`: exit status, order, JSON, page, strip and undo."""

import json

import pytest
from PIL import Image

from photoplanet.metadata import exif_writer


@pytest.fixture
def folder(tmp_path):
    where = tmp_path / "publish"
    where.mkdir()
    Image.new("RGB", (40, 30)).save(where / "a.jpg")
    Image.new("RGB", (40, 30)).save(where / "b.jpg", exif=exif_writer.gps_bytes(48.8583, 2.2944, artist="Ann\x1b[31m"))
    return where


def test_a_place_has_status_3_and_the_worst_comes_first(run, folder):
    (folder / "IMG_20230714.jpg").write_bytes((folder / "a.jpg").read_bytes())
    status, out, err = run("audit", folder, "--no-signs")
    lines = out.splitlines()
    assert status == 3 and err == "" and "\x1b" not in out
    assert lines[0].endswith("b.jpg") and lines[1].startswith("  place  GPS (EXIF): 48.85830, 2.29440 (Paris")
    assert lines[3].endswith("IMG_20230714.jpg")
    assert lines[-1] == "of 3 files: 1 giving a place away, 1 with hints, 1 without a finding"


def test_nothing_has_status_0_and_an_unreadable_photo_2(run, folder):
    (folder / "b.jpg").unlink()
    status, out, _ = run("audit", folder, "--no-signs")
    assert (status, out) == (0, "of 1 file: 1 without a finding\n")
    (folder / "bad.jpg").write_text("text")
    status, out, err = run("audit", folder, "--no-signs")
    assert status == 2 and "bad.jpg: not a photo" in err
    facts = json.loads(run("audit", folder, "--no-signs", "--json")[1])
    assert [each["file"].endswith("bad.jpg") for each in facts["failed"]] == [True]


def test_json_has_photos_together_and_counts(run, folder):
    facts = json.loads(run("audit", folder, "--no-signs", "--json")[1])
    assert list(facts) == ["photos", "failed", "together", "counts"] and facts["counts"]["place"] == 1
    found = facts["photos"][0]["findings"][0]
    assert (found["kind"], round(found["latitude"], 4), found["strips"]) == ("GPS", 48.8583, True)


def test_the_page_is_whole_and_names_nothing_raw(run, folder, tmp_path):
    (folder / "b.jpg").rename(folder / "<b>.jpg")
    run("audit", folder, "--no-signs", "--page", tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text("utf-8")
    assert "&lt;b&gt;.jpg" in text and "<b>.jpg" not in text and text.count("data:image/jpeg;base64,") == 1
    assert text.rstrip().endswith("</html>") and "http" not in text.replace("http-equiv", "").partition("<footer>")[0]


def test_strip_leaves_nothing_and_undo_brings_it_back(run, folder):
    before = (folder / "b.jpg").read_bytes()
    status, out, _ = run("audit", folder, "--no-signs", "--strip", "--dry-run")
    assert status == 3 and "1 file would be stripped, 1 clean" in out and (folder / "b.jpg").read_bytes() == before
    status, out, _ = run("audit", folder, "--no-signs", "--strip")
    assert status == 0 and "1 file stripped, 1 clean, 0 left as they are" in out
    assert run("audit", folder, "--no-signs")[0] == 0
    assert run("audit", folder, "--undo", "--dry-run")[1] == "1 file would be restored, 0 left alone\n"
    assert run("audit", folder, "--undo")[:2] == (0, "1 file restored, 0 left alone\n")
    assert (folder / "b.jpg").read_bytes() == before
    status, _, err = run("audit", folder, "--undo")
    assert status == 2 and "nothing to undo" in err


@pytest.mark.parametrize("flags", [("--dry-run",), ("--undo", "--strip")])
def test_flags_that_do_not_go_together(run, folder, flags):
    status, _, err = run("audit", folder, *flags)
    assert status == 2 and err.count("\n") == 1


def test_a_model_that_is_asked_adds_what_it_says(run, folder, tiny_model):
    (folder / "b.jpg").unlink()
    Image.new("RGB", (40, 30), "red").save(folder / "a.jpg")
    facts = json.loads(run("audit", folder, "--no-signs", "--model", tiny_model, "--json")[1])
    assert facts["model"] == "tiny"
    assert [each["where"] for each in facts["photos"][0]["findings"]] == ["pixels"]
