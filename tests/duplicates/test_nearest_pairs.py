import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.duplicates.nearest_pairs import NearestPairs


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 6)), max_size=60),
    st.integers(1, 3),
    st.integers(0, 5),
    st.integers(1, 4),
)
def test_what_is_kept_is_the_sorted_set_whatever_the_order(pairs, most, threshold, parts):
    pairs = list({(row, other): (row, other, apart) for row, other, apart in pairs}.values())  # one distance a pair
    wanted = []
    for row in range(4):
        near = sorted((apart, other) for one, other, apart in pairs if one == row and apart <= threshold)
        wanted += [(row, other, apart) for apart, other in near[:most]]
    nearest = NearestPairs(4, most, threshold, spare=3 - 8 * most)  # sorted out again and again
    for part in [*np.array_split(np.array(pairs, np.int64).reshape(-1, 3), parts)] * 2:  # and all of them twice
        nearest.add(*part.T)
    assert list(zip(*(column.tolist() for column in nearest.pairs()), strict=True)) == wanted


def test_much_of_one_picture_waits_in_bounded_memory():
    nearest = NearestPairs(2, 5, 8, spare=0)
    for start in range(0, 10_000, 1000):
        rows = np.arange(start, start + 1000)
        nearest.add(rows % 2, rows, np.zeros(1000, np.int32))
        assert nearest.waiting <= 20
    assert nearest.pairs()[1].tolist() == [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
