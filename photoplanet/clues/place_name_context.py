"""How a place name is meant, from the words and lines around it: the place's office, an address, a street, a shop."""

import re

from photoplanet.clues import place_name_words as words
from photoplanet.clues.place_name_tokens import Token, below
from photoplanet.signs.line import Reading


def context(
    before: list[Token], after: list[Token], tokens: list[Token], start: int, stop: int, reading: Reading
) -> tuple[str, int, int | None]:
    """How a name is meant, from the words before and after it; a number of kilometres; the other line that says so.

    The name is words `start` to `stop` of all `tokens`; `before` and `after`: the nearest words in its own lines.

    >>> from photoplanet.clues import place_name_tokens
    >>> from photoplanet.signs.line import Line
    >>> box = ((0, 0), (1, 0), (1, 1), (0, 1))
    >>> read = Reading((Line("Rue de Lyon", 0.9, box),), 640, 480)
    >>> all_words = place_name_tokens.tokens(read)
    >>> context(all_words[:2], [], all_words, 2, 3, read)
    ('street', 0, None)
    """
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


def state_code(after: list[Token]) -> tuple[str, str] | None:
    """Country and state whose code stands behind the name: "Austin, TX", "Portland OR 97201"; None without one.

    >>> state_code([Token("tx", "TX", 0, ", ", False)])
    ('US', 'Texas')
    """
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
        if whole and below(reading.lines[pair[0]], reading.lines[pair[1]]):
            return row
    return None


def kind_of_signs(name: str, after: str) -> str:
    """How a name within a run of Han or Hangul is meant, from the signs that end it or come after it.

    >>> kind_of_signs("京都", "駅"), kind_of_signs("札幌市", ""), kind_of_signs("南京", "路")
    ('institution', 'office', 'street')
    """
    if (name.endswith(words.OFFICE_SIGNS) and len(name) > 2) or after.startswith(words.OFFICE_SIGNS):
        return "office"
    if after.startswith(words.INSTITUTION_SIGNS):
        return "institution"
    if after.startswith(words.STREET_SIGNS):
        return "street"
    return "food" if after.startswith(words.FOOD_SIGNS) else "plain"
