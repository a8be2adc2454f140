"""Finding place names in lines of text: exact, inflected, joined to a word, misread; and how each is meant."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from photoplanet.clues import place_name_words as words
from photoplanet.earth import place_names
from photoplanet.earth.place_names import Named, fold
from photoplanet.signs.line import Line, Reading

LINES, SIGNS, TOKENS = 200, 200, 1500  # of a photo that are looked at: lines, signs of each, words of all
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
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,6}(?![\w.])")
_TOP_LEVEL = 4  # letters of "com" or "info", which no town is looked for in
EDGE = 0.03  # of the photo: text that ends nearer to its edge may be cut
_CASES = ("ssa", "sta", "lla", "lta", "ban", "ben", "bol", "ie", "em", "om", "en", "an", "n", "u", "a", "e", "y", "i")
_FOOD = ("hamburger", "frankfurter", "berliner", "wiener", "pariser", "krakauer")


class Token(NamedTuple):
    """One word: folded, as written, the row of its line, and what stands between it and the word before."""

    form: str
    text: str
    line: int
    gap: str
    domain: bool


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
    >>> found, tokens = mentions(Reading((line,), 640, 480))
    >>> [(each.named.form, each.kind) for each in found], tokens
    ([('altafulla', 'office')], 3)
    """
    tokens = [token for row, line in enumerate(reading.lines[:LINES]) for token in _tokens(line, row)][:TOKENS]
    found = [*islice(_in_words(tokens, reading), NAMES), *islice(_in_signs(tokens), NAMES)]
    return [_as_claim(each, reading) for each in found], len(tokens)


def _tokens(line: Line, row: int) -> Iterator[Token]:
    text = unicodedata.normalize("NFC", line.text[:SIGNS])
    domains = [match.span() for match in _DOMAIN.finditer(text)]
    end = 0
    for match in _WORD.finditer(text):
        domain = any(low <= match.start() < high for low, high in domains)
        for start, stop in _halves(match.group()):
            part = match.group()[start:stop]
            gap = text[end : match.start() + start]
            end = match.start() + stop
            form = fold(part)
            if form:
                yield Token(form, part, row, gap, domain)


def _halves(word: str) -> list[tuple[int, int]]:
    """A word, or its halves where a small letter is followed by a capital: "KölnBonn"."""
    for i in range(3, len(word) - 2):
        if word[i].isupper() and word[i - 1].islower() and word[i + 1].islower():
            return [(0, i), (i, len(word))]
    return [(0, len(word))]


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
    return first == last or (last == first + 1 and _below(reading.lines[first], reading.lines[last]))


def _below(upper: Line, lower: Line) -> bool:
    """Whether one line stands right under another, by their boxes; lines that share a box do, as far as is known."""
    if upper.box == lower.box:
        return True
    height = max(y for _, y in upper.box) - min(y for _, y in upper.box)
    gap = min(y for _, y in lower.box) - max(y for _, y in upper.box)
    left, right = min(x for x, _ in lower.box), max(x for x, _ in lower.box)
    return (
        -0.5 * height <= gap <= height and left < max(x for x, _ in upper.box) and right > min(x for x, _ in upper.box)
    )


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
    """Whether the end of a line's text is at the edge of the photo."""
    return any(min(x, y, 1 - x, 1 - y) < EDGE for x, y in line.box[1:3])


def _mention(
    tokens: list[Token], start: int, stop: int, named: Named, odds: float, reading: Reading, kind: str = ""
) -> Mention:
    group = tokens[start:stop]
    rows = sorted({token.line for token in group})
    line = [i for i in range(max(0, start - 6), min(len(tokens), stop + 6)) if tokens[i].line in rows]
    before = [tokens[i] for i in line if i < start]
    after = [tokens[i] for i in line if i >= stop]
    found, number, other = _context(before, after, tokens, start, stop, reading)
    # "Stuttgarter Straße" is a street; "Berliner" alone may be a person or a cake
    odds *= 0.1 if kind == "adjective" and found in ("plain", "alone") else 1.0
    kind = found if kind in ("", "adjective") else kind
    if kind in ("plain", "alone") and _syllables(named.form):
        kind = _kind_of_signs(named.form, "") if named.form.endswith(words.OFFICE_SIGNS) else kind
    kind = "street" if kind in ("plain", "alone") and odds < 1 and group[-1].form.endswith("er") else kind
    if kind in ("plain", "alone") and all(token.domain for token in group):
        kind = "domain"
    state = _state_code(after)
    lines = tuple(sorted({*rows, *([other] if other is not None else [])}))
    score = min(reading.lines[row].score for row in rows)
    said = " / ".join(reading.lines[row].text[:SIGNS].strip() for row in lines)
    return Mention(named, kind, odds * max(score, 0.05), lines, said, start, number, state)


def _context(
    before: list[Token], after: list[Token], tokens: list[Token], start: int, stop: int, reading: Reading
) -> tuple[str, int, int | None]:
    """How a name is meant, from the words before and after it; a number of kilometres; the other line that says so."""
    near = _nearest(before)
    if near:
        word, linked = near
        if word.form in words.OFFICE or (linked and word.form in words.OFFICE_OF):
            return "office", 0, None
        if word.form in words.INSTITUTION:
            return "institution", 0, None
        if word.form in words.STREET:
            return "street", 0, None
    if after:
        form = after[0].form
        for table, kind in (
            (words.OFFICE_AFTER, "office"), (words.STREET_AFTER, "street"), (words.INSTITUTION_AFTER, "institution"),
        ):  # fmt: skip
            if form in table:
                return kind, 0, None
    if _postal(before, after):
        return "address", 0, None
    trade = _trade(before[-3:] + after[:2])
    if trade:
        return trade, 0, None
    number = _distance(before, after)
    if number:
        return "distance", number, None
    whole = not after and all(token.form in words.CONNECTORS for token in before)
    other = _office_line(tokens, start, stop, reading) if whole else None
    if other is not None:
        return "office", 0, other
    beside = [token for token in tokens[max(0, start - 4) : stop + 4] if abs(token.line - tokens[start].line) == 1]
    return ((_trade(beside) if whole else "") or ("alone" if whole else "plain")), 0, None


def _trade(beside: list[Token]) -> str:
    """What sort of trade the words beside a name say: a name far off is more at home on some than on others."""
    forms = {token.form for token in beside}
    for table, kind in ((words.ORIGIN, "origin"), (words.FOOD, "food"), (words.BUSINESS, "business")):
        if forms & table:
            return kind
    return ""


def _nearest(before: list[Token]) -> tuple[Token, bool] | None:
    """The last word before a name that is not "of" or "the", and whether such a word stands between."""
    linked = False
    for token in reversed(before[-4:]):
        if token.form not in words.CONNECTORS and token.form != "to":
            return token, linked
        linked = True
    return None


def _postal(before: list[Token], after: list[Token]) -> bool:
    """Whether a postcode stands right before the name, or after it (of Britain, the United States, Australia)."""
    if before and before[-1].form.isdigit() and 4 <= len(before[-1].form) <= 6 and "\n" not in before[-1].gap:
        return not re.fullmatch(r"(19|20)\d\d", before[-1].form)
    if not after:
        return False
    if (
        re.fullmatch(r"[a-z]{1,2}\d[a-z\d]?", after[0].form)
        and len(after) > 1
        and re.fullmatch(r"\d[a-z]{2}", after[1].form)
    ):
        return True
    code = after[0].text in words.STATE_CODES and len(after) > 1
    digits = after[1].form if code else after[0].form
    return digits.isdigit() and (len(digits) == 5 or (code and len(digits) == 4))


def _state_code(after: list[Token]) -> tuple[str, str] | None:
    """The state whose code stands behind the name: "Austin, TX", "Portland OR 97201"."""
    if not after or after[0].text not in words.STATE_CODES:
        return None
    sure = "," in after[0].gap or (len(after) > 1 and after[1].form.isdigit())
    return words.STATE_CODES[after[0].text] if sure else None


def _distance(before: list[Token], after: list[Token]) -> int:
    """The number of "Lyon 120" or "to Lyon 120 km"; 0 where there is none."""
    if after and after[0].form.isdigit() and 1 <= len(after[0].form) <= 4:
        unit = after[1].form if len(after) > 1 else ""
        if unit in ("km", "mi", "miles") or (not before and not unit and len(after[0].form) <= 3):
            return int(after[0].form)
    if after and re.fullmatch(r"\d{1,4}km", after[0].form):
        return int(after[0].form[:-2])
    return 0


def _office_line(tokens: list[Token], start: int, stop: int, reading: Reading) -> int | None:
    """The row of the line above or below that is nothing but "Ville de" or "Kommune"."""
    for row, table in (
        (tokens[start].line - 1, words.OFFICE | words.OFFICE_OF),
        (tokens[stop - 1].line + 1, words.OFFICE | words.OFFICE_AFTER),
    ):
        if not 0 <= row < len(reading.lines):
            continue
        pair = sorted((row, tokens[start].line))
        forms = [token.form for token in tokens[max(0, start - 5) : stop + 5] if token.line == row]
        named = any(form in table for form in forms)
        whole = named and all(form in table or form in words.CONNECTORS for form in forms)
        if whole and _below(reading.lines[pair[0]], reading.lines[pair[1]]):
            return row
    return None


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
            kind = _kind_of_signs(named.form, form[at + len(named.form) :])
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


def _kind_of_signs(name: str, after: str) -> str:
    if (name.endswith(words.OFFICE_SIGNS) and len(name) > 2) or after.startswith(words.OFFICE_SIGNS):
        return "office"
    if after.startswith(words.INSTITUTION_SIGNS):
        return "institution"
    if after.startswith(words.STREET_SIGNS):
        return "street"
    return "food" if after.startswith(words.FOOD_SIGNS) else "plain"


def _as_claim(mention: Mention, reading: Reading) -> Mention:
    """A name in a watermark or a camera's stamp is somebody's claim, however it is put."""
    roles = {reading.lines[row].role for row in mention.lines}
    return mention if roles == {"sign"} else mention._replace(kind="claim")
