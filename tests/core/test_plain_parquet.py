"""Plain Parquet files are read as Arrow reads them, and anything else is left to it."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from photoplanet.core import plain_parquet

KINDS = {"a": pa.uint64(), "b": pa.int64(), "c": pa.float64(), "d": pa.float32(), "e": pa.int32()}


def table(rows, kinds=KINDS, nullable=False):
    draw = np.random.default_rng(rows)
    columns = [draw.integers(0, 1 << 31, rows).astype(kind.to_pandas_dtype()) for kind in kinds.values()]
    schema = pa.schema([pa.field(name, kind, nullable=nullable) for name, kind in kinds.items()])
    return pa.table(columns, schema=schema.with_metadata({b"made": b"by hand"}))


@pytest.mark.parametrize("rows", [0, 1, 7, 20_000])
@pytest.mark.parametrize("how", [{}, {"row_group_size": 999, "data_page_size": 2000}, {"write_statistics": False}])
def test_plain_files_are_read_as_arrow_reads_them(tmp_path, rows, how):
    wanted = table(rows)
    pq.write_table(wanted, tmp_path / "a.parquet", **plain_parquet.WRITE, **how)
    found = plain_parquet.read(tmp_path / "a.parquet")
    assert found.metadata[b"made"] == b"by hand"
    assert list(found.columns) == wanted.column_names
    for name, column in found.columns.items():
        expected = wanted.column(name).to_numpy()
        assert column.dtype == expected.dtype
        assert np.array_equal(column, expected)


@pytest.mark.parametrize(
    "how",
    [
        {"compression": "zstd"}, {"compression": "snappy"}, {"use_dictionary": True}, {"data_page_version": "2.0"},
        {"use_byte_stream_split": True},
    ],
)  # fmt: skip
def test_other_forms_are_left_to_arrow(tmp_path, how):
    pq.write_table(table(2000), tmp_path / "a.parquet", **{**plain_parquet.WRITE, **how})
    assert plain_parquet.read(tmp_path / "a.parquet") is None


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.uint32(), pa.uint8(), pa.time64("us"), pa.bool_()])
def test_other_kinds_of_columns_are_left_to_arrow(tmp_path, kind):
    values = pa.array([0, 1], pa.int64() if kind.bit_width == 64 else pa.uint8()).cast(kind)
    schema = pa.schema([pa.field("a", kind, nullable=False)])
    pq.write_table(pa.table([values], schema=schema), tmp_path / "a.parquet", **plain_parquet.WRITE)
    assert plain_parquet.read(tmp_path / "a.parquet") is None


def test_columns_with_missing_values_and_texts_are_left_to_arrow(tmp_path):
    pq.write_table(table(5, nullable=True), tmp_path / "a.parquet", **plain_parquet.WRITE)
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / "b.parquet", **plain_parquet.WRITE)
    assert plain_parquet.read(tmp_path / "a.parquet") is plain_parquet.read(tmp_path / "b.parquet") is None


def test_damage_never_does_more_than_change_values(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(table(40), path, **plain_parquet.WRITE, row_group_size=25)
    whole = path.read_bytes()
    draw = np.random.default_rng(0)
    outcomes = set()
    for _ in range(600):
        data = bytearray(whole)
        for at in draw.integers(0, len(data), draw.integers(1, 4)):
            data[at] = draw.integers(0, 256)
        path.write_bytes(data[: draw.integers(0, len(data))] if draw.random() < 0.1 else data)
        found = plain_parquet.read(path)
        outcomes.add(found is None)
        assert found is None or {len(column) for column in found.columns.values()} <= {40}
    assert outcomes == {True, False}
