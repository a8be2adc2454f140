"""Estimates too coarse for a pin: in words beside the photo, never as GPS, and back to the byte."""

import xml.etree.ElementTree as ElementTree

import pytest
from PIL import Image

from photoplanet.audit import xmp_traces
from photoplanet.errors import InputError
from photoplanet.metadata import camera_position, estimate, exif, facts, geotags, xmp, xmp_facts
from photoplanet.metadata import undo as undoing
from photoplanet.metadata.byte_edits import applied
from photoplanet.metadata.estimate import Estimate, OwnGps, PlaceNames

NAMES = PlaceNames("", "Île-de-France", "France", "FR")
COARSE = Estimate(48.9, 2.3, 25_001, "estimate, movement, no model", 0.9, NAMES)
FINE = Estimate(48.86, 2.29, 25_000)
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
SPACES = {"photoshop": "http://ns.adobe.com/photoshop/1.0/",
          "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "exif": "http://ns.adobe.com/exif/1.0/",
          "photoplanet": "urn:photoplanet:1.0/"}  # fmt: skip
PERSONS = ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
           '<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" {}/></rdf:RDF>'
           "</x:xmpmeta>")  # fmt: skip


@pytest.fixture
def album(make, tmp_path):
    folder = tmp_path / "trip"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(make.encoded(make.scene(1)))
    (folder / "c.png").write_bytes(make.encoded(make.scene(2), "PNG"))
    return folder


def state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write(folder, *names, what=COARSE, **options):
    return [
        (each.path.name, each.did, each.detail)
        for each in geotags.write([(folder / name, what) for name in names], **options)
    ]


def properties(path):
    """What a sidecar holds, read by another parser: "prefix:name" → text."""
    found = {}
    for each in ElementTree.fromstring(path.read_bytes()).iter(f"{RDF}Description"):
        for name, text in each.attrib.items():
            space, _, local = name.removeprefix("{").partition("}")
            prefix = next((prefix for prefix, known in SPACES.items() if known == space), space)
            found[f"{prefix}:{local}"] = text
    return found


def test_the_largest_radius_of_a_pin_is_25_km():
    assert estimate.MAX_RADIUS_KM == 25.0


@pytest.mark.parametrize("kind", geotags.KINDS)
def test_a_coarse_estimate_is_written_in_words_and_never_as_gps(album, kind):
    before = state(album)
    assert write(album, "a.jpg", "c.png", kind=kind) == [("a.jpg.xmp", "written", ""), ("c.png.xmp", "written", "")]
    found = properties(album / "a.jpg.xmp")
    assert found == {
        f"{RDF[1:-1]}:about": "", "photoshop:State": "Île-de-France", "photoshop:Country": "France",
        "Iptc4xmpCore:CountryCode": "FR", "photoplanet:latitude": "48.9", "photoplanet:longitude": "2.3",
        "photoplanet:radius": "25001", "photoplanet:method": "estimate, movement, no model",
        "photoplanet:confidence": "0.9",
    }  # fmt: skip
    assert b"gps" not in (album / "a.jpg.xmp").read_bytes().lower()
    assert state(album).items() >= before.items()  # no photo has changed
    assert write(album, "a.jpg", kind=kind) == [("a.jpg.xmp", "unchanged", "")]


def test_one_within_the_radius_is_a_pin_and_the_limit_can_be_moved(album):
    assert write(album, "a.jpg", what=FINE, kind="exif") == [("a.jpg", "written", "")]
    assert write(album, "c.png", max_radius_km=30) == [("c.png.xmp", "written", "")]
    assert "exif:GPSLatitude" in properties(album / "c.png.xmp")
    list(undoing.undo(album))
    assert write(album, "a.jpg", what=FINE, kind="exif", max_radius_km=24) == [("a.jpg.xmp", "written", "")]


@pytest.mark.parametrize("kind", geotags.KINDS)
def test_undo_gives_every_byte_back_whatever_came_after_what(album, kind):
    (album / "a.jpg.xmp").write_text(PERSONS.format('photoshop:Headline="x"'))
    before = state(album)
    for what in (FINE, COARSE, Estimate(1, 2, 3e6, names=NAMES), Estimate(1, 2, 3), COARSE):
        write(album, "a.jpg", "c.png", what=what, kind=kind)
    assert {each.did for each in undoing.undo(album)} == {"restored"}
    assert state(album) == before


def test_it_is_nobodys_known_place(album):
    write(album, "a.jpg")
    packet = (album / "a.jpg.xmp").read_bytes()
    assert not xmp.has_place(packet) and xmp_facts.read(packet).latitude is None
    said = facts.of(album / "a.jpg")
    assert said.latitude is None and said.gps_fault == "no GPS"
    assert camera_position.camera_position(album / "a.jpg") is None


def test_audit_sees_it_and_takes_it_out(album):
    write(album, "a.jpg")
    packet = (album / "a.jpg.xmp").read_bytes()
    assert {"latitude 48.9", "longitude 2.3", "France", "Île-de-France"} <= {
        each.says for each in xmp_traces.findings(packet, "a.jpg.xmp", True)
    }
    spans = xmp_traces.removed(packet)
    assert all(any(packet.index(text) in range(a, b) for a, b in spans) for text in (b"48.9", b"2.3", b"France"))


@pytest.mark.parametrize("words", ['photoshop:City="Rome"', 'photoshop:Country="Italy"'])
def test_somebodys_names_get_no_others_beside_them(album, make, words):
    (album / "a.xmp").write_text(PERSONS.format(words))
    (album / "x.jpg").write_bytes(make.encoded(make.scene(), xmp=PERSONS.format(words).encode()))
    note = "without names: its place has some already"
    assert write(album, "a.jpg", "x.jpg") == [("a.jpg.xmp", "written", note), ("x.jpg.xmp", "written", note)]
    for name in ("a.jpg.xmp", "x.jpg.xmp"):
        assert not any(key.startswith(("photoshop", "Iptc")) for key in properties(album / name))
    assert write(album, "a.jpg") == [("a.jpg.xmp", "unchanged", note)]


def test_names_in_iptc_count_too(album, make):
    record = b"\x1c\x02\x5a\x00\x04Rome"
    body = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + len(record).to_bytes(4, "big") + record
    photo = (album / "a.jpg").read_bytes()
    segment = b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body
    (album / "a.jpg").write_bytes(photo[:2] + segment + photo[2:])
    assert write(album, "a.jpg")[0][2] == "without names: its place has some already"
    (album / "b.jpg").write_bytes(photo[:2] + segment.replace(b"\x5a", b"\x78") + photo[2:])  # only a caption
    assert write(album, "b.jpg")[0][2] == ""


def test_an_earlier_pin_in_the_photo_is_named(album):
    write(album, "a.jpg", what=FINE, kind="exif")
    ((name, did, detail),) = write(album, "a.jpg")
    assert (name, did) == ("a.jpg.xmp", "written") and "still in its EXIF; --undo takes it out" in detail
    assert [each.did for each in undoing.undo(album)] == ["restored", "restored"]
    with Image.open(album / "a.jpg") as image:
        assert exif.read(image).gps_fault == "no GPS"


def test_a_pin_set_by_a_person_in_our_sidecar_is_the_persons():
    packet = applied(b"", xmp.edits(None, COARSE, coarse=True))[0]
    merged = packet.replace(
        b"photoplanet:method", b'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="41,54.0N" '
        b'exif:GPSLongitude="12,30.0E" photoplanet:method'
    )  # fmt: skip
    assert xmp.has_place(merged)
    said = xmp_facts.read(merged)
    assert (said.latitude, said.longitude, said.estimate) == (41.9, 12.5, False)
    with pytest.raises(OwnGps):
        xmp.edits(merged, COARSE, coarse=True)


def test_what_another_program_has_rewritten_is_not_doubled():
    packet = applied(b"", xmp.edits(None, COARSE, coarse=True))[0]
    rewritten = packet.replace(b"photoplanet:method", b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3" '
                               b"photoplanet:method")  # fmt: skip
    for coarse in (True, False):
        with pytest.raises(InputError, match="another program has rewritten"):
            xmp.edits(rewritten, COARSE, coarse)


def test_names_are_quoted(album):
    odd = Estimate(1, 2, 3e6, names=PlaceNames("", "", "\"A\" & <B> 'c'\x1b[31m", "XX"))
    write(album, "a.jpg", what=odd)
    assert properties(album / "a.jpg.xmp")["photoshop:Country"] == "\"A\" & <B> 'c'?[31m"


def test_gps_that_is_there_is_respected_as_ever(album, make):
    (album / "b.jpg").write_bytes(make.geotagged(10, 20))
    assert write(album, "b.jpg") == [("b.jpg", "own GPS", "it has GPS of its own")]
