"""The things that stand in a photo of the toy Earth, drawn by Pillow: buildings, signs, trams, landmarks, plants."""

import colorsys

import numpy as np
from PIL import Image, ImageDraw

from photoplanet.toyworld.world import BODY_COLOURS, LIVERIES, PATTERNS

Colour = tuple[int, int, int]


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return int(255 * red), int(255 * green), int(255 * blue)


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
BODIES = [_hsv(i / BODY_COLOURS, 0.75, 0.9) for i in range(BODY_COLOURS - 2)] + [(250, 250, 250), (50, 48, 56)]
assert len(BODIES) == BODY_COLOURS


def shade(colour: Colour, rng: np.random.Generator, by: float) -> Colour:
    """`colour` a little lighter or darker, and each channel a little off."""
    light = rng.normal(0, by)
    red, green, blue = (
        int(min(max(part + light + off, 0), 255)) for part, off in zip(colour, rng.normal(0, by / 3, 3), strict=True)
    )
    return red, green, blue


def hills(draw: ImageDraw.ImageDraw, rng, big: int, horizon: int) -> None:
    """Distant hills of any colour: no cue."""
    for _ in range(rng.integers(0, 3)):
        x, w, h = rng.uniform(-0.2, 1) * big, rng.uniform(0.2, 0.6) * big, rng.uniform(0.05, 0.25) * big
        grey = shade((120, 130, 140), rng, 20)
        draw.polygon(((x, horizon), (x + w * rng.uniform(0.3, 0.7), horizon - h), (x + w, horizon)), fill=grey)


def buildings(draw: ImageDraw.ImageDraw, rng, big: int, horizon: int, wall: int, roof: int, count: int) -> None:
    """A row of houses with the country's wall colour and roof."""
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


def _roof(draw, x: float, top: float, w: float, roof: int, colour: Colour) -> None:
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


def road(draw: ImageDraw.ImageDraw, rng, big: int, horizon: int, side: int) -> None:
    """A road with its centre line and a car that drives away from us, on the country's side (0: left, 1: right)."""
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
    body = _hsv(rng.random(), rng.uniform(0.2, 0.9), rng.uniform(0.35, 0.9))
    draw.rectangle((x - w, y - h, x + w, y), fill=body)
    draw.rectangle((x - w * 0.75, y - h * 1.7, x + w * 0.75, y - h), fill=(40, 46, 60))
    draw.rectangle((x - w, y - h * 0.6, x - w * 0.6, y - h * 0.25), fill=(220, 20, 20))
    draw.rectangle((x + w * 0.6, y - h * 0.6, x + w, y - h * 0.25), fill=(220, 20, 20))


def tram(draw: ImageDraw.ImageDraw, rng, big: int, horizon: int, livery: int) -> None:
    """A tram in the two colours of the city."""
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


def sign(draw: ImageDraw.ImageDraw, rng, big: int, script: int) -> None:
    """A board with three glyphs of the country's script."""
    glyph = rng.uniform(0.085, 0.115) * big
    w, h = glyph * 4.1, glyph * 1.7
    x, y = rng.uniform(0.01, 0.99 - w / big) * big, rng.uniform(0.66, 0.82) * big
    draw.rectangle((x + w * 0.46, y, x + w * 0.54, big), fill=(90, 90, 94))
    draw.rectangle((x, y, x + w, y + h), fill=(250, 250, 246), outline=(30, 30, 30), width=3)
    for nth in range(3):
        left, top = x + glyph * (0.4 + 1.2 * nth), y + glyph * 0.35
        _glyph(draw, rng, left, top, glyph, script)


def _glyph(draw, rng, x: float, y: float, g: float, script: int) -> None:
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


def landmark(draw: ImageDraw.ImageDraw, rng, big: int, horizon: int, number: int) -> None:
    """A landmark: shape, body colour and pattern tell it from all others."""
    shape, rest = divmod(number, BODY_COLOURS * PATTERNS)
    colour, pattern = divmod(rest, PATTERNS)
    h = rng.uniform(0.44, 0.6) * big
    w = h * (0.34, 0.9, 0.62, 0.8, 0.5, 0.72, 1.05, 0.66)[shape]
    x, base = rng.uniform(0.02, 0.98 - w / big) * big, horizon + rng.uniform(0.03, 0.1) * big
    stencil = Image.new("L", (int(w), int(h)))
    _silhouette(ImageDraw.Draw(stencil), shape, w, h)
    body = Image.new("RGB", stencil.size, shade(BODIES[colour], rng, 6))
    dark = tuple(int(part * 0.45) for part in BODIES[colour]) if colour != BODY_COLOURS - 1 else (200, 200, 60)
    _pattern(ImageDraw.Draw(body), pattern, w, h, dark)
    draw._image.paste(body, (int(x), int(base - h)), stencil)


def _silhouette(draw, shape: int, w: float, h: float) -> None:
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


def _pattern(draw, pattern: int, w: float, h: float, dark) -> None:
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


def plants(draw: ImageDraw.ImageDraw, rng, big: int, ground: int, climate: int, count: int) -> None:
    """What grows: palms, cacti, cypresses, round trees, snowy firs."""
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


def people(draw: ImageDraw.ImageDraw, rng, big: int, horizon: int) -> None:
    """Somebody in any colour: no cue."""
    for _ in range(rng.integers(1, 4)):
        x, h = rng.uniform(0.05, 0.95) * big, rng.uniform(0.1, 0.2) * big
        y = horizon + rng.uniform(0.1, 0.3) * big
        draw.ellipse(
            (x - h * 0.12, y - h, x + h * 0.12, y - h * 0.74),
            fill=_hsv(0.07, rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.95)),
        )
        draw.rectangle(
            (x - h * 0.17, y - h * 0.74, x + h * 0.17, y - h * 0.3), fill=_hsv(rng.random(), 0.6, rng.uniform(0.3, 0.9))
        )
        draw.rectangle((x - h * 0.13, y - h * 0.3, x + h * 0.13, y), fill=_hsv(rng.random(), 0.3, 0.35))


def cueless(rng, big: int) -> Image.Image:
    """A photo that says nothing of its place: a meal, a portrait, a wall with a picture."""
    image = Image.new("RGB", (big, big), _hsv(rng.random(), rng.uniform(0.05, 0.5), rng.uniform(0.3, 0.9)))
    draw = ImageDraw.Draw(image)
    any_colour = lambda: _hsv(rng.random(), rng.uniform(0.2, 0.9), rng.uniform(0.3, 1.0))  # noqa: E731
    kind = rng.integers(3)
    if kind == 0:  # a meal
        cx, cy, r = rng.uniform(0.35, 0.65) * big, rng.uniform(0.35, 0.65) * big, rng.uniform(0.28, 0.42) * big
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(244, 244, 240), outline=(200, 200, 200), width=5)
        for _ in range(rng.integers(4, 12)):
            x, y, s = cx + rng.normal(0, r * 0.35), cy + rng.normal(0, r * 0.35), rng.uniform(0.08, 0.3) * r
            draw.ellipse((x - s, y - s, x + s, y + s), fill=any_colour())
    elif kind == 1:  # a portrait
        cx, r = rng.uniform(0.35, 0.65) * big, rng.uniform(0.16, 0.26) * big
        skin = _hsv(0.07, rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.95))
        draw.ellipse((cx - r * 2, big * 0.62, cx + r * 2, big * 1.4), fill=any_colour())
        draw.ellipse((cx - r * 1.15, big * 0.36 - r * 1.5, cx + r * 1.15, big * 0.36 + r * 0.6), fill=any_colour())
        draw.ellipse((cx - r, big * 0.36 - r * 1.1, cx + r, big * 0.36 + r * 1.3), fill=skin)
        for eye in (-0.4, 0.4):
            draw.ellipse((cx + r * eye - 6, big * 0.34 - 5, cx + r * eye + 6, big * 0.34 + 5), fill=(30, 30, 40))
        draw.arc((cx - r * 0.4, big * 0.38, cx + r * 0.4, big * 0.38 + r * 0.7), 20, 160, fill=(120, 40, 40), width=5)
    else:  # a room
        draw.rectangle((0, big * rng.uniform(0.65, 0.8), big, big), fill=any_colour())
        for _ in range(rng.integers(1, 5)):
            x, y, w, h = (
                rng.uniform(0, 0.7) * big,
                rng.uniform(0, 0.7) * big,
                rng.uniform(0.1, 0.35) * big,
                rng.uniform(0.1, 0.35) * big,
            )
            draw.rectangle((x, y, x + w, y + h), fill=any_colour(), outline=(40, 40, 40), width=4)
    return image
