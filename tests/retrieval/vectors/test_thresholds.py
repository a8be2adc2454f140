"""What docs/embeddings.md promises in figures, and the rules of the combined readout: each test pins one."""

import numpy as np
import pytest

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.retrieval.vectors.vector_index import VectorIndex
from photoplanet.retrieval.vectors.within_cell_search import PhotosByCell, locate

USUAL = 2.0  # squared distance of two random unit vectors


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def vectors(n, d=32):
    return unit(np.random.default_rng(0).normal(size=(n, d)))


def test_below_1000_photos_a_compressed_kind_is_exact():
    assert VectorIndex.build(vectors(999), "ivf").bytes_per_photo == 32
    assert VectorIndex.build(vectors(1000), "ivf").bytes_per_photo != 32
    assert VectorIndex.build(vectors(999), "pq").bytes_per_photo == 32


def test_a_query_reads_16_of_the_inverted_lists():
    import faiss

    made = VectorIndex.build(vectors(4096), "ivf")
    faiss.cvar.indexIVF_stats.reset()
    made.search(vectors(1), 5)
    assert faiss.cvar.indexIVF_stats.nlist == 16


def at_squared_distance(squared):
    """A unit vector (16,) at this squared distance from the first axis."""
    cosine = 1 - squared / 2
    found = np.zeros(16)
    found[0], found[1] = cosine, np.sqrt(1 - cosine**2)
    return found


def one_cell(offsets_km, squared):
    """A cell whose mean position is 48.9° N 2.35° E; photos north of it by km, at squared distances from the query."""
    lat = 48.9 + np.degrees(np.array([-20.0, 20.0]) / geodesy.EARTH_RADIUS_KM)
    partition = Partition.uniform(lat, np.full(2, 2.35), level=4, min_photos=1)
    assert len(partition) == 1
    north = 48.9 + np.degrees(np.array(offsets_km) / geodesy.EARTH_RADIUS_KM)
    looks = np.array([at_squared_distance(each) for each in squared], np.float32)
    photos = PhotosByCell(looks, north, np.full(len(north), 2.35), partition)
    photos.usual = USUAL
    query = np.zeros((1, 16), np.float32)
    query[0, 0] = 1
    lat, _, rows = locate(np.ones((1, 1)), query, partition, photos)
    return geodesy.distance_km(lat[0], 2.35, 48.9, 2.35), int(rows[0])


@pytest.mark.parametrize(("share", "photo_wins"), [(0.48, True), (0.52, False)])
def test_a_photo_outweighs_the_cells_mean_below_half_the_usual_distance(share, photo_wins):
    km, _ = one_cell([15.0], [share * USUAL])
    assert km == pytest.approx(15 if photo_wins else 0, abs=0.1)


@pytest.mark.parametrize(("count", "share", "photos_win"), [(2, 0.525, True), (3, 0.56, False)])
def test_a_photos_weight_falls_by_e_in_a_twentieth_of_the_usual_distance(count, share, photos_win):
    km, _ = one_cell([15.0] * count, [share * USUAL] * count)
    assert km == pytest.approx(15 if photos_win else 0, abs=0.1)


@pytest.mark.parametrize(("km", "row"), [(0.95, 0), (1.05, -1)])
def test_a_photo_within_a_kilometre_supports_the_answer(km, row):
    away, supporter = one_cell([km], [0.6 * USUAL])
    assert away == pytest.approx(0, abs=0.01) and supporter == row


class Asked(PhotosByCell):
    """Remembers how many photos of which cell were asked for."""

    def nearest(self, vector, cell, k, exclude=()):
        self.asked.append((cell, k))
        return super().nearest(vector, cell, k, exclude)


def test_the_64_likeliest_cells_are_searched_for_32_photos_each():
    lat, lng = (side.ravel() for side in np.meshgrid(np.arange(-40, 40, 8.0), np.arange(-100, 100, 10.0)))
    partition = Partition.uniform(lat, lng, level=5, min_photos=1)
    assert len(partition) > 80
    photos = Asked(vectors(len(lat), 16), lat, lng, partition)
    photos.asked = []
    mass = np.random.default_rng(1).dirichlet(np.ones(len(partition)))
    locate(mass[None], vectors(1, 16), partition, photos)
    assert {cell for cell, _ in photos.asked} == set(np.argsort(-mass)[:64].tolist())
    assert len(photos.asked) == 64 and {k for _, k in photos.asked} == {32}


def test_excluded_photos_are_passed_over_and_others_take_their_place():
    lat, lng = np.full(3, 48.9), np.full(3, 2.35)
    partition = Partition.uniform(lat, lng, level=4, min_photos=1)
    photos = PhotosByCell(np.eye(3, dtype=np.float32), lat, lng, partition)
    query = np.array([[0.9, 0.4, 0.1]], np.float32)
    asked = {exclude: int(locate(np.ones((1, 1)), unit(query), partition, photos, exclude)[2][0])
             for exclude in ((), (0,), (0, 1), (0, 1, 2))}  # fmt: skip
    assert asked == {(): 0, (0,): 1, (0, 1): 2, (0, 1, 2): -1}
