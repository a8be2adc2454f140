"""Photos a minute from one address: when the next may come, what Retry-After says, and who is forgotten."""

import pytest

from photoplanet.server.problems import Problem
from photoplanet.server.rate_limit import RateLimit


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def seconds_to_wait(limit, photos, address="a"):
    """Retry-After in seconds of a request that is refused; 0 for one that passes."""
    try:
        limit.spend(address, photos)
    except Problem as problem:
        assert problem.status == 429 and f"more than {limit.rate} photos a minute" in problem.detail
        wait = int(problem.headers["Retry-After"])
        assert wait > 0
        return wait
    return 0


def test_sixty_photos_a_minute_are_one_a_second(clock):
    limit = RateLimit(60, clock)
    assert seconds_to_wait(limit, 60) == 0
    assert seconds_to_wait(limit, 1) == 1
    clock.now += 0.9
    assert seconds_to_wait(limit, 1) == 1
    clock.now += 0.2
    assert seconds_to_wait(limit, 1) == 0
    assert seconds_to_wait(limit, 1) == 1


@pytest.mark.parametrize(("rate", "photos"), [(60, 30), (7, 3), (600, 599), (1, 1)])
def test_a_client_that_waits_as_long_as_retry_after_says_gets_in_and_not_much_earlier(clock, rate, photos):
    limit = RateLimit(rate, clock)
    assert seconds_to_wait(limit, rate) == 0
    wait = seconds_to_wait(limit, photos)
    clock.now += wait - 1.01
    assert wait == 1 or 1 <= seconds_to_wait(limit, photos) <= 2
    clock.now += 1.01
    assert seconds_to_wait(limit, photos) == 0


def test_an_hour_of_silence_saves_up_no_more_than_a_minute(clock):
    limit = RateLimit(60, clock)
    assert seconds_to_wait(limit, 1) == 0
    clock.now += 3600
    assert seconds_to_wait(limit, 60) == 0
    assert seconds_to_wait(limit, 1) == 1


def test_a_request_larger_than_a_minutes_photos_passes_once_and_is_paid_off(clock):
    limit = RateLimit(10, clock)
    assert seconds_to_wait(limit, 25) == 0
    assert seconds_to_wait(limit, 1) == 96  # 15 owed, and one more, at one in 6 s
    clock.now += 96
    assert seconds_to_wait(limit, 1) == 0
    clock.now += 59
    assert seconds_to_wait(limit, 25) == 1
    clock.now += 1
    assert seconds_to_wait(limit, 25) == 0


def test_addresses_have_a_limit_each_and_ten_thousand_are_remembered(clock):
    limit = RateLimit(1, clock)
    assert [seconds_to_wait(limit, 1, str(number)) for number in range(10_000)] == [0] * 10_000
    assert seconds_to_wait(limit, 1, "0") == 60  # and is now the latest
    assert seconds_to_wait(limit, 1, "10000") == 0
    assert seconds_to_wait(limit, 1, "1") == 0  # was forgotten
    assert seconds_to_wait(limit, 1, "0") == 60


def test_without_a_limit_nothing_is_counted(clock):
    limit = RateLimit(0, clock)
    assert [seconds_to_wait(limit, 1000) for _ in range(1000)] == [0] * 1000
