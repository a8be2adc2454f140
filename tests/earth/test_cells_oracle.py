"""Cell ids against Google's own s2geometry: a million points, bit by bit, and the shapes of cells."""

import numpy as np
import pytest
import s2geometry as s2

from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition import points

RNG_SEED = 20160408


def official(lat, lng):
    make, id_of = s2.S2LatLng.FromDegrees, s2.S2CellId
    return np.array([id_of(make(a, b)).id() for a, b in zip(lat.tolist(), lng.tolist(), strict=True)], np.uint64)


def nudged(lat, lng, rng):
    """Each point moved by −2…2 units in the last place, and kept on the Earth."""
    for _ in range(2):
        lat = np.where(rng.random(len(lat)) < 0.5, np.nextafter(lat, rng.choice([-90.0, 90.0], len(lat))), lat)
        lng = np.where(rng.random(len(lng)) < 0.5, np.nextafter(lng, rng.choice([-180.0, 180.0], len(lng))), lng)
    return np.clip(lat, -90, 90), np.clip(lng, -180, 180)


def over_the_sphere(n, rng):
    return np.degrees(np.arcsin(rng.uniform(-1, 1, n))), rng.uniform(-180, 180, n)


def random_cells(n, rng):
    return cells.parent(cells.from_latlng(*over_the_sphere(n, rng)), rng.integers(0, 31, n))


def corners(n, rng):
    shape = cells.vertices(random_cells(n, rng))[np.arange(n), rng.integers(0, 4, n)]
    return nudged(shape[:, 0], shape[:, 1], rng)


def sides(n, rng):
    """Points along the great circle between two corners of a cell, or right in its middle."""
    xyz = cells.vertices(random_cells(n, rng))
    first, second = rng.integers(0, 4, n), rng.integers(0, 4, n)
    a, b = (geodesy.to_xyz(*np.moveaxis(xyz[np.arange(n), k], -1, 0)) for k in (first, second))
    share = rng.choice([0.25, 0.5, rng.random()], n)[:, None]
    return nudged(*geodesy.from_xyz(a + share * (b - a)), rng)


def centres(n, rng):
    return nudged(*cells.center(random_cells(n, rng)), rng)


def face_edges(n, rng):
    """The meridians ±45° and ±135°, and the arcs tan(latitude) = ±cos(longitude from the face's middle)."""
    lng = rng.uniform(-180, 180, n)
    arc = np.degrees(np.arctan(np.cos(np.radians(lng - 90 * np.round(lng / 90))))) * rng.choice([-1, 1], n)
    on_arc = rng.random(n) < 0.5
    lng = np.where(on_arc, lng, rng.choice([-135.0, -45.0, 45.0, 135.0], n))
    return nudged(np.where(on_arc, arc, rng.uniform(-90, 90, n)), lng, rng)


def special_places(n, rng):
    """Poles, the antimeridian, the equator, whole degrees, the cube's corners, and specks beside them."""
    cube_corner = np.degrees(np.arctan(np.sqrt(0.5)))
    lat = rng.choice([-90.0, 90.0, 0.0, -0.0, 45.0, -45.0, cube_corner, -cube_corner, 5e-324, -1e-300, 1e-17], n)
    lng = rng.choice([-180.0, 180.0, 0.0, -0.0, 90.0, -90.0, 45.0, -45.0, 135.0, -135.0, 5e-324, -1e-300, 1e-17], n)
    whole = rng.random(n) < 0.3
    lat = np.where(whole, rng.integers(-90, 91, n), lat).astype(np.float64)
    lng = np.where(rng.random(n) < 0.3, rng.integers(-180, 181, n), lng).astype(np.float64)
    speck = np.where(rng.random(n) < 0.3, 10.0 ** rng.uniform(-18, -3, n), 0)
    return nudged(np.clip(lat + speck * rng.choice([-1, 1], n), -90, 90), lng, rng)


def beside_sides(n, rng):
    """Centimetres to metres from a corner of a cell of level 14 or above, where single precision is in doubt."""
    ids = cells.from_latlng(*over_the_sphere(n, rng))
    corner = cells.vertices(cells.ancestor(ids, rng.integers(1, 15, n)))[np.arange(n), rng.integers(0, 4, n)]
    step = rng.choice([-1, 1], (n, 2)) * 10.0 ** rng.uniform(-7, -3.5, (n, 2))
    return np.clip(corner[:, 0] + step[:, 0], -90, 90), np.clip(corner[:, 1] + step[:, 1], -180, 180)


def as_cameras_write(n, rng):
    lat, lng = over_the_sphere(n, rng)
    digits = rng.integers(0, 8, n)
    return np.round(lat * 10.0**digits) / 10.0**digits, np.clip(np.round(lng * 10.0**digits) / 10.0**digits, -180, 180)


@pytest.mark.parametrize(
    ("kind", "n"),
    [
        (over_the_sphere, 150_000), (corners, 200_000), (sides, 150_000), (beside_sides, 100_000), (centres, 100_000),
        (face_edges, 100_000), (special_places, 100_000), (as_cameras_write, 100_000),
    ],
)  # fmt: skip
def test_every_bit_of_an_id_is_the_official_one(kind, n):
    lat, lng = kind(n, np.random.default_rng(RNG_SEED))
    ours, theirs = cells.from_latlng(lat, lng), official(lat, lng)
    different = np.flatnonzero(ours != theirs)
    assert not different.size, [(lat[k].hex(), lng[k].hex()) for k in different[:5]]
    assert (points.keyed(lat, lng).keys == theirs >> np.uint64(33)).all()  # the quick way to count is exact as well


@pytest.fixture(scope="module")
def some():
    """Cells of every level, and the same in s2geometry."""
    ids = np.append(random_cells(1500, np.random.default_rng(RNG_SEED)), np.uint64(1 << 60))
    return ids, [s2.S2CellId(int(number)) for number in ids]


def test_families_are_the_official_ones(some):
    ids, theirs = some
    assert cells.level(ids).tolist() == [cell.level() for cell in theirs]
    assert cells.token(ids).tolist() == [cell.ToToken() for cell in theirs]
    assert cells.range_min(ids).tolist() == [cell.range_min().id() for cell in theirs]
    assert cells.range_max(ids).tolist() == [cell.range_max().id() for cell in theirs]
    levels = cells.level(ids) // 2
    ours = cells.parent(ids, levels).tolist()
    assert ours == [cell.parent(int(level)).id() for cell, level in zip(theirs, levels, strict=True)]
    inner = [cell for cell in theirs if not cell.is_leaf()]
    ours = cells.children(ids[cells.level(ids) < 30]).tolist()
    assert ours == [[cell.child(k).id() for k in range(4)] for cell in inner]


def test_shapes_are_the_official_ones(some):
    ids, theirs = some
    centre = np.array([s2.S2Point_ToRaw(cell.ToPoint()) for cell in theirs])
    assert np.abs(geodesy.to_xyz(*cells.center(ids)) - centre).max() < 2e-15
    corner = np.array([[s2.S2Point_ToRaw(s2.S2Cell(cell).GetVertex(k)) for k in range(4)] for cell in theirs])
    ours = cells.vertices(ids)
    assert np.abs(geodesy.to_xyz(ours[..., 0], ours[..., 1]) - corner).max() < 2e-15
    area = np.array([s2.S2Cell(cell).ExactArea() for cell in theirs]) * geodesy.EARTH_RADIUS_KM**2
    coarse = cells.level(ids) < 12  # below, rounding of the official corners is larger than ours
    np.testing.assert_allclose(cells.area_km2(ids)[coarse], area[coarse], rtol=1e-11)
    np.testing.assert_allclose(cells.area_km2(ids), area, rtol=1e-6)


def test_which_numbers_are_ids_is_the_official_answer():
    rng = np.random.default_rng(RNG_SEED)
    numbers = rng.integers(0, 2**64, 3000, dtype=np.uint64) << rng.integers(0, 64, 3000).astype(np.uint64)
    assert cells.is_valid(numbers).tolist() == [s2.S2CellId(int(number)).is_valid() for number in numbers]
