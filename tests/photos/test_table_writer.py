import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from photoplanet.errors import InputError
from photoplanet.photos import table, table_writer
from photoplanet.photos.table_writer import TableWriter


def some(count, start=0):
    return table.from_rows([{"photo_id": f"{at}", "path": f"{at}.jpg", "latitude": 48.5, "longitude": 2.5}
                            for at in range(start, start + count)])  # fmt: skip


@pytest.mark.parametrize("name", ["photos.parquet", "photos.csv"])
def test_rows_that_come_piece_by_piece_make_the_same_bytes(tmp_path, name, monkeypatch):
    """Also of a row group and a bit."""
    monkeypatch.setattr(table_writer, "ROW_GROUP", 8)
    with TableWriter(tmp_path / f"pieces-{name}") as written:
        for start in range(0, 20, 5):
            written.add(some(5, start))
    table.write(pa.concat_tables([some(5, start) for start in range(0, 20, 5)]), tmp_path / name)
    assert (tmp_path / f"pieces-{name}").read_bytes() == (tmp_path / name).read_bytes()
    if name.endswith("parquet"):
        found = pq.ParquetFile(tmp_path / name).metadata
        assert [found.row_group(at).num_rows for at in range(found.num_row_groups)] == [8, 8, 4]


def test_a_name_without_ending_is_a_folder_of_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(table_writer, "ROW_GROUP", 4)
    monkeypatch.setattr(table_writer, "PART", 8)
    table.write(some(3), tmp_path / "photos")
    table.write(some(19), tmp_path / "photos")  # in the place of the one that was there
    assert [pq.read_metadata(part).num_rows for part in sorted((tmp_path / "photos").iterdir())] == [8, 8, 3]
    assert table.read(tmp_path / "photos")[0]["photo_id"].to_pylist() == [f"{at}" for at in range(19)]


def test_what_goes_wrong_and_what_is_empty_leaves_what_was_there(tmp_path):
    for name in ("photos.parquet", "photos"):
        table.write(some(2), tmp_path / name)
        with pytest.raises(ZeroDivisionError), TableWriter(tmp_path / name) as written:
            written.add(some(3))
            _ = 1 / 0
        with TableWriter(tmp_path / name):
            pass
        assert len(table.read(tmp_path / name)[0]) == 2
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["photos", "photos.parquet"]


def test_a_folder_of_other_things_is_not_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.doc").touch()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="other things than the parts of a table"):
        table.write(some(1), tmp_path / "mine")
    with pytest.raises(InputError, match=r"ends in \.parquet or \.csv"):
        table.write(some(1), tmp_path / "file")
