"""Taking back what was written, from a list that may be anybody's work."""

import base64
import hashlib
import io
import json
import os
import time

import pytest
from PIL import Image

from photoplanet.core import processes
from photoplanet.errors import InputError
from photoplanet.metadata import exif_writer, geotags, undo_list
from photoplanet.metadata import undo as undoing
from photoplanet.metadata.estimate import Estimate

HERE, THERE = Estimate(48.8584, 2.2945, 25_000), Estimate(-33.86, 151.21, 1000, "estimate, another method")
RDF = b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">%s</r:RDF>'


def jpeg(colour="red", **options):
    file = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(file, "JPEG", **options)
    return file.getvalue()


def camera_exif(gps=None):
    tags = Image.Exif()
    tags[0x010F] = "Maker of cameras"
    if gps:
        tags.get_ifd(0x8825).update({1: "N", 2: (gps[0], 0.0, 0.0), 3: "E", 4: (gps[1], 0.0, 0.0)})
    return tags


@pytest.fixture
def album(tmp_path):
    """One photo with an estimate of ours in it, one with a sidecar of ours, and others' files."""
    folder = tmp_path / "trip"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(jpeg(exif=camera_exif()))
    (folder / "c.png.xmp").write_bytes(RDF % b"")
    for name in ("b.jpg", "mine.jpg"):
        (folder / name).write_bytes(jpeg())
    Image.new("RGB", (8, 8)).save(folder / "c.png")
    return folder


def state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def write(folder):
    list(geotags.write([(folder / name, HERE) for name in ("a.jpg", "b.jpg", "c.png")], "exif"))


def sha(data):
    return None if data is None else hashlib.sha256(data).hexdigest()


def line(name, before, now):
    """A line with all hashes right: `now` becomes `before`, whatever they are."""
    back = [[0, len(now), base64.b64encode(before or b"").decode()]]
    about = {"photoplanet undo": 1, "file": name, "before": sha(before), "after": sha(now), "back": back}
    return json.dumps(about).encode() + b"\n"


def undo(folder, **options):
    return {each.path.name: (each.did, each.detail) for each in undoing.undo(folder, **options)}


def forged(folder, name, before):
    """What undo makes of a forged line after its own are undone; nothing may change."""
    now = (folder / name).read_bytes()
    (folder / undo_list.NAME).write_bytes(line(name, before, now))
    left = state(folder)
    found = undo(folder)[name]
    assert state(folder) == left, "neither the file nor the list"
    assert found[0] == "left alone"
    return found[1]


def test_several_estimates_one_after_another_are_taken_back_to_the_first_byte(album):
    before = state(album)
    names = ["a.jpg", "b.jpg", "c.png"]
    for kind, spot in [("exif", HERE), ("xmp", HERE), ("exif", THERE), ("exif", HERE), ("xmp", THERE), ("exif", THERE)]:
        list(geotags.write([(album / name, spot) for name in names], kind))
    written = state(album)
    assert {did for did, _ in undo(album, dry_run=True).values()} == {"restored"} and state(album) == written
    assert {did for did, _ in undo(album).values()} == {"restored"}
    assert state(album) == before


@pytest.mark.parametrize("name", ["mine.jpg", "c.png", "c.png.xmp"])
def test_only_sidecars_that_photoplanet_made_are_removed(album, name):
    assert "not a change that photoplanet makes" in forged(album, name, None)


def test_a_sidecar_of_ours_to_which_something_was_added_is_not_removed(album):
    list(geotags.write([(album / "mine.jpg", HERE)]))
    path = album / "mine.jpg.xmp"
    ours = path.read_bytes()
    path.write_bytes(
        ours.replace(b"\n </rdf:RDF>", b'\n  <rdf:Description rdf:about="" a:b="c" xmlns:a="u"/>\n </rdf:RDF>')
    )
    assert "not a change" in forged(album, path.name, None)
    path.write_bytes(ours)
    (album / "mine.jpg").rename(album / "mine.png")
    path.rename(album / "notes.txt")  # what is not called like a sidecar is not one
    assert "not a change" in forged(album, "notes.txt", None)


def test_a_photo_that_holds_no_estimate_of_ours_is_never_changed(album):
    for before in (jpeg("blue"), b"", b"text", jpeg(exif=camera_exif())):
        assert "not a change" in forged(album, "mine.jpg", before)


def test_only_the_estimate_is_taken_out_of_a_photo(album):
    before = state(album)
    write(album)
    now = (album / "a.jpg").read_bytes()
    with_place = jpeg(exif=camera_exif((10.0, 20.0)))
    cut = bytearray(before["a.jpg"])
    cut[cut.index(b"Maker of") : cut.index(b"Maker of") + 5] = b"Faker"
    for other in (jpeg("blue", exif=camera_exif()), jpeg(), with_place, bytes(cut), now[:-40], RDF % b"", now + b"x"):
        assert "not a change" in forged(album, "a.jpg", other)
    (album / undo_list.NAME).write_bytes(line("a.jpg", before["a.jpg"], now))
    assert undo(album)["a.jpg"] == ("restored", "")
    assert (album / "a.jpg").read_bytes() == before["a.jpg"]


def test_only_the_estimate_is_taken_out_of_a_sidecar(album):
    before = state(album)["c.png.xmp"]
    write(album)
    now = (album / "c.png.xmp").read_bytes()
    for other in (RDF % b"<r:Description/>", b"", b"text", now.replace(b"WGS", b"XYZ").replace(b"photoplanet", b"a")):
        assert "not a change" in forged(album, "c.png.xmp", other)
    assert "not a change" in forged(album, "c.png.xmp", now.replace(b"GPSMapDatum", b"x"))
    (album / undo_list.NAME).write_bytes(line("c.png.xmp", before, now))
    assert undo(album)["c.png.xmp"] == ("restored", "")


def test_what_an_earlier_version_wrote_is_taken_back(album, monkeypatch):
    before = state(album)
    monkeypatch.setattr(exif_writer, "_ROOM", {})
    write(album)
    monkeypatch.undo()
    assert {did for did, _ in undo(album).values()} == {"restored"} and state(album) == before


@pytest.mark.parametrize("name", [
    "../precious", "/etc/hostname", "sub/b.jpg", "..\\precious", "..", ".", "", "b.jpg\0", undo_list.NAME, 3, None,
    ["b.jpg"], "\ud800", "x" * 300,
])  # fmt: skip
def test_names_that_lead_elsewhere_are_named_and_the_rest_is_undone(album, name, tmp_path):
    (tmp_path / "precious").write_bytes(jpeg())
    before = state(album)
    write(album)
    evil = json.loads(line("b.jpg", None, jpeg())) | {"file": name}
    path = album / undo_list.NAME
    path.write_bytes(json.dumps(evil).encode() + b"\n" + path.read_bytes())
    found = list(undoing.undo_all([album]))
    assert [each.did for each in found] == [*["restored"] * 3, "left alone"]
    assert (tmp_path / "precious").exists() and json.loads(path.read_bytes()) == evil
    path.unlink()
    assert state(album) == before


@pytest.mark.parametrize("junk", [
    b"[" * 100_000 + b"]" * 100_000, b'{"photoplanet undo": 1}', b'{"photoplanet undo": 2, "file": "a.jpg"}', b"[]",
    b"{}", b'{"photoplanet undo": 1, "file": "a.jpg", "before": 1, "after": "x", "back": []}', b"x" * (2 << 20) + b"}",
    b'{"photoplanet undo": 1, "file": "a.jpg", "before": "x", "after": "x", "back": [[true, 1, ""]]}',
    b'{"photoplanet undo": 1, "file": "a.jpg", "before": "x", "after": "x", "back": [[0, 1, "*"]]}',
    b'{"photoplanet undo": 1, "file": "a.jpg", "before": "x", "after": "x", "back": {"0": 1}}', b"\xff\xfe{}",
    b'{"photoplanet undo": 1' + b"1" * 5000 + b"}",
])  # fmt: skip
def test_junk_in_the_list_is_named_and_kept_and_the_rest_is_undone(album, junk):
    before = state(album)
    write(album)
    path = album / undo_list.NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + junk + b"\n" + b"".join(lines[1:]))
    found = undo(album)
    assert found.pop(undo_list.NAME)[0] == "left alone"
    assert found and {did for did, _ in found.values()} == {"restored"}
    assert path.read_bytes() == junk + b"\n"
    path.unlink()
    assert state(album) == before


def test_a_list_of_junk_only_is_named_in_a_few_lines(album):
    (album / undo_list.NAME).write_bytes(b"{}\n" * 100_000)
    found = list(undoing.undo(album))
    assert len(found) == 21 and found[-1].detail.startswith("99,980 more of its lines")
    assert (album / undo_list.NAME).stat().st_size == 300_000


def test_lines_that_are_there_twice_or_cut_off_do_no_harm(album):
    before = state(album)
    write(album)
    path = album / undo_list.NAME
    path.write_bytes(path.read_bytes() * 2 + path.read_bytes()[:50])
    assert {did for did, _ in undo(album).values()} == {"restored"}
    assert state(album) == before


@pytest.mark.parametrize("what", ["link", "folder", "pipe", "gone"])
def test_what_stands_in_the_place_of_a_file_is_left_alone(album, tmp_path, what):
    write(album)
    photo, moved = album / "a.jpg", tmp_path / "moved.jpg"
    photo.rename(moved)
    if what == "link":
        photo.symlink_to(moved)
    elif what == "folder":
        photo.mkdir()
    elif what == "pipe":
        os.mkfifo(photo)
    ours = moved.read_bytes()
    found = undo(album)
    assert found["a.jpg"] == (
        "left alone",
        {"gone": "gone since", "link": "it is a link"}.get(what, "it is not a regular file"),
    )
    assert found["b.jpg"][0] == "restored" and moved.read_bytes() == ours


@pytest.mark.parametrize("what", ["link", "folder", "pipe", "second name", "too long"])
def test_a_list_that_cannot_be_used_is_named_and_the_other_folders_are_undone(album, tmp_path, what, monkeypatch):
    bad, path = tmp_path / "bad", tmp_path / "bad" / undo_list.NAME
    bad.mkdir()
    write(album)
    if what == "link":
        path.symlink_to(album / undo_list.NAME)
    elif what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "second name":
        (tmp_path / "precious").write_bytes(b"precious")
        os.link(tmp_path / "precious", path)
    else:
        monkeypatch.setattr(undo_list, "MAX_BYTES", 5000)
        path.write_bytes(b"{}\n" * 3000)
    found = {each.path: each.did for each in undoing.undo_all([tmp_path])}
    assert found.pop(path) == "left alone" and set(found.values()) == {"restored"} and len(found) == 3
    with pytest.raises((InputError, OSError)):
        list(undoing.undo(bad))


def test_a_folder_that_cannot_be_looked_into_is_named(album, monkeypatch):
    write(album)
    (album / "closed").mkdir()
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = [(each.path.name, each.did) for each in undoing.undo_all([album])]
    assert found[0] == ("closed", "left alone") and {did for _, did in found[1:]} == {"restored"}


def test_a_list_in_use_is_waited_for_and_then_refused(album, monkeypatch):
    pytest.importorskip("fcntl")
    monkeypatch.setattr(undo_list, "_LOOKS", 3)
    monkeypatch.setattr(undo_list, "_LOOK_SECONDS", 0)
    write(album)
    left = state(album)
    with undo_list.opened(album):
        with pytest.raises(InputError, match="another photoplanet is at work"):
            list(undoing.undo(album))
        (done,) = geotags.write([(album / "mine.jpg", HERE)], "exif")
    assert done.did == "refused" and "another photoplanet is at work" in done.detail and state(album) == left


def test_undo_keeps_the_time_of_a_photo_and_not_that_of_a_sidecar(album):
    long_ago = time.time_ns() - 10**15
    for name in ("a.jpg", "c.png.xmp"):
        os.utime(album / name, ns=(long_ago, long_ago))
    write(album)
    assert (album / "a.jpg").stat().st_mtime_ns == long_ago != (album / "c.png.xmp").stat().st_mtime_ns
    undo(album)
    assert (album / "a.jpg").stat().st_mtime_ns == long_ago != (album / "c.png.xmp").stat().st_mtime_ns


def test_undo_sweeps_what_a_killed_process_left_and_nothing_else(album):
    write(album)
    dead = f".a.jpg.4194399-{processes.host()}-0123abcd.photoplanet-part"
    (album / dead).write_bytes(b"half")
    (album / ".a.jpg.0123abcd").write_bytes(b"somebody's")
    undo(album)
    assert not (album / dead).exists() and (album / ".a.jpg.0123abcd").exists()


def test_a_copy_that_spells_names_in_another_unicode_form_is_undone_too(tmp_path):
    before = jpeg(exif=camera_exif())
    (tmp_path / "café.jpg").write_bytes(before)
    assert [done.did for done in geotags.write([(tmp_path / "café.jpg", HERE)], "exif")] == ["written"]
    (tmp_path / "café.jpg").rename(tmp_path / "cafe\u0301.jpg")
    assert [(done.path.name, done.did) for done in undoing.undo(tmp_path)] == [("cafe\u0301.jpg", "restored")]
    assert (tmp_path / "cafe\u0301.jpg").read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="there a backslash leads into another folder")
@pytest.mark.parametrize("name", ["a\\b.jpg", "C:a.jpg", "back\\.jpg", "a\nb.jpg", "caf\udce9.jpg"])
def test_odd_names_are_taken_back_too(tmp_path, name):
    folder = tmp_path / "trip"
    folder.mkdir()
    (folder / name).write_bytes(jpeg())
    before = state(folder)
    for kind in ("exif", "xmp"):
        assert [done.did for done in geotags.write([(folder / name, HERE)], kind)] == ["written"]
        assert state(folder) != before
        assert {done.did for done in undoing.undo(folder)} == {"restored"}
        assert state(folder) == before
