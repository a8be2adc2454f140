"""The review over HTTP: what the page asks, what it may not ask, and who may ask."""

import io
import json

import pytest
import review_photos
from jsonschema import Draft202012Validator
from PIL import Image
from starlette.testclient import TestClient

from photoplanet.review import app

TOKEN = "a-token-of-some-length"


@pytest.fixture
def client(start, tmp_path):
    """A client of a running review of the walk; every answer is held against /openapi.json."""
    folder = review_photos.walk(tmp_path / "walk")
    review = app.Review(start(folder), [str(folder)])
    with TestClient(app.create_app(review), raise_server_exceptions=False) as running:
        yield Checked(running)


class Checked:
    """A client that fails on an answer which /openapi.json does not describe."""

    def __init__(self, client):
        self._client = client
        self._document = client.get("/openapi.json").json()

    def get(self, path, **query):
        return self._checked("get", path, self._client.get(f"/v1/review/{path}", params=query))

    def post(self, path, body, **options):
        return self._checked("post", path, self._client.post(f"/v1/review/{path}", json=body, **options))

    def send(self, path, **options):
        return self._checked("post", path, self._client.post(f"/v1/review/{path}", **options))

    def _checked(self, method, path, response):
        known = self._document["paths"][f"/v1/review/{path}"][method]["responses"]
        assert str(response.status_code) in known, response.text
        content = known[str(response.status_code)]["content"]
        kind = response.headers["content-type"].partition(";")[0]
        assert kind in content
        if kind.endswith("json"):
            schema = {**content[kind]["schema"], "components": self._document["components"]}
            Draft202012Validator(schema).validate(response.json())
        return response


def states(client):
    return [photo["state"] for photo in client.get("photos").json()["photos"]]


def test_the_page_gets_all_photos_once_and_then_what_changed(client):
    whole = client.get("photos").json()
    assert [photo["name"] for photo in whole["photos"]] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg", "z.jpg"]
    first, second = whole["photos"][:2]
    assert first["kind"] == "own GPS" and first["place"].startswith("Paris")
    assert second["kind"] == "time" and second["hours"] == pytest.approx(0.05)
    answer = client.post("decide", {"photos": [1], "decision": "accept", "since": whole["revision"]}).json()
    assert answer["changed"] == 1 and answer["photos"][0]["n"] == 1
    assert answer["photos"][0]["state"] == "accepted" and answer["undo"] == "accept" and answer["redo"] is None
    back = client.post("undo", {"since": answer["revision"]}).json()
    assert (back["focus"], back["redo"], back["undo"]) == (1, "accept", None) and states(client)[1] == "open"
    assert client.post("redo", {"since": 0}).json()["changed"] == 1
    assert client.post("redo", {"since": 0}).json()["changed"] == 0


def test_why_names_the_neighbours_with_their_time(client):
    why = client.get("why", n=1).json()
    assert [(each["n"], round(60 * each["hours"])) for each in why["neighbours"]] == [(0, -3), (4, 9)]
    assert why["neighbours"][0]["kind"] == "own GPS" and sum(
        each["share"] for each in why["neighbours"]
    ) == pytest.approx(1)
    client.post(
        "place", {"photos": [2], "latitude": 43.3, "longitude": 5.37, "radius_km": 1.0, "how": "map", "since": 0}
    )
    assert {each["kind"] for each in client.get("why", n=1).json()["neighbours"] if each["n"] == 2} == {"hand"}
    assert "no time" in client.get("why", n=5).json()["silent"]


def test_towns_and_coordinates_are_found(client):
    assert client.get("towns", q="lisboa").json()["towns"][0]["name"] == "Lisbon"
    assert client.get("towns", q="48.86, 2.35").json()["towns"][0]["where"].startswith("Paris")
    assert client.get("towns", q="").json()["towns"] == []


def test_thumbnails_are_upright_small_and_without_metadata(client, tmp_path):
    tags = Image.Exif()
    tags[0x0112] = 6
    Image.new("RGB", (400, 200), "red").save(tmp_path / "walk" / "1.jpg", exif=tags)
    small = Image.open(io.BytesIO(client.get("thumbnail", n=1).content))
    assert small.size == (80, 160) and not small.getexif()
    (tmp_path / "walk" / "2.jpg").unlink()
    assert client.get("thumbnail", n=2).status_code == 404
    (tmp_path / "walk" / "3.jpg").write_bytes(b"no photo")
    assert client.get("thumbnail", n=3, size="large").status_code == 404
    assert client.get("thumbnail", n=6).status_code == 404
    assert client.get("thumbnail", n="../../etc/passwd").status_code == 422
    assert client.get("thumbnail", n=1, size="whole").status_code == 422


def test_a_day_and_a_radius_are_accepted_and_something_must_be_given(client):
    assert client.post("accept-all", {"day": "2020-05-01", "since": -1}).json()["changed"] == 3
    assert client.post("accept-all", {"within_km": 10_000.0, "since": -1}).json()["changed"] == 0
    assert client.post("accept-all", {"since": -1}).status_code == 422


@pytest.mark.parametrize(("path", "body", "status"), [
    ("decide", {"photos": [6], "decision": "accept", "since": 0}, 404),
    ("decide", {"photos": [-1], "decision": "accept", "since": 0}, 422),
    ("decide", {"photos": [], "decision": "accept", "since": 0}, 422),
    ("decide", {"photos": [1], "decision": "delete", "since": 0}, 422),
    ("decide", {"photos": ["1"], "decision": "accept", "since": 0}, 422),
    ("decide", {"photos": [1], "decision": "accept"}, 422),
    ("decide", {"photos": [1], "decision": "accept", "since": 0, "more": 1}, 422),
    ("decide", {"photos": [0], "decision": "accept", "since": 0}, 400),
    ("decide", {"photos": [5], "decision": "accept", "since": 0}, 400),
    ("place", {"photos": [0], "latitude": 1.0, "longitude": 2.0, "radius_km": 1.0, "how": "map", "since": 0}, 400),
    ("place", {"photos": [1], "latitude": 91.0, "longitude": 2.0, "radius_km": 1.0, "how": "map", "since": 0}, 422),
    ("place", {"photos": [1], "latitude": 1.0, "longitude": 2.0, "radius_km": 0.0, "how": "map", "since": 0}, 422),
    ("place", {"photos": [1], "latitude": 1.0, "longitude": 2.0, "radius_km": 1.0, "how": "/etc", "since": 0}, 422),
    ("place", {"photos": [1], "latitude": 1.0, "longitude": 2.0, "radius_km": 1.0, "how": "map", "note": "x" * 201,
               "since": 0}, 422),
    ("accept-all", {"within_km": -1.0, "since": 0}, 422), ("accept-all", {"day": "x" * 11, "since": 0}, 422),
    ("undo", {}, 422), ("write", {"kind": "iptc", "dry_run": True}, 422), ("write", {"kind": "xmp"}, 422),
    ("take-back", {"dry_run": "yes"}, 422),
])  # fmt: skip
def test_what_cannot_be_done_is_refused_and_changes_nothing(client, path, body, status):
    before = client.get("photos").json()["photos"]
    response = client.post(path, body)
    assert response.status_code == status and response.json()["detail"]
    assert client.get("photos").json()["photos"] == before


@pytest.mark.parametrize(("content", "kind", "status"), [
    (b"{", "application/json", 422), (b"{}", "text/plain", 415), (b" " * (app.MAX_BYTES + 1), "application/json", 413),
    (b'{"photos":[1],"decision":"accept","since":NaN}', "application/json", 422),
    (b"[" * 100_000, "application/json", 422),
])  # fmt: skip
def test_bodies_are_bounded_and_checked(client, content, kind, status):
    assert client.send("decide", content=content, headers={"content-type": kind}).status_code == status


def test_write_says_first_what_it_would_do_then_does_it_and_takes_it_back(client, tmp_path):
    folder = tmp_path / "walk"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert client.post("take-back", {"dry_run": True}).status_code == 400  # nothing was written
    client.post("decide", {"photos": [1, 2], "decision": "accept", "since": 0})
    (folder / "2.jpg").unlink()
    dry = client.post("write", {"kind": "xmp", "dry_run": True}).json()
    assert (dry["written"], dry["left_alone"], dry["dry_run"]) == (1, 1, True) and dry["notes"][0]["name"] == "2.jpg"
    assert {path.name for path in folder.iterdir()} == set(before) - {"2.jpg"}
    assert client.post("write", {"kind": "xmp", "dry_run": False}).json()["written"] == 1
    assert (folder / "1.jpg.xmp").exists()
    assert client.post("take-back", {"dry_run": True}).json()["written"] == 1
    assert client.post("take-back", {"dry_run": False}).json()["written"] == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: data for name, data in before.items() if name != "2.jpg"
    }


def test_matches_are_only_there_where_they_were_asked_for(client):
    assert client.get("matches", n=1).status_code == 404 and "--matches" in client.get("matches", n=1).json()["detail"]
    assert client.get("match", n=1, match=0).status_code == 404


def test_names_of_files_that_no_text_can_hold_are_shown(start, tmp_path):
    folder = tmp_path / "names"
    review_photos.save(folder / "a.jpg")
    (folder / "a.jpg").rename(folder / b"\xff<img src=x onerror=alert(1)>.jpg".decode("utf-8", "surrogateescape"))
    with TestClient(app.create_app(app.Review(start(folder), [str(folder)]))) as client:
        (photo,) = client.get("/v1/review/photos").json()["photos"]
        assert photo["name"].endswith("<img src=x onerror=alert(1)>.jpg")
        assert client.get("/v1/review/why", params={"n": 0}).status_code == 200
        body = {"photos": [0], "latitude": 1.0, "longitude": 2.0, "radius_km": 1.0, "how": "map", "since": 0}
        assert client.post("/v1/review/place", json=body).json()["changed"] == 1
        next(folder.iterdir()).unlink()
        assert client.get("/v1/review/thumbnail", params={"n": 0}).status_code == 404
        assert client.post("/v1/review/write", json={"kind": "xmp", "dry_run": True}).json()["failed"] == 1


def test_who_has_no_token_or_another_host_name_gets_nothing(start):
    review = app.Review(start(), ["walk"])
    application = app.create_app(review, TOKEN, ["127.0.0.1"])
    with TestClient(application, base_url="http://127.0.0.1") as client:
        bearer = {"authorization": f"Bearer {TOKEN}"}
        for path in ("photos", "about", "why?n=0", "thumbnail?n=0", "towns?q=lyon", "match?n=0&match=0"):
            assert client.get(f"/v1/review/{path}").status_code == 401
        for path in ("decide", "place", "undo", "redo", "write", "take-back", "accept-all"):
            assert client.post(f"/v1/review/{path}", json={}).status_code == 401
        assert client.get("/v1/review/photos", headers=bearer).status_code == 200
        assert client.get("/v1/review/photos", headers=bearer | {"host": "evil.example"}).status_code == 400
        assert client.get("/v1/review/photos", headers=bearer | {"origin": "http://evil.example"}).status_code == 403
        page = client.get("/")
        assert page.status_code == 200 and "script-src 'self'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert json.dumps(client.get("/review/../../etc/passwd").status_code) == "404"


def test_two_writes_at_a_time_are_refused(start):
    review = app.Review(start(), ["walk"])
    with TestClient(app.create_app(review)) as other:
        review.writing.acquire()
        assert other.post("/v1/review/write", json={"kind": "xmp", "dry_run": False}).status_code == 409
        review.writing.release()
        assert other.post("/v1/review/write", json={"kind": "xmp", "dry_run": True}).status_code == 200
