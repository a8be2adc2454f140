"""EXIF blocks whose pointers lead where something may be written: those get no estimate, the others nothing but one."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.metadata import exif, exif_writer
from photoplanet.metadata.byte_edits import applied
from photoplanet.metadata.estimate import Estimate, OwnGps

HERE, THERE = Estimate(48.8584, -2.2945, 25_000, "estimate, timed-hmm", 0.9), Estimate(-33.86, 151.21, 7, "x" * 99)
MAKE, EXIF, GPS, INTEROP, NOTE, THUMBNAIL, LENGTH = 0x010F, 0x8769, 0x8825, 0xA005, 0x927C, 0x0201, 0x0202
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8, 13: 4}


def directory(order, rows, following=0):
    """`rows`: (tag, type, count, four bytes or a number)."""
    body = struct.pack(order + "H", len(rows))
    for tag, kind, count, place in rows:
        last = place if isinstance(place, bytes) else struct.pack(order + "I", place)
        body += struct.pack(order + "HHI", tag, kind, count) + last.ljust(4, b"\0")
    return body + struct.pack(order + "I", following)


def block(order, *parts, first=8):
    """A block of parts one behind the other, from byte 8."""
    return {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", first) + b"".join(parts)


def plain():
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG")
    return file.getvalue()


def jpeg(tiff, behind=b""):
    data = plain()
    return data[:2] + struct.pack(">BBH", 0xFF, 0xE1, len(tiff) + 8) + b"Exif\0\0" + tiff + data[2:] + behind


def written(data, estimate=HERE):
    after, back = applied(data, exif_writer.edits(data, estimate))
    assert applied(after, back)[0] == data
    return after


def one(order, *rows, following=0):
    return block(order, directory(order, [(MAKE, 2, 4, b"abc"), *rows], following))


def with_note(order, note, behind=b""):
    """A photo with a maker note at byte 56 of its EXIF block; the note is the last part but for `behind`."""
    main = directory(order, [(MAKE, 2, 4, b"abc"), (EXIF, 4, 1, 38)])
    return jpeg(block(order, main, directory(order, [(NOTE, 7, len(note), 56)]), note, behind))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("name", "make"), {
    "the next directory": lambda order: one(order, following=26),
    "a directory far outside": lambda order: one(order, (EXIF, 4, 1, 60_000)),
    "a directory at the end": lambda order: one(order, (EXIF, 4, 1, 38)),
    "a directory that reaches over the end": lambda order: one(order, (EXIF, 4, 1, 34)),
    "a value at the end": lambda order: one(order, (0x0110, 2, 20, 38)),
    "a value that reaches over the end": lambda order: one(order, (0x0110, 2, 20, 30)),
    "a value of a type of BigTIFF": lambda order: one(order, (0x0110, 16, 3, 38)),
    "a thumbnail": lambda order: one(order, (THUMBNAIL, 4, 1, 50), (LENGTH, 4, 1, 500)),
    "a strip": lambda order: one(order, (0x0111, 4, 1, 50), (0x0117, 3, 1, struct.pack(order + "H", 500))),
    "one of more directories": lambda order: block(
        order, directory(order, [(MAKE, 2, 4, b"abc"), (0x014A, 4, 2, 38)]), struct.pack(order + "2I", 46, 900),
        directory(order, [(MAKE, 2, 4, b"abc")])),
    "a value in a directory below": lambda order: block(
        order, directory(order, [(MAKE, 2, 4, b"abc"), (EXIF, 4, 1, 38)]), directory(order, [(0x9003, 2, 20, 99)])),
    "a directory two below": lambda order: block(
        order, directory(order, [(MAKE, 2, 4, b"abc"), (EXIF, 4, 1, 38)]), directory(order, [(INTEROP, 4, 1, 56)])),
    "a directory after one that has none after it": lambda order: block(
        order, directory(order, [(MAKE, 2, 4, b"abc"), (EXIF, 4, 1, 38)]), directory(order, [(0x9003, 2, 4, b"")], 60)),
    "a value of the thumbnail's directory": lambda order: block(
        order, directory(order, [(MAKE, 2, 4, b"abc")], 26), directory(order, [(0x0110, 2, 20, 99)])),
    "a loop": lambda order: one(order, following=8),
    "a loop below": lambda order: one(order, (EXIF, 4, 1, 8)),
    "a loop of two": lambda order: block(
        order, directory(order, [(MAKE, 2, 4, b"abc")], 26), directory(order, [(MAKE, 2, 4, b"abc")], 8)),
    "one directory for two": lambda order: block(
        order, directory(order, [(EXIF, 4, 1, 38), (INTEROP, 4, 1, 38)]), directory(order, [(MAKE, 2, 4, b"abc")])),
    "directories that overlap": lambda order: block(
        order, directory(order, [(MAKE, 2, 4, b"abc"), (EXIF, 4, 1, 34)]), bytes(40)),
    "a value in a directory": lambda order: one(order, (0x0110, 2, 20, 10)),
    "a value in the head": lambda order: one(order, (0x0110, 2, 8, 0)),
    "a first entry of an unknown type": lambda order: block(
        order, directory(order, [(0x0025, 0, 1, b""), (MAKE, 2, 4, b"abc")])),
    "a pointer that is bytes": lambda order: one(order, (INTEROP, 1, 0, 38)),
    "a pointer that is text": lambda order: one(order, (EXIF, 2, 4, b"abc")),
    "GPS in the wrong directory": lambda order: block(
        order, directory(order, [(MAKE, 2, 4, b"abc"), (EXIF, 4, 1, 38)]), directory(order, [(GPS, 4, 1, 56)]),
        directory(order, [(29, 2, 4, b"abc")])),
}.items(), ids=lambda each: each if isinstance(each, str) else "")  # fmt: skip
def test_a_pointer_that_leads_outside_or_into_another_part_is_refused(order, name, make):
    with pytest.raises(InputError, match="EXIF block"):
        exif_writer.edits(jpeg(make(order)), HERE)


@pytest.mark.parametrize("order", "<>")
def test_a_place_in_a_directory_where_none_belongs_counts_too(order):
    main = directory(order, [(MAKE, 2, 4, b"abc"), (EXIF, 4, 1, 38)])
    data = jpeg(block(order, main, directory(order, [(GPS, 4, 1, 56)]), directory(order, [(2, 2, 4, b"1")])))
    with pytest.raises(OwnGps):
        exif_writer.edits(data, HERE)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("name", "tiff"), {
    "nothing behind the last directory": lambda order: one(order)[:-4],
    "an empty directory": lambda order: block(
        order, directory(order, [(MAKE, 2, 4, b"abc"), (EXIF, 4, 1, 38)]), directory(order, [])),
    "a pointer to nowhere": lambda order: one(order, (INTEROP, 4, 1, 0)),
    "a thumbnail without length": lambda order: one(order, (THUMBNAIL, 4, 1, 5000), (LENGTH, 4, 1, 0)),
    "two values in one place": lambda order: block(
        order, directory(order, [(0x010F, 2, 8, 38), (0x0110, 2, 8, 38)]), b"abcdefg\0"),
    "an odd length": lambda order: one(order) + b"x",
    "no order of tags": lambda order: block(order, directory(order, [(0x0110, 2, 4, b"b"), (MAKE, 2, 4, b"a")])),
}.items(), ids=lambda each: each if isinstance(each, str) else "")  # fmt: skip
def test_what_is_odd_but_harmless_is_written_into(order, name, tiff):
    data = jpeg(tiff(order))
    after = written(data)
    assert seen(after) == seen(data)
    assert seen(written(after, THERE)) == seen(data)


@pytest.mark.parametrize("order", "<>")
def test_the_order_of_entries_stays(order):
    """Readers give up at an entry of an unknown type where it is the first, and take the first of two alike."""
    rows = [(0x0110, 2, 4, b"b"), (MAKE, 2, 4, b"a"), (0x0025, 0, 1, b""), (MAKE, 2, 4, b"c")]
    after = written(jpeg(block(order, directory(order, rows))))
    assert [tag for name, tag, *_ in unsorted(after) if name == "main"] == [0x0110, MAKE, 0x0025, MAKE]
    assert exif_writer.edits(after, HERE) == [] and len(written(after, THERE)) == len(after)


def note(order, head, offset, size=20):
    return head + directory(order, [(1, 2, 4, b"abc"), (2, 7, size, offset)])


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    "head", [b"", b"SANYO\0\1\0", b"Panasonic\0\0\0", b"SONY DSC \0\0\0", b"AOC\0\0\0", b"OLYMP\0\1\0"]
)
def test_a_maker_note_may_count_from_the_block_or_from_itself_but_not_lead_outside(order, head):
    length = len(note(order, head, 0))
    whole = 56 + length + 20
    for offset, behind in ((56 + length, bytes(20)), (length, bytes(60)), (8, b"")):
        data = with_note(order, note(order, head, offset) + bytes(20), behind)
        assert seen(written(data)) == seen(data)
    for offset in (whole - 19, whole, whole + 300, 60_000, length + 1):
        with pytest.raises(InputError, match="maker note points past"):
            exif_writer.edits(with_note(order, note(order, head, offset) + bytes(20)), HERE)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("base", [0, 12 + 0], ids=["of the file", "of the block"])
def test_a_preview_behind_the_photo_whose_place_is_in_the_block_is_not_moved(order, base):
    preview = b"\xff\xd8\xff\xdb a preview"
    length = len(jpeg(one(order, (0xC000, 4, 1, 0))))
    place = length - base
    with pytest.raises(InputError, match="picture behind"):
        exif_writer.edits(jpeg(one(order, (0xC000, 4, 1, place)), preview), HERE)
    data = jpeg(one(order, (0xC000, 4, 1, 7)), preview)
    assert written(data).endswith(preview)


def test_lists_of_places_and_signatures_are_not_made_wrong():
    data = jpeg(one("<"))
    for body, match in ((b"JP\0\1\0\0\0\1jumb c2pa", "signed"),):
        segment = struct.pack(">BBH", 0xFF, 0xEB, len(body) + 2) + body
        with pytest.raises(InputError, match=match):
            exif_writer.edits(data[:2] + segment + data[2:], HERE)
    with pytest.raises(InputError, match="AFCP"):
        exif_writer.edits(data + b"AXS!" + bytes(8), HERE)
    with pytest.raises(InputError, match="head"):
        exif_writer.edits(data.replace(b"Exif\0\0", b"EXIF\0\0"), HERE)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("gps", [False, True], ids=["no GPS", "GPS without a place"])
def test_the_same_estimate_changes_nothing_and_another_takes_its_place(order, gps):
    parts = [directory(order, [(MAKE, 2, 4, b"abc"), *([(GPS, 4, 1, 38)] if gps else [])])]
    parts += [directory(order, [(29, 2, 11, 56)]), b"2020:01:01\0"] if gps else []
    for data in (jpeg(block(order, *parts)), jpeg(block(order, *parts, b"x")), plain()):
        first = written(data)
        assert exif_writer.edits(first, HERE) == []
        again = first
        for turn in range(400):
            again = written(again, (THERE, HERE)[turn % 2])
            assert len(again) == len(first)
        assert again == first
        with Image.open(io.BytesIO(written(first, THERE))) as image:
            assert exif.read(image).latitude == pytest.approx(-33.86)


@pytest.mark.parametrize("order", "<>")
def test_an_estimate_that_another_program_moved_is_replaced_and_grows_the_block_once_at_most(order):
    """Its directory is no longer the last part of the block, and its values lie elsewhere."""
    with Image.open(io.BytesIO(written(jpeg(one(order))))) as image:
        tags = image.getexif()
        file = io.BytesIO()
        image.save(file, "JPEG", exif=tags)
    sizes = []
    data = file.getvalue()
    for turn in range(5):
        data = written(data, (THERE, HERE)[turn % 2])
        sizes.append(len(data))
    assert len(set(sizes)) == 1


def seen(data):
    """All that another reader finds in a JPEG's EXIF: every directory, each value; but not our GPS, nor pointers."""
    return sorted(unsorted(data), key=repr)


def unsorted(data):
    start = data.index(b"Exif\0\0") + 6
    length = struct.unpack(">H", data[start - 8 : start - 6])[0]
    body = data[start : start + length - 8]
    order = {b"II": "<", b"MM": ">"}[body[:2]]
    found = []
    todo, done = [("main", struct.unpack(order + "I", body[4:8])[0])], set()
    while todo:
        name, at = todo.pop()
        if at in done or at < 8 or at + 2 > len(body):
            continue
        done.add(at)
        count = struct.unpack(order + "H", body[at : at + 2])[0]
        for row in range(at + 2, at + 2 + 12 * count, 12):
            if row + 12 > len(body):
                continue
            tag, kind, number, place = struct.unpack(order + "HHII", body[row : row + 12])
            size = SIZES.get(kind, 0) * number
            value = body[row + 8 : row + 8 + size] if size <= 4 else body[place : place + size]
            if tag in (EXIF, INTEROP):
                todo.append((f"{name} {tag}", place))
            elif tag == GPS:
                todo.append(("GPS", place))
            elif name != "GPS" or tag not in (0, 1, 2, 3, 4, 18, 27, 31):
                found.append((name, tag, kind, number, value if len(value) == size else None))
        after = body[at + 2 + 12 * count : at + 6 + 12 * count].ljust(4, b"\0")
        if name.startswith("main") and "3" not in name and struct.unpack(order + "I", after)[0]:
            todo.append((f"{name}+", struct.unpack(order + "I", after)[0]))
    return found


def pillow(data):
    with Image.open(io.BytesIO(data)) as image:
        tags = image.getexif()
        found = {tag: repr(value) for tag, value in tags.items() if tag != GPS}
        for below in (EXIF, INTEROP, 1):
            found[below] = repr(sorted(tags.get_ifd(below).items(), key=repr))
        return found, {tag: repr(value) for tag, value in tags.get_ifd(GPS).items()}


def camera_block(order):
    """As a camera writes it: four directories, a maker note, a thumbnail."""
    tags = Image.Exif()
    tags.endian = order
    tags[MAKE], tags[0x0110] = "Maker of cameras", "Model"
    tags.get_ifd(EXIF).update({0x9003: "2020:01:01 10:00:00", NOTE: note(order, b"SANYO\0\1\0", 26) + bytes(40)})
    tags.get_ifd(EXIF)[INTEROP] = {1: "R98"}
    tags.get_ifd(GPS)[29] = "2020:01:01"
    return tags.tobytes().removeprefix(b"Exif\0\0")


@pytest.mark.filterwarnings("ignore")  # of Pillow, on what is damaged
@settings(max_examples=400, deadline=None)
@given(st.data())
def test_whatever_is_damaged_other_readers_find_what_they_found_before_and_the_place(data):
    whole = bytearray(camera_block(data.draw(st.sampled_from("<>"))))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(4, len(whole) - 1))
        near = len(whole) + data.draw(st.integers(-40, 200))  # a place about the end of the block
        new = data.draw(st.sampled_from([near.to_bytes(4, "little"), near.to_bytes(4, "big"), b"\0", b"\1", b"\xff"]))
        whole[at : at + len(new)] = new
    before = jpeg(bytes(whole[: data.draw(st.sampled_from([len(whole)] * 3 + [len(whole) - 9]))]))
    try:
        after = written(before)
    except InputError:
        return
    again = written(after, THERE)
    assert len(again) == len(after) and exif_writer.edits(after, HERE) == []
    try:
        expected, old_gps = pillow(before)
    except Exception:  # what Pillow cannot read now it could not read before
        return
    for data_now in (after, again):
        found, gps = pillow(data_now)
        assert found == expected and seen(data_now) == seen(before)
        assert (
            gps.items() >= {tag: value for tag, value in old_gps.items() if tag > 4 and tag not in (18, 27, 31)}.items()
        )
        assert gps[1] == ("'N'" if data_now is after else "'S'")
