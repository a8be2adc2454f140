"""Many clients at once against `photoplanet serve`: errors, throughput, latency, memory; and the library's own rate.

    python benchmarks/server_load.py --model toy [--clients 200] [--seconds 60] [--photos FOLDER] [--options "top=5"]
    python benchmarks/server_load.py --model toy --album 12 --clients 8

Starts a server of its own on a free port of this machine, with limits that let every client in. The clients keep their
connections and send a photo (with --album, so many to /v1/album) each, again and again, from one process that does
little else. The same photos go through
`locate_many` in a process of its own, before and after, the server idle; its median is what the server is held against.
Processor seconds a photo say the same on a machine that does other work too. Reads /proc, so it needs Linux.
"""

import argparse
import asyncio
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROUND_SECONDS = 6.0  # of the library, three times before and three times after
SETTLED, MIDDLE = 10.0, 35.0  # seconds after which the server's memory is read, and at the end


def toy_photos(count: int, size: int) -> list[bytes]:
    """Photos of the toy Earth as JPEG."""
    from photoplanet.toyworld import travellers, write

    order = write.Order(count, 5, size, False, None)
    return list(write.jpegs(travellers.travel(write.make_world(order), count, 5), order))


def folder_photos(folder: Path) -> list[bytes]:
    """The files of a folder that are photos."""
    from photoplanet.errors import InputError
    from photoplanet.photos import decode

    found = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        with suppress(InputError):
            decode.open_photo(path, size_hint=64)
            found.append(path.read_bytes())
    return found


def library(model: str, photos: list[bytes], answers: Any) -> None:
    """Photos a second of `locate_many`, and processor seconds a photo, three times; alone and with what is told."""
    from photoplanet.locate import locator
    from photoplanet.locate.answers import AnswerOptions, record

    loaded = locator.load(model)
    list(loaded.locate_many(photos[:64]))
    found: dict[str, list[tuple[float, float]]] = {"locate_many": [], "… and records": []}
    form = AnswerOptions(5)
    for _ in range(3):
        for name, rounds in found.items():
            done, start, before = 0, time.perf_counter(), time.process_time()
            while time.perf_counter() - start < ROUND_SECONDS / 2:
                told = name != "locate_many"
                for _, prediction in loaded.locate_many(photos, region=form.region if told else None):
                    if told:
                        record("", prediction, form)
                done += len(photos)
            rounds.append((done / (time.perf_counter() - start), (time.process_time() - before) / done))
    answers.send(found)


def bodies(photos: list[bytes], album: int) -> list[tuple[bytes, bytes]]:
    """Content type and body of requests: of one photo each, or of `album` photos each."""
    if not album:
        return [(b"image/jpeg", photo) for photo in photos]
    parts = [b'--x\r\nContent-Disposition: form-data; name="a"; filename="%d.jpg"\r\n\r\n%s\r\n' % (number, photo)
             for number, photo in enumerate(photos)]  # fmt: skip
    starts = range(0, max(1, len(parts) - album + 1), album)
    return [
        (b"multipart/form-data; boundary=x", b"".join([*parts[start : start + album], b"--x--\r\n"]))
        for start in starts
    ]


def clients(port: int, photos: list[bytes], count: int, seconds: float, path: str, album: int, answers: Any) -> None:
    """Let `count` clients ask for so long; sends statuses, latencies in seconds, the wall time and processor time."""
    requests = [
        b"POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        % (path.encode(), port, kind, len(body)) + body
        for kind, body in bodies(photos, album)
    ]  # fmt: skip
    statuses: Counter[str] = Counter()
    latencies: list[float] = []

    async def one(number: int, until: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        turn = number
        while time.perf_counter() < until:
            start = time.perf_counter()
            writer.write(requests[turn % len(requests)])
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            body = await reader.readexactly(length)
            good = head.startswith(b"HTTP/1.1 200 ") and b'"failed":0' in body
            statuses["200" if good else head[:12].decode() + body[:100].decode()] += 1
            latencies.append(time.perf_counter() - start)
            turn += count
        writer.close()

    async def all_of() -> float:
        start = time.perf_counter()
        tasks = [one(number, start + seconds) for number in range(count)]
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                statuses[f"{type(result).__name__}: {result}"] += 1
        return time.perf_counter() - start

    wall = asyncio.run(all_of())
    answers.send((statuses, latencies, wall, time.process_time()))


@contextmanager
def apart(work: Any, *arguments: Any) -> Iterator[Any]:
    """Run `work` in a fresh process; yields the end of a pipe at which what it found arrives."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(*arguments, theirs))
    process.start()
    theirs.close()
    try:
        yield ours
        process.join(30)
    finally:
        process.kill()


@contextmanager
def server(model: str, waiting: int) -> Iterator[tuple[int, int]]:
    """`photoplanet serve` on a free port; yields its process id and port, and stops it as Ctrl-C does."""
    command = [sys.executable, "-m", "photoplanet", "serve", "--model", model, "--port", "0", "--seconds", "120",
               "--waiting", str(waiting + 100)]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stderr.readline()  # type: ignore[union-attr]
        if " on http" not in line:
            raise SystemExit(f"the server did not start: {line}")
        yield process.pid, int(line.split(" on ")[1].split()[0].rpartition(":")[2])
        process.send_signal(signal.SIGINT)
        process.wait(30)
    finally:
        process.kill()


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def processor(pid: int) -> float:
    """Processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(pid: int, found: Any, seconds: float) -> tuple[Any, dict[str, float]]:
    """What the clients found, and the server's memory after 10 s, after 35 s and at the end."""
    start, memory = time.perf_counter(), {}
    for name, moment in (("10 s", SETTLED), ("35 s", MIDDLE)):
        if moment < seconds and not found.poll(max(0.0, start + moment - time.perf_counter())):
            memory[name] = memory_mb(pid)
    if not found.poll(seconds + 90):
        raise SystemExit("the clients do not end")
    memory["the end"] = memory_mb(pid)
    return found.recv(), memory


def library_rates(model: str, photos: list[bytes]) -> dict[str, list[tuple[float, float]]]:
    with apart(library, model, photos) as found:
        return found.recv()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--photos", type=Path, help="folder of photos; default: 256 photos of the toy Earth, 500 px")
    parser.add_argument("--album", type=int, default=0, help="ask /v1/album with so many photos a request instead")
    parser.add_argument("--options", default="", help="query of the requests")
    options = parser.parse_args()
    photos = folder_photos(options.photos) if options.photos else toy_photos(256, 500)
    sizes = statistics.median(map(len, photos))
    print(f"{len(photos)} photos of {sizes / 1000:,.0f} kB (median), {os.cpu_count()} cores, {options.clients} clients")
    rates = library_rates(options.model, photos)
    path = ("/v1/album" if options.album else "/v1/locate") + (f"?{options.options}" if options.options else "")
    each = options.album or 1
    with server(options.model, options.clients * each) as (pid, port):
        before = processor(pid)
        with apart(clients, port, photos, options.clients, options.seconds, path, options.album) as found:
            (statuses, latencies, wall, client_seconds), memory = load(pid, found, options.seconds)
        used = processor(pid) - before
    for name, rounds in library_rates(options.model, photos).items():
        rates[name] += rounds
    medians = {name: [statistics.median(each) for each in zip(*rounds, strict=True)] for name, rounds in rates.items()}
    told(statuses, latencies, wall, memory)
    rate, done = each * statuses["200"] / wall, each * len(latencies)
    print(f"throughput     {rate:7.0f} photos/s")
    print(f"processor ms a photo: server {1e3 * used / done:.2f}, clients {1e3 * client_seconds / done:.2f}")
    for name, (own, processor_seconds) in medians.items():
        print(f"{name:<14} {own:7.0f} photos/s, {1e3 * processor_seconds:.2f} processor ms each; "
              f"the server's rate is {rate / own:.2f} of it")  # fmt: skip


def told(statuses: Counter[str], latencies: list[float], wall: float, memory: dict[str, float]) -> None:
    """Print what the clients saw."""
    errors = sum(statuses.values()) - statuses["200"]
    print(f"requests       {sum(statuses.values()):7,} in {wall:.1f} s, errors {errors}")
    for status, times in statuses.items():
        if status != "200":
            print(f"  {times:,} × {status}")
    cuts = statistics.quantiles(latencies, n=100)
    print(f"latency        p50 {1e3 * cuts[49]:.0f} ms, p95 {1e3 * cuts[94]:.0f} ms, p99 {1e3 * cuts[98]:.0f} ms")
    print("server memory  " + ", ".join(f"{value:.0f} MB after {name}" for name, value in memory.items()))


if __name__ == "__main__":
    main()
