"""Letters as pictures: from the font that comes with Pillow, or from a folder of fonts for other scripts.

Pillow carries Aileron (CC0) with the letters of ASCII. Accents, strokes and horns are drawn here, so that what needs
nothing else can write the languages of Europe, Turkish and Vietnamese. Other scripts need fonts: Debian has them in
`fonts-noto-core` and `fonts-noto-cjk`.
"""

import os
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

from PIL import Image, ImageDraw, ImageFont, features

from photoplanet.errors import InputError
from photoplanet.toyworld import accents

CAPITAL = 0.714  # height of a capital by the font's size: what a letter's height means, in every script
SHAPED = ("Arabic", "Hebrew", "Devanagari", "Thai")  # drawn letter by letter these are nonsense
FONTS = {  # file and, in a collection, which face; the first that the folder has is taken
    "Latin": (("NotoSans-Regular.ttf", 0), ("DejaVuSans.ttf", 0)),
    "Greek": (("NotoSans-Regular.ttf", 0), ("DejaVuSans.ttf", 0)),
    "Cyrillic": (("NotoSans-Regular.ttf", 0), ("DejaVuSans.ttf", 0)),
    "Arabic": (("NotoSansArabic-Regular.ttf", 0), ("DejaVuSans.ttf", 0)),
    "Hebrew": (("NotoSansHebrew-Regular.ttf", 0), ("DejaVuSans.ttf", 0)),
    "Devanagari": (("NotoSansDevanagari-Regular.ttf", 0),),
    "Thai": (("NotoSansThai-Regular.ttf", 0),),
    "Han": (("NotoSansCJK-Regular.ttc", 2),),
    "Kana": (("NotoSansCJK-Regular.ttc", 0),),
    "Hangul": (("NotoSansCJK-Regular.ttc", 1),),
}
DEBIAN = "Debian's packages fonts-noto-core and fonts-noto-cjk have them"


class Face(Protocol):
    """What writes lines of text in one script."""

    def covers(self, text: str) -> bool:
        """Whether every letter of `text` can be drawn."""

    def line(self, text: str, size: float) -> Image.Image:
        """The line as a mask ("L": 255 is ink), cut to its ink; `size`: of the font, pixels."""


class Packaged:
    """Latin letters from what is installed anyway.

    >>> face = Packaged()
    >>> face.covers("Café Müller, Łódź"), face.covers("улица")
    (True, False)
    >>> face.line("Café", size=40).mode
    'L'
    """

    def covers(self, text: str) -> bool:
        """Whether every letter is one of ASCII, with or without marks that `accents` draws."""
        return all(accents.parts(letter) is not None for letter in text)

    def line(self, text: str, size: float) -> Image.Image:
        """Letter by letter: the font's glyph, then its marks."""
        font = ImageFont.load_default(size)
        base = round(1.4 * size)
        mask = Image.new("L", (round(size * (len(text) + 2)), round(2 * size)))
        pen = size * 0.5
        for letter in text:
            found = accents.parts(letter)
            if found is None:
                raise InputError(f"the packaged font has no letter {letter!r}: give a folder of fonts")
            accents.draw(mask, pen, base, size, font, *found)
            pen += font.getlength(found[0])
        return _cut(mask)


class FontFile:
    """One face of a font file; `script` decides whether its letters have to be shaped.

    InputError where the file cannot be read as a font, or where the script needs a shaping that Pillow lacks here.
    """

    def __init__(self, path: str | os.PathLike[str], script: str, face: int = 0):
        if script in SHAPED and not shaping():
            raise InputError(f"{script} letters have to be shaped, and this Pillow comes without Raqm")
        self.path, self.face = Path(path), face
        self._font(20.0)

    def covers(self, text: str) -> bool:
        """Whether the font has a glyph for every letter."""
        return all(letter == " " or self._glyph(letter) != self._missing for letter in text)

    def line(self, text: str, size: float) -> Image.Image:
        """The line as Raqm lays it out, right to left where the script is."""
        font = self._font(size)
        left, top, right, bottom = font.getbbox(text)
        edge = round(size)
        mask = Image.new("L", (int(right - left) + 2 * edge, int(bottom - top) + 2 * edge))
        ImageDraw.Draw(mask).text((edge - left, edge - top), text, fill=255, font=font)
        return _cut(mask)

    @cached_property
    def _missing(self) -> bytes:
        return self._glyph("\U0010ffff")

    def _glyph(self, letter: str) -> bytes:
        mask = Image.new("L", (60, 80))
        ImageDraw.Draw(mask).text((20, 20), letter, fill=255, font=self._font(20.0))
        return mask.tobytes()

    def _font(self, size: float) -> ImageFont.FreeTypeFont:
        return _open(str(self.path), self.face, size)


def shaping() -> bool:
    """Whether this Pillow joins and orders letters as Arabic, Hebrew, Devanagari and Thai need.

    >>> shaping() in (True, False)
    True
    """
    return bool(features.check("raqm"))


def faces(folder: str | os.PathLike[str]) -> dict[str, Face]:
    """A face for each script that a font in `folder` (or below it) and this Pillow can write.

    InputError where no font of `FONTS` is there.

    >>> faces(getfixture("tmp_path"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: ...: has none of the fonts that are known; Debian's packages ...
    """
    files = {path.name: path for path in sorted(Path(folder).rglob("*")) if path.suffix.lower() in (".ttf", ".ttc")}
    found: dict[str, Face] = {}
    for script, choices in FONTS.items():
        for name, face in choices:
            if name in files and script not in found and (shaping() or script not in SHAPED):
                found[script] = FontFile(files[name], script, face)
    if not found:
        raise InputError(f"{folder}: has none of the fonts that are known; {DEBIAN}")
    return found


def _cut(mask: Image.Image) -> Image.Image:
    box = mask.getbbox()
    return mask.crop(box) if box else mask.crop((0, 0, 1, 1))


@lru_cache(maxsize=16)  # each holds its whole file
def _open(path: str, face: int, size: float) -> ImageFont.FreeTypeFont:
    try:
        with Path(path).open("rb") as file:  # a name would be looked for in the system's folders too
            return ImageFont.truetype(file, size, index=face)
    except OSError as error:
        raise InputError(f"{path}: cannot be read as a font ({error})") from error
