import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.photos import table

HEADER = "photo_id,path,latitude,longitude\n"


def written(tmp_path, text, name="photos.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "IMG_ID,LAT,LON,AUTHOR\na.jpg,1.5,-2,Ann\n",  # MP-16, IM2GPS
        "id;file;lat;lng;user\na.jpg;a.jpg;1.5;-2;Ann\n",
        "Image_ID\tFilename\tLatitude\tLong\tphotographer\na.jpg\ta.jpg\t1.5\t-2\tAnn\n",
        '\ufefffile,lat,lon,owner,caption\r\na.jpg, 1.5 ,-2.0,Ann,"a, b\nc"\r\n',
    ],
)
def test_other_projects_names_are_understood(tmp_path, text):
    rows, dropped = table.read(written(tmp_path, text))
    assert dropped == {}
    assert rows.to_pylist() == [
        {"photo_id": "a.jpg", "path": "a.jpg", "latitude": 1.5, "longitude": -2.0, "photographer": "Ann"}
    ]


def test_rows_that_cannot_be_used_are_counted_with_their_numbers(tmp_path):
    text = (
        HEADER + "1,a,1,1\n2,b,x,1\n3,c,0,0\n4,d,91,0\n5,,1,1\nbroken\n6,f,1,181\n1,g,2,2\n7,h,,\n8,i,0,1\n9,j,nan,1\n"
    )
    rows, dropped = table.read(written(tmp_path, text))
    assert rows["photo_id"].to_pylist() == ["1", "8"]
    assert dropped == {
        "no path": {"count": 1, "rows": [5]},
        "no GPS": {"count": 1, "rows": [9]},
        "GPS unreadable": {"count": 2, "rows": [2, 11]},
        "GPS out of range": {"count": 2, "rows": [4, 7]},
        "exactly 0, 0": {"count": 1, "rows": [3]},
        "photo_id seen before": {"count": 1, "rows": [8]},
        "wrong number of fields": {"count": 1, "rows": [6]},
    }
    line = table.describe(dropped)
    assert (
        line.startswith("9 rows left out: no path: 1 (row 5); no GPS: 1 (row 9); GPS unreadable: 2 (rows 2, 11)")
        and table.describe({}) == ""
    )


def test_missing_columns_are_named_with_what_is_there(tmp_path):
    with pytest.raises(InputError, match=r"photos.csv: no column latitude .*lat.*it has name, path, longitude"):
        table.read(written(tmp_path, "name,path,longitude\na,b,1\n"))


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", b"\xff\xfe\0\0", b"a\n", b"\n\n\n", bytes(1000)])
def test_what_is_no_table_is_refused_by_name(tmp_path, content):
    with pytest.raises(InputError, match=r"photos.csv"):
        table.read(written(tmp_path, content))


def test_missing_files_folders_and_unknown_columns_are_refused(tmp_path):
    for bad in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(InputError, match="photo table"):
            table.read(bad)
    with pytest.raises(InputError, match="altitude"):
        table.read(written(tmp_path, HEADER), columns=["altitude"])


def test_only_the_columns_asked_for_are_read(tmp_path):
    path = written(tmp_path, HEADER + "1,a,1,2\n")
    rows, _ = table.read(path, require=("latitude", "longitude"), columns=("album",))
    assert rows.to_pydict() == {"latitude": [1.0], "longitude": [2.0]}


def test_photos_without_coordinates_are_kept_when_none_are_required(tmp_path):
    rows, dropped = table.read(written(tmp_path, "path\na.jpg\nb.jpg\n"), require=("photo_id", "path"))
    assert rows["photo_id"].to_pylist() == ["a.jpg", "b.jpg"] and dropped == {}


def test_parquet_types_of_others_become_ours(tmp_path):
    import datetime

    foreign = pa.table(
        {
            "id": pa.array([7, 8], pa.int64()),
            "image_path": pa.array(["a", "b"], pa.large_string()),
            "lat": pa.array([1.5, None], pa.float32()),
            "lon": pa.array(["2", "3"]),
            "captured_at": pa.array([datetime.datetime(2020, 1, 2, 3, 4, 5)] * 2, pa.timestamp("s")),
            "sequence": pa.array(["x", "x"]).dictionary_encode(),
        }
    )
    pq.write_table(foreign, tmp_path / "p.parquet")
    rows, dropped = table.read(tmp_path / "p.parquet")
    assert rows.to_pylist() == [
        {
            "photo_id": "7",
            "path": "a",
            "latitude": 1.5,
            "longitude": 2.0,
            "taken_at": "2020-01-02T03:04:05",
            "album": "x",
        }
    ]
    assert dropped == {"GPS unreadable": {"count": 1, "rows": [2]}}, "half a place"


text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(str.strip)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"photo_id": text, "path": text, "latitude": st.floats(-90, 90), "longitude": st.floats(0.001, 180)},
            optional={"album": text, "width": st.integers(1, 10**6)},
        ),
        max_size=6,
        unique_by=lambda row: row["photo_id"],
    )
)
@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.tsv"])
def test_what_is_written_is_read_back(tmp_path, name, rows):
    original = table.from_rows(rows)
    found, dropped = table.read(table.write(original, tmp_path / name))
    assert dropped == {} and found.equals(original)


def test_a_failed_write_leaves_the_old_table_and_no_rubbish(tmp_path, monkeypatch):
    path = table.write(table.from_rows([{"photo_id": "old", "path": "p"}]), tmp_path / "t.parquet")
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match="No space"):
        table.write(table.from_rows([]), path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    for bad in (tmp_path / "t.xlsx", tmp_path / "none" / "t.csv"):
        with pytest.raises(InputError):
            table.write(table.from_rows([]), bad)


def test_relative_paths_belong_to_the_tables_folder():
    rows = table.from_rows([{"path": path} for path in ("a/b.jpg", "/c.jpg", "s.tar#m.jpg")])
    assert table.paths(rows, "/data") == ["/data/a/b.jpg", "/c.jpg", "/data/s.tar#m.jpg"]


def test_many_rows_with_repeats_keep_the_first_of_each(tmp_path):
    n = 50_000
    ids = np.random.default_rng(0).integers(0, n // 2, n)
    raw = pa.table({"photo_id": ids.astype(str), "path": ids.astype(str), "lat": np.arange(n) / n, "lon": np.ones(n)})
    pq.write_table(raw, tmp_path / "p.parquet", row_group_size=7000)
    rows, dropped = table.read(tmp_path / "p.parquet")
    first = np.sort(np.unique(ids, return_index=True)[1])
    assert rows["latitude"].to_numpy().tolist() == (first / n).tolist()
    assert dropped["photo_id seen before"]["count"] == n - len(first)


@pytest.mark.parametrize("latitude, longitude", [(90, 180), (-90, -180), (0, 1), (1, 0), (-0.5, 180)])
def test_the_poles_the_date_line_and_the_equator_are_places(tmp_path, latitude, longitude):
    assert table.coordinate_fault(latitude, longitude) is None
    rows, dropped = table.read(written(tmp_path, HEADER + f"1,a,{latitude},{longitude}\n"))
    assert len(rows) == 1 and dropped == {}


@pytest.mark.parametrize(
    "latitude, longitude, fault",
    [(90.001, 0, "GPS out of range"), (-90.001, 0, "GPS out of range"), (0, 180.001, "GPS out of range"),
     (0, -180.001, "GPS out of range"), (0, 0, "exactly 0, 0"), (None, None, "no GPS"),
     (None, 1, "GPS unreadable"), (1, float("nan"), "GPS unreadable")],
)  # fmt: skip
def test_what_is_not_a_place_is_said_in_the_words_of_reports(tmp_path, latitude, longitude, fault):
    assert table.coordinate_fault(latitude, longitude) == fault
    text = ",".join("" if value is None else str(value) for value in (latitude, longitude))
    assert list(table.read(written(tmp_path, HEADER + f"1,a,{text}\n"))[1]) == [fault]


def test_ids_that_are_file_names_serve_as_paths_and_others_do_not(tmp_path):
    rows, _ = table.read(written(tmp_path, "id,lat,lon\na.jpg,1,2\nb.HEIC,1,2\n"))
    assert rows["path"].to_pylist() == ["a.jpg", "b.HEIC"]
    with pytest.raises(InputError, match="no column path"):
        table.read(written(tmp_path, "id,lat,lon\na.jpg,1,2\n17,1,2\n"))


def test_a_table_is_written_into_the_file_that_a_link_leads_to(tmp_path):
    real = table.write(table.from_rows([{"photo_id": "old", "path": "p"}]), tmp_path / "real.csv")
    (tmp_path / "link.csv").symlink_to(real)
    table.write(table.from_rows([{"photo_id": "new", "path": "p"}]), tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink() and b"new" in real.read_bytes()
