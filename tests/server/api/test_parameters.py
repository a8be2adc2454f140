"""Parameters are taken up to their bounds, and refused beyond them with the parameter's name."""

import pytest
from pictures import encoded
from PIL import Image

RED = encoded(Image.new("RGB", (40, 30), "red"))


@pytest.mark.parametrize(
    ("path", "name", "good", "bad"),
    [
        ("locate", "top", ["1", "100"], ["0", "101", "1.5", "", "many"]),
        ("locate", "region", ["0.01", "1"], ["0", "1.01", "-1", "nan"]),
        ("locate", "precision", ["street", "country"], ["house", "", "streets"]),
        ("locate", "geojson", ["true", "1", "false"], ["2", "maybe"]),
        ("album", "top", ["100"], ["0", "101"]),
        ("album", "gap_hours", ["0.1", "1000000"], ["0", "1000001", "inf"]),
        ("album", "method", ["auto", "single"], ["magic", "autosingle"]),
        ("album", "time_offset", ["+02:00", "UTC"], ["+02:00:00.00"]),
        ("explain", "positions", ["2", "40"], ["1", "41"]),
        ("explain", "box", ["0.01", "0.99"], ["0", "1"]),
        ("similar", "count", [], ["0", "101"]),
        ("similar", "precision", [], ["house"]),
    ],
)
def test_bounds(connect, is_problem, path, name, good, bad):
    client, sent = connect(), {"files": [("a", ("a.jpg", RED))]}
    for value in good:
        assert client.post(f"/v1/{path}", params={name: value}, **sent).status_code == 200, value
    for value in bad:
        is_problem(client.post(f"/v1/{path}", params={name: value}, **sent), 422, f"{name}: ")


@pytest.mark.parametrize(("latitude", "longitude", "name"), [(91, 0, "latitude"), (0, -181, "longitude")])
def test_a_place_to_explain_is_on_earth(connect, is_problem, latitude, longitude, name):
    ask = {"latitude": latitude, "longitude": longitude}
    is_problem(connect().post("/v1/explain", params=ask, content=RED), 422, f"{name}: ")


def test_a_photo_id_has_4096_characters_at_most(connect, is_problem):
    client = connect()
    is_problem(client.get("/v1/similar/thumbnail", params={"photo_id": "a" * 4096}), 404, "library")
    is_problem(client.get("/v1/similar/thumbnail", params={"photo_id": "a" * 4097}), 422, "photo_id: ")
