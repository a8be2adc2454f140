"""Worker processes: the same answers as without, another for one that is killed, and nobody else loses anything."""

import io
import json
import os
import queue
import signal
from functools import partial

import numpy as np
import pytest
from pictures import encoded
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.locate.own_place import OwnPlace
from photoplanet.photos import decode, decoding_cost
from photoplanet.server import messages
from photoplanet.server.first_look import FirstLook
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
        made.append(Workers(processes, work, 100_000_000, 20, lambda: made.append(None)))
        made[0].start()
        return made[0], lambda: made.count(None)

    yield make
    made[0].stop(5)


def done(workers, photos):
    """What `work` made of the photos, in their order."""
    found = queue.Queue()
    for number, photo in enumerate(photos):
        deliver = partial(lambda number, result: found.put((number, result)), number)
        workers.submit(("", 0), Job(photo, False, deliver, lambda: False))
    results = [result for _, result in sorted((found.get(timeout=20) for _ in photos), key=lambda each: each[0])]
    return [len(each.pixels) if isinstance(each, FirstLook) else each for each in results]


def work(photo, own):
    """In a worker: as many pixels as a photo has bytes, unless there is something about it."""
    if photo[:5] == b"kills":
        os._exit(3)
    if photo[:5] == b"fails":
        return 1 / 0
    if photo[:5] == b"lies!":
        return FirstLook(np.zeros((1, 1, 3), np.uint8), OwnPlace(91.0, 0.0, "EXIF"))
    count = decode.open_photo(photo).width if len(photo) > 10_000 else len(photo)
    return FirstLook(np.zeros((count, 1, 3), np.uint8))


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


def test_a_worker_that_says_what_cannot_be_is_replaced(pool):
    """It decodes what others sent, and may be in their hands."""
    workers, replaced = pool(1)
    lies, good = done(workers, [b"lies!", b"good"])
    assert isinstance(lies, InputError) and good == 4 and replaced() == 2


@pytest.mark.parametrize(
    "head",
    [None, [], {"is": "else"}, {"is": "bad"}, {"is": "look", "shape": [2, 2, 3]}, {"is": "look", "shape": [9, 9, 3],
     "own": None}, {"is": "look", "shape": [2, 2, 3], "own": [float("nan"), 0, "EXIF"]},
     {"is": "look", "shape": "abc", "own": None}, {"is": "look", "shape": [2, 2, 3], "own": [1, 2]}],
)  # fmt: skip
def test_results_that_are_none_are_told(head):
    with pytest.raises(ValueError):  # whatever it says
        messages.understood(head, [bytes(12)])


def test_results_come_as_they_were_sent():
    look = FirstLook(np.arange(12, dtype=np.uint8).reshape(2, 2, 3), OwnPlace(48.5, -2.25, "XMP"))
    found = messages.understood(json.loads(json.dumps(messages.told(look)[0])), [look.pixels.tobytes()])
    assert np.array_equal(found.pixels, look.pixels) and found.own == look.own


def test_what_a_worker_cannot_do_comes_back_as_what_it_is(pool):
    workers, replaced = pool(1)
    failed, bad, good = done(workers, [b"fails", heavy(), b"good"])
    assert isinstance(failed, RuntimeError) and "ZeroDivisionError" in str(failed)
    assert isinstance(bad, decoding_cost.Heavy) and good == 4 and replaced() == 0
