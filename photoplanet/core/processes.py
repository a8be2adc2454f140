"""Processes of this machine: whether one still lives, and a name for the machine that its ids belong to."""

import functools
import hashlib
import os
import platform
import sys
from contextlib import suppress
from pathlib import Path


def host() -> str:
    """Return eight hexadecimal digits for this machine, or this container: its process ids mean nothing elsewhere.

    >>> len(host())
    8
    """
    return _host_of(os.getpid())


@functools.lru_cache(1)
def _host_of(pid: int) -> str:
    space = ""
    with suppress(OSError):
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115
    return hashlib.blake2b(f"{platform.node()}\0{space}".encode("utf-8", "replace"), digest_size=4).hexdigest()


def runs(pid: int) -> bool:
    """Whether a process lives on this machine.

    >>> runs(os.getpid())
    True
    """
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            return bool(ctypes.get_last_error() == 5)  # it lives, and is somebody else's
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == 259  # STILL_ACTIVE
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def mark(pid: int) -> str:
    """Return four hexadecimal digits that tell a process from a later one of the same number; "0000" where unknown.

    They are made of when it began, in ticks since the machine did, so that no clock that is set later changes them.

    >>> mark(os.getpid()) == mark(os.getpid()), len(mark(os.getpid()))
    (True, 4)
    """
    with suppress(OSError, IndexError):
        began = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
        return hashlib.blake2b(began.encode("utf-8", "replace"), digest_size=2).hexdigest()
    return "0000"
