"""Photos that show the same details, beside the page: found among those with places, and drawn with lines."""

import io

import pytest
from libraries import PLACES, save
from pictures import scene, view
from PIL import Image
from starlette.testclient import TestClient

from photoplanet.errors import InputError
from photoplanet.review import app
from photoplanet.review.matches import Matches


@pytest.fixture
def folder(tmp_path):
    """Three scenes with places, and another view of the first without one."""
    for seed, place in PLACES.items():
        save(tmp_path / "photos", f"{seed}.jpg", scene(seed), place)
    save(tmp_path / "photos", "view.jpg", view(1), None)
    return tmp_path / "photos"


def test_a_photo_of_the_same_place_is_found_and_drawn(folder, tmp_path, start):
    matches = Matches(str(folder), tmp_path / "index", threads=1)
    photo = str(folder / "view.jpg")
    with pytest.raises(InputError, match="still being read"):
        matches.of(photo)
    matches.open()
    assert matches.state == "ready" and matches.of(photo)[0].photo_id == "1.jpg" and matches.of(photo)[0].trusted
    assert sum(not match.trusted for match in matches.of(photo)) <= 2
    drawn = Image.open(io.BytesIO(matches.picture(photo, 0)))
    assert drawn.width > drawn.height
    with pytest.raises(InputError, match="no such match"):
        matches.picture(photo, 5)
    review = app.Review(start(folder), [str(folder)], matches=matches)
    number = next(n for n, each in enumerate(review.session.photos) if each.name == "view.jpg")
    with TestClient(app.create_app(review)) as client:
        found = client.get("/v1/review/matches", params={"n": number}).json()["matches"][0]
        assert found["trusted"] and review.session.photos[found["n"]].name == "1.jpg" and "Lund" in found["place"]
        picture = client.get("/v1/review/match", params={"n": number, "match": 0})
        assert picture.status_code == 200 and picture.headers["content-type"] == "image/jpeg"
        assert client.get("/v1/review/match", params={"n": number, "match": 50}).status_code == 404


def test_a_library_that_cannot_be_opened_says_why(tmp_path):
    matches = Matches(str(tmp_path / "missing"), tmp_path / "index")
    matches.open()
    assert "no such folder" in matches.state
    with pytest.raises(InputError, match="no such folder"):
        matches.of("a.jpg")
