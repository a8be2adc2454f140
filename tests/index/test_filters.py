"""What is dropped by its pixels: graphics, and what a filter of one's own refuses."""

from left_out import reasons
from PIL import Image

from photoplanet.index import build


def test_own_filters_refuse_fail_and_keep_by_name(album):
    def mine(image):
        if image.width != 120:
            raise ZeroDivisionError("no")
        return image.height == 90

    Image.new("RGB", (120, 40)).save(album / "low.jpg")
    Image.new("RGB", (200, 90)).save(album / "trip" / "odd.jpg")
    rows, left_out = build.index([album], filter=mine)
    found = reasons(left_out)
    assert found["odd.jpg"] == "filter failed" and found["low.jpg"] == "refused by the filter" and len(rows) == 4
    assert "ZeroDivisionError: no" in next(entry["detail"] for entry in left_out if entry["reason"] == "filter failed")


def test_graphics_are_dropped_on_request(make, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(make.encoded(make.scene(1, (640, 480)), quality=90))
    (tmp_path / "drawing.png").write_bytes(make.encoded(make.diagram(), "PNG"))
    rows, left_out = build.index([tmp_path], keep_without_gps=True, drop_graphics=True)
    assert rows["photo_id"].to_pylist() == ["photo.jpg"] and reasons(left_out) == {"drawing.png": "not a photo"}


def test_a_filter_sees_at_least_512_pixels_where_the_photo_has_them(make, tmp_path):
    for name, size in (("large.jpg", (2600, 2100)), ("small.jpg", (300, 200))):
        (tmp_path / name).write_bytes(make.encoded(make.scene(1, size)))
    seen = []
    build.index([tmp_path], keep_without_gps=True, filter=lambda image: seen.append(min(image.size)) or True, threads=1)
    assert len(seen) == 2 and 512 <= seen[0] < 1100 and seen[1] == 200


def test_a_graphic_is_dropped_from_half_sure_on(make, tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(make.encoded(make.scene()))
    for score, kept in ((0.49, 1), (0.5, 0)):
        monkeypatch.setattr("photoplanet.photos.graphics_filter.graphic_score", lambda _, score=score: score)
        assert len(build.index([tmp_path], keep_without_gps=True, drop_graphics=True)[0]) == kept
