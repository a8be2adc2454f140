"""Pictures that several folders of tests need."""

import io

import numpy as np
from PIL import Image


def scene(seed):
    """A picture full of corners, different for each seed."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (360, 270), "white")
    for _ in range(45):
        (width, height), x, y = rng.integers(8, 60, 2), rng.integers(0, 340), rng.integers(0, 250)
        picture.paste(tuple(rng.integers(0, 256, 3).tolist()), (int(x), int(y), int(x + width), int(y + height)))
    return picture


def view(seed, turn=4.0, left=15):
    """The same scene from elsewhere: turned and cut."""
    return scene(seed).rotate(turn, Image.Resampling.BICUBIC, fillcolor="white").crop((left, 10, left + 320, 250))


def encoded(picture, kind="JPEG", **options):
    """The bytes of a picture's file."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
