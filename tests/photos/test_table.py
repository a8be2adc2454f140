import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoplanet.core.names import same
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


text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(str.strip).map(same)


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

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
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


@pytest.mark.parametrize(
    "text",
    [
        "path;lat;lon\na.jpg;-33,8568;151,2153\n",
        "path,lat,lat_ref,lon,lon_ref\na.jpg,33.8568,S,151.2153,e\n",
        "SourceFile,GPSLatitude,GPSLatitudeRef,GPSLongitude,GPSLongitudeRef\na.jpg,33.8568,South,151.2153,East\n",
        'path,latitude,longitude\na.jpg,"33° 51\' 24.48"" S","151° 12\' 55.08"" E"\n',
        "path,gps_lat,gps_lng,lat,lon\na.jpg,-33.8568,151.2153,,\n",  # one pair is empty: the other counts
        "path,gps_lat,gps_lng,lat,lon\na.jpg,-33.8568,151.2153,0,0\n",  # no fix: the other counts
        "path,lat,lon,gps_lat,gps_lng\na.jpg,-33.8568,151.2153,0,0\n",
        'path,location\na.jpg,"-33.8568, 151.2153"\nb.jpg,Sydney\n',
        "path,geom,title\na.jpg,POINT(151.2153 -33.8568),x\n",
        'path,lnglat\na.jpg,"151.2153,-33.8568"\n',
        "path,lat,lon,GPSLatitude,GPSLongitude\na.jpg,-33.8568,151.2153,-33.85675,151.21533\n",  # the same but rounded
        "path,lat,lon,pred_lat,pred_lng\na.jpg,-33.8568,151.2153,1,2\n",  # a guess is not where it was taken
    ],
)
def test_places_are_read_however_they_are_written(tmp_path, text):
    rows, _ = table.read(written(tmp_path, text))
    assert rows["path"].to_pylist() == ["a.jpg"]
    assert rows["latitude"][0].as_py() == pytest.approx(-33.8568, abs=1e-9)
    assert rows["longitude"][0].as_py() == pytest.approx(151.2153, abs=1e-9)


def test_what_a_row_states_and_nobody_can_read_is_nan_and_what_it_does_not_state_null(tmp_path):
    text = "path,lat,lon,date\na,48.85x,2,x\nb,,,\nc,48.85,,01/05/2019\nd,33.9,-18.4,2019-05-01 12:03:00\n"
    rows, dropped = table.read(written(tmp_path, text), require=("path",))
    assert [str(value) for value in rows["latitude"].to_pylist()] == ["nan", "None", "nan", "33.9"]
    assert [str(value) for value in rows["longitude"].to_pylist()] == ["nan", "None", "nan", "-18.4"]
    assert rows["taken_at"].to_pylist() == ["", None, "", "2019-05-01T12:03:00"]
    assert dropped == {
        "time left empty: day or month first?": {"count": 1, "rows": [3], "kept": True},
        "time left empty: unreadable": {"count": 1, "rows": [1], "kept": True},
    }
    assert table.left_out(dropped) == {}
    assert table.describe(dropped).startswith("time left empty: day or month first?: 1 (row 3); time left")
    _, dropped = table.read(tmp_path / "photos.csv")
    assert table.describe(dropped) == "3 rows left out: no GPS: 1 (row 2); GPS unreadable: 2 (rows 1, 3)"


def test_two_pairs_of_coordinates_that_differ_are_a_question(tmp_path):
    text = "path,lat,lon,GPSLatitude,GPSLongitude\na,1,2,1,2\nb,1,179.9999,1,-179.9999\nc,48,2,10,20\n"
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=r"lat/lon and GPSLatitude/GPSLongitude state different places \(row 3\)"):
        table.read(path)
    named = table.read(path, coordinates=("GPSLatitude", "GPSLongitude"))[0]
    assert named["latitude"].to_pylist() == [1.0, 1.0, 10.0]
    with pytest.raises(InputError, match="no column 'north'; it has path, lat"):
        table.read(path, coordinates=("north", "lon"))


def test_date_and_time_of_day_in_two_columns_are_one_time(tmp_path):
    rows, dropped = table.read(
        written(tmp_path, "path,lat,lon,Date,Time\na,1,2,2019-05-01,12:03:00\nb,1,2,2019-05-01 07:00,\n")
    )
    assert rows["taken_at"].to_pylist() == ["2019-05-01T12:03:00", "2019-05-01T07:00:00"] and not dropped


def test_one_odd_value_costs_itself_or_its_row_and_not_the_table(tmp_path):
    text = "photo_id,path,lat,lon,width,height\na,a,1,2,100,x\nb,b,1,2,99999999999,7.0\n"
    rows, dropped = table.read(written(tmp_path, text))
    assert rows["width"].to_pylist() == [100, None] and rows["height"].to_pylist() == [None, 7] and not dropped
    pq.write_table(pa.table({"path": ["a"], "lat": [1.0], "lon": [2.0], "width": [1 << 40]}), tmp_path / "p.parquet")
    assert table.read(tmp_path / "p.parquet")[0]["width"].to_pylist() == [None]


def bad_text(*values):
    """A column of text whose bytes are not checked, as other writers leave them."""
    return pa.Array.from_buffers(pa.string(), len(values), pa.array(list(values), pa.binary()).buffers())


def test_text_of_parquet_that_is_not_utf8_costs_its_row(tmp_path):
    columns = {"path": bad_text(b"a.jpg", b"\xe9.jpg", b"c.jpg"), "lat": [1.0, 2.0, 3.0], "lon": [1.0, 2.0, 3.0]}
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    rows, dropped = table.read(tmp_path / "p.parquet")
    assert rows["latitude"].to_pylist() == [1.0, 3.0] and rows["path"].to_pylist() == ["a.jpg", "c.jpg"]
    assert dropped == {"text is not UTF-8": {"count": 1, "rows": [2]}}


@pytest.mark.parametrize("kind", ["string", "large_string", "binary", "large_binary"])
def test_text_of_every_type_of_parquet(tmp_path, kind):
    values = [b"a.jpg", b"\xe9.jpg", "é.jpg".encode(), None]
    raw = pa.array(values, pa.large_binary() if kind.startswith("large") else pa.binary())
    column = pa.Array.from_buffers(getattr(pa, kind)(), 4, raw.buffers())
    pq.write_table(pa.table({"path": column, "lat": [1.0] * 4, "lon": [1.0] * 4}), tmp_path / "p.parquet")
    rows, dropped = table.read(tmp_path / "p.parquet")
    assert rows["path"].to_pylist() == ["a.jpg", "é.jpg"]
    assert {why: entry["rows"] for why, entry in dropped.items()} == {"text is not UTF-8": [2], "no photo_id": [4]}


def test_a_column_that_is_there_twice_is_named(tmp_path):
    twice = pa.table(
        [pa.array(["a"]), pa.array(["b"]), pa.array([1.0]), pa.array([2.0])], ["path", "path", "lat", "lon"]
    )
    pq.write_table(twice, tmp_path / "p.parquet")
    for path in (tmp_path / "p.parquet", written(tmp_path, "path,lat,lat,lon\na,1,2,3\n")):
        with pytest.raises(InputError, match=r"column '(path|lat)' is there twice; remove or rename one"):
            table.read(path)
    assert len(table.read(written(tmp_path, "path,x,x,lat,lon\na,1,2,3,4\n"))[0]) == 1, "nobody asked for x"


def test_names_in_another_unicode_form_are_the_same_names(tmp_path):
    composed, apart = "café", "cafe\u0301"
    (tmp_path / apart).mkdir()
    (tmp_path / apart / f"{apart}.jpg").touch()
    text = f"id,path,lat,lon,user\n{composed},{composed}/{composed}.jpg,1,2,{apart}\n{apart},b.jpg,1,2,\n"
    rows, dropped = table.read(written(tmp_path, text))
    assert rows["photographer"].to_pylist() == [composed], "one person, whom no split takes for two"
    assert dropped == {"photo_id seen before": {"count": 1, "rows": [2]}}
    assert table.paths(rows, tmp_path) == [str(tmp_path / apart / f"{apart}.jpg")]


def test_unreadable_coordinates_are_written_as_empty(tmp_path):
    rows, _ = table.read(written(tmp_path, "path,lat,lon\na,48.85x,2\n"), require=("path",))
    for name in ("t.csv", "t.parquet"):
        again, dropped = table.read(table.write(rows, tmp_path / name))
        assert len(again) == 0 and list(dropped) == ["no GPS"]


@pytest.mark.parametrize(
    "ids", [pa.array([1 << 62], pa.timestamp("ns")), pa.array([["a.jpg"]]), pa.array([7]), pa.array([{"a": "a.jpg"}])]
)
def test_ids_that_are_no_text_are_not_taken_for_paths(tmp_path, ids):
    pq.write_table(pa.table({"photo_id": ids, "latitude": [1.0], "longitude": [2.0]}), tmp_path / "photos.parquet")
    with pytest.raises(InputError, match="no column path"):
        table.read(tmp_path / "photos.parquet")


@pytest.mark.parametrize("column", ["path", "latitude", "longitude", "taken_at", "album"])
def test_a_dictionary_of_texts_that_are_not_utf_8_costs_its_row(column, tmp_path):
    whole = {"path": ["a.jpg", "b.jpg"], "latitude": ["1", "1"], "longitude": ["2", "2"], "album": ["x", "x"],
             "taken_at": ["2024-01-01T00:00:00Z"] * 2}  # fmt: skip
    whole[column] = pa.array([b"\xe9", whole[column][1].encode()]).dictionary_encode()
    pq.write_table(pa.table(whole), tmp_path / "p.parquet")
    found, dropped = table.read(tmp_path / "p.parquet")
    assert found["path"].to_pylist() == ["b.jpg"]
    assert dropped == {"text is not UTF-8": {"count": 1, "rows": [1]}}


@pytest.mark.parametrize("kind", [pa.timestamp("ns"), pa.time64("ns"), pa.duration("ns"), pa.list_(pa.float64())])
def test_a_column_for_both_coordinates_of_a_type_that_holds_none_is_passed_over(kind, tmp_path):
    value = [[1.5]] if pa.types.is_list(kind) else [1]
    rows = {"path": ["a.jpg"], "coordinates": pa.array(value, kind), "lat": [1.0], "lon": [2.0]}
    pq.write_table(pa.table(rows), tmp_path / "p.parquet")
    found, _ = table.read(tmp_path / "p.parquet")
    assert found["latitude"].to_pylist() == [1.0]
