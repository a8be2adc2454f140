import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth.geodesy import distance_km
from photoplanet.errors import InputError
from photoplanet.evaluation.game import game_log
from photoplanet.evaluation.game.game_log import Guess

IDS = tuple(f"p{i}" for i in range(5))
ONE = Guess("r1", IDS, "p0", "", "toy", "photos", (48.0, 2.0), (50.0, 4.0), (48.9, 2.4), 12.5)


def a_round(name="r1", player="", model="toy", count=5, better="person"):
    near, far = (10.0, 10.1), (20.0, 20.0)
    guesses = (near, far) if better == "person" else (far, near)
    return [Guess(name, IDS, IDS[i], player, model, "photos", *guesses, (10.0, 10.0), 3.0) for i in range(count)]


def write(path, guesses):
    for guess in guesses:
        game_log.append(path, guess)
    return path


def test_what_is_written_is_read_back_and_folders_are_made(tmp_path):
    path = tmp_path / "home" / "games.jsonl"
    guesses = [*a_round(), replace(ONE, round="r2", player="Zoë | <b>", seconds=None)]
    write(path, guesses)
    assert game_log.read(path) == (guesses, {"count": 0, "lines": []})
    line = json.loads(path.read_text().splitlines()[0])
    assert line["km"] == pytest.approx([float(distance_km(10, 10.1, 10, 10)), float(distance_km(20, 20, 10, 10))])
    assert line["points"] == [round(5000 * math.exp(-km / 1492.7)) for km in line["km"]]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=50), st.floats(-90, 90), st.floats(-180, 180), st.none() | st.floats(0, 1e6))
def test_any_guess_comes_back(tmp_path_factory, player, latitude, longitude, seconds):
    guess = replace(ONE, player=player, guess=(latitude, longitude), seconds=seconds)
    path = write(tmp_path_factory.mktemp("any") / "games.jsonl", [guess])
    assert game_log.read(path)[0] == [guess]


DAMAGE = {
    "no JSON": b"{", "another kind": b'{"a": 1}', "a list": b"[]", "bytes": b"\xff\xfe\x00", "deep": b"[" * 100_000,
    "too long": b'"' + b"x" * (3 * game_log.MOST_LINE) + b'"',
}  # fmt: skip
CHANGES = {
    "another format": {"photoplanet game": 2}, "off the Earth": {"guess": [91, 0]}, "NaN": {"truth": [float("nan"), 0]},
    "three numbers": {"guess": [1, 2, 3]}, "text": {"model_guess": ["1", "2"]}, "bool": {"guess": [True, 0]},
    "photo of no round": {"photo_id": "p9"}, "photos twice": {"photos": ["p0", "p0"]}, "no photos": {"photos": []},
    "long": {"player": "x" * 3000}, "number": {"player": 5}, "seconds": {"seconds": -1}, "list": {"photo_id": ["p0"]},
    "photos of numbers": {"photos": [1, "p0"]}, "endless": {"seconds": float("inf")}, "huge": {"guess": [10**400, 0]},
}  # fmt: skip


@pytest.mark.parametrize("damage", [*DAMAGE, *CHANGES])
def test_damaged_lines_are_counted_and_named_and_cost_nothing_else(tmp_path, damage):
    path = write(tmp_path / "games.jsonl", [ONE])
    bad = DAMAGE.get(damage) or json.dumps(json.loads(path.read_bytes()) | CHANGES[damage]).encode()
    path.write_bytes(bad + b"\n" + path.read_bytes() + b"\n\n" + bad + b"\n")
    write(path, [replace(ONE, photo_id="p1")])
    assert game_log.read(path) == ([ONE, replace(ONE, photo_id="p1")], {"count": 2, "lines": [1, 5]})


def test_lines_that_contradict_their_round_are_passed_over(tmp_path):
    others = [replace(ONE, photo_id="p1", player="another"), replace(ONE, photo_id="p2", photos=("p2", "p3")), ONE]
    path = write(tmp_path / "games.jsonl", [ONE, *others, replace(ONE, photo_id="p4")])
    found, damaged = game_log.read(path)
    assert [guess.photo_id for guess in found] == ["p0", "p4"] and damaged == {"count": 3, "lines": [2, 3, 4]}


def test_a_line_cut_off_by_a_kill_costs_that_guess_only(tmp_path):
    path = write(tmp_path / "games.jsonl", a_round(count=2))
    path.write_bytes(path.read_bytes()[:-20])
    write(path, a_round(count=3)[2:])
    found, damaged = game_log.read(path)
    assert [guess.photo_id for guess in found] == ["p0", "p2"] and damaged == {"count": 1, "lines": [2]}


def test_what_could_not_be_read_back_is_not_written(tmp_path):
    path = tmp_path / "games.jsonl"
    for bad in (replace(ONE, photo_id="x" * 3000), replace(ONE, guess=(float("nan"), 0.0)), replace(ONE, seconds=-1.0)):
        with pytest.raises(InputError, match="could not be read back"):
            game_log.append(path, bad)
    assert not path.exists()
    with pytest.raises(InputError, match="cannot write the guess"):
        game_log.append(tmp_path, ONE)
    with pytest.raises(InputError, match="not a file"):
        game_log.read(tmp_path)


def test_only_finished_rounds_are_compared(tmp_path):
    games = [*a_round("a", "Ann"), *a_round("b", "Bob", better="model"), *a_round("c", count=4)]
    found = game_log.compare(games)
    assert (found["rounds"], found["photos"], found["unfinished"], found["players"]) == (2, 10, 1, 2)
    assert found["rounds_won"]["person"] == found["rounds_won"]["model"] == 1
    assert [len(own) for own in game_log.by_round(games).values()] == [5, 5, 4]
    assert game_log.compare([])["photos"] == 0
