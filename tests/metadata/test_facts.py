"""What is said of a photo in its file and beside it: one answer, by one rule."""

import json

import pytest
from PIL import Image

from photoplanet.albums.shots import read_shot
from photoplanet.metadata import exif, facts, geotags
from photoplanet.metadata.camera_position import camera_position
from photoplanet.metadata.estimate import Estimate
from photoplanet.metadata.exif_writer import gps_bytes

KINDS = ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"]


def photo(make, path, kind="JPEG", **options):
    picture = make.scene(size=(64, 48))
    path.write_bytes(make.heic(picture, **options) if kind == "HEIF" else make.encoded(picture, kind, **options))
    return path


def embedded(make, path, kind, packet):
    """A photo with an XMP packet in its own file."""
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", packet.decode())
        return photo(make, path, kind, pnginfo=text)
    return photo(make, path, kind, **({"tiffinfo": {700: packet}} if kind == "TIFF" else {"xmp": packet}))


def place(path):
    found = facts.of(path)
    return found.gps_fault or (round(found.latitude, 4), round(found.longitude, 4))


@pytest.mark.parametrize("kind", KINDS)
def test_a_place_in_embedded_xmp_is_a_place_in_every_format(make, tmp_path, kind):
    path = embedded(make, tmp_path / "a.photo", kind, make.xmp(48.8584, -2.2945))
    assert place(path) == (48.8584, -2.2945)
    assert camera_position(path) == pytest.approx((48.8584, -2.2945))
    assert read_shot(str(path), {}).place == pytest.approx((48.8584, -2.2945))
    assert place(path.read_bytes()) == (48.8584, -2.2945)


def test_a_place_in_the_part_that_was_too_long_for_one_segment_is_read(make, tmp_path):
    path = photo(make, tmp_path / "a.jpg", xmp=make.xmp(1, 1).replace(b"exif:GPS", b"exif:HasExtendedXMP"))
    more = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + bytes(8) + make.xmp(3, 4)
    data = path.read_bytes()
    segment = b"\xff\xe1" + (len(more) + 2).to_bytes(2, "big") + more
    path.write_bytes(data[:2] + data[2:20] + segment + data[20:])
    assert place(path) == (3, 4)


def test_the_rule_is_sidecar_then_exif_then_xmp_then_google(make, tmp_path):
    path = photo(make, tmp_path / "a.jpg", exif=gps_bytes(2, 2), xmp=make.xmp(3, 3))
    google = tmp_path / "a.jpg.json"
    google.write_text(json.dumps({"geoData": {"latitude": 4, "longitude": 4}}))
    assert place(path) == (2, 2)
    (tmp_path / "A.XMP").write_bytes(make.xmp(1.5, 1))
    assert place(path) == (1.5, 1)
    (tmp_path / "a.jpg.xmp").write_bytes(make.xmp(1, 1))
    assert place(path) == (1, 1)
    other = photo(make, tmp_path / "b.jpg", xmp=make.xmp(3, 3))
    google.rename(tmp_path / "b.jpg.json")
    assert place(other) == (3, 3)
    photo(make, other)
    assert place(other) == (4, 4)


def test_a_source_that_cannot_be_read_leaves_the_word_to_the_next(make, tmp_path):
    path = photo(make, tmp_path / "a.jpg", exif=gps_bytes(0, 0), xmp=make.xmp(3, 3))
    assert place(path) == (3, 3)
    (tmp_path / "a.xmp").write_bytes(make.xmp(95, 0))
    assert place(path) == (3, 3)
    assert place(photo(make, tmp_path / "a.jpg", exif=gps_bytes(0, 0))) == "GPS out of range"
    (tmp_path / "a.xmp").write_bytes(b"no XMP at all")
    assert place(path) == "exactly 0, 0"


def test_an_estimate_stays_one_wherever_other_programs_copy_it(make, tmp_path):
    path = photo(make, tmp_path / "a.jpg")
    assert [done.did for done in geotags.write([(path, Estimate(48.9, 2.3, 25_000))], "exif")] == ["written"]
    (tmp_path / "a.jpg.xmp").write_bytes(make.xmp(48.9, 2.3))
    assert place(path) == exif.ESTIMATE and camera_position(path) is None and read_shot(str(path), {}).place is None
    (tmp_path / "a.jpg.xmp").write_bytes(make.xmp(48.95, 2.3))
    assert place(path) == (48.95, 2.3), "a person's own word"
    mark = 'exif:GPSProcessingMethod="photoplanet estimate"'
    (tmp_path / "a.jpg.xmp").write_bytes(make.xmp(48.95, 2.3, mark))
    assert place(path) == exif.ESTIMATE
    measured = photo(make, tmp_path / "b.jpg", exif=gps_bytes(10, 20))
    (tmp_path / "b.jpg.xmp").write_bytes(make.xmp(48.95, 2.3, mark))
    assert place(measured) == (10, 20)


def test_the_time_is_exifs_else_that_of_another_source(make, tmp_path):
    path = photo(make, tmp_path / "a.jpg", exif=gps_bytes(1, 2, "2019-05-01T12:00:00"))
    google = {"photoTakenTime": {"timestamp": "1551123684"}}
    (tmp_path / "a.jpg.json").write_text(json.dumps(google))
    assert facts.of(path).taken_at == "2019-05-01T12:00:00"
    photo(make, path)
    assert facts.of(path).taken_at == "2019-02-25T19:41:24+00:00"
    (tmp_path / "a.xmp").write_bytes(make.xmp(1, 2, 'exif:DateTimeOriginal="1955-07-01T10:00:00"'))
    assert facts.of(path).taken_at == "1955-07-01T10:00:00"


@pytest.mark.parametrize("name", ["a.xmp", "a.XMP", "a.jpg.xmp", "a.JPG.XMP", "a.jpg.json", "embedded", "drone"])
def test_nothing_is_written_beside_a_place(make, tmp_path, name):
    options = {}
    if name == "embedded":
        options["xmp"] = make.xmp(1, 2)
    elif name == "drone":
        names = 'xmlns:d="http://www.dji.com/drone-dji/1.0/" d:GpsLatitude="+1.5" d:GpsLongtitude="-2.5"'
        options["xmp"] = make.xmp(1, 2, names).replace(b"exif:GPS", b"exif:X")
    elif name.endswith("json"):
        (tmp_path / name).write_text(json.dumps({"geoData": {"latitude": 4, "longitude": 4}}))
    else:
        (tmp_path / name).write_bytes(make.xmp(1, 2))
    path = photo(make, tmp_path / "a.jpg", **options)
    before = sorted(tmp_path.iterdir())
    for kind in geotags.KINDS:
        assert [done.did for done in geotags.write([(path, Estimate(48.9, 2.3, 25_000))], kind)] == ["own GPS"]
    assert sorted(tmp_path.iterdir()) == before


def test_scans_have_no_time_of_taking_unless_somebody_set_one(make):
    def taken(main=(), **details):
        block = Image.Exif()
        block.update(main)
        numbers = {"original": 0x9003, "digitized": 0x9004, "source": 0xA300}
        block.get_ifd(0x8769).update({numbers[name]: value for name, value in details.items()})
        return facts.of(make.encoded(make.scene(), exif=block)).taken_at

    then, now = "1985:07:01 12:00:00", "2024:12:24 20:00:00"
    assert taken(digitized=now) == "2024-12-24T20:00:00", "a camera"
    assert taken(original="    :  :     :  :  ", digitized=now) is None
    for scanner in ({"source": b"\1"}, {"source": b"\2"}, {"main": {0x010F: "EPSON", 0x0131: "EPSON Scan"}},
                    {"main": {0x0110: "CanoScan 9000F"}}):  # fmt: skip
        assert taken(digitized=now, **scanner) is None
        assert taken(original=now, digitized=now, **scanner) is None
        assert taken(original=then, digitized=now, **scanner) == "1985-07-01T12:00:00"
    assert taken(original=now, digitized=now, source=b"\3") == "2024-12-24T20:00:00"
