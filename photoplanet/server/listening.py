"""What `serve` and `play` share: who may reach the server, and running it until Ctrl-C."""

import re
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from photoplanet.errors import InputError

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

MIN_TOKEN = 16  # characters
MOST_CONNECTIONS = 2000  # that wait for their clients
OTHER_FILES = 100  # that the process has open
BACKLOG = 1024  # connections that the operating system holds until they are accepted


def access(host: str, token: str | None, hosts: Sequence[str]) -> tuple[str | None, list[str] | None]:
    """Decide which token clients must send and by which host names they may call the server.

    A token is made up where others can reach `host` and none is given. `hosts`: further names of the server. Returns
    the token (None: none is needed) and the names (None: any). Raises InputError for a token that could be guessed or
    that an HTTP header cannot hold.

    >>> access("127.0.0.1", None, ["photos.example"])
    (None, ['localhost', '127.0.0.1', '[::1]', '::1', '127.0.0.1', 'photos.example'])
    """
    from photoplanet.server import security

    private = security.is_loopback(host)
    if token is not None and len(token) < MIN_TOKEN:
        raise InputError(
            f"--token must have {MIN_TOKEN} characters or more, so that it cannot be guessed; leave it out to get one"
        )
    if token is not None and not re.fullmatch("[A-Za-z0-9._~+/-]+=*", token):  # RFC 6750
        raise InputError("--token may hold letters, digits, and - . _ ~ + / only; leave it out to get one")
    if not private and token is None:
        token = secrets.token_urlsafe(24)
    return token, [*security.LOOPBACK_NAMES, host, *hosts] if private or hosts else None


def run(
    application: "ASGIApp", host: str, port: int, begin: Callable[[str], None], seconds: float = 30.0, busy: int = 100
) -> None:
    """Serve until Ctrl-C; `begin` gets the address once it can be connected to.

    `seconds`: for a request's body to arrive, and again for its answer; `busy`: requests that are worked on at a time,
    at most. Raises InputError where the address cannot be listened on.
    """
    listening = _listen(host, port)
    with suppress(KeyboardInterrupt), listening:  # uvicorn raises the signal again once it has stopped
        begin(f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}")
        bounded(application, seconds, busy).run(sockets=[listening])


def bounded(application: "ASGIApp", seconds: float, busy: int) -> "uvicorn.Server":
    """Uvicorn for an application, with bounds on connections (`server.connections`); see `run`."""
    import uvicorn

    from photoplanet.server.connections import Connections

    connections: Any = Connections(_room(busy), seconds)  # uvicorn wants a class, and only calls it
    config = uvicorn.Config(
        application, http=connections, ws="none", lifespan="on", log_level="warning", access_log=False,
        server_header=False, timeout_graceful_shutdown=int(seconds) + 1,
    )  # fmt: skip
    return uvicorn.Server(config)


def _room(busy: int) -> int:
    """How many connections may wait for their clients: what the system lets a process open, less what it needs."""
    try:
        import resource
    except ImportError:  # Windows, where uvicorn's loop holds 500
        return 400
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + busy + OTHER_FILES
    if 0 <= soft < wanted:
        soft = wanted if hard < 0 else min(wanted, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_CONNECTIONS if soft < 0 else max(10, min(MOST_CONNECTIONS, soft - min(busy, soft // 2) - OTHER_FILES))


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket: what connects from now on waits until the server runs."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]  # the address stands before it
        raise InputError(f"cannot listen on {host}, port {port} ({reason}); --port and --host choose another") from None
