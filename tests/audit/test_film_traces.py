"""A film gives away what its boxes say, and is never called clean."""

import film_files

from photoplanet.audit import photo, stripping


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
