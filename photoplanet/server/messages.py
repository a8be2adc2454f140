"""Messages between the server and its workers: JSON and, as they are, photos and pixels; nothing is unpickled.

A worker decodes photos from outside, so what it answers is bounded and checked like these.
"""

import json
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError
from photoplanet.locate.own_place import OwnPlace
from photoplanet.photos import decoding_cost
from photoplanet.server.first_look import FirstLook

MOST_HEAD = 1 << 20  # bytes of JSON
MOST_TEXT = 10_000  # characters of an error
Pixels = NDArray[np.uint8]
Result = FirstLook | Exception | decoding_cost.Heavy  # of one photo
_LOOK, _BAD, _HEAVY, _BROKEN = "look", "bad", "heavy", "broken"


def send(pipe: Connection, head: Any, parts: Sequence[bytes | Pixels] = ()) -> None:
    """Send what JSON can say, and bytes. OSError where the other end is gone.

    >>> import multiprocessing
    >>> ours, theirs = multiprocessing.Pipe()
    >>> send(ours, {"a": 1}, [b"photo"])
    >>> receive(theirs, 10)
    ({'a': 1}, [b'photo'])
    """
    pipe.send_bytes(json.dumps([head, len(parts)]).encode())
    for part in parts:
        pipe.send_bytes(part if isinstance(part, bytes) else part.reshape(-1).data)


def receive(pipe: Connection, most: int) -> tuple[Any, list[bytes]]:
    """Return the next message, its parts of at most `most` bytes.

    EOFError or OSError where the other end is gone or has sent more, ValueError where it is no message.
    """
    try:
        head, count = json.loads(pipe.recv_bytes(MOST_HEAD))
        return head, [pipe.recv_bytes(most) for _ in range(count)]
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def told(result: Result) -> tuple[dict[str, Any], list[Pixels]]:
    """Return what is sent of a result: JSON, and its pixels where there are any.

    >>> told(InputError("photo: no photo"))
    ({'is': 'bad', 'text': 'photo: no photo'}, [])
    """
    if isinstance(result, FirstLook):
        own = result.own and [result.own.latitude, result.own.longitude, result.own.source]
        return {"is": _LOOK, "shape": result.pixels.shape, "own": own}, [result.pixels]
    if isinstance(result, decoding_cost.Heavy):
        return {"is": _HEAVY}, []
    return {"is": _BAD if isinstance(result, InputError) else _BROKEN, "text": str(result)[:MOST_TEXT]}, []


def understood(head: Any, parts: list[bytes]) -> Result:
    """Return the result that `told` made this of, whose pixels are taken from the front of `parts`; else ValueError.

    >>> understood(*told(FirstLook(np.zeros((2, 2, 3), np.uint8)))[:1], [bytes(12)]).pixels.shape
    (2, 2, 3)
    """
    try:
        kind = head["is"]
        if kind == _HEAVY:
            return decoding_cost.Heavy()
        if kind in (_BAD, _BROKEN):
            return (InputError if kind == _BAD else RuntimeError)(str(head["text"]))
        if kind != _LOOK:
            raise ValueError(f"a result that is {kind!r}")
        height, width, colours = head["shape"]
        pixels = np.frombuffer(parts.pop(0), np.uint8).reshape(height, width, colours)
        return FirstLook(pixels, None if head["own"] is None else _place(*head["own"]))
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"no result: {error}") from None


def _place(latitude: float, longitude: float, source: str) -> OwnPlace:
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValueError("no place on the Earth")
    return OwnPlace(float(latitude), float(longitude), str(source)[:MOST_TEXT])
