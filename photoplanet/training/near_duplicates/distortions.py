"""What happens to a photo on its way from one album to another: synthetic near-duplicates (paper §3) to train on."""

import functools
import io
import string
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

SMALLEST = 16  # pixels: no side of a distorted photo is shorter

Rng = np.random.Generator


def distort(image: Image.Image, rng: Rng, most: int = 3) -> Image.Image:
    """Return a near-duplicate of an RGB photo: 1 … `most` different distortions, drawn and ordered by `rng`.

    >>> distort(Image.new("RGB", (64, 48)), np.random.default_rng(0)).mode
    'RGB'
    """
    names = list(DISTORTIONS)
    for index in rng.permutation(len(names))[: rng.integers(1, most + 1)]:
        image = DISTORTIONS[names[index]](image, rng)
    return image


def crop(image: Image.Image, rng: Rng) -> Image.Image:
    """Keep 70 … 95 % of each side, anywhere.

    >>> 140 <= crop(Image.new("RGB", (200, 100)), np.random.default_rng(0)).width <= 190
    True
    """
    width, height = image.size
    w, h = (max(1, round(length * rng.uniform(0.7, 0.95))) for length in image.size)
    left, top = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
    return image.crop((int(left), int(top), int(left) + w, int(top) + h))


def scale(image: Image.Image, rng: Rng) -> Image.Image:
    """Shrink to 25 … 75 % of the sides; they change their ratio by up to a fifth.

    >>> scale(Image.new("RGB", (200, 100)), np.random.default_rng(0)).height <= 75
    True
    """
    share = rng.uniform(0.25, 0.75)
    width, height = image.size
    wide = _side(width * share * rng.uniform(0.8, 1.2))
    return image.resize((wide, _side(height * share)), Image.Resampling.BILINEAR)


def recompress(image: Image.Image, rng: Rng) -> Image.Image:
    """Through JPEG at quality 8 … 40.

    >>> recompress(Image.new("RGB", (64, 48)), np.random.default_rng(0)).size
    (64, 48)
    """
    data = io.BytesIO()
    image.save(data, "JPEG", quality=int(rng.integers(8, 41)))
    return Image.open(data).convert("RGB")


def light(image: Image.Image, rng: Rng) -> Image.Image:
    """Brightness × 0.6 … 1.5, then contrast × 0.6 … 1.5.

    >>> light(Image.new("RGB", (64, 48), "grey"), np.random.default_rng(0)).getpixel((0, 0)) != (128, 128, 128)
    True
    """
    image = ImageEnhance.Brightness(image).enhance(rng.uniform(0.6, 1.5))
    return ImageEnhance.Contrast(image).enhance(rng.uniform(0.6, 1.5))


def colour(image: Image.Image, rng: Rng) -> Image.Image:
    """Saturation × 0.3 … 1.8 and a cast: each channel × 0.8 … 1.2.

    >>> colour(Image.new("RGB", (64, 48), "grey"), np.random.default_rng(0)).getpixel((0, 0)) != (128, 128, 128)
    True
    """
    image = ImageEnhance.Color(image).enhance(rng.uniform(0.3, 1.8))
    ramp = np.arange(256)[None] * rng.uniform(0.8, 1.2, (3, 1))
    return image.point(ramp.clip(0, 255).astype(np.uint8).ravel().tolist())


def grey(image: Image.Image, rng: Rng) -> Image.Image:
    """Black and white, in half of the cases toned as an old print.

    >>> grey(Image.new("RGB", (64, 48), "red"), np.random.default_rng(0)).getpixel((0, 0)) != (255, 0, 0)
    True
    """
    flat = image.convert("L").convert("RGB")
    if rng.random() < 0.5:
        return flat
    ramp = np.arange(256)[None] * np.array([[1.0], [0.87], [0.68]])
    return flat.point(ramp.astype(np.uint8).ravel().tolist())


def caption(image: Image.Image, rng: Rng) -> Image.Image:
    """A line of text along the upper or lower edge, on a band of 8 … 18 % of the height, or on the photo itself.

    >>> caption(Image.new("RGB", (64, 48), "blue"), np.random.default_rng(0)).size
    (64, 48)
    """
    image = image.copy()
    width, height = image.size
    band = max(6, round(height * rng.uniform(0.08, 0.18)))
    top = 0 if rng.random() < 0.4 else height - band
    dark = bool(rng.random() < 0.6)
    draw = ImageDraw.Draw(image)
    if rng.random() < 0.6:
        draw.rectangle((0, top, width, top + band), fill="black" if dark else "white")
    draw.text((width * rng.uniform(0, 0.3), top + band * 0.1), _words(rng), fill="white" if dark else "black",
              font=_font(max(6, round(band * 0.7))))  # fmt: skip
    return image


def watermark(image: Image.Image, rng: Rng) -> Image.Image:
    """Half-transparent text across the photo, once or in rows.

    >>> watermark(Image.new("RGB", (64, 48), "blue"), np.random.default_rng(0)).size
    (64, 48)
    """
    width, height = image.size
    layer = Image.new("L", image.size)
    draw, size = ImageDraw.Draw(layer), max(6, round(min(image.size) * rng.uniform(0.07, 0.2)))
    text, rows = _words(rng)[:12], 1 if rng.random() < 0.5 else 4
    for row in range(rows):
        start = width * rng.uniform(-0.1, 0.4), height * (rng.uniform(0.2, 0.7) if rows == 1 else (row + 0.2) / rows)
        draw.text(start, text, fill=int(rng.integers(80, 190)), font=_font(size))
    image = image.copy()
    image.paste("white" if rng.random() < 0.8 else "black", (0, 0), layer)
    return image


def border(image: Image.Image, rng: Rng) -> Image.Image:
    """A frame of one colour, 2 … 8 % of the sides; or bands above and below, or beside, of 4 … 12 %.

    >>> border(Image.new("RGB", (200, 100)), np.random.default_rng(0)).size > (200, 100)
    True
    """
    width, height = image.size
    kind = rng.integers(3)
    x = 0 if kind == 1 else round(width * (rng.uniform(0.02, 0.08) if kind == 0 else rng.uniform(0.04, 0.12)))
    y = 0 if kind == 2 else round(height * (rng.uniform(0.02, 0.08) if kind == 0 else rng.uniform(0.04, 0.12)))
    fill = ("black", "white", tuple(int(value) for value in rng.integers(0, 256, 3)))[rng.integers(3)]
    framed = Image.new("RGB", (width + 2 * x, height + 2 * y), fill)
    framed.paste(image, (x, y))
    return framed


def mirror(image: Image.Image, rng: Rng) -> Image.Image:
    """Left to right.

    >>> mirror(Image.new("RGB", (64, 48)), np.random.default_rng(0)).size
    (64, 48)
    """
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def rotate(image: Image.Image, rng: Rng) -> Image.Image:
    """By 1 … 7 degrees either way; the corners turn black, or the largest straight middle is kept.

    >>> rotate(Image.new("RGB", (64, 48)), np.random.default_rng(0)).width <= 64
    True
    """
    angle = rng.uniform(1, 7) * (1 if rng.random() < 0.5 else -1)
    turned = image.rotate(angle, Image.Resampling.BILINEAR)
    if rng.random() < 0.5:
        return turned
    width, height = image.size
    lost = np.tan(np.radians(abs(angle))) / 2
    x, y = lost * height, lost * width
    return turned.crop((round(x), round(y), max(round(x) + 1, round(width - x)), max(round(y) + 1, round(height - y))))


def blur(image: Image.Image, rng: Rng) -> Image.Image:
    """Gaussian, of a radius of 0.5 … 1.5 % of the shorter side.

    >>> blur(Image.new("RGB", (64, 48)), np.random.default_rng(0)).size
    (64, 48)
    """
    return image.filter(ImageFilter.GaussianBlur(min(image.size) * rng.uniform(0.005, 0.015)))


def noise(image: Image.Image, rng: Rng) -> Image.Image:
    """Gaussian, of 5 … 20 grey levels.

    >>> len(set(noise(Image.new("RGB", (64, 48)), np.random.default_rng(0)).tobytes())) > 5
    True
    """
    values = np.asarray(image, np.float32)
    values = values + rng.standard_normal(values.shape, np.float32) * np.float32(rng.uniform(5, 20))
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


DISTORTIONS: dict[str, Callable[[Image.Image, Rng], Image.Image]] = {
    "crop": crop, "scale": scale, "recompress": recompress, "light": light, "colour": colour, "grey": grey,
    "caption": caption, "watermark": watermark, "border": border, "mirror": mirror, "rotate": rotate, "blur": blur,
    "noise": noise,
}  # fmt: skip


def _side(length: float) -> int:
    return max(SMALLEST, round(length))


def _words(rng: Rng) -> str:
    letters = np.array(list(string.ascii_letters + string.digits + "   ©.-"))
    return "".join(rng.choice(letters, rng.integers(8, 30)))


@functools.lru_cache(64)
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)
