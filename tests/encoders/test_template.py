"""The template that families of encoders are copied from works, and computes what NumPy does."""

import pytest

from photoplanet.encoders import TEMPLATE, encoder, installed, probe


def test_the_template_is_an_encoder(tmp_path, monkeypatch):
    made = TEMPLATE.load("squares", tmp_path)
    photos = probe.photos(TEMPLATE.SIZE)
    squares = photos.reshape(len(photos), 8, 8, 8, 8, 3).mean((2, 4)) / 255
    assert made.embed(photos) == pytest.approx(squares.transpose(0, 3, 1, 2).reshape(len(photos), -1), abs=1e-5)
    assert encoder.read(made.folder) == made == TEMPLATE.load("squares", tmp_path)
    monkeypatch.setitem(installed.FAMILIES, "squares", TEMPLATE.load)  # step 3
    assert installed.resolve("squares", tmp_path) == made and installed.added(tmp_path) == []
