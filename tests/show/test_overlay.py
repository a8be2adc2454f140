"""The picture of an occlusion map: which colour means what."""

import numpy as np
import pytest

from photoplanet.explain.occlusion import Occlusion, Spot
from photoplanet.photos.decode import Preprocessing
from photoplanet.show import overlay

GREY = np.full((64, 64, 3), 128, np.uint8)


@pytest.fixture
def halves():
    """Hiding the left half costs confidence, so that it speaks for the place; hiding the right half adds some."""
    heat = np.full((64, 64), 0.5, np.float32)
    heat[:, :32], heat[:, 32:] = 0.1, 0.9
    spots = [Spot((0, 0, 10, 10), 0.1, -0.4)], [Spot((50, 50, 60, 60), 0.9, 0.4)]
    return Occlusion(GREY, heat, 0.5, 0, "47", 48.0, 2.0, False, *spots)


def test_orange_speaks_for_the_place_and_violet_against_it_beside_the_photo_itself(halves):
    picture = np.asarray(overlay.overlay(GREY, halves, Preprocessing(size=64)), float)
    middle = overlay.SIDE // 2
    photo = picture[20 + middle, 20 + middle // 2]
    left, right = picture[20 + middle, overlay.SIDE + 24 + middle // 2], picture[20 + middle, -12 - middle // 2]
    assert np.ptp(photo) == 0  # the photo is grey, and not coloured
    assert left[0] > left[1] + 60 > left[2] + 60  # orange: red, then green, then blue
    assert right[2] > right[0] > right[1]  # violet
    assert (overlay.SUPPORTS, overlay.MISLEADS) == ((230, 97, 0), (93, 58, 155))


def test_a_map_without_any_change_colours_nothing(halves):
    even = Occlusion(GREY, np.full((64, 64), 0.5, np.float32), 0.5, 0, "47", 48.0, 2.0, True, [], [])
    picture = np.asarray(overlay.overlay(GREY, even, Preprocessing(size=64)), float)
    assert np.ptp(picture[: overlay.SIDE], axis=2).max() == 0
