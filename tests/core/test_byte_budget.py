"""Bytes that threads share."""

import threading

import pytest

from photoplanet.core.byte_budget import ByteBudget


def test_who_asked_first_gets_theirs_first_however_much_it_is():
    budget, order, started = ByteBudget(100), [], []

    def want(size):
        def work():
            with budget.hold(size):
                order.append(size)

        thread = threading.Thread(target=work)
        thread.start()
        started.append(thread)
        while len(budget._waiting) < len(started):
            pass

    with budget.hold(50):
        want(90)
        want(10)  # would fit, but waits its turn: else the large one might never get its own
        assert order == []
    for thread in started:
        thread.join(10)
    assert order == [90, 10] and budget.used == 0


def test_more_than_there_is_is_refused_and_everything_is_given_back():
    budget = ByteBudget(100)
    for size in (101, -1):
        with pytest.raises(ValueError), budget.hold(size):
            pass
    with pytest.raises(KeyError), budget.hold(100):
        raise KeyError
    with budget.hold(100):
        assert budget.used == 100
    assert budget.used == 0
