"""Photos that tables and shards name, with what these state of them."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from left_out import reasons

from photoplanet.errors import InputError
from photoplanet.index import build, inspect


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
