"""Many clients at once against `photoplanet serve`: errors, throughput, latency, memory; and the library's own rate.

    python benchmarks/server_load.py [--model toy] [--clients 200] [--workers 0 2] [--rounds 7] [--seconds 4]
    python benchmarks/server_load.py --rounds 3 --seconds 2  # 40 s
    python benchmarks/server_load.py --model toy --album 12 --clients 8

Starts a server of its own on free ports of this machine for each number of workers, with limits that let every client
in. The clients keep their connections and send a photo (with --album, so many to /v1/album) each, again and again, from
one process that does little else. The same photos go through `locate_many` in a process of its own: alone, with the
answers as JSON, and with the place that each photo states, too, which is what the server answers. All take turns of a
few seconds, and the ratios are those of turns side by side. The clients share the processor; what they use is stated.
At the end one client asks alone. Reads /proc, so it needs Linux.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import figures

BARE, RECORDS, SAME = "locate_many", "locate_many with records", "locate_many with the same answers"
REFERENCES = (BARE, RECORDS, SAME)


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


def library(model: str, photos: list[bytes], orders: Any) -> None:
    """Asked for one of `REFERENCES` and seconds: photos a second of `locate_many`, and processor seconds a photo."""
    from photoplanet.locate import locator, own_place
    from photoplanet.locate.answers import AnswerOptions, record

    loaded, form = locator.load(model, signs=False), AnswerOptions(5)
    while (order := orders.recv()) is not None:
        name, seconds = order
        region = None if name == BARE else form.region
        done, start, before = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - start < seconds:
            for photo, prediction in loaded.locate_many(photos, region=region):
                if name != BARE:
                    own = own_place.of(photo) if name == SAME else None
                    json.dumps(record("", prediction, form, own)).encode()
            done += len(photos)
        orders.send((done / (time.perf_counter() - start), (time.process_time() - before) / done))


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


def clients(photos: list[bytes], path: str, album: int, orders: Any) -> None:
    """Asked for a port, a number of clients and seconds: what they saw, as `Turn` has it."""
    while (order := orders.recv()) is not None:
        port, count, seconds = order
        requests = [
            b"POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
            % (path.encode(), port, kind, len(body)) + body
            for kind, body in bodies(photos, album)
        ]  # fmt: skip
        before = time.process_time()
        statuses, latencies, wall = asyncio.run(ask(port, requests, count, seconds))
        orders.send((statuses, latencies, wall, time.process_time() - before))


async def ask(
    port: int, requests: list[bytes], count: int, seconds: float
) -> tuple[Counter[str], list[float], float]:  # fmt: skip
    """Let `count` clients ask for so long: statuses, latencies in seconds, and the wall time."""
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

    start = time.perf_counter()
    tasks = [one(number, start + seconds) for number in range(count)]
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            statuses[f"{type(result).__name__}: {result}"] += 1
    return statuses, latencies, time.perf_counter() - start


@contextmanager
def apart(work: Any, *arguments: Any) -> Iterator[Any]:
    """Run `work` in a fresh process; yields the pipe that it gets last."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(*arguments, theirs))
    process.start()
    theirs.close()
    try:
        yield ours
        process.join(30)
    finally:
        process.kill()


@dataclass
class Served:
    """A server, and what its turns came to."""

    name: str
    process: "subprocess.Popen[str]"
    port: int
    rates: list[float] = field(default_factory=list)  # photos a second, of each turn
    statuses: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)  # seconds, of all turns
    alone: list[float] = field(default_factory=list)  # seconds, one client
    used: float = 0.0  # processor seconds of the server and its workers
    by_clients: float = 0.0  # and of the clients
    memory: list[float] = field(default_factory=list)  # MB after each turn

    @property
    def pids(self) -> list[int]:
        """The server and its workers."""
        found = [self.process.pid]
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
        return found

    def limit(self, each: int) -> str:
        """What the cores would allow if they were never idle."""
        photos = each * sum(self.statuses.values())
        most = (os.cpu_count() or 1) * photos / (self.used + self.by_clients)
        share = statistics.median(self.rates) / most
        return (
            f"the cores, never idle: {most:,.0f} photos/s at {1e3 * self.used / photos:.2f} ms of processor each "
            f"({1e3 * self.by_clients / photos:.2f} more in the clients), {share:.0%} reached"
        )

    def turn(self, asked: Any, count: int, seconds: float, each: int) -> None:
        """Let so many clients ask for so long, with `each` photos a request."""
        before = sum(map(processor, self.pids))
        asked.send((self.port, count, seconds))
        statuses, latencies, wall, by_clients = asked.recv()
        self.used += sum(map(processor, self.pids)) - before
        self.by_clients += by_clients
        self.statuses += statuses
        self.latencies += latencies
        self.rates.append(each * statuses["200"] / wall)
        self.memory.append(sum(map(memory_mb, self.pids)))

    def one_client(self, asked: Any, seconds: float) -> None:
        asked.send((self.port, 1, seconds))
        self.alone += asked.recv()[1]


@contextmanager
def server(model: str, waiting: int, workers: int | Path) -> Iterator[Served]:
    """`photoplanet serve` on a free port, stopped as Ctrl-C does; a path: that of another checkout."""
    other = isinstance(workers, Path)
    own = [] if other else ["--workers", str(workers)]
    command = [sys.executable, "-m", "photoplanet", "serve", "--model", model, "--port", "0", "--seconds", "120",
               "--waiting", str(waiting + 100), "--no-signs", *own]  # fmt: skip
    places = {"cwd": workers, "env": os.environ | {"PYTHONPATH": str(workers)}} if other else {}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **places)
    try:
        line = process.stderr.readline()  # type: ignore[union-attr]
        if " on http" not in line:
            raise SystemExit(f"the server did not start: {line}")
        yield Served(
            "before" if other else " ".join(own), process, int(line.split(" on ")[1].split()[0].rpartition(":")[2])
        )
        process.send_signal(signal.SIGINT)
        process.wait(30)
    finally:
        process.kill()


def memory_mb(pid: int) -> float:
    """Memory of a process, its share of what processes have in common included."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def processor(pid: int) -> float:
    """Processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=4, help="of each turn")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2], help="of servers that are compared")
    parser.add_argument("--before", type=Path, nargs=1, default=[], help="a checkout whose server takes turns, too")
    parser.add_argument("--photos", type=Path, help="folder of photos; default: 256 photos of the toy Earth, 500 px")
    parser.add_argument("--album", type=int, default=0, help="ask /v1/album with so many photos a request instead")
    parser.add_argument("--options", default="", help="query of the requests")
    figures.add_json(parser)
    options = parser.parse_args()
    photos = folder_photos(options.photos) if options.photos else toy_photos(256, 500)
    sizes = statistics.median(map(len, photos))
    print(f"{len(photos)} photos of {sizes / 1000:,.0f} kB (median), {os.cpu_count()} cores, {options.clients} clients")
    path = ("/v1/album" if options.album else "/v1/locate") + (f"?{options.options}" if options.options else "")
    each = options.album or 1
    references: dict[str, list[tuple[float, float]]] = {name: [] for name in REFERENCES}
    chosen = [*(path.resolve() for path in options.before), *options.workers]
    with ExitStack() as stack:
        locates = stack.enter_context(apart(library, options.model, photos))
        asked = stack.enter_context(apart(clients, photos, path, options.album))
        servers = [stack.enter_context(server(options.model, options.clients * each, n)) for n in chosen]
        for served in servers:  # warm up
            asked.send((served.port, options.clients, 1.0))
            asked.recv()
        for _ in range(options.rounds):
            for name, rounds in references.items():
                locates.send((name, options.seconds / 2))
                rounds.append(locates.recv())
            for served in servers:
                served.turn(asked, options.clients, options.seconds, each)
        for _ in range(options.rounds):
            for served in servers:
                served.one_client(asked, options.seconds / 4)
        for pipe in (locates, asked):
            pipe.send(None)
    report(servers, references, each, options.json)


def report(
    servers: list[Served], references: dict[str, list[tuple[float, float]]], each: int, path: Path | None
) -> None:
    """Print what the clients saw, and the servers against the library."""
    for name, rounds in references.items():
        rate, used = (statistics.median(some) for some in zip(*rounds, strict=True))
        print(f"{name}: {rate:,.0f} photos/s, {1e3 * used:.2f} processor ms each")
    rows = []
    for served in servers:
        told(served, each)
        for name, rounds in references.items():
            ours, theirs = [1 / rate for rate in served.rates], [1 / rate for rate, _ in rounds]
            figure, limit = f"{statistics.median(served.rates):,.0f} photos/s", served.limit(each)
            row = figures.row(f"serve {served.name} against {name}", ours, theirs, figure, limit=limit)
            print(f"  against {name}: {row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})")
            rows.append(row)
    figures.write(path, rows)


def told(served: Served, each: int) -> None:
    """Print what the clients saw of one server."""
    done, good = sum(served.statuses.values()), served.statuses["200"]
    print(f"{served.name}: {done:,} requests, errors {done - good}, {statistics.median(served.rates):,.0f} photos/s")
    for status, times in served.statuses.items():
        if status != "200":
            print(f"  {times:,} × {status}")
    cuts, alone = statistics.quantiles(served.latencies, n=100), statistics.quantiles(served.alone, n=100)
    many, one = ([1e3 * found[at] for at in (49, 94, 98)] for found in (cuts, alone))
    print("  latency p50 {:.0f} ms, p95 {:.0f} ms, p99 {:.0f} ms".format(*many)
          + "; of one client {:.1f}, {:.1f} and {:.1f} ms".format(*one))  # fmt: skip
    print(f"  processor ms a photo: server {1e3 * served.used / done / each:.2f}, "
          f"clients {1e3 * served.by_clients / done / each:.2f}")  # fmt: skip
    print(f"  memory {served.memory[0]:.0f} MB after one turn, {served.memory[-1]:.0f} MB at the end")


if __name__ == "__main__":
    main()
