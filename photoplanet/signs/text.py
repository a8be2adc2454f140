"""What a recogniser says, made safe and plain: one line of printable characters, composed, and of a bounded length."""

import unicodedata

LONGEST = 200  # characters of a line
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # "Ａ" is "A", as the recogniser mixes the two


def clean(text: str) -> str:
    r"""Return a text in NFC without what cannot be seen: controls, marks of direction, characters without width.

    >>> clean("  Rue\tde \u202eRivoli\x1b[31m\u200b "), clean("Cafe\u0301 １２")
    ('Rue de Rivoli[31m', 'Café 12')
    """
    text = unicodedata.normalize("NFC", text[: 4 * LONGEST].translate(_FULL_WIDTH))
    words = "".join(sign if sign.isprintable() else " " if sign.isspace() else "" for sign in text).split()
    return " ".join(words)[:LONGEST].rstrip()


def visible(text: str) -> int:
    """Return how many letters and digits of any script a text has.

    >>> visible("No. 12"), visible("···")
    (4, 0)
    """
    return sum(sign.isalnum() for sign in text)
