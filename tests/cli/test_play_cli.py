import json
import os
import signal
import subprocess
import sys
import urllib.request
from dataclasses import replace

import pyarrow as pa
import pytest

from photoplanet.cli.shared import browsing
from photoplanet.evaluation.game import game_log
from photoplanet.evaluation.game.game_log import Guess
from photoplanet.photos import table
from photoplanet.server import listening

IDS = tuple(f"p{i}" for i in range(5))


def rounds(name, model="toy", player="", count=5, person_wins=True):
    guesses = ((10.0, 10.1), (20.0, 20.0))
    guesses = guesses if person_wins else guesses[::-1]
    return [Guess(name, IDS, IDS[i], player, model, "x/photos.csv", *guesses, (10.0, 10.0), 3.0) for i in range(count)]


def keep(path, guesses):
    for guess in guesses:
        game_log.append(path, guess)


@pytest.fixture
def photos(photo, tmp_path):
    """Eight red photos with their table."""
    rows = [{"photo_id": f"p{i}", "path": photo("red", f"{i}.png").name, "latitude": 40.0 + i, "longitude": 2.0}
            for i in range(8)]  # fmt: skip
    return table.write(table.from_rows(rows), tmp_path / "photos.parquet")


def test_summary_prints_the_papers_comparison_for_each_model(run, own_home):
    keep(own_home / "games.jsonl", [*rounds("a", player="Ann"), *rounds("b", player="Bob", person_wins=False)])
    keep(own_home / "games.jsonl", [*rounds("c", model="other"), *rounds("d", model="other", count=2)])
    status, out, err = run("play", "--summary")
    assert status == 0 and err == ""
    assert "2 players against toy on x/photos.csv: 2 rounds, 10 photos" in out
    assert "| rounds won (five photos, by points) | 1 | 1 | – | – |" in out
    assert "| photos won (the paper's rounds) | 5 | 5 | 22 | 28 |" in out
    assert "| 2,320.75 | 1,131.7 |" in out and "| 5 (50.0 %" in out
    assert "against other on x/photos.csv: 1 round, 5 photos" in out and "1 unfinished round is left out" in out
    assert "The paper's protocol was not followed: the model did not answer with the centre" in out
    status, out, err = run("play", "--summary", "--json", "--player", "Ann")
    [found] = json.loads(out)["comparisons"]
    assert (found["against"], found["photos_won"]["person"], found["players"]) == ("toy", 5, 1)
    assert json.loads(run("play", "--summary", "--json", "--model", "other")[1])["comparisons"][0]["unfinished"] == 1


def test_summary_needs_no_model_and_names_damaged_lines(run, tmp_path):
    path = tmp_path / "mine.jsonl"
    assert run("play", "--summary", "--results", path)[1] == f"{path}: no games yet\n"
    keep(path, rounds("a"))
    path.write_bytes(b"damaged\n" + path.read_bytes())
    status, out, err = run("play", "--summary", "--results", path)
    assert status == 0 and "1 damaged line passed over (line 1)" in err and "against toy" in out


def test_what_cannot_be_played_takes_one_line(run, photos, tiny_model, tmp_path):
    few = table.write(table.read(photos)[0].slice(0, 3), tmp_path / "few.parquet")
    for arguments, words in (
        ((), "which photos"),
        ((photos, "--json"), "--json goes with --summary"),
        ((photos, "--model", tiny_model, "--player", "a\nb"), "printable"),
        ((few, "--model", tiny_model), "needs 5 photos; the table has 3"),
        ((photos,), "no model is chosen"),
        ((photos, "--model", tiny_model, "--token", "abc"), "16 characters"),
        ((tmp_path / "absent.csv",), "does not exist"),
        ((photos, "--model", tiny_model, "--protocol", "paper"), "say who plays with --player"),
        ((photos, "--model", tiny_model, "--protocol", "paper", "--player", "Ann", "--rounds", "2"), "one round"),
        (
            (photos, "--model", tiny_model, "--protocol", "paper", "--player", "Ann", "--readout", "expected"),
            "goes with --readout center, not expected",
        ),
    ):
        status, out, err = run("play", "--no-open", *arguments)
        assert status == 2 and words in err and out == "" and err.count("\n") == 1, arguments


def test_long_ids_are_left_out(run, tiny_model, photos, tmp_path):
    known = table.read(photos)[0]
    ids = pa.array(["x" * 3000, *known["photo_id"].to_pylist()[1:]])
    longer = table.write(known.set_column(0, "photo_id", ids).slice(0, 5), tmp_path / "long.parquet")
    status, _, err = run("play", "--no-open", longer, "--model", tiny_model)
    assert status == 2 and "the table has 4" in err and "1 photo id longer than 2,000 characters" in err


@pytest.mark.parametrize(("options", "windows", "opened"), [((), True, 1), ((), False, 0), (("--no-open",), True, 0)])
def test_the_page_opens_where_there_are_windows_with_its_token(
    run, photos, tiny_model, monkeypatch, options, windows, opened
):
    asked = []
    monkeypatch.setattr(browsing.webbrowser, "open", asked.append)
    monkeypatch.setattr(listening, "run", lambda app, host, port, begin, *more: begin("http://here:1"))
    monkeypatch.setenv("DISPLAY", ":0") if windows else monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(browsing.sys, "platform", "linux")
    status, _, err = run("play", photos, "--model", tiny_model, "--token", "a-token-of-some-length", *options)
    assert status == 0 and "play on http://here:1/#token=a-token-of-some-length" in err
    assert asked == ["http://here:1/#token=a-token-of-some-length"] * opened


def test_it_serves_a_game_keeps_it_and_stops_cleanly(photos, tiny_model, own_home):
    command = [sys.executable, "-m", "photoplanet", "play", str(photos), "--model", str(tiny_model), "--port", "0",
               "--no-open", "--player", "Ann", "--rounds", "1"]  # fmt: skip
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PHOTOPLANET_HOME": str(own_home)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        address = process.stderr.readline().split(" on ")[1].split()[0].rstrip("/")
        assert address.startswith("http://127.0.0.1:")

        def ask(path, body=None):
            data = None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(f"{address}{path}", data, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)

        state = ask("/v1/game/round")
        while state["current"]:
            state = ask("/v1/game/guess", {"photo": state["current"], "latitude": 41.0, "longitude": 2.0})
        assert state["over"]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0 and out == "" and err == ""
    finally:
        process.kill()
        process.communicate()
    stored, _ = game_log.read(own_home / "games.jsonl")
    assert [replace(guess, seconds=None) for guess in stored] == stored and {g.player for g in stored} == {"Ann"}
    assert stored[0].table == f"{photos.parent.name}/photos.parquet" and stored[0].model == "tiny"


def test_a_foreign_file_of_guesses_cannot_write_to_the_terminal(run, tmp_path):
    path = tmp_path / "theirs.jsonl"
    keep(path, rounds("a", model="toy\x1b[2J\nall is well\udcff"))
    status, out, _ = run("play", "--summary", "--results", path)
    assert status == 0 and "against toy?[2J?all is well? on x/photos.csv" in out and "\x1b" not in out
    status, out, _ = run("play", "--summary", "--results", path, "--json")
    assert status == 0 and json.loads(out)["comparisons"][0]["against"] == "toy\x1b[2J\nall is well\udcff"
