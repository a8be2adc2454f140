"""HTTP requests from a seed, to a server of our own on this machine: odd ones, and such whose bytes were changed."""

import json
import random
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fuzzing import base, documents, mutations, photos, tracks, trial

STRANGE = (
    "GET /v1/models/../../etc/passwd", "GET /v1/similar/thumbnail?photo_id=../../etc/passwd", "GET /%00",
    "GET /v1/none", "OPTIONS /v1/locate",
    "PUT /v1/locate", "TRACE /", "GET //", "GET /v1/locate", "DELETE /healthz", "HEAD /v1/models",
    "GET /docs", "CONNECT /v1/locate", "POST /openapi.json", "GET /?" + "a=b&" * 2000, "POST /metrics",
)  # fmt: skip
HEADERS = (
    "Accept", "Origin", "Authorization", "Content-Type", "Content-Encoding", "Range", "X-Forwarded-For", "Host",
    "Accept-Encoding", "If-None-Match", "Expect", "Cookie", "Content-Length", "Transfer-Encoding",
)  # fmt: skip


class Server:
    """`photoplanet serve` in a process of its own, started anew when it has died."""

    def __init__(self, work: Path, sets: base.Base, plugin: str):
        self._work, self._sets, self._plugin = work, sets, plugin
        self._log = work / "server.txt"
        self._process: subprocess.Popen[bytes] | None = None
        self._port, self._read = 0, 0
        self._paths: list[tuple[str, str, list[dict[str, Any]]]] = []

    def tried(self, seed: int) -> dict[str, Any]:
        """Send one request and say what came back."""
        chance = random.Random(f"request:{seed}")
        if self._process is None:
            self._start()
        assert self._process is not None
        sent, whole = request(chance, self._paths)
        started, queued = time.monotonic(), queue_seconds(self._process.pid)
        faults, status = [], 0
        try:
            answer = self._answer(sent, whole)
            found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
            status = int(found[1]) if found else 0
        except OSError as error:
            faults.append(f"no answer: {error}")
        seconds = time.monotonic() - started - (queue_seconds(self._process.pid) - queued)
        if status >= 500 or (whole and not status and not faults):
            faults.append(f"HTTP {status}: {answer[-300:]!r}")
        if seconds > trial.SECONDS:
            faults.append(f"slow: {seconds:.1f} s")
        peak = _peak(self._process.pid)
        if peak > trial.BYTES:
            faults.append(f"memory: {peak >> 20} MB")
        log = self._log.read_bytes()[self._read :]
        self._read += len(log)
        if b"Traceback" in log or trial.NOISE.search(log.decode("utf-8", "replace")):
            faults.append(f"the server printed: {log[-600:]!r}")
        if self._process.poll() is not None:
            faults.append(f"the server died: {self._process.returncode}")
        if faults:
            self.close()
        outcome = "read" if 200 <= status < 300 else "refused"
        return {"outcome": outcome, "seconds": round(seconds, 3), "peak": peak >> 20, "faults": faults,
                "commands": repr(sent[:300])}  # fmt: skip

    def close(self) -> None:
        """Stop the server."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()

    def _start(self) -> None:
        options = f"--port 0 --no-update --threads 2 --model {self._sets.model} --library {self._sets.library}"
        command = [sys.executable, "-m", "fuzzing.serving", self._plugin, "serve", *options.split()]
        self._read = 0
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not (found := re.search(rb"http://127\.0\.0\.1:(\d+)", self._log.read_bytes())):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"the server does not start: {self._log.read_text()}")
            time.sleep(0.05)
        self._port = int(found[1])
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/openapi.json") as answer:
            about = json.load(answer)
        self._paths = [
            (method.upper(), path, operation.get("parameters", []))
            for path, methods in about["paths"].items() for method, operation in methods.items()
        ]  # fmt: skip
        self._read = len(self._log.read_bytes())

    def _answer(self, sent: bytes, whole: bool) -> bytes:
        got, deadline = b"", time.monotonic() + 45
        with socket.create_connection(("127.0.0.1", self._port), 5) as connection:
            connection.settimeout(45)
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(sent)
                if not whole:  # a body that never comes would be waited for
                    connection.shutdown(socket.SHUT_WR)
            while time.monotonic() < deadline:
                if not select.select([connection], [], [], 1)[0]:
                    continue
                try:
                    piece = connection.recv(1 << 16)
                except ConnectionResetError:
                    piece = b""
                if not piece:
                    return got
                got += piece
        raise OSError("none within 45 s")


def request(random: random.Random, paths: list[tuple[str, str, list[dict[str, Any]]]]) -> tuple[bytes, bool]:
    """The bytes of a request, and whether it is well-formed HTTP."""
    if random.random() < 0.1:
        line = random.choice(STRANGE)
        return f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode(), True
    method, path, parameters = random.choice(paths)
    query = "&".join(
        f"{quote(each['name'])}={quote(_value(each, random).encode('utf-8', 'replace'))}"
        for each in parameters if random.random() < 0.4
    )  # fmt: skip
    headers = {"Host": "127.0.0.1", "Connection": "close"}
    body = b""
    if method == "POST":
        body, headers["Content-Type"] = _body(random)
        headers["Content-Length"] = str(len(body))
    if random.random() < 0.2:
        headers[random.choice(HEADERS)] = re.sub(r"[^\x20-\x7e]", "", mutations.word(random))[:2000]
    head = f"{method} {path}{'?' + query if query else ''} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    data = head.encode("latin-1", "replace") + b"\r\n" + body
    if random.random() < 0.25:
        return mutations.mutated(data, random), False
    return data, not {"Expect", "Transfer-Encoding"} & headers.keys() and headers.get("Content-Length", "0") in (
        "0",
        str(len(body)),
    )


def _value(parameter: dict[str, Any], random: random.Random) -> str:
    schema = parameter["schema"]
    if random.random() < 0.3:
        return mutations.word(random)[:3000]
    if "pattern" in schema:
        return random.choice(re.findall(r"[\w-]+", schema["pattern"]))
    kind = (schema.get("anyOf") or [schema])[0].get("type", "string")
    return {"integer": str(random.choice((1, 2, 5))), "number": "0.5", "boolean": random.choice(("true", "false"))}.get(
        kind, "0.jpg"
    )


def _body(random: random.Random) -> tuple[bytes, str]:
    def image() -> bytes:
        data = photos.photo(
            random, random.choice(photos.FORMATS), photos.exif_block(random) if random.random() < 0.5 else None
        )
        return mutations.mutated(data, random) if random.random() < 0.4 else data

    if random.random() < 0.4:
        return image(), random.choice(("image/jpeg", "application/octet-stream", "image/*", "text/plain"))
    parts = b""
    for _ in range(random.choice((0, 1, 1, 2, 5))):
        field, name, data = "photos", mutations.name(random), image()
        if random.random() < 0.15:
            field, (name, data) = (
                random.choice(("gpx", "track", "photos")),
                random.choice((documents.gpx, tracks.track))(random),
            )
        if random.random() < 0.05:
            field = mutations.word(random)[:50]
        plain = re.sub(r'[\r\n"\x00]', "_", name)
        disposition = f'form-data; name="{field}"; filename="{plain}"'
        parts += b"--b\r\nContent-Disposition: " + disposition.encode("utf-8", "replace") + b"\r\n\r\n" + data + b"\r\n"
    parts += b"--b--\r\n"
    return (mutations.mutated(parts, random) if random.random() < 0.2 else parts), "multipart/form-data; boundary=b"


def queue_seconds(pid: int) -> float:
    """Seconds that the threads of a process stood in the queue for a processor, the longest of them."""
    found = [0.0]
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError, ValueError, IndexError):
                found.append(int((thread / "schedstat").read_text().split()[1]) / 1e9)
    return max(found)


def _peak(pid: int) -> int:
    with suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) << 10 if found else 0
    return 0
