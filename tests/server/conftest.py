"""What the tests of the server share: the tiny model, and a client that holds every answer against /openapi.json."""

import json
import re

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

import photoplanet as pp
from photoplanet.server.app import create_app


class CheckedClient(TestClient):
    """A test client that fails on an answer which the application's own /openapi.json does not describe."""

    document = None

    def request(self, method, url, **options):
        response = super().request(method, url, **options)
        if self.document is None:
            self.document = super().request("GET", "/openapi.json", headers=welcome(self.app)).json()
        check(self.document, method, response)
        return response


def welcome(app):
    """Headers that an application with a token, or with host names of its own, wants."""
    guard = next(each.kwargs for each in app.user_middleware if "token" in each.kwargs)
    host = {"host": guard["hosts"][0]} if guard.get("hosts") else {}
    return host | {"authorization": f"Bearer {guard['token']}"}


def check(document, method, response):
    """Fail where an answer is not what the document says of its path; what is not described is passed over."""
    path = response.request.url.path
    described = [each for each in document["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each), path)]
    operation = document["paths"][described[0]].get(method.lower()) if described else None
    if operation is None:
        return
    assert str(response.status_code) in operation["responses"], f"{path} may not answer {response.status_code}"
    content = operation["responses"][str(response.status_code)]["content"]
    kind = response.headers["content-type"].partition(";")[0]
    assert kind in content, f"{path} may not answer with {kind}"
    if kind.endswith("json"):
        validate(document, content[kind]["schema"], response.json())


def validate(document, schema, answer):
    """Fail where an answer lacks a key, or has one that the schema does not name, or a value out of its bounds."""
    whole = json.loads(json.dumps({**schema, "components": document["components"]}), object_hook=closed)
    Draft202012Validator.check_schema(whole)
    Draft202012Validator(whole).validate(answer)


def closed(schema):
    """The schema of an object, closed against keys that it does not name."""
    return {"additionalProperties": False, **schema} if {"properties", "type"} <= set(schema) else schema


@pytest.fixture(scope="session")
def validated():
    """The function `validate(document, schema, answer)`."""
    return validate


@pytest.fixture(scope="session")
def model(tiny_model):
    return pp.load(tiny_model, signs=False, clock=False)


@pytest.fixture
def running():
    """A function: `running(application)` → a client of it that checks answers; stopped after the test."""
    clients = []

    def start(application):
        client = CheckedClient(application, raise_server_exceptions=False)
        clients.append(client.__enter__())
        return client

    yield start
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def connect(model, running):
    """A function: `connect(limits, **options)` → a client of a running application."""
    return lambda limits=None, **options: running(create_app(model, limits, **options))


@pytest.fixture
def is_problem():
    """A function: `is_problem(response, status, words)` is True, or fails."""

    def check(response, status, words):
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.json()["status"] == status and words in response.json()["detail"], response.text
        return True

    return check


@pytest.fixture(scope="session")
def call():
    """A coroutine function that makes a request, whose body is what `receive` gives, and returns the messages sent."""

    async def ask(app, receive, path="/v1/locate", kind="image/jpeg", **headers):
        sent = []

        async def send(message):
            sent.append(message)

        named = {"host": "x", "content-type": kind} | {key.replace("_", "-"): value for key, value in headers.items()}
        scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
                 "query_string": b"", "headers": [(key.encode(), value.encode()) for key, value in named.items()],
                 "scheme": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}  # fmt: skip
        await app(scope, receive, send)
        return sent

    return ask
