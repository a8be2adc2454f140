"""Files come whole and checked, or not at all; what was begun is continued, and every fault takes one line."""

import hashlib
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from photoplanet.core import downloads, hub
from photoplanet.errors import DownloadError, InputError

DATA = np.random.default_rng(0).bytes(3_000_000)
FILE = "onnx/model.onnx"


@pytest.fixture
def served(hub):
    hub.add("org/name", {FILE: DATA, "config.json": b"{}", "empty.txt": b""})
    return hub


@pytest.fixture
def get(served, tmp_path):
    """A function that fetches the file of the stand-in into `tmp_path`, and returns it."""

    def fetch(name=FILE, **changed):
        [file] = hub.plan("org/name", [name]).files
        downloads.fetch([downloads.Remote(**{**vars(file), **changed})], tmp_path)
        return tmp_path / name

    return fetch


def part(tmp_path, name=FILE):
    return tmp_path / f"{name}.part"


def asked(served):
    """The ranges in which the bytes of the file were asked for."""
    return [given for path, given in served.requests if path.startswith("/cdn/")]


@pytest.mark.parametrize("name", [FILE, "config.json", "empty.txt"])
def test_a_file_comes_whole_and_is_not_fetched_twice(get, served, tmp_path, name):
    assert get(name).read_bytes() == served.repos["org/name"][0][name]
    before = len(served.requests)
    get(name)
    assert len(served.requests) == before + 1  # the plan's
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / name]


def test_git_calls_a_file_what_we_do(tmp_path):
    (tmp_path / "a").write_bytes(b"1234")
    said = subprocess.run(["git", "hash-object", tmp_path / "a"], capture_output=True, text=True, check=True).stdout
    assert downloads.file_hashes(tmp_path / "a") == (hashlib.sha256(b"1234").hexdigest(), said.strip())


def test_what_was_begun_is_continued(get, served, tmp_path):
    part(tmp_path).parent.mkdir()
    part(tmp_path).write_bytes(DATA[:1_234_567])
    assert get().read_bytes() == DATA
    assert asked(served) == ["bytes=1234567-"]


def test_a_connection_that_ends_is_made_again_where_it_ended(get, served):
    served.fail(FILE, "cut", 2)
    assert get().read_bytes() == DATA
    assert asked(served) == [None, "bytes=1500000-", "bytes=2250000-"]


def test_one_that_always_ends_is_given_up_and_can_be_continued(get, served, tmp_path):
    served.fail(FILE, "cut", 3)
    with pytest.raises(DownloadError, match=r"ended after 2,625,000 of 3,000,000 bytes; run the command again"):
        get()
    assert part(tmp_path).read_bytes() == DATA[:2_625_000] and not (tmp_path / FILE).exists()
    assert get().read_bytes() == DATA and not part(tmp_path).exists()


@pytest.mark.parametrize("fault", ["no range", "shifted", 416])
def test_a_server_without_ranges_sends_it_from_the_beginning(get, served, tmp_path, fault):
    part(tmp_path).parent.mkdir()
    part(tmp_path).write_bytes(DATA[:1_000_000])
    served.fail(FILE, fault)
    assert get().read_bytes() == DATA


def test_more_than_stated_is_not_kept(get, served, tmp_path):
    served.fail(FILE, "more")
    with pytest.raises(DownloadError, match="sends more than the 3,000,000 bytes stated"):
        get()
    assert not list(tmp_path.rglob("model.onnx*"))


@pytest.mark.parametrize(("name", "kind"), [(FILE, "SHA-256"), ("config.json", "git hash")])
def test_other_bytes_are_not_kept(get, served, tmp_path, name, kind):
    served.fail(name, "other")
    with pytest.raises(DownloadError, match=f"its bytes are not those of {kind} .*; they are deleted"):
        get(name)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_file_that_was_changed_is_fetched_again(get):
    target = get()
    target.write_bytes(DATA[:-1] + b"?")
    assert get().read_bytes() == DATA


def test_a_part_that_is_too_long_is_begun_again(get, tmp_path):
    part(tmp_path).parent.mkdir()
    part(tmp_path).write_bytes(DATA + b"more")
    assert get().read_bytes() == DATA


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [(404, InputError, "not there"), (401, InputError, "not open to everybody"), (403, InputError, "by hand"),
     (503, DownloadError, "try again later"), (429, DownloadError, "try again later"), (418, DownloadError, "418"),
     ("ftp://127.0.0.1/a", InputError, "redirects .*not an https address"),
     ("file:///etc/passwd", InputError, "redirects .*not an https address"),
     ("data:text/plain,hello", InputError, "redirects .*not an https address"),
     ("http://example.org/a", InputError, "redirects to http://example.org/a, which is not an https")],
)  # fmt: skip
def test_refusals_take_one_line(get, served, fault, error, words):
    served.fail(FILE, fault)
    with pytest.raises(error, match=words) as raised:
        get()
    assert "\n" not in str(raised.value)


def test_a_circle_of_redirections_ends(get, served):
    served.fail(FILE, f"{served.address}/cdn/org/name/resolve/main/{FILE}", 50)
    with pytest.raises(InputError, match="redirects in a circle"):
        get()


def test_no_network(get, served, tmp_path, monkeypatch):
    [file] = hub.plan("org/name", [FILE]).files
    monkeypatch.setenv("no_proxy", "*")
    closed = downloads.Remote(**{**vars(file), "url": "http://127.0.0.1:9/a"})
    for url, words in {"http://127.0.0.1:9/a": "Connection refused", "https://no-such-host.invalid/a": ""}.items():
        with pytest.raises(DownloadError, match=rf"no connection \({words}.*; check the network, or fetch .* by hand"):
            downloads.fetch([downloads.Remote(**{**vars(closed), "url": url})], tmp_path)


def test_a_server_that_says_nothing_is_not_waited_for(get, served, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(served, "send_file", lambda *arguments: time.sleep(0.5))
    with pytest.raises(DownloadError, match=r"no answer|timed out"):
        get()


@pytest.mark.parametrize("changed", [{"path": "../a"}, {"path": "/a"}, {"path": "a/./b"}, {"path": "a\\b"},
                                     {"path": "C:a"}, {"path": "a.part"}, {"path": ""}, {"path": "a\nb"},
                                     {"url": "http://example.org/a"}, {"url": "file:///a"}, {"url": "https://"},
                                     {"url": "https://[/"}, {"size": downloads.MAX_BYTES + 1}, {"size": -1},
                                     {"sha256": ""}])  # fmt: skip
def test_what_is_not_safe_is_not_asked_for(get, served, changed):
    with pytest.raises(InputError):
        get(**changed)
    assert asked(served) == []


def test_a_disk_without_room_is_noticed_before(get, served, monkeypatch):
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda path: SimpleNamespace(free=2_999_999))
    with pytest.raises(OSError, match=r"no room for 3\.0 MB"):
        get()
    assert asked(served) == []


def test_a_disk_that_fills_up_keeps_what_came(get, served, tmp_path, monkeypatch):
    part(tmp_path).parent.mkdir()
    part(tmp_path).symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device") as raised:
        get()
    assert raised.value.filename == str(part(tmp_path))


def test_progress_is_in_megabytes(served, tmp_path):
    counted = []

    @contextmanager
    def bar(what, total=None):
        counted.append((what, total))
        yield lambda count=1, note="": counted.append(count)

    served.fail(FILE, "cut")
    downloads.fetch(hub.plan("org/name", [FILE]).files, tmp_path, bar)
    assert counted[0] == (f"fetching {FILE}, MB", 3) and sum(counted[1:]) == 3


def test_an_answer_that_is_not_json_or_has_no_end(served, monkeypatch):
    for data in (b"<html>", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"):
        served.repos["org/name"][0]["config.json"] = data
        with pytest.raises(DownloadError, match="is not JSON"):
            downloads.read_json(f"{served.address}/org/name/resolve/main/config.json")
    with pytest.raises(DownloadError, match="over 0 MiB"):
        downloads.read_json(f"{served.address}/org/name/resolve/main/config.json", most=10)


def test_ctrl_c_keeps_what_came(served, tmp_path, monkeypatch):
    """A process that waits for the second half is interrupted; the next one asks for the rest only."""
    code = (
        "import sys, pathlib, signal; from photoplanet.core import hub, downloads\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may ignore it\n"
        "downloads.fetch(hub.plan('org/name', [sys.argv[1]]).files, pathlib.Path(sys.argv[2]))"
    )
    send = served.send

    def half(request, status, data, headers=(), cut=False):
        if len(data) < 1_000_000:
            return send(request, status, data, headers, cut)
        request.send_response(status)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data[:2_000_000])
        request.wfile.flush()
        time.sleep(20)

    monkeypatch.setattr(served, "send", half)
    process = subprocess.Popen([sys.executable, "-c", code, FILE, str(tmp_path)], stderr=subprocess.DEVNULL)
    while not part(tmp_path).exists() or part(tmp_path).stat().st_size < 1_000_000:
        time.sleep(0.02)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.wait(60)
    came = part(tmp_path).stat().st_size
    assert DATA.startswith(part(tmp_path).read_bytes()) and not (tmp_path / FILE).exists()
    monkeypatch.setattr(served, "send", send)
    downloads.fetch(hub.plan("org/name", [FILE]).files, tmp_path)
    assert (tmp_path / FILE).read_bytes() == DATA and asked(served)[-1] == f"bytes={came}-"
