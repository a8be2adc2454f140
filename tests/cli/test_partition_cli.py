"""`photoplanet partition` as a user types it."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from photoplanet.cli.partition import command
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{k},{lat:.5f},{lng:.5f}" for k, (lat, lng) in enumerate(rng.normal((45, 7), 2, (500, 2)))]
    path = tmp_path / "photos.csv"
    path.write_text("\n".join(["IMG_ID,LAT,LON", *rows, "x,,", "y,0,0"]) + "\n")
    return path


def run(*arguments):
    return CliRunner().invoke(command, list(map(str, arguments)), catch_exceptions=False)


def test_a_table_becomes_cells_and_a_summary(table, tmp_path):
    out = tmp_path / "cells.parquet"
    result = run(table, "-o", out, "--max-photos", 50, "--min-photos", 5, "--geojson", tmp_path / "cells.geojson")
    part = Partition.load(out)
    assert result.exit_code == 0 and part.photo_counts.max() <= 50
    assert (
        f"{len(part):,}" in result.output
        and "of 500" in result.output
        and "rows left out            2" in result.output
    )
    assert len(json.loads((tmp_path / "cells.geojson").read_text())["features"]) == len(part)


def test_uniform_cells_and_json(table, tmp_path):
    result = run(table, "-o", tmp_path / "cells.parquet", "--uniform", 4, "--min-photos", 1, "--json")
    facts = json.loads(result.stdout)
    assert list(facts["levels"]) == ["4"] and facts["photos"] == 500 and facts["made"]["left_out"] == 2


def test_what_cannot_work_is_refused_before_counting(table, tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        run(table, "-o", tmp_path / "nowhere" / "cells.parquet")
    other = tmp_path / "other.csv"
    other.write_text("lat,lng\n1,2\n")
    with pytest.raises(InputError, match="rename one"):
        run(table, other, "-o", tmp_path / "cells.parquet")
    other.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no columns latitude and longitude"):
        run(other, "-o", tmp_path / "cells.parquet")
    assert not (tmp_path / "cells.parquet").exists()


def test_help_has_an_example():
    assert "photoplanet partition photos.parquet -o cells.parquet" in run("--help").output
