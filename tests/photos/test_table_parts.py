"""Folders of parts, several tables, and columns of over 2 GiB: the same photos as from one file."""

import itertools

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from photoplanet.core import table_files
from photoplanet.errors import InputError
from photoplanet.photos import table, table_pieces


@pytest.fixture
def photos():
    """A hundred rows, some of which cannot be used, and one whose id comes twice."""
    rows = [
        {"photo_id": f"p{at % 97}", "path": f"{at}.jpg", "latitude": 48.0 + at / 100, "longitude": 2.0,
         "taken_at": "2016-05-01T10:00:00" if at % 7 else "01/02/2016", "album": f"a{at // 10}"}
        for at in range(100)
    ]  # fmt: skip
    rows[13]["latitude"], rows[40]["path"], rows[41]["latitude"] = 0.0, "", 123.0
    rows[13]["longitude"] = 0.0
    return rows


def in_parts(folder, rows, cuts=(0, 30, 31, 100), kind="parquet"):
    folder.mkdir()
    for number, (start, stop) in enumerate(itertools.pairwise(cuts)):
        part = pa.Table.from_pylist(rows[start:stop])
        if kind == "parquet":
            pq.write_table(part, folder / f"part-{number}.parquet", row_group_size=7)
        else:
            table.write(part, folder / f"part-{number}.csv")
    return folder


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_folder_of_parts_reads_as_the_file_that_it_was_cut_from(tmp_path, photos, kind):
    pq.write_table(pa.Table.from_pylist(photos), tmp_path / "whole.parquet")
    whole, dropped = table.read(tmp_path / "whole.parquet")
    rows, also = table.read(in_parts(tmp_path / "parts", photos, kind=kind))
    assert rows.to_pylist() == whole.to_pylist()
    assert {why: entry["count"] for why, entry in also.items()} == {
        why: entry["count"] for why, entry in dropped.items()
    }
    assert list(also) == list(dropped)
    end = "parquet" if kind == "parquet" else "csv"
    assert also["GPS out of range"]["rows"] == [f"part-2.{end}:11"]
    assert also["photo_id seen before"]["rows"] == [f"part-2.{end}:67", f"part-2.{end}:68", f"part-2.{end}:69"]
    assert f"rows part-2.{end}:67" in table.describe(also)


def test_a_long_file_is_read_in_pieces_as_at_once(tmp_path, photos, monkeypatch):
    pq.write_table(pa.Table.from_pylist(photos), tmp_path / "whole.parquet", row_group_size=16)
    whole = table.read(tmp_path / "whole.parquet")
    monkeypatch.setattr(table_files, "STREAM_ROWS", 9)
    rows, dropped = table.read(tmp_path / "whole.parquet")
    assert rows.num_rows and max(len(chunk) for chunk in rows["photo_id"].chunks) <= 9
    assert (rows.to_pylist(), dropped) == (whole[0].to_pylist(), whole[1])


def test_several_tables_are_one_with_each_ones_paths(tmp_path, photos):
    for name, rows in (("one", photos[:5]), ("two", photos[5:9])):
        (tmp_path / name).mkdir()
        table.write(pa.Table.from_pylist(rows), tmp_path / name / "photos.parquet")
    in_parts(tmp_path / "three", photos[9:12], (0, 2, 3))
    rows, dropped = table.read([tmp_path / "one/photos.parquet", tmp_path / "two/photos.parquet", tmp_path / "three"])
    assert rows["photo_id"].to_pylist() == [f"p{at}" for at in range(12)]
    assert [rows["path"][at].as_py() for at in (0, 5, 9, 11)] == [
        str(tmp_path / name) for name in ("one/0.jpg", "two/5.jpg", "three/9.jpg", "three/11.jpg")
    ]
    _, dropped = table.read([tmp_path / "one/photos.parquet", in_parts(tmp_path / "four", photos[2:4], (0, 2))])
    entry = {"count": 2, "rows": [f"{tmp_path}/four/part-0.parquet:1", f"{tmp_path}/four/part-0.parquet:2"]}
    assert dropped["photo_id seen before"] == entry


def test_a_schema_that_changes_between_parts_is_named(tmp_path, photos):
    parts = in_parts(tmp_path / "parts", photos)
    other = pa.Table.from_pylist(photos[:3]).rename_columns(
        ["photo_id", "file", *["latitude", "longitude", "taken_at", "album"]]
    )
    pq.write_table(other, parts / "part-3.parquet")
    with pytest.raises(
        InputError, match=r"part-3.parquet: other columns than part-0.parquet \(lacks path and has file\)"
    ):
        table.read(parts)
    (parts / "part-3.parquet").write_text("photo_id,path,latitude,longitude,taken_at,album\n")
    with pytest.raises(InputError, match=r"part-3\.parquet: not Parquet and text in one folder"):
        table.read(parts)


def test_columns_of_parts_may_have_other_types_and_another_order(tmp_path, photos):
    parts = in_parts(tmp_path / "parts", photos[:10], (0, 5, 10))
    odd = pa.Table.from_pylist([row | {"latitude": str(row["latitude"])} for row in photos[10:13]])
    odd = odd.set_column(0, "photo_id", odd["photo_id"].dictionary_encode()).select(odd.column_names[::-1])
    pq.write_table(odd.set_column(4, "path", odd["path"].cast(pa.large_string())), parts / "part-9.parquet")
    assert table.read(parts)[0].to_pylist() == [
        row | {"taken_at": row["taken_at"].replace("01/02/2016", "")} for row in photos[:13]
    ]


def test_a_cut_file_and_a_damaged_row_group_are_named(tmp_path, photos):
    parts = in_parts(tmp_path / "parts", photos)
    data = (parts / "part-2.parquet").read_bytes()
    (parts / "part-2.parquet").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"part-2\.parquet: cannot be read .*; write it again"):
        table.read(parts)
    metadata = pq.ParquetFile(pa.BufferReader(data)).metadata
    at = metadata.row_group(3).column(0).data_page_offset
    (parts / "part-2.parquet").write_bytes(data[:at] + b"\xff" * 20 + data[at + 20 :])
    with pytest.raises(InputError, match=rf"part-2\.parquet: row group 4 of {metadata.num_row_groups} cannot be read"):
        table.read(parts)


def test_texts_of_over_two_gibibytes_get_64_bit_offsets_and_are_written_with_32(tmp_path, photos, monkeypatch):
    monkeypatch.setattr(table_pieces, "MOST_TEXT", 600)
    monkeypatch.setattr(table_files, "STREAM_ROWS", 9)
    rows, _ = table.read(in_parts(tmp_path / "parts", photos))
    assert rows.schema.field("photo_id").type == pa.large_string()
    written = table.write(rows.take(pa.array(range(len(rows)))), tmp_path / "again.parquet")
    assert pq.read_schema(written).field("photo_id").type == pa.string()
    monkeypatch.undo()
    assert (
        table.read(written)[0]
        .select(["photo_id", "path"])
        .equals(table_pieces.conform(rows.select(["photo_id", "path"]), ""))
    )
