"""One reader of others' tables: what they call our columns, and whose row is whose."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from photoplanet.core import table_files
from photoplanet.errors import InputError
from photoplanet.photos import foreign_tables, table


def written(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def test_every_column_of_the_photo_table_has_its_own_name_first():
    assert list(foreign_tables.PHOTO_COLUMNS) == table.SCHEMA.names
    for ours, names in foreign_tables.PHOTO_COLUMNS.items():
        assert names[0] == ours
    aliases = [name for names in foreign_tables.PHOTO_COLUMNS.values() for name in names]
    assert len(set(aliases)) == len(aliases), "a name that means two columns"


@pytest.mark.parametrize(
    ("head", "latitude"),
    [
        ("LAT,lon", "LAT"),  # MP-16
        ("gps_lat,lat,long", "lat"),  # the likeliest of several
        ("lat,latitude,lng", "latitude"),  # our own name wins
        (" Latitude ,Longitude", " Latitude "),
        ("GPSLatitude,GPSLongitude", "GPSLatitude"),  # exiftool
    ],
)
def test_others_names_are_known_in_any_case(head, latitude):
    assert foreign_tables.matched(head.split(","))["latitude"] == latitude


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_separator_is_the_commonest_of_the_first_line(tmp_path, delimiter):
    path = written(tmp_path, delimiter.join(("id", "lat", "lon")) + "\n" + delimiter.join(("a", "1", "2")) + "\n")
    assert table_files.layout(path).delimiter == delimiter
    found = foreign_tables.read(table_files.layout(path), foreign_tables.PHOTO_COLUMNS)
    assert found.columns.to_pylist() == [{"photo_id": "a", "latitude": "1", "longitude": "2"}]


def test_rows_keep_the_numbers_that_they_have_in_the_file(tmp_path):
    path = written(tmp_path, "id,lat\na,1\nbroken\nc,3\nd,4,5\ne,x\n")
    found = foreign_tables.read(table_files.layout(path), foreign_tables.PHOTO_COLUMNS)
    assert found.columns["photo_id"].to_pylist() == ["a", "c", "e"]
    assert found.gone == {"wrong number of fields": [2, 4]}
    assert foreign_tables.row_numbers([0, 1, 2], found.gone) == [1, 3, 5]
    assert foreign_tables.row_numbers(range(100)) == [1, 2, 3, 4, 5], "a report names five rows"


def test_a_lacking_column_is_named_with_what_it_may_be_called(tmp_path):
    with pytest.raises(InputError, match=r"t\.csv: no column latitude \(or lat, .*; it has id, north"):
        table.read(written(tmp_path, "id,north\n"), require=["photo_id", "latitude"])


def test_a_table_of_more_columns_than_anybody_looks_through_is_refused_in_a_short_line(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(",".join(f"c{at}" for at in range(20_000)) + "\n")
    with pytest.raises(InputError, match=r"t\.csv: 20,000 columns, the limit is 10,000; keep those needed$"):
        table_files.layout(path)


def test_a_table_that_claims_more_rows_than_any_memory_holds_is_refused(tmp_path, monkeypatch):
    assert table_files.MAX_ROWS == 500_000_000
    pq.write_table(pa.table({"id": ["a", "b", "c"]}), tmp_path / "t.parquet")
    monkeypatch.setattr(table_files, "MAX_ROWS", 3)
    assert table_files.layout(tmp_path / "t.parquet").names == ("id",)
    monkeypatch.setattr(table_files, "MAX_ROWS", 2)
    with pytest.raises(InputError, match=r"t\.parquet: claims 3 rows, the limit is 2"):
        table_files.layout(tmp_path / "t.parquet")


def test_what_is_missing_or_not_a_table_is_said_with_what_to_give(tmp_path):
    with pytest.raises(InputError, match="is a folder without tables; give a list"):
        table_files.layout(tmp_path, "a list")
    with pytest.raises(InputError, match="no such file; give a list"):
        table_files.layout(tmp_path / "none", "a list")
    for data, why in (
        (b"PAR1 cut", "cannot be read as a Parquet or CSV table"),
        ("東京タワー,1".encode("shift_jis"), "neither UTF-8 nor Western European text; save it as UTF-8"),
    ):
        (tmp_path / "t.csv").write_bytes(data)
        with pytest.raises(InputError, match=rf"t\.csv: {why}"):
            table_files.layout(tmp_path / "t.csv")


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_large_tables_come_in_pieces(tmp_path, monkeypatch, name):
    rows = table.from_rows([{"photo_id": str(i), "latitude": i / 100, "longitude": 1.0} for i in range(5000)])
    path = table.write(rows, tmp_path / name)
    monkeypatch.setattr(table_files, "STREAM_BYTES", 20_000)
    monkeypatch.setattr(table_files, "STREAM_ROWS", 1000)
    pieces = [batch.column(0).to_pylist() for batch in table_files.stream(table_files.layout(path), ["latitude"])]
    assert len(pieces) > 3 and [value for piece in pieces for value in piece] == [
        value if name.endswith("parquet") else f"{value:g}" for value in rows["latitude"].to_pylist()
    ]


def test_two_columns_that_could_both_be_the_path_are_a_question(tmp_path):
    path = written(tmp_path, "File Name,file_name,lat,lon\na,b,1,2\n")
    with pytest.raises(InputError, match="columns File Name, file_name could all be p"):
        table.read(path)
    assert foreign_tables.matched(["Path", "path"]) == {"path": "path"}, "our own name wins"
