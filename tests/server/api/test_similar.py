"""POST /v1/similar and the thumbnails of the library."""

import io

import numpy as np
import pytest
from pictures import scene, view
from PIL import Image

from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.retrieval.library import library
from photoplanet.server.limits import Limits

PARIS, SYDNEY = (48.8584, 2.2945), (-33.8568, 151.2153)


def encoded(picture, place=None):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=92, **({"exif": gps_bytes(*place)} if place else {}))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("similar") / "library"
    home.mkdir()
    for seed, place in ((1, PARIS), (2, SYDNEY)):
        exif = gps_bytes(*place)
        scene(seed).save(home / f"scene{seed}.jpg", quality=92, exif=exif, comment=b"a secret remark")
    return home


@pytest.fixture(scope="module")
def by_features(folder):
    return library.open(folder)


def test_a_photo_that_shows_the_same_is_found_with_its_place_and_no_path(connect, by_features, folder):
    client = connect(library=by_features)
    answer = client.post("/v1/similar?name=q.jpg", content=encoded(view(1)))
    found = answer.json()
    assert found["file"] == "q.jpg" and found["itself"] == [] and str(folder) not in answer.text
    (match,) = found["matches"]
    assert match["photo_id"] == by_features.listing.ids[0] and match["trusted"] and match["inliers"] >= 15
    assert match["country_code"] == "FR" and match["latitude"] == 48.8584 and "km" not in match
    assert client.post("/v1/similar", content=encoded(scene(3))).json()["matches"] == []
    every = client.post("/v1/similar?all=true&count=2", content=encoded(view(1), SYDNEY)).json()["matches"]
    assert len(every) == 2 and every[0]["km"] == pytest.approx(16960, rel=0.01)


def test_a_photo_of_the_library_is_not_its_own_match(connect, by_features, folder):
    found = connect(library=by_features).post("/v1/similar", content=(folder / "scene1.jpg").read_bytes()).json()
    assert found["itself"] == [by_features.listing.ids[0]] and found["matches"] == []


def test_by_embedding_a_distance_is_given(connect, model, folder, tmp_path):
    vectors = library.open(folder, by="embedding", model=model, index=tmp_path / "index")
    client = connect(library=vectors)
    found = client.post("/v1/similar", content=encoded(view(1))).json()
    assert found["matches"][0]["distance"] < 0.2 and "inliers" not in found["matches"][0]
    assert client.get("/v1/models").json()["library"] == {"photos": 2, "by": "embedding"}


def test_thumbnails_are_small_and_carry_no_metadata(connect, by_features, is_problem):
    client = connect(library=by_features, token="a-token-of-some-length")
    good = {"authorization": "Bearer a-token-of-some-length"}
    ask = {"photo_id": by_features.listing.ids[1]}
    is_problem(client.get("/v1/similar/thumbnail", params=ask), 401, "Bearer")
    answer = client.get("/v1/similar/thumbnail", params=ask, headers=good)
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg"
    image = Image.open(io.BytesIO(answer.content))
    assert max(image.size) == 320 and not image.getexif() and b"secret" not in answer.content
    same = np.asarray(scene(2).resize(image.size), float) - np.asarray(image, float)
    assert np.abs(same).mean() < 20


@pytest.mark.parametrize("name", ["../scene1.jpg", "/etc/passwd", "scene1", "", "\x00"])
def test_only_photos_of_the_library_have_one(connect, by_features, is_problem, folder, name):
    client = connect(library=by_features)
    for photo_id in (name, str(folder / "scene1.jpg")):
        if photo_id not in by_features.listing.ids:
            is_problem(client.get("/v1/similar/thumbnail", params={"photo_id": photo_id}), 404, "photo_id")
    is_problem(client.get("/v1/similar/thumbnail"), 422, "photo_id")


def test_a_library_photo_that_is_gone_or_too_large_is_reported(connect, folder, tmp_path, is_problem):
    (tmp_path / "own").mkdir()
    gone = tmp_path / "own" / "gone.jpg"
    scene(1).save(gone, exif=gps_bytes(*PARIS))
    found = library.open(tmp_path / "own")
    ask = {"photo_id": found.listing.ids[0]}
    small = connect(Limits(photo_pixels=1000), library=found)
    is_problem(small.get("/v1/similar/thumbnail", params=ask), 404, "no longer be read")
    gone.unlink()
    answer = connect(library=found).get("/v1/similar/thumbnail", params=ask)
    assert is_problem(answer, 404, "no longer be read") and str(tmp_path) not in answer.text


def test_without_a_library_it_says_so(connect, is_problem):
    client = connect()
    is_problem(client.post("/v1/similar", content=encoded(view(1))), 404, "started without --library")
    is_problem(client.get("/v1/similar/thumbnail?photo_id=a"), 404, "started without --library")
    assert client.get("/v1/models").json()["library"] is None


def test_one_photo_at_a_time_and_only_photos(connect, by_features, is_problem):
    client = connect(library=by_features)
    is_problem(client.post("/v1/similar", files=[("a", ("a", encoded(view(1))))] * 2), 400, "one photo")
    is_problem(client.post("/v1/similar", content=b"no photo"), 400, "not a JPEG")
    is_problem(client.post("/v1/similar?count=0", content=encoded(view(1))), 422, "count")
