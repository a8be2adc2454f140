"""What a run reports as it goes: one JSON line per report, and TensorBoard curves beside it."""

import json
import time
from pathlib import Path
from typing import Any

from photoplanet.core import atomic

LOG, CURVES = "log.jsonl", "tensorboard"


class Log:
    """Appends to `log.jsonl` and TensorBoard's files in the run's folder; lines from after `step` are dropped first."""

    def __init__(self, folder: Path, step: int, curves: bool = True):
        self.path = folder / LOG
        _cut(self.path, step)
        self._file = self.path.open("a", encoding="utf-8")
        self._curves = None
        if curves:
            from torch.utils.tensorboard import SummaryWriter

            self._curves = SummaryWriter(str(folder / CURVES), purge_step=step)

    def write(self, kind: str, step: int, **values: Any) -> None:
        """One line {"kind": …, "step": …, "time": …, **values}, at once on disk; numbers also as curves `kind/name`."""
        line = {"kind": kind, "step": step, "time": round(time.time(), 3), **values}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        if self._curves is not None:
            for name, value in values.items():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    self._curves.add_scalar(f"{kind}/{name}", value, step)

    def close(self) -> None:
        """Flush and close both."""
        self._file.close()
        if self._curves is not None:
            self._curves.close()


def read(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a `log.jsonl`; a last line torn by a kill is left out.

    >>> log = Log(getfixture("tmp_path"), 0, curves=False)
    >>> log.write("train", 20, loss=1.5)
    >>> log.close()
    >>> read(log.path)[0]["loss"]
    1.5
    """
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            continue
    return lines


def _cut(path: Path, step: int) -> None:
    if not path.exists():
        return
    kept = [json.dumps(line) + "\n" for line in read(path) if line.get("step", 0) <= step]
    atomic.write_text(path, "".join(kept))
