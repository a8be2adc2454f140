"""A toy Earth on disk: EXIF agrees with the table, a stopped one goes on, nothing else is overwritten."""

import dataclasses
import io
import json

import numpy as np
import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.index import build
from photoplanet.metadata import exif
from photoplanet.photos import decode, table
from photoplanet.toyworld import travellers, write

ORDER = write.Order(photos=60, seed=2, size=64)


def test_folder_agrees_with_its_table(tmp_path):
    path = write.write(tmp_path / "toy", ORDER, processes=1)
    rows, _ = table.read(path)
    assert rows.num_rows == 60 and len(set(rows["path"].to_pylist())) == 60
    for row in rows.to_pylist()[::7]:
        with Image.open(tmp_path / "toy" / row["path"]) as image:
            assert image.size == (64, 64)
            found = exif.read(image)
        assert found.latitude == pytest.approx(row["latitude"], abs=1e-5)
        assert found.longitude == pytest.approx(row["longitude"], abs=1e-5)
        assert found.taken_at[:19] == row["taken_at"][:19]


def test_the_number_of_processes_changes_nothing(tmp_path):
    order = write.Order(photos=1100, seed=1, size=32)
    one = write.write(tmp_path / "one", order, processes=1)
    two = write.write(tmp_path / "two", order, processes=2)
    paths = table.read(one)[0]["path"].to_pylist()
    assert paths == table.read(two)[0]["path"].to_pylist()
    for path in paths[::97]:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()


def test_goes_on_where_it_was_stopped(tmp_path):
    folder = tmp_path / "toy"
    rows = table.read(write.write(folder, ORDER, processes=1))[0]
    whole = {path: (folder / path).read_bytes() for path in rows["path"].to_pylist()}
    lost = rows["path"].to_pylist()[-1]
    (folder / lost).unlink()
    (folder / write.TABLE).unlink()
    write.write(folder, ORDER, processes=1)
    assert {path: (folder / path).read_bytes() for path in whole} == whole


def test_shards_are_as_img2dataset_writes_them(tmp_path):
    path = write.write(tmp_path / "toy", write.Order(photos=60, seed=2, size=64, shards=True), processes=1)
    rows = table.read(path)[0].to_pylist()
    assert {file.name for file in path.parent.glob("0*")} == {"00000.tar", "00000.parquet", "00000_stats.json"}
    assert json.loads((path.parent / "00000_stats.json").read_text())["successes"] == 60
    sharded = decode.load(str(path.parent / rows[5]["path"]), decode.Preprocessing(size=64))
    single = write.write(tmp_path / "single", ORDER, processes=1)
    other = decode.load(single.parent / table.read(single)[0]["path"][5].as_py(), decode.Preprocessing(size=64))
    assert np.array_equal(sharded, other)


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        write.write(tmp_path, ORDER)
    assert [file.name for file in tmp_path.iterdir()] == ["precious.txt"]


def test_another_toy_earth_is_not_mixed_in(tmp_path):
    write.write(tmp_path / "toy", ORDER, processes=1)
    with pytest.raises(InputError, match="another toy Earth"):
        write.write(tmp_path / "toy", write.Order(photos=61, seed=2, size=64))


def test_a_shard_holds_a_thousand_photos():
    order = write.Order(photos=1001, shards=True)
    photos = travellers.travel(write.make_world(order), order.photos)
    assert write.address(photos, 999, 999, order) == "00000.tar#000000999.jpg"
    assert write.address(photos, 1000, 1000, order) == "00001.tar#000001000.jpg"


def test_photos_are_written_as_jpegs_of_quality_88():
    order, reference = write.Order(photos=1, size=64), io.BytesIO()
    data = next(write.jpegs(travellers.travel(write.make_world(order), 1), order))
    Image.new("RGB", (64, 64)).save(reference, "JPEG", quality=88)
    assert Image.open(io.BytesIO(data)).quantization == Image.open(reference).quantization


@pytest.mark.parametrize(("size", "fits"), [(31, False), (32, True), (2048, True), (2049, False)])
def test_photos_are_32_to_2048_pixels_wide(tmp_path, size, fits):
    if fits:
        write.write(tmp_path / "toy", write.Order(photos=1, size=size), processes=1)
    else:
        with pytest.raises(InputError, match="32 to 2048 pixels"):
            write.write(tmp_path / "toy", write.Order(photos=1, size=size))


def test_a_stopped_write_leaves_no_half_file(tmp_path):
    folder = tmp_path / "toy"

    def stop(count=1, note=""):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write.write(folder, write.Order(photos=600, size=32, shards=True), processes=1, advance=stop)
    assert {path.name for path in folder.iterdir()} <= {
        "toyworld.json",
        "00000.tar",
        "00000.parquet",
        "00000_stats.json",
    }
    assert not json.loads((folder / write.FACTS).read_text())["complete"]
    write.write(folder, write.Order(photos=600, size=32, shards=True), processes=1)
    assert json.loads((folder / write.FACTS).read_text())["complete"]


def test_impossible_orders_are_refused(tmp_path):
    with pytest.raises(InputError, match="at least 1 photo"):
        write.write(tmp_path / "toy", write.Order(photos=0))


def test_photos_of_the_toy_earth_say_so_themselves(tmp_path):
    """A table made from the bare files names the same source: no model may take toy places for real ones."""
    path = write.write(tmp_path / "toy", write.Order(3, size=64), processes=1)
    indexed, _ = build.index([tmp_path / "toy" / "traveller-00000"], tmp_path / "photos.parquet")
    written, _ = table.read(path)
    assert set(indexed["source"].to_pylist()) == set(written["source"].to_pylist()) == {exif.TOY_SOFTWARE}
    with Image.open(next((tmp_path / "toy").rglob("*.jpg"))) as image:
        assert exif.read(image).toy


def test_the_truth_of_signs_names_the_photos_that_show_one(tmp_path):
    order = write.Order(photos=80, seed=2, size=64, signs=0.5)
    path = write.write(tmp_path / "toy", order, processes=1)
    bare = write.write(tmp_path / "bare", write.Order(photos=80, seed=2, size=64), processes=1)
    rows = [json.loads(line) for line in path.with_name(write.TRUTH).read_text("utf-8").splitlines()]
    signed = {row["photo"]: row["photo_id"] for row in rows}
    assert not bare.with_name(write.TRUTH).exists() and 20 < len(signed) < 50
    for row in table.read(path)[0].to_pylist():
        same = (path.parent / row["path"]).read_bytes() == (bare.parent / row["path"]).read_bytes()
        assert same == (row["path"] not in signed)
        assert same or signed[row["path"]] == row["photo_id"]


def test_shards_of_signs_have_the_same_truth(tmp_path):
    files = [
        write.write(tmp_path / str(shards), write.Order(30, 2, 64, shards, signs=1.0), processes=1).with_name(
            write.TRUTH
        )
        for shards in (False, True)
    ]
    single, sharded = ([json.loads(line) for line in file.read_text("utf-8").splitlines()] for file in files)
    assert [row["lines"] for row in single] == [row["lines"] for row in sharded]
    assert sharded[0]["photo"].startswith("00000.tar#")


def test_a_toy_earth_from_before_there_were_signs_goes_on(tmp_path):
    path = write.write(tmp_path / "toy", ORDER, processes=1)
    facts = json.loads(path.with_name(write.FACTS).read_text())
    del facts["signs"]
    path.with_name(write.FACTS).write_text(json.dumps(facts))
    write.write(tmp_path / "toy", ORDER, processes=1)
    with pytest.raises(InputError, match="another toy Earth"):
        write.write(tmp_path / "toy", dataclasses.replace(ORDER, signs=0.2))


def test_photos_without_gps_have_their_place_in_the_table_only(tmp_path):
    order = dataclasses.replace(ORDER, without_gps=0.4)
    rows, _ = table.read(write.write(tmp_path / "toy", order, processes=1))
    hidden = []
    for row in rows.to_pylist():
        with Image.open(tmp_path / "toy" / row["path"]) as image:
            found = exif.read(image)
        hidden.append(found.latitude is None)
        assert row["latitude"] is not None and found.taken_at[:19] == row["taken_at"][:19]
    assert 12 <= sum(hidden) <= 36, "some 24 of 60"
    with pytest.raises(InputError, match="another toy Earth"):
        write.write(tmp_path / "toy", ORDER)
