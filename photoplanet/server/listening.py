"""What `serve` and `play` share: who may reach the server, and running it until Ctrl-C."""

import re
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from photoplanet.errors import InputError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

MIN_TOKEN = 16  # characters
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


def run(application: "ASGIApp", host: str, port: int, begin: Callable[[str], None], **settings: Any) -> None:
    """Serve until Ctrl-C; `begin` gets the address once it can be connected to. `settings`: more for uvicorn.

    Raises InputError where the address cannot be listened on.
    """
    import uvicorn

    config = uvicorn.Config(
        application, log_level="warning", access_log=False, server_header=False, lifespan="on", **settings
    )
    listening = _listen(host, port)
    with suppress(KeyboardInterrupt), listening:  # uvicorn raises the signal again once it has stopped
        begin(f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}")
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket: what connects from now on waits until the server runs."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]  # the address stands before it
        raise InputError(f"cannot listen on {host}, port {port} ({reason}); --port and --host choose another") from None
