"""`photoplanet toyworld` as a user types it."""

import json

import pytest


def test_signs_are_counted_in_the_ceiling_and_their_truth_is_named(run, tmp_path):
    order = ("--photos", 20, "--size", 32, "--json", "--ceiling")
    bare = json.loads(run("toyworld", "-o", tmp_path / "bare", *order)[1])
    signed = json.loads(run("toyworld", "-o", tmp_path / "signed", *order, "--signs", 1)[1])
    assert bare["ceiling"]["country"]["high"] < signed["ceiling"]["country"]["low"]
    assert 0.5 < signed["country_by_letters"]["all"] < signed["country_by_letters"]["prefix"] < 1
    assert "signs" not in bare and signed["signs"] == str(tmp_path / "signed" / "signs.jsonl")
    assert len((tmp_path / "signed" / "signs.jsonl").read_text("utf-8").splitlines()) > 10


def test_only_signs(run, tmp_path):
    status, out, _ = run("toyworld", "-o", tmp_path / "signs", "--only-signs", "--photos", 2)
    assert status == 0 and "2 generated photos of signs" in out and "signs.jsonl" in out
    status, out, _ = run("toyworld", "-o", tmp_path / "more", "--only-signs", "--photos", 1, "--json")
    assert json.loads(out) == {
        "table": str(tmp_path / "more" / "photos.parquet"),
        "photos": 1,
        "signs": str(tmp_path / "more" / "signs.jsonl"),
    }


@pytest.mark.parametrize("option", [("--ceiling",), ("--shards",), ("--signs", 0.5), ("--size", 64)])
def test_options_of_the_toy_earth_do_not_go_with_only_signs(run, tmp_path, option):
    status, _, error = run("toyworld", "-o", tmp_path / "signs", "--only-signs", *option)
    assert status == 2 and f"{option[0]} is of the toy Earth's photos" in error
    assert not (tmp_path / "signs").exists()
