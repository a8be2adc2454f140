"""Back-pressure: what is inside is counted, refused beyond the bound, and given back whatever happens."""

import asyncio
import threading
import time

import pytest
from pictures import encoded
from PIL import Image

from photoplanet.explain import occlusion
from photoplanet.server.admission import Admission
from photoplanet.server.app import create_app
from photoplanet.server.limits import Limits
from photoplanet.server.problems import Problem


def test_as_many_photos_as_may_wait_get_in_and_not_one_more():
    admission = Admission(Limits(waiting=3))
    with admission.admit(2), admission.admit(1):
        assert admission.photos == 3
        with pytest.raises(Problem, match="3 photos are waiting") as full, admission.admit(1):
            pass
        assert full.value.status == 503 and full.value.headers == {"Retry-After": "2"}
    assert admission.photos == 0
    with pytest.raises(Problem), admission.admit(4):
        pass


def test_as_many_bytes_as_there_is_memory_for_are_held_and_not_one_more():
    admission = Admission(Limits(memory_bytes=100))
    with admission.memory() as first, admission.memory() as second:
        first(60)
        with pytest.raises(Problem, match="memory") as full:
            second(41)
        assert full.value.status == 503
        second(40)
        assert admission.bytes == 100
    assert admission.bytes == 0


def test_whatever_happens_inside_everything_is_given_back_and_reported():
    reported = []
    admission = Admission(Limits(), reported.append)
    with pytest.raises(ValueError), admission.admit(5), admission.memory() as reserve:
        reserve(7)
        raise ValueError
    assert admission.photos == admission.bytes == 0 and reported == [5, 0]


def photo():
    return encoded(Image.new("RGB", (20, 20), "red"))


def test_an_album_that_takes_too_long_makes_room_for_others_and_is_not_continued(
    connect, model, monkeypatch, is_problem
):
    """The network holds until the client has its answer, 504; of the other photos not a batch more is begun."""
    sizes, gate, real = [], threading.Event(), model.see
    held = lambda rows: (gate.wait(20), sizes.append(len(rows)), real(rows))[2]  # noqa: E731
    monkeypatch.setattr(model, "see", held)
    client = connect(Limits(seconds=2))
    files = [("photos", (f"{n}.jpg", photo())) for n in range(150)]
    is_problem(client.post("/v1/album", files=files), 504, "not answered within")
    assert client.get("/healthz").json()["waiting"] == client.app.state.service.admission.bytes == 0
    gate.set()
    assert client.post("/v1/album", files=files[:2]).json()["failed"] == 0
    assert sum(sizes) <= 32 + 2


def test_an_explanation_that_nobody_waits_for_is_broken_off(connect, model, monkeypatch, is_problem):
    batches, real = [], model.see
    monkeypatch.setattr(model, "see", lambda rows: (time.sleep(0.1), batches.append(1), real(rows))[2])
    monkeypatch.setattr(occlusion, "BATCH", 4)
    client = connect(Limits(seconds=1.5))
    is_problem(client.post("/v1/explain?positions=16&box=0.05", content=photo()), 504, "not answered within")
    assert client.post("/v1/locate", content=photo()).status_code == 200
    whole = len(batches)
    assert whole <= 30  # of 1 + 16² / 4, and the photo after it
    time.sleep(0.3)
    assert len(batches) == whole


def test_one_photo_with_too_many_pixels_is_refused_before_it_is_decoded(connect, is_problem):
    client = connect(Limits(photo_pixels=399))
    for path in ("/v1/explain", "/v1/locate"):
        is_problem(client.post(path, content=photo()), 400, "20 × 20 pixels")


def test_slow_senders_hold_up_nobody_and_their_bytes_are_bounded(model, call):
    """Twenty bodies that dawdle fill the memory; further requests get 503, until the time of those runs out."""
    app = create_app(model, Limits(seconds=0.5, memory_bytes=20_000))

    async def ask(pieces, body):
        left = list(pieces)

        async def receive():
            if left:
                return {"type": "http.request", "body": left.pop(0), "more_body": body is None or bool(left)}
            await asyncio.sleep(60)

        return (await call(app, receive))[0]["status"]

    async def all_of():
        async with app.router.lifespan_context(app):
            slow = [asyncio.create_task(ask([b"x" * 990], None)) for _ in range(20)]
            await asyncio.sleep(0.1)
            full = await ask([photo()], "whole")
            late = await asyncio.gather(*slow)
            return full, late, await ask([photo()], "whole"), app.state.service.admission.bytes

    full, late, after, held = asyncio.run(all_of())
    assert full == 503 and late == [408] * 20 and after == 200 and held == 0


def test_stopping_waits_for_what_is_under_way(model, monkeypatch):
    """An album is inside when the server is stopped: it is answered, and only then are the threads ended."""
    gate, real = threading.Event(), model.see
    monkeypatch.setattr(model, "see", lambda rows: (gate.wait(10), real(rows))[1])

    async def all_of():
        app = create_app(model)
        service = app.state.service
        async with app.router.lifespan_context(app):

            async def album():
                with service.admission.admit(3):
                    return await asyncio.gather(*(service.batcher.see(photo()) for _ in range(3)))

            under_way = asyncio.create_task(album())
            await asyncio.sleep(0.05)
            stopping = asyncio.create_task(service.stop())
            await asyncio.sleep(0.1)
            assert not stopping.done() and not under_way.done()
            gate.set()
            seen = await under_way
            await stopping
            service.stop = lambda: asyncio.sleep(0)
            return seen

    assert len(asyncio.run(all_of())) == 3
