"""What counts as a table: files, folders of parts, several of them."""

import pytest

from photoplanet.core import table_sets
from photoplanet.core.table_sets import TableSet
from photoplanet.errors import InputError


def test_parts_come_in_natural_order_without_what_other_tools_leave(tmp_path):
    for name in ("part-10.parquet", "part-9.parquet", "_SUCCESS", "_metadata", ".part-9.parquet.crc", ".hidden.csv"):
        (tmp_path / name).touch()
    assert [part.name for part in table_sets.files(tmp_path)] == ["part-9.parquet", "part-10.parquet"]
    assert table_sets.is_folder_of_tables(tmp_path)


@pytest.mark.parametrize(
    "more, what",
    [
        ("readme.md", r"readme\.md: is not a table .* move it elsewhere"),
        ("deeper/", "deeper: is a folder among the parts"),
        ("year=2016/", r"sorted into folders by a column \(year=2016\), which is not read; name these folders"),
    ],
)
def test_what_is_not_a_part_is_refused_and_not_missed(tmp_path, more, what):
    (tmp_path / "a.parquet").touch()
    (tmp_path / more).mkdir() if more.endswith("/") else (tmp_path / more).touch()
    with pytest.raises(InputError, match=what):
        table_sets.files(tmp_path)
    assert not table_sets.is_folder_of_tables(tmp_path)


def test_a_folder_of_partitions_alone_is_refused_by_name(tmp_path):
    (tmp_path / "year=2016").mkdir()
    (tmp_path / "year=2016" / "a.parquet").touch()
    with pytest.raises(InputError, match=r"name these folders themselves: .*/\*/"):
        table_sets.files(tmp_path)


def test_a_table_is_named_once_under_whatever_name(tmp_path):
    (tmp_path / "a.csv").touch()
    (tmp_path / "b.csv").symlink_to(tmp_path / "a.csv")
    with pytest.raises(InputError, match="named twice"):
        TableSet.of([tmp_path / "a.csv", tmp_path / "b.csv"])
    with pytest.raises(InputError, match="no table is named"):
        TableSet.of([])


def test_paths_start_where_the_file_lies_also_of_a_folder_of_parts(tmp_path):
    (tmp_path / "parts").mkdir()
    assert TableSet.of(tmp_path / "parts").folder == str(tmp_path / "parts")
    assert TableSet.of(tmp_path / "photos.csv").folder == str(tmp_path)
    assert TableSet.of(["s3://bucket/a/photos"]).folder == "s3://bucket/a/photos"
