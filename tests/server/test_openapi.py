"""/openapi.json: written from the endpoints, so that it says what they do; other tests hold every answer against it."""

import pytest
from jsonschema import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from photoplanet.server.endpoint import Endpoint

PATHS = {
    "/v1/locate": "post", "/v1/album": "post", "/v1/read": "post", "/v1/explain": "post", "/v1/similar": "post",
    "/v1/similar/thumbnail": "get", "/v1/models": "get", "/v1/areas": "get", "/healthz": "get", "/metrics": "get",
}  # fmt: skip
TAKES_PHOTOS = ["/v1/locate", "/v1/album", "/v1/read", "/v1/explain", "/v1/similar"]


@pytest.fixture
def document(connect):
    return connect().get("/openapi.json").json()


def test_it_describes_every_path(document):
    assert {path: next(iter(methods)) for path, methods in document["paths"].items()} == PATHS
    for path, method in PATHS.items():
        operation = document["paths"][path][method]
        assert operation["summary"] and operation["description"] and "200" in operation["responses"]
    assert len({document["paths"][path][method]["operationId"] for path, method in PATHS.items()}) == len(PATHS)
    assert document["info"]["title"] == "photoplanet" and document["openapi"] == "3.1.0"


@pytest.mark.parametrize("path", TAKES_PHOTOS)
def test_photos_are_taken_as_the_body_or_as_a_form_and_may_be_refused(document, path):
    operation = document["paths"][path]["post"]
    assert set(operation["requestBody"]["content"]) == {"multipart/form-data", "image/*"}
    assert {"400", "401", "403", "408", "413", "415", "422", "429", "500", "503", "504"} <= set(operation["responses"])
    assert {"in": "query", "name": "name", "required": False}.items() <= operation["parameters"][0].items()


def test_parameters_have_their_bounds_defaults_and_words(document):
    parameters = {each["name"]: each for each in document["paths"]["/v1/locate"]["post"]["parameters"]}
    top = parameters["top"]
    assert (top["schema"]["minimum"], top["schema"]["maximum"], top["schema"]["default"]) == (1, 100, 5)
    assert top["description"] and not top["required"]
    assert parameters["precision"]["schema"]["pattern"] == "^(auto|street|city|region|country)$"
    (photo_id,) = document["paths"]["/v1/similar/thumbnail"]["get"]["parameters"]
    assert photo_id["required"] and photo_id["in"] == "query"
    album = {each["name"]: each["schema"] for each in document["paths"]["/v1/album"]["post"]["parameters"]}
    assert album["top"]["default"] == 1 and album["gap_hours"]["default"] == 72


def test_examples_are_what_the_schemas_say(document, validated):
    checked = 0
    for methods in document["paths"].values():
        for operation in methods.values():
            for response in operation["responses"].values():
                for content in response["content"].values():
                    if "example" in content:
                        validated(document, content["schema"], content["example"])
                        checked += 1
    assert checked > 60


@pytest.mark.parametrize("spoil", [{"more": 1}, {"failed": -1}, {"failed": "0"}, {"world": "moon"}, {"photos": [{}]}])
def test_an_answer_with_another_key_or_value_is_noticed(document, validated, spoil):
    content = document["paths"]["/v1/locate"]["post"]["responses"]["200"]["content"]["application/json"]
    with pytest.raises(ValidationError):
        validated(document, content["schema"], content["example"] | spoil)


def test_nothing_is_loaded_from_elsewhere_to_show_it(connect):
    client = connect()
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404


def test_a_name_that_is_not_unicode_is_no_fault():
    async def work(request: Request) -> dict[str, str]:
        return {"photo_id": "caf\udce9.jpg", "place": "Zürich"}

    app = Starlette(routes=[Endpoint("GET", "/v1/odd", work, "A name").route()])
    assert TestClient(app).get("/v1/odd").content == '{"photo_id":"caf?.jpg","place":"Zürich"}'.encode()
