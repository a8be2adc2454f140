"""What a notebook shows of predictions: it loads nothing, says what it does not know, and draws where the mass is."""

import base64
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest

import photoplanet as pp
from photoplanet.errors import InputError
from photoplanet.locate.geojson import MAX_OUTLINES
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
    assert "no answer" in Page(html).text and "likeliest others" not in Page(html).text
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
    where = Prediction(np.full(len(part), 1 / len(part), np.float32), part, least_gain=0.0)
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


def close(*places, level=12):
    """A sure prediction of each place, of small cells."""
    lat, lng = np.transpose(places)
    part = pp.Partition.from_cells(np.unique(pp.cells.from_latlng(lat, lng, level=level)))
    rows = part.assign(lat, lng)
    return [Prediction(np.eye(len(part), dtype=np.float32)[row], part, least_gain=0.0) for row in rows]


def scale_of(drawn):
    return [each.text for each in drawn.iterfind(f"{SVG}text") if each.get("text-anchor") == "end"][-1]


def test_a_close_up_reaches_40_km_and_has_a_scale_that_can_be_read():
    (paris,) = close((48.86, 2.35))
    drawn = picture(paris._repr_html_())
    assert scale_of(drawn) == "20 km"  # 70 pixels of the 140 that are 40 km
    towns = [each for each in drawn.iter(f"{SVG}circle") if each.get("class") == "town"]
    assert len(towns) == 5


def test_answers_too_far_apart_for_a_close_up_are_shown_on_the_world():
    """Half the way between the two is where the middle is: 2,100 km are close, 2,300 are too far with their margin."""
    for apart, worlds in ((37.0, 2), (42.0, 1)):  # degrees along the equator
        drawn = picture(Predictions(close((0.0, 0.0), (0.0, apart)))._repr_html_())
        assert len([each for each in drawn.iter() if each.get("class") == "sea"]) == worlds


def test_places_without_any_probability_are_not_listed():
    (paris, _) = close((48.86, 2.35), (50.85, 4.35))
    html = paris._repr_html_()
    assert html.count("48.866, 2.357") == 2 and "Belgium" not in html  # above, and as the only likely cell


def test_a_region_of_more_cells_than_the_map_draws_is_said_to_be_cut():
    part = pp.Partition.from_cells(pp.cells.children(pp.cells.children(pp.cells.children(pp.cells.children(
        pp.cells.children(pp.cells.from_token(["1", "5"])))))))  # fmt: skip
    for cells, cut in ((MAX_OUTLINES, False), (MAX_OUTLINES + 1, True)):
        probabilities = np.full(len(part), 1e-7, np.float32)
        probabilities[:cells] = 0.902 / cells
        probabilities[cells : 2 * cells] = 0.098 / cells
        where = Prediction(probabilities, part)
        assert len(where.credible_region(0.9).classes) == cells
        assert ("the map shows the likeliest" in where._repr_html_()) == cut


def test_what_the_model_does_not_know_is_said_first():
    part = close((48.86, 2.35), (-33.87, 151.21))[0].partition
    row = np.array([1.0, 0.0], np.float32)
    lost, sure = Prediction(row, part, unknown=0.72), Prediction(row, part, unknown=0.04)
    said = Page(lost._repr_html_()).text
    assert said.lstrip().startswith("72 %: nowhere that this model knows") and "1 cell holds 28 %" in said
    assert "anywhere" in said and "Paris" not in said
    said = Page(sure._repr_html_()).text
    assert "4 %: nowhere that this model knows" in said and "within" in said
    listed = Page(Predictions([lost, sure])._repr_html_()).text
    assert "72 %: nowhere that this model knows" in listed and "anywhere" in listed
