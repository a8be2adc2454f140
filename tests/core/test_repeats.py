import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.core import repeats

TEXTS = st.lists(st.lists(st.sampled_from(["", "a", "b", "é", None, "long " * 9]), max_size=6), max_size=5)


def expected(texts):
    seen, found = set(), []
    for text in texts:
        found.append(text in seen)
        seen.add(text)
    return found


@given(TEXTS, st.integers(1, 4))
def test_as_a_set_of_python_says_in_any_number_of_parts(chunks, at_a_time):
    column = pa.chunked_array(chunks, pa.string())
    assert repeats.repeated(column, at_a_time).tolist() == expected(column.to_pylist())


@pytest.mark.parametrize("at_a_time", [3, 100])
def test_a_collision_of_hashes_is_not_a_repetition(monkeypatch, at_a_time):
    """All hashes are equal: the texts themselves must tell."""
    monkeypatch.setattr(repeats, "hashed", lambda texts: np.zeros(len(texts), np.uint64))
    column = pa.chunked_array([["a", "b", "a"], ["c", "b"]])
    assert repeats.repeated(column, at_a_time).tolist() == [False, False, True, False, True]


def test_texts_with_64_bit_offsets():
    column = pa.chunked_array([["a"], ["a"]], pa.large_string())
    assert repeats.repeated(column).tolist() == [False, True]
