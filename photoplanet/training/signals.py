"""Ctrl-C and SIGTERM in training: the step in hand ends and a checkpoint is written before the run stops."""

import os
import signal
import threading
from types import FrameType
from typing import Any


class Stopped(BaseException):
    """A signal asked the run to stop, and the checkpoint is written; `number` is the signal's.

    >>> Stopped(15).number
    15
    """

    def __init__(self, number: int):
        super().__init__(f"signal {number}")
        self.number = number


class Signals:
    """While it is entered, SIGINT and SIGTERM only set `number`; the same signal a second time ends the process.

    >>> with Signals() as signals:
    ...     signal.raise_signal(signal.SIGINT)
    ...     print(signals.number)
    2
    """

    def __init__(self) -> None:
        self.number = 0
        self._old: dict[int, Any] = {}

    def __enter__(self) -> "Signals":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._old[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.number:
            os._exit(128 + number)
        self.number = number
