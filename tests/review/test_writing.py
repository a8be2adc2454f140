"""*Write* and its undo: by the writer of `album --write`, byte for byte."""

import hashlib

import pytest
import review_photos

from photoplanet.metadata import exif, facts
from photoplanet.review import writing
from photoplanet.review.decisions import Decision


def contents(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize("kind", ["xmp", "exif"])
def test_what_is_decided_is_written_and_taken_back_to_the_byte(start, tmp_path, kind):
    session, folder = start(), tmp_path / "walk"
    before = contents(folder)
    session.accept([1])
    session.place([2], (43.3, 5.37), 0.5, "map")
    session.put_aside([3], "rejected")
    dry = writing.write(session.chosen(), kind, "jpg.xmp", dry_run=True)
    assert dry[:4] == (2, 0, 0, 0) and contents(folder) == before
    assert writing.write(session.chosen(), kind, "jpg.xmp", dry_run=False)[:4] == (2, 0, 0, 0)
    said = facts.of(folder / "2.jpg")
    assert said.gps_fault == exif.ESTIMATE and said.latitude == pytest.approx(43.3, abs=1e-3)
    assert writing.write(session.chosen(), kind, "jpg.xmp", dry_run=False)[:4] == (0, 2, 0, 0)
    sources = [photo.source for photo in session.photos]
    assert writing.take_back(sources, dry_run=True).written == 2 and contents(folder) != before
    assert writing.take_back(sources, dry_run=False).written == 2
    assert contents(folder) == before


def test_what_vanished_or_got_gps_meanwhile_is_named_and_the_rest_is_written(start, tmp_path):
    session, folder = start(), tmp_path / "walk"
    session.accept([1, 2, 3])
    (folder / "1.jpg").unlink()
    review_photos.save(folder / "2.jpg", place=(10.0, 10.0))
    found = writing.write(session.chosen(), "xmp", "jpg.xmp", dry_run=False)
    assert found[:4] == (1, 0, 1, 1)
    assert [(note.name[-5:], note.did) for note in found.notes] == [("1.jpg", "refused"), ("2.jpg", "own GPS")]
    assert (folder / "3.jpg.xmp").exists() and not (folder / "2.jpg.xmp").exists()


def test_members_of_shards_are_left_alone():
    found = writing.write([("a.tar#1.jpg", Decision("placed", 1.0, 2.0, 1.0, "map"))], "xmp", "jpg.xmp", False)
    assert found[:4] == (0, 0, 0, 1) and "not a file of its own" in found.notes[0].detail


@pytest.mark.parametrize(("radius", "written", "digits"), [
    (0.02, 48.8584, 4), (1.0, 48.858, 3), (15.0, 48.86, 2), (150.0, 48.9, 1), (1500.0, 49.0, 0),
])  # fmt: skip
def test_places_are_written_as_fine_as_they_are_known(radius, written, digits):
    estimate = writing.estimate_of(Decision("placed", 48.85842, 2.29451, radius, "map"))
    assert estimate.latitude == written and round(estimate.latitude, digits) == estimate.latitude
    assert radius * 1000 <= estimate.radius_m <= 1.3 * radius * 1000 + 10


@pytest.mark.parametrize(("decision", "method", "confidence"), [
    (Decision("accepted", 1.0, 2.0, 5.0, "time"), "photoplanet estimate, time, accepted by hand", 0.9),
    (Decision("accepted", 1.0, 2.0, 5.0, "track"), "photoplanet track, accepted by hand", None),
    (Decision("accepted", 1.0, 2.0, 5.0, "model", "model tiny (non-commercial licence)"),
     "photoplanet estimate, model tiny (non-commercial licence), accepted by hand", 0.9),
    (Decision("placed", 1.0, 2.0, 5.0, "town", "Lyon"), "photoplanet placed by hand, town", None),
])  # fmt: skip
def test_every_place_says_that_it_is_an_estimate_and_how_it_came_to_be(decision, method, confidence):
    estimate = writing.estimate_of(decision)
    assert (estimate.marked, estimate.confidence) == (method, confidence)


def test_what_is_coarse_is_written_by_its_names_only(start, tmp_path):
    session, folder = start(), tmp_path / "walk"
    session.place([1], (48.86, 2.35), 60.0, "town", "Paris")
    session.place([2], (48.86, 2.35), 20.0, "town", "Paris")
    assert writing.write(session.chosen(), "exif", "jpg.xmp", dry_run=True).coarse == 1
    found = writing.write(session.chosen(), "exif", "jpg.xmp", dry_run=False)
    assert (found.written, found.coarse) == (2, 1)
    text = (folder / "1.jpg.xmp").read_text()
    assert "France" in text and "GPSLatitude" not in text
    assert facts.of(folder / "2.jpg").latitude == pytest.approx(48.86, abs=0.01)
    assert writing.write(session.chosen(), "exif", "jpg.xmp", dry_run=True, max_radius_km=100.0).coarse == 0
