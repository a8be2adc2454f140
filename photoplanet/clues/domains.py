"""Internet and mail addresses as evidence: bonpreu.cat, www.southwark.gov.uk, name@x.se.

Readers of text lose dots, or take them for commas; that is forgiven where "www" or "@" shows that an address was meant.
"""

import re
from collections.abc import Iterator

from photoplanet.clues import by_country, domain_places
from photoplanet.clues.by_country import Sight, equal
from photoplanet.clues.clue import Clue
from photoplanet.clues.plain_text import listed, plain
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 14.0  # bits
MARKED, BARE, DOUBTFUL = 1.0, 0.92, 0.6  # of an ending's reliability: with www, @ or a path; without; like a word
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_WEB = re.compile(rf"(?:\bwww?|https?:/?/?)[\s.,:;/]{{1,4}}((?:{_LABEL}\s?[.,]\s?){{1,4}}|{_LABEL} )({_LABEL})", re.I)
_MAIL = re.compile(rf"[\w.+-]{{1,64}}\s?@\s?((?:{_LABEL}\s?[.,]\s?){{1,4}})({_LABEL})")
_BARE = re.compile(rf"(?<![\w.@-])((?:{_LABEL}\.){{1,4}})({_LABEL})(?![\w@-]|\.\w)")
# endings that are words, days of the week or files' kinds: an address only where something else shows it
_LIKE_WORDS = listed(
    "al am as at be by de di do es et fr id il im in is it la li lu ma me mi mo mu my ne no sa se si so st to us ve vi "
    "paris london berlin hamburg wien tokyo quebec wales swiss moscow madrid sydney melbourne barcelona amsterdam "
    "istanbul stockholm helsinki boston miami osaka kyoto brussels rio dubai gal cat scot"
)
_FILES = listed("md py rs sh pl ps so ai mov zip cc")


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue per place that the addresses in a reading point to.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("Besuch uns: dogstation.de", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [clue.says for clue in clues(Reading((line,), 640, 480), ground.read())]
    ['dogstation.de: Germany']
    """
    return by_country.clues("domain", _sights(reading), reading, ground, CAP)


def _sights(reading: Reading) -> Iterator[Sight]:
    for row, line in enumerate(reading.lines):
        for host, ending, marked in _addresses(plain(line.text)):
            yield from _judged(host, ending, marked, row)


def _addresses(text: str) -> Iterator[tuple[str, str, float]]:
    """(labels before the ending, ending, how clearly it is an address), in lower case."""
    if "." not in text and "@" not in text and "ww" not in text.casefold():
        return
    taken: list[tuple[int, int]] = []
    for pattern in (_MAIL, _WEB):
        for match in pattern.finditer(text):
            labels = re.split(r"[\s.,]+", match[1].strip(" .,").casefold())
            taken.append(match.span())
            yield from _cut(labels, match[2].casefold())
    for match in _BARE.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        labels, ending = match[1].rstrip(".").split("."), match[2]
        if not _plausible(labels[-1], ending) and text[match.end() : match.end() + 1] != "/":
            continue
        alone = match[0] == text and text == text.casefold()
        doubtful = ending.casefold() in _LIKE_WORDS and len(labels) == 1 and not alone
        yield ".".join(labels).casefold(), ending.casefold(), DOUBTFUL if doubtful else BARE


def _cut(labels: list[str], ending: str) -> Iterator[tuple[str, str, float]]:
    """An address that was meant as one; what follows a comma and a space may be the next word, not its ending."""
    while not domain_places.is_ending(ending) and len(labels) > 1:
        ending = labels.pop()
    if domain_places.is_ending(ending):
        yield ".".join(labels), ending, MARKED


def _plausible(label: str, ending: str) -> bool:
    """Whether label.ending is an address and not the end of one sentence and the start of the next, or a file."""
    if len(label) < 3 or not any(sign.isalpha() for sign in label) or ending.casefold() in _FILES:
        return False
    if ending != ending.casefold() and label != label.upper():
        return False
    return not (ending.casefold() in _LIKE_WORDS and len(label) < 4)


def _judged(host: str, ending: str, marked: float, row: int) -> Iterator[Sight]:
    labels = host.split(".")
    seen = f"{host}.{ending}"
    known = domain_places.HOSTS.get(".".join([*labels, ending][-2:]))
    if known:
        yield Sight(known, seen, row, equal(known), 0.9 * marked)
        return
    if labels[-1] in domain_places.EVERYWHERE or not domain_places.is_ending(ending):
        return
    official = len(labels) > 1 and labels[-1] in domain_places.COMMERCIAL
    judged = domain_places.at_home(ending, 0.97) if official and ending != "uk" else domain_places.of_ending(ending)
    if judged:
        reliability, places = judged
        yield Sight(ending, seen, row, places, reliability * marked)
