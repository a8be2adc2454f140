"""Progress on stderr: a bar on a terminal, lines elsewhere, nothing beside a table that grows on the terminal."""

import os
import pty
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from photoplanet.cli.shared import ctrl_c
from photoplanet.cli.shared.progress import bar

WORK = """
from photoplanet.cli.shared.progress import bar, bar_unless_printing
with {}("reading", 3) as advance:
    for number in range(3):
        advance(1, f"loss {{number}}")
"""


def on_a_terminal(code):
    """What a process shows whose stdout and stderr are a terminal."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 1 << 16):
            shown += piece
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return shown.decode()


def test_on_a_terminal_a_bar_says_how_far_it_is():
    shown = on_a_terminal(WORK.format("bar"))
    assert "reading" in shown and "3/3" in shown and "loss 2" in shown


@pytest.mark.parametrize(("as_json", "drawn"), [(True, True), (False, False)])
def test_no_bar_is_drawn_over_a_table_that_grows_on_the_terminal(as_json, drawn):
    assert ("3/3" in on_a_terminal(WORK.format(f"bar_unless_printing({as_json})"))) is drawn


def test_without_a_terminal_long_work_prints_lines_on_stderr(capsys):
    with bar("reading", 4, seconds=0) as advance:
        advance(1)
        advance(1, "half")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("reading: 1 of 4 (25 %)") and lines[1].startswith("reading: 2 of 4 (50 %), half")


def test_without_a_terminal_short_work_prints_nothing(capsys):
    with bar("reading", 4) as advance:
        advance(4)
    assert capsys.readouterr() == ("", "")


def test_work_that_swallowed_ctrl_c_ends_at_its_next_step(monkeypatch):
    """A library in C may clear the exception: once in thirty runs `locate` went on to its end."""
    monkeypatch.setattr(ctrl_c, "_pressed", False)
    with bar("locating", 3) as advance:
        advance()
        monkeypatch.setattr(ctrl_c, "_pressed", True)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(advance).result()  # elsewhere than in the main thread it would end nothing
        with pytest.raises(KeyboardInterrupt):
            advance()
