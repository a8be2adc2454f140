"""Libraries in which one thing is in photos of places far from each other, as its owner's motorcycle is."""

import numpy as np
from PIL import Image

THING = 990  # the place whose middle is what travels


def place(seed):
    """A textured picture, 360 × 270, different for each seed in every detail."""
    noise = np.random.default_rng(seed).integers(0, 256, (30, 40, 3), np.uint8)
    return Image.fromarray(noise).resize((360, 270), Image.Resampling.BICUBIC)


def seen_again(seed, turn=4.0):
    """The same place from elsewhere: turned and cut."""
    return place(seed).rotate(turn, Image.Resampling.BICUBIC).crop((20, 15, 340, 255))


def thing():
    """A textured picture, 150 × 130."""
    return place(THING).crop((60, 50, 210, 180))


def with_thing(picture, seed):
    """A picture with the thing somewhere in it, turned and zoomed a little: all by the seed."""
    rng = np.random.default_rng(seed)
    zoom, turn = rng.uniform(0.9, 1.15), rng.uniform(-12, 12)
    made = thing().convert("RGBA").resize((int(150 * zoom), int(130 * zoom)), Image.Resampling.BICUBIC)
    made = made.rotate(turn, Image.Resampling.BICUBIC, expand=True)
    found = picture.convert("RGB").copy()
    room = (max(1, found.width - made.width), max(1, found.height - made.height))
    found.paste(made, (int(rng.integers(room[0])), int(rng.integers(room[1]))), made)
    return found


def far_apart(count):
    """So many places, each pair of them more than 500 km apart."""
    return [(-60 + 12 * (row % 11), -170 + 15 * (row // 11) + 3 * (row % 2)) for row in range(count)]
