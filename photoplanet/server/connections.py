"""Connections to the server: heads have a size and a deadline, bodies and answers a deadline, all together a number.

Uvicorn's protocol reads heads of any size, waits for them for ever, and refuses everybody while connections wait that
send nothing. Here whoever keeps the server waiting longest makes room for those who come.
"""

import asyncio
import json
from collections import OrderedDict
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from photoplanet.server import problems
from photoplanet.server.security import HEADERS

MAX_HEAD = 65_536  # bytes of a request's first line and headers; and of what stands between and after chunks
MAX_HEADERS = 200
WAKING = 16_384  # bytes of a body for which whoever reads it is woken
HEAD_SECONDS = 10.0  # for the head to arrive
CLOSE_SECONDS = 5.0  # for the last answer to be taken
_FIELDS = b"".join(f"{name}: {value}\r\n".encode() for name, value in HEADERS.items())


class Connections:
    """The connections of one server; uvicorn makes a `Connection` of each by calling this.

    `most`: connections that wait for their client; where there are more, the address that has the most of them loses
    the one that waits longest. `seconds`: for a body to arrive once its head is there, and for an answer to be taken.
    """

    def __init__(self, most: int, seconds: float):
        self.most, self.seconds = most, seconds
        self._waiting: dict[str, OrderedDict[Connection, None]] = {}
        self.count = 0

    def __call__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], **more: Any
    ) -> "Connection":
        """Make a connection, as uvicorn asks for it."""
        return Connection(self, config, server_state, app_state, **more)

    def waits(self, connection: "Connection") -> None:
        """From now on it is the client's turn."""
        self.goes_on(connection)
        self._waiting.setdefault(connection.address, OrderedDict())[connection] = None
        self.count += 1
        if self.count > self.most:
            most = max(self._waiting, key=lambda address: len(self._waiting[address]))
            longest = next(iter(self._waiting[most]))
            self.goes_on(longest)
            longest.transport.abort()

    def goes_on(self, connection: "Connection") -> None:
        """It is the server's turn, or the connection has ended."""
        of_address = self._waiting.get(connection.address)
        if of_address is not None and connection in of_address:
            del of_address[connection]
            self.count -= 1
            if not of_address:
                del self._waiting[connection.address]


class Connection(HttpToolsProtocol):
    """One connection; uvicorn's, with bounds. What cannot be read is answered with problem+json, and not logged."""

    def __init__(
        self, all_of: Connections, config: Config, server_state: ServerState, app_state: dict[str, Any], **more: Any
    ):
        super().__init__(config, server_state, app_state, **more)
        self._all, self.address = all_of, ""
        self._timer: asyncio.TimerHandle | None = None
        self._begun = self._in_head = self._refused = (
            False  # a request has begun; its head is not complete; the last answer
        )
        self._head = self._silent = 0  # bytes of the head, and those since the parser last found something

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self._all.waits(self)
        self._within(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._within(None)
        self._all.goes_on(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, within the bounds."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        if not self._begun:
            self._begun = self._in_head = True
            self._within(HEAD_SECONDS)
        self._silent += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # to what is not spoken here: the request itself has been read
        except httptools.HttpParserError:
            too_large = self._head > MAX_HEAD or len(self.headers or ()) > MAX_HEADERS
            self.refuse(431 if too_large else 400, _TOO_LARGE if too_large else _NOT_HTTP)
            return
        if self._silent > MAX_HEAD:
            self.refuse(431, _TOO_LARGE)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._begun = self._in_head = True
        self._head = self._silent = 0
        if self._timer is None:
            self._within(HEAD_SECONDS)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        self._grow(len(name) + len(value) + 4)
        if len(self.headers) >= MAX_HEADERS:
            self._head = MAX_HEAD + 1
            raise ValueError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there: its body follows."""
        body = any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
        if self.parser.get_http_version() not in ("1.0", "1.1") or (body and self.parser.should_upgrade()):
            raise ValueError  # the parser passes it on; it takes the body of what asks for an upgrade as something else
        self._in_head, self._silent = False, 0
        self._within(self._all.seconds + 1)  # whoever reads the body answers before that
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body; small ones are collected, so that a body that drips wakes nobody for each byte."""
        self._silent = 0
        if self.cycle.response_complete or len(self.cycle.body) + len(body) >= WAKING:
            super().on_body(body)
        else:
            self.cycle.body += body  # `on_message_complete` wakes for the last

    def on_message_complete(self) -> None:
        """The request is there: it is the server's turn."""
        self._begun, self._silent = False, 0
        self._within(None)
        super().on_message_complete()
        if self.cycle is not None and not self.cycle.response_complete:
            self._all.goes_on(self)

    def on_response_complete(self) -> None:
        """The answer is out: it is the client's turn again."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._all.waits(self)
        else:
            self._within(CLOSE_SECONDS)

    def pause_writing(self) -> None:
        """The client does not take its answer."""
        super().pause_writing()
        self._all.waits(self)
        self._within(self._all.seconds)

    def resume_writing(self) -> None:
        """The client takes it again."""
        super().resume_writing()
        self._all.goes_on(self)
        self._within(self._all.seconds if self._begun else None)

    def shutdown(self) -> None:
        """The server stops: requests that are here are answered, others are not waited for."""
        if self._refused:
            self.transport.abort()
        elif self._begun and self.cycle is not None and not self.cycle.response_complete:
            self.refuse(503, "the server stops")
            self.transport.close()
        else:
            super().shutdown()

    def refuse(self, status: int, detail: str) -> None:
        """Answer with a problem, where no answer has begun, and close."""
        self._refused = True
        if not self.transport.is_closing():
            started = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
            if not started:
                body = json.dumps(problems.details(status, detail)).encode()
                size = b"content-type: %s\r\ncontent-length: %d\r\n" % (problems.MEDIA_TYPE.encode(), len(body))
                self.transport.write(STATUS_LINE[status] + _FIELDS + size + b"connection: close\r\n\r\n" + body)
            if self.cycle is not None and not self.cycle.response_complete:
                self.cycle.disconnected = True  # its work ends without an answer
                self.cycle.message_event.set()
            if started or not self.transport.can_write_eof():
                self.transport.close()
            else:
                self.transport.write_eof()  # and read on until the client closes: else it might not see the answer
        self._within(CLOSE_SECONDS)

    def _grow(self, size: int) -> None:
        self._head += size
        if self._head > MAX_HEAD:
            raise ValueError  # the parser passes it on

    def _within(self, seconds: float | None) -> None:
        """Set the only deadline that the client has; None: it has none."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        self._timer = None
        if self._refused or not self._begun or self.transport.is_closing():
            self.transport.abort()
        elif self._in_head:
            self.refuse(408, f"the request's head did not arrive within {HEAD_SECONDS:g} s")
        else:
            self.refuse(408, f"the request did not arrive within {self._all.seconds:g} s")


_NOT_HTTP = "not an HTTP/1.1 request that can be read; one with a body cannot ask for an upgrade"
_TOO_LARGE = f"the request's first line and headers are more than {MAX_HEAD:,} bytes or {MAX_HEADERS} headers"
