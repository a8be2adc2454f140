"""Finding place names in lines of text: exact, inflected, joined to a word, misread; and how each is meant."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from photoplanet.clues import place_name_words as words
from photoplanet.clues.place_name_context import context, kind_of_signs, state_code
from photoplanet.clues.place_name_tokens import SIGNS, Token, below, tokens
from photoplanet.earth import place_names
from photoplanet.earth.place_names import Named
from photoplanet.signs.line import Line, Reading

SYLLABLES, NAMES = 1500, 400  # of a photo: signs of Han and the like that a name may begin with; names
LONGEST = 5  # words of a name
MISREAD, MOST_MISREAD = 8, 120  # letters from which a name may be misread; words that this is tried for
CUT, JOINED, INFLECTED = 7, 4, 6  # letters from which a word may be cut, hold a joined name, or be inflected
# odds that a name is meant, against one written as it is in the table
SLIP, END_CUT, GENITIVE, CASE, SMALL, INSIDE = 0.1, 0.03, 0.3, 0.03, 0.03, 0.2
SURE_SLIP = 11  # letters from which a letter amiss says nothing against a name: shorter ones are often other words
# letters of a name up to which a share of the words that people write comes within an ending or a letter of it
CHANCE = ((5, 1e-4), (7, 1e-5), (9, 1e-6), (60, 1e-7))
_DIGITS = str.maketrans("01358", "olesb")
_TOP_LEVEL = 4  # letters of "com" or "info", which no town is looked for in
EDGE = 0.03  # of the photo: text that ends nearer to its edge may be cut
_CASES = ("ssa", "sta", "lla", "lta", "ban", "ben", "bol", "ie", "em", "om", "en", "an", "n", "u", "a", "e", "y", "i")
_FOOD = ("hamburger", "frankfurter", "berliner", "wiener", "pariser", "krakauer")


class Mention(NamedTuple):
    """One name in the text. `kind`: how it is meant, a key of `place_name_likelihood.KINDS`.

    `odds`: that it is the name, by how it is written, against written as in the table; `says`: the words around it;
    `start`: the number of its first word; `number`: the kilometres (or miles) beside it, else 0; `state`: country and
    state that a code beside it names.
    """

    named: Named
    kind: str
    odds: float
    lines: tuple[int, ...]
    says: str
    start: int = 0
    number: int = 0
    state: tuple[str, str] | None = None


def mentions(reading: Reading) -> tuple[list[Mention], int]:
    """Names in a reading, longest first where they overlap; and how many words it holds.

    >>> line = Line("Ajuntament d'Altafulla", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> found, count = mentions(Reading((line,), 640, 480))
    >>> [(each.named.form, each.kind) for each in found], count
    ([('altafulla', 'office')], 3)
    """
    words_read = tokens(reading)
    found = [*islice(_in_words(words_read, reading), NAMES), *islice(_in_signs(words_read), NAMES)]
    return [_as_claim(each, reading) for each in found], len(words_read)


def _in_words(tokens: list[Token], reading: Reading) -> Iterator[Mention]:
    """Names that stand as words of an alphabet, or as a whole run of other signs."""
    taken = [False] * len(tokens)
    for length in range(LONGEST, 1, -1):
        for i in range(len(tokens) - length + 1):
            group = tokens[i : i + length]
            if any(taken[i : i + length]) or not _together(group, reading):
                continue
            named = place_names.find_folded(" ".join(token.form for token in group))
            if named and any(token.form not in words.CONNECTORS for token in group):
                taken[i : i + length] = [True] * length
                yield _mention(tokens, i, i + length, named, _small(group[-1]), reading)
    tries = MOST_MISREAD
    for i, token in enumerate(tokens):
        if taken[i] or token.form in words.BESIDE or (token.domain and len(token.form) <= _TOP_LEVEL):
            continue
        exact = False
        for named, odds, kind in _single(token):
            exact = True
            yield _mention(tokens, i, i + 1, named, odds * _small(token), reading, kind)
        if not exact and tries and len(token.form) >= CUT and not _syllables(token.form):
            tries -= 1
            yield from _misread(tokens, i, taken, reading)


def _together(group: list[Token], reading: Reading) -> bool:
    """Whether words may form one name: in one line, or in two of which the second goes on below the first."""
    first, last = group[0].line, group[-1].line
    if any(token.form.isdigit() for token in group) or any("," in token.gap or ":" in token.gap for token in group[1:]):
        return False
    return first == last or (last == first + 1 and below(reading.lines[first], reading.lines[last]))


def _small(token: Token) -> float:
    """What a small first letter says: names have a capital, but addresses on the internet have not."""
    return SMALL if token.text[0].islower() and not token.domain else 1.0


def _single(token: Token) -> Iterator[tuple[Named, float, str]]:
    """Names that one word may be, each with its odds and, where the word itself says so, its kind."""
    form = token.form
    named = place_names.find_folded(form)
    if named is None and any(map(str.isdigit, form)) and not form.isdigit():
        form = form.translate(_DIGITS)
        named = place_names.find_folded(form) if len(form) >= INFLECTED else None
        if named:
            yield _bent(named), SLIP, ""
            return
    if named:
        yield named, 1.0, ""
        return
    for stem, odds, kind in _stems(form):
        named = place_names.find_folded(stem)
        if named:
            yield _bent(named), odds, kind
            return


def _bent(named: Named) -> Named:
    """A name that is not as in the table: any word of that length may come so near."""
    least = next(share for letters, share in CHANCE if len(named.form) <= letters)
    return named._replace(common=max(named.common, least))


def _stems(form: str) -> Iterator[tuple[str, float, str]]:
    """What may be left of a word without its ending, with the odds of it and the kind that the ending says."""
    for ends, kind in ((words.JOINED_STREET, "street"), (words.JOINED_INSTITUTION, "institution")):
        for end in ends:
            if form.endswith(end) and len(form) - len(end) >= JOINED:
                stem = form[: -len(end)]
                yield stem, GENITIVE, kind
                for case in ("er", "s"):
                    if stem.endswith(case) and len(stem) - len(case) >= JOINED:
                        yield stem[: -len(case)], GENITIVE, kind
    if len(form) < INFLECTED:
        return
    if form.endswith("er") and form not in _FOOD:
        yield form[:-2], GENITIVE, "adjective"
    if form.endswith("s"):
        yield form[:-1], GENITIVE, ""
    for case in _CASES:
        if form.endswith(case) and len(form) - len(case) >= INFLECTED - 1:
            yield form[: -len(case)], CASE, ""
            yield form[: -len(case)] + "a", CASE, ""


def _misread(tokens: list[Token], i: int, taken: list[bool], reading: Reading) -> Iterator[Mention]:
    """A long word, alone or with the words after it, as a name with one letter wrong, or cut by the photo's edge."""
    token = tokens[i]
    for length in (4, 3, 2, 1):
        group = tokens[i : i + length]
        if len(group) < length or any(taken[i : i + length]) or not _together(group, reading):
            continue
        form = " ".join(each.form for each in group)
        if len(form) < MISREAD or (length > 1 and len(form) < MISREAD + 2):
            continue
        found = place_names.find_alike(form)
        if found:
            taken[i : i + length] = [True] * length
            for named in found:
                odds = SLIP * min(1.0, 2.0 ** (len(form) - SURE_SLIP)) / len(found)
                yield _mention(tokens, i, i + length, _bent(named), odds * _small(token), reading)
            return
    last = i + 1 == len(tokens) or tokens[i + 1].line != token.line
    if last and len(token.form) >= CUT and _at_edge(reading.lines[token.line]):
        found = place_names.find_beginning(token.form)
        for named in found:
            yield _mention(tokens, i, i + 1, _bent(named), END_CUT / len(found) * _small(token), reading)


def _at_edge(line: Line) -> bool:
    """Whether the end of a line's text, along the way that it runs, is at the edge of the photo."""
    start, end = ([(line.box[i][axis] + line.box[k][axis]) / 2 for axis in (0, 1)] for i, k in ((0, 3), (1, 2)))
    axis = 0 if abs(end[0] - start[0]) >= abs(end[1] - start[1]) else 1
    return (1 - end[axis] if end[axis] > start[axis] else end[axis]) < EDGE


def _mention(
    tokens: list[Token], start: int, stop: int, named: Named, odds: float, reading: Reading, kind: str = ""
) -> Mention:
    group = tokens[start:stop]
    rows = sorted({token.line for token in group})
    line = [i for i in range(max(0, start - 6), min(len(tokens), stop + 6)) if tokens[i].line in rows]
    before = [tokens[i] for i in line if i < start]
    after = [tokens[i] for i in line if i >= stop]
    found, number, other = context(before, after, tokens, start, stop, reading)
    # "Stuttgarter Straße" is a street; "Berliner" alone may be a person or a cake
    odds *= 0.1 if kind == "adjective" and found in ("plain", "alone") else 1.0
    kind = found if kind in ("", "adjective") else kind
    if kind in ("plain", "alone") and _syllables(named.form):
        kind = kind_of_signs(named.form, "") if named.form.endswith(words.OFFICE_SIGNS) else kind
    kind = "street" if kind in ("plain", "alone") and odds < 1 and group[-1].form.endswith("er") else kind
    if kind in ("plain", "alone") and all(token.domain for token in group):
        kind = "domain"
    state = state_code(after)
    lines = tuple(sorted({*rows, *([other] if other is not None else [])}))
    score = min(reading.lines[row].score for row in rows)
    said = " / ".join(reading.lines[row].text[:SIGNS].strip() for row in lines)
    return Mention(named, kind, odds * max(score, 0.05), lines, said, start, number, state)


def _syllables(form: str) -> bool:
    return bool(form) and "\u3040" <= form[0] <= "\ud7a3"


def _in_signs(tokens: list[Token]) -> Iterator[Mention]:
    """Names within runs of Han or Hangul, which no space parts from what follows; the longest from each sign on."""
    left = SYLLABLES
    for number, token in enumerate(tokens):
        form = token.form
        if not _syllables(form) or place_names.find_folded(form):
            continue
        at = 0
        while at < len(form) - 1 and left:
            left -= 1
            named = next(filter(None, (_inside(form, at, n) for n in range(min(8, len(form) - at), 1, -1))), None)
            if named is None:
                at += 1
                continue
            kind = kind_of_signs(named.form, form[at + len(named.form) :])
            odds = 1.0 if at == 0 or kind != "plain" else INSIDE
            yield Mention(named, kind, odds, (token.line,), token.text, -1 - number * SIGNS - at)
            at += len(named.form)


def _inside(form: str, at: int, size: int) -> Named | None:
    """The name that is `size` signs of a run from `at` on; one in Kana has to be all of the Kana there."""
    part = form[at : at + size]
    if not all("\u3400" <= sign <= "\ud7a3" for sign in part):
        beside = form[max(0, at - 1) : at] + form[at + size : at + size + 1]
        if any("\u3040" <= sign <= "\u30ff" for sign in beside):
            return None
    return place_names.find_folded(part)


def _as_claim(mention: Mention, reading: Reading) -> Mention:
    """A name in a watermark or a camera's stamp is somebody's claim, however it is put."""
    roles = {reading.lines[row].role for row in mention.lines}
    return mention if roles == {"sign"} else mention._replace(kind="claim")
