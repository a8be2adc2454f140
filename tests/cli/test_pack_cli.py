import json

import numpy as np
import pytest
from PIL import Image

from photoplanet.photos import table


@pytest.fixture
def photos(tmp_path):
    """A table of five photos of 1600 × 1200; number 2 is missing."""
    lines = ["photo_id,path,latitude,longitude"]
    for i in range(5):
        pixels = np.random.default_rng(i).integers(0, 255, (6, 8, 3), np.uint8)
        if i != 2:
            Image.fromarray(pixels).resize((1600, 1200)).save(tmp_path / f"{i}.jpg")
        lines.append(f"p{i},{i}.jpg,{i + 1},{i + 1}")
    (tmp_path / "photos.csv").write_text("\n".join([*lines, "p9,9.jpg,,"]) + "\n")
    return tmp_path / "photos.csv"


def test_pack_prints_what_it_did_and_reports_what_it_left_out(run, photos, tmp_path):
    out, report = tmp_path / "shards", tmp_path / "left-out.csv"
    common = ("--size", "64", "--per-shard", "3", "--processes", "1")
    status, told, err = run("pack", photos, "-o", out, *common)
    assert (status, err) == (0, "")
    assert told.startswith(f"{out}/photos.parquet: 4 photos in 2 shards, 0.0 MB\n")
    assert "        2 left out: missing\nwhich and why: add --report" in told
    status, told, _ = run("pack", photos, "-o", out, *common, "--report", report, "--json")
    facts = json.loads(told)
    assert facts | {"bytes": 0} == {
        "output": f"{out}/photos.parquet", "photos": 4, "shards": 2, "shards_kept": 2, "bytes": 0,
        "left_out": {"missing": 2}, "report": str(report),
    }  # fmt: skip
    assert facts["bytes"] == sum(path.stat().st_size for path in out.glob("*.tar"))
    assert report.read_text().splitlines()[0] == "path,reason,detail"
    assert {line.split(",")[0] for line in report.read_text().splitlines()[1:]} == {"2.jpg", "9.jpg"}


def test_a_dry_run_writes_nothing_and_says_what_it_takes(run, photos, tmp_path):
    status, told, _ = run("pack", photos, "-o", tmp_path / "shards", "--dry-run", "--size", "64", "--processes", "2")
    assert status == 0 and not (tmp_path / "shards").exists()
    assert told.startswith("6 photos would be about 0.0 MB in 1 shard, and take about 1 s on 2 processes\n")
    assert "packed (of 4 photos of 1.9 megapixels)\n2 of 6 photos of the sample cannot be read" in told
    _, told, _ = run("pack", photos, "-o", tmp_path / "shards", "--dry-run", "--json")
    facts = json.loads(told)
    assert (facts["photos"], facts["unreadable_in_sample"], facts["megapixels"]) == (6, 2, 1.92)
    assert facts["decoding_ms"] > facts["decoding_packed_ms"] > 0


def test_what_cannot_be_done_is_said_in_one_line(run, photos, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    (tmp_path / "empty.csv").write_text("photo_id,path\n")
    (tmp_path / "gone.csv").write_text("photo_id,path\na,none.jpg\n")
    for args, message in (
        ((photos, "-o", tmp_path / "full"), "give a new folder"),
        ((photos, "-o", photos), "is a file"),
        ((photos, "-o", tmp_path / "no" / "such"), "no such folder"),
        ((tmp_path, "-o", tmp_path / "out"), "`photoplanet index FOLDER -o photos.parquet` makes one"),
        ((photos, "-o", tmp_path / "out", "--report", "left.txt"), "must end in .csv or .json"),
        ((photos, "-o", tmp_path / "out", "--report", photos), "this is what the result is made from"),
        ((tmp_path / "empty.csv", "-o", tmp_path / "out"), "no photo to pack"),
        ((tmp_path / "gone.csv", "-o", tmp_path / "out", "--dry-run"), "none of 1 photos can be read"),
    ):
        status, out, err = run("pack", *args)
        assert (status, out) == (2, "") and message in err and err.count("\n") == 1, err


def test_a_packed_table_goes_into_other_commands_and_not_into_itself(run, photos, tmp_path, tiny_model):
    out = tmp_path / "shards"
    assert run("pack", photos, "-o", out, "--size", "64", "--processes", "1")[0] == 0
    status, _, err = run("evaluate", tiny_model, out / "photos.parquet", "--json")
    assert status == 0, err
    status, _, err = run("partition", out / "photos.parquet", "--min-photos", "1", "-o", tmp_path / "cells.parquet")
    assert status == 0, err
    status, _, err = run("index", out / "photos.parquet", "-o", tmp_path / "again.parquet")
    assert status == 0, err
    again, packed = (table.read(path)[0] for path in (tmp_path / "again.parquet", out / "photos.parquet"))
    for name in ("photo_id", "latitude", "longitude", "width", "height"):
        assert again[name].to_pylist() == packed[name].to_pylist()
    status, _, err = run("pack", out / "photos.parquet", "-o", out, "--size", "64", "--processes", "1")
    assert status == 2 and "this is what the result is made from" in err
    smaller = tmp_path / "smaller"
    assert run("pack", out / "photos.parquet", "-o", smaller, "--size", "32", "--processes", "1")[0] == 0
    assert table.read(smaller / "photos.parquet")[0]["height"].to_pylist() == [32] * 4
