"""Signs of the toy Earth: boards with glyphs of the country's script."""

import numpy as np
from PIL.ImageDraw import ImageDraw as Draw


def sign(draw: Draw, rng: np.random.Generator, big: int, script: int) -> None:
    """A board with three glyphs of the country's script.

    >>> from PIL import Image
    >>> image = Image.new("RGB", (96, 96))
    >>> sign(Draw(image), np.random.default_rng(0), big=96, script=4)
    >>> (20, 20, 26) in {colour for _, colour in image.getcolors()}  # the ink of its glyphs
    True
    """
    glyph = rng.uniform(0.085, 0.115) * big
    w, h = glyph * 4.1, glyph * 1.7
    x, y = rng.uniform(0.01, 0.99 - w / big) * big, rng.uniform(0.66, 0.82) * big
    draw.rectangle((x + w * 0.46, y, x + w * 0.54, big), fill=(90, 90, 94))
    draw.rectangle((x, y, x + w, y + h), fill=(250, 250, 246), outline=(30, 30, 30), width=3)
    for nth in range(3):
        left, top = x + glyph * (0.4 + 1.2 * nth), y + glyph * 0.35
        _glyph(draw, rng, left, top, glyph, script)


def _glyph(draw: Draw, rng: np.random.Generator, x: float, y: float, g: float, script: int) -> None:
    ink, line = (20, 20, 26), max(3, int(g * 0.2))
    lean = rng.uniform(-0.12, 0.12) * g
    if script == 0:  # bars
        for part in (0.1, 0.5, 0.9):
            draw.line((x + g * part * 0.9, y, x + g * part * 0.9 + lean, y + g), fill=ink, width=line)
    elif script == 1:  # rings
        draw.ellipse((x, y, x + g * 0.95, y + g), outline=ink, width=line)
    elif script == 2:  # crosses
        draw.line((x, y, x + g * 0.95, y + g), fill=ink, width=line)
        draw.line((x + g * 0.95, y, x + lean, y + g), fill=ink, width=line)
    elif script == 3:  # solid triangles
        draw.polygon(((x, y + g), (x + g * 0.5 + lean, y), (x + g, y + g)), fill=ink)
    elif script == 4:  # solid blocks
        draw.rectangle((x + lean * 0.5, y, x + g * 0.85, y + g), fill=ink)
    else:  # beams
        for part in (0.08, 0.5, 0.92):
            draw.line((x, y + g * part, x + g * 0.95, y + g * part + lean * 0.6), fill=ink, width=line)
