import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.photos.splits import split, validation_mask
from photoplanet.photos.table import from_rows

names = st.one_of(st.none(), st.sampled_from(["", "a", "b", "c", "d", "e", "f", "g"]))


@settings(max_examples=100, deadline=None)
@given(
    groups=st.lists(st.tuples(names, names), min_size=2, max_size=40),
    share=st.floats(0.05, 0.6),
    seed=st.integers(0, 5),
    data=st.data(),
)
def test_no_album_nor_photographer_is_on_both_sides_in_any_row_order(groups, share, seed, data):
    rows = [{"photo_id": str(i), "photographer": p, "album": a} for i, (p, a) in enumerate(groups)]
    table = from_rows(rows)
    try:
        mask = validation_mask(table, share, seed)
    except InputError:
        assert len({row["album"] for row in rows}) == 1
        return
    assert 0 < mask.sum() < len(rows)
    order = data.draw(st.permutations(range(len(rows))))
    assert np.array_equal(validation_mask(table.take(pa.array(order)), share, seed), mask[order])
    sides = {(row["album"], bool(side)) for row, side in zip(rows, mask, strict=True) if row["album"]}
    assert len(sides) == len({album for album, _ in sides})


def test_photographers_who_share_albums_stay_together():
    chain = [{"photo_id": f"{i:03}", "photographer": f"p{i // 2}", "album": f"a{(i + 1) // 2}"} for i in range(100)]
    alone = [{"photo_id": f"x{i}", "photographer": f"q{i}"} for i in range(100)]
    train, validation = split(from_rows(chain + alone), 0.3)
    assert len(validation) == 60 and len(train) == 140
    assert all(photo_id.startswith("x") for photo_id in validation["photo_id"].to_pylist())


def test_photos_without_groups_split_at_the_share_and_by_seed():
    table = from_rows([{"photo_id": str(i)} for i in range(1000)])
    first, second = validation_mask(table, 0.1, 0), validation_mask(table, 0.1, 1)
    assert first.sum() == second.sum() == 100 and (first != second).any()
    assert not validation_mask(table, 0).any()


def test_one_photographer_is_split_by_album_and_one_album_is_refused():
    table = from_rows([{"photo_id": str(i), "photographer": "me", "album": f"trip {i // 10}"} for i in range(50)])
    mask = validation_mask(table, 0.2)
    assert mask.reshape(5, 10).all(axis=1).sum() == 1 == mask.sum() / 10
    with pytest.raises(InputError, match="one album"):
        validation_mask(table.slice(0, 10), 0.2)
    with pytest.raises(InputError, match="share"):
        validation_mask(table, 1.5)


def test_albums_larger_than_the_share_give_up_the_smallest():
    table = from_rows([{"photo_id": str(i), "album": "ab"[i < 30]} for i in range(100)])
    assert validation_mask(table, 0.01).sum() == 30


def test_an_empty_table_splits_into_two():
    train, validation = split(from_rows([]))
    assert len(train) == len(validation) == 0


@pytest.mark.parametrize("seed", range(5))
def test_albums_that_just_fit_are_taken_until_the_share_is_full(seed):
    rows = [{"photo_id": str(i), "album": "aabbcccccc"[i]} for i in range(10)]
    assert validation_mask(from_rows(rows), 0.4, seed).tolist() == [True] * 4 + [False] * 6
