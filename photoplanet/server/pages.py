"""The web pages: files of the package, served as they are, under a policy that lets them load no others."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from photoplanet.earth import coast
from photoplanet.server import problems

PACKAGE = Path(__file__).parents[1]
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
# Pages load nothing from elsewhere, run no script but their own files, and nobody may frame them.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


def folder(url: str, path: str) -> dict[str, str]:
    """What a folder of the package holds, as routes below `url`."""
    files = sorted(file for file in (PACKAGE / path).iterdir() if file.suffix in TYPES)
    return {f"{url}/{file.name}": f"{path}/{file.name}" for file in files}


# address → file of the package
ROUTES = {
    "/": "server/page/page.html",
    **folder("/page", "server/page"),
    **folder("/map", "show/map"),
    "/map/land.json": "earth/land.json",
}


def routes(files: Mapping[str, str] = ROUTES) -> list[Route]:
    """Routes to the files, read once, now, and to the finer ground of maps.

    `Guard` asks for no token: they hold nothing private.
    """
    listed = [Route(url, _File(url, PACKAGE / path), methods=["GET"]) for url, path in files.items()]
    return [*listed, Route("/map/coast/{piece:int}", _coast, methods=["GET"])]


async def _coast(request: Request) -> Response:
    """One piece of the finer ground: earth/coast.py says what its bytes are."""
    try:
        content = coast.piece(request.path_params["piece"])
    except IndexError:
        return problems.response(404, f"the finer ground has pieces 0 to {coast.COLUMNS * coast.ROWS - 1}")
    return _fresh(request.headers, content, "application/octet-stream")


def _fresh(asked: Headers, content: bytes, kind: str) -> Response:
    """The content, or that it has not changed since it was asked for."""
    headers = {
        "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        "Cache-Control": "no-cache",  # ask each time whether it has changed: an upgrade shows at once
        "Content-Security-Policy": POLICY,
    }
    if headers["ETag"] in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=kind)


class _File:
    """An ASGI application that sends one file."""

    def __init__(self, url: str, file: Path):
        self.path, self._content, self._type = url, file.read_bytes(), TYPES[file.suffix]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _fresh(Headers(scope=scope), self._content, self._type)(scope, receive, send)
