"""Raw bytes against a real server: every head, body and answer is bounded, and whoever dawdles holds up nobody."""

import json
import re
import socket
import threading
import time
from contextlib import ExitStack, closing, contextmanager

import pytest
from pictures import encoded
from PIL import Image

from photoplanet.server import connections, listening
from photoplanet.server.app import create_app
from photoplanet.server.limits import Limits

HOST = b"Host: 127.0.0.1\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
PHOTO = encoded(Image.new("RGB", (20, 20), "red"))


@pytest.fixture
def serving(model, monkeypatch):
    """A function: `serving(limits, most)` → the port of a real server; so many connections may wait for clients."""
    stops = ExitStack()

    @contextmanager
    def run(limits, most):
        monkeypatch.setattr(listening, "_room", lambda busy: most)
        server = listening.bounded(create_app(model, limits), limits.seconds, limits.waiting)
        with socket.create_server(("127.0.0.1", 0)) as accepting:
            thread = threading.Thread(target=lambda: server.run(sockets=[accepting]))
            thread.start()
            try:
                while not server.started:
                    time.sleep(0.01)
                yield accepting.getsockname()[1]
            finally:
                server.should_exit = True
                thread.join(20)
                assert not thread.is_alive()

    def start(limits=None, most=100):
        return stops.enter_context(run(limits or Limits(), most))

    start.stop = stops.close
    yield start
    stops.close()


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def everything(connection):
    """What the server says until it closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def ask(port, *pieces, pause=0.0):
    """What the server answers to these bytes, until it closes."""
    with closing(connected(port)) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
        except ConnectionError:
            pass
        return everything(connection)


def status(answer):
    """The status of an answer, whose body must be a problem where it is none of success."""
    head, _, body = answer.partition(b"\r\n\r\n")
    found = int(re.match(rb"HTTP/1\.1 (\d+) ", head).group(1))
    if found >= 400:
        assert b"content-type: application/problem+json" in head and b"x-content-type-options: nosniff" in head.lower()
        assert json.loads(body)["status"] == found
    return found


def post(body, *headers):
    lines = [b"POST /v1/locate HTTP/1.1", b"Host: 127.0.0.1", b"Connection: close", *headers, b"", b""]
    return b"\r\n".join(lines) + body


LENGTH = b"Content-Length: %d" % len(PHOTO)
CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = b"".join(
    b"%x\r\n%s\r\n" % (len(PHOTO[at : at + 100]), PHOTO[at : at + 100]) for at in range(0, len(PHOTO), 100)
)
BAD = {
    "a head of 1 MB": (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n", 431),
    "a head of 1 MB without an end": (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 1_000_000, 431),
    "a head of many headers": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 5000 + b"\r\n", 431),
    "a name without an end": (b"GET / HTTP/1.1\r\n" + b"a" * 1_000_000, 431),
    "an address of 1 MB": (b"GET /?" + b"a" * 1_000_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431),
    "trailers of 1 MB": (post(b"0\r\n" + b"X: a\r\n" * 200_000 + b"\r\n", CHUNKED), 431),
    "a trailer without an end": (post(b"0\r\nX: " + b"a" * 1_000_000, CHUNKED), 431),
    "a chunk's extension without an end": (post(b"1;" + b"a" * 1_000_000, CHUNKED), 431),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50), 400),
    "junk": (bytes(range(256)) * 4, 400),
    "no address": (b"GET  HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "an address that is none": (b"GET http://[ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "CONNECT": (b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a length that is no number": (post(b"", b"Content-Length: x"), 400),
    "a negative length": (post(b"", b"Content-Length: -1"), 400),
    "two lengths": (post(b"", b"Content-Length: 1", b"Content-Length: 2"), 400),
    "a length and chunks": (post(b"0\r\n\r\n", b"Content-Length: 3", CHUNKED), 400),
    "a chunk whose size is none": (post(b"zz\r\n", CHUNKED), 400),
    "a null byte in a header": (b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 400),
    "a space before the colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "a length beyond the limit": (post(b"", b"Content-Length: 99999999999999"), 413),
    "a host that is not ours": (b"GET / HTTP/1.1\r\nConnection: close\r\nHost: evil.example\r\n\r\n", 200),
    "nowhere": (b"GET /%ff%00/../x HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n", 404),
    "a method that is not taken": (b"DELETE /v1/locate HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n", 405),
    "OPTIONS": (b"OPTIONS /v1/locate HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n", 405),
    "headers that are not UTF-8": (post(PHOTO, LENGTH, b"X: \xff\xfe", b"Content-Type: \xe9\xff; a=\xff"), 200),
    "a query that is not UTF-8": (post(PHOTO, LENGTH).replace(b"/locate", b"/locate?name=%ff%fe\xff&top=2"), 400),
}


@pytest.mark.parametrize("name", BAD)
def test_whatever_comes_is_answered_or_refused_in_words(serving, name, capfd, caplog):
    data, wanted = BAD[name]
    port = serving()
    answer = ask(port, data)
    assert status(answer) == wanted
    assert status(ask(port, HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))) == 200
    assert capfd.readouterr().err == "" and not caplog.records


@pytest.mark.parametrize("size", [60_000, 70_000])
def test_a_head_has_64_kb(serving, size):
    data = b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + HOST + b"X: " + b"a" * size + b"\r\n\r\n"
    for pieces in ([data], [data[:30_000], data[30_000:]]):
        assert status(ask(serving(), *pieces, pause=0.05)) == (200 if size < 65_536 else 431)


def test_bodies_in_chunks_after_a_question_and_byte_by_byte_are_read(serving):
    port = serving()
    assert status(ask(port, post(CHUNKS + b"0\r\n\r\n", CHUNKED))) == 200
    assert status(ask(port, post(CHUNKS + b"0\r\nX: a trailer\r\n\r\n", CHUNKED))) == 200
    single = b"".join(b"1;a=b\r\n%c\r\n" % byte for byte in PHOTO) + b"0\r\n\r\n"
    assert status(ask(port, post(single, CHUNKED))) == 200
    answer = ask(port, post(b"", LENGTH, b"Expect: 100-continue"), PHOTO, pause=0.1)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\n") and status(answer.partition(b"\r\n\r\n")[2]) == 200


def test_who_asks_for_another_protocol_gets_this_one(serving):
    port = serving()
    wanted = b"Connection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n"
    assert status(ask(port, HEALTH[:-2] + wanted)) == 200
    assert status(ask(port, post(PHOTO, LENGTH, b"Connection: Upgrade", b"Upgrade: websocket"))) == 400


def test_requests_that_come_together_are_answered_in_order(serving):
    last = HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answer = ask(serving(), HEALTH * 20 + last.replace(b"/healthz", b"/nowhere"))
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200"] * 20 + [b"404"]


def test_head_has_the_headers_of_get(serving):
    answer = ask(serving(), HEALTH.replace(b"GET", b"HEAD").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert status(answer) == 200 and answer.endswith(b"\r\n\r\n") and b"content-type: application/json" in answer


def test_a_head_that_drips_is_cut_off(serving, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    port = serving()
    for first in (b"", HEALTH):  # at once, and after a request
        answer = ask(port, first, b"GET /", *[b"a"] * 12, pause=0.1)
        assert status(answer[answer.rfind(b"HTTP/1.1 ") :]) == 408
    assert ask(port) == b"", "who says nothing is told nothing"


def test_a_body_that_drips_is_cut_off_also_where_nobody_reads_it(serving, monkeypatch):
    monkeypatch.setattr(connections, "CLOSE_SECONDS", 0.3)
    port = serving(Limits(seconds=0.7))
    assert status(ask(port, post(b"", b"Content-Length: 1000"), *[b"x"] * 15, pause=0.1)) == 408
    start = time.monotonic()
    with closing(connected(port)) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nContent-Length: 1000\r\n" + HOST + b"\r\n")
        with pytest.raises(ConnectionError):
            while time.monotonic() - start < 20:
                connection.sendall(b"x")
                time.sleep(0.05)


def test_as_many_as_may_wait_do_not_keep_others_out(serving):
    """Of 60 that dawdle, 30 may stay; others are served at once, and also the one that has just begun."""
    port = serving(most=30)
    slow = [connected(port) for _ in range(60)]
    for each, begun in zip(slow, [b"", b"GET / HT", HEALTH[:-2], post(b"x", b"Content-Length: 9")] * 15, strict=True):
        each.sendall(begun)
    assert status(ask(port, HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))) == 200
    assert status(ask(port, post(PHOTO, LENGTH))) == 200
    kept = 0
    for each in slow:
        each.settimeout(0.05)
        try:
            each.recv(1)
        except TimeoutError:
            kept += 1
        except ConnectionError:
            pass
        each.close()
    assert 20 <= kept <= 30


def test_the_address_with_the_most_connections_loses_one_first():
    class One:
        def __init__(self, address):
            self.address, self.transport, self.ended = address, self, False

        def abort(self):
            self.ended = True

    several = connections.Connections(3, 1.0)
    lone, others = One("192.0.2.1"), [One("192.0.2.2") for _ in range(4)]
    for each in (lone, *others):
        several.waits(each)
    assert [each.ended for each in (lone, *others)] == [False, True, True, False, False] and several.count == 3
    several.goes_on(lone)
    several.goes_on(lone)
    assert several.count == 2


def test_a_server_that_stops_waits_for_no_request_that_is_not_there_yet(serving):
    port = serving()
    begun = (b"", b"GET / HT", HEALTH, post(b"x", b"Content-Length: 9000"), b"junk\r\n\r\n")
    slow = [connected(port) for _ in begun]
    for each, data in zip(slow, begun, strict=True):
        each.sendall(data)
    assert status(ask(port, post(PHOTO, LENGTH))) == 200
    serving.stop()  # which checks that it ends
    for each in slow:
        each.close()
