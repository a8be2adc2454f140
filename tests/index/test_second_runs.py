"""Indexing again: what is read anew, what is believed of the findings before, and runs that stopped."""

import errno
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import film_files
import jxl_files
from left_out import reasons

from photoplanet.core.cache import Cache, Entry
from photoplanet.index import build, inspect
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.photos import table


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


def test_a_film_is_in_the_table_whether_its_frames_can_be_read_or_not(tmp_path, monkeypatch):
    film = film_files.film(film_files.apple(film_files.APPLE))
    (tmp_path / "clip.mov").write_bytes(film)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    rows, left_out = build.index([tmp_path], tmp_path / "t.csv")
    assert left_out == [] and rows["latitude"].to_pylist() == [46.5]
    assert rows["width"].to_pylist() == [640] and rows["taken_at"].to_pylist() == ["2024-05-01T12:00:00+02:00"]


def test_what_needs_an_extra_is_tried_again(make, tmp_path, monkeypatch):
    packed = jxl_files.jxl(make.scene(), exif=gps_bytes(46.5, 7.25), packed=True)
    (tmp_path / "a.jxl").write_bytes(packed)
    with monkeypatch.context() as without:
        without.setattr("importlib.util.find_spec", lambda name: None)
        _, left_out = build.index([tmp_path], tmp_path / "t.csv")
    assert reasons(left_out) == {"a.jxl": "needs an extra"}
    rows, left_out = build.index([tmp_path], tmp_path / "t.csv")
    assert left_out == [] and rows["latitude"].to_pylist() == [46.5]


def test_whether_a_file_is_whole_is_looked_at_once_the_extra_is_there(make, tmp_path, monkeypatch):
    (tmp_path / "a.jxl").write_bytes(jxl_files.jxl(make.scene())[:500])
    (tmp_path / "a.jxl.xmp").write_bytes(make.xmp(46.5, 7.25))
    with monkeypatch.context() as without:
        without.setattr("importlib.util.find_spec", lambda name: None)
        rows, _ = build.index([tmp_path], tmp_path / "t.csv")
    assert rows["latitude"].to_pylist() == [46.5] and rows["width"].to_pylist() == [120]
    _, left_out = build.index([tmp_path], tmp_path / "t.csv")
    assert reasons(left_out)["a.jxl"] == "truncated"


def test_an_avif_is_left_out_until_there_is_a_pillow_that_reads_it(make, tmp_path, monkeypatch):
    (tmp_path / "a.avif").write_bytes(make.geotagged(46.5, 7.25, kind="AVIF"))
    with monkeypatch.context() as without:
        without.setattr("PIL.features.check", lambda name: False)
        _, left_out = build.index([tmp_path], tmp_path / "t.csv")
    assert reasons(left_out) == {"a.avif": "needs a newer Pillow"}
    rows, left_out = build.index([tmp_path], tmp_path / "t.csv")
    assert left_out == [] and rows["latitude"].to_pylist() == [46.5]


def test_a_finding_that_no_table_can_hold_is_not_taken_from_the_cache():
    good = {"row": {"latitude": 1.0, "longitude": 2.0, "width": 3, "album": "x"}, "fault": None}
    assert inspect.sound(good)
    for column, value in (("width", 1 << 40), ("width", True), ("album", "\ud83d"), ("latitude", float("nan"))):
        assert not inspect.sound({**good, "row": {**good["row"], column: value}})
    assert not inspect.sound({"row": {}}) and not inspect.sound({**good, "more": 1})
