import asyncio
import io
import threading

import numpy as np
import pytest
from PIL import Image

from photoplanet.locate.answers import AnswerOptions, record
from photoplanet.locate.prediction import REGION_SHARES
from photoplanet.server.app import create_app
from photoplanet.server.limits import Limits

RED, GREEN = (255, 0, 0), (0, 255, 0)
FORM = "multipart/form-data"


def jpeg(colour=RED, size=(40, 30)):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def test_raw_bytes_and_multipart_give_what_the_library_gives(connect, model):
    client = connect()
    expected = record("a.jpg", model.locate(jpeg(GREEN)), AnswerOptions(5))
    raw = client.post("/v1/locate?name=a.jpg", content=jpeg(GREEN), headers={"content-type": "image/jpeg"})
    assert raw.status_code == 200 and raw.json()["photos"] == [expected] and raw.json()["model"] == "tiny"
    files = [("photos", ("a.jpg", jpeg(GREEN))), ("photos", ("bad.jpg", b"no photo")), ("other", ("b.jpg", jpeg(RED)))]
    many = client.post("/v1/locate", files=files, data={"note": "x"}).json()
    assert many["photos"][0] == expected and many["failed"] == 1
    assert [photo["file"] for photo in many["photos"]] == ["a.jpg", "bad.jpg", "b.jpg"]
    assert "error" in many["photos"][1] and many["photos"][2]["best"]["country_code"] == "FR"


def test_options_are_those_of_locate(connect, is_problem):
    client = connect()
    found = client.post("/v1/locate?top=2&region=0.5&precision=street&geojson=true", content=jpeg()).json()["photos"][0]
    assert len(found["top"]) == 2 and found["best"]["latitude"] == pytest.approx(48.86, abs=0.01)
    assert {feature["geometry"]["type"] for feature in found["geojson"]["features"]} == {"Point", "Polygon"}
    shares = client.post("/v1/locate?region=0.9&regions=true", content=jpeg()).json()["photos"][0]
    assert {"share": 0.9, **shares["region"]} in shares["regions"]
    assert [each["share"] for each in shares["regions"]] == list(REGION_SHARES)
    is_problem(client.post("/v1/locate?precision=house", content=jpeg()), 422, "precision")
    is_problem(client.post("/v1/locate?top=0", content=jpeg()), 422, "top")


def test_of_a_parameter_given_twice_the_last_counts_and_unknown_ones_are_ignored(connect):
    found = connect().post("/v1/locate?top=1&top=2&nonsense=3", content=jpeg()).json()["photos"][0]
    assert len(found["top"]) == 2


def test_many_clients_at_once_get_their_own_answers(connect):
    client = connect()
    answers = {}

    def ask(number):
        colour = (RED, GREEN)[number % 2]
        answers[number] = client.post("/v1/locate", content=jpeg(colour)).json()["photos"][0]["best"]["country_code"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: ("FR", "BR")[number % 2] for number in range(24)}


@pytest.mark.parametrize(
    ("limits", "send", "status", "words"),
    [
        ({"photo_bytes": 500}, {"content": jpeg()}, 413, "larger than 500 bytes"),
        ({"photo_bytes": 500}, {"files": [("a", ("a.jpg", jpeg()))]}, 413, "larger than 500 bytes"),
        ({"request_bytes": 900}, {"files": [("a", ("a.jpg", jpeg())), ("b", ("b.jpg", jpeg()))]}, 413, "the request"),
        ({"photos": 1}, {"files": [("a", ("a.jpg", jpeg())), ("b", ("b.jpg", jpeg()))]}, 413, "more than 1 photos"),
        ({"photo_pixels": 100}, {"content": jpeg()}, 400, "pixels"),
        ({}, {"content": b""}, 400, "no photo"),
        ({}, {"data": {"field": "only"}}, 400, "not a JPEG"),
        ({}, {"files": {"field": (None, "only")}}, 400, "no photo"),
        ({}, {"content": b"not a photo"}, 400, "not a JPEG"),
        ({}, {"json": {"photo": "x"}}, 415, "send a photo's bytes"),
        ({}, {"content": b"--x\r\nbroken", "headers": {"content-type": f"{FORM}; boundary=x"}}, 400, "multipart"),
        ({}, {"content": b"", "headers": {"content-type": FORM}}, 400, "boundary"),
        ({"waiting": 1}, {"files": [("a", ("a.jpg", jpeg())), ("b", ("b.jpg", jpeg()))]}, 503, "busy"),
        ({"rate": 1}, {"files": [("a", ("a.jpg", jpeg()))] * 2}, 200, ""),
    ],
)  # fmt: skip
def test_bounds_are_held(connect, limits, send, status, words, is_problem):
    client = connect(Limits(**limits))
    response = client.post("/v1/locate", **send)
    assert response.status_code == 200 if status == 200 else is_problem(response, status, words)
    assert client.get("/healthz").json()["waiting"] == 0
    if limits.get("rate"):
        again = client.post("/v1/locate", **send)
        assert is_problem(again, 429, "photos a minute") and int(again.headers["retry-after"]) >= 1
    elif not limits:
        assert client.post("/v1/locate", content=jpeg()).status_code == 200


def test_an_upload_that_never_ends_is_cut_off(model):
    """A body that goes on for ever is refused once it is too large, without being kept."""
    app = create_app(model, Limits(photo_bytes=10_000))
    taken = []

    async def receive():
        taken.append(1)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    sent = asyncio.run(_ask(app, receive))
    assert sent[0]["status"] == 413 and len(taken) <= 15


def test_an_upload_that_dawdles_is_cut_off(model):
    async def receive():
        await asyncio.sleep(60)

    sent = asyncio.run(_ask(create_app(model, Limits(seconds=0.05)), receive))
    assert sent[0]["status"] == 408


async def _ask(app, receive):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/v1/locate", "raw_path": b"/v1/locate",
             "query_string": b"", "headers": [(b"host", b"x"), (b"content-type", b"image/jpeg")], "scheme": "http",
             "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}  # fmt: skip
    await app(scope, receive, send)
    return sent


def test_a_slow_answer_is_given_up_and_room_is_given_back(connect, model, monkeypatch, is_problem):
    client = connect(Limits(seconds=1))
    release = threading.Event()
    real = model.log_probabilities
    monkeypatch.setattr(model, "log_probabilities", lambda pixels: (release.wait(5), real(pixels))[1])
    is_problem(client.post("/v1/locate", content=jpeg()), 504, "not answered within")
    release.set()
    assert client.get("/healthz").json()["waiting"] == 0
    assert client.post("/v1/locate", content=jpeg()).status_code == 200


def test_a_fault_inside_says_nothing_of_what_is_inside_and_the_next_photo_is_answered(
    connect, model, monkeypatch, is_problem
):
    client = connect()
    with monkeypatch.context() as patch:
        patch.setattr(model, "log_probabilities", lambda pixels: 1 / 0)
        response = client.post("/v1/locate", content=jpeg())
        assert is_problem(response, 500, "a fault") and "division" not in response.text
    assert client.post("/v1/locate", content=jpeg()).status_code == 200


def test_who_may_ask(connect, is_problem):
    client = connect(token="a-token-of-some-length", hosts=["testserver"], origins=["https://friend.example"])
    assert client.get("/healthz").status_code == 200
    is_problem(client.post("/v1/locate", content=jpeg()), 401, "Bearer")
    is_problem(client.post("/v1/locate", content=jpeg(), headers={"authorization": "Bearer wrong"}), 401, "Bearer")
    is_problem(client.get("/metrics"), 401, "Bearer")
    good = {"authorization": "Bearer a-token-of-some-length"}
    assert client.post("/v1/locate", content=jpeg(), headers=good).status_code == 200
    is_problem(client.get("/healthz", headers={"host": "evil.example"}), 400, "evil.example")
    is_problem(
        client.post("/v1/locate", content=jpeg(), headers=good | {"origin": "https://evil.example"}), 403, "web site"
    )
    friend = client.post("/v1/locate", content=jpeg(), headers=good | {"origin": "https://friend.example"})
    assert friend.status_code == 200 and friend.headers["access-control-allow-origin"] == "https://friend.example"
    before = client.options("/v1/locate", headers={"origin": "https://friend.example"})
    assert before.status_code == 204 and "Authorization" in before.headers["access-control-allow-headers"]
    own = client.post("/v1/locate", content=jpeg(), headers=good | {"origin": "http://testserver"})
    assert own.status_code == 200 and "access-control-allow-origin" not in own.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pictures_and_scripts_of_other_sites_are_refused_and_links_are_not(connect, is_problem, site):
    client, headers = connect(), {"sec-fetch-site": site}  # no Origin: browsers send none with <img> and <script>
    for path in ("/v1/models", "/v1/similar/thumbnail?photo_id=x", "/metrics"):
        is_problem(client.get(path, headers=headers), 403, "web site")
    assert client.get("/", headers=headers).status_code == 200
    assert client.get("/v1/models", headers={"sec-fetch-site": "same-origin"}).status_code == 200


def test_what_is_around_photos_in_a_form_is_bounded_too(connect, is_problem):
    empty = b'--x\r\nContent-Disposition: form-data; name="a"; filename=""\r\n\r\n\r\n'
    form = {"content-type": f"{FORM}; boundary=x"}
    client = connect(Limits(photos=2))
    is_problem(client.post("/v1/locate", content=empty * 1000 + b"--x--\r\n", headers=form), 400, "parts in one")
    is_problem(client.post("/v1/locate", content=empty * 40 + b"--x--\r\n", headers=form), 400, "no photo")
    long = b'--x\r\nContent-Disposition: form-data; name="' + b"a" * 100_000
    is_problem(client.post("/v1/locate", content=long, headers=form), 400, "header")


def test_every_answer_carries_the_security_headers(connect, is_problem):
    client = connect()
    for response in (client.get("/healthz"), client.get("/absent"), client.post("/v1/locate", content=b"x")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store" and "access-control-allow-origin" not in response.headers
    is_problem(client.get("/absent"), 404, "Not Found")
    is_problem(client.get("/v1/locate"), 405, "Method")


def test_explain_names_the_parts_that_matter(connect, is_problem):
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:, :9, 0], pixels[:, 9:, 2] = 255, 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    client = connect()
    found = client.post("/v1/explain?positions=5&map=true", content=buffer.getvalue()).json()
    assert found["cell_is"] == "predicted" and found["supports"][0]["box"][0] == 0 and len(found["map"]) == 16
    true = client.post("/v1/explain?latitude=-33.87&longitude=151.21", content=buffer.getvalue()).json()
    assert true["cell_is"] == "true" and true["supports"][0]["box"][2] > 0.5
    is_problem(client.post("/v1/explain?latitude=1", content=buffer.getvalue()), 400, "together")
    is_problem(client.post("/v1/explain?latitude=0&longitude=0", content=buffer.getvalue()), 400, "outside every cell")
    is_problem(client.post("/v1/explain", files=[("a", ("a", jpeg()))] * 2), 400, "one photo")


def test_models_and_metrics_tell_facts_and_no_names(connect):
    client = connect()
    client.post("/v1/locate", files=[("a", ("secret-name.jpg", jpeg())), ("b", ("b", b"no photo"))])
    client.get("/secret-path")
    assert client.get("/v1/models").json()["models"][0]["cells"] == 5
    text = client.get("/metrics").text
    assert 'photoplanet_photos_total{result="located"} 1.0' in text
    assert 'photoplanet_photos_total{result="unreadable"} 1.0' in text
    assert 'path="other",status="404"' in text and "secret" not in text


def test_openapi_describes_every_path_and_nothing_is_loaded_from_elsewhere(connect):
    client = connect()
    described = client.get("/openapi.json").json()
    assert {"/v1/locate", "/v1/explain", "/v1/models", "/healthz", "/metrics"} <= set(described["paths"])
    assert "multipart/form-data" in described["paths"]["/v1/locate"]["post"]["requestBody"]["content"]
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404


def test_no_upload_is_written_to_disk(connect, monkeypatch):
    """Large enough that the usual form parser would put it into a temporary file."""
    import tempfile

    def refuse(*arguments, **options):
        raise AssertionError("a temporary file was made")

    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    assert len(buffer.getvalue()) > 2 << 20
    assert connect().post("/v1/locate", files={"a": ("a.png", buffer.getvalue())}).status_code == 200
