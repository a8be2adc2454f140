"""Place, time and camera of films, by way of `facts.of`: as phones, cameras and programs write them."""

import film_files
import pytest
from film_files import box, user_text

from photoplanet.errors import InputError
from photoplanet.metadata import facts, geotags
from photoplanet.metadata.estimate import Estimate
from photoplanet.photos import decode

XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="10,30.0N" exif:GPSLongitude="20,0.0E"/>
</rdf:RDF></x:xmpmeta>"""


@pytest.fixture
def said(tmp_path):
    def of(*more, **options):
        path = tmp_path / "clip.mov"
        path.write_bytes(film_files.film(*more, **options))
        return facts.of(path)

    return of


def test_a_phones_film(said):
    found = said(film_files.apple(film_files.APPLE))
    assert (found.latitude, found.longitude, found.gps_fault) == (46.5, 7.25, None)
    assert found.taken_at == "2024-05-01T12:00:00+02:00" and found.camera == "Apple iPhone 12"
    assert found.clock.offset_minutes == 120 and found.clock.source == "offset"


def test_an_androids_film_has_its_place_in_udta_and_its_time_in_utc(said):
    found = said(box(b"udta", user_text(b"\xa9xyz", "+46.5000-007.2500/")), brand=b"mp42")
    assert (found.latitude, found.longitude) == (46.5, -7.25)
    assert found.taken_at == "2024-05-01T10:00:00+00:00" and found.clock is None and found.camera is None
    assert said(box(b"udta", film_files.loci(46.5, -7.25)), brand=b"3gp4").latitude == 46.5


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("+46.5+007.25/", (46.5, 7.25)), ("+4630+00715/", (46.5, 7.25)),
        ("-463015.0-0071530/", (-46.504167, -7.258333)),
        ("+46.5000+007.2500+0540.1CRSWGS_84/", (46.5, 7.25)), ("+4630.6-00715.6/", (46.51, -7.26)),
        ("+00.0000+000.0000/", None), ("+91.0+007.0/", None), ("+4661+00715/", None), ("46.5, 7.25", None),
        ("+46.5", None), ("", None), ("+٤٦.5+007.25/", None),
    ],
)  # fmt: skip
def test_places_in_iso_6709(said, text, place):
    found = said(box(b"udta", user_text(b"\xa9xyz", text)))
    got = None if found.latitude is None else (round(found.latitude, 6), round(found.longitude, 6))
    assert got == place and (found.gps_fault is None) == (place is not None)


@pytest.mark.parametrize(
    ("text", "created", "taken_at"),
    [
        ("2024-05-01T12:00:00+0200", 0, "2024-05-01T12:00:00+02:00"),
        ("2024-05-01T12:00:00.123+02:00", 0, "2024-05-01T12:00:00+02:00"),
        ("2024-05-01T12:00:00Z", 0, "2024-05-01T12:00:00+00:00"), ("2024-05-01", 0, None), ("", 0, None),
        ("2024-05-01T12:00:00", film_files.CREATED, "2024-05-01T10:00:00+00:00"),  # of no zone: the film's own clock
        ("2024-13-01T12:00:00Z", film_files.CREATED, "2024-05-01T10:00:00+00:00"),
    ],
)  # fmt: skip
def test_times(said, text, created, taken_at):
    assert said(box(b"udta", user_text(b"\xa9day", text)), created=created).taken_at == taken_at


def test_xmp_in_a_film_and_beside_it(said, tmp_path):
    assert said(box(b"udta", box(b"XMP_", XMP))).latitude == 10.5
    (tmp_path / "clip.mov.xmp").write_bytes(XMP)
    assert said(film_files.apple(film_files.APPLE)).latitude == 10.5  # a person's later word


def test_a_sidecar_is_written_beside_a_film_and_never_over_its_place(said, tmp_path):
    said()
    before = (tmp_path / "clip.mov").read_bytes()
    for kind in ("xmp", "exif"):
        (done,) = geotags.write([(tmp_path / "clip.mov", Estimate(48.86, 2.29, 25_000))], kind)
        assert done.path.name == "clip.mov.xmp" and done.did == ("written" if kind == "xmp" else "unchanged")
    assert (tmp_path / "clip.mov").read_bytes() == before
    assert facts.of(tmp_path / "clip.mov").gps_fault == "GPS is an estimate"
    said(film_files.apple(film_files.APPLE))
    (done,) = geotags.write([(tmp_path / "clip.mov", Estimate(48.86, 2.29, 25_000))])
    assert done.did == "own GPS"


def test_a_film_without_a_picture_and_one_in_memory_are_refused(tmp_path):
    (tmp_path / "a.mp4").write_bytes(film_files.film(size=(0, 0)))
    with pytest.raises(InputError, match="a film without a picture"):
        facts.of(tmp_path / "a.mp4")
    with pytest.raises(InputError, match="films are read from files of their own"):
        facts.of(film_files.film())


def test_a_film_may_be_larger_than_a_photo_and_is_not_read(tmp_path):
    path = tmp_path / "long.mp4"
    whole = film_files.film(film_files.apple(film_files.APPLE))
    at = whole.index(b"mdat") - 4
    size = 5_000_000_000
    assert size > decode.MAX_BYTES
    with path.open("wb") as file:  # sparse: no byte of its frames is on the disk
        file.write(whole[:at] + b"\0\0\0\1mdat" + (16 + size).to_bytes(8, "big"))
        file.seek(size, 1)
        file.write(whole[at + 1008 :])
    assert facts.of(path).latitude == 46.5


def test_pixels_without_the_library_name_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (tmp_path / "a.mp4").write_bytes(film_files.film())
    with pytest.raises(InputError, match=r"a\.mp4: reading the frames of films needs the 'video' extra") as refused:
        decode.open_photo(tmp_path / "a.mp4")
    assert refused.value.reason == "needs an extra"
