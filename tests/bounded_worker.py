"""What a process of `core.bounded_processes` does in tests: whatever it is asked, also the worst."""

import os
import time

from photoplanet.core.bounded_processes import serve


def main():
    serve(answer)


def answer(kind, data):
    if kind == "take":
        return b"", memoryview(bytearray(int(data)))
    if kind == "die":
        os.abort()
    if kind == "wait":
        time.sleep(60)
    while kind == "compute":
        pass
    if kind == "fail":
        raise ValueError("line one\nline two " + "x" * 1000)
    if kind == "say":  # as C code does
        os.write(1, b"noise on stdout")
    return str(os.getpid()).encode(), memoryview(data)
