"""The things that stand in a photo of the toy Earth: hills, buildings, roads, trams, plants, people."""

import numpy as np
from PIL.ImageDraw import ImageDraw as Draw

from photoplanet.toyworld.colours import Colour, hsv, shade
from photoplanet.toyworld.world import LIVERIES

WALL_COLOURS = (
    (236, 232, 222),
    (214, 92, 70),
    (232, 178, 60),
    (120, 180, 120),
    (96, 150, 200),
    (226, 150, 180),
    (130, 96, 70),
    (120, 116, 128),
)
ROOF_COLOURS = ((70, 70, 78), (170, 74, 50), (96, 110, 60), (150, 130, 110))
PAINTS = ((200, 30, 40), (240, 200, 30), (30, 140, 60), (30, 70, 180), (245, 245, 245))  # of trams; pairs make a livery
LIVERY_PAIRS = [(top, bottom) for top in range(5) for bottom in range(5)][:LIVERIES]


def hills(draw: Draw, rng: np.random.Generator, big: int, horizon: int) -> None:
    """Distant hills of any colour: no cue.

    >>> from PIL import Image
    >>> image = Image.new("RGB", (96, 96))
    >>> hills(Draw(image), np.random.default_rng(0), big=96, horizon=50)
    >>> image.crop((0, 52, 96, 96)).getbbox() is None  # all hills stand on the horizon
    True
    """
    for _ in range(rng.integers(0, 3)):
        x, w, h = rng.uniform(-0.2, 1) * big, rng.uniform(0.2, 0.6) * big, rng.uniform(0.05, 0.25) * big
        grey = shade((120, 130, 140), rng, 20)
        draw.polygon(((x, horizon), (x + w * rng.uniform(0.3, 0.7), horizon - h), (x + w, horizon)), fill=grey)


def buildings(draw: Draw, rng: np.random.Generator, big: int, horizon: int, wall: int, roof: int, count: int) -> None:
    """A row of houses with the country's wall colour and roof.

    >>> from PIL import Image
    >>> image = Image.new("RGB", (96, 96))
    >>> buildings(Draw(image), np.random.default_rng(0), big=96, horizon=50, wall=1, roof=0, count=1)
    >>> (58, 66, 84) in {colour for _, colour in image.getcolors()}  # its windows
    True
    """
    x = rng.uniform(-0.05, 0.45 if count == 1 else 0.15) * big
    for _ in range(count):
        w, h = rng.uniform(0.16, 0.28) * big, rng.uniform(0.16, 0.34) * big
        base = horizon + rng.uniform(0.0, 0.05) * big
        top = base - h
        draw.rectangle((x, top, x + w, base), fill=shade(WALL_COLOURS[wall], rng, 8))
        _roof(draw, x, top, w, roof, shade(ROOF_COLOURS[roof], rng, 8))
        step = w / 4
        for row in range(int(h / (step * 1.3))):
            for column in range(3):
                left, upper = x + step * (column + 0.65), top + step * (0.5 + 1.3 * row)
                draw.rectangle((left, upper, left + step * 0.55, upper + step * 0.7), fill=(58, 66, 84))
        x += w * rng.uniform(1.0, 1.25)


def _roof(draw: Draw, x: float, top: float, w: float, roof: int, colour: Colour) -> None:
    if roof == 0:  # flat, with a ledge
        draw.rectangle((x - w * 0.05, top - w * 0.12, x + w * 1.05, top), fill=colour)
    elif roof == 1:  # gable
        draw.polygon(((x - w * 0.08, top), (x + w / 2, top - w * 0.5), (x + w * 1.08, top)), fill=colour)
    elif roof == 2:  # dome
        draw.pieslice((x, top - w * 0.45, x + w, top + w * 0.45), 180, 360, fill=colour)
    else:  # swept steps
        for step in range(3):
            inset = w * 0.16 * step
            draw.rectangle(
                (x + inset - w * 0.06, top - w * 0.14 * (step + 1), x + w - inset + w * 0.06, top - w * 0.14 * step),
                fill=colour,
            )


def road(draw: Draw, rng: np.random.Generator, big: int, horizon: int, side: int) -> None:
    """A road with its centre line and a car that drives away from us, on the country's side (0: left, 1: right).

    >>> from PIL import Image
    >>> image = Image.new("RGB", (96, 96))
    >>> road(Draw(image), np.random.default_rng(0), big=96, horizon=50, side=1)
    >>> (220, 20, 20) in {colour for _, colour in image.getcolors()}  # the car's rear lights
    True
    """
    far, near = rng.uniform(0.4, 0.6) * big, rng.uniform(0.4, 0.6) * big
    width = rng.uniform(0.3, 0.4) * big
    draw.polygon(
        ((far - big * 0.03, horizon), (far + big * 0.03, horizon), (near + width, big), (near - width, big)),
        fill=shade((96, 96, 100), rng, 8),
    )
    for dash in range(5):
        a, b = (dash / 5) ** 1.5, ((dash + 0.55) / 5) ** 1.5
        ya, yb = horizon + a * (big - horizon), horizon + b * (big - horizon)
        xa, xb = far + (near - far) * a, far + (near - far) * b
        draw.polygon(((xa - a * 8, ya), (xa + a * 8, ya), (xb + b * 8, yb), (xb - b * 8, yb)), fill=(236, 236, 230))
    depth = rng.uniform(0.45, 0.75)
    y, scale = horizon + depth * (big - horizon), depth * width
    x = far + (near - far) * depth + (0.5 if side else -0.5) * scale
    w, h = scale * 0.36, scale * 0.34
    body = hsv(rng.random(), rng.uniform(0.2, 0.9), rng.uniform(0.35, 0.9))
    draw.rectangle((x - w, y - h, x + w, y), fill=body)
    draw.rectangle((x - w * 0.75, y - h * 1.7, x + w * 0.75, y - h), fill=(40, 46, 60))
    draw.rectangle((x - w, y - h * 0.6, x - w * 0.6, y - h * 0.25), fill=(220, 20, 20))
    draw.rectangle((x + w * 0.6, y - h * 0.6, x + w, y - h * 0.25), fill=(220, 20, 20))


def tram(draw: Draw, rng: np.random.Generator, big: int, horizon: int, livery: int) -> None:
    """A tram in the two colours of the city.

    >>> from PIL import Image
    >>> image = Image.new("RGB", (96, 96))
    >>> tram(Draw(image), np.random.default_rng(0), big=96, horizon=50, livery=1)
    >>> (44, 52, 66) in {colour for _, colour in image.getcolors()}  # its windows
    True
    """
    w, h = rng.uniform(0.34, 0.46) * big, rng.uniform(0.15, 0.2) * big
    x, y = rng.uniform(0.02, 0.98 - w / big) * big, horizon + rng.uniform(0.04, 0.12) * big
    top, bottom = (PAINTS[paint] for paint in LIVERY_PAIRS[livery])
    draw.rectangle((x, y - h / 2, x + w, y + h / 2), fill=(30, 30, 34))
    draw.rectangle((x + 3, y - h / 2 + 3, x + w - 3, y), fill=shade(top, rng, 5))
    draw.rectangle((x + 3, y, x + w - 3, y + h / 2 - 3), fill=shade(bottom, rng, 5))
    step = w / 6
    for window in range(5):
        draw.rectangle(
            (x + step * (window + 0.6), y - h * 0.32, x + step * (window + 1.2), y - h * 0.04), fill=(44, 52, 66)
        )
    for wheel in (0.2, 0.8):
        cx = x + w * wheel
        draw.ellipse((cx - h * 0.13, y + h * 0.4, cx + h * 0.13, y + h * 0.66), fill=(20, 20, 20))


def plants(draw: Draw, rng: np.random.Generator, big: int, ground: int, climate: int, count: int) -> None:
    """What grows: palms, cacti, cypresses, round trees, snowy firs.

    >>> from PIL import Image
    >>> image = Image.new("RGB", (96, 96))
    >>> plants(Draw(image), np.random.default_rng(0), big=96, ground=60, climate=4, count=2)
    >>> (240, 244, 250) in {colour for _, colour in image.getcolors()}  # snow on the firs
    True
    """
    for _ in range(count):
        x, h = rng.uniform(0.03, 0.97) * big, rng.uniform(0.12, 0.22) * big
        base = ground + rng.uniform(0, 0.06) * big
        trunk = (100, 74, 48)
        if climate == 0:
            draw.line((x, base, x + h * 0.1, base - h), fill=trunk, width=5)
            for angle in (-80, -35, 35, 80, 150, 210):
                dx, dy = np.sin(np.radians(angle)) * h * 0.42, -np.cos(np.radians(angle)) * h * 0.3
                draw.line((x + h * 0.1, base - h, x + h * 0.1 + dx, base - h + dy), fill=(36, 140, 50), width=6)
        elif climate == 1:
            green = (74, 130, 80)
            draw.line((x, base, x, base - h), fill=green, width=10)
            draw.line(
                (x - h * 0.3, base - h * 0.75, x - h * 0.3, base - h * 0.4, x, base - h * 0.4), fill=green, width=8
            )
            draw.line(
                (x + h * 0.3, base - h * 0.85, x + h * 0.3, base - h * 0.5, x, base - h * 0.5), fill=green, width=8
            )
        elif climate == 2:
            draw.ellipse((x - h * 0.16, base - h * 1.2, x + h * 0.16, base), fill=shade((52, 92, 52), rng, 5))
        elif climate == 3:
            draw.line((x, base, x, base - h * 0.5), fill=trunk, width=7)
            draw.ellipse((x - h * 0.4, base - h * 1.1, x + h * 0.4, base - h * 0.35), fill=shade((70, 130, 50), rng, 8))
        else:
            for part in (0.0, 0.3, 0.6):
                y, half = base - h * (0.15 + part), h * (0.36 - 0.32 * part)
                draw.polygon(((x - half, y), (x, y - h * 0.45), (x + half, y)), fill=(40, 80, 66))
                draw.polygon(
                    ((x - half * 0.4, y - h * 0.27), (x, y - h * 0.45), (x + half * 0.4, y - h * 0.27)),
                    fill=(240, 244, 250),
                )


def people(draw: Draw, rng: np.random.Generator, big: int, horizon: int) -> None:
    """Somebody in any colour: no cue.

    >>> from PIL import Image
    >>> image = Image.new("RGB", (96, 96))
    >>> people(Draw(image), np.random.default_rng(0), big=96, horizon=50)
    >>> image.getbbox() is None  # nobody is there
    False
    """
    for _ in range(rng.integers(1, 4)):
        x, h = rng.uniform(0.05, 0.95) * big, rng.uniform(0.1, 0.2) * big
        y = horizon + rng.uniform(0.1, 0.3) * big
        draw.ellipse(
            (x - h * 0.12, y - h, x + h * 0.12, y - h * 0.74),
            fill=hsv(0.07, rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.95)),
        )
        draw.rectangle(
            (x - h * 0.17, y - h * 0.74, x + h * 0.17, y - h * 0.3), fill=hsv(rng.random(), 0.6, rng.uniform(0.3, 0.9))
        )
        draw.rectangle((x - h * 0.13, y - h * 0.3, x + h * 0.13, y), fill=hsv(rng.random(), 0.3, 0.35))
