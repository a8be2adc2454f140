import csv
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import film_files
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from photoplanet.core.cache import Cache, Entry
from photoplanet.errors import InputError
from photoplanet.index import build, inspect
from photoplanet.metadata import geotags
from photoplanet.metadata.estimate import Estimate
from photoplanet.photos import film_image, table


@pytest.fixture
def album(make, tmp_path):
    """A folder of four good photos among everything that goes wrong."""
    root = tmp_path / "Photos"
    (root / "trip" / "day 1").mkdir(parents=True)
    (root / ".hidden").mkdir()
    files = {
        "home.JPG": make.geotagged(48.85, 2.29, "2019-07-01T10:20:30+02:00", "Ann", 1),
        "trip/b.png": make.geotagged(-33.86, 151.2, seed=2, kind="PNG"),
        "trip/day 1/c.tiff": make.geotagged(35.68, 139.69, seed=3, kind="TIFF"),
        "trip/day 1/d.webp": make.geotagged(-22.9, -43.17, seed=4, kind="WEBP"),
        "no-gps.jpg": make.encoded(make.scene(5)),
        "null.jpg": make.geotagged(0, 0),
        "edit.PSD": b"raw",
        "notes.txt": b"text",
        ".hidden/x.jpg": make.geotagged(1, 1),
        "._home.JPG": b"resource fork",
        **make.hostile(),
    }
    for name, data in files.items():
        (root / name).write_bytes(data)
    (root / "again.jpg").symlink_to(root / "home.JPG")
    (root / "trip" / "loop").symlink_to(root)
    (root / "gone.jpg").symlink_to(root / "nowhere")
    return root


def reasons(left_out):
    return {Path(entry["path"]).name: entry["reason"] for entry in left_out}


def test_a_folder_gives_its_photos_and_a_reason_for_every_other(album):
    rows, left_out = build.index([album])
    found = {row["photo_id"]: row for row in rows.to_pylist()}
    assert sorted(found) == ["again.jpg", "trip/b.png", "trip/day 1/c.tiff", "trip/day 1/d.webp"]
    home = found["again.jpg"]
    assert (home["latitude"], home["longitude"]) == pytest.approx((48.85, 2.29), abs=1e-6)
    assert (home["taken_at"], home["photographer"], home["album"]) == ("2019-07-01T10:20:30+02:00", "Ann", None)
    assert (home["width"], home["height"]) == (120, 90)
    assert found["trip/b.png"]["album"] == "Photos/trip"
    assert found["trip/day 1/c.tiff"]["album"] == "Photos/trip/day 1"
    assert reasons(left_out) == {
        "home.JPG": "duplicate path", "no-gps.jpg": "no GPS", "null.jpg": "exactly 0, 0", "edit.PSD": "format not read",
        "gone.jpg": "unreadable", "empty.jpg": "empty", "text.jpg": "not a photo file", "cut.jpg": "truncated",
        "cut.png": "truncated", "bomb.png": "no GPS", "header.jpg": "unreadable",
        "script.eps.jpg": "not a photo file", "notes.txt": "sidecar or table", "._home.JPG": "hidden",
        ".hidden": "hidden",
    }  # fmt: skip
    assert all(entry["detail"] for entry in left_out)


def test_truncation_is_found_in_every_format_without_decoding_whole_files(make, tmp_path, monkeypatch):
    scene = make.scene(1, (200, 150))
    whole = {kind: make.encoded(scene, kind) for kind in ("JPEG", "PNG", "WEBP", "TIFF")} | {"HEIF": make.heic(scene)}
    suffix = {"JPEG": "jpg", "HEIF": "heic", "TIFF": "tif"}
    for kind, data in whole.items():
        name = suffix.get(kind, kind.lower())
        (tmp_path / f"whole.{name}").write_bytes(data)
        (tmp_path / f"cut.{name}").write_bytes(data[: int(len(data) * 0.7)])
    (tmp_path / "whole-and-film.jpg").write_bytes(whole["JPEG"] + b"\0\0\0\x18ftypmp42" + bytes(500))
    rows, left_out = build.index([tmp_path], keep_without_gps=True)
    assert sorted(rows["photo_id"].to_pylist()) == [
        "whole-and-film.jpg",
        *(f"whole.{n}" for n in ("heic", "jpg", "png", "tif", "webp")),
    ]
    assert all(entry["reason"] in ("truncated", "unreadable") for entry in left_out) and len(left_out) == 5
    decoded = []
    original = Image.Image.load
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: decoded.append(1) or original(self))
    for name in ("jpg", "png"):
        build.index([tmp_path / f"whole.{name}"], keep_without_gps=True)
    assert decoded == []


def test_width_and_height_are_upright(make, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in ("JPEG", "TIFF", "PNG", "WEBP"):
        (tmp_path / f"{kind}.jpg").write_bytes(make.encoded(make.scene(size=(40, 30)), kind, exif=exif))
    (tmp_path / "h.heic").write_bytes(make.heic(make.scene(size=(64, 48)), exif=exif.tobytes()))
    rows, _ = build.index([tmp_path], keep_without_gps=True)
    sizes = {(row["width"], row["height"]) for row in rows.to_pylist()}
    assert sizes == {(30, 40), (48, 64)}


def test_a_second_run_reads_only_what_is_new_or_changed(album, make, tmp_path, monkeypatch):
    output = tmp_path / "photos.parquet"
    first, left = build.index([album], output)
    assert table.read(output)[0].equals(first) and first["path"][0].as_py() == "Photos/again.jpg"
    looked = []
    original = inspect.inspect_photo
    monkeypatch.setattr(build, "inspect_photo", lambda c, o: looked.append(Path(c.address).name) or original(c, o))
    assert build.index([album], output)[0].equals(first) and looked == []
    (album / "new.jpg").write_bytes(make.geotagged(5, 5))
    (album / "cut.jpg").write_bytes(make.geotagged(6, 6, "2020-01-01"))
    again, left_again = build.index([album], output)
    assert sorted(looked) == ["cut.jpg", "new.jpg"]
    assert len(again) == len(first) + 2 and len(left_again) == len(left) - 1
    build.index([album], output, max_pixels=10**6)
    assert len(looked) > 10  # other options: all is asked again


def test_damaged_findings_cost_time_and_nothing_else(album, tmp_path):
    output = tmp_path / "photos.csv"
    expected, _ = build.index([album], output)
    state = build.cache_folder(output) / "state.sqlite"
    for content in (b"", b"not a database" * 100, state.read_bytes()[:-3000]):
        state.write_bytes(content)
        assert build.index([album], output)[0].equals(expected)


def test_findings_that_nobody_can_have_written_are_not_believed(album, tmp_path):
    output = tmp_path / "photos.csv"
    expected, _ = build.index([album], output)
    photo, evil = album / "again.jpg", {"row": {"latitude": "x", "path": "/etc/passwd"}, "fault": None}
    status = photo.stat()
    key = (str(photo), f"{status.st_size}:{status.st_mtime_ns};")
    fingerprint = inspect.IndexOptions().fingerprint
    with Cache(build.cache_folder(output), fingerprint) as cache:
        assert cache.get(key) is not None, "this is the finding to forge"
        list(cache.fill([1], lambda items: [Entry(record=evil) for _ in items], lambda _: (key[0], "other")))
        list(cache.fill([1], lambda items: [Entry(record=evil) for _ in items], lambda _: key))
        assert cache.get(key).record == evil
    assert build.index([album], output)[0].equals(expected)


def test_what_may_go_well_next_time_is_tried_again(make, tmp_path, monkeypatch):
    """A share that was away for a moment must not cost photos for ever; a photo that is cut off stays left out."""
    folder, output = tmp_path / "in", tmp_path / "photos.csv"
    folder.mkdir()
    (folder / "good.jpg").write_bytes(make.geotagged(1, 1))
    (folder / "cut.jpg").write_bytes(make.geotagged(2, 2)[:700])
    (folder / "away.jpg").write_bytes(make.geotagged(3, 3))
    opened = Path.open

    def failing(path, *args, **options):
        if path.name == "away.jpg":
            raise OSError(errno.EIO, "Input/output error")
        return opened(path, *args, **options)

    monkeypatch.setattr(Path, "open", failing)
    rows, left_out = build.index([folder], output)
    assert rows["photo_id"].to_pylist() == ["good.jpg"]
    assert reasons(left_out) == {"cut.jpg": "truncated", "away.jpg": "unreadable"}
    monkeypatch.setattr(Path, "open", opened)
    looked = []
    original = inspect.inspect_photo
    monkeypatch.setattr(build, "inspect_photo", lambda c, o: looked.append(Path(c.address).name) or original(c, o))
    rows, left_out = build.index([folder], output)
    assert looked == ["away.jpg"] and sorted(rows["photo_id"].to_pylist()) == ["away.jpg", "good.jpg"]
    assert reasons(left_out) == {"cut.jpg": "truncated"}


def test_a_filter_that_failed_and_a_photo_that_was_gone_are_tried_again(make, tmp_path, monkeypatch):
    folder, output, flag = tmp_path / "in", tmp_path / "photos.csv", tmp_path / "service is up"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.jpg").write_bytes(make.geotagged(1, 1))
    (tmp_path / "asks_a_service.py").write_text(
        f"from pathlib import Path\ndef keep(image):\n    assert Path({str(flag)!r}).exists()\n    return True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert reasons(build.index([folder], output, filter="asks_a_service:keep")[1]) == {
        "a.jpg": "filter failed", "b.jpg": "filter failed",
    }  # fmt: skip
    flag.touch()
    assert len(build.index([folder], output, filter="asks_a_service:keep")[0]) == 2

    original = build.inspect_photo  # a photo that goes between listing and reading, and comes back as it was
    moved = folder / "moved away"

    def away(candidate, options):
        (folder / "a.jpg").rename(moved)
        try:
            return original(candidate, options)
        finally:
            moved.rename(folder / "a.jpg")

    monkeypatch.setattr(build, "inspect_photo", away)
    assert reasons(build.index([folder / "a.jpg"], tmp_path / "c.csv")[1]) == {"a.jpg": "missing"}
    monkeypatch.setattr(build, "inspect_photo", original)
    assert len(build.index([folder / "a.jpg"], tmp_path / "c.csv")[0]) == 1


def test_a_run_stopped_by_ctrl_c_goes_on_where_it_was(make, tmp_path, monkeypatch):
    (tmp_path / "many").mkdir()
    (tmp_path / "many" / "000.jpg").write_bytes(make.geotagged(1, 1))
    for i in range(1, 300):
        shutil.copy(tmp_path / "many" / "000.jpg", tmp_path / "many" / f"{i:03}.jpg")
    asked = tmp_path / "asked"
    (tmp_path / "slow.py").write_text(
        "import time\ndef keep(image):\n    time.sleep(0.02)\n"
        f"    with open({str(asked)!r}, 'a') as file:\n        file.write('x')\n    return True\n"
    )
    code = "from photoplanet.cli import main; main()"
    words = ["index", "many", "-o", "p.parquet", "--filter", "slow:keep", "--threads", "1"]
    run = subprocess.Popen(
        [sys.executable, "-c", code, *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while run.poll() is None and time.monotonic() < deadline and not (asked.exists() and asked.stat().st_size > 70):
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 130 and not errors, errors
    assert not (tmp_path / "p.parquet").exists()
    first = asked.stat().st_size
    monkeypatch.chdir(tmp_path)
    rows, _ = build.index(["many"], "p.parquet", filter="slow:keep")
    assert len(rows) == 300
    assert first < 300 and asked.stat().st_size - first < 300 - 32, "what was found before Ctrl-C is not asked again"


def test_tables_bring_their_own_values_and_exif_fills_the_rest(make, tmp_path):
    (tmp_path / "a.jpg").write_bytes(make.geotagged(10, 20, "2020-01-01T00:00:00", "Ann"))
    (tmp_path / "b.jpg").write_bytes(make.encoded(make.scene(1)))
    (tmp_path / "t.csv").write_text(
        "id,file,lat,lon,album\n1,a.jpg,11,21,x\n2,b.jpg,,,\n3,c.jpg,1,1,\n4,./a.jpg,1,1,\n5,,1,1,\n"
    )
    rows, left_out = build.index([tmp_path / "t.csv"])
    assert [(r["photo_id"], r["latitude"], r["album"], r["taken_at"], r["photographer"]) for r in rows.to_pylist()] == [
        ("1", 11.0, "x", "2020-01-01T00:00:00", "Ann")
    ]
    assert [entry["reason"] for entry in left_out] == ["no path", "missing", "duplicate path", "no GPS"]
    pq.write_table(rows, tmp_path / "t.parquet")
    assert build.index([tmp_path / "t.parquet"])[0].equals(rows)


def test_shards_of_img2dataset_take_places_from_parquet_json_or_exif(make, tmp_path):
    plain = make.encoded(make.scene(1))
    exif = json.dumps({"GPS GPSLatitude": "[7, 30, 0]", "GPS GPSLatitudeRef": "S", "GPS GPSLongitude": "[8, 0, 0]",
                       "GPS GPSLongitudeRef": "E"})  # fmt: skip
    make.shard(
        tmp_path / "00000.tar",
        {
            "000000000.jpg": plain, "000000000.json": b'{"latitude": 99}', "000000000.txt": b"caption",
            "000000001.jpg": plain, "000000001.json": json.dumps({"lat": "3.5", "lon": 4, "photo_id": 77}).encode(),
            "000000002.jpg": plain, "000000002.json": json.dumps({"exif": exif}).encode(),
            "000000003.jpg": make.geotagged(9, 10), "000000003.json": b"{broken",
            "000000004.jpg": plain, "000000005.jpg": make.hostile()["cut.jpg"],
        },
    )  # fmt: skip
    keys = pa.table(
        {"key": ["000000000", "000000004"], "url": ["u", "v"], "latitude": [1.5, 95.0], "longitude": [2.5, 0.0]}
    )
    pq.write_table(keys, tmp_path / "00000.parquet")
    (tmp_path / "00000_stats.json").write_text("{}")
    rows, left_out = build.index([tmp_path], tmp_path / "out.parquet")
    found = {r["photo_id"]: (r["path"], r["latitude"], r["longitude"]) for r in rows.to_pylist()}
    assert found == {
        "000000000": ("00000.tar#000000000.jpg", 1.5, 2.5),
        "77": ("00000.tar#000000001.jpg", 3.5, 4.0),
        "000000002": ("00000.tar#000000002.jpg", -7.5, 8.0),
        "000000003": ("00000.tar#000000003.jpg", 9.0, 10.0),
    }
    assert reasons(left_out) == {
        "00000.tar#000000004.jpg": "GPS out of range", "00000.tar#000000005.jpg": "truncated",
        "00000.parquet": "sidecar or table", "00000_stats.json": "sidecar or table",
    }  # fmt: skip


def test_a_sidecars_place_is_indexed_and_its_change_noticed(make, tmp_path):
    (tmp_path / "in").mkdir()
    photo, beside, output = tmp_path / "in" / "a.JPG", tmp_path / "in" / "A.jpg.XMP", tmp_path / "t.csv"
    photo.write_bytes(make.encoded(make.scene()))
    for latitude in (48.5, 47.25):
        beside.write_bytes(make.xmp(latitude, 2.5))
        [row] = build.index([tmp_path / "in"], output)[0].to_pylist()
        assert (row["latitude"], row["longitude"]) == (latitude, 2.5)
    (tmp_path / "list.csv").write_text("path\nin/a.JPG\n")
    assert build.index([tmp_path / "list.csv"])[0]["latitude"].to_pylist() == [47.25]
    assert build.index([photo])[0]["latitude"].to_pylist() == [47.25]
    beside.unlink()
    assert reasons(build.index([tmp_path / "in"], output)[1]) == {"a.JPG": "no GPS"}


def test_an_estimate_beside_a_photo_is_not_indexed(make, tmp_path):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(make.encoded(make.scene()))
    assert [done.did for done in geotags.write([(photo, Estimate(48.9, 2.3, 25_000))])] == ["written"]
    rows, left_out = build.index([tmp_path])
    assert len(rows) == 0 and reasons(left_out) == {"a.jpg": "GPS is an estimate", "a.jpg.xmp": "sidecar or table"}


@pytest.mark.parametrize("again", ["hard link", "link", "twice", "dots", "table"])
def test_one_file_is_one_photo_whatever_it_is_called(make, tmp_path, again):
    folder, sources = tmp_path / "in", [tmp_path / "in"]
    (folder / "sub").mkdir(parents=True)
    photo = folder / "a.jpg"
    photo.write_bytes(make.geotagged(1, 2))
    if again == "hard link":
        os.link(photo, folder / "b.jpg")
    elif again == "link":
        (folder / "b.jpg").symlink_to(photo)
    elif again == "table":
        (tmp_path / "t.csv").write_text("path\nin/a.jpg\n")
    sources += {"twice": [folder], "dots": [folder / "sub" / ".." / "a.jpg"], "table": [tmp_path / "t.csv"]}.get(
        again, []
    )
    rows, left_out = build.index(sources)
    assert len(rows) == 1 and [entry["reason"] for entry in left_out] == ["duplicate path"]


def test_a_path_up_from_a_linked_folder_is_the_one_that_the_system_means(make, tmp_path):
    (tmp_path / "far" / "in").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "in")
    (tmp_path / "far" / "a.jpg").write_bytes(make.geotagged(1, 2))
    (tmp_path / "a.jpg").write_bytes(make.geotagged(3, 4))
    (tmp_path / "t.csv").write_text("path\nlink/../a.jpg\n")
    for source in (tmp_path / "link" / ".." / "a.jpg", tmp_path / "t.csv"):
        assert build.index([source])[0]["latitude"].to_pylist() == pytest.approx([1])


def test_a_photo_that_is_named_itself_needs_no_ending(make, tmp_path):
    (tmp_path / "IMG_1").write_bytes(make.geotagged(1, 2))
    (tmp_path / "clip.avi").write_bytes(b"RIFF\0\0\0\0AVI LIST")
    assert len(build.index([tmp_path / "IMG_1"])[0]) == 1
    with pytest.raises(InputError, match="not a source"):
        build.index([tmp_path / "clip.avi"])


def test_a_hard_link_is_known_also_where_only_one_name_has_a_sidecar(make, tmp_path):
    (tmp_path / "a.jpg").write_bytes(make.geotagged(1, 2))
    os.link(tmp_path / "a.jpg", tmp_path / "b.jpg")
    (tmp_path / "b.xmp").write_bytes(make.xmp(3, 4))
    assert reasons(build.index([tmp_path])[1]) == {"b.jpg": "duplicate path", "b.xmp": "sidecar or table"}


def test_a_film_whose_frames_cannot_be_read_is_left_out_until_they_can(tmp_path, monkeypatch):
    (tmp_path / "clip.mov").write_bytes(film_files.film(film_files.apple(film_files.APPLE)))
    with monkeypatch.context() as without:
        without.setattr("importlib.util.find_spec", lambda name: None)
        _, left_out = build.index([tmp_path], tmp_path / "t.csv")
    assert reasons(left_out) == {"clip.mov": "needs an extra"}
    monkeypatch.setattr(film_image, "_clearest", lambda file, film: Image.new("RGB", (640, 360)))
    rows, left_out = build.index([tmp_path], tmp_path / "t.csv")
    assert left_out == [] and rows["latitude"].to_pylist() == [46.5]
    assert rows["width"].to_pylist() == [640] and rows["taken_at"].to_pylist() == ["2024-05-01T12:00:00+02:00"]


def test_names_that_are_not_utf8_are_reported_and_the_rest_goes_on(make, tmp_path):
    folder = tmp_path / "in"
    (folder / "\udce9t\udce9").mkdir(parents=True)
    (folder / "good.jpg").write_bytes(make.geotagged(1, 2))
    for name in ("caf\udce9.jpg", "\udce9t\udce9/a.jpg", "clip\udce9.avi"):
        (folder / name).write_bytes(make.geotagged(3, 4))
    rows, left_out = build.index([folder], tmp_path / "t.parquet")
    assert rows["photo_id"].to_pylist() == ["good.jpg"]
    assert reasons(left_out) == {
        "caf\\xe9.jpg": "name not UTF-8", "a.jpg": "name not UTF-8", "clip\\xe9.avi": "film or sound",
    }  # fmt: skip
    for name in ("r.csv", "r.json"):
        assert "caf\\xe9.jpg" in build.write_report(left_out, tmp_path / name).read_text("utf-8").replace("\\\\", "\\")
    (tmp_path / "\udce9").mkdir()
    output = tmp_path / "\udce9" / "t.parquet"
    (tmp_path / "\udce9" / "a.jpg").write_bytes(make.geotagged(1, 2))
    build.index([output.parent], output)
    assert table.read(output)[0]["path"].to_pylist() == ["a.jpg"]


def test_a_clock_that_was_never_set_gives_no_time(make, tmp_path):
    (tmp_path / "a.jpg").write_bytes(make.geotagged(1, 2, "1980-01-01T00:13:00"))
    assert build.index([tmp_path])[0]["taken_at"].to_pylist() == [None]


def test_text_in_a_shard_that_is_no_unicode_is_kept_escaped(make, tmp_path):
    data = {"u.jpg": make.encoded(make.scene()), "u.json": b'{"lat": 1, "lon": 2, "album": "\\ud83d"}'}
    make.shard(tmp_path / "a.tar", {**data, "caf\udce9.jpg": make.geotagged(1, 2), "clip.mp4": b"film"})
    rows, left_out = build.index([tmp_path / "a.tar"], tmp_path / "t.csv")
    assert rows["album"].to_pylist() == ["\\ud83d"]
    assert reasons(left_out) == {"a.tar#clip.mp4": "film or sound", "a.tar#caf\\xe9.jpg": "name not UTF-8"}


def test_a_bad_shard_does_not_take_its_folder_down(album):
    (album / "bad.tar").write_bytes(b"no tar" * 500)
    (album / "worse.tar").write_bytes(b"")
    rows, left_out = build.index([album])
    assert len(rows) == 4 and reasons(left_out)["bad.tar"] == "unreadable"


def test_photo_ids_are_unique_when_two_folders_share_names(make, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_bytes(make.geotagged(1, 1))
    rows, _ = build.index([tmp_path / "a", tmp_path / "b"], tmp_path / "o.parquet")
    assert rows["photo_id"].to_pylist() == ["1.jpg", "b/1.jpg"]


def test_processes_find_the_same_as_threads(album):
    assert build.index([album], processes=2)[0].equals(build.index([album])[0])


def test_own_filters_refuse_fail_and_keep_by_name(album):
    def mine(image):
        if image.width != 120:
            raise ZeroDivisionError("no")
        return image.height == 90

    Image.new("RGB", (120, 40)).save(album / "low.jpg")
    Image.new("RGB", (200, 90)).save(album / "trip" / "odd.jpg")
    rows, left_out = build.index([album], filter=mine)
    found = reasons(left_out)
    assert found["odd.jpg"] == "filter failed" and found["low.jpg"] == "refused by the filter" and len(rows) == 4
    assert "ZeroDivisionError: no" in next(entry["detail"] for entry in left_out if entry["reason"] == "filter failed")


def test_graphics_are_dropped_on_request(make, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(make.encoded(make.scene(1, (640, 480)), quality=90))
    (tmp_path / "drawing.png").write_bytes(make.encoded(make.diagram(), "PNG"))
    rows, left_out = build.index([tmp_path], keep_without_gps=True, drop_graphics=True)
    assert rows["photo_id"].to_pylist() == ["photo.jpg"] and reasons(left_out) == {"drawing.png": "not a photo"}


def test_an_empty_result_does_not_replace_a_table(tmp_path, make):
    (tmp_path / "in").mkdir()
    output = table.write(table.from_rows([{"photo_id": "1", "path": "p"}]), tmp_path / "t.csv")
    before = output.read_bytes()
    assert len(build.index([tmp_path / "in"], output)[0]) == 0 and output.read_bytes() == before


def test_sources_that_cannot_be_used_are_refused(tmp_path):
    (tmp_path / "x.docx").write_text("x")
    for bad in ([], [tmp_path / "none"], [tmp_path / "x.docx"]):
        with pytest.raises(InputError):
            build.index(bad)
    with pytest.raises(InputError, match="no such folder"):
        build.index([tmp_path], tmp_path / "none" / "t.csv")


def test_reports_are_csv_or_json(tmp_path):
    left = [
        {"path": "a,b\n.jpg", "reason": "no GPS", "detail": 'x "y"'},
        {"path": "c\udcff", "reason": "empty", "detail": "z"},
    ]
    assert build.counts([left[0], *left]) == {"no GPS": 2, "empty": 1}
    with build.write_report(left, tmp_path / "r.csv").open(
        encoding="utf-8", errors="surrogateescape", newline=""
    ) as file:
        assert list(csv.DictReader(file)) == left
    text = build.write_report(left, tmp_path / "r.json").read_text(encoding="utf-8", errors="surrogateescape")
    assert json.loads(text) == left
    with pytest.raises(InputError, match="report"):
        build.write_report(left, tmp_path / "r.txt")


def test_a_filter_sees_at_least_512_pixels_where_the_photo_has_them(make, tmp_path):
    for name, size in (("large.jpg", (2600, 2100)), ("small.jpg", (300, 200))):
        (tmp_path / name).write_bytes(make.encoded(make.scene(1, size)))
    seen = []
    build.index([tmp_path], keep_without_gps=True, filter=lambda image: seen.append(min(image.size)) or True, threads=1)
    assert len(seen) == 2 and 512 <= seen[0] < 1100 and seen[1] == 200


def test_a_graphic_is_dropped_from_half_sure_on(make, tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(make.encoded(make.scene()))
    for score, kept in ((0.49, 1), (0.5, 0)):
        monkeypatch.setattr("photoplanet.photos.graphics_filter.graphic_score", lambda _, score=score: score)
        assert len(build.index([tmp_path], keep_without_gps=True, drop_graphics=True)[0]) == kept


def test_a_samples_json_of_a_mebibyte_is_read_and_a_larger_one_is_not(make, tmp_path):
    for extra, expected in ((0, 5.0), (1, None)):
        about = json.dumps({"lat": 5, "lon": 6}).encode()
        about += b" " * ((1 << 20) - len(about) + extra)
        make.shard(tmp_path / "a.tar", {"1.jpg": make.encoded(make.scene()), "1.json": about})
        rows, _ = build.index([tmp_path / "a.tar"], keep_without_gps=True)
        assert rows["latitude"].to_pylist() == [expected]


def test_a_text_of_a_sample_has_at_most_1000_characters():
    assert inspect.row_of({"photographer": "x" * 2000}) == {"photographer": "x" * 1000}
    assert inspect.row_of({"latitude": 5}) == {}, "half a place is none"


def test_what_a_table_states_and_nobody_can_read_never_gives_way_to_exif(make, tmp_path):
    for name in "abcdefg":
        (tmp_path / f"{name}.jpg").write_bytes(make.geotagged(10, 20, "2020-01-01T00:00:00", seed=ord(name)))
    (tmp_path / "t.csv").write_text(
        "path,lat,lat_ref,lon,date\na.jpg,48.85x,N,2,2021-05-05\nb.jpg,48,N,,\nc.jpg,-48,N,2,\nd.jpg,95,N,2,\n"
        "e.jpg,,,,01/05/2019\nf.jpg,33.9,S,18.4,43586\ng.jpg,0,N,0,\n"
    )
    rows, left_out = build.index([tmp_path / "t.csv"])
    found = {row["photo_id"]: (round(row["latitude"], 5), row["taken_at"]) for row in rows.to_pylist()}
    assert found == {"e.jpg": (10.0, None), "f.jpg": (-33.9, None)}, "e's table states no place, so that EXIF does"
    unreadable = {f"{name}.jpg": "GPS unreadable" for name in "abc"}
    assert reasons([entry for entry in left_out if entry["reason"] != "time left empty"]) == {
        **unreadable, "d.jpg": "GPS out of range", "g.jpg": "exactly 0, 0"}  # fmt: skip
    assert build.times_left_empty(left_out) == 2 and "time left empty" not in build.counts(left_out)
    rows, _ = build.index([tmp_path / "t.csv"], keep_without_gps=True)
    assert [row["latitude"] for row in rows.to_pylist() if row["photo_id"] in unreadable] == [None] * 3


def test_rows_that_cannot_be_read_are_counted_one_by_one(make, tmp_path):
    (tmp_path / "a.jpg").write_bytes(make.geotagged(10, 20))
    (tmp_path / "t.csv").write_text("path,lat,lon\na.jpg,1,2\n" + "b.jpg,1\n" * 100)
    _, left_out = build.index([tmp_path / "t.csv"])
    assert build.counts(left_out) == {"wrong number of fields": 100}
    path = build.write_report(left_out, tmp_path / "report.csv")
    assert "95 more rows" in path.read_text()


def test_the_columns_of_a_table_can_be_named(make, tmp_path):
    (tmp_path / "a.jpg").write_bytes(make.geotagged(10, 20))
    (tmp_path / "t.csv").write_text("path,latitude,longitude,private_latitude,private_longitude\na.jpg,1,2,3,4\n")
    with pytest.raises(InputError, match="private_latitude/private_longitude state different places"):
        build.index([tmp_path / "t.csv"])
    rows, _ = build.index([tmp_path / "t.csv"], coordinates=("private_latitude", "private_longitude"))
    assert rows["latitude"].to_pylist() == [3.0]


def test_names_in_another_unicode_form_are_found_on_disk_and_in_shards(make, tmp_path):
    composed, apart = "café", "cafe\u0301"
    (tmp_path / apart).mkdir()
    (tmp_path / apart / f"{apart}.jpg").write_bytes(make.geotagged(1, 2))
    make.shard(tmp_path / "s.tar", {f"{apart}.jpg": make.geotagged(3, 4), f"{composed}.json": b'{"lat": 5, "lon": 6}'})
    (tmp_path / "t.csv").write_text(f"path\n{composed}/{composed}.jpg\ns.tar#{composed}.jpg\n")
    rows, left_out = build.index([tmp_path / "t.csv"])
    assert [round(row["latitude"]) for row in rows.to_pylist()] == [1, 3] and left_out == []
    assert build.index([tmp_path / "s.tar"])[0]["latitude"].to_pylist() == [5.0]
    (tmp_path / "ids.csv").write_text(f"id\n{composed}\n")
    rows, _ = build.index([tmp_path / "ids.csv"], images=tmp_path / apart)
    assert rows["path"].to_pylist() == [str(tmp_path / apart / f"{apart}.jpg")]


def test_metadata_of_shards_follow_the_rules_of_tables(make, tmp_path):
    photo = make.geotagged(10, 20, "2020-01-01T00:00:00")
    samples = {
        "a": {"lat": "48,500 N", "lon": "2.5", "captured_at": 1612345678000},
        "b": {"lat": "48.5x", "lon": 2.5}, "c": {"lat": 48.5, "lon": None},
        "d": {"album": "\ud83d", "date": "01/05/2019"},
        "e": {"location": {"type": "Point", "coordinates": [2.5, 48.5]}},
        "f": {"GPSLatitude": 33.9, "GPSLatitudeRef": "S", "GPSLongitude": 18.4, "GPSLongitudeRef": "E"},
    }  # fmt: skip
    members = {f"{key}.{kind}": data for key, values in samples.items()
               for kind, data in (("jpg", photo), ("json", json.dumps(values).encode()))}  # fmt: skip
    make.shard(tmp_path / "00000.tar", members)
    rows, left_out = build.index([tmp_path / "00000.tar"], tmp_path / "o.parquet")
    found = {row["photo_id"]: row for row in rows.to_pylist()}
    assert {key: round(row["latitude"], 5) for key, row in found.items()} == {
        "a": 48.5,
        "d": 10.0,
        "e": 48.5,
        "f": -33.9,
    }
    assert found["a"]["taken_at"] == "2021-02-03T09:47:58+00:00" and found["d"]["taken_at"] is None
    assert found["d"]["album"] == "\\ud83d", "half a surrogate pair is escaped"
    assert reasons([entry for entry in left_out if entry["reason"] != "time left empty"]) == {
        "00000.tar#b.jpg": "GPS unreadable", "00000.tar#c.jpg": "GPS unreadable"}  # fmt: skip
    beside = pa.table(
        {"key": ["a", "b", "d"], "lat": ["x", "1,5", None], "lon": ["2", "3", None], "date": ["x", None, None]}
    )
    pq.write_table(beside, tmp_path / "00000.parquet")
    rows, left_out = build.index([tmp_path / "00000.tar"], tmp_path / "o.parquet")
    found = {row["photo_id"]: round(row["latitude"], 5) for row in rows.to_pylist()}
    assert (
        found == {"b": 1.5, "d": 10.0, "e": 48.5, "f": -33.9}
        and reasons(left_out)["00000.tar#a.jpg"] == "GPS unreadable"
    )


def test_a_finding_that_no_table_can_hold_is_not_taken_from_the_cache():
    good = {"row": {"latitude": 1.0, "longitude": 2.0, "width": 3, "album": "x"}, "fault": None}
    assert inspect.sound(good)
    for column, value in (("width", 1 << 40), ("width", True), ("album", "\ud83d"), ("latitude", float("nan"))):
        assert not inspect.sound({**good, "row": {**good["row"], column: value}})
    assert not inspect.sound({"row": {}}) and not inspect.sound({**good, "more": 1})
