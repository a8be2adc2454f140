"""Passes of a track, and votes: what photos allow, what chance allows, and how sure the best is."""

import numpy as np
import pytest
from journeys import Journey

from photoplanet.albums.clocks import following, passes, pieces, voting
from photoplanet.albums.clocks.found import Found
from photoplanet.earth import geodesy
from photoplanet.metadata.track import Track


def seconds(track):
    return track.times.astype("datetime64[s]").astype(float)


def test_passes_hold_every_moment_at_which_the_device_was_near():
    journey = Journey([(46.5, 7.2), (46.5, 7.2)], seed=3)
    line = passes.Line(journey.track)
    for row in range(50, len(journey.utc), 300):
        place = journey.places[row]
        spans = line.passes(*place)
        near = geodesy.distance_km(*place, *journey.places.T) < passes.NEAR_KM - 0.01
        inside = [((spans[:, 0] <= at) & (at <= spans[:, 1])).any() for at in journey.utc[near]]
        assert all(inside)
        assert line.km(*place, journey.utc[[row]])[0] < 0.001
    assert not len(line.passes(0.0, 0.0)) and not len(line.passes(90.0, 0.0))


def test_a_coarse_track_is_filled_where_it_was_driven_and_not_where_it_was_flown():
    times = np.array(["2024-05-01T10:00", "2024-05-01T10:10", "2024-05-01T10:20"], "datetime64[s]")
    line = passes.Line(Track(times, np.array([48.0, 48.1, 50.0]), np.full(3, 2.0)))
    assert len(line.passes(48.05, 2.0)) == 1 and not len(line.passes(49.0, 2.0))
    assert line.km(48.05, 2.0, seconds(Track(times, np.zeros(3), np.zeros(3)))[:1] + 300)[0] < 0.01
    gap = np.array(["2024-05-01T10:00", "2024-05-01T12:00"], "datetime64[s]")
    line = passes.Line(Track(gap, np.array([48.0, 48.1]), np.full(2, 2.0)))
    assert np.isinf(line.km(48.05, 2.0, gap[:1].astype(float) + 3600))[0]


def test_a_million_points_are_searched_at_once():
    n = 1_200_000
    times = np.datetime64("2024-01-01T00:00:00") + np.arange(n).astype("timedelta64[s]")
    line = passes.Line(Track(times, 45 + 1e-5 * np.arange(n), np.full(n, 7.0)))
    assert len(line.utc) <= 2 * passes.MOST_POINTS
    (span,) = line.passes(50.0, 7.0)
    assert span.mean() == pytest.approx(float(times[500_000].astype(np.int64)), abs=60)


def test_votes_that_are_rare_weigh_more_than_votes_that_nearly_all_offsets_have():
    anywhere = [np.array([[-43000.0, 50000.0]])] * 5
    assert voting.best(anywhere).sure < 0.2
    sharp = [np.array([[7090.0 + at, 7120.0 + at]]) for at in range(4)]
    found = voting.best(anywhere + sharp)
    assert found.offset == pytest.approx(7105, abs=15) and found.sure > 0.99 and found.votes == 9


def test_two_offsets_that_are_as_good_are_neither_sure():
    spans = [np.array([[3590.0 + at, 3610.0 + at], [7190.0 + at, 7210.0 + at]]) for at in range(5)]
    assert voting.best(spans).sure < 0.6
    assert voting.best(spans[:2]) is None and voting.best([]) is None


def test_one_photo_votes_once_however_often_the_track_passed_its_place():
    often = np.array([[3590.0, 3600.0], [3595.0, 3610.0], [3600.0, 3620.0]])
    assert voting.best([often, often, often]).votes == 3


def test_every_wrong_offset_of_a_random_vote_is_rarely_sure():
    rng = np.random.default_rng(0)
    sure = []
    for _ in range(60):
        begins = rng.uniform(-43000, 50000, (8, 3))
        found = voting.best([np.column_stack([each, each + 600]) for each in begins])
        sure.append(found is not None and found.sure >= 0.95)
    assert sum(sure) <= 3


@pytest.mark.parametrize(
    ("offsets", "wanted", "local"),
    [([7200, -14400], False, True), ([7200, 3600], False, False), ([7200], True, True), ([7200], False, False)],
)
def test_settings_that_show_the_local_time_of_two_zones_are_a_clock_that_follows_it(offsets, wanted, local):
    shown = np.arange(20) * 86400.0
    zone = np.where(shown < 10 * 86400, 7200.0, -14400.0)
    each = [pieces.Piece(11 * 86400.0 * at, 11 * 86400.0 * at + 8 * 86400, float(offset), 0, 0, 5)
            for at, offset in enumerate(offsets)]  # fmt: skip
    clock = Found("track", pieces.ahead(each, shown), 5, 5, tuple(each))
    found = following.decided(clock, shown, zone, wanted)
    assert found.local == local
    if local:
        assert (found.ahead == zone).all()
    elif len(offsets) == 1:
        assert "--time-zone local" in found.remarks[-1] and (found.ahead == 7200).all()
