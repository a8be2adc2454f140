"""Pages and pictures of photos that match."""

import re
from types import SimpleNamespace

import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.show import matches

HOSTILE = "</h2><script>alert(1)</script>.jpg"


def pictures(*sizes):
    return [
        {"query": HOSTILE, "title": f"{k}: <b>Paris", "picture": size and Image.new("RGB", size, "red")}
        for k, size in enumerate(sizes)
    ]


def test_a_page_of_matches_names_each_query_once_and_runs_and_loads_nothing(tmp_path):
    matches.write_html(tmp_path / "m.html", pictures((60, 40), None, (60, 40)))
    text = (tmp_path / "m.html").read_text("utf-8")
    assert text.count("<h2>") == 1 and text.count("<figure>") == 3 and text.count("<img ") == 2
    assert "<script" not in text and "<b>Paris" not in text and "&lt;b&gt;Paris" in text
    assert "default-src 'none'" in text
    assert all(each.startswith("data:image/jpeg;base64,") for each in re.findall(r'src="([^"]*)"', text))


def test_a_picture_of_matches_lists_them_below_one_another(tmp_path):
    matches.write_png(tmp_path / "m.png", pictures((600, 40), None, (600, 70)))
    with Image.open(tmp_path / "m.png") as picture:
        assert picture.size == (matches.WIDTH, 3 * 44 + 110)
        assert picture.getpixel((300, 30)) == (255, 0, 0) and picture.getpixel((300, 150)) == (255, 0, 0)


def test_a_picture_higher_than_viewers_open_is_refused_with_the_way_out(tmp_path):
    assert matches.MAX_HEIGHT == 60_000
    most = (1, 60_000 - 44)
    matches.write_png(tmp_path / "m.png", pictures(most))
    with pytest.raises(InputError, match=r"write a page \(\.html\)"):
        matches.write_png(tmp_path / "n.png", pictures((1, 60_001 - 44)))
    assert not (tmp_path / "n.png").exists()


def test_a_pair_is_at_most_a_page_wide_and_as_high_as_its_photos(tmp_path):
    for name, size in (("wide.png", (2000, 100)), ("tall.png", (100, 2000))):
        Image.new("RGB", size, "blue").save(tmp_path / name)
    both = matches.pair(tmp_path / "wide.png", SimpleNamespace(path=tmp_path / "tall.png"))
    assert both.width == matches.WIDTH == 1200
    assert matches.pair(tmp_path / "tall.png", SimpleNamespace(path=tmp_path / "tall.png")).size == (48, 400)
