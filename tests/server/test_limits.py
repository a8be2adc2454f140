"""Which limits a server has."""

from photoplanet.server.limits import MEGABYTE, OPEN, Limits, choose


def test_a_server_that_others_can_reach_takes_less_unless_told_otherwise():
    assert choose(True) == Limits() and choose(False) == OPEN
    assert (choose(True).rate, choose(False).rate, choose(False, rate=0).rate) == (0, 600, 0)
    assert choose(False, photos=None).photos == OPEN.photos < Limits().photos


def test_a_request_may_be_as_large_as_a_photo():
    assert choose(True, photo_bytes=500 * MEGABYTE).request_bytes == 500 * MEGABYTE
    assert choose(True, photo_bytes=MEGABYTE).request_bytes == Limits().request_bytes
