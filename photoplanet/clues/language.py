"""The language of a photo's lines as evidence: whose country, or state, has signs in it.

Each line is taken by itself: P(line | place) = Σ P(line | language) · share of that language on the signs there. So a
sign in two languages fits where both are used, and English for visitors says little. The lines of one language make one
clue. Alternatives stay: a line that may be Danish or Norwegian speaks for both.
"""

import numpy as np
from numpy.typing import NDArray

from photoplanet.clues import language_scores
from photoplanet.clues.clue import Clue
from photoplanet.earth import countries
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

TEMPER = 0.7  # the power of a line's likelihood: its letters and words are not independent
FOREIGN = 0.02  # of the lines anywhere are in any language whatever: names, posters, misread text
LEAST_SCORE = 0.6  # of the reader: lines it is less sure of are often nonsense
NAMED = 0.15  # the share from which a language is named


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue for all lines that are most likely in one language, the one with most lines first.

    MissingExtra without the signs extra.

    >>> from photoplanet.earth import gazetteer, ground
    >>> from photoplanet.signs.line import Line
    >>> box = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    >>> sites = ground.read()
    >>> (clue,) = clues(Reading((Line("Hunde bitte anleinen", 0.98, box),), 640, 480), sites)
    >>> clue.says
    'German'
    >>> held = np.bincount(sites.country, sites.weight * np.exp(clue.log_likelihood))
    >>> gazetteer.read().country_codes[held.argmax()]
    'DE'
    """
    found: dict[int, list[tuple[int, NDArray[np.float64]]]] = {}
    for number, line in enumerate(reading.lines):
        rows = language_scores.scores(line.text) if line.role == "sign" and line.score >= LEAST_SCORE else None
        if rows is not None:
            found.setdefault(int(rows.argmax()), []).append((number, TEMPER * rows))
    groups = sorted(found.values(), key=len, reverse=True)
    return [_clue(group, ground) for group in groups]


def _clue(group: list[tuple[int, NDArray[np.float64]]], ground: Ground) -> Clue:
    shares = _shares()
    by_area = np.zeros(len(shares))
    for _, rows in group:
        by_area += np.log(shares @ np.exp(rows - rows.max()))
    numbers = tuple(number for number, _ in group)
    return Clue(
        "language", _says(np.sum([rows for _, rows in group], axis=0)), numbers, by_area.astype(np.float32)[ground.area]
    )


def _shares() -> NDArray[np.float64]:
    """(areas, languages): how much of the signs of each area is in each language."""
    codes, areas = language_scores.languages().codes, countries.areas()
    own = np.array([[shares.get(code, 0.0) for code in codes] for shares in areas.languages])
    return np.asarray(FOREIGN / len(codes) + (1 - FOREIGN) * own)


def _says(rows: NDArray[np.float64]) -> str:
    names = language_scores.languages().names
    share = np.exp(rows - rows.max())
    share /= share.sum()
    order = [row for row in np.argsort(-share)[:3].tolist() if share[row] >= NAMED]
    return " or ".join(dict.fromkeys(names[row] for row in order or [int(share.argmax())]))
