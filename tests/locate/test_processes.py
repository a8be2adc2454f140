"""Photos decoded in processes: the same answers in the same order, bounded, and gone when nobody asks any more."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import photoplanet as pp
from photoplanet.errors import InputError, WorkerError
from photoplanet.photos import decoding_processes, pixel_limit


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """150 photos in a folder, of which one is not a photo and one is not there."""
    home = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    for number in range(148):
        Image.fromarray(random.integers(0, 256, (24, 32, 3), np.uint8)).save(home / f"{number:03}.png")
    (home / "070.png").write_bytes(b"not a photo")
    return [str(home / f"{number:03}.png") for number in range(148)] + [str(home / "gone.png"), home / "003.png"]


def test_answers_are_those_of_threads_in_their_order(tiny_model, photos):
    model = pp.load(tiny_model)
    got = list(model.locate_many(photos, processes=2, batch_size=7))
    want = list(model.locate_many(photos, batch_size=7))
    assert [source for source, _ in got] == photos
    for (_, one), (_, other) in zip(got, want, strict=True):
        if isinstance(other, InputError):
            assert isinstance(one, InputError) and str(one) == str(other)
        else:
            assert (one.probabilities == other.probabilities).all()
    assert sum(isinstance(answer, InputError) for _, answer in got) == 2


def test_the_limit_of_pixels_holds_in_processes_too(photos):
    with pixel_limit.limited(100):
        (found,) = decoding_processes.load_many(photos[:1], decoding_processes.Preprocessing(size=16), 1)
    assert "32 × 24 pixels, the limit is 100" in str(found)


def test_little_is_taken_ahead_and_processes_end_with_the_iterator(tiny_model, photos):
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield photos[0]

    answers = pp.load(tiny_model).locate_many(endless(), processes=1, batch_size=4)
    for _ in range(200):
        next(answers)
    assert taken <= 200 + 4 * decoding_processes.AT_ONCE
    assert multiprocessing.active_children()
    answers.close()
    assert not multiprocessing.active_children()


def test_a_process_that_is_killed_is_an_error_in_one_line(tiny_model, photos):
    answers = pp.load(tiny_model).locate_many((photos[0] for _ in range(100_000)), processes=1)
    next(answers)
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(WorkerError, match="a process that decodes photos was killed"):
        for _ in answers:
            pass
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("sources", "cores", "expected"),
    [
        (["a.jpg"] * 500, 16, 16),
        (["a.jpg"] * 500, 99, 16),
        (["a.jpg"] * 500, 5, 5),
        (["a.jpg"] * 500, 4, 0),
        (["a.jpg"] * 499, 16, 0),
        (["a.jpg"] * 499 + [b"bytes"], 16, 0),
        ((name for name in ["a.jpg"] * 500), 16, 0),
    ],
)
def test_processes_are_for_many_files_on_many_cores(monkeypatch, sources, cores, expected):
    monkeypatch.setattr(decoding_processes, "SHARED", decoding_processes.Path("/no/such/folder"))
    assert decoding_processes.worthwhile(sources, cores) == expected


def test_where_shared_memory_is_short_threads_decode(monkeypatch, tmp_path):
    monkeypatch.setattr(decoding_processes, "SHARED", tmp_path)
    monkeypatch.setattr(decoding_processes, "_SPARE", 1 << 60)
    assert decoding_processes.worthwhile(["a.jpg"] * 500, 16) == 0


def test_only_the_command_line_starts_processes_unasked(tiny_model, monkeypatch):
    from photoplanet.cli.shared import loading

    assert not pp.load(tiny_model).in_processes
    assert loading.load(tiny_model).in_processes
    monkeypatch.setattr(decoding_processes, "worthwhile", lambda sources, cores: pytest.fail("not asked for"))
    assert len(pp.load(tiny_model).locate([np.zeros((8, 8, 3), np.uint8)] * 3)) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_ctrl_c_ends_all_processes_without_a_word(tiny_model, photos, tmp_path):
    """`photoplanet locate` in processes on any number of cores; Ctrl-C reaches the whole group, as in a shell."""
    names = tmp_path / "names.txt"
    names.write_text("\n".join(map(str, photos[:60] * 200)), "utf-8")
    code = (
        "import sys\n"
        "from photoplanet.photos import decoding_processes\n"
        "from photoplanet.__main__ import main\n"
        "if __name__ == '__main__':\n"
        "    decoding_processes.worthwhile = lambda sources, cores: 2\n"
        "    sys.argv = ['photoplanet', *sys.argv[1:]]\n"
        "    sys.exit(main())\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code, "utf-8")
    command = [sys.executable, str(script), "locate", "--model", str(tiny_model), "--files-from", str(names)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout.readline() and process.stdout.readline()  # it has begun to answer
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    for _ in range(100):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("processes are left")
