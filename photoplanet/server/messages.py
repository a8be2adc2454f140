"""Messages between the server and its workers: photos and pixels go as they are, past pickle, and are copied once.

Both ends are ours, on one machine: nothing that a client sends is ever unpickled.
"""

import pickle
import socket
import struct
from collections.abc import Callable
from typing import Any

_COUNT, _SIZE = struct.Struct("<I"), struct.Struct("<Q")
Room = Callable[[int], memoryview]  # so many bytes to write into


def send(pipe: socket.socket, message: object) -> None:
    """Send an object; its arrays and `pickle.PickleBuffer`s are not pickled. OSError where the other end is gone.

    >>> ours, theirs = socket.socketpair()
    >>> send(ours, ["a photo", pickle.PickleBuffer(b"content")])
    >>> name, content = receive(theirs)
    >>> ours.close(), theirs.close(), bytes(content)
    (None, None, b'content')
    """
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(message, 5, buffer_callback=buffers.append)
    parts: list[bytes | memoryview] = [body, *(buffer.raw() for buffer in buffers)]
    pipe.sendall(_COUNT.pack(len(parts)) + b"".join(_SIZE.pack(len(part)) for part in parts) + body)
    for part in parts[1:]:
        pipe.sendall(part)


def receive(pipe: socket.socket, room: Room = lambda size: memoryview(bytearray(size))) -> Any:
    """Return the next object, its arrays and buffers in `room`; EOFError or OSError where the other end is gone."""
    (count,) = _COUNT.unpack(_exactly(pipe, memoryview(bytearray(_COUNT.size))))
    heads = _exactly(pipe, memoryview(bytearray(count * _SIZE.size)))
    sizes = [size for (size,) in _SIZE.iter_unpack(heads)]
    whole = _exactly(pipe, room(sum(sizes))[: sum(sizes)])
    ends = [sum(sizes[: number + 1]) for number in range(count)]
    body, *buffers = (whole[end - size : end] for size, end in zip(sizes, ends, strict=True))
    return pickle.loads(body, buffers=buffers)


def _exactly(pipe: socket.socket, into: memoryview) -> memoryview:
    at = 0
    while at < len(into):
        got = pipe.recv_into(into[at:])
        if not got:
            raise EOFError
        at += got
    return into
