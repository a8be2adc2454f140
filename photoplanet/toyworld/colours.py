"""Colours of the toy Earth's pictures."""

import colorsys

import numpy as np

Colour = tuple[int, int, int]


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """The colour (0…255 each) of a hue, a saturation and a value of 0…1.

    >>> hsv(0.0, 1.0, 1.0)
    (255, 0, 0)
    """
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return int(255 * red), int(255 * green), int(255 * blue)


def shade(colour: Colour, rng: np.random.Generator, by: float) -> Colour:
    """`colour` a little lighter or darker, and each channel a little off.

    >>> shade((120, 130, 140), np.random.default_rng(0), by=0.0)
    (120, 130, 140)
    """
    light = rng.normal(0, by)
    red, green, blue = (
        int(min(max(part + light + off, 0), 255)) for part, off in zip(colour, rng.normal(0, by / 3, 3), strict=True)
    )
    return red, green, blue
