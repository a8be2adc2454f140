"""Photos of signs for tests: text on a plate, somewhere on ground that is not even, as it is made each time."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def ground(width: int = 960, height: int = 720, seed: int = 0) -> Image.Image:
    """Soft blobs of colour, with a little noise: what shows no letters."""
    random = np.random.default_rng(seed)
    blobs = Image.fromarray(random.integers(60, 200, (6, 8, 3), np.uint8)).resize((width, height), Image.BICUBIC)
    noise = random.integers(-6, 7, (height, width, 1))
    return Image.fromarray((np.asarray(blobs).astype(int) + noise).clip(0, 255).astype(np.uint8))


def plate(text: str, size: int = 40, ink="black", paper="white") -> Image.Image:
    """Lines of text in letters of `size` pixels on a plate, with a margin."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox((0, 0), text, font=font)
    made = Image.new("RGB", (round(right - left) + size, round(bottom - top) + size), paper)
    ImageDraw.Draw(made).multiline_text((size / 2 - left, size / 2 - top), text, fill=ink, font=font)
    return made


def photo(text: str, size: int = 40, angle: float = 0, at: tuple[int, int] | None = None, mirrored=False, **more):
    """A photo of a plate that is turned counterclockwise by `angle` degrees; `at`: its upper left corner."""
    made = ground(**{key: more.pop(key) for key in ("width", "height", "seed") if key in more})
    sign = plate(text, size, **more).convert("RGBA").rotate(angle, Image.BICUBIC, expand=True)
    at = at or ((made.width - sign.width) // 2, (made.height - sign.height) // 2)
    made.paste(sign, at, sign)
    return made.transpose(Image.FLIP_LEFT_RIGHT) if mirrored else made


def slanted(text: str, size: int = 60, yaw: float = 0.5) -> Image.Image:
    """A photo of a plate seen from the side: its right end is `yaw` smaller."""
    sign, made = plate(text, size), ground()
    width, height = sign.size
    less = height * yaw / 2
    drawn = sign.convert("RGBA").transform(
        (round(width * (1 - yaw / 2)), height), Image.QUAD,
        (0, 0, 0, height, width, height + less / (1 - yaw), width, -less / (1 - yaw)), Image.BICUBIC,
    )  # fmt: skip
    made.paste(drawn, (80, 260), drawn)
    return made
