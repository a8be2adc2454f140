"""Threads: results in order, few items held at a time, an error stops the rest. Processes: Ctrl-C is the caller's."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from photoplanet.core import processes
from photoplanet.core.workers import in_threads, process_pool, slices, threads


def test_results_come_in_the_order_of_the_items():
    def work(item):
        return sum(range(1000 * (item % 7))), item  # some take longer than others

    assert [item for _, item in in_threads(work, range(200))] == list(range(200))


def test_only_a_few_items_are_taken_ahead():
    taken = []

    def items():
        for item in range(1000):
            taken.append(item)
            yield item

    results = in_threads(abs, items())
    next(results)
    assert len(taken) <= threads() + 3
    results.close()
    assert len(taken) <= threads() + 3


def test_an_error_stops_the_rest():
    done = []

    def work(item):
        if item == 3:
            raise ValueError("three")
        done.append(item)
        return item

    with pytest.raises(ValueError, match="three"):
        list(in_threads(work, range(1000)))
    assert max(done) < 3 + threads() + 3


def test_one_item_starts_no_thread():
    here = []
    assert list(in_threads(lambda item: here.append(threading.current_thread()) or item, [7])) == [7]
    assert here == [threading.current_thread()]


def test_chunks_cover_every_row_once():
    assert [*slices(0)] == [] and [*slices(4, 2)] == [slice(0, 2), slice(2, 4)]
    assert [*slices(5, 4)] == [slice(0, 4), slice(4, 5)]


def test_ctrl_c_reaches_no_worker_process():
    before = signal.getsignal(signal.SIGINT)  # ignored where a shell started us in the background
    with process_pool(1) as pool:
        worker = pool.submit(os.getpid).result()
        os.kill(worker, signal.SIGINT)
        assert worker != os.getpid() and pool.submit(abs, -1).result() == 1
        assert pool.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) == before


def test_workers_end_with_a_parent_that_is_killed():
    """One that waits for work would wait forever, since it holds the other end of its queue too."""
    code = (
        "from photoplanet.core.workers import process_pool\nimport os, time\n"
        "if __name__ == '__main__':\n    pool = process_pool(1)\n"
        "    print(pool.submit(os.getpid).result(), flush=True)\n    time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    assert processes.runs(worker)
    parent.kill()
    parent.communicate()
    for _ in range(600):
        if not processes.runs(worker):
            return
        time.sleep(0.05)
    raise AssertionError("the worker lives on")


def test_workers_are_born_deaf_to_ctrl_c_and_the_caller_hears_it_again():
    """A worker that is still importing would answer Ctrl-C with a traceback."""
    with process_pool(1) as pool:
        assert signal.SIGINT in pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
