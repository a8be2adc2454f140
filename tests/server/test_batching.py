"""The batcher: clients are served together, each gets its own answer, and those that have gone are passed over."""

import asyncio
import io
import threading

import numpy as np
import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.photos import decoding_cost
from photoplanet.server.batching import Batcher
from photoplanet.server.first_look import looking
from photoplanet.server.limits import Limits


def jpeg(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), colour).save(buffer, "PNG")
    return buffer.getvalue()


RED, GREEN = jpeg((255, 0, 0)), jpeg((0, 255, 0))


@pytest.fixture
def batches(model, monkeypatch):
    """The sizes of the batches that came to the network, and an event that lets them through."""
    sizes, gate, real = [], threading.Event(), model.see
    gate.set()

    def watched(pixels):
        sizes.append(len(pixels))
        gate.wait(10)
        return real(pixels)

    monkeypatch.setattr(model, "see", watched)
    return sizes, gate


def run(model, work):
    """Run `work(batcher)` with a batcher that is stopped afterwards."""

    async def inside():
        batcher = Batcher(model, looking(model.info.preprocessing, Limits().photo_pixels))
        batcher.start()
        try:
            return await asyncio.wait_for(work(batcher), 20)
        finally:
            await batcher.stop()

    return asyncio.run(inside())


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


def test_what_waits_goes_through_together_and_everybody_gets_their_own(model, batches):
    sizes, gate = batches

    async def work(batcher):
        gate.clear()
        first = asyncio.create_task(batcher.see(RED))
        await until(lambda: sizes)
        others = [asyncio.create_task(batcher.see((RED, GREEN)[n % 2])) for n in range(40)]
        await until(lambda: batcher.ready == 40)
        gate.set()
        return await asyncio.gather(first, *others)

    rows = run(model, work)
    assert sizes == [1, 32, 8]
    for number, (log_probabilities, embedding, _) in enumerate(rows[1:]):
        assert embedding == pytest.approx(((1, 0, 0), (0, 1, 0))[number % 2], abs=0.02)
        assert np.exp(log_probabilities).sum() == pytest.approx(1, abs=1e-5)


def test_photos_whose_clients_have_gone_are_passed_over(model, batches):
    sizes, gate = batches

    async def work(batcher):
        gate.clear()
        kept = asyncio.create_task(batcher.see(RED))
        await until(lambda: sizes)
        gone = [asyncio.create_task(batcher.see(GREEN)) for _ in range(100)]
        await asyncio.sleep(0.05)
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        gate.set()
        await kept
        return await batcher.see(GREEN)

    run(model, work)
    assert sizes == [1, 1]  # the kept one and the last


def test_other_work_takes_its_turn_between_batches_and_its_errors_are_its_own(model, batches):
    async def work(batcher):
        seen, power, failed, bad = await asyncio.gather(
            batcher.see(RED), batcher.run(lambda: pow(2, 10)), batcher.run(lambda: 1 / 0), batcher.see(b"no photo"),
            return_exceptions=True,
        )  # fmt: skip
        return seen, power, failed, bad, await batcher.locate(RED, lambda found, own: found.best.near.country_code)

    seen, power, failed, bad, country = run(model, work)
    assert len(seen) == 3 and power == 1024 and country == "FR"
    assert isinstance(failed, ZeroDivisionError) and isinstance(bad, InputError)


def test_an_error_in_finishing_is_of_that_photo_only(model, batches):
    sizes, gate = batches

    async def work(batcher):
        gate.clear()
        tasks = [
            batcher.locate(RED, lambda found, own: 1 / 0),
            batcher.locate(RED, lambda found, own: found.best.near.country),
        ]
        first = asyncio.create_task(batcher.see(GREEN))
        await until(lambda: sizes)
        waiting = asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: batcher.ready == 2)
        gate.set()
        await first
        return await waiting

    bad, good = run(model, work)
    assert sizes == [1, 2] and isinstance(bad, ZeroDivisionError) and good == "France"


def test_photos_that_are_light_to_decode_pass_those_that_are_heavy(model, monkeypatch):
    """The thread for heavy photos is held; whoever sends light ones meanwhile is answered, the heavy one after that."""
    large = io.BytesIO()
    Image.new("RGB", (3000, 3000), (255, 0, 0)).save(large, "PNG")  # 36 MB decoded
    gate, real, seen = threading.Event(), decoding_cost.of, []

    def watched(image, name):
        if "heavy" in threading.current_thread().name:
            seen.append(threading.current_thread().name)
            gate.wait(10)
        return real(image, name)

    monkeypatch.setattr(decoding_cost, "of", watched)

    async def work(batcher):
        heavy = [asyncio.create_task(batcher.see(large.getvalue())) for _ in range(12)]
        await until(lambda: seen)
        light = await asyncio.gather(*(batcher.see(GREEN) for _ in range(5)))
        assert not any(task.done() for task in heavy)
        gate.set()
        return light, await asyncio.gather(*heavy)

    light, heavy = run(model, work)
    assert light[0][1] == pytest.approx((0, 1, 0), abs=0.02) and heavy[0][1] == pytest.approx((1, 0, 0), abs=0.02)
    assert set(seen) == {"decode-heavy-0"} and len(seen) == 12


def test_other_work_and_photos_take_turns(model, batches):
    """While ten pieces of other work wait, a photo comes after one more of them."""
    sizes, gate = batches

    async def work(batcher):
        gate.clear()
        order = []
        first = asyncio.create_task(batcher.see(RED))
        await until(lambda: sizes)
        others = [asyncio.create_task(batcher.run(lambda n=n: order.append(n))) for n in range(10)]
        photo = asyncio.create_task(batcher.locate(GREEN, lambda found, own: order.append("photo")))
        await until(lambda: batcher.ready == 11)
        gate.set()
        await asyncio.gather(first, photo, *others)
        return order

    assert run(model, work).index("photo") <= 2
