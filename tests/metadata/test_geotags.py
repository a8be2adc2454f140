import io
import json
import os
import stat
from pathlib import Path

import pytest
from PIL import Image

from photoplanet.core import processes
from photoplanet.errors import InputError
from photoplanet.index import build
from photoplanet.metadata import exif, exif_writer, files, geotags, undo_list
from photoplanet.metadata import undo as undoing
from photoplanet.metadata.estimate import Estimate

HERE = Estimate(48.8584, 2.2945, 25_000)


@pytest.fixture
def album(make, tmp_path):
    folder = tmp_path / "trip"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(make.encoded(make.scene(1)))
    (folder / "b.jpg").write_bytes(make.geotagged(10, 20))
    (folder / "c.png").write_bytes(make.encoded(make.scene(2), "PNG"))
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff no photo")
    return folder


def state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write(folder, *names, estimate=HERE, **options):
    return [(each.path.name, each.did) for each in geotags.write([(folder / n, estimate) for n in names], **options)]


def undo(folder, **options):
    return {each.path.name: each.did for each in undoing.undo(folder, **options)}


def test_exif_goes_into_jpegs_and_beside_the_others(album):
    done = write(album, "a.jpg", "b.jpg", "c.png", "bad.jpg", kind="exif")
    assert done == [("a.jpg", "written"), ("b.jpg", "own GPS"), ("c.png.xmp", "written"), ("bad.jpg", "refused")]
    with Image.open(album / "a.jpg") as image:
        assert exif.read(image).gps_fault == "GPS is an estimate"


@pytest.mark.parametrize("kind", geotags.KINDS)
def test_undo_gives_every_byte_back(album, kind):
    (album / "a.jpg.xmp").write_bytes(b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></r:RDF>')
    before = state(album)
    write(album, "a.jpg", "b.jpg", "c.png", kind=kind)
    write(album, "a.jpg", "c.png", kind=kind, estimate=Estimate(1, 2, 3))  # again, over our own
    assert state(album) != before
    changed = {name for name, did in undo(album, dry_run=True).items() if did == "restored"}
    assert undo(album) == dict.fromkeys(changed, "restored") and len(changed) == 2
    assert state(album) == before
    with pytest.raises(InputError, match="nothing to undo"):
        undo(album)


def test_what_has_changed_since_is_left_alone_and_stays_undoable(album, make):
    before = state(album)
    write(album, "a.jpg", "c.png", kind="exif")
    ours = (album / "a.jpg").read_bytes()
    (album / "a.jpg").write_bytes(ours + b"edited")
    assert undo(album) == {"a.jpg": "left alone", "c.png.xmp": "restored"}
    assert (album / "a.jpg").read_bytes() == ours + b"edited"
    (album / "a.jpg").write_bytes(ours)
    assert undo(album) == {"a.jpg": "restored"}
    assert state(album) == before


def test_a_dry_run_changes_nothing(album):
    before = state(album)
    for kind in geotags.KINDS:
        assert ("b.jpg", "own GPS") in write(album, "a.jpg", "b.jpg", "c.png", kind=kind, dry_run=True)
    assert state(album) == before


def test_mode_and_time_of_a_photo_stay(album):
    photo = album / "a.jpg"
    photo.chmod(0o640)
    old = photo.stat()
    write(album, "a.jpg", kind="exif")
    assert stat.S_IMODE(photo.stat().st_mode) == 0o640 and photo.stat().st_mtime_ns == old.st_mtime_ns


def test_a_place_in_either_sidecar_is_respected(album):
    place = 'xmlns:e="http://ns.adobe.com/exif/1.0/" e:GPSLatitude="1,2N"'
    rdf = '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description {}/></r:RDF>'
    (album / "a.xmp").write_text(rdf.format(place))
    before = state(album)
    for kind in geotags.KINDS:
        for ending in ("xmp", "jpg.xmp"):
            assert write(album, "a.jpg", kind=kind, ending=ending) == [("a.jpg", "own GPS")]
    assert state(album) == before


def test_a_place_in_embedded_xmp_is_respected(album, make):
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:e="http://ns.adobe.com/exif/1.0/" e:GPSLatitude="1,2N"/>'
    (album / "x.jpg").write_bytes(make.encoded(make.scene(), xmp=packet))
    for kind in geotags.KINDS:
        assert write(album, "x.jpg", kind=kind) == [("x.jpg", "own GPS")]


def test_two_photos_never_share_a_sidecar(album, make):
    (album / "a.png").write_bytes(make.encoded(make.scene(), "PNG"))
    assert write(album, "a.jpg", "a.png", ending="xmp") == [("a.xmp", "written"), ("a.png", "refused")]


def test_a_link_is_not_written_through(album, tmp_path):
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "l.jpg").symlink_to(album / "a.jpg")
    before = state(album)
    assert write(tmp_path / "link", "l.jpg", kind="exif") == [("l.jpg.xmp", "written")]
    assert state(album) == before and (tmp_path / "link" / "l.jpg").is_symlink()


@pytest.mark.parametrize("name", ["c.png.xmp", undo_list.NAME])
def test_a_pipe_in_the_place_of_a_sidecar_or_the_journal_is_refused_and_not_waited_for(album, name):
    os.mkfifo(album / name)
    assert write(album, "c.png") == [("c.png", "refused")]
    assert not (album / "c.png.xmp").is_file()


@pytest.mark.parametrize("kind", geotags.KINDS)
@pytest.mark.parametrize("there", [True, False])
def test_a_sidecar_that_is_a_link_is_not_written_through(album, tmp_path, kind, there):
    """An archive from elsewhere may hold a link from IMG.jpg.xmp to any file of its victim."""
    precious = tmp_path / "precious"
    if there:
        precious.write_bytes(b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></r:RDF>')
    (album / "c.png.xmp").symlink_to(precious)
    before = precious.read_bytes() if there else None
    assert write(album, "c.png", kind=kind) == [("c.png", "refused")]
    assert (album / "c.png.xmp").is_symlink() and precious.exists() == there
    assert not there or precious.read_bytes() == before
    assert not (album / undo_list.NAME).exists()


def test_undo_does_not_write_through_a_link_that_came_since(album, tmp_path):
    write(album, "a.jpg", kind="exif")
    moved = tmp_path / "moved.jpg"
    (album / "a.jpg").rename(moved)
    (album / "a.jpg").symlink_to(moved)
    ours = moved.read_bytes()
    assert undo(album) == {"a.jpg": "left alone"}
    assert moved.read_bytes() == ours and (album / "a.jpg").is_symlink()


def test_a_journal_that_is_a_link_is_neither_written_nor_undone(album, tmp_path):
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (album / undo_list.NAME).symlink_to(precious)
    before = (album / "a.jpg").read_bytes()
    assert write(album, "a.jpg", kind="exif") == [("a.jpg", "refused")]
    assert precious.read_bytes() == b"precious" and (album / "a.jpg").read_bytes() == before
    with pytest.raises(InputError, match="is a link"):
        undo(album)


def test_a_disk_that_is_full_halfway_through_a_line_of_the_list_leaves_no_list(album, monkeypatch):
    before = state(album)
    room = 100

    class Full(io.FileIO):
        def write(self, data):
            nonlocal room
            if room == 0:
                raise OSError(28, "No space left on device")
            written = super().write(bytes(data)[:room])
            room -= written
            return written

    monkeypatch.setattr(os, "fdopen", lambda handle, mode, **_: Full(handle, mode))
    assert write(album, "a.jpg", "c.png", kind="exif") == [("a.jpg", "failed"), ("c.png", "failed")]
    assert room == 0 and state(album) == before


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failure_between_list_and_photo_loses_nothing(album, monkeypatch, call):
    before = state(album)
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(os if call == "fsync" else Path, call, lambda *_: (_ for _ in ()).throw(full))
    assert write(album, "a.jpg", kind="exif") == [("a.jpg", "failed")]
    monkeypatch.undo()
    assert state(album) == before, "nor does a list stay that speaks of nothing"


def test_a_hostile_journal_reaches_no_other_file(album, tmp_path):
    outside = tmp_path / "precious"
    outside.write_bytes(b"precious")
    write(album, "a.jpg", kind="exif")
    journal = album / undo_list.NAME
    line = json.loads(journal.read_text())
    bad = [{**line, "file": "../precious"}, {**line, "file": "b.jpg", "back": [[0, 10**9, ""]]}, {"file": 3}, [], 7]
    wrong = {**line, "back": [[0, 1, "AAAA"]]}
    journal.write_text("\n".join(map(json.dumps, [*bad, wrong])) + "\n{cut")
    before = state(album)
    assert set(undo(album).values()) == {"left alone"}
    after = state(album)
    after[undo_list.NAME] = before[undo_list.NAME]
    assert after == before and outside.read_bytes() == b"precious"


def test_index_does_not_learn_from_estimates(album):
    write(album, "a.jpg", kind="exif")
    table, left_out = build.index([album])
    assert table["photo_id"].to_pylist() == ["b.jpg"]
    assert {"GPS is an estimate"} <= {each["reason"] for each in left_out}


def test_unknown_kinds_are_named(album):
    with pytest.raises(InputError, match="xmp or exif"):
        write(album, "a.jpg", kind="iptc")


def test_a_photo_with_a_second_name_gets_a_sidecar(album, tmp_path):
    os.link(album / "a.jpg", tmp_path / "same.jpg")
    before = state(album)
    (done,) = geotags.write([(album / "a.jpg", HERE)], "exif")
    assert (done.path.name, done.did) == ("a.jpg.xmp", "written") and "several names" in done.detail
    assert (album / "a.jpg").samefile(tmp_path / "same.jpg")
    undo(album)
    assert state(album) == before and (album / "a.jpg").stat().st_nlink == 2


@pytest.mark.parametrize("name", ["c.png.xmp", undo_list.NAME])
def test_a_sidecar_or_list_with_a_second_name_is_left_alone(album, tmp_path, name):
    precious = tmp_path / "precious"
    precious.write_bytes(b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></r:RDF>')
    os.link(precious, album / name)
    before = state(album)
    for dry_run in (True, False):
        (done,) = geotags.write([(album / "c.png", HERE)], dry_run=dry_run)
        assert done.did == "refused" and "several names" in done.detail
    assert state(album) == before and precious.stat().st_nlink == 2


def test_what_is_read_only_is_not_written_into(album):
    (album / "a.jpg").chmod(0o444)
    before = state(album)
    (done,) = geotags.write([(album / "a.jpg", HERE)], "exif")
    assert done.path.name == "a.jpg.xmp" and "read-only" in done.detail
    assert (album / "a.jpg").read_bytes() == before["a.jpg"]
    (album / "a.jpg.xmp").chmod(0o444)
    (done,) = geotags.write([(album / "a.jpg", Estimate(1, 2, 3))], "exif")
    assert (done.did, done.detail) == ("refused", "a.jpg.xmp is read-only")
    undo(album)
    assert state(album) == before


def test_attributes_of_a_photo_stay(album):
    photo = album / "a.jpg"
    try:
        os.setxattr(photo, "user.comment", b"my aunt")
    except (OSError, AttributeError):
        pytest.skip("this file system keeps no extended attributes")
    write(album, "a.jpg", kind="exif")
    assert os.getxattr(photo, "user.comment") == b"my aunt"
    undo(album)
    assert os.getxattr(photo, "user.comment") == b"my aunt"


def test_a_file_that_something_else_changes_meanwhile_is_not_written_over(album, monkeypatch):
    photo, edits = album / "a.jpg", exif_writer.edits

    def meanwhile(data, estimate):
        photo.write_bytes(data + b"edited")
        return edits(data, estimate)

    monkeypatch.setattr(exif_writer, "edits", meanwhile)
    (done,) = geotags.write([(photo, HERE)], "exif")
    assert done.did == "refused" and "changed meanwhile" in done.detail
    assert photo.read_bytes().endswith(b"edited") and not (album / undo_list.NAME).exists()


def test_a_dry_run_foresees_a_folder_that_cannot_be_written_to(album, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != album)
    assert write(album, "a.jpg", "c.png", dry_run=True) == [("a.jpg", "failed"), ("c.png", "failed")]


def test_ctrl_c_leaves_a_complete_list(album, monkeypatch):
    before = state(album)
    put = files.put

    def interrupted(seen, data):
        put(seen, data)
        if seen.path.name == "c.png.xmp":
            raise KeyboardInterrupt

    monkeypatch.setattr(files, "put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(album, "a.jpg", "c.png", kind="exif")
    assert set(undo(album).values()) == {"restored"} and state(album) == before


def test_leftovers_of_a_kill_are_swept_even_where_nothing_is_written(album):
    left = album / f".b.jpg.4194399-{processes.host()}-0123abcd.photoplanet-part"
    left.write_bytes(b"half")
    write(album, "b.jpg", dry_run=True)
    assert left.exists()
    write(album, "b.jpg")
    assert not left.exists()


def test_a_photo_that_is_named_twice_is_written_once(album):
    for kind, name in (("xmp", "a.jpg.xmp"), ("exif", "a.jpg")):
        assert write(album, "a.jpg", "a.jpg", kind=kind) == [(name, "written"), (name, "unchanged")]
