"""Partitions against the paper's recursion written down plainly with s2geometry, and what a user relies on."""

import numpy as np
import pytest
import s2geometry as s2
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition import cell_splitting
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError


def clustered(n, seed=0):
    """Points around a few centres at scales from metres to continents, some of them repeated exactly."""
    rng = np.random.default_rng(seed)
    centre = rng.integers(0, 12, n)
    lat = rng.uniform(-80, 80, 12)[centre] + rng.normal(0, 1, n) * 10.0 ** rng.uniform(-5, 1, 12)[centre]
    lng = rng.uniform(-180, 180, 12)[centre] + rng.normal(0, 1, n) * 10.0 ** rng.uniform(-5, 1, 12)[centre]
    same = rng.random(n) < 0.2
    lat[same], lng[same] = lat[0], lng[0]
    return np.clip(lat, -90, 90), (lng + 180) % 360 - 180


def by_recursion(lat, lng, max_photos, min_photos, deepest=30):
    """§3 of the paper, word for word: {cell id: photos}."""
    leaves = [s2.S2CellId(s2.S2LatLng.FromDegrees(a, b)) for a, b in zip(lat.tolist(), lng.tolist(), strict=True)]
    kept = {}

    def visit(cell, inside):
        if len(inside) > max_photos and cell.level() < deepest:
            for k in range(4):
                child = cell.child(k)
                visit(child, [leaf for leaf in inside if child.contains(leaf)])
        elif len(inside) >= min_photos:
            kept[cell.id()] = len(inside)

    for face in range(6):
        cell = s2.S2CellId.FromFacePosLevel(face, 0, 0)
        visit(cell, [leaf for leaf in leaves if cell.contains(leaf)])
    return kept


@pytest.mark.parametrize(("max_photos", "min_photos"), [(2000, 1), (100, 5), (30, 30), (3, 1), (1, 1)])
def test_the_cells_are_those_of_the_papers_recursion(max_photos, min_photos):
    lat, lng = clustered(1500)
    part = Partition.adaptive(lat, lng, max_photos, min_photos)
    assert dict(zip(part.ids.tolist(), part.photo_counts.tolist(), strict=True)) == by_recursion(
        lat, lng, max_photos, min_photos
    )


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.integers(1, 9)), min_size=1, max_size=8),
    st.integers(1, 9),
)
def test_any_few_points_follow_the_recursion_too(places, max_photos):
    lat, lng = (np.repeat([place[k] for place in places], [place[2] for place in places]) for k in (0, 1))
    part = Partition.adaptive(lat, lng, max_photos, 1)
    assert dict(zip(part.ids.tolist(), part.photo_counts.tolist(), strict=True)) == by_recursion(
        lat, lng, max_photos, 1
    )


def test_by_default_a_cell_holds_at_most_10_000_photos_and_at_least_50():
    place = (48.8584, 2.2945)
    full = Partition.adaptive(*(np.full(10_000, degrees) for degrees in place))
    assert cells.level(full.ids).tolist() == [0] and full.photo_counts.tolist() == [10_000]
    split = Partition.adaptive(*(np.full(10_001, degrees) for degrees in place))
    assert cells.level(split.ids).tolist() == [cells.MAX_LEVEL]  # photos of one spot cannot be told apart
    assert len(Partition.adaptive(*(np.full(50, degrees) for degrees in place))) == 1
    with pytest.raises(InputError, match="min_photos 50 of the 49 photos"):
        Partition.adaptive(*(np.full(49, degrees) for degrees in place))


def test_scarce_memory_changes_the_passes_but_not_the_cells(monkeypatch):
    lat, lng = clustered(4000)
    expected = Partition.adaptive(lat, lng, 3, 1)
    monkeypatch.setattr(cell_splitting, "MERGE_AT", 50)
    monkeypatch.setattr(cell_splitting, "KEY_BITS", 9)
    monkeypatch.setattr(cell_splitting, "FIRST_DEPTH", 3)
    monkeypatch.setattr("photoplanet.earth.partition.partition.PIECE", 97)
    assert Partition.adaptive(lat, lng, 3, 1) == expected


@pytest.mark.parametrize("level", [0, 4, 13, 17, 30])
def test_uniform_cells_hold_the_points_of_their_level(level):
    lat, lng = clustered(1500)
    part = Partition.uniform(lat, lng, level, 3)
    ids, counts = np.unique(cells.from_latlng(lat, lng, level), return_counts=True)
    assert (part.ids == ids[counts >= 3]).all() and (part.photo_counts == counts[counts >= 3]).all()


@pytest.fixture(scope="module")
def part():
    return Partition.adaptive(*clustered(5000), 200, 20)


def test_assign_gives_the_class_that_holds_the_point_or_minus_one(part):
    lat, lng = clustered(5000)
    classes = part.assign(lat, lng)
    assert classes.dtype == np.int32
    assert (np.bincount(classes[classes >= 0], minlength=len(part)) == part.photo_counts).all()
    leaves = cells.from_latlng(lat, lng)
    inside = classes >= 0
    assert (leaves[inside] >= cells.range_min(part.ids)[classes[inside]]).all()
    assert (leaves[inside] <= cells.range_max(part.ids)[classes[inside]]).all()
    assert 0 < (~inside).sum() < 1000
    assert (part.assign(*part.centers.T) == np.arange(len(part))).all()
    assert part.assign(float(lat[0]), float(lng[0])) == classes[0]
    assert part.assign(lat.reshape(50, 100), lng.reshape(50, 100)).shape == (50, 100)
    assert part.assign([], []).shape == (0,)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 30)), min_size=1, max_size=20),
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), max_size=10),
)
def test_assign_agrees_with_looking_at_every_cell(places, others):
    ids: list[int] = []
    for lat, lng, level in places:
        cell = cells.from_latlng(lat, lng, level)
        if not any(
            cells.range_min(cell) <= cells.range_max(o) and cells.range_min(o) <= cells.range_max(cell) for o in ids
        ):
            ids.append(cell)
    part = Partition.from_cells(np.array(ids))
    for lat, lng in [place[:2] for place in places] + others:
        leaf = cells.from_latlng(lat, lng)
        hit = [row for row, c in enumerate(part.ids) if cells.range_min(c) <= leaf <= cells.range_max(c)]
        assert part.assign(lat, lng) == (hit[0] if hit else -1)


def test_millions_of_tiny_cells_are_looked_up_without_tables_of_their_own(monkeypatch):
    lat, lng = clustered(3000)
    part = Partition.uniform(lat, lng, 25, 1)
    expected = part.assign(lat, lng)
    assert (expected >= 0).all() and part.assign(lat[0] + 1e-5, lng[0]) == -1
    monkeypatch.setattr("photoplanet.earth.partition.lookup.MOST_ENTRIES", 1000)
    again = Partition.from_cells(part.ids)
    assert (again.assign(lat, lng) == expected).all() and again.assign(lat[0] + 1e-5, lng[0]) == -1


def test_means_are_the_spherical_means_of_the_photos(part):
    lat, lng = clustered(5000)
    classes = part.assign(lat, lng)
    for row in range(len(part)):
        expected = geodesy.mean(lat[classes == row], lng[classes == row])
        assert geodesy.distance_km(*part.means[row], *expected) < 1e-4


def test_any_disjoint_cells_make_a_partition_and_have_their_centres_as_means():
    ids = cells.from_token(["89c25", "3", "1"])
    part = Partition.from_cells(ids)
    assert cells.token(part.ids).tolist() == ["1", "3", "89c25"]
    assert (part.photo_counts == 0).all() and (part.means == part.centers).all() and len(part) == 3
    assert part.assign(0, 0) == 0
    assert part == Partition.from_cells(list(map(int, ids))) != Partition.from_cells(ids[:2])


@pytest.mark.parametrize(
    ("tokens", "says"),
    [(["89c25", "89c24", "5", "89c4"], "89c24 and 89c25"), (["1", "1"], "1 and 1"), ([], "at least one")],
)
def test_overlapping_cells_are_refused_by_name(tokens, says):
    with pytest.raises(InputError, match=says):
        Partition.from_cells(cells.from_token(tokens))


def test_what_is_no_cell_is_refused():
    with pytest.raises(InputError, match="row 1"):
        Partition.from_cells([1 << 60, 0])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((0, 1), "max_photos 0"), ((10, 0), "min_photos 0"), ((2.5, 1), "max_photos 2.5"), ((5, 6), "leaves no cell"),
        ((5000, 5000), "lower it"),
    ],
)  # fmt: skip
def test_limits_that_make_no_sense_are_refused(arguments, says):
    with pytest.raises(InputError, match=says):
        Partition.adaptive(*clustered(100), *arguments)


def test_bad_coordinates_are_refused_by_row():
    with pytest.raises(InputError, match="row 2"):
        Partition.adaptive([1, 2, 300], [1, 2, 3], 10, 1)
    with pytest.raises(InputError, match="none of the cells"):
        Partition.adaptive([], [], 10, 1)
    with pytest.raises(InputError, match="level 31"):
        Partition.uniform([1], [2], 31, 1)


def test_the_summary_has_the_facts_of_table_1b(part):
    facts = part.summary()
    assert facts["cells"] == len(part) == sum(facts["levels"].values())
    assert facts["photos"] == part.photo_counts.sum() and facts["made"]["photos"] == 5000
    assert facts["median_photos_per_cell"] == np.median(part.photo_counts)
    area = cells.area_km2(part.ids)
    assert facts["area_km2"] == {"min": area.min(), "median": np.median(area), "max": area.max()}
    assert facts["made"]["max_photos"] == 200 and f"{len(part):,} cells" in repr(part)


def test_a_partition_cannot_be_changed_by_accident(part):
    for array in (part.ids, part.photo_counts, part.centers, part.means):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
