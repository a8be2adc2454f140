"""Marks over, under and through the letters of ASCII: what Pillow's own font lacks of the Latin script.

A letter is taken apart by Unicode's canonical decomposition; the few that Unicode does not take apart (ł, ø, đ, ı) are
listed. Marks are drawn as strokes in the place that the letter's own ink leaves.
"""

import unicodedata
from functools import cache

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]
Strokes = tuple[tuple[Point, ...], ...]  # x from the middle to the right, y down from the mark's own top; unit: size

_STROKE, _BAR, _DOTLESS = "stroke", "bar", "dotless"
_LISTED = {
    "ø": ("o", (_STROKE,)), "Ø": ("O", (_STROKE,)), "ł": ("l", (_STROKE,)), "Ł": ("L", (_STROKE,)),
    "đ": ("d", (_BAR,)), "Đ": ("D", (_BAR,)), "ı": ("i", (_DOTLESS,)),
}  # fmt: skip
_ABOVE: dict[str, Strokes] = {
    "\u0300": (((-0.1, 0), (0.06, 0.12)),),
    "\u0301": (((0.1, 0), (-0.06, 0.12)),),
    "\u0302": (((-0.12, 0.12), (0, 0), (0.12, 0.12)),),
    "\u0303": (((-0.14, 0.1), (-0.06, 0.02), (0.05, 0.09), (0.13, 0.01)),),
    "\u0304": (((-0.13, 0.06), (0.13, 0.06)),),
    "\u0306": (((-0.12, 0), (-0.06, 0.1), (0.06, 0.1), (0.12, 0)),),
    "\u0307": (((0, 0.03), (0, 0.09)),),
    "\u0308": (((-0.11, 0.03), (-0.11, 0.09)), ((0.11, 0.03), (0.11, 0.09))),
    "\u0309": (((-0.05, 0.01), (0.05, 0.02), (0.05, 0.06), (0, 0.09), (0, 0.13)),),
    "\u030a": (((-0.06, 0.02), (0.06, 0.02), (0.06, 0.13), (-0.06, 0.13), (-0.06, 0.02)),),
    "\u030b": (((0, 0), (-0.09, 0.12)), ((0.15, 0), (0.06, 0.12))),
    "\u030c": (((-0.12, 0), (0, 0.12), (0.12, 0)),),
}
_BELOW: dict[str, Strokes] = {
    "\u0323": (((0, 0.08), (0, 0.14)),),
    "\u0327": (((0, 0), (0.06, 0.08), (0.03, 0.17), (-0.07, 0.17)),),
    "\u0328": (((0.12, 0), (0.05, 0.1), (0.09, 0.17), (0.16, 0.15)),),
}
_HORN = "\u031b"
_KNOWN = {*_ABOVE, *_BELOW, _HORN}


@cache
def parts(letter: str) -> tuple[str, tuple[str, ...]] | None:
    """A letter as one of ASCII and its marks, or None where it cannot be drawn so.

    >>> parts("é"), parts("ł"), parts("ж")
    (('e', ('\u0301',)), ('l', ('stroke',)), None)
    """
    if letter in _LISTED:
        return _LISTED[letter]
    taken = unicodedata.normalize("NFD", letter)
    if not " " <= taken[0] <= "~" or not _KNOWN.issuperset(taken[1:]):
        return None
    return taken[0], tuple(taken[1:])


def draw(
    mask: Image.Image, x: float, base: float, size: float, font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
    letter: str, marks: tuple[str, ...],
) -> None:  # fmt: skip
    """Draw a letter of ASCII and its marks into `mask`, its pen at `x`, its foot at `base`, pixels.

    >>> mask = Image.new("L", (40, 60))
    >>> draw(mask, 5, 50, 30.0, ImageFont.load_default(30), "e", ("\u0301",))
    >>> mask.getbbox()[1] < 32  # the accent stands above the letter, which is 16 high
    True
    """
    pen = ImageDraw.Draw(mask)
    pen.text((x, base), letter, fill=255, font=font, anchor="ls")
    if not marks:
        return
    left, top, right, bottom = pen.textbbox((x, base), letter, font=font, anchor="ls")
    if letter in "ij" and (marks == (_DOTLESS,) or not _ABOVE.keys().isdisjoint(marks)):
        small = pen.textbbox((x, base), "x", font=font, anchor="ls")[1]
        pen.rectangle((left - 1, 0, right + 1, small - 1), fill=0)
        top = small
    width = max(1, round(0.075 * size))
    middle, upper = (left + right) / 2, top - 0.05 * size
    for mark in marks:
        if mark in _ABOVE:
            upper -= 0.13 * size
            _strokes(pen, _ABOVE[mark], (middle, upper), size, width)
            upper -= 0.05 * size
        elif mark in _BELOW:
            _strokes(pen, _BELOW[mark], (middle, bottom), size, width)
        elif mark == _HORN:
            _strokes(pen, (((-0.05, 0.06), (0.06, -0.06)),), (right, top), size, width)
        elif mark == _STROKE and letter in "lL":
            reach = 0.3 if letter == "L" else 0.19
            _strokes(pen, (((-0.1, 0.08), (reach, -0.14)),), (left, (top + bottom) / 2), size, width)
        elif mark == _STROKE:
            pen.line((left - 0.02 * size, bottom, right + 0.02 * size, top), 255, width)
        elif mark == _BAR and letter == "d":
            _strokes(pen, (((0, 0.15), (0.32, 0.15)),), (middle, top), size, width)
        elif mark == _BAR:
            _strokes(pen, (((-0.07, 0), (0.23, 0)),), (left, (top + bottom) / 2), size, width)


def _strokes(pen: ImageDraw.ImageDraw, strokes: Strokes, start: Point, size: float, width: int) -> None:
    for points in strokes:
        pen.line([(start[0] + x * size, start[1] + y * size) for x, y in points], 255, width, joint="curve")
