"""One path of an API: the annotations of its function check the query and describe both in /openapi.json."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from photoplanet.server import problems

JSON = "application/json"


class Endpoint:
    """An ASGI application for one path and method.

    `work(request, query)` answers, or `work(request)` where there is nothing to choose. The annotation of `query` is a
    pydantic model, against which the query string is checked (422). The annotation of what `work` returns is a
    TypedDict, sent as JSON, or bytes, sent as `media_type`. What is sent is not checked again: mypy checks what `work`
    builds, and the tests check answers against /openapi.json. The docstring of `work` is the description.

    `body`: the request body in OpenAPI's terms; `refusals`: the statuses of problems; `example`: an answer.
    """

    def __init__(
        self,
        method: str,
        path: str,
        work: Callable[..., Awaitable[Any]],
        summary: str,
        *,
        body: dict[str, Any] | None = None,
        refusals: tuple[int, ...] = (),
        media_type: str = JSON,
        example: Any = None,
    ):
        self.method, self.path, self.work, self.summary = method, path, work, summary
        self.body, self.refusals, self.media_type, self.example = body, refusals, media_type, example
        hints = get_type_hints(work, include_extras=True)
        self.query: type[BaseModel] | None = hints.get("query")
        self.answer: Any = hints["return"]
        self._nothing: BaseModel | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        if self.query is None:
            found = await self.work(request)
        else:
            found = await self.work(request, self._asked(request))
        is_json = self.media_type == JSON
        response = _Json(found) if is_json else Response(found, media_type=self.media_type)
        await response(scope, receive, send)

    def _asked(self, request: Request) -> BaseModel:
        """What the query string asks for; what nothing is asked of is worked out once."""
        assert self.query is not None
        if request.scope["query_string"]:
            return _checked(self.query, request)
        self._nothing = self._nothing or _checked(self.query, request)
        return self._nothing

    def route(self) -> Route:
        """The path for Starlette."""
        return Route(self.path, self, methods=[self.method])


class _Json(JSONResponse):
    """JSON in which halves of surrogate pairs, which names of files may hold, become question marks."""

    def render(self, content: Any) -> bytes:
        """The bytes of the answer."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def _checked(query: type[BaseModel], request: Request) -> BaseModel:
    """What the query string asks for; unknown parameters are ignored."""
    given = request.query_params
    several = {name for name, field in query.model_fields.items() if get_origin(field.annotation) is list}
    if twice := next(
        (name for name in query.model_fields if name not in several and len(given.getlist(name)) > 1), None
    ):
        raise problems.Problem(422, f"{twice}: given twice")
    try:
        return query.model_validate(dict(given) | {name: given.getlist(name) for name in several})
    except ValidationError as error:
        raise problems.invalid(error) from None
