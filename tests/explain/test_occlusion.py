import numpy as np
import pytest
from PIL import Image

import photoplanet as pp
from photoplanet.errors import InputError
from photoplanet.explain.occlusion import GREY, occlude
from photoplanet.show.overlay import SIDE, overlay, write_overlay


@pytest.fixture(scope="module")
def model(tiny_model):
    return pp.load(tiny_model)


@pytest.fixture
def halves():
    """Left half red (speaks for Paris), right half blue (for Sydney), a little more red; 16 px as the model takes."""
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:, :9, 0] = 255
    pixels[:, 9:, 2] = 255
    return pixels


def confidence(model, pixels, token):
    found = model.locate(pixels)
    names = pp.cells.token(model.partition.ids).tolist()
    return float(found.probabilities[names.index(token)])


def test_each_pixel_has_the_mean_confidence_of_the_boxes_that_hide_it(model, halves):
    found = occlude(model, halves, positions=3, box=0.25)  # boxes of 4 px at 0, 6 and 12
    assert found.heat.shape == (16, 16) and found.heat.dtype == np.float32
    assert found.whole == pytest.approx(confidence(model, halves, found.token), abs=1e-6)
    for row in range(16):
        for column in range(16):
            hiding = [
                (top, left)
                for top in (0, 6, 12)
                for left in (0, 6, 12)
                if top <= row < top + 4 and left <= column < left + 4
            ]
            expected = []
            for top, left in hiding:
                hidden = halves.copy()
                hidden[top : top + 4, left : left + 4] = GREY
                expected.append(confidence(model, hidden, found.token))
            assert found.heat[row, column] == pytest.approx(np.mean(expected) if expected else found.whole, abs=1e-5)


def test_what_speaks_for_the_place_and_what_misleads_are_told_apart(model, halves):
    found = occlude(model, halves, positions=7, box=0.25)
    assert not found.true and found.latitude == pytest.approx(48.86, abs=0.01)
    assert [spot.change < 0 for spot in found.supports] == [True] * 3
    assert [spot.change > 0 for spot in found.misleads] == [True] * 3
    assert all(spot.box[2] <= 9 for spot in found.supports) and all(spot.box[0] >= 9 for spot in found.misleads)
    for spots in (found.supports, found.misleads):
        sizes = [abs(spot.change) for spot in spots]
        assert sizes == sorted(sizes, reverse=True)
        for one in spots:
            for other in spots:
                apart = one.box[2] <= other.box[0] or other.box[2] <= one.box[0]
                assert one is other or apart or one.box[3] <= other.box[1] or other.box[3] <= one.box[1]


def test_the_true_cell_is_looked_at_where_the_place_is_known(model, halves, tiny_cities):
    found = occlude(model, halves, truth=tiny_cities["Sydney"], positions=5)
    assert found.true and found.latitude == pytest.approx(-33.87, abs=0.01)
    assert all(spot.box[2] > 9 for spot in found.supports)  # the blue side speaks for Sydney
    assert found.to_dict()["cell_is"] == "true"


def test_what_hides_is_grey_so_that_it_says_neither_dark_nor_light(model):
    """To the model a black photo is from Tokyo: a grey box speaks against that, a black one would change nothing."""
    assert GREY == 128
    found = occlude(model, np.zeros((16, 16, 3), np.uint8), positions=4)
    assert found.misleads == [] and len(found.supports) == 3  # any box makes a black photo less black
    white = occlude(model, np.full((16, 16, 3), 255, np.uint8), positions=4)
    assert not np.allclose(white.heat, white.whole)


def test_a_grey_photo_has_no_part_that_matters(model):
    found = occlude(model, np.full((16, 16, 3), 128, np.uint8))
    assert found.supports == [] and found.misleads == [] and np.allclose(found.heat, found.whole)
    assert overlay(np.full((16, 16, 3), GREY, np.uint8), found, model.info.preprocessing).size[0] > 2 * SIDE


@pytest.mark.parametrize(
    ("options", "words"),
    [({"positions": 1}, "positions"), ({"positions": 10_000}, "positions"), ({"box": 0}, "box"), ({"box": 1}, "box"),
     ({"truth": (0.0, 0.0)}, "outside every cell")],
)  # fmt: skip
def test_impossible_requests_are_refused(model, halves, options, words):
    with pytest.raises(InputError, match=words):
        occlude(model, halves, **options)


def test_the_picture_shows_the_orange_where_hiding_costs_confidence(model, halves, tmp_path):
    photo = Image.fromarray(halves)
    found = occlude(model, photo, box=0.25)
    path = write_overlay(tmp_path / "why.png", overlay(photo, found, model.info.preprocessing, "Paris"))
    with Image.open(path) as picture:
        pixels = np.asarray(picture).astype(int)
    left, right = pixels[200, SIDE + 24 + 30], pixels[200, SIDE + 24 + SIDE - 30]
    assert left[0] > left[2] and right[2] > right[0]
    with pytest.raises(InputError, match="ends in"):
        write_overlay(tmp_path / "why.gif", photo)


def test_every_confidence_counts_what_is_unknown(doubting_model, halves):
    model = pp.load(doubting_model)
    found = occlude(model, halves, positions=2, box=0.5)
    whole = model.locate(halves)
    assert found.unknown == whole.unknown and found.to_dict()["unknown"] == pytest.approx(whole.unknown, rel=1e-3)
    assert found.whole == pytest.approx((1 - whole.unknown) * confidence(model, halves, found.token), abs=1e-6)
    hidden = halves.copy()
    hidden[:8, :8] = GREY
    part = model.locate(hidden)
    expected = (1 - part.unknown) * confidence(model, hidden, found.token)
    assert found.heat[0, 0] == pytest.approx(expected, abs=1e-6)
