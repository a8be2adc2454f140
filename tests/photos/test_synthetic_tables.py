"""benchmarks/synthetic_tables.py, in its small mode: tables and shards that the commands read, all ids different."""

import subprocess
import sys
from pathlib import Path

from photoplanet.evaluation.score import score
from photoplanet.index import build
from photoplanet.photos import table

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "synthetic_tables.py"


def make(folder):
    words = [folder, "--photos", "2000", "--predictions", "500", "--shards", "30"]
    subprocess.run([sys.executable, SCRIPT, *map(str, words)], check=True, capture_output=True)


def test_what_is_made_is_read_and_made_again(tmp_path):
    make(tmp_path / "one")
    rows, dropped = table.read(tmp_path / "one" / "photos")
    assert (len(rows), dropped) == (2000, {}) and len(rows["photo_id"][7].as_py()) == 20
    found = score(tmp_path / "one" / "predictions.parquet", tmp_path / "one" / "photos")
    assert found["report"]["missing"]["count"] == 1500 and 0.15 < found["accuracy"]["country"] <= 0.25
    indexed, left = build.index([tmp_path / "one" / "shards" / "photos.parquet"])
    assert (len(indexed), left) == (30, [])
    make(tmp_path / "two")
    assert table.read(tmp_path / "two" / "photos")[0].equals(rows)
