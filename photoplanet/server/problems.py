"""Errors as RFC 9457 problem+json: what went wrong, and what to do, in one object."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
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


def add(app: FastAPI) -> None:
    """Let `app` answer every error of its own and of Starlette as problem+json; `metrics.Timed` answers for faults."""

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        return response(error.status, error.detail, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return response(422, f"{'.'.join(map(str, first['loc'][1:]))}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return response(error.status_code, str(error.detail), dict(error.headers or {}))
