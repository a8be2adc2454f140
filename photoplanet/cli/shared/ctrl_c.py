"""Ctrl-C ends a command with status 130 and without a word, at any moment: while it imports, works, or ends."""

import atexit
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

STATUS = 130  # 128 + SIGINT, as shells have it

_pressed = False


def leave(number: int = 0, frame: FrameType | None = None) -> None:
    """End the process at once: for moments when there is nothing to put in order, and a traceback would be shown."""
    os._exit(STATUS)


def _raise(number: int, frame: FrameType | None) -> None:
    global _pressed
    _pressed = True
    raise KeyboardInterrupt


def pressed() -> bool:
    """Whether Ctrl-C was pressed: libraries that are written in C may have turned it into an error of theirs."""
    return _pressed


def go_on() -> None:
    """Raise KeyboardInterrupt once more if Ctrl-C was pressed: a library that is written in C may have swallowed it."""
    if _pressed and threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt


def interrupt() -> None:
    """From here on Ctrl-C raises KeyboardInterrupt, so that the work in hand is put in order.

    Where it hits code that cannot be interrupted (a finaliser, a callback), Python would print it and go on; the
    process ends instead. A handler that somebody else has set, and a signal that is ignored, stay as they are.
    """
    if not _ours():
        return
    signal.signal(signal.SIGINT, _raise)
    before = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            leave()
        before(unraisable)

    sys.unraisablehook = hook


def ending(status: int) -> None:
    """From here on Ctrl-C ends the process with `status`, that of the finished work; at its very end it is ignored."""
    if not _ours():
        return

    def end(number: int, frame: FrameType | None) -> None:
        os._exit(status)

    signal.signal(signal.SIGINT, end)
    # Python itself gives signals back to the system before it ends, and only one that is ignored stays so.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


def _ours() -> bool:
    if threading.current_thread() is not threading.main_thread():
        return False
    return signal.getsignal(signal.SIGINT) in (signal.default_int_handler, leave, _raise)
