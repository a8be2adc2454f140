import io
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest
from PIL import Image

from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.server.limits import OPEN, Limits
from photoplanet.toyworld import sign_photos
from photoplanet.toyworld.lettering import Packaged
from photoplanet.toyworld.sign_texts import SignText


@pytest.fixture
def serve(tiny_model, own_home):
    """A function: `serve(*options)` → (process, its address, the lines it printed first), ended after the test."""
    started = []

    def start(*options, lines=1, model=tiny_model):
        command = [sys.executable, "-m", "photoplanet", "serve", "--model", str(model), "--port", "0", *options]
        environment = os.environ | {"PHOTOPLANET_HOME": str(own_home)}
        process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        started.append(process)
        said: list[str] = []
        while len(said) < lines or not any("answers on" in line for line in said):
            said.append(process.stderr.readline())
            assert said[-1], f"it ended: {said}"
        address = next(line.split(" on ")[1].split()[0] for line in said if "answers on" in line)
        return process, address, said

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ask(address, data=None, **headers):
    with urllib.request.urlopen(urllib.request.Request(address, data, headers), timeout=30) as answer:
        return json.load(answer)


@pytest.mark.parametrize("workers", [0, 2])
def test_it_answers_on_this_machine_and_stops_cleanly(serve, photo, workers):
    """A terminal sends Ctrl-C to all processes; none is left behind, for it would hold the standard error open."""
    process, address, _ = serve("--workers", str(workers))
    assert address.startswith("http://127.0.0.1:")
    found = ask(f"{address}/v1/locate", photo("red").read_bytes())
    assert found["photos"][0]["best"]["country_code"] == "FR"
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0 and out == "" and err == ""


def test_told_to_stop_it_answers_the_album_that_is_under_way(serve, tmp_path):
    noise = io.BytesIO()
    Image.effect_noise((1500, 1200), 80).save(noise, "JPEG")
    process, address, _ = serve("--workers", "1")
    parts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="%d.jpg"\r\n\r\n%s\r\n' % (n, noise.getvalue())
        for n in range(60)
    )
    answers = []
    asking = threading.Thread(target=lambda: answers.append(
        ask(f"{address}/v1/album", parts + b"--x--\r\n", **{"Content-Type": "multipart/form-data; boundary=x"})
    ))  # fmt: skip
    asking.start()
    while not ask(f"{address}/healthz")["waiting"]:
        assert asking.is_alive(), "the album was answered before it could be interrupted"
    os.killpg(process.pid, signal.SIGTERM)  # as a service manager does it
    asking.join(60)
    process.communicate(timeout=30)
    assert len(answers[0]["albums"][0]["photos"]) == 60 and answers[0]["failed"] == 0
    with pytest.raises(urllib.error.URLError):
        ask(f"{address}/healthz")


def test_with_a_library_it_answers_which_photos_show_the_same(serve, tmp_path):
    (tmp_path / "library").mkdir()
    Image.effect_noise((300, 200), 90).save(tmp_path / "library" / "a.jpg", exif=gps_bytes(48.86, 2.35))
    _, address, _ = serve("--library", str(tmp_path / "library"), lines=4)
    found = ask(f"{address}/v1/similar", (tmp_path / "library" / "a.jpg").read_bytes())
    assert found["itself"] == ["a.jpg"] and found["matches"] == []
    assert ask(f"{address}/v1/models")["library"] == {"photos": 1, "by": "local"}


def test_opened_up_it_makes_a_token_and_asks_for_it(serve, photo):
    _, address, said = serve("--host", "0.0.0.0", lines=2)
    token = said[1].removeprefix("token: ").strip()
    address = address.replace("0.0.0.0", "127.0.0.1")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        ask(f"{address}/v1/locate", photo("red").read_bytes())
    assert ask(f"{address}/v1/locate", photo("red").read_bytes(), Authorization=f"Bearer {token}")["failed"] == 0


def test_a_taken_port_and_a_weak_token_take_one_line(serve, run, tiny_model):
    _, address, _ = serve()
    for options, words in (
        (["--port", address.rsplit(":", 1)[1]], "cannot listen"),
        (["--token", "abc"], "16 characters"),
        (["--token", "a b&c" * 5], "letters, digits"),
    ):
        status, _, said = run("serve", "--model", tiny_model, *options)
        assert status == 2 and words in said and "while" not in said


def test_without_a_model_it_answers_by_what_stands_in_photos(serve):
    sign, _ = sign_photos.photo(SignText(("Hunde bitte anleinen",), "notice", "DE", "de", "Latin"), Packaged(),
                                sign_photos.Conditions(), seed=(1,))  # fmt: skip
    written = io.BytesIO()
    sign.save(written, "JPEG", quality=95)
    process, address, said = serve("--no-clock", model="none")
    assert ask(f"{address}/v1/models")["evidence"] == {"signs": True, "clock": False} and len(said) == 1
    (found,) = ask(f"{address}/v1/locate", written.getvalue())["photos"]
    assert found["countries"][0]["code"] == "DE" and found["clues"][0]["text"] == ["Hunde bitte anleinen"]
    (struck,) = ask(f"{address}/v1/locate?strike=0,1,2,3", written.getvalue())["photos"]
    assert struck["countries"] == [] and struck["best"] is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0 and out == err == ""


def test_without_a_model_and_without_signs_there_is_nothing_to_answer_by(run, tmp_path):
    code, out, err = run("serve", "--model", "none", "--no-signs")
    assert code == 2 and out == "" and err.count("\n") == 1 and "without a model" in err
    code, out, err = run("serve", "--model", "none", "--library", str(tmp_path), "--by", "embedding")
    assert (
        code == 2
        and err == "photoplanet: --by embedding compares photos as a model sees them; choose one with --model\n"
    )


def test_help_shows_the_limits_here_and_where_others_can_reach_the_server(run):
    out = " ".join(run("serve", "--help")[1].split())
    assert f"Most photos per request. [default: {Limits().photos}, or {OPEN.photos} with --host for others]" in out
    assert f"0: no limit. [default: {Limits().rate}, or {OPEN.rate} with --host for others]" in out
    assert f"further requests get 503. [default: {Limits().waiting}]" in out
