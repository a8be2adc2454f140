"""Text → how likely it is in each of 75 languages: its letters (lingua) and its common words (wordfreq), together.

lingua compares sequences of three letters; alone it takes short lines of Danish for Norwegian, of Catalan for Latin.
Which of a line's words are among a language's 10,000 commonest settles most of these. Its model of one to five letters
is no better here, needs 0.9 GB of memory and 4 s to start; this one 70 MB and 0.3 s. Measured in docs/signs.md.
"""

import itertools
import re
import unicodedata
from collections import Counter
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
LEAST_LETTERS = 4  # of a line in Latin script: three are as often a code as a word
LEAST = 1e-4  # of the letters' share: a language is never ruled out by letters
MAX_CHARACTERS = 300  # of one text: longer ones say no more
# Languages that share a list of words, since there is none of their own
_LISTED_AS = {"hr": "sh", "bs": "sh", "sr": "sh", "tl": "fil", "nn": "nb"}
_NO_SPACES = ("zh", "ja", "ko")  # their lists need a library that cuts text into words; letters tell them anyway
_NAMES = {"nb": "Norwegian", "nn": "Norwegian (Nynorsk)", "ga": "Irish", "la": "Latin"}
# Scripts that tell languages apart by themselves, as Unicode's names of their letters begin → who writes in them
_SCRIPTS = {
    "ARABIC": "ar fa ur", "ARMENIAN": "hy", "BENGALI": "bn", "CJK": "zh ja", "CYRILLIC": "be bg kk mk mn ru sr uk",
    "DEVANAGARI": "hi mr", "GEORGIAN": "ka", "GREEK": "el", "GUJARATI": "gu", "GURMUKHI": "pa", "HANGUL": "ko",
    "HEBREW": "he", "HIRAGANA": "ja", "KATAKANA": "ja", "TAMIL": "ta", "TELUGU": "te", "THAI": "th",
}  # fmt: skip
OTHER_SCRIPT = -9.0  # added where most letters of a line are of a script that a language is not written in
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

    Words of one letter, lines of three, digits and internet addresses count for nothing. MissingExtra without the extra
    `signs`.

    >>> rows = scores("Husk dit skrald, tak")
    >>> languages().names[int(rows.argmax())]
    'Danish'
    >>> scores("12:30") is None
    True
    """
    found = words(text)
    if not found or (_script("".join(found)) == "LATIN" and len("".join(found)) < LEAST_LETTERS):
        return None
    known = languages()
    shares = np.full(len(known.codes), LEAST)
    for each in _detector().compute_language_confidence_values(" ".join(found)):
        row = known.codes.index(each.language.iso_code_639_1.name.lower())
        shares[row] = max(LEAST, each.value)
    rows: NDArray[np.float64] = LETTERS_WEIGHT * np.log(shares) + _by_script(" ".join(found), known.codes)
    for word in found:
        for row, gain in known.words.get(word, ()):
            rows[row] += gain
    if _script(" ".join(found)) == "LATIN":  # lingua knows Serbian in Cyrillic only
        rows[known.codes.index("sr")] = max(rows[known.codes.index(code)] for code in ("bs", "hr"))
    return rows


def words(text: str) -> list[str]:
    """The words of a line in lower case: two letters or more, without addresses and numbers.

    >>> words("Ring 020 7946, www.x.de – ROKEN verboden!")
    ['ring', 'roken', 'verboden']
    """
    plain = unicodedata.normalize("NFC", _ADDRESS.sub(" ", text[:MAX_CHARACTERS])).lower()
    found = []
    for letters, run in itertools.groupby(plain, _in_a_word):
        word = "".join(run).strip("'’·-")
        if letters and sum(unicodedata.category(sign)[0] == "L" for sign in word) > 1:
            found.append(word)
    return found


def _in_a_word(sign: str) -> bool:
    """Letters, the marks that scripts of India and Thailand put on them, and what joins two letters."""
    return sign in "'’·-" or unicodedata.category(sign)[0] in "LM"


def _script(text: str) -> str:
    """The script of most letters, as Unicode names it; any kana make a text Japanese."""
    counts = Counter(unicodedata.name(sign, "?").split()[0] for sign in text if sign.isalpha())
    return "HIRAGANA" if counts["HIRAGANA"] + counts["KATAKANA"] else counts.most_common(1)[0][0]


def _by_script(text: str, codes: tuple[str, ...]) -> NDArray[np.float64]:
    """What the script of a text adds to each language's row: nothing where they go together."""
    script = _script(text)
    if script == "LATIN":
        others = {code for codes in _SCRIPTS.values() for code in codes.split()}
        return np.array([OTHER_SCRIPT * (code in others) for code in codes])
    writers = _SCRIPTS.get(script)
    if writers is None:
        return np.zeros(len(codes))
    return np.array([0.0 if code in writers.split() else OTHER_SCRIPT for code in codes])


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
