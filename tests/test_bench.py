"""`make bench`: its rows, when a ratio has fallen, and that the page shows what is committed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import bench
    import figures

    return bench, figures


def test_a_row_has_the_median_and_the_middle_half_of_ratios_side_by_side(scripts):
    _, figures = scripts
    row = figures.row("a", [1.0, 2.0, 4.0, 1.0, 1.0], [2.0, 2.0, 2.0, 3.0, 4.0], "5 photos/s")
    assert (row["ratio"], row["low"], row["high"], row["better"]) == (2.0, 0.75, 3.5, "more")
    slower = figures.row("a", [3.0], [2.0], "3 s", rate=False)
    assert (slower["ratio"], slower["low"], slower["high"], slower["better"]) == (1.5, 1.5, 1.5, "less")


@pytest.mark.parametrize(
    ("better", "new", "old", "has"),
    [
        ("more", (0.85, 0.8, 0.88), (1.0, 0.9, 1.1), True),
        ("more", (0.85, 0.8, 0.9), (1.0, 0.9, 1.1), False),  # the middle halves meet
        ("more", (0.91, 0.905, 0.915), (1.0, 0.99, 1.01), False),  # less than a tenth
        ("more", (0.89, 0.885, 0.895), (1.0, 0.99, 1.01), True),
        ("more", (1.5, 1.4, 1.6), (1.0, 0.9, 1.1), False),
        ("less", (1.5, 1.4, 1.6), (1.0, 0.9, 1.1), True),
        ("less", (0.5, 0.4, 0.6), (1.0, 0.9, 1.1), False),
    ],
)
def test_a_ratio_has_fallen_beyond_the_noise_and_a_tenth(scripts, better, new, old, has):
    def row(values):
        return dict(zip(("ratio", "low", "high"), values, strict=True), better=better)

    assert scripts[0].fell(row(new), row(old)) is has


def test_the_page_shows_the_committed_rows(scripts):
    bench, _ = scripts
    kept = json.loads(bench.COMMITTED.read_text("utf-8"))
    rows = bench.stated(kept)
    assert {bench.script(row) for row in rows} == set(bench.RUNS), "a benchmark without a committed row"
    assert not any(row.get("busy") for size in kept.values() for row in size)
    assert bench.table(rows) in bench.PAGE.read_text("utf-8"), "run benchmarks/bench.py --write"


def test_it_says_what_fell_and_what_failed(tmp_path, scripts):
    """A copy of the script with made-up benchmarks beside it: one that fell, a new one, one that fails."""
    bench, figures = scripts
    for name in ("bench.py", "figures.py"):
        (tmp_path / "benchmarks" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "benchmarks" / name).write_bytes((BENCHMARKS / name).read_bytes())
    made = "import argparse, figures\nparser = argparse.ArgumentParser()\nfigures.add_json(parser)\n" + (
        "figures.write(parser.parse_known_args()[0].json, [figures.row('{}', [2.0] * 3, [1.0] * 3, '7 a second')])\n"
    )
    at = tmp_path / "benchmarks"
    (at / "cells.py").write_text(made.format("slow"))
    (at / "index.py").write_text(made.format("new"))
    (at / "pack.py").write_text("raise SystemExit('no photos')")
    old = figures.row("slow", [1.0] * 3, [1.0] * 3, "14 a second")
    command = f"python benchmarks/cells.py {bench.RUNS['cells'][0]}"
    (at / "bench.json").write_text(json.dumps({"small": [{**old, "command": command}], "full": []}))
    ended = subprocess.run(
        [sys.executable, at / "bench.py", "--only", "cells", "index", "pack"], capture_output=True, text=True
    )
    assert ended.returncode == 1 and "pack.py --photos 6 --rounds 3 failed: no photos" in ended.stderr
    assert "slow: 0.5 (0.5 to 0.5), 7 a second; committed 1, FELL" in ended.stdout
    assert "new: 0.5 (0.5 to 0.5), 7 a second" in ended.stdout
    assert ended.stdout.endswith("2 ratios, 1 fell: slow; 1 benchmarks failed\n")
