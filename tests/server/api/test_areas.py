"""What a client knows of where photos were taken: `within`, `not_within`, and the countries to choose from."""

import json

import pytest
from pictures import encoded
from PIL import Image

from photoplanet.earth import gazetteer
from photoplanet.locate.answers import AnswerOptions, record
from photoplanet.metadata.exif_writer import gps_bytes

RED = encoded(Image.new("RGB", (40, 30), (255, 0, 0)), quality=95)  # Paris has 73 % of it, Brussels 27 %
FRANCE = '{"type":"Polygon","coordinates":[[[-5,42],[8,42],[8,50],[-5,50],[-5,42]]]}'


def test_an_answer_in_an_area_is_that_of_the_library(connect, model):
    client = connect()
    found = client.post("/v1/locate", params={"within": "BE", "name": "a.jpg"}, content=RED).json()["photos"][0]
    assert found == record("a.jpg", model.locate(RED, within="BE"), AnswerOptions(5))
    assert found["within"]["area"] == "Belgium" and 0.2 < found["within"]["inside_before"] < 0.3
    assert {place["country_code"] for place in found["top"]} == {"BE"}
    both = client.post("/v1/locate?within=BE&within=FR&not_within=48.9,2.4,200&geojson=true", content=RED).json()
    assert both["photos"][0]["within"]["area"] == "Belgium or France, outside 200 km around 48.9, 2.4"
    assert both["photos"][0]["top"][0]["country_code"] == "BE"
    assert both["photos"][0]["geojson"]["features"][0]["properties"]["within"] == both["photos"][0]["within"]
    drawn = client.post("/v1/locate", params={"within": FRANCE}, content=RED).json()["photos"][0]
    assert drawn["within"]["area"] == "the GeoJSON" and drawn["within"]["inside_before"] > 0.7
    assert "within" not in client.post("/v1/locate", content=RED).json()["photos"][0]


def test_albums_keep_known_places_outside_and_name_them(connect):
    placed = encoded(Image.new("RGB", (40, 30), (255, 0, 0)), exif=gps_bytes(51.5, -0.1))
    files = [("photos", ("1.jpg", RED)), ("photos", ("2.jpg", placed))]
    album = connect().post("/v1/album?within=FR&top=3", files=files).json()["albums"][0]["photos"]
    by_name = {photo["file"]: photo for photo in album}
    assert by_name["1.jpg"]["within"]["known_place_outside"] is False
    assert {place["country_code"] for place in by_name["1.jpg"]["top"]} == {"FR"}
    assert by_name["2.jpg"]["within"]["known_place_outside"] is True
    assert by_name["2.jpg"]["best"]["country_code"] == "GB"


def test_the_cell_that_is_explained_lies_in_the_area(connect):
    found = connect().post("/v1/explain?positions=2&within=BE", content=RED).json()
    assert gazetteer.name(found["latitude"], found["longitude"])[0].country_code == "BE"


@pytest.mark.parametrize(
    ("area", "words"),
    [
        ("Germny", "did you mean Germany"), ("1,2", "lat,lng,km"), ("/etc/passwd.json", "files cannot be named here"),
        ("secret.geojson", "files cannot be named here"),
        ('{"type":"Point"}', "holds no place"), ("{" * 3000, "GeoJSON"),
        ("Antarctica", "none of the 5 cells"), ("x" * 4001, "4000"), ("", "at least 1"),
        (["DE"] * 21, "20"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/locate", "/v1/album", "/v1/explain"])
def test_what_cannot_be_used_is_refused(connect, is_problem, path, area, words):
    names = area if isinstance(area, list) else [area]
    is_problem(connect().post(path, params={"within": names}, content=RED), 422, words)


def test_countries_are_listed_by_name(connect):
    countries = connect().get("/v1/areas").json()["countries"]
    assert {"code": "FR", "name": "France"} in countries and len(countries) == len(gazetteer.read().country_codes)
    assert [each["name"] for each in countries] == sorted(each["name"] for each in countries)
    document = connect().get("/openapi.json").json()
    by_name = {each["name"]: each for each in document["paths"]["/v1/locate"]["post"]["parameters"]}
    assert by_name["within"]["schema"]["type"] == "array" and "lat,lng,km" in by_name["within"]["description"]


def test_matches_elsewhere_are_left_out_and_counted(connect, model, tmp_path):
    from photoplanet.retrieval.library import library

    for name, place in (("paris", (48.86, 2.35)), ("london", (51.5, -0.1))):
        Image.effect_noise((96, 96), 60).save(tmp_path / f"{name}.jpg", exif=gps_bytes(*place))
    photos = library.open(tmp_path, "embedding", model)
    client = connect(library=photos)
    found = client.post("/v1/similar?within=FR", content=RED).json()
    assert [match["photo_id"] for match in found["matches"]] == ["paris.jpg"] and found["outside"] == 1
    assert len(client.post("/v1/similar", content=RED).json()["matches"]) == 2
    assert "outside" not in client.post("/v1/similar", content=RED).json()
    assert json.loads(client.post("/v1/similar?not_within=FR,GB", content=RED).text)["matches"] == []
