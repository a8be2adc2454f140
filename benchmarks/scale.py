"""Memory and time of commands by the rows of their tables, each in a process of its own, and what grows with a row.

    python benchmarks/scale.py FOLDER --rows 1_000_000 10_000_000
    python benchmarks/scale.py FOLDER --rows 20_000 40_000 --what read partition score --json

Makes the tables of benchmarks/synthetic_tables.py in FOLDER, where they are not there yet. `read` is a photo table read
as `train` does; `score` has as many predictions as photos; `evaluate` is that of photos none of which can be opened, so
that only the table counts; `index` is of a table of photos in shards, of a fifth of the rows at most (--index-rows).
The slope between the smallest and the largest number of rows is drawn out to --full (126 million).
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
WHAT = ("read", "partition", "score", "evaluate", "index")
CHILD = """
import json, resource, sys, time
start = time.perf_counter()
{body}
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({{"megabytes": used.ru_maxrss / 1024, "seconds": time.perf_counter() - start,
                   "processor_seconds": used.ru_utime + used.ru_stime}}))
"""
BODIES = {
    "nothing": "import pyarrow.parquet, photoplanet.photos.table",
    "read": "from photoplanet.photos import table\ntable.read({photos!r})",
    "partition": (
        "from photoplanet.earth.partition.partition import Partition\n"
        "Partition.adaptive_from_parquet({photos!r}, 10_000, 50, skip_bad=True).save({out!r})"
    ),
    "score": "from photoplanet.evaluation.score import score\nscore({predictions!r}, {photos!r})",
    "evaluate": (
        "import photoplanet as pp\nfrom photoplanet.evaluation import evaluate, truth\n"
        "evaluate.evaluate(pp.load('toy'), truth.of({photos!r}))"
    ),
    "index": "from photoplanet.index import build\nbuild.index([{shards!r}], {out!r}, keep_without_gps=True)",
}


def tables(folder: Path, rows: int, kind: str) -> Path:
    """The folder of tables of so many rows, made where it is not there yet; `kind`: photos, predictions or shards."""
    home = folder / f"{rows}"
    if not any(home.glob(f"{kind}*")):
        command = [
            sys.executable,
            str(HERE / "synthetic_tables.py"),
            str(home),
            "--photos",
            "0",
            f"--{kind}",
            str(rows),
        ]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return home


def measured(what: str, folder: Path, rows: int) -> dict[str, float]:
    """Peak memory, wall time and processor time of one command in a process of its own."""
    needs = {"score": ("photos", "predictions"), "index": ("shards",), "nothing": ()}.get(what, ("photos",))
    home = folder / f"{rows}"
    for kind in needs:
        home = tables(folder, rows, kind)
    out = folder / f"out-{what}.parquet"
    names = {"photos": str(home / "photos"), "predictions": str(home / "predictions.parquet"),
             "shards": str(home / "shards" / "photos.parquet"), "out": str(out)}  # fmt: skip
    code = CHILD.format(body=BODIES[what].format(**names))
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True)
    finally:
        subprocess.run(["rm", "-rf", str(out), str(out.with_name(f".{out.name}.cache"))], check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--index-rows", type=int, nargs="+")
    parser.add_argument("--what", nargs="+", choices=WHAT, default=list(WHAT))
    parser.add_argument("--full", type=int, default=126_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    nothing = measured("nothing", options.folder, 0)["megabytes"]
    results = []
    for what in options.what:
        sizes = options.rows
        if what == "index":
            sizes = options.index_rows or [max(1, rows // 5) for rows in options.rows if rows <= 2_000_000]
        found = {}
        for rows in sizes:
            start = time.perf_counter()
            found[rows] = measured(what, options.folder, rows)
            print(f"{what} of {rows:,}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
        first, last = min(found), max(found)
        slope = {key: (found[last][key] - found[first][key]) / max(1, last - first) for key in found[last]}
        results.append({
            "what": what, "rows": {str(rows): {key: round(value, 2) for key, value in each.items()}
                                   for rows, each in found.items()},
            "bytes_a_row": round(slope["megabytes"] * 2**20, 1), "microseconds_a_row": round(slope["seconds"] * 1e6, 2),
            "full_gigabytes": round((found[last]["megabytes"] + slope["megabytes"] * (options.full - last)) / 1024, 2),
            "full_minutes": round((found[last]["seconds"] + slope["seconds"] * (options.full - last)) / 60, 1),
        })  # fmt: skip
    if options.json:
        print(json.dumps({"nothing_megabytes": round(nothing, 1), "full_rows": options.full, "results": results}))
        return
    print(f"a process that does nothing has {nothing:.0f} MB; full size: {options.full:,} rows")
    for each in results:
        sizes = "; ".join(f"{int(rows):,}: {one['megabytes']:,.0f} MB, {one['seconds']:,.1f} s"
                          for rows, one in each["rows"].items())  # fmt: skip
        print(f"{each['what']:<10} {sizes}; {each['bytes_a_row']:,.0f} bytes and {each['microseconds_a_row']:.2f} µs a "
              f"row; full: {each['full_gigabytes']:,.1f} GB, {each['full_minutes']:,.0f} min")  # fmt: skip


if __name__ == "__main__":
    main()
