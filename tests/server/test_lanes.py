"""Threads in which everybody gets a turn."""

import threading
import time

from photoplanet.server.lanes import Lane, Turns


def test_addresses_take_turns_and_of_each_its_connections():
    turns = Turns()
    for name, sender in (("a1", ("a", 1)), ("a1", ("a", 1)), ("a1", ("a", 1)), ("a2", ("a", 2)), ("b1", ("b", 1))):
        turns.put(sender, name)
    assert [turns.take() for _ in range(len(turns))] == ["a1", "b1", "a2", "a1", "a1"] and not turns


def test_one_photo_of_another_sender_does_not_wait_for_an_album():
    lane, order, gate = Lane("test"), [], threading.Event()
    lane.submit(("a", 1), lambda: gate.wait(10))
    for number in range(50):
        lane.submit(("a", 1), lambda number=number: order.append(number))
    lane.submit(("b", 1), lambda: order.append("other"))
    gate.set()
    while len(order) < 51:
        time.sleep(0.01)
    lane.stop(5)
    assert order.index("other") <= 1


def test_stopping_waits_no_longer_than_it_is_told_to():
    lane, gate, done = Lane("test"), threading.Event(), []
    lane.submit(("a", 1), lambda: gate.wait(20))
    lane.submit(("a", 1), lambda: done.append(1))
    lane.stop(0.05)
    gate.set()
    lane.stop(5)
    assert done == [] and not any(thread.is_alive() for thread in lane._threads)
