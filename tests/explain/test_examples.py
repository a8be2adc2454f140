import numpy as np
import pytest

import photoplanet as pp
from photoplanet.errors import InputError
from photoplanet.explain.examples import WITHIN_KM, examples
from photoplanet.explain.gallery import gallery


@pytest.fixture(scope="module")
def model(tiny_model):
    return pp.load(tiny_model)


def plain(*colour):
    return np.full((16, 16, 3), colour, np.uint8)


def test_each_cell_gives_its_most_confident_photo_of_each_kind(model, tiny_cities):
    """Red is Paris and green Rio to the model, the more so the brighter."""
    photos = [plain(200, 0, 0), plain(255, 0, 0), plain(255, 0, 0), plain(0, 255, 0), "gone.jpg"]
    cities = ["Paris", "Paris", "Sydney", "Tokyo", "Paris"]
    lat, lng = np.transpose([tiny_cities[city] for city in cities])
    right, wrong = examples(model.locate_many(photos), lat, lng, 10)
    assert [each.source is photos[1] for each in right] == [True]
    assert [each.km > 9000 for each in wrong] == [True, True]
    assert wrong[0].confidence >= wrong[1].confidence
    assert {each.best.near.country for each in wrong} == {"France", "Brazil"}
    assert len(examples(model.locate_many(photos), lat, lng, 1)[1]) == 1


def test_right_means_within_the_citys_25_km(model, tiny_cities):
    assert WITHIN_KM == 25
    lng = tiny_cities["Paris"][1]
    north = model.locate(plain(255, 0, 0)).point[0] + np.array([24.9, 25.1]) / 111.195
    for latitude, kind in zip(north, (0, 1), strict=True):
        found = examples(model.locate_many([plain(255, 0, 0)]), np.array([latitude]), np.array([lng]), 5)
        assert [len(each) for each in found] == [1 - kind, kind]


def test_a_gallery_needs_a_photo_a_cell(model):
    with pytest.raises(InputError, match="1 photo a cell"):
        gallery([], photos=0)
    assert gallery([("broken", InputError("no photo"))]) == {}
