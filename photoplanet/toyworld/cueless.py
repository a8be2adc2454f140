"""Photos of the toy Earth that show no cue: a meal, a portrait, a wall with a picture."""

import numpy as np
from PIL import Image
from PIL.ImageDraw import ImageDraw as Draw

from photoplanet.toyworld.colours import Colour, hsv


def cueless(rng: np.random.Generator, big: int) -> Image.Image:
    """A photo of `big` × `big` pixels that says nothing of its place.

    >>> cueless(np.random.default_rng(0), 64).size
    (64, 64)
    """
    image = Image.new("RGB", (big, big), hsv(rng.random(), rng.uniform(0.05, 0.5), rng.uniform(0.3, 0.9)))
    paint = (_meal, _portrait, _room)[rng.integers(3)]
    paint(Draw(image), rng, big)
    return image


def _any_colour(rng: np.random.Generator) -> Colour:
    return hsv(rng.random(), rng.uniform(0.2, 0.9), rng.uniform(0.3, 1.0))


def _meal(draw: Draw, rng: np.random.Generator, big: int) -> None:
    cx, cy, r = rng.uniform(0.35, 0.65) * big, rng.uniform(0.35, 0.65) * big, rng.uniform(0.28, 0.42) * big
    draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(244, 244, 240), outline=(200, 200, 200), width=5)
    for _ in range(rng.integers(4, 12)):
        x, y, s = cx + rng.normal(0, r * 0.35), cy + rng.normal(0, r * 0.35), rng.uniform(0.08, 0.3) * r
        draw.ellipse((x - s, y - s, x + s, y + s), fill=_any_colour(rng))


def _portrait(draw: Draw, rng: np.random.Generator, big: int) -> None:
    cx, r = rng.uniform(0.35, 0.65) * big, rng.uniform(0.16, 0.26) * big
    skin = hsv(0.07, rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.95))
    draw.ellipse((cx - r * 2, big * 0.62, cx + r * 2, big * 1.4), fill=_any_colour(rng))
    draw.ellipse((cx - r * 1.15, big * 0.36 - r * 1.5, cx + r * 1.15, big * 0.36 + r * 0.6), fill=_any_colour(rng))
    draw.ellipse((cx - r, big * 0.36 - r * 1.1, cx + r, big * 0.36 + r * 1.3), fill=skin)
    for eye in (-0.4, 0.4):
        draw.ellipse((cx + r * eye - 6, big * 0.34 - 5, cx + r * eye + 6, big * 0.34 + 5), fill=(30, 30, 40))
    draw.arc((cx - r * 0.4, big * 0.38, cx + r * 0.4, big * 0.38 + r * 0.7), 20, 160, fill=(120, 40, 40), width=5)


def _room(draw: Draw, rng: np.random.Generator, big: int) -> None:
    draw.rectangle((0, big * rng.uniform(0.65, 0.8), big, big), fill=_any_colour(rng))
    for _ in range(rng.integers(1, 5)):
        x, y, w, h = (
            rng.uniform(0, 0.7) * big,
            rng.uniform(0, 0.7) * big,
            rng.uniform(0.1, 0.35) * big,
            rng.uniform(0.1, 0.35) * big,
        )
        draw.rectangle((x, y, x + w, y + h), fill=_any_colour(rng), outline=(40, 40, 40), width=4)
