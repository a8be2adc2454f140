"""How an API describes itself in /openapi.json: written from its endpoints and the types of their answers."""

import inspect
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from starlette.requests import Request
from starlette.routing import Route

from photoplanet import __version__
from photoplanet.server import problems
from photoplanet.server.endpoint import JSON, Endpoint
from photoplanet.server.problems import ProblemDetails

PATH = "/openapi.json"
REFERENCE = "#/components/schemas/{model}"
WORDS = {
    400: "No usable photo, or a host name that is not this server's",
    401: "No token, or a wrong one",
    403: "Another web site may not call",
    404: "There is no such thing here",
    408: "The request arrives too slowly",
    409: "Not now: the photo was guessed already, or the round is not finished",
    413: "Too large, or too many photos",
    415: "Not the type of body that is taken here",
    422: "A parameter is out of range",
    429: "Too many photos a minute from this address; Retry-After says when to come back",
    431: "A head that is too large: long parameters, many headers",
    500: "A fault inside",
    503: "Busy; Retry-After says when to come back",
    504: "Not answered in time",
}
TOGETHER = "together"  # of a query's model: name → parameters that are given all or not at all
OPEN = (400, 403, 431, 500)  # what any request may be answered with
READ = (400, 401, 403, 422, 431, 500)
UPLOAD = (400, 401, 403, 408, 413, 415, 422, 429, 431, 500, 503, 504)


_FILE = {"type": "string", "format": "binary"}


def photos_body(most: int | None = None, **parts: dict[str, Any]) -> dict[str, Any]:
    """A request body: one photo's bytes, or `most` files as multipart/form-data; `parts`: other fields' schemas."""
    photos = files(most) | {"minItems": 1}
    form = {"type": "object", "required": ["photos"], "properties": {"photos": photos, **parts}}
    return _body({"multipart/form-data": {"schema": form}, "image/*": {"schema": _FILE | {"minLength": 1}}})


def files(most: int | None = None, description: str | None = None) -> dict[str, Any]:
    """The schema of files in one field of a form, at most `most`."""
    made: dict[str, Any] = {"type": "array", "items": _FILE}
    return made | ({"maxItems": most} if most else {}) | ({"description": description} if description else {})


def json_body(kind: type[BaseModel]) -> dict[str, Any]:
    """A request body: a JSON object that `kind` accepts."""
    return _body({JSON: {"schema": kind.model_json_schema()}})


def route(title: str, description: str, endpoints: Sequence[Endpoint]) -> Route:
    """The path /openapi.json; the document is made when it is first asked for."""

    @cache
    def made() -> dict[str, Any]:
        return document(title, description, endpoints)

    async def openapi(request: Request) -> dict[str, Any]:
        return made()

    return Endpoint("GET", PATH, openapi, "This description").route()


def document(title: str, description: str, endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The OpenAPI 3.1 description of `endpoints`."""
    types = {str(number): TypeAdapter(endpoint.answer) for number, endpoint in enumerate(endpoints)}
    types["problem"] = TypeAdapter(ProblemDetails)
    schemas, definitions = TypeAdapter.json_schemas(
        [(name, "serialization", kind) for name, kind in types.items()], ref_template=REFERENCE
    )
    problem = schemas["problem", "serialization"]
    paths: dict[str, dict[str, Any]] = {}
    for number, endpoint in enumerate(endpoints):
        operation = _operation(endpoint, schemas[str(number), "serialization"], problem)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "description": description, "version": __version__},
        "paths": paths,
        "components": {"schemas": definitions["$defs"]},
    }


def _operation(endpoint: Endpoint, answer: dict[str, Any], problem: dict[str, Any]) -> dict[str, Any]:
    name = re.sub(r"\W", "_", f"{endpoint.work.__name__}{endpoint.path}_{endpoint.method.lower()}")
    content = {"schema": answer} | ({} if endpoint.example is None else {"example": endpoint.example})
    media_type = endpoint.media_type.partition(";")[0]
    refused = {
        str(status): {
            "description": WORDS[status],
            "content": {
                problems.MEDIA_TYPE: {"schema": problem, "example": problems.details(status, WORDS[status])},
            },
        }
        for status in endpoint.refusals
    }
    found = {
        "summary": endpoint.summary,
        "description": inspect.cleandoc(endpoint.work.__doc__ or endpoint.summary),
        "operationId": name,
        "parameters": [*_path_parameters(endpoint.path), *_query_parameters(endpoint.query)],
        "responses": {"200": {"description": "Success", "content": {media_type: content}}, **refused},
    }
    return found if endpoint.body is None else found | {"requestBody": endpoint.body}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    text = {"type": "string"}
    return [{"name": name, "in": "path", "required": True, "schema": text} for name in re.findall(r"{(\w+)}", path)]


def _query_parameters(query: type[BaseModel] | None) -> list[dict[str, Any]]:
    """The parameters; those that are given all or not at all are, to OpenAPI, the properties of one object."""
    whole = {} if query is None else query.model_json_schema()
    schemas = dict(whole.get("properties", {}))
    found = []
    for name, parts in whole.get(TOGETHER, {}).items():
        properties = {part: _given(schemas.pop(part)) for part in parts}
        together = {"type": "object", "properties": properties, "required": parts}
        found.append({"name": name, "in": "query", "style": "form", "explode": True, "required": False,
                      "schema": together})  # fmt: skip
    for name, schema in reversed(schemas.items()):
        about = {key: schema.pop(key) for key in ("description",) if key in schema}
        required = name in whole.get("required", ())
        found.append({"name": name, "in": "query", **about, "required": required, "schema": _given(schema)})
    return found[::-1]


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that is there: a query string holds no null."""
    kinds: list[dict[str, Any]] = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds) != 1:
        return schema
    return kinds[0] | {key: value for key, value in schema.items() if key not in ("anyOf", "default")}


def _body(content: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": content}
