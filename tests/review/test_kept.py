import json
import os
import signal
import subprocess
import sys

import pytest

from photoplanet.errors import InputError
from photoplanet.review import decisions, kept
from photoplanet.review.decisions import Decision
from photoplanet.review.kept import Kept

PLACED = Decision("placed", 48.86, 2.35, 1.0, "map")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "reviews" / "trip.jsonl"


def test_what_is_decided_undone_and_done_again_is_there_after_a_restart(path):
    first = Kept(path)
    assert first.do("place", {"a.jpg": PLACED}) and first.do("skip", {"b.jpg": Decision("skipped"), "a.jpg": None})
    assert not first.do("skip", {"b.jpg": Decision("skipped")})  # nothing changes
    assert first.undo().label == "skip" and first.redo().label == "skip" and first.undo().label == "skip"
    first.close()
    again = Kept(path)
    assert again.history.decisions == {"a.jpg": PLACED} and again.damaged == 0
    assert again.redo().label == "skip" and again.history.decisions == {"b.jpg": Decision("skipped")}
    assert again.redo() is None and again.undo() and again.undo() and again.undo() is None
    again.close()


def test_a_new_step_forgets_what_was_undone(path):
    held = Kept(path)
    held.do("place", {"a.jpg": PLACED})
    held.undo()
    held.do("skip", {"a.jpg": Decision("skipped")})
    assert held.redo() is None
    held.close()


def test_only_one_process_has_the_file(path):
    first = Kept(path)
    with pytest.raises(InputError, match="another `photoplanet review` of these photos is running"):
        Kept(path)
    first.close()
    Kept(path).close()


def test_a_line_cut_off_by_a_kill_costs_that_line_only(path):
    held = Kept(path)
    held.do("place", {"a.jpg": PLACED})
    held.do("skip", {"b.jpg": Decision("skipped")})
    held.close()
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    again = Kept(path)
    assert list(again.history.decisions) == ["a.jpg"] and again.damaged == 1
    again.do("skip", {"c.jpg": Decision("skipped")})
    again.close()
    last = Kept(path)
    assert list(last.history.decisions) == ["a.jpg", "c.jpg"] and last.damaged == 1
    last.close()


@pytest.mark.parametrize("line", [
    b"\xff\xfe", b"[]", b"{}", b"null", b'{"photoplanet review":2,"undo":true}', b'{"photoplanet review":1}',
    b'{"photoplanet review":1,"redo":true}', b'{"photoplanet review":1,"do":"x","changes":[]}',
    b'{"photoplanet review":1,"do":"x","changes":{"a.jpg":{"state":"placed"}}}',
    b'{"photoplanet review":1,"do":"x","changes":{"a.jpg":'
    b'{"state":"placed","latitude":1e999,"longitude":0,"radius_km":1}}}',
    b"[" * 100_000,
])  # fmt: skip
def test_lines_of_others_are_passed_over_and_kept(path, line):
    held = Kept(path)
    held.do("place", {"a.jpg": PLACED})
    held.close()
    with path.open("ab") as file:
        file.write(line + b"\n")
    again = Kept(path)
    assert again.history.decisions == {"a.jpg": PLACED} and again.damaged == 1
    again.close()
    assert line in path.read_bytes()


@pytest.mark.parametrize("value", [
    None, 5, [], {}, {"state": "open"}, {"state": "placed", "latitude": 0, "longitude": 0, "radius_km": -1},
    {"state": "placed", "latitude": 0, "longitude": 181, "radius_km": 1},
    {"state": "placed", "latitude": True, "longitude": 0, "radius_km": 1},
    {"state": "placed", "latitude": float("nan"), "longitude": 0, "radius_km": 1},
    {"state": "skipped", "more": 1}, {"state": "skipped", "note": "x" * 201}, {"state": "skipped", "alone": 1},
    {"state": "accepted", "latitude": 0, "longitude": 0, "radius_km": 20_001},
])  # fmt: skip
def test_what_is_no_decision_is_refused(value):
    assert decisions.read(value) is None


@pytest.mark.parametrize("decision", [
    PLACED, Decision("skipped", taken_at="2020-05-01"), Decision("accepted", -90.0, 180.0, 0.0, "time", alone=False),
])  # fmt: skip
def test_a_decision_comes_back_as_it_was(decision):
    assert decisions.read(json.loads(json.dumps(decision.to_dict()))) == decision


@pytest.mark.parametrize(("decision", "anchors"), [
    (Decision("placed", 0.0, 0.0, 500.0, "town"), True), (Decision("accepted", 0.0, 0.0, 25.0, "time"), True),
    (Decision("accepted", 0.0, 0.0, 25.1, "time"), False), (Decision("rejected"), False),
    (Decision("accepted", 0.0, 0.0, 1.0, "time", alone=False), False),
])  # fmt: skip
def test_what_places_others(decision, anchors):
    assert decision.anchors is anchors


def test_a_long_file_is_made_short_and_loses_no_decision(path, monkeypatch):
    held = Kept(path)
    for number in range(50):
        held.do("place", {"a.jpg": Decision("placed", 48.0 + number / 100, 2.35, 1.0, "map")})
    held.close()
    long = path.stat().st_size
    monkeypatch.setattr(kept, "COMPACT", 1000)
    again = Kept(path)
    assert path.stat().st_size < long / 10 and again.history.decisions["a.jpg"].latitude == 48.49
    again.close()


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="--decisions"):
        Kept(tmp_path / "file" / "kept.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(InputError, match="not a regular file"):
        Kept(tmp_path / "folder.jsonl")


def test_a_kill_in_the_middle_leaves_every_finished_step(path):
    script = (
        "import sys; from pathlib import Path; from photoplanet.review.kept import Kept\n"
        "from photoplanet.review.decisions import Decision\n"
        "kept = Kept(Path(sys.argv[1]))\n"
        "for n in range(10**6):\n"
        "    kept.do('skip', {f'{n}.jpg': Decision('skipped')}); print(n, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True) as process:
        for _ in range(20):
            last = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
    again = Kept(path)
    assert len(again.history.decisions) > last
    again.close()


def test_what_cannot_be_kept_did_not_happen(path, monkeypatch):
    held = Kept(path)
    held.do("place", {"a.jpg": PLACED})

    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(kept.os, "fsync", full)
        with pytest.raises(InputError, match=r"the decision is not kept .No space left on device."):
            held.do("skip", {"b.jpg": Decision("skipped")})
        with pytest.raises(InputError, match="not kept"):
            held.undo()
    assert held.history.decisions == {"a.jpg": PLACED} and len(held.history.done) == 1 and not held.history.undone
    held.close()


def test_keys_are_paths_from_the_folder_on():
    assert kept.key_of("/photos/trip/1.jpg", "/photos") == "trip/1.jpg"
    assert kept.key_of("/photosets/1.jpg", "/photos") == "/photosets/1.jpg"
