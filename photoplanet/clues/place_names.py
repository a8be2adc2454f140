"""Place names in a photo's text as evidence: of towns, states and countries, in the languages of people."""

from typing import NamedTuple

import numpy as np

from photoplanet.clues import place_name_likelihood as likelihood
from photoplanet.clues.clue import Clue
from photoplanet.clues.place_name_search import Mention, mentions
from photoplanet.earth import gazetteer
from photoplanet.earth.ground import Ground
from photoplanet.errors import printable
from photoplanet.signs.line import Reading

KIND = "place name"
MOST = 8  # names of one photo
LEAST_SURE = 0.04  # that a place is meant: less sure names are left out
WHOLE = 3.0  # names that count in full: of more, each counts less, as a list of places is one fact
SAID = 60  # letters of the words around a name that are repeated
AS = {
    "claim": "written over the photo",
    "business": "on a business",
    "food": "on food",
    "origin": "where something was made",
    "street": "in a street's name",
}


class Found(NamedTuple):
    """A mention that is kept: how sure it means a place, its likeliest place, and all lines that name that."""

    mention: Mention
    sure: float
    place: int
    lines: tuple[int, ...]


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue per place that the text names, the surest first.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("Ajuntament d'Altafulla", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> clues(Reading((line,), 640, 480), ground.read())[0].says
    "Altafulla, Catalonia, Spain (Ajuntament d'Altafulla)"
    """
    found, words = mentions(reading)
    if not found:
        return []
    sums = likelihood.weights(ground)
    kept = surest(found, sums, words)
    scale = np.float32(min(1.0, WHOLE / max(1, len(kept))))
    return [
        Clue(KIND, _says(each), each.lines, scale * likelihood.log_likelihood(each.mention, ground, sums, words))
        for each in kept
    ]


def surest(found: list[Mention], sums: likelihood.Weights, words: int) -> list[Found]:
    """Of mentions in a text of `words` words: one per place and per spot in the text, the surest first.

    >>> from photoplanet.earth import ground
    >>> surest([], likelihood.weights(ground.read()), 0)
    []
    """
    spots: dict[int, Found] = {}
    for mention in found:
        sure, places, share = likelihood.meant(mention, sums, words)
        if sure >= LEAST_SURE and (mention.start not in spots or sure > spots[mention.start].sure):
            spots[mention.start] = Found(mention, sure, int(places[share.argmax()]), mention.lines)
    kept: dict[int, Found] = {}
    for each in sorted(spots.values(), key=_worth, reverse=True):
        best = kept.get(each.place, each)
        kept[each.place] = best._replace(lines=tuple(sorted({*best.lines, *each.lines})))
    return list(kept.values())[:MOST]


def _worth(found: Found) -> float:
    kind = likelihood.KINDS[found.mention.kind]
    return found.sure * (kind.near + kind.region)


def _says(found: Found) -> str:
    """The likeliest place and the words that name it: "Altafulla, Catalonia, Spain (Ajuntament d'Altafulla)"."""
    mention = found.mention
    words = printable(mention.says)
    words = words if len(words) <= SAID else words[: SAID - 1] + "…"
    others = len(mention.named.places) - 1
    more = f", or {others} other{'s' if others > 1 else ''} of that name" if others else ""
    note = f"; {AS[mention.kind]}" if mention.kind in AS else ""
    return f"{name(found.place)}{more} ({words}{note})"


def name(place: int) -> str:
    """A place, as `earth.place_names` numbers it, in words.

    >>> from photoplanet.earth import place_names
    >>> name(int(place_names.find("Catalunya").places[0]))
    'Catalonia, Spain'
    """
    data = gazetteer.read()
    towns, states = len(data.names), len(data.states)
    if place >= towns + states:
        return data.country_names[place - towns - states]
    row = int(data.state[place]) if place < towns else place - towns
    parts = [data.names[place] if place < towns else "", data.states[row], data.country_names[data.state_country[row]]]
    return ", ".join(part for i, part in enumerate(parts) if part and part not in parts[:i])
