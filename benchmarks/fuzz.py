"""Hostile inputs and kills, from seeds: `python benchmarks/fuzz.py --files 5000 --kills 200`; exit 1 on any fault.

Inputs are made, never shipped: photos of all formats, EXIF, XMP, sidecars, tracks, tables, shards, models, undo lists,
caches, HTTP requests, most of them damaged. Each is read by real commands in long-lived worker processes, and every
writing command is killed at random moments. A fault is a traceback, an exit status that is not documented, a crash,
over 5 s, over 1.5 GB, a lost or changed byte, a leftover, or text that no terminal should get.
`--replay KIND:SEED` tries one again and keeps its folder.
"""

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from fuzzing import base, cases, kills, pool

REQUEST = "request"
KINDS = (*cases.KINDS, REQUEST)


def main() -> None:
    """Parse, try, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=500, help="inputs to try, all kinds in turn [500]")
    parser.add_argument("--kills", type=int, default=20, help="commands to kill [20]")
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so long [never]")
    parser.add_argument("--seed", type=int, default=0, help="the first seed [0]")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1), help="processes at a time [2]")
    parser.add_argument("--kind", action="append", choices=[*KINDS, "kill"], help="only these; repeatable")
    parser.add_argument("--work", type=Path, help="where to work [a folder that is removed]")
    parser.add_argument("--plugin", default="", help="a Python file that every process runs first")
    parser.add_argument(
        "--replay", metavar="KIND:SEED", help="try one input again, keep its folder and print all of it"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="photoplanet-fuzz-") as scratch:
        work = (given.work or Path(scratch)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        if given.replay:
            replay(given.replay, work, given.plugin)
            return
        found = Found(given.json)
        until = time.monotonic() + given.seconds
        base.make(work / "shared")
        kinds = [kind for kind in KINDS if given.kind is None or kind in given.kind]
        inputs = [(kinds[n % len(kinds)], given.seed + n // len(kinds)) for n in range(given.files if kinds else 0)]
        kills_too = given.kills if given.kind is None or "kill" in given.kind else 0
        pool.run(inputs, given.workers, work, work / "shared", given.plugin, until, found.add)
        kills.run(range(given.seed, given.seed + kills_too), given.workers, work, given.plugin, until, found.add)
    found.print()
    sys.exit(1 if found.faults else 0)


def replay(name: str, work: Path, plugin: str) -> None:
    """Try one input again; print what happened and where its files are."""
    kind, _, seed = name.rpartition(":")
    work = Path(tempfile.mkdtemp(prefix="photoplanet-fuzz-")) if "photoplanet-fuzz-" in str(work) else work
    base.make(work / "shared")
    if kind == "kill":
        killer = kills.Killer(0, work, base.make(work / "shared"), plugin)
        print(json.dumps(killer.tried(int(seed)), indent=1))
        print(killer.folder)
        return killer.close()
    worker = pool.Worker(0, work, work / "shared", plugin)
    print(json.dumps(worker.tried(kind, int(seed), keep=True), indent=1))
    for path in (worker.folder / "out.txt", worker.folder / "errors.txt"):
        print(path.read_text("utf-8", "backslashreplace") if path.exists() else "", end="")
    print(worker.folder / "case")
    worker.close()


class Found:
    """What came of the inputs, by kind."""

    def __init__(self, as_json: bool):
        self.faults: list[dict[str, Any]] = []
        self._as_json, self._started = as_json, time.monotonic()
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, kind: str, seed: int, answer: dict[str, Any]) -> None:
        """Count one input, and print its faults at once."""
        counts = self._counts[kind]
        counts["inputs"] += 1
        counts[answer["outcome"]] += 1
        counts["faults"] += bool(answer["faults"])
        if "scenario" in answer:
            counts[f"kills of {answer['scenario']}"] += 1
        counts["most MB"] = max(counts["most MB"], answer["peak"])
        counts["most ms"] = max(counts["most ms"], round(1000 * answer["seconds"]))
        for fault in answer["faults"]:
            self.faults.append({"replay": f"{kind}:{seed}", "fault": fault, "commands": answer["commands"]})
            print(f"{kind}:{seed}: {fault}", file=sys.stderr, flush=True)

    def print(self) -> None:
        """Print the counts."""
        seconds = time.monotonic() - self._started
        if self._as_json:
            counts = {kind: dict(counts) for kind, counts in self._counts.items()}
            print(json.dumps({"seconds": round(seconds, 1), "kinds": counts, "faults": self.faults}))
            return
        columns = ("inputs", "read", "refused", "killed", "faults", "most ms", "most MB")
        print("| kind | " + " | ".join(columns) + " |\n|---|" + "---:|" * len(columns))
        for kind, counts in self._counts.items():
            print(f"| {kind} | " + " | ".join(f"{counts[column]:,}" for column in columns) + " |")
        total = sum(counts["inputs"] for counts in self._counts.values())
        print(f"\n{total:,} inputs in {seconds:.0f} s, {len(self.faults):,} faults")


if __name__ == "__main__":
    main()
