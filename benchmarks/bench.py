"""Every benchmark of speed, one after the other, and which ratios fell since the committed ones: `make bench`.

    python benchmarks/bench.py                    # small sizes, three minutes on two cores
    python benchmarks/bench.py --only partition   # one benchmark
    python benchmarks/bench.py --full --write     # the sizes of docs/performance.md, into its table; 15 minutes

A ratio has fallen if it is worse by more than a tenth and its middle half does not meet the committed one. With --write
the rows go to benchmarks/bench.json, and from there into the table; rows that met other work on the machine do not.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
COMMITTED = HERE / "bench.json"
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- the table of benchmarks/bench.json -->", "<!-- its end -->"
WORSE = 0.1  # by which a median has to be worse
BUSY = 0.15  # share of the processors that other work may take
FLAGS = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_vnni": "VNNI", "avx512_bf16": "bf16", "amx_bf16": "AMX"}
Row = dict[str, object]

# Each script's arguments: small, and as docs/performance.md states it (the small ones where there is no other).
RUNS: dict[str, tuple[str, str]] = {
    "cold_start": ("--runs 9", "--runs 25"),
    "locate_batch": ("--photos 256", "--photos 1024 --rounds 9"),
    "inference": ("--backbone mobile --rounds 9", "--rounds 9 --batch 32 8 1"),
    "devices": ("--backbone mobile --batch 32 --rounds 9", "--batch 32 4 1 --rounds 9"),
    "server_load": ("--rounds 3 --seconds 2", "--rounds 9 --seconds 5"),
    "step": ("--steps 1 --rounds 5 --batch-size 16", "--compiled"),
    "input_pipeline": (
        "--short-side 160 160 --steps 2 --count 192 --batch-size 64 --rounds 5",
        "--short-side 160 160 --steps 4 --count 768 --batch-size 64 --rounds 9",
    ),
    "pack": ("--photos 6 --rounds 3", "--photos 24 --rounds 5"),
    "index": ("", ""),
    "cells": ("--points 400_000", "--points 4_000_000"),
    "partition": ("--points 2_000_000", "--points 100_000_000"),
    "duplicates": ("--training 200_000 --test 20_000", "--training 10_000_000 --test 1_000_000"),
    "vector_index": ("--vectors 20_000 --rounds 9", "--vectors 200_000 --rounds 9"),
    "im2gps_speed": ("", ""),
    "hmm_decode": ("--method hmm --photos 200 --classes 5_000", "--method hmm"),
    "occlusion": ("--rounds 3", ""),
    "geojson": ("--photos 30", "--photos 200"),
    "toyworld": ("--photos 100", ""),
}


def processor() -> str:
    """The machine in words: the processor's name, its cores, and which instructions it has that matter here."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    said = dict(tuple(part.strip() for part in line.split(":", 1)) for line in lines if ":" in line)
    there = set(said.get("flags", "").split())
    flags = [word for flag, word in FLAGS.items() if flag in there]
    return ", ".join([said.get("model name", sys.platform), f"{os.cpu_count()} cores", *flags])


def busy(seconds: float = 1.0) -> float:
    """The share of the processors that other work took in the last moments; 0 where the system does not tell."""

    def taken() -> tuple[int, int]:
        ticks = [int(word) for word in Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:9]]
        return sum(ticks) - ticks[3] - ticks[4], sum(ticks)

    try:
        before = taken()
        time.sleep(seconds)
        after = taken()
    except (OSError, ValueError):
        return 0.0
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def run(script: str, arguments: str) -> list[Row]:
    """The rows of one benchmark; none if it failed, which is said on stderr."""
    command = f"benchmarks/{script}.py {arguments}".strip()
    share = busy()
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.json"
        ended = subprocess.run(
            [sys.executable, HERE / f"{script}.py", *shlex.split(arguments), "--json", rows],
            capture_output=True,
            text=True,
        )
        if ended.returncode or not rows.exists():
            last = (ended.stderr.strip().splitlines() or ["no figures"])[-1]
            print(f"{command} failed: {last}", file=sys.stderr)
            return []
        found = json.loads(rows.read_text(encoding="utf-8"))
    about = {"command": f"python {command}", "processor": processor()} | ({"busy": True} if share > BUSY else {})
    return [{**row, **about} for row in found]


def fell(new: Row, old: Row) -> bool:
    """Whether a ratio is worse than the committed one by more than the noise and a tenth."""
    sign = 1 if new["better"] == "more" else -1
    apart = new["high"] < old["low"] if sign > 0 else new["low"] > old["high"]
    return apart and sign * (old["ratio"] - new["ratio"]) > WORSE * old["ratio"]


def command(row: Row) -> str:
    """The script and its arguments."""
    return f"`{str(row['command']).removeprefix('python benchmarks/')}`"


def line(row: Row, machine: bool) -> str:
    """A row of the table, with the processor where there are several."""
    what = "of its speed" if row["better"] == "more" else "of its time"
    ratio = f"{shown(row['ratio'])} {what} ({shown(row['low'])} to {shown(row['high'])})"
    cells = [row["name"], ratio, row["figure"], row["limit"], *([row["processor"]] if machine else []), command(row)]
    return f"| {' | '.join(map(str, cells))} |"


def shown(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 20 else f"{ratio:.3g}"


def table(rows: list[Row]) -> str:
    """The table of docs/performance.md."""
    machines = sorted({str(row["processor"]) for row in rows})
    several = len(machines) != 1
    names = ["what, against what", "ratio (middle half)", "reached", "limit", *["processor"] * several, "benchmarks/"]
    head = [] if several else [f"Processor: {machines[0]}.", ""]
    head += [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    return "\n".join([BEGIN, "", *head, *(line(row, several) for row in rows), "", END])


def write(rows: list[Row], size: str) -> None:
    """Put rows in place of the committed ones of the same scripts, and the table of all into the page."""
    kept = json.loads(COMMITTED.read_text(encoding="utf-8")) if COMMITTED.exists() else {"small": [], "full": []}
    new = {script(row) for row in rows}
    kept[size] = sorted([*rows, *(row for row in kept[size] if script(row) not in new)], key=place)
    COMMITTED.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    PAGE.write_text(before + table(stated(kept)) + rest.split(END)[1], encoding="utf-8")


def stated(kept: dict[str, list[Row]]) -> list[Row]:
    """What the page states: of every script the rows of the large sizes, and of the small ones where it has none."""
    large = {script(row) for row in kept["full"]}
    return sorted([*kept["full"], *(row for row in kept["small"] if script(row) not in large)], key=place)


def script(row: Row) -> str:
    return Path(str(row["command"]).split()[1]).stem


def place(row: Row) -> int:
    return list(RUNS).index(script(row))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(RUNS), default=list(RUNS), metavar="NAME", help="of these")
    parser.add_argument("--full", action="store_true", help="the sizes of docs/performance.md instead of small ones")
    parser.add_argument("--write", action="store_true", help="into benchmarks/bench.json and docs/performance.md")
    given = parser.parse_args()
    size = "full" if given.full else "small"
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))[size] if COMMITTED.exists() else []
    before = {(row["command"], row["name"]): row for row in committed}
    found, worse, failed = [], [], 0
    print(f"{processor()}, {size} sizes", flush=True)
    for name in given.only:
        started = time.perf_counter()
        small, large = RUNS[name]
        rows = run(name, (large or small) if given.full else small)
        failed += not rows
        for row in rows:
            old = before.get((row["command"], row["name"]))
            dropped = old is not None and fell(row, old)
            worse += [row["name"]] * dropped
            than = f"; committed {shown(old['ratio'])}{', FELL' if dropped else ''}" if old else ""
            noted = "; beside other work" if row.get("busy") else ""
            spread = f"{shown(row['ratio'])} ({shown(row['low'])} to {shown(row['high'])})"
            print(f"{row['name']}: {spread}, {row['figure']}{than}{noted}", flush=True)
        print(f"  {name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        found += rows
    quiet = [row for row in found if not row.get("busy")]
    if given.write and quiet:
        write(quiet, size)
    print(f"{len(found)} ratios, {len(worse)} fell{': ' * bool(worse)}{', '.join(map(str, worse))}", end="")
    print(f"; {failed} benchmarks failed" if failed else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
