"""The size of pictures by an AV1 stream's own word (AV1 Bitstream & Decoding Process Specification, 5.3 to 5.5).

A decoder makes frames as large as the stream's sequence header allows, whatever the file around it says, and as many as
the stream holds. Nothing is decoded here: units are walked through by their length, and sequence headers read bit by
bit.
"""

from dataclasses import dataclass

MAX_UNITS = 20_000  # of one picture; a photo has some five
_SEQUENCE, _FRAME_HEADER, _FRAME, _REDUNDANT = 1, 3, 6, 7
_MOST_KEPT = 10  # frames that a decoder holds at once: 8 to predict from, the one at hand, and the one with film grain


class BrokenStream(ValueError):
    """Bytes that are no AV1 stream, or a longer one than a photo is."""


@dataclass(frozen=True)
class Coded:
    """What decoding AV1 streams may take at most: `width` and `height` in pixels of the largest frame, as allowed.

    `bytes`: of the frames that a decoder holds; `work`: pixels of all frames together.
    """

    width: int = 0
    height: int = 0
    bytes: int = 0
    work: int = 0

    def __add__(self, other: "Coded") -> "Coded":
        """Both together: the larger frame, and the sums of memory and work."""
        largest = max((self, other), key=lambda each: each.width * each.height)
        return Coded(largest.width, largest.height, self.bytes + other.bytes, self.work + other.work)


def read(data: bytes) -> Coded:
    r"""Return what the units (OBUs) of one stream ask for; BrokenStream for what cannot be read.

    >>> read(bytes.fromhex("0a 07 18 15 7f 7c 00 00 00"))
    Coded(width=64, height=32, bytes=6144, work=2048)
    """
    largest, most, frames, depth = (0, 0), 0, 0, 0
    at = 0
    for _ in range(MAX_UNITS):
        if at >= len(data):
            break
        kind, begin, end = _unit(data, at)
        if kind == _SEQUENCE:
            profile, width, height = _sequence(data[begin:end])
            most, largest = max((most, largest), (width * height, (width, height)))
            depth = max(depth, 3 if profile == 0 else 6)  # bytes a pixel: 4:2:0 in two each; or 4:4:4
        frames += kind in (_FRAME, _FRAME_HEADER, _REDUNDANT)
        at = end
    else:
        raise BrokenStream(f"holds more than {MAX_UNITS:,} units")
    frames = max(1, frames)
    return Coded(*largest, most * depth * min(frames, _MOST_KEPT), most * frames)


def _unit(data: bytes, at: int) -> tuple[int, int, int]:
    """The type of the unit there, where its content begins and where it ends."""
    head = data[at]
    begin = at + 1 + (head >> 2 & 1)
    if not head >> 1 & 1:  # without a length: to the end
        return head >> 3 & 15, begin, len(data)
    length = 0
    for count in range(8):
        if begin >= len(data):
            raise BrokenStream("is truncated")
        length |= (data[begin] & 127) << 7 * count
        begin += 1
        if not data[begin - 1] & 128:
            break
    if begin + length > len(data):
        raise BrokenStream("is truncated")
    return head >> 3 & 15, begin, begin + length


class _Bits:
    """The bits of a few bytes, first the highest."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        """The next `count` of them as a number."""
        self._left -= count
        if self._left < 0:
            raise BrokenStream("has a cut sequence header")
        return self._value >> self._left & ((1 << count) - 1)

    def skip_long(self) -> None:
        """Skip a number of variable length (uvlc)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        if zeros < 32:
            self.take(zeros)


def _sequence(data: bytes) -> tuple[int, int, int]:
    """The profile, and the most that a frame's width and height may be.

    A frame may state a size of its own unless the header is the short one of stills; decoders then check it against
    nothing but the number of its bits.
    """
    bits = _Bits(data[:1024])
    profile, _, short = bits.take(3), bits.take(1), bits.take(1)
    if short:
        bits.take(5)
    else:
        _operating_points(bits)
    wide, high = bits.take(4) + 1, bits.take(4) + 1
    width, height = bits.take(wide) + 1, bits.take(high) + 1
    return (profile, width, height) if short else (profile, 1 << wide, 1 << high)


def _operating_points(bits: _Bits) -> None:
    """Skip the timing and the operating points, of which only the lengths of fields matter here."""
    model, delay = 0, 0  # whether there is a model of the decoder, and the bits of its delays
    if bits.take(1):
        bits.take(64)
        if bits.take(1):
            bits.skip_long()
        if model := bits.take(1):
            delay = bits.take(5) + 1
            bits.take(32 + 5 + 5)
    display = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if model and bits.take(1):
            bits.take(2 * delay + 1)
        if display and bits.take(1):
            bits.take(4)
