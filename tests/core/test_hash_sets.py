import random

import pytest

from photoplanet.core.hash_sets import HashSet


@pytest.mark.parametrize("in_memory", [0, 7, 10**6])
def test_as_a_set_of_python_says_in_memory_and_on_disk(in_memory):
    draw, known, seen = random.Random(0), set(), HashSet(in_memory)
    for _ in range(3000):
        number = draw.choice([draw.randrange(-(2**63), 2**63), draw.randrange(500), -(2**63), 0])
        assert seen.add(number) == (number not in known)
        known.add(number)
    assert len(seen) == len(known)
