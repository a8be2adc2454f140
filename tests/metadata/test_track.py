"""The points of a track: in time order, on Earth, and by the photos' clock."""

import numpy as np
import pytest

from photoplanet.errors import InputError
from photoplanet.metadata.track import Track, joined

TIMES = np.array(["2023-05-01T10:00:00", "2023-05-01T10:05:00"], "datetime64[s]")
PLACES = np.array([48.8, 48.9]), np.array([2.3, 2.4])


@pytest.mark.parametrize(("hours", "first"), [(2, "2023-05-01T12:00:00"), (5.5, "2023-05-01T15:30:00"),
                                              (-9, "2023-05-01T01:00:00")])  # fmt: skip
def test_a_clock_may_be_ahead_by_hours_and_a_half(hours, first):
    shifted = Track(TIMES, *PLACES).shifted(hours)
    assert str(shifted.times[0]) == first and (shifted.latitude == PLACES[0]).all()


def test_points_that_are_not_a_track_are_refused():
    Track(TIMES[[0, 0]], *PLACES)  # two points in one second are in order
    with pytest.raises(InputError, match="in time order"):
        Track(TIMES[::-1], *PLACES)
    with pytest.raises(InputError, match="needs a time"):
        Track(TIMES[:1], *PLACES)
    with pytest.raises(InputError, match="needs a time"):
        Track(np.array(["NaT", "2023-05-01T10:05:00"], "datetime64[s]"), *PLACES)
    with pytest.raises(InputError):
        Track(TIMES, np.array([48.8, 91]), PLACES[1])


def test_the_accuracy_of_points_goes_with_them():
    exact = np.array([5.0, np.nan])
    np.testing.assert_array_equal(Track(TIMES, *PLACES, exact).shifted(2).accuracy_m, exact)
    with pytest.raises(InputError, match="an accuracy for every point"):
        Track(TIMES, *PLACES, exact[:1])
    track, _ = joined(TIMES[::-1], *PLACES, np.array([0, 0]), exact)
    np.testing.assert_array_equal(track.accuracy_m, exact[::-1])
    assert joined(TIMES, *PLACES, np.array([0, 0]), np.full(2, np.nan))[0].accuracy_m is None
