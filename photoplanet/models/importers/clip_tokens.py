"""CLIP's tokenizer: texts → the numbers of byte pairs (Sennrich et al., ACL 2016; Radford et al., ICML 2021, §2.4)."""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from photoplanet.core import regular
from photoplanet.errors import InputError, ModelError

VOCABULARY, MERGES, TOGETHER = "vocab.json", "merges.txt", "tokenizer.json"  # as the hub calls them
MAX_BYTES = 32 << 20
MAX_TOKENS = 1_000_000
MAX_LENGTH = 77  # of a text with its two ends, in every published CLIP
START, END = "<|startoftext|>", "<|endoftext|>"
_END_OF_WORD = "</w>"
_CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")


@dataclass(frozen=True)
class Tokenizer:
    """`numbers`: of each token; `ranks`: pairs of tokens that are joined, the lowest rank first.

    >>> letters = {each + end: at for at, (each, end) in enumerate([("a", ""), ("b", ""), ("b", "</w>")])}
    >>> made = Tokenizer(letters | {"ab</w>": 3, START: 4, END: 5}, {("a", "b</w>"): 0})
    >>> made.encode("AB  ab")
    [4, 3, 3, 5]
    """

    numbers: dict[str, int]
    ranks: dict[tuple[str, str], int]
    _words: dict[str, list[int]] = field(default_factory=dict, compare=False)

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text between its two ends; InputError for one that is too long or has no numbers."""
        found = [self.numbers[START]]
        for word in words(text):
            if word not in self._words:
                self._words[word] = self._joined(word)
            found += self._words[word]
        if len(found) >= MAX_LENGTH:
            raise InputError(f"{text[:60]!r}: over {MAX_LENGTH - 2} tokens, too long for CLIP; shorten it")
        return [*found, self.numbers[END]]

    def _joined(self, word: str) -> list[int]:
        letters = [_letters()[byte] for byte in word.encode()]
        parts = [*letters[:-1], letters[-1] + _END_OF_WORD]
        while len(parts) > 1:
            pairs = list(pairwise(parts))
            best = min(pairs, key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if best not in self.ranks:
                break
            joined, at = [], 0
            while at < len(parts):
                pair = tuple(parts[at : at + 2]) == best
                joined.append("".join(best) if pair else parts[at])
                at += 2 if pair else 1
            parts = joined
        missing = next((part for part in parts if part not in self.numbers), None)
        if missing is not None:
            raise InputError(f"{word[:60]!r}: the vocabulary lacks {missing[:20]!r}; get the tokenizer's files again")
        return [self.numbers[part] for part in parts]


def words(text: str) -> Iterator[str]:
    """Cut a text as CLIP does: lower case; runs of letters, single digits, runs of other signs, English contractions.

    >>> list(words("It's  São Tomé, 1a!"))
    ['it', "'s", 'são', 'tomé', ',', '1', 'a', '!']
    """
    text = unicodedata.normalize("NFC", text).lower()
    at = 0
    while at < len(text):
        short = next((each for each in _CONTRACTIONS if text.startswith(each, at)), None)
        kind, end = _kind(text[at]), at + 1
        if short:
            end = at + len(short)
        elif kind != "digit":
            while end < len(text) and _kind(text[end]) == kind:
                end += 1
        if short or kind != "space":
            yield text[at:end]
        at = end


def _kind(sign: str) -> str:
    if sign.isspace():
        return "space"
    return {"L": "letter", "N": "digit"}.get(unicodedata.category(sign)[0], "other")


@cache
def _letters() -> list[str]:
    """The sign that stands for each byte: itself where it can be seen, else one from 256 up, in order."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in seen else chr(next(others)) for byte in range(256)]


def read(folder: Path) -> Tokenizer:
    """Read a tokenizer from a folder of the hub's layout: vocab.json and merges.txt, or tokenizer.json.

    ModelError for files that are missing, too large, or not a tokenizer of CLIP's kind.

    >>> read(Path("no-such-folder"))
    Traceback (most recent call last):
    photoplanet.errors.ModelError: no-such-folder: no tokenizer in it (vocab.json and merges.txt, or ...); get them
    """
    if (folder / VOCABULARY).is_file() and (folder / MERGES).is_file():
        numbers = _json(folder / VOCABULARY)
        lines = _text(folder / MERGES).split("\n")
        pairs: Any = [line.split(" ") for line in lines if line and not line.startswith("#version")]
        return _checked(folder / VOCABULARY, numbers, pairs)
    path = folder / TOGETHER
    if not path.is_file():
        raise ModelError(f"{folder}: no tokenizer in it ({VOCABULARY} and {MERGES}, or {TOGETHER}); get them")
    found = _json(path)
    model = found.get("model") if isinstance(found, dict) else None
    model = model if isinstance(model, dict) else {}
    merges = model.get("merges")
    pairs = [each.split(" ") if isinstance(each, str) else each for each in merges] if isinstance(merges, list) else []
    return _checked(path, model.get("vocab"), pairs)


def _checked(path: Path, numbers: Any, pairs: list[Any]) -> Tokenizer:
    if not isinstance(numbers, dict) or not 0 < len(numbers) <= MAX_TOKENS or not 0 < len(pairs) <= MAX_TOKENS:
        raise _bad(path, "no vocabulary and merges, or too many")
    if not all(type(number) is int and 0 <= number < MAX_TOKENS for number in numbers.values()):
        raise _bad(path, "a token without a number")
    if not all(isinstance(pair, list) and len(pair) == 2 and all(isinstance(e, str) for e in pair) for pair in pairs):
        raise _bad(path, "a merge that is not two tokens")
    if START not in numbers or END not in numbers:
        raise _bad(path, f"no {START} and {END}")
    ranks: dict[tuple[str, str], int] = {}
    for one, other in pairs:
        ranks.setdefault((one, other), len(ranks))
    return Tokenizer(numbers, ranks)


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise _bad(path, f"no JSON ({type(error).__name__})") from None


def _text(path: Path) -> str:
    try:
        return regular.read_regular(path, MAX_BYTES).decode()
    except (OSError, UnicodeDecodeError, InputError) as error:
        raise _bad(path, str(error).removeprefix(f"{path}: ")) from None


def _bad(path: Path, what: str) -> ModelError:
    return ModelError(f"{path}: not a tokenizer of CLIP's kind ({what}); get the file again")
