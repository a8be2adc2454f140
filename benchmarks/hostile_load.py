"""How long good photos wait at `photoplanet serve` while hostile senders work; its memory, and how soon it stops.

    python benchmarks/hostile_load.py [--model toy] [--seconds 20] [--attack scans --attack half-open …]

Starts a server of its own for each attack. One client sends a good photo every quarter of a second; the attackers are
processes of their own on this machine, and so share its processor and, to the server, its address. At the end SIGTERM
comes while the attack goes on. Reads /proc, so it needs Linux.
"""

import argparse
import asyncio
import functools
import io
import multiprocessing
import resource
import signal
import statistics
import struct
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path

from PIL import Image

HOST = b"Host: 127.0.0.1\r\n"
DRIPPING = 1750  # connections
SETTLED = 8.0  # seconds until the attack is under way


@functools.cache
def photo() -> bytes:
    """A good photo: 12 megapixels as JPEG."""
    file = io.BytesIO()
    Image.effect_noise((400, 300), 60).resize((4000, 3000)).convert("RGB").save(file, "JPEG", quality=85)
    return file.getvalue()


def scans(count: int = 4000, side: int = 9999) -> bytes:
    """A progressive JPEG of so many scans over more pixels than it holds."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "JPEG", progressive=True)
    data = bytearray(file.getvalue())
    at = data.find(b"\xff\xc2")
    data[at + 5 : at + 9] = struct.pack(">HH", side, side)
    last = bytes(data[data.rfind(b"\xff\xda") : -2])
    return bytes(data[:-2]) + last * count + b"\xff\xd9"


@functools.cache
def rgba(side: int = 10_000) -> bytes:
    """A PNG of 389 kB that decodes to 400 MB."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(4 * side + 1)) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def request(path: str, body: bytes) -> bytes:
    return b"POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n" % (path.encode(), HOST, len(body)) + body


async def answer(reader: asyncio.StreamReader) -> int:
    """The status of one answer, which is read to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
    return int(head.split(b" ", 2)[1])


async def again(port: int, sent: bytes) -> None:
    """Send the same for ever, whatever comes back."""
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(answer(reader), 60)
            writer.close()
        await asyncio.sleep(0.05)


async def drip(port: int, begun: bytes) -> None:
    """A connection that sends a byte a second, for ever."""
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(begun)
            while not writer.is_closing():
                await asyncio.sleep(1)
                writer.write(b"a")
                await writer.drain()
        await asyncio.sleep(0.2)


ATTACKS = {
    "nothing": lambda port: [],
    "scans": lambda port: [again(port, request("/v1/locate", scans())) for _ in range(8)],
    "few-scans": lambda port: [again(port, request("/v1/locate", scans(27))) for _ in range(8)],
    "memory": lambda port: [again(port, request("/v1/locate", rgba())) for _ in range(8)],
    "explain": lambda port: [again(port, request("/v1/explain", photo())) for _ in range(18)],
    "half-open": lambda port: [drip(port, b"GET / HTTP/1.1\r\n" + HOST + b"X: ") for _ in range(DRIPPING)],
    "slow-bodies": lambda port: [
        drip(port, b"POST /v1/locate HTTP/1.1\r\n" + HOST + b"Content-Length: 9999999\r\n\r\n") for _ in range(DRIPPING)
    ],
    "large-heads": lambda port: [again(port, b"GET / HTTP/1.1\r\nX: " + bytes([97]) * 40_000_000) for _ in range(4)],
}


def attack(name: str, port: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)

    rgba(), photo()  # made once, before the attack begins

    async def all_of() -> None:
        await asyncio.gather(*ATTACKS[name](port))

    asyncio.run(all_of())


async def good(port: int, seconds: float) -> tuple[list[float], list[str]]:
    """Send a photo every quarter of a second: seconds until each was answered, and what went wrong."""
    sent, took, faults = request("/v1/locate", photo()), [], []

    async def one() -> None:
        start = time.perf_counter()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            status = await asyncio.wait_for(answer(reader), 60)
            writer.close()
            if status != 200:
                faults.append(str(status))
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
            faults.append(type(error).__name__)
        took.append(time.perf_counter() - start)

    asked = []
    for _ in range(int(4 * seconds)):
        asked.append(asyncio.create_task(one()))
        await asyncio.sleep(0.25)
    await asyncio.gather(*asked)
    return took, faults


def peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def children(pid: int) -> list[int]:
    """The process ids of its workers."""
    return [int(each) for task in Path(f"/proc/{pid}/task").iterdir()
            for each in (task / "children").read_text().split()]  # fmt: skip


def measure(name: str, model: str, seconds: float, workers: int) -> None:
    command = [sys.executable, "-m", "photoplanet", "serve", "--model", model, "--port", "0", "--workers", str(workers)]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    attacker = None
    try:
        line = server.stderr.readline()  # type: ignore[union-attr]
        port = int(line.split(" on ")[1].split()[0].rpartition(":")[2])
        asyncio.run(good(port, 1))
        attacker = multiprocessing.get_context("spawn").Process(target=attack, args=(name, port), daemon=True)
        attacker.start()
        time.sleep(SETTLED)
        took, faults = asyncio.run(good(port, seconds))
        peak = sum(map(peak_mb, [server.pid, *children(server.pid)]))
        start = time.perf_counter()
        server.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            server.wait(180)
        stopped = time.perf_counter() - start
    finally:
        server.kill()
        if attacker is not None:
            attacker.kill()
    said = len(server.stderr.read().splitlines())  # type: ignore[union-attr]
    cuts = statistics.quantiles(took, n=20)
    print(f"{name:<12} {len(took) - len(faults):3} of {len(took):3} answered; median {statistics.median(took):6.2f} s, "
          f"p95 {cuts[18]:6.2f} s, most {max(took):6.2f} s; peak {peak:5.0f} MB; stops in {stopped:5.1f} s; "
          f"{said} lines on stderr{'; ' + ', '.join(sorted(set(faults))) if faults else ''}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, default=0, help="of the server; their peaks are added to its own")
    parser.add_argument("--attack", action="append", choices=list(ATTACKS), help="repeatable; default: all")
    options = parser.parse_args()
    for name in options.attack or ATTACKS:
        measure(name, options.model, options.seconds, options.workers)


if __name__ == "__main__":
    main()
