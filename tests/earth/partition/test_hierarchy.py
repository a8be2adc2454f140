"""Hierarchies: nested, made of whole cells, and as the recursion would split them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.hierarchy import Hierarchy, default_max_photos
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError


def clustered(n=20_000, seed=1):
    rng = np.random.default_rng(seed)
    centre = rng.integers(0, 30, n)
    lat = rng.uniform(-70, 70, 30)[centre] + rng.normal(0, 2, n)
    return lat, np.clip(rng.uniform(-170, 170, 30)[centre] + rng.normal(0, 2, n), -180, 180)


@pytest.fixture(scope="module", params=["adaptive", "uniform"])
def part(request):
    if request.param == "adaptive":
        return Partition.adaptive(*clustered(), 200, 10)
    return Partition.uniform(*clustered(), 6, 10)


def test_every_level_is_made_of_whole_cells_of_the_next(part):
    tree = Hierarchy.from_partition(part, (500, 4000, 1000))
    assert len(tree) == 4 and tree.levels[-1] is part and (tree.parents[-1] == np.arange(len(part))).all()
    sizes = [len(level) for level in tree.levels]
    assert sizes == sorted(sizes) and sizes[0] < len(part)
    for level, parents in zip(tree.levels, tree.parents, strict=True):
        assert parents.dtype == np.int32
        assert (level.assign(*part.centers.T) == parents).all()
        assert (cells.range_min(level.ids)[parents] <= cells.range_min(part.ids)).all()
        assert (cells.range_max(level.ids)[parents] >= cells.range_max(part.ids)).all()
        assert (np.bincount(parents, part.photo_counts) == level.photo_counts).all()
    for finer, coarser in zip(tree.parents[1:], tree.parents[:-1], strict=True):
        assert all(len(np.unique(coarser[finer == row])) == 1 for row in range(finer.max() + 1))


def test_a_coarse_cell_is_full_only_where_it_cannot_be_split(part):
    coarse = Hierarchy.from_partition(part, 1000).levels[0]
    over = coarse.photo_counts > 1000
    assert np.isin(coarse.ids[over], part.ids).all()
    splittable = cells.level(coarse.ids) > 0
    parents = cells.parent(coarse.ids[splittable], cells.level(coarse.ids[splittable]) - 1)
    low, high = cells.range_min(parents), cells.range_max(parents)
    held = [int(part.photo_counts[(part.ids >= a) & (part.ids <= b)].sum()) for a, b in zip(low, high, strict=True)]
    assert min(held) > 1000  # otherwise the parent need not have been split


def test_means_of_coarse_cells_are_means_of_their_photos(part):
    tree = Hierarchy.from_partition(part, 3000)
    lat, lng = clustered()
    classes = part.assign(lat, lng)
    lat, lng, above = lat[classes >= 0], lng[classes >= 0], tree.parents[0][classes[classes >= 0]]
    for row, mean in enumerate(tree.levels[0].means):
        expected = geodesy.mean(lat[above == row], lng[above == row])
        size = np.sqrt(cells.area_km2(tree.levels[0].ids[row]))
        assert geodesy.distance_km(*mean, *expected) < 0.01 * size


def test_the_default_merges_where_there_is_something_to_merge(part):
    tree = Hierarchy.default(part)
    assert [level.made["max_photos"] for level in tree.levels[:-1]] == list(default_max_photos(part))
    sizes = [len(level) for level in tree.levels]
    assert sizes == sorted(set(sizes)) and len(tree) >= 2
    assert default_max_photos(tree.levels[0]) in ((), default_max_photos(part)[:1])


def test_the_default_levels_hold_a_thirtieth_and_a_250th_of_the_photos():
    rng = np.random.default_rng(0)
    fine = Partition.uniform(rng.uniform(-80, 80, 30_000), rng.uniform(-179, 179, 30_000), 6, 1)
    assert default_max_photos(fine) == (1000, 120)


def test_cells_without_photos_count_alike():
    part = Partition.from_cells(cells.children(cells.children(cells.from_token("1"))).ravel())
    tree = Hierarchy.from_partition(part, (4, 20))
    assert [len(level) for level in tree.levels] == [1, 4, 16]
    assert (tree.levels[0].photo_counts == 0).all()
    np.testing.assert_allclose(tree.levels[0].means, [[0, 0]], atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=30),
    st.lists(st.integers(1, 40), max_size=3),
)
def test_any_partition_has_any_hierarchy(places, limits):
    lat, lng = np.array(places).T
    part = Partition.adaptive(lat, lng, 2, 1)
    tree = Hierarchy.from_partition(part, limits)
    for level, parents in zip(tree.levels, tree.parents, strict=True):
        assert (level.assign(*part.centers.T) == parents).all()


@pytest.mark.parametrize("limit", [0, 2.5, "many", -3])
def test_limits_that_make_no_sense_are_refused(limit):
    with pytest.raises(InputError, match="max_photos"):
        Hierarchy.from_partition(Partition.from_cells([1 << 60]), [limit])
