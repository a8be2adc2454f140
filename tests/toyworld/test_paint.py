"""Photos show their cues and nothing else of their place."""

from itertools import pairwise

import numpy as np
import pytest

from photoplanet.toyworld import landmarks, paint, props, travellers, world

PLAIN = dict.fromkeys(travellers.CUES, -1) | {"climate": 3}
COUNTS = {"wall": 8, "script": world.SCRIPTS, "side": world.SIDES, "livery": world.LIVERIES, "landmark": 320}


def painted(scene="street", seed=(1,), size=160, **cues):
    return np.asarray(paint.photo(PLAIN | cues, scene, seed, size))


def test_same_seed_same_pixels():
    assert np.array_equal(painted(wall=2, roof=1), painted(wall=2, roof=1))
    assert not np.array_equal(painted(seed=(1,)), painted(seed=(2,)))


@pytest.mark.parametrize("size", [96, 160, 320, 512, 600])  # beyond 512 the grain repeats
def test_size(size):
    assert painted(size=size).shape == (size, size, 3)


@pytest.mark.parametrize("cue", COUNTS)
def test_each_value_of_a_cue_changes_the_pixels_of_the_same_scene(cue):
    """Everything else equal (same chance), any value of a cue paints other pixels than the next one does."""
    kept = {"roof": 0} if cue == "wall" else {}
    shots = [painted(seed=(5,), **kept, **{cue: value}).astype(int) for value in range(COUNTS[cue])]
    for one, other in pairwise(shots):
        changed = (np.abs(one - other).max(axis=-1) > 30).mean()
        assert changed > 0.002


@pytest.mark.parametrize(
    "cue, shown", [("wall", 0.02), ("script", 0.01), ("side", 0.05), ("livery", 0.02), ("landmark", 0.05)]
)
def test_a_cue_takes_room_in_the_picture(cue, shown):
    kept = {"roof": 0} if cue == "wall" else {}
    blank, full = (
        painted("country road", seed=(8,)).astype(int),
        painted("country road", seed=(8,), **kept, **{cue: 1}).astype(int),
    )
    assert (np.abs(full - blank).max(axis=-1) > 30).mean() > shown


def test_wall_colour_reaches_the_pixels():
    red = painted(wall=1, roof=0, seed=(4,)).astype(int)
    share = (np.abs(red - np.array(props.WALL_COLOURS[1])).max(axis=-1) < 60).mean()
    assert share > 0.05


def test_photos_without_cue_ignore_their_cues():
    assert np.array_equal(painted("no cue", wall=1, script=2), painted("no cue", wall=5, landmark=7, climate=0))


def test_liveries_and_landmarks_are_all_different():
    assert len(set(props.LIVERY_PAIRS)) == world.LIVERIES
    assert len(set(landmarks.BODIES)) == world.BODY_COLOURS
