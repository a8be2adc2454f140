"""Who may ask: token, host names, origins; and headers that keep a browser from being used against its user."""

import hmac
import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from photoplanet.server import problems

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1")
# An answer is data, and a browser led to it must not make anything else of it; pages have a policy of their own.
CONTENT_POLICY = "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
PREFLIGHT = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Authorization, Content-Type"}
OTHER_SITE = "another web site may not use this server; --allow-origin permits one"
PUBLIC = ("/healthz",)  # with no token


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` can be reached from this machine only.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware: refuses requests that are not allowed (400, 401, 403), adds security headers to every answer.

    `hosts`: accepted Host names (None: any), so that a web site whose name leads here cannot read answers (DNS
    rebinding). `origins`: web sites that may call besides our own page; all others are refused before the work, not
    only kept from reading. `token`: then asked for in `Authorization: Bearer`, except by the page's files.
    """

    def __init__(self, app: ASGIApp, token: str | None, hosts: Sequence[str] | None, origins: Sequence[str] = ()):
        self.app, self.token, self.hosts, self.origins = app, token, hosts, tuple(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        allowed = origin if origin in self.origins else None

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message.get("headers", ())}
                message["headers"] = [*message.get("headers", ()), *(each for each in _RAW if each[0] not in own)]
                if allowed:
                    out = MutableHeaders(scope=message)
                    out["Access-Control-Allow-Origin"] = allowed
                    out["Vary"] = "Origin"
                    out["Cross-Origin-Resource-Policy"] = "cross-origin"
            await send(message)

        refused = self._refusal(scope, headers, origin)
        if refused:
            await refused(scope, receive, answer)
        elif allowed and scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=PREFLIGHT)(scope, receive, answer)
        else:
            await self.app(scope, receive, answer)

    def _refusal(self, scope: Scope, headers: Headers, origin: str | None) -> Response | None:
        host = headers.get("host", "")
        if self.hosts is not None and _name(host) not in self.hosts:
            return problems.response(400, f"this server does not answer to the host name {_name(host)[:100]!r}")
        if origin is not None and origin not in self.origins and origin.partition("://")[2] != host:
            return problems.response(403, OTHER_SITE)
        path = scope["path"]
        page = scope["method"] in ("GET", "HEAD") and not path.startswith(("/v1/", "/metrics", "/openapi"))
        # An <img> of another site sends no Origin, and this instead; a link to a page is welcome.
        if origin is None and not page and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return problems.response(403, OTHER_SITE)
        if self.token is None or path in PUBLIC or page or (origin in self.origins and scope["method"] == "OPTIONS"):
            return None
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self.token.encode()):
            return None
        words = "send the token that the server printed when it started: Authorization: Bearer TOKEN"
        return problems.response(401, words, {"WWW-Authenticate": "Bearer"})


def _name(host: str) -> str:
    """A Host header without its port."""
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
