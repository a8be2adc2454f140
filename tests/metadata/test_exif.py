from datetime import datetime, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from photoplanet.errors import InputError
from photoplanet.metadata import exif, exif_writer
from photoplanet.photos.decode import opened

GOOD = {1: "N", 2: (48.0, 51.0, 30.0), 3: "W", 4: (2.0, 17.0, 40.0)}


def read(make, gps=None, details=None, kind="JPEG", **tags):
    """What is read back from a photo with these GPS and EXIF tags."""
    block = Image.Exif()
    block.update({int(key[1:]): value for key, value in tags.items()})
    if gps is not None:
        block.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    if details is not None:
        block.get_ifd(ExifTags.IFD.Exif).update(details)
    with opened(make.encoded(make.scene(size=(20, 10)), kind, exif=block)) as (image, _):
        return exif.read(image)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lat=st.floats(-90, 90), lng=st.floats(-180, 180), kind=st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "AVIF"]))
def test_places_written_are_read_back_to_millimetres(make, lat, lng, kind):
    data = make.encoded(Image.new("L", (8, 8)), kind, exif=exif_writer.gps_bytes(lat, lng))
    with opened(data) as (image, _):
        found = exif.read(image)
    if abs(lat) < 1e-8 and abs(lng) < 1e-8:
        assert found.gps_fault == "exactly 0, 0"
    else:
        assert (found.latitude, found.longitude) == pytest.approx((lat, lng), abs=3e-8) and found.gps_fault is None


@pytest.mark.parametrize("moment", ["2016-08-08T12:30:00", "2016-08-08T12:30:00+02:00", "2016-08-08T12:30:00-03:30"])
def test_times_and_names_written_are_read_back(make, moment):
    with opened(make.geotagged(1, 2, moment, "Zoë Ångström")) as (image, _):
        found = exif.read(image)
    assert (found.taken_at, found.photographer) == (moment, "Zoë Ångström")


def test_impossible_places_and_times_are_not_written():
    for bad in ((91, 0), (0, 181), (float("nan"), 0)):
        with pytest.raises(InputError, match="GPS"):
            exif_writer.gps_bytes(*bad)
    with pytest.raises(InputError, match="ISO 8601"):
        exif_writer.gps_bytes(1, 1, "yesterday")


@pytest.mark.parametrize(
    "change, expected",
    [
        ({}, (48 + 51.5 / 60, -(2 + 17 / 60 + 40 / 3600))),
        ({1: "s", 3: "e\0"}, (-(48 + 51.5 / 60), 2 + 17 / 60 + 40 / 3600)),
        ({2: (48.5, 0.0, 0.0)}, (48.5, -(2 + 17 / 60 + 40 / 3600))),
        ({2: (IFDRational(48, 1), IFDRational(30, 1), IFDRational(0, 0))}, (48.5, -(2 + 17 / 60 + 40 / 3600))),
        ({2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)}, "exactly 0, 0"),
        ({2: (95.0, 0.0, 0.0)}, "GPS out of range"),
        ({4: (190.0, 0.0, 0.0)}, "GPS out of range"),
        ({2: (48.0, 75.0, 0.0)}, "GPS unreadable"),
        ({2: (IFDRational(48, 0), IFDRational(30, 1), IFDRational(1, 1))}, "GPS unreadable"),
        ({1: None}, "GPS unreadable"),
        ({1: "X"}, "GPS unreadable"),
        ({4: None}, "GPS unreadable"),
        ({2: None, 4: None}, "no GPS"),
        ({27: b"ASCII\0\0\0photoplanet estimate"}, "GPS is an estimate"),
    ],
)
def test_what_cameras_write_for_a_place(make, change, expected):
    gps = {key: value for key, value in {**GOOD, **change}.items() if value is not None}
    found = read(make, gps)
    if isinstance(expected, str):
        assert found.gps_fault == expected
    else:
        assert (found.latitude, found.longitude) == pytest.approx(expected)


@pytest.mark.parametrize(
    "details, gps, expected",
    [
        ({0x9003: "2019:07:01 10:20:30"}, {}, "2019-07-01T10:20:30"),
        ({0x9003: "2019:07:01 10:20:30", 0x9011: "-07:00", 0x9291: "25"}, {}, "2019-07-01T10:20:30.250000-07:00"),
        ({0x9003: "2019-07-01T10:20:30", 0x9011: "junk"}, {}, "2019-07-01T10:20:30"),
        ({0x9004: "2018:01:02 03:04:05"}, {}, "2018-01-02T03:04:05"),
        ({0x9003: "0000:00:00 00:00:00", 0x9004: "2018:01:02 03:04:05"}, {}, None),
        ({0x9003: "    :  :     :  :  "}, {7: (23.0, 59.0, 58.5), 29: "2017:05:06"}, "2017-05-06T23:59:58+00:00"),
        ({0x9003: "1066:10:14 09:00:00"}, {}, None),
        ({}, {29: "2017:05:06"}, None),
    ],
)
def test_what_cameras_write_for_a_time(make, details, gps, expected):
    assert read(make, gps, details).taken_at == expected


def test_camera_photographer_and_orientation_are_one_clean_line(make):
    found = read(make, t271="ACME\0junk", t272="X1\n", t315="  Ann\x07 ", t274=6)
    assert (found.camera, found.photographer, found.orientation) == ("ACME X1", "Ann", 6)
    assert read(make, t274=99).orientation == 1


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_exif_never_raises(make, data):
    block = bytearray(exif_writer.gps_bytes(12.5, -7.25, "2020-01-01T00:00:00+01:00", "Ann"))
    for _ in range(data.draw(st.integers(1, 6))):
        block[data.draw(st.integers(6, len(block) - 1))] = data.draw(st.integers(0, 255))
    with opened(make.encoded(Image.new("L", (8, 8)), exif=bytes(block))) as (image, _):
        found = exif.read(image)
    assert (found.latitude is None) == (found.longitude is None) == (found.gps_fault is not None)


def test_exif_that_img2dataset_keeps_as_text_is_read():
    text = ('{"GPS GPSLatitude": "[48, 51, 59/2]", "GPS GPSLatitudeRef": "N", "GPS GPSLongitude": "[2, 17, 40]", '
            '"GPS GPSLongitudeRef": "W", "EXIF DateTimeOriginal": "2019:01:01 10:00:00"}')  # fmt: skip
    found = exif.read_exifread(text)
    assert (found.latitude, found.longitude) == pytest.approx((48 + 51 / 60 + 29.5 / 3600, -(2 + 17 / 60 + 40 / 3600)))
    assert found.taken_at == "2019-01-01T10:00:00"
    for junk in ("{", "[]", "null", None, 5, '{"GPS GPSLatitude": "[1/0]", "GPS GPSLongitude": "x"}'):
        assert exif.read_exifread(junk).latitude is None


def names_of(block: bytes) -> dict[str, object]:
    """What the EXIF standard calls the fields of a block: by Pillow's list of names, which is not ours."""
    found = Image.Exif()
    found.load(block)
    named = {ExifTags.TAGS[tag]: value for tag, value in found.items()}
    named |= {ExifTags.TAGS[tag]: value for tag, value in found.get_ifd(ExifTags.IFD.Exif).items()}
    return named | {ExifTags.GPSTAGS[tag]: value for tag, value in found.get_ifd(ExifTags.IFD.GPSInfo).items()}


def test_every_field_is_written_under_the_name_that_other_programs_know():
    found = names_of(exif_writer.gps_bytes(-33.5, 151.25, "2016-08-08T12:30:00-03:30", "Ann", "GIMP"))
    assert found["DateTimeOriginal"] == "2016:08:08 12:30:00" and found["OffsetTimeOriginal"] == "-03:30"
    assert found["Artist"] == "Ann" and found["Software"] == "GIMP"
    assert found["GPSLatitudeRef"] == "S" and tuple(map(float, found["GPSLatitude"])) == (33, 30, 0)
    assert found["GPSLongitudeRef"] == "E" and tuple(map(float, found["GPSLongitude"])) == (151, 15, 0)
    assert found["GPSVersionID"] == b"\2\3\0\0"


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"DateTimeOriginal": "2019:07:01 10:20:30", "OffsetTimeOriginal": "+02:00"}, "2019-07-01T10:20:30+02:00"),
        ({"DateTimeDigitized": "2019:07:01 10:20:30", "OffsetTimeDigitized": "+02:00"}, "2019-07-01T10:20:30+02:00"),
        ({"DateTimeOriginal": "2019:07:01 10:20:30", "OffsetTime": "+02:00"}, "2019-07-01T10:20:30"),
        ({"DateTimeOriginal": "2019:07:01 10:20:30", "OffsetTimeDigitized": "+02:00"}, "2019-07-01T10:20:30"),
        ({"DateTimeOriginal": "2019:07:01 10:20:30", "SubsecTimeOriginal": "5"}, "2019-07-01T10:20:30.500000"),
        ({"DateTimeDigitized": "2019:07:01 10:20:30", "SubsecTimeOriginal": "5"}, "2019-07-01T10:20:30"),
    ],
)
def test_a_time_is_read_with_the_offset_that_belongs_to_it(make, named, expected):
    """A photo edited at home has an OffsetTime of its last change: it says nothing about where it was taken."""
    numbers = {name: tag for tag, name in ExifTags.TAGS.items()}
    assert read(make, {}, {numbers[name]: value for name, value in named.items()}).taken_at == expected


def test_the_cameras_own_number_and_the_toy_earths_mark_are_read(make):
    numbers = {name: tag for tag, name in ExifTags.TAGS.items()}
    assert read(make, details={numbers["BodySerialNumber"]: "SN 7"}).serial == "SN 7"
    assert read(make, t305="photoplanet toyworld").toy and not read(make, t305="GIMP").toy


def test_years_before_photography_and_after_the_next_are_a_cameras_fantasy(make):
    this_year = datetime.now(timezone.utc).year
    for year, known in ((1825, False), (1826, True), (this_year + 1, True), (this_year + 2, False)):
        taken_at = read(make, details={0x9003: f"{year}:07:01 10:20:30"}).taken_at
        assert (taken_at is not None) == known, year


def test_a_text_has_at_most_200_characters(make):
    assert read(make, t315="x" * 300).photographer == "x" * 200
