"""The web pages: files of the package, served as they are, under a policy that lets them load no others."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from fastapi import FastAPI, Request, Response

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


def add(app: FastAPI, routes: Mapping[str, str] = ROUTES) -> None:
    """Let `app` serve the files of `routes`, read once, now. `Guard` asks for no token: they hold nothing private."""
    for url, path in routes.items():
        app.add_api_route(url, _sender(PACKAGE / path), methods=["GET", "HEAD"], include_in_schema=False)


def _sender(path: Path) -> Callable[[Request], Awaitable[Response]]:
    content = path.read_bytes()
    headers = {
        "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        "Cache-Control": "no-cache",  # ask each time whether it has changed: an upgrade shows at once
        "Content-Security-Policy": POLICY,
    }

    async def send(request: Request) -> Response:
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=TYPES[path.suffix])

    return send
