"""The application: what happens when the model is slow or faulty, and what it reports of itself."""

import threading

from pictures import encoded
from PIL import Image

from photoplanet.errors import ModelError
from photoplanet.server.limits import Limits

RED = (255, 0, 0)


def jpeg(colour=RED, size=(40, 30)):
    return encoded(Image.new("RGB", size, colour), quality=95)


def test_a_slow_answer_is_given_up_and_room_is_given_back(connect, model, monkeypatch, is_problem):
    client = connect(Limits(seconds=1))
    release = threading.Event()
    real = model.see
    monkeypatch.setattr(model, "see", lambda pixels: (release.wait(5), real(pixels))[1])
    is_problem(client.post("/v1/locate", content=jpeg()), 504, "not answered within")
    release.set()
    assert client.get("/healthz").json()["waiting"] == 0
    assert client.post("/v1/locate", content=jpeg()).status_code == 200


def test_a_fault_inside_says_nothing_of_what_is_inside_and_the_next_photo_is_answered(
    connect, model, monkeypatch, is_problem
):
    client = connect()
    with monkeypatch.context() as patch:
        patch.setattr(model, "see", lambda pixels: 1 / 0)
        response = client.post("/v1/locate", content=jpeg())
        assert is_problem(response, 500, "a fault") and "division" not in response.text
    assert client.post("/v1/locate", content=jpeg()).status_code == 200


def test_models_and_metrics_give_facts_and_no_names(connect):
    client = connect()
    client.post("/v1/locate", files=[("a", ("secret-name.jpg", jpeg())), ("b", ("b", b"no photo"))])
    client.get("/secret-path")
    assert client.get("/v1/models").json()["models"][0]["cells"] == 5
    text = client.get("/metrics").text
    assert 'photoplanet_photos_total{result="located"} 1.0' in text
    assert 'photoplanet_photos_total{result="unreadable"} 1.0' in text
    assert 'path="other",status="404"' in text and "secret" not in text
    assert 'photoplanet_requests_total{path="/v1/locate",status="200"} 1.0' in text
    assert client.get("/v1/locate").status_code == 405
    assert 'photoplanet_requests_total{path="/v1/locate",status="405"} 1.0' in client.get("/metrics").text


def test_metrics_count_what_waits_and_how_large_batches_are(connect, model, monkeypatch):
    client, seen, real = connect(), [], model.see
    monkeypatch.setattr(
        model, "see", lambda rows: (seen.append(client.app.state.service.metrics.text()), real(rows))[1]
    )
    assert client.post("/v1/locate", files=[("a", ("a.jpg", jpeg()))] * 3).json()["failed"] == 0
    assert b"photoplanet_photos_waiting 3.0" in seen[0]
    text = client.get("/metrics").text
    assert "photoplanet_photos_waiting 0.0" in text and "photoplanet_batch_photos_sum 3.0" in text


def test_health_says_how_many_photos_wait(connect, model, monkeypatch):
    client, inside, gate, real = connect(), threading.Event(), threading.Event(), model.see
    held = lambda rows: (inside.set(), gate.wait(20), real(rows))[2]  # noqa: E731
    monkeypatch.setattr(model, "see", held)
    two = {"files": [("a", ("a.jpg", jpeg()))] * 2}
    asking = threading.Thread(target=lambda: client.post("/v1/locate", **two))
    asking.start()
    assert inside.wait(20) and client.get("/healthz").json()["waiting"] == 2
    gate.set()
    asking.join()
    assert client.get("/healthz").json()["waiting"] == 0


def test_a_model_that_fails_is_not_the_clients_fault(connect, model, monkeypatch, is_problem):
    def fail(pixels):
        raise ModelError("/secret/model.onnx is broken")

    client = connect()
    monkeypatch.setattr(model, "see", fail)
    response = client.post("/v1/locate", content=jpeg())
    assert is_problem(response, 500, "the model cannot answer") and "secret" not in response.text
