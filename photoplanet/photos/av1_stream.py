"""The size of pictures by an AV1 stream's own word (AV1 Bitstream & Decoding Process Specification, 5.3 to 5.5).

A decoder makes frames as large as the stream's headers say, whatever the file around it says, and as many as the stream
holds. Nothing is decoded here: units are walked through by their length, and the first fields of headers read bit by
bit. A frame with a size of its own counts as large as the bits of that size allow.
"""

import math
from dataclasses import dataclass

MAX_UNITS = 20_000  # of one picture; a photo has some five
_SEQUENCE, _FRAMES = 1, (3, 6, 7)  # types of units: a sequence's header; a frame's header, a frame, a header again
_KEY, _SWITCH = 0, 3  # types of frames
_CHOSEN = 2  # by each frame
_HEAD = 1024  # bytes of a unit in which what is read here stands
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
    largest, frames, depth = (0, 0), 0, 0
    at, sequence = 0, None
    for _ in range(MAX_UNITS):
        if at >= len(data):
            break
        kind, begin, end = _unit(data, at)
        size = 0, 0
        if kind == _SEQUENCE:
            sequence = _sequence(data[begin : min(end, begin + _HEAD)])
            size = sequence.width, sequence.height
            depth = max(depth, 3 if sequence.profile == 0 else 6)  # bytes a pixel: 4:2:0 in two each; or 4:4:4
        elif kind in _FRAMES:
            frames += 1
            if sequence and _own_size(data[begin : min(end, begin + _HEAD)], sequence):
                size = 1 << sequence.size_bits[0], 1 << sequence.size_bits[1]
        largest = max(largest, size, key=math.prod)
        at = end
    else:
        raise BrokenStream(f"holds more than {MAX_UNITS:,} units")
    frames, most = max(1, frames), math.prod(largest)
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
            raise BrokenStream("has a cut header")
        return self._value >> self._left & ((1 << count) - 1)

    def skip_long(self) -> None:
        """Skip a number of variable length (uvlc)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        if zeros < 32:
            self.take(zeros)


@dataclass
class _Sequence:
    """What a sequence header says, as far as the size of frames depends on it."""

    profile: int
    short: bool  # the header of a still, whose one frame has no size of its own
    width: int = 0
    height: int = 0
    size_bits: tuple[int, int] = (1, 1)
    time_bits: int = 0  # of a frame's time; 0 for none
    id_bits: int = 0  # of a frame's number; 0 for none
    screen: int = 0  # tools for screens: 0 never, 1 always, _CHOSEN by each frame
    whole: int = 0  # motion in whole pixels: the same


def _sequence(data: bytes) -> _Sequence:
    bits = _Bits(data)
    profile, _, short = bits.take(3), bits.take(1), bits.take(1)
    found = _Sequence(profile, bool(short))
    if short:
        bits.take(5)
    else:
        found.time_bits = _operating_points(bits)
    wide, high = bits.take(4) + 1, bits.take(4) + 1
    found.size_bits = wide, high
    found.width, found.height = bits.take(wide) + 1, bits.take(high) + 1
    if short:
        return found
    if bits.take(1):
        delta = bits.take(4) + 2
        found.id_bits = bits.take(3) + 1 + delta
    bits.take(3 + 4)  # tools for blocks, within a frame and between frames
    if bits.take(1):  # frames have a number of their order
        bits.take(2)
    found.screen = _CHOSEN if bits.take(1) else bits.take(1)
    found.whole = _CHOSEN
    if found.screen and not bits.take(1):
        found.whole = bits.take(1)
    return found


def _own_size(data: bytes, sequence: _Sequence) -> bool:
    """Whether a frame says what its size is, which decoders check against nothing but the number of its bits."""
    bits = _Bits(data)
    if sequence.short or bits.take(1):  # or shows an earlier frame again
        return False
    kind, shown = bits.take(2), bits.take(1)
    bits.take(sequence.time_bits if shown else 1)
    if kind != _SWITCH and not (kind == _KEY and shown):
        bits.take(1)
    bits.take(1)
    screen = bits.take(1) if sequence.screen == _CHOSEN else sequence.screen
    if screen and sequence.whole == _CHOSEN:
        bits.take(1)
    bits.take(sequence.id_bits)
    return kind == _SWITCH or bool(bits.take(1))


def _operating_points(bits: _Bits) -> int:
    """Skip the timing and the operating points; return how many bits a shown frame's time has."""
    delay, time, even = 0, 0, 0  # bits of the decoder's delays, and of times; whether frames follow evenly
    if bits.take(1):
        bits.take(64)
        if even := bits.take(1):
            bits.skip_long()
        if bits.take(1):
            delay = bits.take(5) + 1
            bits.take(32 + 5)
            time = bits.take(5) + 1
    display = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay and bits.take(1):
            bits.take(2 * delay + 1)
        if display and bits.take(1):
            bits.take(4)
    return 0 if even else time
