"""Mutations of bytes and text: everything is a function of a seeded `random.Random`."""

import random
import string
import struct
from collections.abc import Callable

NUMBERS = (
    "nan", "inf", "-inf", "-0", "1e309", "1e-400", "91", "-91", "181", "-181", "360", "0", "90", "-180", "48,85",
    "48.85.1", "+48.85", " 48.85 ", "48°51′N", "N 48 51.5", "−33.86", "١٢٫٥", "0x1F", "1_000", "1 000", "1e3", "١٢",
    "99999999999999999999", "-1", "0.1e", "", ".", "-", "NULL", "None", "48.85S", "\u202e48", "4" * 5000,
)  # fmt: skip
TIMES = (
    "2024:03:18 10:00:00", "2024-03-18T10:00:00Z", "0000:00:00 00:00:00", "    :  :     :  :  ", "2024:13:40 25:61:61",
    "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00", "2024-02-30", "1710756000", "1710756000000", "-1",
    "18.03.2024 10:00", "03/18/2024 10:00 PM", "2024-03-18T10:00:00,123456789", "2024-03-18 24:00:00", "nan", "今日",
    "2024-03-18T10:00:00+99:99", "2016-12-31T23:59:60Z",
)  # fmt: skip
WORDS = (
    "", "a", "\x00", "\x1b[2J", "\r\n", "\n", "'", '"', '""', "\\", "../../etc/passwd", "/dev/zero", "~", "-rf",
    "=1+1", "@SUM(A1)", "<script>alert(1)</script>", "&amp;", "&#0;", "]]>", "%s%n", "{0}", "é", "e\u0301", "東京",
    "\u202egnp.exe", "\ufeff", "\ud83d", "🗼", "a" * 300, "x" * 70_000, "null", "true", "[]", "{}", "CON", "a#b", "a?b",
)  # fmt: skip
NAMES = (
    "IMG_1.jpg", "café.jpg", "cafe\u0301.jpg", "caf\udce9.jpg", "a b.jpg", "-x.jpg", "a#b.jpg", "IMG_1.JPG", "a\nb.jpg",
    "%00.jpg", "🗼.jpeg", "=1+1.jpg", "'q\".jpg", "a\x1b[31mb.jpg", ".hidden.jpg", "n" * 240 + ".jpg",
    "東" * 80 + ".jpg",     "IMG_1.jpg.jpg", "a.tar.jpg", "x,y;z.jpg", "a\\b.jpg",
)  # fmt: skip
_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(data: bytes, random: random.Random, most: int = 8) -> bytes:
    """Some bytes of `data` are changed, cut, moved, repeated; one time in ten it stays as it is."""
    if random.random() < 0.1:
        return data
    found = bytearray(data)
    for _ in range(1 + int(random.expovariate(1 / 2)) % most):
        random.choice(_BYTES)(found, random)
    return bytes(found)


def mutated_text(text: str, random: random.Random) -> bytes:
    """Text whose words, numbers and lines are exchanged for odd ones, in one of several encodings, then as bytes."""
    found = text
    for _ in range(random.choices((0, 1, 2, 6), (6, 4, 2, 1))[0]):
        found = random.choice(_TEXT)(found, random)
    encodings = ("utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252", "shift_jis")
    encoding = random.choices(encodings, (30, 2, 1, 1, 1, 1))[0]
    data = found.encode(encoding, "replace" if encoding != "utf-8" else "surrogateescape" if fits(found) else "replace")
    return mutated(data, random, 3) if random.random() < 0.15 else data


def fits(text: str) -> bool:
    """Whether every surrogate of a text stands for a byte."""
    return not any("\ud800" <= sign <= "\udc7f" or "\udd00" <= sign <= "\udfff" for sign in text)


def name(random: random.Random, ending: str = "") -> str:
    """A file's name, mostly a plain one."""
    found = random.choice(NAMES) if random.random() < 0.3 else f"IMG_{random.randrange(100)}.jpg"
    return found if not ending else found[: -len(".jpg")] + ending if found.endswith(".jpg") else found + ending


def word(random: random.Random) -> str:
    """Anything that may stand in a field."""
    return random.choice(random.choice((NUMBERS, TIMES, WORDS)))


def _flip(data: bytearray, random: random.Random) -> None:
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        if data:
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _cut(data: bytearray, random: random.Random) -> None:
    if data:
        del data[random.randrange(len(data)) :]


def _remove(data: bytearray, random: random.Random) -> None:
    if data:
        start = random.randrange(len(data))
        del data[start : start + random.choice((1, 2, 4, 16, 256))]


def _repeat(data: bytearray, random: random.Random) -> None:
    if data:
        start = random.randrange(len(data))
        piece = data[start : start + random.choice((1, 4, 64, 1024))]
        data[start:start] = piece * random.choice((1, 2, 50))


def _insert(data: bytearray, random: random.Random) -> None:
    at = random.randrange(len(data) + 1)
    data[at:at] = random.randbytes(random.choice((1, 2, 4, 64)))


def _number(data: bytearray, random: random.Random) -> None:
    """A 1, 2, 4 or 8 byte number at the edge of its range, in either order; half of them near the file's head."""
    size, order = random.choice((("B", 1), ("H", 2), ("I", 4), ("Q", 8))), random.choice("<>")
    if len(data) < size[1]:
        return
    span = len(data) - size[1] + 1
    at = random.randrange(min(span, 512)) if random.random() < 0.5 else random.randrange(span)
    value = random.choice((*_EDGES, len(data), random.getrandbits(32))) & ((1 << (8 * size[1])) - 1)
    struct.pack_into(order + size[0], data, at, value)


def _zero(data: bytearray, random: random.Random) -> None:
    if data:
        start = random.randrange(len(data))
        stop = min(len(data), start + random.choice((1, 16, 512, 4096)))
        data[start:stop] = bytes([random.choice((0, 0xFF))]) * (stop - start)


def _swap(data: bytearray, random: random.Random) -> None:
    if len(data) > 64:
        size = random.choice((4, 16, len(data) // 8))
        a, b = sorted(random.sample(range(len(data) - size), 2))
        data[a : a + size], data[b : b + size] = data[b : b + size], data[a : a + size]


_BYTES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip, _flip, _cut, _remove, _repeat, _insert, _number, _number, _number, _zero, _swap,
)  # fmt: skip


def _tokens(text: str) -> list[str]:
    """Words, numbers and what lies between them."""
    found, kind = [], None
    for sign in text:
        now = sign in string.ascii_letters or sign in string.digits or sign in ".-_"
        if now == kind and now:
            found[-1] += sign
        else:
            found.append(sign)
        kind = now
    return found


def _other_word(text: str, random: random.Random) -> str:
    tokens = _tokens(text[:50_000])
    if tokens:
        tokens[random.randrange(len(tokens))] = word(random)
    return "".join(tokens) + text[50_000:]


def _lines(text: str, random: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    how, at = random.randrange(5), random.randrange(len(lines))
    if how == 0:
        del lines[at]
    elif how == 1:
        lines[at:at] = [lines[at]] * random.choice((1, 3, 1000))
    elif how == 2:
        random.shuffle(lines)
    elif how == 3:
        lines[at] = lines[at].rstrip("\r\n")
    else:
        lines[at] = lines[at].replace("\n", random.choice(("\r", "\r\n", "\n\r", "\x00\n", "\u2028")))
    return "".join(lines)


def _signs(text: str, random: random.Random) -> str:
    old, new = random.choice(',;\t"<>=/:.'), random.choice([*',;\t"<>|&', "''", ""])
    return text.replace(old, new, random.choice((1, 3, -1)))


def _text_insert(text: str, random: random.Random) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + word(random) + text[at:]


def _text_cut(text: str, random: random.Random) -> str:
    return text[: random.randrange(len(text) + 1)]


_TEXT: tuple[Callable[[str, random.Random], str], ...] = (
    _other_word, _other_word, _other_word, _lines, _signs, _text_insert, _text_cut,
)  # fmt: skip
