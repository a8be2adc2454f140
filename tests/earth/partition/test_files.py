"""Partitions on disk: saved and loaded, hostile files, tables larger than memory, GeoJSON."""

import contextlib
import json
import stat

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from photoplanet.earth import cells
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError

KEY = b"photoplanet.partition"


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(3)
    return np.clip(rng.normal(45, 3, 3000), -90, 90), np.clip(rng.normal(7, 3, 3000), -180, 180)


@pytest.fixture(scope="module")
def part(points):
    return Partition.adaptive(*points, 100, 5)


def test_what_is_saved_comes_back(part, tmp_path):
    path = tmp_path / "cells.parquet"
    path.write_text("an older file")
    part.save(path)
    back = Partition.load(str(path))
    assert back == part and back.made == part.made and (back.centers == part.centers).all()
    assert [file.name for file in tmp_path.iterdir()] == ["cells.parquet"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o400 and parquet.read_table(path).column_names[0] == "id"


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(part, tmp_path, monkeypatch):
    path = tmp_path / "cells.parquet"
    part.save(path)
    before = path.read_bytes()

    def full(table, target, **options):
        target.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parquet, "write_table", full)
    with pytest.raises(OSError, match="No space"):
        part.save(path)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(InputError, match="no such folder"):
        part.save(tmp_path / "nowhere" / "cells.parquet")


def changed(part, tmp_path, metadata=None, **columns):
    """A saved partition with some columns or its metadata replaced."""
    path = tmp_path / "changed.parquet"
    part.save(path)
    table = parquet.read_table(path)
    schema = table.schema
    for name, values in columns.items():
        table = table.set_column(
            table.column_names.index(name), schema.field(name), pa.array(values, schema.field(name).type)
        )
    parquet.write_table(table.replace_schema_metadata(metadata or schema.metadata), path)
    return path


def facts(**changes):
    return {KEY: json.dumps({"format": 1, "made": {}, **changes}).encode()}


def test_files_that_are_no_partition_are_refused(part, tmp_path):
    n = len(part)
    with pytest.raises(InputError, match="update photoplanet"):
        Partition.load(changed(part, tmp_path, facts(format=2)))
    for metadata in ({b"x": b"y"}, {KEY: b"{"}, {KEY: b"[" * 60_000}, {KEY: b"7"}, facts(format="1"), facts(made=3)):
        with pytest.raises(InputError, match="not a partition of photoplanet"):
            Partition.load(changed(part, tmp_path, metadata))
    with pytest.raises(InputError, match="not an S2 cell id"):
        Partition.load(changed(part, tmp_path, id=[0] * n))
    with pytest.raises(InputError, match="not sorted"):
        Partition.load(changed(part, tmp_path, id=part.ids[::-1]))
    with pytest.raises(InputError, match="overlap"):
        Partition.load(changed(part, tmp_path, id=[part.ids[0]] * n))
    with pytest.raises(InputError, match="fewer than 0"):
        Partition.load(changed(part, tmp_path, photos=[-1] * n))
    with pytest.raises(InputError, match="row 0"):
        Partition.load(changed(part, tmp_path, mean_latitude=[float("nan")] * n))


@pytest.mark.parametrize("how", [{"compression": "zstd"}, {"data_page_version": "2.0"}])
def test_files_of_older_versions_are_read(part, tmp_path, how):
    part.save(tmp_path / "cells.parquet")
    parquet.write_table(parquet.read_table(tmp_path / "cells.parquet"), tmp_path / "old.parquet", **how)
    old = Partition.load(tmp_path / "old.parquet")
    assert old == part
    assert old.made == part.made


def test_damaged_and_foreign_files_are_refused(part, tmp_path):
    path = tmp_path / "cells.parquet"
    part.save(path)
    whole = path.read_bytes()
    for damage in (b"", b"PAR1", whole[: len(whole) // 2], whole[:-9] + b"\xff" + whole[-8:]):
        path.write_bytes(damage)
        with pytest.raises(InputError, match="not a partition"):
            Partition.load(path)
    for byte in range(40, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:byte] + bytes([whole[byte] ^ 0x55]) + whole[byte + 1 :])
        with contextlib.suppress(InputError):  # a change that leaves sound values passes: the model folder has hashes
            Partition.load(path)
    with pytest.raises(InputError, match="no such file"):
        Partition.load(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="not a partition"):
        Partition.load(tmp_path)
    table = pa.table({"id": part.ids}).replace_schema_metadata(facts())
    parquet.write_table(table, path)
    with pytest.raises(InputError, match="columns"):
        Partition.load(path)


def test_tables_give_the_very_partition_of_the_arrays(points, part, tmp_path):
    lat, lng = points
    half = len(lat) // 2
    parquet.write_table(
        pa.table({"x": lat[:half], "lat": lat[:half], "lon": lng[:half]}), tmp_path / "a.parquet", row_group_size=700
    )
    csv.write_csv(pa.table({"lon": lng[half:], "lat": lat[half:], "name": ["ä, b"] * half}), tmp_path / "b.csv")
    steps = []
    streamed = Partition.adaptive_from_parquet(
        [tmp_path / "a.parquet", str(tmp_path / "b.csv")],
        100,
        5,
        lambda count=1, note="": steps.append(count),
        "lat",
        "lon",
    )
    assert streamed == part and streamed.made == part.made
    assert sum(steps) % len(lat) == 0 and sum(steps) >= 2 * len(lat)
    uniform = Partition.uniform_from_parquet(
        tmp_path / "a.parquet", 6, 5, latitude_column="lat", longitude_column="lon"
    )
    assert uniform == Partition.uniform(lat[:half], lng[:half], 6, 5)


def test_a_bad_row_is_named_or_left_out_and_counted(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\ufefflatitude;longitude\n" + "10;20\n" * 5 + ";\n0;0\n95;1\n")
    with pytest.raises(InputError, match=r"a\.csv: row 5: .*bad rows: 2"):
        Partition.adaptive_from_parquet(path, 10, 1)
    part = Partition.adaptive_from_parquet(path, 10, 1, skip_bad=True)
    assert part.photo_counts.tolist() == [5] and part.made["left_out"] == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("latitude,longitude\n1,north\n", "row 0: latitude nan, longitude nan is not a place on Earth"),
        ("latitude,longitude\n1,2\n3\n", "table of degrees"),
        ("lat,east\n1,2\n", "no columns latitude and longitude; it has lat, east"),
        ("lat,lon,gps_lat,gps_lon\n1,2,1,3\n", "lat/lon and gps_lat/gps_lon state different places"),
        ("", "no column"),
        ("PAR1 but no Parquet", "cannot be read as a Parquet or CSV"),
    ],
)
def test_tables_that_cannot_be_read_are_refused(tmp_path, text, says):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        Partition.adaptive_from_parquet(tmp_path / "a.csv", 10, 1)


def test_no_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="no table"):
        Partition.adaptive_from_parquet([])
    with pytest.raises(InputError, match="no such file"):
        Partition.adaptive_from_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match="folder"):
        Partition.adaptive_from_parquet(tmp_path)


def plane_area(ring):
    x, y = np.array(ring).T
    return 0.5 * float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))


def polygons(geometry):
    return [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]


@pytest.mark.parametrize("level", range(4))
def test_polygons_tile_the_map_poles_and_antimeridian_included(level):
    ids = np.arange(6, dtype=np.uint64) << np.uint64(61) | np.uint64(1 << 60)
    for _ in range(level):
        ids = cells.children(ids).ravel()
    features = Partition.from_cells(ids).to_geojson()["features"]
    rings = [ring for feature in features for polygon in polygons(feature["geometry"]) for ring in polygon]
    for ring in rings:
        assert ring[0] == ring[-1] and len(ring) >= 4 and plane_area(ring) > 0  # closed, anticlockwise (RFC 7946)
        lng, lat = np.array(ring).T
        assert np.abs(lng).max() <= 180 and np.abs(lat).max() <= 90
    assert sum(map(plane_area, rings)) == pytest.approx(360 * 180, rel=1e-9)


def test_geojson_says_what_a_map_needs(part, tmp_path):
    path = tmp_path / "cells.geojson"
    part.save_geojson(path)
    collection = json.loads(path.read_text())
    assert collection["type"] == "FeatureCollection" and len(collection["features"]) == len(part)
    facts = collection["features"][3]["properties"]
    assert (
        facts["class"] == 3 and facts["token"] == cells.token(part.ids[3]) and facts["photos"] == part.photo_counts[3]
    )
    assert facts["center"] == pytest.approx(part.centers[3].tolist(), abs=1e-6)


def test_the_smallest_cells_are_still_polygons():
    leaf = cells.from_latlng([48.8584, 89.9999999999, 0.0], [2.2945, 7.0, 180.0])
    for feature in Partition.from_cells(leaf).to_geojson()["features"]:
        assert all(len(ring) >= 4 for polygon in polygons(feature["geometry"]) for ring in polygon)


def test_only_exactly_0_0_is_taken_for_a_camera_without_a_fix(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("latitude,longitude\n0,0\n0,5\n5,0\n-0.0,0\n0.0001,0\n")
    part = Partition.adaptive_from_parquet(path, 10, 1, skip_bad=True)
    assert part.photo_counts.sum() == 3 and part.made["left_out"] == 2
