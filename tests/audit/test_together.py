"""What photos give away together, and what names of files and files beside photos do."""

from datetime import datetime, timedelta

import jxl_files
import pytest
import raw_files
from PIL import Image

from photoplanet.audit import beside, file_names, photo, places, together
from photoplanet.audit.finding import Audited, Finding
from photoplanet.audit.together import Known
from photoplanet.metadata import exif_writer, undo_list


def stays(latitude, longitude, first, days, hour=21, step=1):
    return [Known(latitude, longitude, first + timedelta(days=step * day, hours=hour)) for day in range(days)]


MONDAY = datetime(2023, 5, 1)


def test_evenings_in_three_weeks_are_a_home_and_a_week_on_holiday_is_not():
    assert together.homes(stays(48.86, 2.29, MONDAY, 7)) == []
    [home] = together.homes(stays(48.86, 2.29, MONDAY, 4, step=7) + stays(41.9, 12.5, MONDAY, 6))
    assert home.level == "place" and round(home.latitude, 3) == 48.86 and "4 evenings" in home.says
    assert together.homes(stays(48.86, 2.29, MONDAY, 3, step=7)) == []  # three days are too few
    assert together.homes(stays(48.86, 2.29, MONDAY, 10, hour=11, step=7)) == []  # Mondays before noon
    assert together.homes([Known(48.86, 2.29, None)] * 9) == []


@pytest.mark.parametrize("hour", [20, 23, 2, 6])
def test_the_night_is_from_20_to_7(hour):
    assert together.homes(stays(10, 180, MONDAY, 4, hour=hour, step=7))
    assert not together.homes(stays(10, 180, MONDAY, 4, hour=19, step=7))
    assert not together.homes(stays(10, 180, MONDAY, 4, hour=7, step=7))


def test_places_over_300_m_apart_are_not_one_home():
    days = stays(0, 0, MONDAY, 2, step=7) + stays(0.01, 0, MONDAY + timedelta(days=14), 2, step=7)
    assert together.homes(days) == []


def test_one_camera_in_several_folders_and_a_journey():
    paris = Finding("place", "GPS", "EXIF", "", True, 48.86, 2.35)
    rome = Finding("place", "GPS", "EXIF", "", True, 41.9, 12.5)
    audits = [
        Audited("a/1.jpg", (paris,), "2023-05-01T12:00:00", frozenset({"X1"})),
        Audited("b/2.jpg", (rome,), "2023-05-03T12:00:00+02:00", frozenset({"X1"})),
    ]
    journey, camera = together.findings(audits)
    assert "2 places, 2023-05-01 – 2023-05-03" in journey.says and "Paris" in journey.says
    assert camera.level == "link" and camera.says.startswith("X1 stands in 2 photos in 2 folders")
    assert together.findings(audits[:1]) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [("IMG_20230714_183000.jpg", ["2023-07-14 18:30"]), ("2023-07-14 18.30.05.png", ["2023-07-14 18:30"]),
     ("trip/PXL_20230714_163005123.jpg", ["2023-07-14 16:30"]), ("DSC01234.jpg", []), ("Beach_day_3.jpg", []),
     ("kathmandu-2019-05-01.jpg", ["may name Kathmandu, Bagmati Province, Nepal", "2019-05-01"]),
     ("12345678901234.jpg", []),
     ("a_48.85837_2.29448.jpg", ["a_48.85837_2.29448.jpg"])],
)  # fmt: skip
def test_names_of_files(name, says):
    assert [each.says for each in file_names.findings(name)] == says


@pytest.mark.parametrize(
    ("text", "place"),
    [("48.85837, 2.29448", (48.85837, 2.29448)), ("48.85837N 2.29448W", (48.85837, -2.29448)),
     ("-33.8568/151.2153", (-33.8568, 151.2153)),
     ("+48.8583+002.2944/", (48.8583, 2.2944)), ("1.234, 99", None),
     ("95.12345, 2.29448", None), ("version 1.2.3456", None), ("0.000, 0.000", None)],
)  # fmt: skip
def test_coordinates_in_text(text, place):
    assert places.coordinates(text) == place


def test_files_beside_photos(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg.json").write_text('{"geoData": {"latitude": 48.8583, "longitude": 2.2944}}')
    (tmp_path / "walk.GPX").touch()
    (tmp_path / undo_list.NAME).touch()
    (tmp_path / "old.zip").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "scan.mie").touch()
    found = {each.file.rpartition("/")[2]: each.level for each in beside.others(str(tmp_path))}
    assert found == {
        "walk.GPX": "place",
        undo_list.NAME: "hint",
        "old.zip": "note",
        "scan.mie": "note",
    }
    (own,) = photo.audited(str(tmp_path / "a.jpg")).findings
    assert (own.level, own.where, own.strips) == ("place", "a.jpg.json", False)


@pytest.mark.parametrize("ending", raw_files.KINDS)
def test_raw_files_are_looked_into(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    path.write_bytes(raw_files.KINDS[ending]())
    audited = photo.audited(str(path))
    assert audited.error is None and audited.findings[0].level == "place" and "48.858" in audited.findings[0].says


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_other_formats_are_looked_into_and_not_stripped(tmp_path, kind):
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    path = tmp_path / f"a.{kind.lower()}"
    Image.new("RGB", (64, 48)).save(path, kind, exif=exif_writer.gps_bytes(48.8583, 2.2944))
    found = photo.audited(str(path)).findings
    assert [(each.kind, each.strips) for each in found if each.level == "place"] == [("GPS", False)]
    assert round(found[0].latitude, 4) == 48.8583


def test_a_jpeg_xl_is_looked_into_whatever_its_boxes(tmp_path):
    boxes = jxl_files.box(b"jumb", b"signed"), jxl_files.box(b"jbrd", b"a JPEG")
    picture = Image.new("RGB", (64, 48))
    block = exif_writer.gps_bytes(48.8583, 2.2944)
    (tmp_path / "a.jxl").write_bytes(jxl_files.jxl(picture, *boxes, exif=block, packed=True))
    found = photo.audited(str(tmp_path / "a.jxl")).findings
    assert [(each.level, each.kind) for each in found] == [
        ("place", "GPS"), ("hint", "signed history"), ("note", "not looked into")
    ]  # fmt: skip


def test_what_is_not_a_photo_is_an_error(tmp_path):
    (tmp_path / "a.jpg").write_text("text")
    assert "not a photo" in photo.audited(str(tmp_path / "a.jpg")).error
    assert "no such file" in photo.audited(str(tmp_path / "b.jpg")).error
