import os

import numpy as np
import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.photos import graphics_filter


def test_drawings_score_high_and_photographs_low_in_any_format(make):
    for quality in (None, 60, 90):
        for image, graphic in ((make.diagram(), True), (make.scene(2, (640, 480)), False)):
            if quality:
                import io

                image = Image.open(io.BytesIO(make.encoded(image, quality=quality)))
            assert graphics_filter.is_graphic(image) is graphic
            assert 0 <= graphics_filter.graphic_score(image) <= 1


def test_black_and_white_photographs_are_kept(make):
    assert not graphics_filter.is_graphic(make.scene(3, (640, 480)).convert("L"))


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 2), (15, 17), (256, 256), (5000, 300)])
def test_any_size_gets_a_finite_score(size):
    for colour in ("white", "black", "red"):
        assert np.isfinite(graphics_filter.graphic_score(Image.new("RGB", size, colour)))


def test_a_hook_is_found_in_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "my_safety_filter.py").write_text("def keep(image):\n    return image.width > 10\nnumber = 5\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["/elsewhere"])
    assert graphics_filter.hook("my_safety_filter:keep")(Image.new("RGB", (11, 1))) is True
    assert graphics_filter.hook_name("my_safety_filter:keep").startswith("my_safety_filter:keep@")
    for bad in ("my_safety_filter", ":keep", "my_safety_filter:", "my_safety_filter:none", "no_such_module:f",
                "my_safety_filter:number", "..x:y"):  # fmt: skip
        with pytest.raises(InputError, match="filter"):
            graphics_filter.hook(bad)


def test_a_picture_is_a_graphic_from_half_sure_on(monkeypatch):
    for score, graphic in ((0.49, False), (0.5, True), (0.51, True)):
        monkeypatch.setattr(graphics_filter, "graphic_score", lambda _, score=score: score)
        assert graphics_filter.is_graphic(Image.new("RGB", (20, 20))) is graphic


def test_an_edited_filter_is_asked_again(tmp_path, monkeypatch):
    path = tmp_path / "edited_filter.py"
    path.write_text("def keep(image):\n    return True\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    first = graphics_filter.hook_name("edited_filter:keep")
    os.utime(path, ns=(0, 0))
    assert graphics_filter.hook_name("edited_filter:keep") != first
