"""The items of a large JSON file one at a time: of the list that it is, or of the lists that its top object has."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

MOST = 4 << 20  # characters of one item
_FIRST_READ = 1 << 16  # characters that must be there before an item is tried, at first
_SPACE = re.compile(r"[\s\0]*")
_KEY = re.compile(r'"((?:[^"\\]|\\.){0,200})"\s*:\s*')


class Items:
    """The items as (key of the list or "", value), in order; `fault` then says what is wrong with the file, or "".

    `text` comes in pieces; memory is bounded by MOST and the longest piece. Values that are not in a list come as an
    item of their own. What comes before a fault counts.

    >>> items = Items(iter(['{"a": [1, {"b": 2}], "c"', ': {"d": 3}, "e": [4']))
    >>> list(items), items.fault
    ([('a', 1), ('a', {'b': 2}), ('c', {'d': 3}), ('e', 4)], 'ends early')
    """

    def __init__(self, text: Iterator[str]) -> None:
        self.text, self.kept, self.at, self.over = text, "", 0, False
        self.fault = ""
        self._decode = json.JSONDecoder(parse_int=_integer).raw_decode

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Yield the items as they are read."""
        first = self._next()
        if first == "[":
            self.at += 1
            yield from self._list("")
        elif first == "{":
            self.at += 1
            yield from self._members()
        else:
            self.fault = "is not JSON"
        if not self.fault and self._next():
            self.fault = "has more after its end"

    def _more(self, least: int) -> bool:
        """Have at least so many characters from where it reads; whether any came."""
        parts = [self.kept[self.at :]]
        have = before = len(parts[0])
        while have < least and not self.over:
            piece = next(self.text, None)
            if piece is None:
                self.over = True
            else:
                parts.append(piece)
                have += len(piece)
        self.kept, self.at = "".join(parts), 0
        return have > before

    def _next(self) -> str:
        """The next character that is not space, "" at the end of the file."""
        while True:
            found = _SPACE.match(self.kept, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.kept):
                return self.kept[self.at]
            if not self._more(1) and self.over:
                return ""

    def _members(self) -> Iterator[tuple[str, Any]]:
        while not self.fault:
            sign = self._next()
            if sign == "}":
                self.at += 1
                return
            if sign == ",":
                self.at += 1
                continue
            if len(self.kept) - self.at < _FIRST_READ and not self.over:
                self._more(_FIRST_READ)
            key = _KEY.match(self.kept, self.at)
            if key is None:
                self._stop()
                return
            self.at = key.end()
            if self._next() == "[":
                self.at += 1
                yield from self._list(key[1])
            else:
                yield from self._item(key[1])

    def _list(self, key: str) -> Iterator[tuple[str, Any]]:
        while not self.fault:
            sign = self._next()
            if sign in ("]", ","):
                self.at += 1
                if sign == "]":
                    return
                continue
            yield from self._item(key)

    def _item(self, key: str) -> Iterator[tuple[str, Any]]:
        """One value; none where it cannot be read, which is a fault."""
        least = _FIRST_READ
        while True:
            if len(self.kept) - self.at < least and not self.over:
                self._more(least)
            try:
                value, end = self._decode(self.kept, self.at)
            except (ValueError, RecursionError):
                end = None
            # a number at the very end may go on
            if end is not None and (end < len(self.kept) or self.over):
                self.at = end
                yield key, value
                return
            if self.over or least >= MOST:
                self._stop()
                return
            least = min(4 * least, MOST)

    def _stop(self) -> None:
        self.fault = "ends early" if self.over and len(self.kept) - self.at < MOST else "is damaged on the way"


def _integer(text: str) -> float | int:
    return int(text) if len(text) < 25 else float(text)


def decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    r"""Yield the text of `pieces` in UTF-8, with U+FFFD for what is not.

    >>> "".join(decoded([b"\xef\xbb\xbf[1", b"]"]))
    '[1]'
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", True)
