"""Landmarks of the toy Earth: shape, body colour and pattern tell each from all others."""

import numpy as np
from PIL import Image
from PIL.ImageDraw import ImageDraw as Draw

from photoplanet.toyworld.colours import Colour, hsv, shade
from photoplanet.toyworld.world import BODY_COLOURS, PATTERNS

BODIES = [hsv(i / BODY_COLOURS, 0.75, 0.9) for i in range(BODY_COLOURS - 2)] + [(250, 250, 250), (50, 48, 56)]
# Width of each shape by its height: tower, dome, arch, pyramid, bottle, wheel, twin towers, steps.
WIDTHS = (0.34, 0.9, 0.62, 0.8, 0.5, 0.72, 1.05, 0.66)


def landmark(image: Image.Image, rng: np.random.Generator, big: int, horizon: int, number: int) -> None:
    """Paint landmark `number` into a picture of `big` × `big` pixels, standing a little below the horizon.

    >>> image = Image.new("RGB", (96, 96))
    >>> landmark(image, np.random.default_rng(0), big=96, horizon=50, number=0)
    >>> image.getbbox() is None  # nothing was painted
    False
    """
    shape, rest = divmod(number, BODY_COLOURS * PATTERNS)
    colour, pattern = divmod(rest, PATTERNS)
    h = rng.uniform(0.44, 0.6) * big
    w = h * WIDTHS[shape]
    x, base = rng.uniform(0.02, 0.98 - w / big) * big, horizon + rng.uniform(0.03, 0.1) * big
    stencil = Image.new("L", (int(w), int(h)))
    _silhouette(Draw(stencil), shape, w, h)
    body = Image.new("RGB", stencil.size, shade(BODIES[colour], rng, 6))
    red, green, blue = BODIES[colour]
    dark = (int(red * 0.45), int(green * 0.45), int(blue * 0.45)) if colour != BODY_COLOURS - 1 else (200, 200, 60)
    _pattern(Draw(body), pattern, w, h, dark)
    image.paste(body, (int(x), int(base - h)), stencil)


def _silhouette(draw: Draw, shape: int, w: float, h: float) -> None:
    if shape == 0:  # tower
        draw.rectangle((w * 0.15, h * 0.12, w * 0.85, h), fill=255)
        draw.polygon(((w * 0.15, h * 0.12), (w / 2, 0), (w * 0.85, h * 0.12)), fill=255)
    elif shape == 1:  # dome
        draw.pieslice((0, h * 0.1, w, h * 1.1), 180, 360, fill=255)
        draw.rectangle((w * 0.06, h * 0.6, w * 0.94, h), fill=255)
    elif shape == 2:  # arch
        draw.rectangle((0, h * 0.15, w, h), fill=255)
        draw.pieslice((w * 0.25, h * 0.4, w * 0.75, h), 180, 360, fill=0)
        draw.rectangle((w * 0.25, h * 0.7, w * 0.75, h), fill=0)
    elif shape == 3:  # pyramid
        draw.polygon(((0, h), (w / 2, h * 0.1), (w, h)), fill=255)
    elif shape == 4:  # bottle
        draw.rectangle((w * 0.36, 0, w * 0.64, h * 0.45), fill=255)
        draw.ellipse((0, h * 0.36, w, h), fill=255)
    elif shape == 5:  # wheel
        draw.ellipse((0, 0, w, w), fill=255)
        draw.ellipse((w * 0.28, w * 0.28, w * 0.72, w * 0.72), fill=0)
        draw.polygon(((w * 0.3, h), (w / 2, w * 0.5), (w * 0.7, h)), fill=255)
    elif shape == 6:  # twin towers with a bridge
        draw.rectangle((0, 0, w * 0.28, h), fill=255)
        draw.rectangle((w * 0.72, 0, w, h), fill=255)
        draw.rectangle((0, h * 0.5, w, h * 0.66), fill=255)
    else:  # stepped
        for step in range(4):
            draw.rectangle(
                (w * 0.13 * (3 - step), h * 0.25 * step, w - w * 0.13 * (3 - step), h * 0.25 * (step + 1)), fill=255
            )


def _pattern(draw: Draw, pattern: int, w: float, h: float, dark: Colour) -> None:
    step = h / 9
    if pattern == 0:  # plain
        return
    if pattern == 1:  # bands
        for band in range(0, 9, 2):
            draw.rectangle((0, band * step, w, (band + 1) * step), fill=dark)
    elif pattern == 2:  # columns
        for column in range(0, int(w / step) + 1, 2):
            draw.rectangle((column * step, 0, (column + 1) * step, h), fill=dark)
    elif pattern == 3:  # checks
        for band in range(9):
            for column in range(band % 2, int(w / step) + 1, 2):
                draw.rectangle((column * step, band * step, (column + 1) * step, (band + 1) * step), fill=dark)
    else:  # lower half dark
        draw.rectangle((0, h * 0.55, w, h), fill=dark)
