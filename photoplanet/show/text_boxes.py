"""A photo with its text outlined, and its evidence listed below: what speaks for its place, and how much."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from photoplanet.locate import why
from photoplanet.photos import decode

INK, PAPER, TEXT = (33, 33, 33), (255, 255, 255), (200, 30, 70)  # a red apart from the heat map's orange and violet
MARGIN, LETTER = 12, 15  # pixels

Lines = Sequence[tuple[str, tuple[int, int, int]]]  # each with its colour


def panel(source: decode.Source, facts: dict[str, Any], side: int) -> Image.Image:
    """Draw a photo, at most `side` pixels wide and high, with the lines of text that clues rest on outlined.

    `facts`: of `why.record`; the numbers are those of `captions`. InputError for a photo that cannot be read.

    >>> import numpy as np
    >>> panel(np.zeros((30, 40, 3), np.uint8), {"clues": []}, 20).size
    (20, 15)
    """
    photo = decode.open_photo(source).convert("RGB")
    photo.thumbnail((side, side), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(photo)
    shown = [(str(number), each) for number, each in enumerate(facts["clues"][: why.MOST], 1) if not each["struck"]]
    boxes = [(name, [(x * photo.width, y * photo.height) for x, y in box]) for name, each in shown
             for box in each["boxes"]]  # fmt: skip
    for _, corners in boxes:
        for ink, width in ((PAPER, 5), (TEXT, 3)):
            draw.line([*corners, corners[0]], fill=ink, width=width, joint="curve")
    font = ImageFont.load_default(LETTER)
    for name, corners in boxes:
        left, top = corners[0][0], max(0.0, corners[0][1] - LETTER - 4)
        draw.rectangle((left, top, left + draw.textlength(name, font) + 8, top + LETTER + 4), fill=TEXT)
        draw.text((left + 4, top + 1), name, fill=PAPER, font=font)
    return photo


def captions(facts: dict[str, Any]) -> list[tuple[str, tuple[int, int, int]]]:
    """The evidence in lines for a picture: the weightiest first, then what contradicts what.

    >>> captions({"clues": [], "conflict": None})
    [('nothing that can be read', (33, 33, 33))]
    """
    found = [
        (f"{number}: {each['kind']}: {plain(each['says'])}, "
         f"{'struck out' if each['struck'] else format(each['bits'], '+.1f') + ' bits'}", TEXT)
        for number, each in enumerate(facts["clues"][: why.MOST], 1)
    ]  # fmt: skip
    found = found or [("nothing that can be read", INK)]
    return found + [(plain(line), INK) for line in why.note(facts)]


def sheet(panels: Sequence[Image.Image], lines: Lines) -> Image.Image:
    """Put pictures side by side and lines below them, on white.

    >>> sheet([Image.new("RGB", (300, 20))], [("one line", INK)]).size
    (324, 77)
    """
    width = sum(each.width + MARGIN for each in panels) + MARGIN
    tallest = max(each.height for each in panels)
    made = Image.new("RGB", (width, tallest + 3 * MARGIN + len(lines) * (LETTER + 6)), PAPER)
    left = MARGIN
    for each in panels:
        made.paste(each, (left, MARGIN))
        left += each.width + MARGIN
    draw, font = ImageDraw.Draw(made), ImageFont.load_default(LETTER)
    for row, (text, ink) in enumerate(lines):
        draw.text((MARGIN, tallest + 2 * MARGIN + row * (LETTER + 6)), text, fill=ink, font=font)
    return made


def plain(text: str) -> str:
    """Text in the letters that Pillow's own font has: without accents, and "?" for other scripts.

    >>> plain("Prohibit l'accés: 東京")
    "Prohibit l'acces: ??"
    """
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return bare.encode("ascii", "replace").decode()
