"""Progress: what shows nothing, and plain lines at sensible intervals where there is no terminal."""

import threading

import pytest

from photoplanet.core import progress


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_shows_nothing_takes_all_calls(capsys):
    progress.ignore()
    progress.ignore(3, note="half")
    progress.silent("a line")
    with progress.no_bar("reading") as advance:
        advance(count=2, note="")
    assert capsys.readouterr() == ("", "")


def test_a_line_at_most_every_few_seconds_and_one_at_the_end():
    clock, written = Clock(), []
    with progress.lines("reading photos", 1000, written.append, 10, clock) as advance:
        for _ in range(50):
            clock.now += 1
            advance(20, "7 left out")
    assert written == [
        "reading photos: 200 of 1,000 (20 %), 7 left out, 40 s left",
        "reading photos: 400 of 1,000 (40 %), 7 left out, 30 s left",
        "reading photos: 600 of 1,000 (60 %), 7 left out, 20 s left",
        "reading photos: 800 of 1,000 (80 %), 7 left out, 10 s left",
        "reading photos: 1,000 of 1,000 (100 %), 7 left out, took 50 s",
    ]


def test_a_short_stage_prints_nothing():
    clock, written = Clock(), []
    with progress.lines("reading", 10, written.append, 10, clock) as advance:
        clock.now += 9.9
        advance(10)
    assert written == []


def test_a_stage_of_unknown_length_counts():
    clock, written = Clock(), []
    with progress.lines("listing photos", None, written.append, 10, clock) as advance:
        clock.now += 10
        advance(12345)
    assert written[0] == "listing photos: 12,345"


def test_an_error_passes_through_without_a_last_line():
    clock, written = Clock(), []
    with pytest.raises(KeyError), progress.lines("reading", 10, written.append, 10, clock):
        clock.now += 60
        raise KeyError
    assert written == []


def test_threads_lose_no_count():
    clock, written = Clock(), []
    with progress.lines("reading", 8000, written.append, 10, clock) as advance:
        threads = [threading.Thread(target=lambda: [advance() for _ in range(1000)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clock.now += 10
    assert written == ["reading: 8,000 of 8,000 (100 %), took 10 s"]


def test_more_than_was_expected_is_not_more_than_all():
    assert progress.state("reading", 12, 10) == "reading: 12 of 10 (100 %)"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h 0 min")]
)
def test_lengths_of_time(seconds, words):
    assert progress.duration(seconds) == words


def test_lines_go_to_stderr(capsys):
    progress.to_stderr("Zürich")
    assert capsys.readouterr() == ("", "Zürich\n")
