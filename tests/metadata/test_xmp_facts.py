"""Places and times in XMP, as standards and drones write them; an estimate of ours is never anybody's own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.metadata import xmp
from photoplanet.metadata.byte_edits import applied
from photoplanet.metadata.estimate import Estimate
from photoplanet.metadata.xmp_facts import read

SPACES = (f'xmlns:rdf="{xmp.RDF}" xmlns:exif="{xmp.EXIF}" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
          'xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" xmlns:drone-x="http://x.com/drone-x/1.0/" '
          f'xmlns:loc="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:photoplanet="{xmp.OURS}"')  # fmt: skip


def packet(**properties):
    """A packet with the properties as elements; in names `_` stands for the colon, `__` for a dash."""
    named = {name.replace("__", "-").replace("_", ":"): value for name, value in properties.items()}
    body = "".join(f"<{name}>{value}</{name}>" for name, value in named.items())
    lists = "".join(f' {name}="{value}"' for name, value in named.items())
    return tuple(
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" {SPACES}><rdf:RDF>{inner}</rdf:RDF></x:xmpmeta>'.encode()
        for inner in (f"<rdf:Description>{body}</rdf:Description>", f"<rdf:Description{lists}/>")
    )


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        ("48,51.504N", "2,17.67E", (48.8584, 2.2945)),
        ("48,51,30N", "2,17,40W", (48 + 51.5 / 60, -(2 + 17 / 60 + 40 / 3600))),
        ("33,51.408S", "151,12.918E", (-33.8568, 151.2153)),
        ("48.8584", "-2.2945", (48.8584, -2.2945)),
        ("48.8584N", "2.2945 W", (48.8584, -2.2945)),
        ("48 deg 51' 30.24&quot; N", "2° 17′ 40.2″ W", (48.8584, -(2 + 17 / 60 + 40.2 / 3600))),
        ("48°51.504'N", "2.2945°E", (48.8584, 2.2945)),
        ("0,30S", "0,30.0e", (-0.5, 0.5)),
        ("48,51.504", "2,17.67", None),
        ("48,8584N", "2,2945E", None),
        ("-48,51.504N", "2,17.67E", None),
        ("48,51.504E", "2,17.67N", None),
        ("48,51.504N", None, None),
        ("48° 30″ N", "2,17.67E", None),
        ("junk", "2,17.67E", None),
        ("95,0N", "2,17.67E", "GPS out of range"),
        ("0,0N", "0,0E", "exactly 0, 0"),
    ],
)  # fmt: skip
def test_a_place_is_read_from_attributes_and_elements(latitude, longitude, expected):
    given = {"exif_GPSLatitude": latitude, "exif_GPSLongitude": longitude}
    for form in packet(**{name: value for name, value in given.items() if value is not None}):
        found = read(form)
        if isinstance(expected, tuple):
            assert (found.latitude, found.longitude) == pytest.approx(expected) and found.fault is None
        else:
            assert found.latitude is None and found.fault == (expected or "GPS unreadable")


def test_a_hemisphere_may_have_a_property_of_its_own():
    """As Apple's Photos exports it."""
    given = {"exif_GPSLatitude": "28.5", "exif_GPSLongitude": "81.4", "exif_GPSLatitudeRef": "N"}
    for form in packet(**given, exif_GPSLongitudeRef="W"):
        assert (read(form).latitude, read(form).longitude) == (28.5, -81.4)
    for form in packet(**(given | {"exif_GPSLongitude": "-81.4"}), exif_GPSLongitudeRef="E"):
        assert read(form).fault == "GPS unreadable"


@pytest.mark.parametrize(
    "names", ["drone__dji_GpsLatitude drone__dji_GpsLongitude", "drone__dji_GpsLatitude drone__dji_GpsLongtitude",
              "drone__dji_GPSLatitude drone__dji_GPSLongitude", "drone__x_Latitude drone__x_Longitude"],
)  # fmt: skip
def test_drones_write_signed_degrees_under_names_of_their_own(names):
    for form in packet(**dict(zip(names.split(), ("+44.5135795", "-64.3007844"), strict=True))):
        assert (read(form).latitude, read(form).longitude) == (44.5135795, -64.3007844)
    for form in packet(**dict.fromkeys(names.split(), "+0.000000")):
        assert read(form).fault == "exactly 0, 0"


def test_the_place_that_a_photo_shows_is_not_where_it_was_taken():
    place = '<rdf:Bag><rdf:li exif:GPSLatitude="1,2N" exif:GPSLongitude="1,2E"/></rdf:Bag>'
    inner = f"<loc:LocationShown>{place}</loc:LocationShown>"
    data = f"<rdf:RDF {SPACES}><rdf:Description>{inner}</rdf:Description></rdf:RDF>".encode()
    assert read(data).fault == "no GPS"


def test_times_of_taking_are_read_and_others_are_not():
    for form in packet(
        exif_DateTimeOriginal="2019-05-01T12:00:00.5+02:00", photoshop_DateCreated="1999-01-01T00:00:00"
    ):
        assert read(form).taken_at == "2019-05-01T12:00:00.500000+02:00"
    for form in packet(photoshop_DateCreated="1955-07-01T12:00:00"):
        assert read(form).taken_at == "1955-07-01T12:00:00"
    for form in packet(photoshop_DateCreated="1955", exif_DateTimeDigitized="2024-01-01T00:00:00"):
        assert read(form).taken_at is None


def test_an_estimate_of_ours_is_known_also_after_others_have_written_it_anew():
    ours, _ = applied(b"", xmp.edits(None, Estimate(48.86, 2.29, 25_000)))
    assert read(ours).estimate and read(ours).latitude == pytest.approx(48.86)
    place = {"exif_GPSLatitude": "48,51.6N", "exif_GPSLongitude": "2,17.4E"}
    for mark in ({"exif_GPSProcessingMethod": "photoplanet estimate"}, {"photoplanet_method": "estimate"}):
        for form in packet(**place, **mark):
            assert read(form).estimate
    for form in packet(**place, exif_GPSProcessingMethod="GPS"):
        assert not read(form).estimate


def test_a_place_of_somebodys_own_counts_before_an_estimate_in_the_same_packet():
    ours, _ = applied(b"", xmp.edits(None, Estimate(10, 20, 25_000)))
    own = f'<rdf:Description xmlns:exif="{xmp.EXIF}" exif:GPSLatitude="1,30N" exif:GPSLongitude="2,0E"/></rdf:RDF>'
    found = read(ours.replace(b"</rdf:RDF>", own.encode()))
    assert (found.latitude, found.longitude, found.estimate) == (1.5, 2.0, False)


def test_bytes_that_no_xml_has_and_undeclared_prefixes_are_put_up_with():
    form, _ = packet(exif_GPSLatitude="48,51.504N", exif_GPSLongitude="2,17.67E", exif_Title="x")
    for title in (b"caf\xe9", b"a\x0bb", b"\0"):
        assert read(form.replace(b">x<", b">" + title + b"<")).latitude == pytest.approx(48.8584)
    for plain in packet(drone__dji_GpsLatitude="+44.5", drone__dji_GpsLongtitude="-64.25"):
        bare = plain.replace(b'xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"', b"")
        assert (read(bare).latitude, read(bare).longitude) == (44.5, -64.25)
    ours, _ = applied(b"", xmp.edits(None, Estimate(10, 20, 25_000)))
    assert read(ours.replace(b"xmlns:photoplanet", b"xmlns:x")).estimate


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_damage_never_raises_and_gives_a_whole_place_or_none(data):
    form = bytearray(data.draw(st.sampled_from(packet(exif_GPSLatitude="48,51.504N", exif_GPSLongitude="2,17.67E"))))
    for _ in range(data.draw(st.integers(1, 6))):
        form[data.draw(st.integers(0, len(form) - 1))] = data.draw(st.integers(0, 255))
    found = read(bytes(form))
    assert (found.latitude is None) == (found.longitude is None) == (found.fault is not None)


def test_other_encodings_padding_and_damage():
    form, _ = packet(exif_GPSLatitude="48,51.504N", exif_GPSLongitude="2,17.67E")
    assert read(form + b"\0\0 \n").latitude == pytest.approx(48.8584)
    assert read(form.decode().encode("utf-16")).latitude == pytest.approx(48.8584)
    assert read(form[:-20]).fault == "GPS unreadable"
    assert read(b'<!DOCTYPE x [<!ENTITY a "b">]>' + form).fault == "GPS unreadable"
    assert read(b"<x/>").fault == read(b"").fault == read(b"\xff\xfe").fault == "no GPS"
