import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.photos import splits
from photoplanet.photos.splits import folds, split, unseen, validation_mask
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
    mask = validation_mask(table, share, seed)
    assert 0 < mask.sum() < len(rows)
    order = data.draw(st.permutations(range(len(rows))))
    assert np.array_equal(validation_mask(table.take(pa.array(order)), share, seed), mask[order])
    if len({row["album"] for row in rows}) == 1:
        return  # a single folder: its photos are on both sides
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


def test_one_photographer_is_split_by_album_and_one_album_by_photos():
    table = from_rows([{"photo_id": str(i), "photographer": "me", "album": f"trip {i // 10}"} for i in range(50)])
    mask = validation_mask(table, 0.2)
    assert mask.reshape(5, 10).all(axis=1).sum() == 1 == mask.sum() / 10
    assert validation_mask(table.slice(0, 10), 0.2).sum() == 2
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


PARIS, SYDNEY, LIMA = (48.86, 2.35), (-33.87, 151.21), (-12.05, -77.04)


def _placed(*albums):
    """Photos of albums given as (place, photos, …): an album may lie in several places."""
    rows = []
    for number, parts in enumerate(albums):
        for place, count in zip(parts[::2], parts[1::2], strict=True):
            rows += [{"album": f"album {number}", "latitude": place[0], "longitude": place[1]}] * count
    return from_rows([{"photo_id": f"{i:05}", **row} for i, row in enumerate(rows)])


def _sides(table, mask):
    return [[part[name].to_numpy() for name in ("latitude", "longitude")]
            for part in (table.filter(pa.array(~mask)), table.filter(pa.array(mask)))]  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
def test_every_region_is_on_both_sides(seed):
    table = _placed(*[(PARIS, 5)] * 20, *[(SYDNEY, 4)] * 10, *[(LIMA, 3)] * 2)
    mask = validation_mask(table, 0.1, seed)
    region = splits.regions(table["latitude"].to_numpy(), table["longitude"].to_numpy())
    assert set(region[mask]) == set(region[~mask]) == {0, 1, 2}
    assert mask.sum() == 10 + 4 + 3, "a tenth of the large ones, and one album of the small one"
    training, held_out = _sides(table, mask)
    assert not unseen(*training, *held_out).any()


@pytest.mark.parametrize("seed", range(10))
def test_a_region_never_loses_its_last_album_while_others_can_be_held_out(seed):
    table = _placed(*[(PARIS, 5)] * 20, (LIMA, 2), (SYDNEY, 4, PARIS, 1))
    mask = validation_mask(table, 0.1, seed)
    assert mask.sum() == 10 and not mask[100:].any()


def test_where_every_album_is_the_only_one_of_its_region_that_is_said():
    table = _placed((PARIS, 5), (SYDNEY, 4), (LIMA, 3))
    mask = validation_mask(table, 0.1)
    assert mask.sum() == 3
    found = splits.facts(*split(table, 0.1))
    assert found["validation_unseen"] == 3 and found["regions"] == 2
    lines = list(splits.lines(found))
    assert lines[0] == "held out: 3 of 12 photos (1 group, by album) in 1 region; training has 2 regions"
    assert lines[-1].startswith("3 of 3 validation photos are in regions without training photos")


def test_small_regions_hold_out_no_more_than_twice_the_share_in_all():
    pairs = [((lat, lng), 1) for lat in range(-60, 60, 10) for lng in range(-170, 170, 20) for _ in range(2)]
    mask = validation_mask(_placed(*pairs), 0.1)
    assert 0.19 * len(mask) <= mask.sum() <= 0.2 * len(mask)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), count=st.integers(2, 6), seed=st.integers(0, 3))
def test_folds_keep_groups_whole_and_regions_on_both_sides(data, count, seed):
    albums = data.draw(st.lists(st.tuples(st.sampled_from([PARIS, SYDNEY, LIMA]), st.integers(1, 6)), min_size=2,
                                max_size=30))  # fmt: skip
    table = _placed(*albums)
    lat, lng, group = table["latitude"].to_numpy(), table["longitude"].to_numpy(), splits.groups(table)
    fold = folds(group, lat, lng, count, seed)
    assert len(set(zip(group.tolist(), fold.tolist(), strict=True))) == len(set(group.tolist()))
    assert set(fold) == set(range(min(count, len(albums))))
    region = splits.regions(lat, lng)
    for each in set(region):
        own = len({int(g) for g in group[region == each]})
        assert len(set(fold[region == each])) == min(count, own), "dealt out as far as its groups go"
    order = data.draw(st.permutations(range(len(group))))
    assert np.array_equal(folds(group[order], lat[order], lng[order], count, seed), fold[order])


def test_folds_of_equal_groups_are_of_equal_size_and_follow_the_seed():
    lat, lng = np.full(400, 48.9), np.linspace(0, 30, 400)
    first = folds(np.arange(400) // 2, lat, lng, 4, 0)
    assert np.ptp(np.bincount(first)) <= 8 and (folds(np.arange(400) // 2, lat, lng, 4, 1) != first).any()
    assert folds([], [], [], 3).size == 0 and folds([7], [0.0], [0.0], 3).tolist() == [0]
    with pytest.raises(InputError, match="2 or more"):
        folds([0, 1], [0, 0], [0, 0], 1)


def test_unseen_is_by_distance_also_across_the_date_line_and_with_many_photos():
    random = np.random.default_rng(0)
    lat, lng = np.degrees(np.arcsin(random.uniform(-1, 1, (2, 300)))), random.uniform(-180, 180, (2, 300))
    nearest = geodesy.distance_km(lat[0][:, None], lng[0][:, None], lat[1], lng[1]).min(axis=0)
    assert np.array_equal(unseen(lat[0], lng[0], lat[1], lng[1]), nearest > 200)
    assert unseen([0.0], [179.9], [0.0, 0.0], [-179.9, -178.0]).tolist() == [False, True]
    many = np.full(100_001, 48.9), np.linspace(2.3, 2.4, 100_001)
    assert unseen(*many, [48.9, 0.0], [2.0, 0.0]).tolist() == [False, True]
    assert unseen([], [], [1.0], [1.0]).tolist() == [True]
