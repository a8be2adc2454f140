import base64
import hashlib
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import cells
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.prediction import Prediction
from photoplanet.show import maps

HOSTILE = ["</script>", "<!--", "<script>", "%%DATA%%", "\"'&", "\u2028", "]]>", "\\u003c"]
CITIES = np.array([[48.86, 2.35], [50.85, 4.35], [-22.91, -43.17], [-33.87, 151.21], [-17.0, 179.99]])


@pytest.fixture(scope="module")
def partition():
    return Partition.from_cells(np.unique(cells.from_latlng(CITIES[:, 0], CITIES[:, 1], level=6)))


def guess(partition, probabilities, **more):
    order = partition.assign(CITIES[:, 0], CITIES[:, 1])
    p = np.zeros(len(partition), np.float32)
    p[order] = probabilities
    return Prediction(p, partition, **more)


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


@pytest.fixture
def sure(partition):
    return guess(partition, [0.8, 0.1, 0.05, 0.03, 0.02])


@pytest.fixture
def unsure(partition):
    return guess(partition, [0.2, 0.2, 0.2, 0.2, 0.2])


def test_the_page_asks_the_network_for_nothing(sure):
    page = maps.html_map([("a.jpg", sure)])
    page = re.sub(r'"coast":\{[^}]*\}', "", page)  # base64 has slashes, too
    assert not re.search(r"(?:https?:)?//[a-z0-9]", page.replace("</", ""), re.IGNORECASE)
    page = page.replace("made.src = address;", "")  # a data URI, checked when the page is written
    assert not re.search(r"\b(?:src|href)\s*=|@import|url\(|fetch\(|XMLHttpRequest|WebSocket|import\(", page)
    assert "default-src 'none'" in page


def test_the_security_policy_admits_exactly_the_script_it_carries(sure):
    page = maps.html_map([("a.jpg", sure)])
    script = re.search(r"<script>(.*)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


def test_a_photo_has_its_point_places_cells_and_region(sure):
    data = data_of(maps.html_map([("a.jpg", sure)]))
    (photo,) = data["photos"]
    assert photo["name"] == "a.jpg"
    assert photo["best"]["place"].endswith("France")
    assert len(photo["top"]) == 5
    assert photo["top"][0]["confidence"] == pytest.approx(0.8)
    assert [p for _, p in photo["cells"]] == pytest.approx([0.8, 0.1, 0.05, 0.03, 0.02], abs=1e-3)
    assert photo["inside"] == 2  # 90 %: the first two
    number = photo["cells"][0][0]
    corners = np.array(data["cells"][number]).reshape(4, 2) / 1e4
    np.testing.assert_allclose(corners, cells.vertices(sure.partition.ids[sure.order[:1]])[0], atol=1e-4)


def test_an_abstaining_photo_shows_cells_but_no_point(unsure):
    (photo,) = data_of(maps.html_map([("a.jpg", unsure)]))["photos"]
    assert photo["best"] is None
    assert photo["top"] == []
    assert len(photo["cells"]) == 5
    (photo,) = data_of(maps.html_map([("a.jpg", unsure)], form=AnswerOptions(top=5, answer_always=True)))["photos"]
    assert photo["best"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.sampled_from(HOSTILE))
def test_hostile_names_stay_names(text, hostile):
    name = f"{hostile}{text}{hostile}"
    page = maps.html_map([(name, InputError(name))], title=name)
    assert data_of(page)["photos"] == [{"name": name, "error": name}]
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert "<!--" not in page
    head = page[: page.index("<style>")]
    assert head.count("<") == maps.html_map([], title="x")[: maps.html_map([], title="x").index("<style>")].count("<")


def test_thumbnails_are_images_or_refused(sure):
    good = "data:image/jpeg;base64,/9j/4AAQ"
    (photo,) = data_of(maps.html_map([{"name": "a", "prediction": sure, "thumbnail": good}]))["photos"]
    assert photo["thumbnail"] == good
    other = (
        "https://example.org/a.jpg",
        "data:text/html;base64,AAAA",
        'data:image/png;base64,AA"onload=',
        "x" * 300_000,
    )
    for bad in other:
        with pytest.raises(InputError, match="thumbnail"):
            maps.html_map([{"name": "a", "prediction": sure, "thumbnail": bad}])


def test_the_truth_is_shown_with_its_distance(sure):
    (photo,) = data_of(maps.html_map([{"name": "a", "prediction": sure, "truth": (50.85, 4.35)}]))["photos"]
    assert photo["truth"] == [50.85, 4.35]
    assert 150 < photo["truth_km"] < 350
    with pytest.raises(InputError, match="not a place on Earth"):
        maps.html_map([{"name": "a", "prediction": sure, "truth": (99, 0)}])


def test_many_photos_share_outlines_and_get_fewer_cells(monkeypatch):
    random = np.random.default_rng(0)
    lat, lng = np.degrees(np.arcsin(random.uniform(-1, 1, 3000))), random.uniform(-180, 180, 3000)
    partition = Partition.uniform(lat, lng, level=4, min_photos=1)
    flat = Prediction(np.full(len(partition), 1 / len(partition), np.float32), partition)
    assert len(partition) > 600
    one = data_of(maps.html_map([("a", flat)]))
    assert len(one["photos"][0]["cells"]) == maps.CELLS_A_PHOTO[1]
    monkeypatch.setattr(maps, "MAX_CELLS", 60)
    many = data_of(maps.html_map([(str(i), flat) for i in range(6)]))
    assert [len(photo["cells"]) for photo in many["photos"]] == [10] * 6
    assert len(many["cells"]) == 10
    assert all(photo["inside"] == 10 for photo in many["photos"])


def test_toy_places_never_pass_for_real_ones(partition):
    (photo,) = data_of(maps.html_map([("a", guess(partition, [0.96, 0.01, 0.01, 0.01, 0.01], toy=True))]))["photos"]
    assert photo["world"] == "toy"


def test_the_file_appears_whole_or_not_at_all(tmp_path, sure):
    path = tmp_path / "map.html"
    assert maps.write_html_map(path, [("a", sure)]) == path
    before = path.read_text(encoding="utf-8")
    assert before.startswith("<!DOCTYPE html>")
    with pytest.raises(InputError):
        maps.write_html_map(path, [("a", "not a prediction")])
    assert path.read_text(encoding="utf-8") == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["map.html"]


def test_geojson_of_many(sure, unsure):
    found = maps.geojson([("a", sure), ("b", unsure), ("c", InputError("broken"))])
    assert found["type"] == "FeatureCollection"
    kinds = [(feature["properties"]["photo"], feature["geometry"]["type"]) for feature in found["features"]]
    assert kinds.count(("a", "Point")) == 1
    assert ("b", "Point") not in kinds
    assert any(name == "b" for name, _ in kinds)
    json.dumps(found, allow_nan=False)


def test_a_thumbnail_has_at_most_200_000_characters(sure):
    head = "data:image/jpeg;base64,"
    most = head + "A" * (200_000 - len(head))
    assert maps.html_map([{"name": "a", "prediction": sure, "thumbnail": most}])
    with pytest.raises(InputError, match="at most 200000 characters"):
        maps.html_map([{"name": "a", "prediction": sure, "thumbnail": f"{most}A"}])


def test_no_line_separator_of_a_name_gets_into_the_page():
    page = maps.html_map([("a\u2028b\u2029c.jpg", InputError("bad"))])
    assert "\u2028" not in page and "\u2029" not in page
    assert data_of(page)["photos"][0]["name"] == "a\u2028b\u2029c.jpg"
