"""What the tests of the server share: the tiny model, a running application, and what a problem looks like."""

import pytest
from fastapi.testclient import TestClient

import photoplanet as pp
from photoplanet.server.app import create_app


@pytest.fixture(scope="session")
def model(tiny_model):
    return pp.load(tiny_model)


@pytest.fixture
def connect(model):
    """A function: `connect(limits, **options)` → a client of a running application."""
    clients = []

    def start(limits=None, **options):
        client = TestClient(create_app(model, limits, **options), raise_server_exceptions=False)
        clients.append(client.__enter__())
        return client

    yield start
    for client in clients:
        client.__exit__(None, None, None)


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
