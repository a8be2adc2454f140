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


def refused(limit, photos, address="a"):
    """Retry-After in seconds of a request that is refused."""
    with pytest.raises(Problem, match=f"more than {limit.rate} photos a minute") as problem:
        limit.spend(address, photos)
    assert problem.value.status == 429
    return int(problem.value.headers["Retry-After"])


def test_sixty_photos_a_minute_are_one_a_second(clock):
    limit = RateLimit(60, clock)
    limit.spend("a", 60)
    assert refused(limit, 1) == 1
    clock.now += 0.9
    assert refused(limit, 1) == 1
    clock.now += 0.2
    limit.spend("a", 1)
    assert refused(limit, 1) == 1


@pytest.mark.parametrize(("rate", "photos"), [(60, 30), (7, 3), (600, 599), (1, 1)])
def test_a_client_that_waits_as_long_as_retry_after_says_gets_in_and_not_much_earlier(clock, rate, photos):
    limit = RateLimit(rate, clock)
    limit.spend("a", rate)
    wait = refused(limit, photos)
    clock.now += wait - 1.01
    assert wait == 1 or refused(limit, photos) <= 2
    clock.now += 1.01
    limit.spend("a", photos)


def test_an_hour_of_silence_saves_up_no_more_than_a_minute(clock):
    limit = RateLimit(60, clock)
    limit.spend("a", 1)
    clock.now += 3600
    limit.spend("a", 60)
    refused(limit, 1)


def test_a_request_larger_than_a_minutes_photos_passes_once_and_is_paid_off(clock):
    limit = RateLimit(10, clock)
    limit.spend("a", 25)
    assert refused(limit, 1) == 96  # 15 owed, and one more, at one in 6 s
    clock.now += 96
    limit.spend("a", 1)
    clock.now += 59
    refused(limit, 25)
    clock.now += 1
    limit.spend("a", 25)


def test_addresses_have_a_limit_each_and_ten_thousand_are_remembered(clock):
    limit = RateLimit(1, clock)
    for number in range(10_000):
        limit.spend(str(number), 1)
    refused(limit, 1, "0")  # and is now the latest
    limit.spend("10000", 1)
    limit.spend("1", 1)  # was forgotten
    refused(limit, 1, "0")


def test_without_a_limit_nothing_is_counted(clock):
    limit = RateLimit(0, clock)
    for _ in range(1000):
        limit.spend("a", 1000)
