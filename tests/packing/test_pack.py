"""Photos packed into shards: what is in them, in which order, and that nothing whole is done twice or lost."""

import json
import multiprocessing
import signal
import subprocess
import sys
import tarfile
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from photoplanet.errors import InputError, WorkerError
from photoplanet.index import build
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.packing import pack, packed_table, shard_files
from photoplanet.packing.plan import Settings, make
from photoplanet.photos import decode, splits, table


def noise(number, width=80, height=60):
    pixels = np.random.default_rng(number).integers(0, 255, (height // 20, width // 20, 3), np.uint8)
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture
def photos(tmp_path):
    """A table of 25 photos of 80 × 60, with columns of others; number 3 is damaged, and number 4 is missing."""
    (tmp_path / "in").mkdir()
    lines = ["IMG_ID,file,LAT,LON,user,date,caption,score,id2"]
    for i in range(25):
        noise(i).save(tmp_path / "in" / f"{i}.jpg", quality=95, exif=gps_bytes(10 + i, 20))
        lines.append(f"p{i},in/{i}.jpg,{10 + i},{20.5},u{i % 3},2019-05-{i % 28 + 1:02} 12:00:00,photo é {i},{i / 2},x")
    (tmp_path / "in" / "3.jpg").write_bytes((tmp_path / "in" / "3.jpg").read_bytes()[:500])
    (tmp_path / "in" / "4.jpg").unlink()
    (tmp_path / "photos.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return tmp_path / "photos.csv"


def packed(photos, out, processes=1, retry=False, **settings):
    return pack.pack(make(photos, Settings(**{"size": 30, "per_shard": 10} | settings)), out, processes, retry)


def everything(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".tar"}


def test_the_layout_is_that_of_img2dataset(photos, tmp_path):
    result = packed(photos, tmp_path / "shards")
    names = {path.name for path in (tmp_path / "shards").iterdir()}
    shards = [f"0000{i}{ending}" for i in range(3) for ending in (".tar", ".parquet", "_stats.json")]
    assert names == {*shards, "photos.parquet", "pack.json", ".pack.lock"}
    assert (result.photos, result.shards, result.kept) == (23, 3, 0)
    assert result.reasons() == {"missing": 1, "truncated": 1}
    samples = {}
    for number in range(3):
        with tarfile.open(tmp_path / "shards" / f"0000{number}.tar") as archive:
            members = [(each.name, archive.extractfile(each).read()) for each in archive]
        rows = pq.read_table(tmp_path / "shards" / f"0000{number}.parquet").to_pylist()
        good = [row["key"] for row in rows if row["status"] == "success"]
        assert [name for name, _ in members] == [f"{key}.{end}" for key in good for end in ("jpg", "json", "txt")]
        assert [row["key"] for row in rows] == [f"0000{number}{at:04}" for at in range(len(rows))]
        stats = json.loads((tmp_path / "shards" / f"0000{number}_stats.json").read_text())
        assert (stats["count"], stats["successes"]) == (len(rows), len(good))
        samples |= dict(members)
    facts = [json.loads(data) for name, data in samples.items() if name.endswith("json")]
    assert sorted(each["photo_id"] for each in facts) == sorted(f"p{i}" for i in range(25) if i not in (3, 4))
    for each in facts:
        number = int(each["photo_id"][1:])
        assert each["caption"] == f"photo é {number}" == samples[f"{each['key']}.txt"].decode()
        assert (each["latitude"], each["photographer"], each["id2"]) == (10 + number, f"u{number % 3}", "x")
        assert (each["width"], each["height"]) == (40, 30)
        assert (each["original_width"], each["original_height"]) == (80, 60)
        assert each["original_path"] == f"in/{number}.jpg"


def test_the_pictures_are_small_upright_and_without_metadata(photos, tmp_path):
    turned = noise(7)
    exif = Image.Exif()
    exif[decode.ORIENTATION] = 6
    turned.save(tmp_path / "in" / "7.jpg", quality=95, exif=exif)
    result = packed(photos, tmp_path / "shards")
    rows, _ = table.read(result.table)
    by_id = {row["photo_id"]: row for row in rows.to_pylist()}
    assert (by_id["p7"]["width"], by_id["p7"]["height"]) == (30, 40)
    for name in ("p7", "p8"):
        address = str(result.table.parent / by_id[name]["path"])
        with decode.opened(address) as (image, _):
            assert not image.getexif() and image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        small = np.asarray(decode.open_photo(address), float)
        original = decode.open_photo(tmp_path / "in" / f"{name[1:]}.jpg").resize(small.shape[1::-1], 1)
        assert np.abs(small - np.asarray(original, float)).mean() < 6


def test_sizes_quality_and_seed_do_what_they_say(photos, tmp_path):
    small, fine = packed(photos, tmp_path / "a", quality=30), packed(photos, tmp_path / "b", quality=95)
    assert small.bytes < fine.bytes
    large = packed(photos, tmp_path / "c", size=500)
    assert set(table.read(large.table)[0]["height"].to_pylist()) == {60}  # nothing is enlarged
    orders = [table.read(packed(photos, tmp_path / f"s{s}", seed=s).table)[0]["photo_id"].to_pylist() for s in (0, 1)]
    assert orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != sorted(orders[0], key=lambda name: int(name[1:]))


def test_panoramas_are_bounded_on_their_long_side_too(tmp_path):
    jpeg, size = decode.shrunk_jpeg(noise(1, 4000, 100), 50)
    assert size == (400, 10) and len(jpeg) < 20_000
    assert decode.shrunk_jpeg(noise(1, 800, 100), 50)[1] == (400, 50)


def test_shards_are_the_same_bytes_from_any_number_of_processes(photos, tmp_path):
    packed(photos, tmp_path / "one", 1)
    packed(photos, tmp_path / "three", 3)
    assert everything(tmp_path / "one") == everything(tmp_path / "three")
    assert len(everything(tmp_path / "one")) == 3


def test_the_table_keeps_ids_places_times_splits_and_other_columns(photos, tmp_path):
    result = packed(photos, tmp_path / "shards")
    before, _ = table.read(photos)
    after, dropped = table.read(result.table)
    assert not dropped
    rows = {row["photo_id"]: row for row in before.to_pylist()}
    for row in after.to_pylist():
        for name in ("latitude", "longitude", "taken_at", "photographer"):
            assert row[name] == rows[row["photo_id"]][name]
    whole = pq.read_table(result.table)
    assert {"caption", "score", "id2", "original_path"} <= set(whole.column_names)
    assert whole.column_names[:4] == ["photo_id", "path", "latitude", "longitude"]
    assert packed_table.is_packed(result.table) and not packed_table.is_packed(photos)
    kept = before.filter([name in set(after["photo_id"].to_pylist()) for name in before["photo_id"].to_pylist()])
    held = [set(splits.split(rows, 0.3)[1]["photo_id"].to_pylist()) for rows in (kept, after)]
    assert held[0] == held[1] != set()


def test_index_reads_the_shards_with_all_that_the_table_said(photos, tmp_path):
    result = packed(photos, tmp_path / "shards")
    rows, _ = build.index([tmp_path / "shards"])
    mine = {row["photo_id"]: row for row in table.read(result.table)[0].to_pylist()}
    found = {row["photo_id"]: row for row in rows.to_pylist()}
    assert mine.keys() == found.keys()
    for name, row in found.items():
        for column in ("latitude", "longitude", "taken_at", "photographer", "width", "height"):
            assert row[column] == mine[name][column], column


def test_whole_shards_stay_and_others_are_written_anew(photos, tmp_path):
    out = tmp_path / "shards"
    packed(photos, out)
    before, times = everything(out), {path.name: path.stat().st_mtime_ns for path in out.glob("*.tar")}
    (out / "00001_stats.json").unlink()  # killed before the shard was whole
    (out / "00002.tar").write_bytes(before["00002.tar"][:-512])
    result = packed(photos, out)
    assert result.kept == 1 and everything(out) == before and result.photos == 23
    after = {path.name: path.stat().st_mtime_ns for path in out.glob("*.tar")}
    assert [after[name] == times[name] for name in sorted(times)] == [True, False, False]
    (out / "00000.parquet").write_bytes(b"no table")
    assert packed(photos, out).kept == 2
    assert packed(photos, out).kept == 3


def test_retry_packs_the_shards_that_lack_photos_anew(photos, tmp_path):
    out = tmp_path / "shards"
    packed(photos, out)
    noise(4).save(tmp_path / "in" / "4.jpg")
    assert packed(photos, out).reasons() == {"missing": 1, "truncated": 1}
    result = packed(photos, out, retry=True)
    assert result.reasons() == {"truncated": 1} and result.photos == 24


def test_other_settings_photos_or_folders_are_refused(photos, tmp_path):
    out = tmp_path / "shards"
    packed(photos, out)
    for settings, said in (({"size": 31}, "size=30"), ({"seed": 1}, "seed=0"), ({"quality": 50}, "quality=90")):
        with pytest.raises(InputError, match=f"was packed with {said}.*another -o"):
            packed(photos, out, **settings)
    photos.write_text(photos.read_text("utf-8").replace("p20,", "p99,"), "utf-8")
    with pytest.raises(InputError, match="other rows in the table"):
        packed(photos, out)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds files, and none of them is pack\.json"):
        packed(photos, tmp_path / "full")
    with pytest.raises(InputError, match="no such folder"):
        packed(photos, tmp_path / "no" / "shards")
    (out / "pack.json").write_text("[" * 5000)
    with pytest.raises(InputError, match="is damaged"):
        packed(photos, out)


def test_columns_that_no_shard_can_hold_are_named(photos, tmp_path):
    source = tmp_path / "odd.parquet"
    columns = {"photo_id": ["a"], "path": ["in/1.jpg"], "latitude": [1.0], "longitude": [2.0],
               "pixels": [b"\xff\1"], "key": ["7"], "box": [[1, 2]], "seen": [True]}  # fmt: skip
    pq.write_table(pa.table(columns), source)
    plan = make(source, Settings(30))
    assert plan.notes() == [f"{source}: columns that are not kept: pixels, key, box"]
    result = pack.pack(plan, tmp_path / "shards", 1)
    assert pq.read_table(result.table)["seen"].to_pylist() == [True]


def test_hostile_values_become_text_in_json_and_nothing_else(photos, tmp_path):
    photos.write_text(
        'photo_id,path,latitude,longitude,"../x",caption\n"a\nb",in/1.jpg,1,2,"\x1b[31m","c,d"\n', "utf-8"
    )
    result = packed(photos, tmp_path / "shards")
    with tarfile.open(tmp_path / "shards" / "00000.tar") as archive:
        assert archive.getnames() == ["000000000.jpg", "000000000.json", "000000000.txt"]
        facts = json.loads(archive.extractfile("000000000.json").read())
    assert facts["photo_id"] == "a\nb" and facts["../x"] == "\x1b[31m"
    assert result.photos == 1


def test_a_folder_without_any_readable_photo_writes_no_table(photos, tmp_path):
    for path in (tmp_path / "in").iterdir():
        path.write_bytes(b"no photo")
    with pytest.raises(InputError, match=r"none of its 25 photos.*not a photo file: 24.*missing: 1"):
        packed(photos, tmp_path / "shards")
    assert not (tmp_path / "shards" / "photos.parquet").exists()


def test_two_at_a_time_in_one_folder_are_refused(photos, tmp_path):
    from photoplanet.core import lock

    packed(photos, tmp_path / "shards")
    with (
        lock.held(tmp_path / "shards" / ".pack.lock", wait=False),
        pytest.raises(InputError, match="another process is packing"),
    ):
        packed(photos, tmp_path / "shards")


def test_a_killed_worker_is_an_error_and_whole_shards_stay(photos, tmp_path, monkeypatch):
    def killed(folder, shard, results):
        if shard.number == 1:
            for child in multiprocessing.active_children():
                child.kill()
        return write(folder, shard, results)

    write = shard_files.write
    monkeypatch.setattr(shard_files, "write", killed)
    monkeypatch.setattr(pack, "_CHUNK", 2)
    with pytest.raises(WorkerError, match=r"was killed.*fewer --processes"):
        packed(photos, tmp_path / "shards", 2)
    assert multiprocessing.active_children() == []
    assert [path.name for path in sorted((tmp_path / "shards").glob("*.tar"))] == ["00000.tar"]
    monkeypatch.undo()
    assert packed(photos, tmp_path / "shards").kept == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c_leaves_whole_shards_only_and_no_process(photos, tmp_path):
    for i in range(25):
        noise(i, 2000, 1600).save(tmp_path / "in" / f"{i}.jpg")
    out = tmp_path / "shards"
    arguments = ["pack", photos, "-o", out, "--size", "500", "--per-shard", "5", "--processes", "2"]
    running = subprocess.Popen([sys.executable, "-m", "photoplanet", *map(str, arguments)], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(out.glob("*_stats.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    assert running.communicate(timeout=60)[1] == b"" and running.returncode == 130
    assert {path.suffix for path in out.iterdir()} <= {".tar", ".parquet", ".json", ".lock", ""}
    assert not (out / "photos.parquet").exists()
    result = packed(photos, out, size=500, per_shard=5)
    assert result.photos == 25 and 1 <= result.kept < 5
