"""Errors as RFC 9457 problem+json: what went wrong, and what to do, in one object."""

from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse


class Problem(Exception):
    """An answer other than success. `detail`: one line for people; `headers`: such as Retry-After."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None):
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers or {}


def response(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The problem as a response."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return JSONResponse(content, status, headers, media_type="application/problem+json")
