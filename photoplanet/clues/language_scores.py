"""Text → how likely it is in each of 75 languages: its letters (lingua) and its common words (wordfreq), together.

lingua compares sequences of three letters; alone it takes short lines of Danish for Norwegian, of Catalan for Latin.
Which of a line's words are among a language's 10,000 commonest settles most of these. Its model of one to five letters
is no better here, needs 0.9 GB of memory and 4 s to start; this one 70 MB and 0.3 s. Measured in docs/signs.md.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import MissingExtra

if TYPE_CHECKING:
    from lingua import LanguageDetector

WORDS = 10_000  # of each language: more gained nothing
UNKNOWN_WORD = 1e-7  # the frequency of a word that is not among them
LETTERS_WEIGHT = 0.6  # of the letters' logarithm beside the words', since both see the same text
LEAST = 1e-4  # of the letters' share: a language is never ruled out by letters
MAX_CHARACTERS = 300  # of one text: longer ones say no more
# Languages that share a list of words, since there is none of their own
_LISTED_AS = {"hr": "sh", "bs": "sh", "sr": "sh", "tl": "fil", "nn": "nb"}
_NO_SPACES = ("zh", "ja", "ko")  # their lists need a library that cuts text into words; letters tell them anyway
_NAMES = {"nb": "Norwegian", "nn": "Norwegian (Nynorsk)", "ga": "Irish", "la": "Latin"}
_WORD = re.compile(r"[^\W\d_]+(?:['’·-][^\W\d_]+)*")
_ADDRESS = re.compile(r"\S*[@/\d]\S*|www\S*|\S+\.[a-z]{2,6}\b", re.IGNORECASE)  # no language of their own


class Languages(NamedTuple):
    """The languages that are told apart: `codes` (ISO 639-1), their English `names`, and their common words.

    `words`: word, in lower case → (row of its language, log of how much commoner it is there than unknown words) pairs.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    words: dict[str, list[tuple[int, float]]]


def scores(text: str) -> NDArray[np.float64] | None:
    """One line of text → the log-likelihood (75,) of each of `languages`, up to a constant; None without a word.

    Words of one letter, digits and internet addresses count for nothing. MissingExtra without the signs extra.

    >>> rows = scores("Husk dit skrald, tak")
    >>> languages().names[int(rows.argmax())]
    'Danish'
    >>> scores("12:30") is None
    True
    """
    found = words(text)
    if not found:
        return None
    known = languages()
    shares = np.full(len(known.codes), LEAST)
    for each in _detector().compute_language_confidence_values(" ".join(found)):
        row = known.codes.index(each.language.iso_code_639_1.name.lower())
        shares[row] = max(LEAST, each.value)
    rows: NDArray[np.float64] = LETTERS_WEIGHT * np.log(shares)
    for word in found:
        for row, gain in known.words.get(word, ()):
            rows[row] += gain
    return rows


def words(text: str) -> list[str]:
    """The words of a line in lower case: two letters or more, without addresses and numbers.

    >>> words("Ring 020 7946, www.x.de – ROKEN verboden!")
    ['ring', 'roken', 'verboden']
    """
    return [word for word in _WORD.findall(_ADDRESS.sub(" ", text[:MAX_CHARACTERS]).lower()) if len(word) > 1]


@cache
def languages() -> Languages:
    """The languages, and the common words of those that have a list; read once.

    >>> found = languages()
    >>> len(found.codes), found.names[found.codes.index("da")]
    (75, 'Danish')
    """
    try:
        from wordfreq import available_languages, get_frequency_list
    except ImportError:
        raise MissingExtra("telling languages apart", "signs") from None
    known = [each.language for each in _detector().compute_language_confidence_values("a")]
    by_code = {each.iso_code_639_1.name.lower(): each.name.title() for each in known}
    codes = tuple(sorted(by_code))
    listed = available_languages("small")
    common: dict[str, list[tuple[int, float]]] = {}
    for row, code in enumerate(codes):
        name = _LISTED_AS.get(code, code)
        if name not in listed or name in _NO_SPACES:
            continue
        left = WORDS
        for centibels, bucket in enumerate(get_frequency_list(name, "small")):
            gain = float(np.log1p(10 ** (-centibels / 100) / UNKNOWN_WORD))
            for word in bucket[:left]:
                common.setdefault(word, []).append((row, gain))
            left -= min(left, len(bucket))
            if not left:
                break
    return Languages(codes, tuple(_NAMES.get(code, by_code[code]) for code in codes), common)


@cache
def _detector() -> "LanguageDetector":
    try:
        from lingua import LanguageDetectorBuilder
    except ImportError:
        raise MissingExtra("telling languages apart", "signs") from None
    return LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()
