"""`photoplanet partition` as a user types it."""

import json

import numpy as np
import pytest

from photoplanet.earth.partition.partition import Partition


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{k},{lat:.5f},{lng:.5f}" for k, (lat, lng) in enumerate(rng.normal((45, 7), 2, (500, 2)))]
    path = tmp_path / "photos.csv"
    path.write_text("\n".join(["IMG_ID,LAT,LON", *rows, "x,,", "y,0,0"]) + "\n")
    return path


def test_a_table_becomes_cells_and_a_summary(run, table, tmp_path):
    cells, geojson = tmp_path / "cells.parquet", tmp_path / "cells.geojson"
    sizes = ("--max-photos", 50, "--min-photos", 5)
    status, out, _ = run("partition", table, "-o", cells, *sizes, "--geojson", geojson)
    part = Partition.load(cells)
    assert status == 0 and part.photo_counts.max() <= 50
    assert f"{len(part):,}" in out and "of 500" in out and "rows left out            2" in out
    assert len(json.loads((tmp_path / "cells.geojson").read_text())["features"]) == len(part)


def test_uniform_cells_and_json(run, table, tmp_path):
    options = ("-o", tmp_path / "cells.parquet", "--uniform", 4, "--min-photos", 1, "--json")
    facts = json.loads(run("partition", table, *options)[1])
    assert list(facts["levels"]) == ["4"] and facts["photos"] == 500 and facts["made"]["left_out"] == 2


def test_tables_may_call_their_columns_differently_and_write_degrees_differently(run, table, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("y;x;lat\n" + "45,5;7,5;1\n" * 9 + "broken\n")
    comma = tmp_path / "comma.csv"
    comma.write_text("path;GPSLatitude;GPSLatitudeRef;GPSLongitude\n" + "a;33,9;S;18,4\n" * 9)
    options = ("-o", tmp_path / "cells.parquet", "--uniform", 4, "--min-photos", 1, "--json")
    facts = json.loads(run("partition", table, comma, *options)[1])
    assert facts["photos"] == 509 and Partition.load(tmp_path / "cells.parquet").means[:, 0].min() == pytest.approx(
        -33.9
    )
    named = ("--latitude-column", "y", "--longitude-column", "x")
    facts = json.loads(run("partition", other, *options, *named)[1])
    assert facts["photos"] == 9 and facts["made"]["left_out"] == 1


def test_what_cannot_work_is_refused_before_counting(run, table, tmp_path):
    unnamed = tmp_path / "unnamed.csv"
    unnamed.write_text("a,b\n1,2\n")
    for arguments, words in (
        ((table, "-o", tmp_path / "nowhere" / "cells.parquet"), "no such folder"),
        ((table, "-o", tmp_path / "cells.parquet", "--latitude-column", "LAT"), "give both --latitude-column and"),
        ((unnamed, "-o", tmp_path / "cells.parquet"), "no columns latitude and longitude"),
    ):
        status, out, err = run("partition", *arguments)
        assert status == 2 and out == "" and words in err
    assert not (tmp_path / "cells.parquet").exists()
