"""What a notebook shows of predictions: it loads nothing, says what it does not know, and draws where the mass is."""

import base64
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest

import photoplanet as pp
from photoplanet.errors import InputError
from photoplanet.locate.prediction import Prediction, Predictions
from photoplanet.show import sketch

SVG = "{http://www.w3.org/2000/svg}"
FIJI = np.array([[-17.8, 178.0], [-16.5, 179.99], [-18.1, -179.5], [-18.5, -178.4]])


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


def picture(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(base64.b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)[1]))


def circles(drawn: ElementTree.Element, kind: str = "point") -> list[tuple[float, float]]:
    found = [each for each in drawn.iter(f"{SVG}circle") if each.get("class") == kind]
    return [(float(each.get("cx")), float(each.get("cy"))) for each in found]


@pytest.fixture
def model(tiny_model):
    return pp.load(tiny_model)


def test_a_prediction_shows_its_place_its_confidence_and_a_map(model, photo):
    where = model.locate(photo("green"))
    page = Page(where._repr_html_())
    assert "Brazil" in page.text and "-22.9, -43.2" in page.text  # rounded to a city's precision
    assert "toy" not in page.text and "90 % of the probability" in page.text
    drawn = picture(where._repr_html_())
    assert circles(drawn) == [(sketch.WIDTH / 2, sketch.HEIGHT / 2)]  # a close-up around the point
    names = {each.text for each in drawn.iter(f"{SVG}text")}
    assert {"Rio de Janeiro", "São Paulo"} & names and any(name.endswith(" km") for name in names)


@pytest.mark.parametrize("colour", ["red", "green", "black"])
def test_nothing_in_it_runs_or_loads(model, photo, colour):
    html = model.locate(photo(colour))._repr_html_()
    page = Page(html)
    assert len(html) < 200_000
    assert not {"script", "style", "link", "iframe", "object"} & set(page.tags)
    assert not any(name.startswith("on") for name, _ in page.attributes)
    drawn = ElementTree.tostring(picture(html), encoding="unicode")
    assert "script" not in drawn and "href" not in drawn and "url(" not in drawn
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


def test_an_abstaining_prediction_says_so_and_has_no_point(model):
    flat = Prediction(np.full(5, 0.2, np.float32), model.partition)
    assert flat.abstains
    html = flat._repr_html_()
    assert "no answer" in Page(html).text and "likeliest cells" not in Page(html).text
    assert circles(picture(html)) == []
    drawn = [each for each in picture(html).iter(f"{SVG}path") if each.get("class") == "cell"]
    assert len(drawn) == 5  # on a map of the whole world


def test_a_toy_answer_says_so(tmp_path, write_model, photo):
    write_model(tmp_path / "toy", world="toy")
    assert "not real places" in Page(pp.load(tmp_path / "toy").locate(photo("red"))._repr_html_()).text


def test_a_list_is_one_map_with_numbers_and_unreadable_photos_named(model, photo, tmp_path):
    (tmp_path / "<b>bad.jpg").write_bytes(b"no photo")
    found = model.locate([photo("green"), tmp_path / "<b>bad.jpg", photo("blue")], on_error="keep")
    assert isinstance(found, list) and isinstance(found[1], InputError)
    page = Page(found._repr_html_())
    assert "Brazil" in page.text and "Australia" in page.text and "<b>bad.jpg" in page.text
    assert "b" not in page.tags
    drawn = picture(found._repr_html_())
    numbers = [each.text for each in drawn.iter(f"{SVG}text") if each.get("class") == "number"]
    assert sorted(numbers) == ["1", "3"] and len(circles(drawn)) == 2


def test_a_long_list_is_cut_and_an_empty_one_has_no_map(model, photo):
    where = model.locate(photo("green"))
    assert "the first 50 of 60" in Page(Predictions([where] * 60)._repr_html_()).text
    assert "img" not in Page(Predictions()._repr_html_()).tags


def test_an_album_shows_itself_too(model, photo):
    found = model.locate_album([photo("green"), photo("green", "again.png")])
    assert isinstance(found, Predictions) and len(found) == 2
    assert circles(picture(found._repr_html_()))


def test_a_map_across_the_180th_meridian_holds_together():
    part = pp.Partition.from_cells(np.unique(pp.cells.from_latlng(FIJI[:, 0], FIJI[:, 1], level=7)))
    where = Prediction(np.full(len(part), 1 / len(part), np.float32), part)
    drawn = picture(where._repr_html_())
    cells = [each for each in drawn.iter(f"{SVG}path") if each.get("class") == "cell"]
    close = [each for each in drawn.iterfind(f"{SVG}path") if each.get("class") == "cell"]
    assert len(close) == len(part) and len(cells) == 2 * len(part)  # all in the close-up, and all in the world
    for each in close:
        xs = [float(x) for x in re.findall(r"M(-?[\d.]+),", each.get("d"))]
        assert all(0 <= x <= sketch.WIDTH for x in xs)


def test_pixels_go_east_to_the_right_and_north_up():
    view = sketch.Frame(10.0, 170.0, 4.0, 5.0, 400, 200)
    assert view.pixels(10.0, 170.0).tolist() == [200, 100]
    assert view.pixels(20.0, 180.0).tolist() == [240, 50]
    assert view.near(-175.0) == 185.0 and view.near(120.0) == 120.0
    assert view.box() == ((-10.0, 30.0), (120.0, 220.0))


def test_a_ring_is_cut_at_the_picture():
    view = sketch.Frame(0.0, 0.0, 1.0, 1.0, 100, 100)
    square = np.array([[-200.0, -10.0], [-200.0, 10.0], [200.0, 10.0], [200.0, -10.0]])  # lat, lng
    (ring,) = view.rings(square[:, 0], square[:, 1])
    assert ring[:, 0].min() == 40 and ring[:, 0].max() == 60
    assert ring[:, 1].min() == -4 and ring[:, 1].max() == 104
    assert not list(view.rings(square[:, 0], square[:, 1] + 100))
