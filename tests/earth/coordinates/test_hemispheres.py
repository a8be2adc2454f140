"""Hemispheres in columns whose names do not say whose they are: a place half the globe away is never written."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from photoplanet.core import table_files
from photoplanet.earth.coordinates import tables
from photoplanet.errors import InputError


def places(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    layout = table_files.layout(path)
    chosen = tables.columns_of(layout)
    raw, _ = table_files.read(layout, [name for columns in chosen for name in columns.names], ("",))
    lat, lng, _ = tables.degrees(raw, chosen, path)
    return np.column_stack([lat, lng]).tolist()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("lat,hemisphere,lon\n33.9,S,151.2\n", [[-33.9, 151.2]]),
        ("lat,lon,hemisphere\n33.9,70.6,W\n", [[33.9, -70.6]]),
        ("lat,h1,lon,h2\n33.9,S,151.2,E\n48.8,N,2.3,W\n", [[-33.9, 151.2], [48.8, -2.3]]),
        ("lat,h1,lon,h2\n-33.9,S,151.2,E\n", [[-33.9, 151.2]]),
        ("lat,h1,lon,h2\n33.9,Southern,151.2,Eastern\n", [[-33.9, 151.2]]),
        ("lat,lon,direction\n33.9,151.2,S\n", [[33.9, 151.2]]),  # where the camera looked
        ("lat,lon,size\n33.9,151.2,S\n", [[33.9, 151.2]]),
        ("lat,lon,a,b\n33.9,151.2,N,W\n33.9,151.2,yes,E\n", [[33.9, 151.2]] * 2),
    ],
)
def test_hemispheres_are_known_by_what_stands_in_their_columns(tmp_path, text, wanted):
    assert places(tmp_path, text) == wanted


def test_two_columns_of_one_name_are_refused(tmp_path):
    with pytest.raises(InputError, match="column 'ref' is there twice"):
        places(tmp_path, "lat,ref,lon,ref\n33.9,S,151.2,E\n")


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ({"lat": [33.9], "hemisphere": ["S"], "lon": [151.2]}, [[-33.9, 151.2]]),
        ({"lat": [33.9], "a": pa.array(["S"]).dictionary_encode(), "lon": [151.2], "b": ["E"]}, [[-33.9, 151.2]]),
        ({"location": [{"lat": -33.9, "lon": 151.2}]}, [[-33.9, 151.2]]),
        ({"coordinates": [[-33.9, 151.2]]}, [[-33.9, 151.2]]),
    ],
)
def test_columns_of_parquet(tmp_path, columns, wanted):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"image": [b"\xff\xd8\xff"], **columns}), path)
    layout = table_files.layout(path)
    chosen = tables.columns_of(layout)
    raw, _ = table_files.read(layout, [name for each in chosen for name in each.names], ("",))
    lat, lng, _ = tables.degrees(raw, chosen, path)
    assert np.column_stack([lat, lng]).tolist() == wanted


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"lat": 33.9, "hemisphere": "S", "lon": 151.2}, (-33.9, 151.2)),
        ({"lat": 33.9, "h1": "S", "lon": 151.2, "h2": "E", "tags": ["N"], "ok": True}, (-33.9, 151.2)),
        ({"lat": 33.9, "lon": 151.2, "grade": "S"}, (33.9, 151.2)),
        ({"lat": 33.9, "lon": 151.2, "latitude": 33.9001, "longitude": 151.2}, (33.9001, 151.2)),
        ({"lat": 33.9, "lon": 151.2, "latitude": 0, "longitude": 0}, (33.9, 151.2)),
    ],
)
def test_metadata_of_one_photo_as_a_table(values, wanted):
    assert tables.place_of(values) == wanted


def test_two_places_of_one_photo_are_none():
    assert np.isnan(tables.place_of({"lat": 33.9, "lon": 151.2, "latitude": 50, "longitude": 4})).all()


@pytest.mark.parametrize(
    "head", ["latitudeE7,longitudeE7", "lat_rad,lon_rad", "lat_deg,lat_min,lon_deg,lon_min", "lat_e6,lon_e6"]
)
def test_places_in_other_units_are_refused(tmp_path, head):
    with pytest.raises(InputError, match="read in degrees"):
        places(tmp_path, f"{head}\n{','.join('1' * (head.count(',') + 1))}\n")
