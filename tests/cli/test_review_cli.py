import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
import review_photos

from photoplanet.cli.shared import browsing
from photoplanet.server import listening


@pytest.fixture
def walk(tmp_path):
    return review_photos.walk(tmp_path / "walk")


@pytest.fixture
def review(own_home):
    """A function: `review(*options)` → (process, address, token, what it said first), ended after the test."""
    started = []

    def start(*options):
        command = [sys.executable, "-m", "photoplanet", "review", "--port", "0", "--no-open", *map(str, options)]
        process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PHOTOPLANET_HOME": str(own_home)},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        started.append(process)
        said = ""
        while " on http" not in said:
            line = process.stderr.readline()
            assert line, f"it ended: {said}"
            said += line
        address, _, token = said.rpartition(" on ")[2].split()[0].partition("/#token=")
        return process, address, token, said

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ask(address, token, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(
        urllib.request.Request(f"{address}/v1/review/{path}", data, headers), timeout=30
    ) as got:
        return json.load(got)


def test_it_serves_this_machine_with_a_token_keeps_decisions_and_stops_cleanly(review, walk, own_home):
    process, address, token, said = review(walk)
    assert address.startswith("http://127.0.0.1:") and len(token) >= 16
    assert "6 photos, 2 with GPS of their own; decisions are kept in" in said and str(own_home / "reviews") in said
    with pytest.raises(urllib.error.HTTPError, match="401"):
        ask(address, "", "photos")
    answer = ask(address, token, "decide", {"photos": [1, 2], "decision": "accept", "since": -1})
    assert answer["changed"] == 2
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0 and out == "" and err == ""
    assert sorted(path.name for path in walk.iterdir()) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg", "z.jpg"]
    _, address, token, _ = review(walk)
    states = [photo["state"] for photo in ask(address, token, "photos")["photos"]]
    assert states == ["known", "accepted", "accepted", "open", "known", "open"]


def test_a_second_one_on_the_same_photos_says_so(review, walk, run, own_home):
    review(walk)
    status, _, err = run("review", walk, "--no-open", "--port", "0")
    assert status == 2 and "another `photoplanet review` of these photos is running" in err.splitlines()[-1]


def test_a_moved_folder_goes_on_with_its_decisions(review, walk, tmp_path):
    kept = tmp_path / "kept.jsonl"
    process, address, token, _ = review(walk, "--decisions", kept)
    ask(address, token, "decide", {"photos": [1], "decision": "skipped", "since": -1})
    process.kill()
    process.wait()
    moved = walk.rename(tmp_path / "moved")
    _, address, token, _ = review(moved, "--decisions", kept)
    assert ask(address, token, "photos")["photos"][1]["state"] == "skipped"


def test_a_model_looks_at_photos_beside_the_page(review, tmp_path, tiny_model):
    for number in range(3):
        review_photos.save(tmp_path / "red" / f"{number}.png", colour=(255, 0, 0))
    _, address, token, _ = review(tmp_path / "red", "--model", tiny_model)
    for _ in range(100):
        answer = ask(address, token, "photos")
        if answer["looked_at"] == 3 and not answer["pending"]:
            break
        time.sleep(0.2)
    assert [(photo["kind"], photo["place"].rpartition(", ")[2]) for photo in answer["photos"]] == [
        ("model", "France")
    ] * 3
    assert ask(address, token, "why?n=0")["cells"]
    assert ask(address, token, "about")["model"] == "tiny"


@pytest.mark.parametrize(("options", "words"), [
    ((), "no album is named"), (("missing",), "no photo can be read (missing)"), (("EMPTY",), "no photo"),
    (("WALK", "--track", "absent.gpx"), "absent.gpx"), (("WALK", "--time-offset", "2"), "+02:00"),
    (("WALK", "--within", "nowhere at all"), "nowhere at all"), (("WALK", "WALK/0.jpg", "--matches"), "name one"),
    (("WALK", "--decisions", "WALK/0.jpg"), "0.jpg"), (("WALK", "--model", "absent"), "absent"),
    (("WALK", "--method", "hmm"), "hmm"),
])  # fmt: skip
def test_what_cannot_be_reviewed_takes_one_line(run, walk, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(listening, "run", lambda *arguments: None)
    (tmp_path / "empty").mkdir()
    names = [each.replace("WALK", str(walk)).replace("EMPTY", "empty") for each in options]
    status, out, err = run("review", *names, "--no-open")
    last = err.splitlines()[-1]
    assert status == 2 and words in last and out == ""


@pytest.mark.parametrize(("options", "opened"), [((), 1), (("--no-open",), 0)])
def test_the_page_opens_with_its_token(run, walk, monkeypatch, options, opened):
    asked = []
    monkeypatch.setattr(browsing.webbrowser, "open", asked.append)
    monkeypatch.setattr(listening, "run", lambda app, host, port, begin, *more: begin(f"http://{host}:1"))
    monkeypatch.setenv("DISPLAY", ":0")
    status, _, err = run("review", walk, *options)
    assert status == 0 and "review on http://127.0.0.1:1/#token=" in err
    assert [address.partition("=")[0] for address in asked] == ["http://127.0.0.1:1/#token"] * opened
