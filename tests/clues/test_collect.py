"""Collecting clues: photos that are named by paths are read together, and each once."""

import numpy as np
from PIL import Image

from photoplanet.clues.collect import Collector
from photoplanet.errors import InputError
from photoplanet.signs.line import Line, Reading

SIGN = Line("Hunde bitte an der Leine führen", 0.97, ((0.1, 0.1), (0.9, 0.1), (0.9, 0.2), (0.1, 0.2)))


def test_paths_are_read_ahead_and_other_photos_one_by_one(tmp_path):
    path = tmp_path / "sign.png"
    Image.new("RGB", (32, 32)).save(path)
    asked = []

    def read(photo):
        asked.append(photo)
        return Reading((), 32, 32)

    collector = Collector(
        read, clock=False, read_many=lambda names: [(name, Reading((SIGN,), 32, 32)) for name in names]
    )
    collector.read_ahead([str(path), np.zeros((8, 8, 3), np.uint8)])
    assert collector.collect(path).clues and asked == []
    assert not collector.collect(path).clues and len(asked) == 1  # what was read ahead is taken once
    assert not collector.collect(np.zeros((8, 8, 3), np.uint8)).clues and len(asked) == 2


def test_what_cannot_be_read_ahead_is_read_again_for_its_error(tmp_path):
    collector = Collector(
        lambda photo: Reading((), 8, 8),
        clock=False,
        read_many=lambda names: [(name, InputError("bad")) for name in names],
    )
    collector.read_ahead([tmp_path / "bad.jpg"])
    assert collector.collect(tmp_path / "bad.jpg").reading == Reading((), 8, 8)


def test_a_new_run_forgets_what_was_read_ahead():
    collector = Collector(None, clock=False, read_many=lambda names: [(name, Reading((SIGN,), 8, 8)) for name in names])
    collector.read_ahead(["a.jpg"])
    collector.start()
    assert collector.collect("a.jpg").reading is None
