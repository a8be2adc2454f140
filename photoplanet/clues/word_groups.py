"""Words in groups: each group has one table of countries, and its words, however many are seen, are one clue."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from photoplanet.clues.by_country import ELSEWHERE, Sight, ratio_of, ratios
from photoplanet.clues.plain_text import Phrases, bare, plain
from photoplanet.signs.line import Reading

MOST_COUNTED = 3  # different words of a group that add to its reliability
_EASTERN = 0x2E80  # from here on, scripts write words without spaces between them


class Group(NamedTuple):
    """Words that say the same of countries: `words` in lower case, with single spaces inside."""

    ratios: Mapping[str, float]
    words: tuple[str, ...]


def groups(table: Sequence[tuple[str, str]]) -> list[Group]:
    """Groups of a table of (ratios, words with commas between them).

    >>> groups([("DK 1", "gade, stræde")])
    [Group(ratios={'DK': 1.0}, words=('gade', 'stræde'))]
    """
    return [Group(ratios(text), tuple(bare(word) for word in some.split(","))) for text, some in table]


class Finder:
    """Finds the words of groups in the lines of a reading.

    >>> from photoplanet.signs.line import Line
    >>> line = Line("Lille Gade 3", 1.0, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [sight.seen for sight in Finder([("DK 1", "gade")], 0.5).sights(Reading((line,), 640, 480))]
    ['gade']
    """

    def __init__(self, table: Sequence[tuple[str, str]], reliability: float):
        """`table`: (ratios, words) of each group; `reliability`: of one word; more words of a group raise it."""
        self.groups = groups(table)
        self.reliability = reliability
        self._plain: dict[str, list[int]] = {}
        self._eastern: dict[str, list[int]] = {}
        for row, group in enumerate(self.groups):
            for word in group.words:
                table_of = self._eastern if any(ord(sign) >= _EASTERN for sign in word) else self._plain
                table_of.setdefault(word, []).append(row)
        self._phrases = Phrases(self._plain)

    def found(self, text: str) -> list[str]:
        """The words of all groups in a line, `text` as it was read; none that is a part of another."""
        line = plain(text)
        found = self._phrases.found(line)
        if any(ord(sign) >= _EASTERN for sign in line):
            eastern = [word for word in self._eastern if word in line]
            found += [word for word in eastern if not any(word != longer and word in longer for longer in eastern)]
        return found

    def sights(self, reading: Reading) -> Iterator[Sight]:
        """One sight per line and group, all of one group with the reliability that its words have together.

        A word of several groups is one of their union.
        """
        seen: dict[tuple[int, ...], list[tuple[int, str]]] = {}
        for row, line in enumerate(reading.lines):
            for word in self.found(line.text):
                rows = self._plain.get(word) or self._eastern[word]
                seen.setdefault(tuple(rows), []).append((row, word))
        for groups_of, found in seen.items():
            every = list(dict.fromkeys(word for _, word in found))
            reliability = 1 - (1 - self.reliability) ** min(len(every), MOST_COUNTED)
            places = greatest([self.groups[group].ratios for group in groups_of])
            for row in dict.fromkeys(row for row, _ in found):
                yield Sight(f"group {groups_of}", ", ".join(every[:3]), row, places, reliability)


def greatest(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """For each place the greatest of its ratios in several tables; a state counts as its country where it is not named.

    >>> greatest([{"DK": 1.0, "*": 0.01}, {"NO": 1.0}])
    {'DK': 1.0, 'NO': 1.0, '*': 0.01}
    """
    places = dict.fromkeys([place for table in tables for place in table if place != ELSEWHERE])
    most = {place: max(ratio_of(table, place) for table in tables) for place in places}
    rest = max(table.get(ELSEWHERE, 0.0) for table in tables)
    return most | ({ELSEWHERE: rest} if rest else {})
