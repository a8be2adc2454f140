import numpy as np
import pytest

from photoplanet.earth import coast, geodesy, land


def read(data):
    """(rings, borders) of a piece, each (n, 2): units eastwards and southwards."""
    values, value, place = [], 0, 0
    for byte in data:
        value |= (byte & 127) << place
        place += 7
        if byte < 128:
            values.append(-(value + 1) // 2 if value & 1 else value >> 1)
            value, place = 0, 0
    assert place == 0
    left = iter(values)
    lines = [
        [
            np.cumsum([[next(left), next(left)] for _ in range(count)], axis=0)
            for count in (next(left) for _ in range(next(left)))
        ]
        for _ in range(2)
    ]
    assert next(left, None) is None
    return lines


def numbers(latitude, longitude):
    row, column = (90 - latitude) // coast.SIDE, (longitude + 180) // coast.SIDE
    return (row * coast.COLUMNS + column).astype(int)


def is_land(latitude, longitude):
    """Whether the finer ground has land at a point: how often its rings go around it."""
    number = int(numbers(np.float64(latitude), np.float64(longitude)))
    row, column = divmod(number, coast.COLUMNS)
    x = (longitude - (column * coast.SIDE - 180)) / coast.UNIT
    y = ((90 - row * coast.SIDE) - latitude) / coast.UNIT
    turns = 0
    for ring in read(coast.piece(number))[0]:
        one, other = ring, np.roll(ring, -1, axis=0)
        up, down = (one[:, 1] <= y) & (other[:, 1] > y), (one[:, 1] > y) & (other[:, 1] <= y)
        side = (other[:, 0] - one[:, 0]) * (y - one[:, 1]) - (x - one[:, 0]) * (other[:, 1] - one[:, 1])
        turns += int(np.sum(up & (side > 0))) - int(np.sum(down & (side < 0)))
    return turns != 0


def test_the_pieces_are_small_and_stay_within_their_squares():
    with np.load(coast.__file__.replace("coast.py", "coast.npz"), allow_pickle=False) as file:
        assert file["bytes"].nbytes < 900_000 and len(file["ends"]) == coast.ROWS * coast.COLUMNS
    far = coast.SIDE / coast.UNIT + coast.MARGIN
    for number in range(0, coast.ROWS * coast.COLUMNS, 7):
        for ring in read(coast.piece(number))[0]:
            assert len(ring) >= 3 and ring.min() >= -coast.MARGIN and ring.max() <= far


@pytest.mark.parametrize(
    ("latitude", "longitude", "there"),
    [(38.72, -9.14, True), (38.72, -9.6, False),  # Lisbon, and the sea before it
     (41.5, 50.5, False), (45.5, 34.2, True),  # the Caspian Sea is a hole; Crimea
     (68.5, 179.9, True), (68.5, -179.9, True), (71.0, -179.9, True),  # Chukotka on both sides of 180°; Wrangel
     (-17.8, 178.1, True), (-18.5, 179.9, False),  # Fiji
     (-84.0, 0.1, True), (-78.0, 100.0, True), (86.0, 0.0, False),  # towards the poles
     (5.0, 0.0, False), (5.0, 40.0, True), (55.0, 37.5, True)],
)  # fmt: skip
def test_what_is_land_is_land(latitude, longitude, there):
    assert is_land(latitude, longitude) is there


def test_the_finer_ground_is_that_of_the_coarse_one():
    random = np.random.default_rng(5)
    latitude = np.degrees(np.arcsin(random.uniform(-0.99, 0.99, 1500)))
    longitude = random.uniform(-180, 180, 1500)
    fine = np.array([is_land(*point) for point in zip(latitude, longitude, strict=True)])
    coarse = np.zeros(1500, int)
    for ring_lat, ring_lng in land.outlines()[0]:
        crosses = (ring_lng[:-1, None] > longitude) != (ring_lng[1:, None] > longitude)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (ring_lat[1:] - ring_lat[:-1]) / (ring_lng[1:] - ring_lng[:-1])
            at = ring_lat[:-1, None] + (longitude - ring_lng[:-1, None]) * slope[:, None]
        coarse += np.sum(crosses & (at > latitude), axis=0)
    assert 0.27 < fine.mean() < 0.31  # 29 % of the Earth
    assert np.mean(fine == (coarse % 2 == 1)) > 0.985


def test_the_nearest_pieces_come_first_and_fill_no_more_than_their_room():
    found = coast.near([38.7, -16.8], [-9.1, 179.9], 60_000)
    assert set(found[:2]) == set(numbers(np.array([38.7, -16.8]), np.array([-9.1, 179.9])))
    assert int(numbers(np.array(-16.8), np.array(-179.9))) in found[:12]  # across 180°
    assert sum(len(coast.piece(number)) for number in found) <= 60_000
    rows, columns = np.divmod(found, coast.COLUMNS)
    middle = 90 - coast.SIDE * (rows + 0.5), coast.SIDE * (columns + 0.5) - 180
    away = np.minimum(*(geodesy.distance_km(*point, *middle) for point in ((38.7, -9.1), (-16.8, 179.9))))
    assert away.max() < 3000
    assert coast.near([], [], 60_000) == [] and coast.near([38.7], [-9.1], 0) == []


def test_a_pole_and_the_meridian_of_180_have_pieces():
    for point in ((90.0, 180.0), (-90.0, -180.0), (0.0, 180.0)):
        assert coast.near([point[0]], [point[1]], 100_000)
    for number in (-1, coast.ROWS * coast.COLUMNS):
        with pytest.raises(IndexError, match="2592 pieces"):
            coast.piece(number)
