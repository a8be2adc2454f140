"""Photos out of a request: bounded while they arrive, and never on disk."""

import asyncio

import numpy as np
import pytest
from pictures import encoded
from PIL import Image

from photoplanet.server.app import create_app
from photoplanet.server.limits import Limits

RED = (255, 0, 0)
FORM = "multipart/form-data"


def jpeg(colour=RED, size=(40, 30)):
    return encoded(Image.new("RGB", size, colour), quality=95)


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
        ({}, {"content": jpeg(), "headers": {"content-type": "text/plain"}}, 415, "send a photo's bytes"),
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


def test_an_upload_that_never_ends_is_cut_off(model, call):
    """A body that goes on for ever is refused once it is too large, without being kept."""
    app = create_app(model, Limits(photo_bytes=10_000))
    taken = []

    async def receive():
        taken.append(1)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    sent = asyncio.run(call(app, receive))
    assert sent[0]["status"] == 413 and len(taken) <= 15


def test_an_upload_that_dawdles_is_cut_off(model, call):
    async def receive():
        await asyncio.sleep(60)

    sent = asyncio.run(call(create_app(model, Limits(seconds=0.05)), receive))
    assert sent[0]["status"] == 408


def test_what_is_around_photos_in_a_form_is_bounded_too(connect, is_problem):
    empty = b'--x\r\nContent-Disposition: form-data; name="a"; filename=""\r\n\r\n\r\n'
    form = {"content-type": f"{FORM}; boundary=x"}
    client = connect(Limits(photos=2))
    is_problem(client.post("/v1/locate", content=empty * 45 + b"--x--\r\n", headers=form), 400, "parts in one")
    is_problem(client.post("/v1/locate", content=empty * 44 + b"--x--\r\n", headers=form), 400, "no photo")
    long = b'--x\r\nContent-Disposition: form-data; name="' + b"a" * 100_000
    is_problem(client.post("/v1/locate", content=long, headers=form), 400, "header")


def test_no_upload_is_written_to_disk(connect, monkeypatch):
    """Large enough that the usual form parser would put it into a temporary file."""
    import tempfile

    def refuse(*arguments, **options):
        raise AssertionError("a temporary file was made")

    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8)
    photo = encoded(Image.fromarray(noise), "PNG")
    assert len(photo) > 2 << 20
    assert connect().post("/v1/locate", files={"a": ("a.png", photo)}).status_code == 200


def form(*parts, boundary=b"x"):
    """A multipart body of (name, filename or None, content) each, and its headers."""
    body = b""
    for name, filename, content in parts:
        file = b"" if filename is None else b'; filename="%s"' % filename
        body += b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (boundary, name, file, content)
    return {
        "content": body + b"--%s--\r\n" % boundary,
        "headers": {"content-type": f"{FORM}; boundary={boundary.decode()}"},
    }


def test_a_photo_of_just_the_bytes_that_are_allowed_is_taken(connect, is_problem):
    size = len(jpeg())
    for most, status in ((size, 200), (size - 1, 413)):
        client = connect(Limits(photo_bytes=most))
        assert client.post("/v1/locate", content=jpeg()).status_code == status
        assert client.post("/v1/locate", **form((b"a", b"a.jpg", jpeg()))).status_code == status


def test_a_request_of_just_the_bytes_that_are_allowed_is_taken(connect):
    sent = form((b"a", b"a.jpg", jpeg()))
    size = len(sent["content"])
    assert connect(Limits(request_bytes=size)).post("/v1/locate", **sent).status_code == 200
    assert connect(Limits(request_bytes=size - 1)).post("/v1/locate", **sent).status_code == 413


@pytest.mark.parametrize(
    ("kind", "length", "status"), [("image/jpeg", "10001", 413), (f"{FORM}; boundary=x", "20001", 413),
                                   ("image/jpeg", "many", 400)],
)  # fmt: skip
def test_what_declares_itself_too_large_is_refused_before_any_of_it_is_read(model, call, kind, length, status):
    async def receive():
        raise AssertionError("the body was read")

    app = create_app(model, Limits(photo_bytes=10_000, request_bytes=20_000))
    assert asyncio.run(call(app, receive, kind=kind, content_length=length))[0]["status"] == status


def test_twenty_form_fields_of_ten_thousand_bytes_may_stand_beside_the_photos(connect, is_problem):
    client, photo = connect(), (b"a", b"a.jpg", jpeg())
    full = [(b"note", None, b"x" * 10_000)] * 20
    assert client.post("/v1/locate", **form(photo, *full)).status_code == 200
    is_problem(client.post("/v1/locate", **form(photo, *full, (b"n", None, b""))), 400, "more than 20 form fields")
    is_problem(client.post("/v1/locate", **form(photo, (b"n", None, b"x" * 10_001))), 413, "a form field")


def test_names_are_cut_off_at_two_hundred_characters(connect):
    client = connect()
    for sent in ({"content": jpeg(), "params": {"name": "n" * 201}}, form((b"a", b"n" * 201, jpeg()))):
        assert client.post("/v1/locate", **sent).json()["photos"][0]["file"] == "n" * 200


def test_a_boundary_has_two_hundred_bytes_at_most(connect, is_problem):
    client, photo = connect(), (b"a", b"a.jpg", jpeg())
    assert client.post("/v1/locate", **form(photo, boundary=b"b" * 200)).status_code == 200
    is_problem(client.post("/v1/locate", **form(photo, boundary=b"b" * 201)), 400, "boundary")


def test_a_form_that_ends_too_early_is_refused(connect, is_problem):
    sent = form((b"a", b"a.jpg", jpeg()))
    sent["content"] = sent["content"].removesuffix(b"--\r\n")
    is_problem(connect().post("/v1/locate", **sent), 400, "too early")


def test_the_rate_counts_photos_and_not_requests(connect, is_problem):
    client = connect(Limits(rate=3))
    two = {"files": [("a", ("a.jpg", jpeg()))] * 2}
    assert client.post("/v1/locate", **two).status_code == 200
    is_problem(client.post("/v1/locate", **two), 429, "more than 3 photos a minute")
