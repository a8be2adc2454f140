"""Photos of one event by two cameras: which pairs show the same, and which are not even compared."""

import numpy as np
from pictures import scene, view
from PIL import Image

from photoplanet.albums.shots import Shot
from photoplanet.retrieval import events


def shots(tmp_path, pictures):
    found = []
    for number, (camera, picture) in enumerate(pictures):
        path = tmp_path / f"{number}.jpg"
        picture.save(path, quality=92)
        found.append(Shot(str(path), path.name, "trip", camera=camera))
    return found


def rows(found):
    return [np.array([at for at, shot in enumerate(found) if shot.camera == camera]) for camera in ("A", "B")]


def test_pairs_are_of_two_cameras_and_show_the_same_scene(tmp_path):
    pictures = [("A", scene(n)) for n in range(4)] + [("B", view(n)) for n in (2, 3, 9)] + [("A", view(0))]
    found = shots(tmp_path, pictures)
    assert events.pairs(found, rows(found)).tolist() == [[2, 4], [3, 5]]


def test_photos_that_cannot_be_read_or_show_nothing_match_none(tmp_path):
    found = shots(tmp_path, [("A", scene(0)), ("B", view(0)), ("B", Image.new("RGB", (64, 64)))])
    (tmp_path / "0.jpg").write_bytes(b"no photo")
    assert events.pairs(found, rows(found)).shape == (0, 2)


def test_cameras_in_different_folders_are_not_compared_and_each_has_its_bound(tmp_path, monkeypatch):
    found = shots(tmp_path, [("A", scene(0)), ("B", view(0))])
    apart = [found[0], Shot(found[1].source, found[1].name, "elsewhere", camera="B")]
    assert events.pairs(apart, rows(found)).shape == (0, 2)
    looked_at = []
    monkeypatch.setattr(events, "extract", lambda source: looked_at.append(source) or events.NOTHING)
    many = [Shot(f"{n}", f"{n}", "trip", camera="AB"[n % 2]) for n in range(2000)]
    assert events.pairs(many, rows(many)).shape == (0, 2) and len(looked_at) == 2 * events.MOST
