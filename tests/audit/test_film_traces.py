"""A film gives away what its boxes say, and is never called clean."""

import drone_files
import film_files

from photoplanet.audit import photo, stripping
from photoplanet.audit.beside import others


def test_a_film_with_a_place_is_not_clean(tmp_path):
    path = tmp_path / "clip.mov"
    path.write_bytes(film_files.film(film_files.apple(film_files.APPLE)))
    found = photo.audited(str(path))
    assert found.level == "place" and (found.findings[0].latitude, found.findings[0].longitude) == (46.5, 7.25)
    assert "iPhone 12" in [each.says for each in found.findings]
    assert found.findings[-1].level == "note" and found.taken_at == "2024-05-01T12:00:00+02:00"
    before = path.read_bytes()
    (done,) = stripping.strip([found])
    assert done.did == "refused" and "ffmpeg" in done.detail and path.read_bytes() == before


def test_a_drones_captions_give_the_place_away_and_are_not_stripped(tmp_path):
    places = [(0.0, 0.0), (48.858, 2.294)]
    path, beside = tmp_path / "DJI_0001.MP4", tmp_path / "DJI_0001.SRT"
    path.write_bytes(film_files.film())
    beside.write_bytes(drone_files.captions(drone_files.GENERATIONS["Mavic 2"], places))
    found = photo.audited(str(path))
    assert found.level == "place" and found.findings[0].where == "DJI_0001.SRT"
    before = beside.read_bytes()
    done = {each.path.name: each for each in stripping.strip([found])}
    assert done["DJI_0001.SRT"].did == "refused" and "do not publish" in done["DJI_0001.SRT"].detail
    assert beside.read_bytes() == before
    path.write_bytes(drone_files.film(drone_files.texts(drone_files.GENERATIONS["Air 2S"], places), b"tx3g"))
    beside.write_bytes(b"1\n00:00:00,000 --> 00:00:01,000\nHello there.\n")
    found = photo.audited(str(path))
    assert found.findings[0].where == "film" and (found.findings[0].latitude, found.findings[0].longitude) == places[1]
    assert {each.path.name: each.did for each in stripping.strip([found])}["DJI_0001.SRT"] == "clean"
    path.unlink()
    beside.write_bytes(drone_files.captions(drone_files.GENERATIONS["Mavic 2"], places))
    assert [each.file for each in others(str(tmp_path))] == [str(beside)], "captions whose film is elsewhere"
