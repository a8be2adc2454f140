"""How far ahead of UTC a camera's clock was: by offsets, by a GPS receiver's time, by what programs wrote."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from photoplanet.errors import InputError
from photoplanet.metadata import clock_facts, exif_times, facts
from photoplanet.metadata.clock_facts import ClockFacts, ahead_of, of_camera, of_program

TAKEN, NOON = "2023:07:14 12:00:00", datetime(2023, 7, 14, 12)
GPS_NOON = {7: (10.0, 0.0, 0.0), 29: "2023:07:14"}  # with a clock two hours ahead


def of_photo(make, path, details=None, gps=None, kind="JPEG", **tags):
    """What is read of the clock from a photo with these EXIF and GPS tags, and its sidecars."""
    block = Image.Exif()
    block.update({int(key[1:]): value for key, value in tags.items()})
    if gps:
        block.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    if details:
        block.get_ifd(ExifTags.IFD.Exif).update(details)
    path.write_bytes(make.encoded(make.scene(size=(20, 10)), kind, exif=block.tobytes()))
    return facts.of(path).clock


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("tag", ["OffsetTimeOriginal", "OffsetTimeDigitized", "OffsetTime"])
def test_the_offset_that_a_camera_wrote_is_read_under_its_standard_name(make, tmp_path, tag, kind):
    """By Pillow's list of names, which is not ours."""
    numbers = {name: number for number, name in ExifTags.TAGS.items()}
    dates = {numbers[name]: TAKEN for name in ("DateTimeOriginal", "DateTimeDigitized")}
    found = of_photo(make, tmp_path / "a.jpg", {**dates, numbers[tag]: "+05:45"}, kind=kind, t306=TAKEN)
    assert found == ClockFacts(NOON, 345, "offset")
    assert found.utc == datetime(2023, 7, 14, 6, 15)


def test_the_offset_of_the_last_change_is_the_editors(make, tmp_path):
    details = {0x9003: TAKEN, 0x9010: "+01:00"}
    assert of_photo(make, tmp_path / "a.jpg", details, t306="2023:12:24 18:00:00") is None
    assert of_photo(make, tmp_path / "a.jpg", details) is None
    assert of_photo(make, tmp_path / "a.jpg", details, t306=TAKEN).offset_minutes == 60


def test_the_time_stamp_of_a_receiver_counts_without_its_place(make, tmp_path):
    found = of_photo(make, tmp_path / "a.jpg", {0x9003: TAKEN}, GPS_NOON)
    assert found == ClockFacts(NOON, 120, "GPS time")
    place = {1: "N", 2: (48.0, 0.0, 0.0), 3: "E", 4: (2.0, 0.0, 0.0)}
    assert of_photo(make, tmp_path / "a.jpg", {0x9003: TAKEN}, GPS_NOON | place) == found


@pytest.mark.parametrize(
    ("clock", "receiver", "minutes"),
    [
        ("12:00:00", "10:00:00", 120),
        ("12:04:59", "10:00:00", 120),  # the clock drifts, or the fix is some minutes old
        ("11:55:01", "10:00:00", 120),
        ("12:05:30", "10:00:00", None),
        ("12:08:00", "10:00:00", None),
        ("17:45:00", "12:00:00", 345),
        ("08:30:00", "12:00:00", -210),
        ("00:00:00", "12:00:00", -720),
        ("23:59:59", "12:00:00", 720),
    ],
)
def test_a_clock_is_compared_with_a_receiver_to_a_quarter_of_an_hour(clock, receiver, minutes):
    found = of_camera([(f"2023:07:14 {clock}", None)], exif_times.from_gps("2023:07:14", _numbers(receiver)))
    assert (found and found.offset_minutes) == minutes


def _numbers(clock):
    return tuple(map(float, clock.split(":")))


def test_the_date_line_lies_between_clock_and_receiver():
    assert of_camera([("2023:07:15 01:00:00", None)], "2023-07-14T11:00:00+00:00").offset_minutes == 14 * 60
    assert of_camera([("2023:07:13 23:00:00", None)], "2023-07-14T10:00:00+00:00").offset_minutes == -11 * 60
    for wrong in ("2023:07:15 01:15:00", "2023:07:13 22:45:00", "2003:07:14 12:00:00", "2023:07:16 13:00:00"):
        assert of_camera([(wrong, None)], "2023-07-14T11:00:00+00:00") is None


@pytest.mark.parametrize(
    ("offset", "receiver", "expected"),
    [
        ("+02:00", "10:00:00", (120, "offset")),  # they agree
        ("+02:00", "10:07:00", (120, "offset")),  # an old fix measures nothing
        ("+02:00", "12:00:00", (120, "offset")),  # a receiver that was given local time
        ("+00:00", "10:00:00", (120, "GPS time")),  # an offset that was never set
        ("Z", "10:00:00", (120, "GPS time")),
        ("+00:00", "12:00:00", (0, "offset")),
        (None, "12:00:00", (0, "GPS time")),
        ("+01:00", "10:00:00", None),  # they contradict each other
        ("-02:00", "10:00:00", None),
        ("+14:30", None, None),
        ("-13:00", None, None),
        ("+99:99", None, None),
        ("+02:75", None, None),
        ("junk", None, None),
        ("   :  ", None, None),
    ],
)
def test_where_offset_and_receiver_differ(offset, receiver, expected):
    gps = receiver and exif_times.from_gps("2023:07:14", _numbers(receiver))
    found = of_camera([(TAKEN, offset)], gps)
    assert (found and (found.offset_minutes, found.source)) == expected


def test_offsets_that_differ_from_each_other_say_nothing():
    assert of_camera([(TAKEN, "+02:00"), (TAKEN, "+03:00")], None) is None
    assert of_camera([(TAKEN, "+02:00"), (TAKEN, "+02:00"), (TAKEN, None)], None).offset_minutes == 120
    later = "2023:07:15 12:00:00"
    assert of_camera([(TAKEN, "+02:00"), (later, "+03:00")], None).offset_minutes == 120, "of another moment"
    assert of_camera([(TAKEN, None), (later, "+03:00")], None) is None


@pytest.mark.parametrize(
    "date",
    ["0000:00:00 00:00:00", "99:99:99 99:99:99", "1980:01:01 00:00:12", "1970:01:01 09:00:00", "1904:01:01 12:00:00",
     "1955:07:14 12:00:00", "2023:02:30 12:00:00", "9999:12:31 23:59:59", "", "    :  :     :  :  ", "\0\0", "x" * 300],
)  # fmt: skip
def test_a_clock_that_was_never_set_or_cannot_be_read_says_nothing(make, tmp_path, date):
    assert of_photo(make, tmp_path / "a.jpg", {0x9003: date, 0x9011: "+02:00"}, GPS_NOON) is None


@pytest.mark.parametrize(
    "gps",
    [
        {7: (25.0, 0.0, 0.0), 29: "2023:07:14"},
        {7: (10.0, 99.0, 0.0), 29: "2023:07:14"},
        {7: (IFDRational(1, 0), IFDRational(0, 0), 0.0), 29: "2023:07:14"},
        {7: (10.0, 0.0), 29: "2023:07:14"},
        {7: (10.0, 0.0, 0.0), 29: "0000:00:00"},
        {7: (10.0, 0.0, 0.0), 29: "99:99"},
        {7: (10.0, 0.0, 0.0)},
        {29: "2023:07:14"},
        {7: (10.0, 0.0, 0.0), 29: "2003:11:28"},  # a receiver whose weeks ran over: 1,024 weeks ago
    ],
)
def test_a_receiver_that_cannot_be_read_measures_nothing(make, tmp_path, gps):
    assert of_photo(make, tmp_path / "a.jpg", {0x9003: TAKEN}, gps) is None
    assert of_photo(make, tmp_path / "a.jpg", {0x9003: TAKEN, 0x9011: "+02:00"}, gps).source == "offset"


def test_a_receivers_time_alone_is_no_clock(make, tmp_path):
    assert of_photo(make, tmp_path / "a.jpg", None, GPS_NOON) is None


def test_the_clocks_of_scanners_and_of_the_toy_earth_say_nothing(make, tmp_path):
    details = {0x9003: TAKEN, 0x9011: "+02:00"}
    assert of_photo(make, tmp_path / "a.jpg", details | {0xA300: b"\x01"}) is None
    assert of_photo(make, tmp_path / "a.jpg", details, t305="photoplanet toyworld") is None
    assert of_photo(make, tmp_path / "a.jpg", details | {0xA300: b"\x03"}, t305="GIMP").offset_minutes == 120


def xmp(make, time):
    return make.xmp(1, 2, f'exif:DateTimeOriginal="{time}"').replace(b"exif:GPS", b"exif:X")


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("2023-07-14T12:00:00+02:00", 120),
        ("2023-07-14T12:00:00.25-03:30", -210),
        ("2023-07-14T10:00:00Z", 120),  # the same moment in UTC
        ("2023-07-14T12:00:00Z", None),  # what programs write that know nothing
        ("2023-07-14T13:00:00+02:00", None),  # another time
        ("2023-07-14T12:00:00", None),
        ("2023-07-14T12:00:00+15:00", None),
    ],
)
def test_xmp_with_a_zone_counts_beside_the_cameras_time(make, tmp_path, said, minutes):
    (tmp_path / "a.xmp").write_bytes(xmp(make, said))
    found = of_photo(make, tmp_path / "a.jpg", {0x9003: TAKEN})
    assert found == (None if minutes is None else ClockFacts(NOON, minutes, "XMP"))


def test_xmp_alone_counts_with_an_offset(make, tmp_path):
    (tmp_path / "a.xmp").write_bytes(xmp(make, "2023-07-14T12:00:00+02:00"))
    assert of_photo(make, tmp_path / "a.jpg") == ClockFacts(NOON, 120, "XMP")
    (tmp_path / "a.xmp").write_bytes(xmp(make, "2023-07-14T12:00:00+00:00"))
    assert of_photo(make, tmp_path / "a.jpg") is None


def test_the_cameras_own_word_comes_before_xmp(make, tmp_path):
    (tmp_path / "a.xmp").write_bytes(xmp(make, "2023-07-14T12:00:00+02:00"))
    assert of_photo(make, tmp_path / "a.jpg", {0x9003: TAKEN, 0x9011: "+09:00"}) == ClockFacts(NOON, 540, "offset")


@pytest.mark.parametrize(("hour", "minutes"), [(10, 120), (12, None), (6, 360), (11, 60)])
def test_googles_time_is_in_utc(make, tmp_path, hour, minutes):
    taken = datetime(2023, 7, 14, hour, tzinfo=timezone.utc).timestamp()
    (tmp_path / "a.jpg.json").write_text(json.dumps({"photoTakenTime": {"timestamp": str(round(taken))}}))
    found = of_photo(make, tmp_path / "a.jpg", {0x9003: TAKEN})
    assert found == (None if minutes is None else ClockFacts(NOON, minutes, "Google"))
    assert of_photo(make, tmp_path / "a.jpg") is None, "UTC alone is not what the camera's clock showed"


@pytest.mark.parametrize("minutes", [-721, 841, 10**9, -(10**9)])
def test_offsets_that_no_clocks_have_are_refused(minutes):
    with pytest.raises(InputError, match=r"ahead of UTC: give an offset of -12 to \+14 hours"):
        ClockFacts(NOON, minutes, "offset")


def test_other_facts_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="the year 1955: zones are known from 1970 on"):
        ClockFacts(NOON.replace(year=1955), 0, "offset")
    with pytest.raises(InputError, match="the year 9999"):
        ClockFacts(NOON.replace(year=9999), 0, "offset")
    with pytest.raises(InputError, match="shows no offset"):
        ClockFacts(NOON.replace(tzinfo=timezone.utc), 0, "offset")


@given(st.datetimes(datetime(1971, 1, 2), datetime(2026, 1, 1)), st.integers(-48, 56), st.integers(-299, 299))
@settings(max_examples=200, deadline=None)
def test_any_offset_is_found_by_the_receivers_time_whatever_the_drift(utc, quarters, drift):
    local = utc + timedelta(minutes=15 * quarters, seconds=drift)
    assert ahead_of(local, utc) == 15 * quarters
    found = of_camera([(local.strftime("%Y:%m:%d %H:%M:%S"), None)], utc.replace(tzinfo=timezone.utc).isoformat())
    if found:  # else a clock that was never set
        assert (found.offset_minutes, found.local) == (15 * quarters, local.replace(microsecond=0))


@given(st.text(max_size=30), st.text(max_size=12), st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_never_raises(date, offset, other):
    gps = exif_times.from_gps(other, (1.0, 2.0, 3.0))
    for found in (of_camera([(date, offset), (TAKEN, offset)], gps),
                  of_program(exif_times.moment(date), exif_times.moment(other, offset), "XMP")):  # fmt: skip
        assert found is None or clock_facts.LEAST_OFFSET <= found.offset_minutes <= clock_facts.MOST_OFFSET


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_exif_never_raises(make, tmp_path, data):
    block = Image.Exif()
    block[306] = TAKEN
    block.get_ifd(ExifTags.IFD.GPSInfo).update(GPS_NOON)
    block.get_ifd(ExifTags.IFD.Exif).update({0x9003: TAKEN, 0x9004: TAKEN, 0x9010: "+02:00", 0x9011: "+02:00"})
    raw = bytearray(block.tobytes())
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(6, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "a.jpg"
    path.write_bytes(make.encoded(Image.new("L", (8, 8)), exif=bytes(raw)))
    found = facts.of(path).clock
    assert found is None or clock_facts.LEAST_OFFSET <= found.offset_minutes <= clock_facts.MOST_OFFSET
