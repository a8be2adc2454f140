import base64
import hashlib
import json
import re

import numpy as np
import pytest
from PIL import Image

from photoplanet.albums.located_photos import LocatedPhoto
from photoplanet.albums.shots import Shot
from photoplanet.albums.trips import Trip
from photoplanet.earth import coast
from photoplanet.errors import InputError
from photoplanet.locate import locator
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.prediction import Prediction
from photoplanet.show import maps
from photoplanet.show import trip as trips


@pytest.fixture
def founds(tiny_model):
    part = locator.load(tiny_model).partition
    flat = np.full(len(part), 1 / len(part), np.float32)
    sure = np.zeros(len(part), np.float32)
    sure[0] = 1
    return [
        LocatedPhoto(Shot("a", "</script>a.jpg", "t"), "estimated", Prediction(sure, part)),
        LocatedPhoto(Shot("b", "b.jpg", "t"), "own GPS", Prediction(sure, part, at=(1.2345, 2.3456))),
        LocatedPhoto(Shot("c", "c.jpg", "t"), "neighbours", Prediction(flat, part), "c.jpg: cannot decode it"),
        LocatedPhoto(Shot("d", "d.jpg", "t"), "neighbours", None, "d.jpg: cannot decode it"),
    ]


def page(tmp_path, founds, times=4):
    shown = Trip([each.shot for each in founds], np.array(["2020-05-01T10:00:00"] * 3 + ["NaT"], "datetime64[s]"),
                 np.arange(4))  # fmt: skip
    with trips.map_file(tmp_path / "trip.html", len(founds), AnswerOptions(top=5)) as add:
        add(shown, founds)
    text = (tmp_path / "trip.html").read_text("utf-8")
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1]
    return text, json.loads(data)


def test_every_photo_has_its_time_place_and_kind(tmp_path, founds):
    _, data = page(tmp_path, founds)
    photos = data["photos"]
    assert data["albums"][0]["days"] == ["2020-05-01", "2020-05-01"]
    assert [each["kind"] for each in photos] == ["estimated", "own GPS", "neighbours", "neighbours"]
    assert photos[0]["taken"] == "2020-05-01 10:00" and photos[3]["taken"] is None
    assert (photos[1]["best"]["latitude"], photos[1]["best"]["longitude"]) == (1.2345, 2.3456)
    assert photos[1]["confidence"]["city"] == 1
    assert photos[2]["best"] is None and photos[2]["fault"] == "c.jpg: cannot decode it"
    assert photos[3]["error"] == "d.jpg: cannot decode it"


def test_the_page_asks_the_network_for_nothing_and_admits_only_its_script(tmp_path, founds):
    text, _ = page(tmp_path, founds)
    text = re.sub(r'"coast":\{[^}]*\}', "", text)  # base64 has slashes, too
    text = text.replace("http://www.w3.org/2000/svg", "").replace("made.src = address;", "")
    assert not re.search(r"(?:https?:)?//[a-z0-9]", text.replace("</", ""), re.IGNORECASE)
    assert not re.search(r"\b(?:src|href)\s*=|@import|url\(|fetch\(|XMLHttpRequest|WebSocket|import\(", text)
    script = re.search(r"<script>(.*)</script>", (tmp_path / "trip.html").read_text("utf-8"), re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text and "addSource" in script


def test_a_page_shows_no_more_than_it_can(tmp_path, founds, monkeypatch):
    assert trips.MAX_PHOTOS == 5000
    monkeypatch.setattr(trips, "MAX_PHOTOS", 3)
    _, data = page(tmp_path, founds)
    assert len(data["photos"]) == 3 < len(founds)


def test_nothing_is_written_when_the_work_fails(tmp_path):
    with pytest.raises(InputError), trips.map_file(tmp_path / "trip.html", 1, AnswerOptions()):
        raise InputError("stopped")
    assert not list(tmp_path.iterdir())


def test_the_page_says_that_numbers_are_photos_in_time_order(tmp_path, founds):
    text, _ = page(tmp_path, founds)
    assert "Numbers: the photos in time order; of a chosen photo, its most likely cells." in text


def named(tmp_path, model_founds, names, **options):
    shots = [Shot(name, name, "trip", taken_at=at, camera=camera) for name, at, camera in names]
    prediction = model_founds[0].prediction
    found = [LocatedPhoto(shot, "estimated", prediction) for shot in shots]
    times = np.array([shot.taken_at or "NaT" for shot in shots], "datetime64[s]")
    with trips.map_file(tmp_path / "trip.html", len(shots), AnswerOptions(top=5), **options) as add:
        add(Trip(shots, times, np.arange(len(shots))), found)
    text = (tmp_path / "trip.html").read_text("utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])["photos"]


def test_a_photo_says_its_camera_and_whether_a_clock_gave_its_time(tmp_path, founds):
    one, other = "Maker A", "Maker B"
    photos = named(tmp_path, founds, [("a.jpg", "2020-05-01T10:00:00", one), ("b.jpg", "2020-05-01", other),
                                      ("c.jpg", None, one)])  # fmt: skip
    assert [photo["camera"] for photo in photos] == [0, 1, 0]
    assert [photo.get("dated", False) for photo in photos] == [False, True, False]
    assert [photo["taken"] for photo in photos] == ["2020-05-01 10:00", "2020-05-01", None]


def test_the_folder_that_all_photos_are_in_is_not_given_away(tmp_path, founds):
    names = [(f"/home/me/private/{name}", None, None) for name in ("x/a.jpg", "y/b.jpg")]
    assert [photo["name"] for photo in named(tmp_path, founds, names)] == ["x/a.jpg", "y/b.jpg"]
    assert "private" not in (tmp_path / "trip.html").read_text("utf-8")
    assert [photo["name"] for photo in named(tmp_path, founds, [("a/1.jpg", None, None)])] == ["1.jpg"]
    mixed = [("/home/me/a.jpg", None, None), ("b.jpg", None, None)]
    assert [photo["name"] for photo in named(tmp_path, founds, mixed)] == ["/home/me/a.jpg", "b.jpg"]


def test_thumbnails_can_be_left_out(tmp_path, founds):
    Image.new("RGB", (60, 40)).save(tmp_path / "a.jpg")
    listed = [(str(tmp_path / "a.jpg"), None, None)]
    (photo,) = named(tmp_path, founds, listed)
    assert photo["thumbnail"].startswith("data:image/jpeg;base64,")
    (photo,) = named(tmp_path, founds, listed, with_thumbnails=False)
    assert "thumbnail" not in photo


def test_the_finer_ground_around_the_places_comes_along(tmp_path, founds):
    _, data = page(tmp_path, founds)
    pieces = data["land"]["coast"]
    assert coast.near([1.2345], [2.3456], 50_000)[0] in map(int, pieces)
    assert sum(len(base64.b64decode(piece)) for piece in pieces.values()) <= maps.MAX_COAST
    for number, piece in pieces.items():
        assert base64.b64decode(piece) == coast.piece(int(number))
