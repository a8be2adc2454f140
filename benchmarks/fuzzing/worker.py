"""A worker process: reads `{"kind": …, "seed": …}` a line, tries that input, answers with a line."""

import json
import os
import runpy
import sys
import traceback
from pathlib import Path

from fuzzing import base, requests, trial


def main() -> None:
    """Work until stdin ends. Arguments: this worker's folder, the folder of what all share, a file to run first."""
    work, shared, plugin = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    sets = base.make(shared)
    if plugin:
        runpy.run_path(plugin)
    server = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if asked["kind"] == "request":
                server = server or requests.Server(work, sets, plugin)
                answer = server.tried(asked["seed"])
            else:
                answer = trial.tried(asked["kind"], asked["seed"], work, sets, asked.get("keep", False))
        except Exception as error:  # not what is tried: the fuzzer itself
            traceback.print_exc()
            answer = {
                "outcome": "refused",
                "seconds": 0.0,
                "peak": 0,
                "faults": [f"the fuzzer: {error!r}"],
                "commands": "",
            }
        print(json.dumps(answer), file=answers)
    if server:
        server.close()


if __name__ == "__main__":
    main()
