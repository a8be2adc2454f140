"""Worker processes: the same answers as without, another for one that is killed, and nobody else loses anything."""

import io
import os
import queue
import signal
from functools import partial

import pytest
from pictures import encoded
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.photos import decode, decoding_cost
from photoplanet.server.workers import Job, Workers


def heavy():
    file = io.BytesIO()
    Image.new("RGB", (3000, 3000), (255, 0, 0)).save(file, "PNG")  # 36 MB decoded
    return file.getvalue()


@pytest.fixture
def pool():
    """A function: `pool(processes)` → `Workers`, which are stopped after the test."""
    made = []

    def make(processes):
        made.append(Workers(processes, 20, lambda: made.append(None)))
        made[0].start()
        return made[0], lambda: made.count(None)

    yield make
    made[0].stop(5)


def done(workers, photos):
    """What `work` made of the photos, in their order."""
    found = queue.Queue()
    for number, photo in enumerate(photos):
        deliver = partial(lambda number, result: found.put((number, result)), number)
        workers.submit(("", 0), Job(work, photo, deliver, lambda: False))
    return [result for _, result in sorted((found.get(timeout=20) for _ in photos), key=lambda each: each[0])]


def work(photo):
    """In a worker: the length of a photo, unless there is something about it."""
    if bytes(photo[:5]) == b"kills":
        os._exit(3)
    if bytes(photo[:5]) == b"fails":
        return 1 / 0
    return decode.open_photo(photo).size if len(photo) > 10_000 else len(photo)


def test_workers_give_the_same_answers(connect):
    red = Image.new("RGB", (20, 20), "red")
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)}
    photos = [encoded(red), encoded(red, exif=exif), b"not a photo", heavy(), encoded(Image.new("L", (9, 30)), "PNG")]
    files = [("a", (f"{number}.jpg", photo)) for number, photo in enumerate(photos)]
    without, beside = connect(), connect(workers=2)
    asked = "/v1/locate?regions=true&top=3&answer_always=true"
    assert beside.post(asked, files=files).content == without.post(asked, files=files).content
    assert b'"own_gps"' in beside.post(asked, files=files).content
    for photo in photos:
        ours, theirs = (client.post("/v1/locate", content=photo) for client in (beside, without))
        assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content)
    album = "/v1/album?method=average&time_zone=local"
    assert beside.post(album, files=files).content == without.post(album, files=files).content
    assert "photoplanet_workers 2.0\n" in beside.get("/metrics").text


def test_a_worker_that_is_killed_is_replaced_and_counted(connect):
    client, photo = connect(workers=1), encoded(Image.new("RGB", (20, 20), "red"))
    before = client.post("/v1/locate", content=photo)
    workers = client.app.state.service.workers
    (pid,) = workers.pids
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    assert client.post("/v1/locate", content=photo).content == before.content
    assert workers.pids not in ([pid], [])
    assert "photoplanet_workers_replaced_total 1.0\n" in client.get("/metrics").text


def test_a_photo_that_kills_its_worker_twice_is_refused_and_takes_no_other_with_it(pool):
    workers, replaced = pool(1)
    found = done(workers, [b"a", b"kills", *(b"a" * n for n in range(2, 30))])
    assert [each for each in found if not isinstance(each, InputError)] == [*range(1, 30)]
    assert "ended the process that did so, twice" in str(found[1]) and replaced() == 2


def test_what_a_worker_cannot_do_comes_back_as_what_it_is(pool):
    workers, replaced = pool(1)
    failed, bad, good = done(workers, [b"fails", heavy(), b"good"])
    assert isinstance(failed, RuntimeError) and "ZeroDivisionError" in str(failed)
    assert isinstance(bad, decoding_cost.Heavy) and good == 4 and replaced() == 0
