"""Errors as RFC 9457 problem+json: what went wrong, and what to do, in one object."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from photoplanet.errors import InputError, PhotoplanetError
from photoplanet.photos import decode

MEDIA_TYPE = "application/problem+json"
_ADVICE = {
    404: "no such path; /openapi.json lists those there are",
    405: "this path takes another method; see /openapi.json",
}
_NAMELESS = f"{decode.source_name(b'')}: "  # what errors call a photo that came as bytes


class ProblemDetails(TypedDict):
    """Why a request was refused or failed (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class Problem(Exception):
    """An answer other than success. `detail`: one line for people; `headers`: such as Retry-After."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None):
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def details(status: int, detail: str) -> ProblemDetails:
    """The problem as plain values.

    >>> details(503, "busy")
    {'type': 'about:blank', 'title': 'Service Unavailable', 'status': 503, 'detail': 'busy'}
    """
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}


def response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as a response."""
    return JSONResponse(details(status, detail), status, headers, media_type=MEDIA_TYPE)


def invalid(error: ValidationError, field: str = "") -> Problem:
    """Status 422 with the first fault that was found in the parameters, the body, or a form's field of a request."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, [*([field] if field else []), *first["loc"]])) or "body"
    return Problem(422, f"{where}: {first['msg'].removeprefix('Value error, ')}")


def reason(error: Exception, photo: str = "") -> str:
    """An error's words, with `photo` in place of the name that stands for a photo's bytes.

    >>> reason(InputError("photo bytes: the file is empty"), "the photo: ")
    'the photo: the file is empty'
    """
    text = str(error)
    return photo + text.removeprefix(_NAMELESS) if text.startswith(_NAMELESS) else text


async def _problem(request: Request, error: Problem) -> Response:
    return response(error.status, error.detail, error.headers)


async def _http(request: Request, error: HTTPException) -> Response:
    words = _ADVICE.get(error.status_code, error.detail)
    return response(error.status_code, words, error.headers)


async def _refused(request: Request, error: InputError) -> Response:
    return response(400, reason(error, "the photo: "))


async def _broken(request: Request, error: PhotoplanetError) -> Response:
    return response(500, "the model cannot answer; see the server's log")


# For Starlette: what the server, Starlette and the library raise. `metrics.MetricsMiddleware` answers for faults.
HANDLERS: dict[Any, Any] = {
    Problem: _problem,
    HTTPException: _http,
    InputError: _refused,
    PhotoplanetError: _broken,
}
