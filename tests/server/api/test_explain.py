"""POST /v1/explain: the parts of a photo that matter, and what is refused."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pictures import encoded
from PIL import Image

from photoplanet.explain import occlusion
from photoplanet.explain.occlusion import BATCH
from photoplanet.server.api.explain import FIRST, Slices
from photoplanet.server.limits import Limits


def photo():
    return encoded(Image.new("RGB", (20, 20), "red"))


def test_explain_names_the_parts_that_matter(connect, model, is_problem):
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:, :9, 0], pixels[:, 9:, 2] = 255, 255
    photo = encoded(Image.fromarray(pixels), "PNG")
    client = connect()
    found = client.post("/v1/explain?positions=5&map=true", content=photo).json()
    assert found["cell_is"] == "predicted" and found["supports"][0]["box"][0] == 0 and len(found["map"]) == 16
    heat = occlusion.occlude(model, photo, positions=5, box=0.2).heat
    assert np.asarray(found["map"]) == pytest.approx(heat, abs=1e-5) and 0 < heat.min() < heat.max() < 1
    true = client.post("/v1/explain?latitude=-33.87&longitude=151.21", content=photo).json()
    assert true["cell_is"] == "true" and true["supports"][0]["box"][2] > 0.5
    is_problem(client.post("/v1/explain?latitude=1", content=photo), 422, "together")
    is_problem(client.post("/v1/explain?latitude=0&longitude=0", content=photo), 404, "no cell of the model")
    is_problem(client.post("/v1/explain", files=[("a", ("a", photo))] * 2), 400, "one photo")


def test_a_photo_passes_through_the_network_between_the_batches_of_explanations(connect, model, monkeypatch):
    """Eighteen explanations of 101 runs each are inside; a photo that comes then waits for a slice or two."""
    sizes, real, gate = [], model.see, threading.Event()

    def watched(rows):
        if len(sizes) == 3:
            gate.wait(20)
        sizes.append(len(rows))
        return real(rows)

    monkeypatch.setattr(model, "see", watched)
    client = connect(Limits(rate=0))
    batcher = client.app.state.service.batcher
    with ThreadPoolExecutor(20) as pool:
        explained = [pool.submit(client.post, "/v1/explain?positions=10", content=photo()) for _ in range(18)]
        while batcher.ready < 17 or len(sizes) < 3:
            time.sleep(0.01)
        located = pool.submit(client.post, "/v1/locate", content=photo())
        while not batcher._ready:
            time.sleep(0.01)
        waiting = len(sizes)
        gate.set()
        assert located.result().status_code == 200
        assert {each.result().status_code for each in explained} == {200}
    assert 1 in sizes[waiting : waiting + 4]
    assert max(sizes) <= 20 and sum(sizes) == 18 * 101 + 1


def test_slices_are_as_long_as_others_may_wait():
    slices = Slices()
    assert slices.size() == FIRST
    for runs, seconds, following in ((4, 0.4, 1), (1, 0.05, 2), (2, 0.02, 10), (10, 0.001, BATCH), (BATCH, 9.0, 1)):
        slices.took(runs, seconds)
        assert slices.size() == following


def test_a_photo_is_answered_between_two_slices_of_an_explanation(connect, model, monkeypatch):
    """The explanation's second slice does not begin before the photo, which came during the first, is answered."""
    begun, answered, real, slices = threading.Event(), threading.Event(), model.see, []

    def watched(rows):
        if len(rows) > 1:
            slices.append(answered.is_set())
            begun.set()
            while len(slices) == 1 and not batcher._ready:
                time.sleep(0.001)
        return real(rows)

    monkeypatch.setattr(model, "see", watched)
    client = connect()
    batcher = client.app.state.service.batcher
    real_answer = batcher._predict
    monkeypatch.setattr(batcher, "_predict", lambda batch: (real_answer(batch), answered.set())[0])
    with ThreadPoolExecutor(2) as pool:
        explained = pool.submit(client.post, "/v1/explain?positions=10", content=photo())
        assert begun.wait(20)
        assert client.post("/v1/locate", content=photo()).status_code == 200
        assert explained.result().status_code == 200
    assert slices[:2] == [False, True] and len(slices) > 2


def test_an_explanation_costs_as_much_as_the_network_runs(connect, is_problem):
    client = connect(Limits(rate=100, waiting=30))
    client.app.state.service.rate_limit._clock = lambda: 0.0  # nothing is given back meanwhile
    assert client.post("/v1/explain?positions=5", content=photo()).status_code == 200  # 26 of 100
    for _ in range(74):
        assert client.post("/v1/locate", content=photo()).status_code == 200
    is_problem(client.post("/v1/locate", content=photo()), 429, "100 photos a minute")
    assert connect(Limits(waiting=3)).post("/v1/explain", content=photo()).status_code == 200, "alone it may come in"
