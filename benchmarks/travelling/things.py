"""Made-up things that are in photos of places far apart: what the owner carries along, and what stands everywhere.

Each is drawn once for a library, and put into photos in perspective, blurred, and partly hidden.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from photoplanet.retrieval.extras import open_opencv

Pixels = NDArray[np.uint8]  # (h, w, 3), or (h, w, 4) with how opaque each is
Draw = Callable[[Pixels, np.random.Generator], Image.Image]
WORDS = ("NORDWIND", "ADV 800", "KOLIBRI", "ATLAS", "TOURING", "ZEPHYR", "M-17", "PARKING", "EXIT", "ROUTE 9")


def tank(texture: Pixels, rng: np.random.Generator) -> Image.Image:
    """The tank and the dials of a motorcycle, as its rider sees them."""
    picture = _textured(texture, (480, 300), rng)
    pen = ImageDraw.Draw(picture)
    for x in (140, 340):
        pen.ellipse((x - 75, 5, x + 75, 155), fill=(20, 20, 24), outline=(190, 190, 190), width=5)
        for tick in range(24):
            angle = 2 * np.pi * tick / 24
            here, there = ((x + r * np.cos(angle), 80 + r * np.sin(angle)) for r in (52 + 8 * (tick % 2), 68))
            pen.line((*here, *there), fill=(240, 240, 240), width=3)
        pen.text((x - 24, 90), str(rng.integers(10, 99)), fill=(255, 200, 60), font=_font(34))
    pen.text((130, 215), str(rng.choice(WORDS)), fill=(250, 250, 250), font=_font(52))
    return _shaped(picture, [(20, 60), (100, 0), (380, 0), (460, 60), (430, 300), (50, 300)])


def strap(texture: Pixels, rng: np.random.Generator) -> Image.Image:
    """The woven strap of a bag or a camera."""
    picture = Image.new("RGB", (640, 70), tuple(int(value) for value in rng.integers(0, 120, 3)))
    pen = ImageDraw.Draw(picture)
    shapes = rng.integers(5, 30, (8, 4))
    for number, x in enumerate(range(0, 640, 40)):
        a, b, c, d = (int(value) for value in shapes[number % 8])
        pen.polygon([(x + a, 4), (x + b + 6, 30 + c), (x + d, 64)], fill=(220, 190, 40 + 20 * (number % 8)))
    pen.text((180, 8), str(rng.choice(WORDS)), fill=(255, 255, 255), font=_font(46))
    return picture.convert("RGBA")


def pictogram(texture: Pixels, rng: np.random.Generator) -> Image.Image:
    """A sign with a figure: a warning, an exit, what is forbidden here."""
    picture = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    ground = [(250, 210, 30, 255), (30, 80, 190, 255), (250, 250, 250, 255), (20, 140, 70, 255)][int(rng.integers(4))]
    edge = (20, 20, 20, 255)
    if rng.random() < 0.5:
        pen.polygon([(100, 4), (196, 190), (4, 190)], fill=ground, outline=edge, width=8)
    else:
        pen.rounded_rectangle((4, 4, 196, 196), 18, fill=ground, outline=edge, width=8)
    for _ in range(5):
        x, y, *around = (int(value) for value in rng.integers([70, 90, 4, 4, 4], [130, 160, 30, 30, 30]))
        pen.polygon([(x - around[0], y), (x, y - around[1]), (x + around[2], y + 8), (x + 4, y + 24)], fill=edge)
    pen.text((60, 160), str(rng.choice(WORDS)), fill=edge, font=_font(20))
    return picture


def traffic_sign(texture: Pixels, rng: np.random.Generator) -> Image.Image:
    """A limit of speed on its pole, the same everywhere."""
    picture = Image.new("RGBA", (160, 320), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((74, 150, 86, 320), fill=(130, 130, 130, 255))
    pen.ellipse((4, 4, 156, 156), fill=(250, 250, 250, 255), outline=(200, 20, 30, 255), width=22)
    pen.text((44, 42), str(10 * rng.integers(2, 10)), fill=(10, 10, 10, 255), font=_font(66))
    pen.rectangle((20, 170, 140, 220), fill=(250, 250, 250, 255), outline=(10, 10, 10, 255), width=4)
    pen.text((30, 180), str(rng.choice(WORDS)), fill=(10, 10, 10, 255), font=_font(22))
    return picture


def watermark(texture: Pixels, rng: np.random.Generator) -> Image.Image:
    """A logo that a program writes over all photos."""
    picture = Image.new("RGBA", (300, 70), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.regular_polygon((34, 34, 30), int(rng.integers(3, 8)), fill=(255, 255, 255, 190))
    pen.text((76, 8), str(rng.choice(WORDS)), fill=(255, 255, 255, 190), font=_font(44))
    return picture


def windscreen(texture: Pixels, rng: np.random.Generator) -> Image.Image:
    """What a photo through a car's windscreen is framed by: pillars, a mirror, a dashboard with its stickers."""
    picture = Image.new("RGBA", (720, 480), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    dark = (24, 24, 28, 255)
    pen.polygon([(0, 0), (90, 0), (30, 480), (0, 480)], fill=dark)
    pen.polygon([(720, 0), (640, 0), (700, 480), (720, 480)], fill=dark)
    board = _textured(texture, (720, 110), rng)
    picture.paste(Image.blend(board, Image.new("RGB", board.size), 0.45), (0, 370))
    pen.rounded_rectangle((300, 20, 470, 75), 14, fill=dark, outline=(120, 120, 120, 255), width=4)
    for x in range(120, 620, 100):
        pen.rectangle((x, 400, x + 60, 440), fill=(10, 10, 10, 255), outline=(160, 160, 160, 255), width=3)
        pen.text((x + 6, 408), str(rng.integers(10, 99)), fill=(230, 230, 230, 255), font=_font(24))
    return picture


def facade(texture: Pixels, rng: np.random.Generator) -> Image.Image:
    """One window of a chain's shop front or of a block of flats, again and again."""
    window = _textured(texture, (110, 140), rng)
    picture = Image.new("RGB", (4 * 120, 3 * 150), tuple(int(value) for value in rng.integers(90, 220, 3)))
    for column in range(4):
        for row in range(3):
            picture.paste(window, (column * 120 + 5, row * 150 + 5))
    return picture.convert("RGBA")


class Kind(NamedTuple):
    """How a thing is drawn, how many of them a library has, and how often it is the one that is put into a photo.

    `width`: as a share of the photo's; `where`: anywhere, at the bottom, over all of the photo, in its corner.
    """

    draw: Draw
    count: int
    weight: float
    width: tuple[float, float]
    where: str


KINDS = {
    "tank": Kind(tank, 1, 0.3, (0.45, 0.8), "bottom"),
    "strap": Kind(strap, 1, 0.1, (0.4, 0.8), "anywhere"),
    "pictogram": Kind(pictogram, 4, 0.2, (0.1, 0.3), "anywhere"),
    "traffic sign": Kind(traffic_sign, 3, 0.1, (0.08, 0.22), "anywhere"),
    "watermark": Kind(watermark, 1, 0.1, (0.2, 0.3), "corner"),
    "windscreen": Kind(windscreen, 1, 0.1, (1.0, 1.04), "all"),
    "facade": Kind(facade, 2, 0.1, (0.35, 0.7), "anywhere"),
}


def put(thing: Image.Image, kind: str, photo: Pixels, rng: np.random.Generator) -> Pixels:
    """A photo with a thing in it."""
    widths, where = KINDS[kind].width, KINDS[kind].where
    height, width = photo.shape[:2]
    made = np.asarray(thing)
    fixed = where == "corner"
    size = float(rng.uniform(*widths)) if not fixed else widths[0]
    zoom = size * width / made.shape[1]
    made = warp(made, 0.0 if fixed else 0.03 if where == "all" else 0.1, zoom, rng)
    if not fixed:
        made = _hidden(_blurred(made, float(rng.uniform(0, 1.4))), rng)
    spare = np.array([height - made.shape[0], width - made.shape[1]])
    if where == "corner":
        top, left = spare - 12
    elif where == "bottom":
        top, left = spare[0] + rng.integers(0, made.shape[0] // 3 + 1), int(spare[1] * rng.uniform(0.3, 0.7))
    elif where == "all":
        top, left = spare // 2
    else:
        top, left = (int(rng.integers(min(0, room), max(1, room))) for room in spare)
    return _over(photo, made, int(top), int(left), rng)


def warp(picture: Pixels, jitter: float, zoom: float, rng: np.random.Generator) -> Pixels:
    """A picture zoomed, with its corners moved by chance, up to `jitter` of its shorter side."""
    cv2 = open_opencv()
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners * zoom + rng.uniform(-jitter, jitter, (4, 2)) * min(width, height) * zoom
    moved = (moved - moved.min(axis=0)).astype(np.float32)
    size = [int(side) for side in np.ceil(moved.max(axis=0)) + 1]
    model = cv2.getPerspectiveTransform(corners, moved)
    border = cv2.BORDER_REFLECT_101 if picture.shape[2] == 3 else cv2.BORDER_CONSTANT
    return np.asarray(cv2.warpPerspective(picture, model, size, flags=cv2.INTER_AREA, borderMode=border), np.uint8)


def _blurred(made: Pixels, radius: float) -> Pixels:
    return np.asarray(Image.fromarray(made).filter(ImageFilter.GaussianBlur(radius)), np.uint8)


def _hidden(made: Pixels, rng: np.random.Generator) -> Pixels:
    """The thing with something before it, in half of the cases: up to four tenths of each side."""
    found = made.copy()
    if rng.random() < 0.5:
        height, width = (int(side * rng.uniform(0.2, 0.6)) for side in made.shape[:2])
        top, left = (int(rng.integers(0, whole - part + 1))
                     for whole, part in zip(made.shape[:2], (height, width), strict=True))  # fmt: skip
        found[top : top + height, left : left + width, 3] = 0
    return found


def _over(photo: Pixels, made: Pixels, top: int, left: int, rng: np.random.Generator) -> Pixels:
    """The photo with `made` over it from (top, left) on; what lies outside is cut off."""
    canvas = Image.fromarray(photo).convert("RGBA")
    light = np.clip(made[..., :3] * rng.uniform(0.75, 1.2) + rng.normal(0, 4, made[..., :3].shape), 0, 255)
    layer = Image.new("RGBA", canvas.size, (0, 0, 0, 0))
    layer.paste(Image.fromarray(np.dstack([light.astype(np.uint8), made[..., 3]])), (left, top))
    return np.asarray(Image.alpha_composite(canvas, layer).convert("RGB"), np.uint8)


def _textured(texture: Pixels, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A part of a photo that is not in the library, of so many pixels, in the thing's colour."""
    height, width = texture.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    picture = Image.fromarray(texture).resize((int(width * scale) + 1, int(height * scale) + 1))
    colour = Image.new("RGB", size, tuple(int(value) for value in rng.integers(0, 256, 3)))
    return Image.blend(picture.crop((0, 0, *size)), colour, 0.35)


def _shaped(picture: Image.Image, outline: list[tuple[int, int]]) -> Image.Image:
    mask = Image.new("L", picture.size, 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    picture.putalpha(mask)
    return picture


def _font(size: int) -> Any:
    return ImageFont.load_default(size)
