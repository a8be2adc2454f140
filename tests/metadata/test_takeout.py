"""Google's JSON beside a photo."""

import json

import pytest

from photoplanet.metadata import takeout

PLACE, NONE = {"latitude": 48.9, "longitude": 2.4, "altitude": 0.0}, {"latitude": 0.0, "longitude": 0.0}


def read(**values):
    return takeout.read(json.dumps(values).encode())


def test_the_place_that_google_shows_counts_before_the_uploaded_one_and_null_is_none():
    other = {"latitude": 1.0, "longitude": 2.0}
    assert read(geoData=PLACE, geoDataExif=other).latitude == 48.9
    assert read(geoData=NONE, geoDataExif=other).latitude == 1.0
    for values in ({"geoData": NONE}, {"geoData": {"latitude": "48.9", "longitude": 2.4}}, {"geoData": [1, 2]}, {}):
        assert read(**values).latitude is None and read(**values).fault == "no GPS"
    for data in (b"", b"[]", b"{", b'{"geoData": {"latitude": NaN, "longitude": 1}}', b"[" * 100_000, b"\xff"):
        assert takeout.read(data).latitude is None


def test_the_time_is_utc_and_that_of_the_upload_is_none():
    taken, uploaded = {"timestamp": "1551123684"}, {"timestamp": "1551165960"}
    assert read(photoTakenTime=taken, creationTime=uploaded).taken_at == "2019-02-25T19:41:24+00:00"
    assert read(photoTakenTime=taken).taken_at == "2019-02-25T19:41:24+00:00"
    assert read(photoTakenTime=uploaded, creationTime=uploaded).taken_at is None
    for moment in ({"timestamp": "x"}, {"timestamp": "9" * 30}, None, 5, {}):
        assert read(photoTakenTime=moment).taken_at is None


@pytest.mark.parametrize(
    ("photo", "beside"),
    [
        ("IMG_1.jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-met.json"),
        ("IMG_1.jpg", "IMG_1.jpg.s.json"),
        ("IMG_1(2).jpg", "IMG_1.jpg(2).json"),
        ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"),
        ("IMG_1(2).jpg", "IMG_1(2).jpg.json"),
        ("IMG_1-edited.jpg", "IMG_1.jpg.json"),
        ("IMG_1-edited.jpg", "IMG_1-edited.jpg.json"),
        ("IMG_1-edited(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"),
        ("IMG_1-modifie\N{COMBINING ACUTE ACCENT}.jpg", "IMG_1.jpg.json"),
        ("Screenshot_20200101-123456_Some-Longer-Name.jpg", "Screenshot_20200101-123456_Some-Longer-Name.jp.json"),
    ],
)  # fmt: skip
def test_names_are_cut_and_numbered_as_google_does(photo, beside):
    assert beside in set(takeout.names(photo))


def test_the_json_of_another_photo_is_not_taken():
    long = "Screenshot_20200101-123456_A-Name-Of-Over-46-Letters"
    assert not {f"{long[:46]}.json", f"{long[:46]}.s.json"} & set(takeout.names(f"{long}.jpg"))
    assert not {"IMG_10.jpg.json", "IMG_1.json", "IMG_1.jpg(1).json"} & set(takeout.names("IMG_1.jpg"))
    assert "IMG_1.jpg.json" not in set(takeout.names("IMG_1-crop.jpg"))
