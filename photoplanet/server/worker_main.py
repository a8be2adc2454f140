"""What a worker process of the server does: photos in, first looks out, until it is told that there are no more."""

import signal
import time
import traceback
from multiprocessing.connection import Connection

from photoplanet.core import workers
from photoplanet.errors import InputError
from photoplanet.photos import decoding_cost
from photoplanet.server import messages
from photoplanet.server.first_look import Look

FLUSH_SECONDS = 0.01  # after which answers are sent although more photos of the same message are to be decoded


def main(pipe: Connection, look: Look, most: int) -> None:
    """Say null once it can begin; then answer lists of photos of at most `most` bytes with lists of results.

    Ctrl-C and SIGTERM are left to the server; an empty list is the last.
    """
    workers.begin()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service manager sends it to every process
    try:
        messages.send(pipe, None)
        while True:
            own, photos = messages.receive(pipe, most)
            if not photos:
                return
            _answer(pipe, look, own, photos)
    except (EOFError, OSError):  # the server is gone
        return


def _answer(pipe: Connection, look: Look, own: list[bool], photos: list[bytes]) -> None:
    heads, parts, since = list[dict[str, object]](), list[messages.Pixels](), time.perf_counter()
    for number, (wanted, photo) in enumerate(zip(own, photos, strict=True), start=1):
        began = time.perf_counter()
        head, pixels = messages.told(_result(look, photo, wanted))
        now = time.perf_counter()
        heads.append(head | {"seconds": now - began})
        parts += pixels
        if number == len(photos) or now - since > FLUSH_SECONDS:
            messages.send(pipe, heads, parts)
            heads, parts, since = [], [], now


def _result(look: Look, photo: bytes, own: bool) -> messages.Result:
    """What is seen of a photo, or why nothing is, as an exception."""
    try:
        with decoding_cost.only_light():
            return look(photo, own=own)
    except (decoding_cost.Heavy, InputError) as error:
        return error
    except Exception:
        return RuntimeError(f"in a worker process:\n{traceback.format_exc()}")
