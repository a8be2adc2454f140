"""What indexing has found, one JSON line per photo, beside the output: a second run reads only what is new."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FORMAT = 1
_FLUSH_SECONDS = 1.0


def place(output: Path) -> Path:
    """Where the journal of a photo table lies: a hidden file beside it."""
    return output.with_name(f".{output.name}.journal")


class Journal:
    """Findings by photo address; valid while the photo's stamp and the options stay the same.

    Append-only, so safe to kill. Damage costs time, never correctness: lines that are not sound are passed over.
    """

    def __init__(self, path: Path | None, options: dict[str, Any], sound: Callable[[Any], bool]):
        self._known: dict[str, tuple[str, Any]] = {}
        self._file = None
        if path is None:
            return
        head = json.dumps({"photoplanet journal": FORMAT, "options": options}, sort_keys=True)
        mode = "w"
        if path.is_file():
            with path.open(encoding="utf-8", errors="surrogateescape") as file:
                if file.readline(1 << 16).rstrip("\n") == head:
                    mode = "a"
                    self._read(file, sound)
        self._file = path.open(mode, encoding="utf-8", errors="surrogateescape")
        self._file.write(f"{head}\n" if mode == "w" else "\n")  # a line cut off by a kill ends here
        self._flushed = time.monotonic()

    def get(self, address: str, stamp: str) -> Any | None:
        """What was found for this photo, or None when it is new or has changed."""
        known = self._known.get(address)
        return known[1] if known is not None and known[0] == stamp else None

    def add(self, address: str, stamp: str, value: Any) -> None:
        """Remember a finding; on disk within about a second."""
        if self._file is None:
            return
        self._file.write(json.dumps([address, stamp, value]) + "\n")
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self._file.flush()
            self._flushed = time.monotonic()

    def close(self) -> None:
        """Flush and close; harmless to repeat."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read(self, file: Any, sound: Callable[[Any], bool]) -> None:
        for line in file:
            try:
                address, stamp, value = json.loads(line)
            except (ValueError, TypeError, RecursionError):
                continue
            if isinstance(address, str) and isinstance(stamp, str) and sound(value):
                self._known[address] = (stamp, value)
