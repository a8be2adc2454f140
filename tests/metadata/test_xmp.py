import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.metadata import xmp
from photoplanet.metadata.byte_edits import applied
from photoplanet.metadata.estimate import Estimate, OwnGps

RDF, EXIF, OURS = (f"{{{each}}}" for each in (xmp.RDF, xmp.EXIF, xmp.OURS))
HERE = Estimate(48.8584, -2.2945, 25_000, "estimate, timed-hmm", 0.9)
# as darktable writes them: properties as attributes, a history as elements
DARKTABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="uuid:1"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:darktable="http://darktable.sf.net/" xmp:Rating="4">
   <darktable:history><rdf:Seq><rdf:li darktable:operation="exposure" darktable:params="a&gt;b"/></rdf:Seq>
   </darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""


def written(data, estimate=HERE):
    after, back = applied(data or b"", xmp.edits(data, estimate))
    assert applied(after, back)[0] == (data or b"")
    return after


def properties(data):
    """All attributes of all descriptions, read by another parser."""
    found = {}
    for each in ElementTree.fromstring(data).iter(f"{RDF}Description"):
        found.update(each.attrib)
    return found


def test_a_new_sidecar_says_where_how_sure_and_that_it_is_an_estimate():
    found = properties(written(None))
    assert found[f"{EXIF}GPSLatitude"] == "48,51.5040000N" and found[f"{EXIF}GPSLongitude"] == "2,17.6700000W"
    assert found[f"{EXIF}GPSHPositioningError"] == "250000/10"  # metres
    assert found[f"{EXIF}GPSProcessingMethod"].startswith("photoplanet")
    assert found[f"{OURS}confidence"] == "0.9" and "timed-hmm" in found[f"{OURS}method"]


def test_what_a_sidecar_holds_stays_byte_for_byte():
    after = written(DARKTABLE)
    added = properties(after)
    assert added[f"{EXIF}GPSMapDatum"] == "WGS-84" and added["{http://ns.adobe.com/xap/1.0/}Rating"] == "4"
    start = after.index(b'\n  <rdf:Description rdf:about="uuid:1"\n   xmlns:rdf')  # the same subject as the rest
    stop = after.index(b"/>", start) + 2
    assert after[:start] + after[stop:] == DARKTABLE


def test_an_estimate_replaces_an_earlier_one_only():
    twice = written(written(DARKTABLE), Estimate(-1, 1, 10))
    assert twice == written(DARKTABLE, Estimate(-1, 1, 10))
    assert twice.count(b"GPSLatitude") == 1


@pytest.mark.parametrize("other", [
    b'exif:GPSLatitude="1,2N"', b'exif:GPSLatitude="1,2N" exif:GPSProcessingMethod="photoplanet"',
    b'exif:GPSLongitude="1,2E" exif:GPSProcessingMethod="GPS"',
])  # fmt: skip
def test_another_place_in_a_sidecar_is_never_touched(other):
    data = DARKTABLE.replace(b'xmp:Rating="4"', b'xmlns:exif="http://ns.adobe.com/exif/1.0/" ' + other)
    assert xmp.has_place(data) and not xmp.has_place(DARKTABLE) and not xmp.has_place(written(DARKTABLE))
    with pytest.raises(OwnGps):
        xmp.edits(data, HERE)


def test_a_place_written_as_elements_counts_too():
    element = b'<exif:GPSLatitude xmlns:exif="http://ns.adobe.com/exif/1.0/">1,2N</exif:GPSLatitude>'
    assert xmp.has_place(DARKTABLE.replace(b"<darktable:history>", element + b"<darktable:history>"))


def test_our_estimate_with_another_programs_changes_is_left_alone():
    changed = written(DARKTABLE).replace(b"exif:GPSMapDatum", b'xmp:Label="x" xmlns:xmp="u" exif:GPSMapDatum')
    with pytest.raises(OwnGps):
        xmp.edits(changed, HERE)


@pytest.mark.parametrize("data", [
    b"", b"no xml", b"<a/>", DARKTABLE[:200], DARKTABLE.decode().encode("utf-16"), b"<a>" * 1000,
    b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>',
])  # fmt: skip
def test_what_is_no_xmp_is_refused(data):
    with pytest.raises(InputError, match=r"^its|^it"):
        xmp.edits(data, HERE)


@settings(max_examples=100)
@given(st.floats(-90, 90), st.floats(-180, 180))
def test_coordinates_survive(latitude, longitude):
    found = properties(written(None, Estimate(latitude, longitude, 1)))
    for name, value, negative in (("GPSLatitude", latitude, "S"), ("GPSLongitude", longitude, "W")):
        text = found[f"{EXIF}{name}"]
        degrees, minutes = text[:-1].split(",")
        assert 0 <= float(minutes) < 60
        sign = -1 if text[-1] == negative else 1
        assert sign * (int(degrees) + float(minutes) / 60) == pytest.approx(value, abs=1e-8)


@settings(max_examples=150)
@given(st.data())
def test_damage_is_refused_or_what_comes_out_is_sound(data):
    broken = bytearray(written(DARKTABLE))
    for _ in range(data.draw(st.integers(1, 4))):  # no }: ElementTree, which reads the answer, has it in no namespace
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(32, 124))
    try:
        after = written(bytes(broken))
    except InputError:
        return
    assert properties(after)[f"{EXIF}GPSMapDatum"] == "WGS-84"


def test_the_two_names_of_a_sidecar():
    assert xmp.sidecar(Path("a/IMG_1.jpg")).name == "IMG_1.jpg.xmp"
    assert xmp.sidecar(Path("a/IMG_1.jpg"), "xmp").name == "IMG_1.xmp"
    with pytest.raises(InputError, match=r"jpg\.xmp, xmp"):
        xmp.sidecar(Path("a.jpg"), "txt")


def test_a_sidecar_of_8_mib_is_read_and_a_larger_one_is_not():
    assert not xmp.has_place(DARKTABLE + b" " * ((8 << 20) - len(DARKTABLE)))
    with pytest.raises(InputError, match="over 8 MiB"):
        xmp.has_place(DARKTABLE + b" " * ((8 << 20) - len(DARKTABLE) + 1))


def test_sidecars_are_called_as_darktable_and_digikam_call_them_by_default():
    assert xmp.sidecar(Path("a/IMG_1.jpg")) == Path("a/IMG_1.jpg.xmp")


OTHERS = {
    "a byte order mark": b"\xef\xbb\xbf" + DARKTABLE,
    "CDATA": DARKTABLE.replace(b"<rdf:Seq>", b"<![CDATA[</rdf:RDF><rdf:Description/>]]><rdf:Seq>"),
    "a comment": DARKTABLE.replace(b"<rdf:Seq>", b"<!-- </rdf:RDF> --><rdf:Seq>"),
    "an instruction": DARKTABLE.replace(b"<rdf:Seq>", b"<?x </rdf:RDF>?><rdf:Seq>"),
    "our prefixes for other names": DARKTABLE.replace(
        b"<rdf:RDF", b'<rdf:RDF xmlns:exif="urn:other" xmlns:photoplanet="urn:third"'
    ),
    "another prefix for RDF": DARKTABLE.replace(b"rdf:", b"r:").replace(b"xmlns:rdf", b"xmlns:r"),
    "RDF as the default": DARKTABLE.replace(b"<rdf:", b"<").replace(b"</rdf:", b"</").replace(
        b"<RDF ", b'<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '),
    "line ends of Windows": DARKTABLE.replace(b"\n", b"\r\n"),
    "an encoding for ASCII": DARKTABLE.replace(b'"UTF-8"', b'"ISO-8859-1"'),
    "one line": b"".join(line.strip() + b" " * line.strip().endswith(b'"') for line in DARKTABLE.splitlines()),
    "padding": DARKTABLE + b" " * 2000 + b"<?xpacket end='w'?>",
    "a description without end tag": DARKTABLE.replace(
        b" </rdf:RDF>", b'<rdf:Description rdf:about="uuid:1"/></rdf:RDF>'),
    "a subject with signs": DARKTABLE.replace(b"uuid:1", b"&quot;&lt;\xc3\xbc&#10;"),
}  # fmt: skip


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_whatever_another_program_writes_stays_and_is_added_to(data):
    estimate = Estimate(48.8584, -2.2945, 25_000, "estimate, model Zürich 東京", 0.9)
    once = written(data, estimate)
    assert properties(once)[f"{OURS}method"] == "estimate, model Zürich 東京"
    assert xmp.rest(once) == data and xmp.edits(once, estimate)[0].new in once
    assert written(once, estimate) == once, "again: not a byte"
    again = written(once, Estimate(-1, 1, 10, estimate.method, 0.9))
    assert again.count(b"exif:GPSLatitude=") == 1 and xmp.rest(again) == data
    old = {key: value for key, value in properties(once).items() if not key.startswith((EXIF, OURS))}
    assert old == properties(data)


@pytest.mark.parametrize("data", [
    DARKTABLE.replace(b"<x:xmpmeta", b'<!DOCTYPE x [<!ENTITY a "&#38;">]><x:xmpmeta'),
    DARKTABLE.replace(b"<x:xmpmeta", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x:xmpmeta'),
    DARKTABLE.replace(b'"UTF-8"', b'"Shift_JIS"'), DARKTABLE.replace(b'"UTF-8"', b'"UTF-7"'),
    DARKTABLE.replace(b'"UTF-8"', b'"invented"'), DARKTABLE.replace(b'"UTF-8"', b'"UTF-16"'),
    DARKTABLE.replace(b"uuid:1", b"uuid:\xfc"), DARKTABLE.replace(b"uuid:1", b"uuid:&b;"), DARKTABLE + DARKTABLE,
    DARKTABLE.replace(b"uuid:1", b"\0"), DARKTABLE.decode().encode("utf-16-be"), DARKTABLE.decode().encode("utf-32"),
])  # fmt: skip
def test_what_is_not_surely_understood_is_left_as_it_is(data):
    with pytest.raises(InputError, match=r"^its|^it"):
        xmp.edits(data, HERE)
