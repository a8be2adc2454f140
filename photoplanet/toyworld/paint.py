"""From cues to pixels: one small painted photo of the toy Earth.

Whatever is not a cue (weather, light, where things stand, people, cars, hills) is drawn from the photo's own random
numbers and says nothing of the place, so that `ceiling` holds. Everything is drawn at twice the size and halved, which
is Pillow's cheapest way to smooth edges.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageDraw import ImageDraw as Draw

from photoplanet.toyworld import cueless, landmarks, letters, props, signs
from photoplanet.toyworld.colours import Colour, shade
from photoplanet.toyworld.travellers import CUES

SIZE = 160  # pixels
GROUND = ((62, 128, 52), (214, 178, 112), (150, 150, 74), (96, 142, 74), (232, 238, 244))  # by climate band
SKY = ((104, 190, 240), (150, 200, 244), (96, 160, 236), (140, 172, 210), (178, 196, 214))
_NOISE = np.random.default_rng(7).normal(0, 1, (512, 512)).astype(np.float32)


def photo(cues: dict[str, int], scene: str, seed: tuple[int, ...], size: int = SIZE, text: str = "") -> Image.Image:
    """Paint one RGB photo of `size` × `size` pixels from its cues (−1: not in the picture) and a seed.

    `text`: what a sign with letters says, which hangs in front of everything; nothing else changes with it.

    >>> cues = {"climate": 3, "wall": 1, "roof": 0, "script": -1, "side": 1, "livery": -1, "landmark": -1}
    >>> photo(cues, "street", seed=(1,), size=64).size
    (64, 64)
    """
    rng = np.random.default_rng(seed)
    big = size * 2
    if scene == "no cue":
        image = cueless.cueless(rng, big)
    else:
        image = _outdoors(cues, scene, rng, big)
    if text:
        letters.sign(image, text, seed)
    return _camera(image.reduce(2), rng)


def cues_of(row: NDArray[np.int16]) -> dict[str, int]:
    """One row of `ToyPhotos.cues` as a dict.

    >>> cues_of(np.array([3, 1, 0, -1, -1, -1, -1]))["wall"]
    1
    """
    return dict(zip(CUES, row.tolist(), strict=True))


def _outdoors(cue: dict[str, int], scene: str, rng: np.random.Generator, big: int) -> Image.Image:
    horizon = int(big * rng.uniform(0.5, 0.62))
    image = Image.new("RGB", (big, big), shade(GROUND[cue["climate"]], rng, 10))
    _sky(image, shade(SKY[cue["climate"]], rng, 14), horizon, rng)
    draw = Draw(image)
    props.hills(draw, rng, big, horizon)
    if scene == "country road":
        props.plants(draw, rng, big, horizon, cue["climate"], 7)
    if cue["wall"] >= 0:
        props.buildings(
            draw, rng, big, horizon, cue["wall"], cue["roof"], 1 if scene == "country road" else int(rng.integers(3, 6))
        )
    if cue["landmark"] >= 0:
        landmarks.landmark(image, rng, big, horizon, cue["landmark"])
    if cue["side"] >= 0:
        props.road(draw, rng, big, horizon, cue["side"])
    props.plants(draw, rng, big, int(horizon + big * 0.06), cue["climate"], 2)
    if cue["livery"] >= 0:
        props.tram(draw, rng, big, horizon, cue["livery"])
    if rng.random() < 0.4:
        props.people(draw, rng, big, horizon)
    if cue["script"] >= 0:
        signs.sign(draw, rng, big, cue["script"])
    return image


def _sky(image: Image.Image, colour: Colour, horizon: int, rng: np.random.Generator) -> None:
    """A gradient from `colour` down to a paler one, as a column of one pixel stretched to the photo's width."""
    pale = rng.uniform(0.3, 0.8)
    top, bottom = np.array(colour, float), np.array(colour) * (1 - pale) + 245 * pale
    column = np.linspace(top, bottom, horizon)[:, None].astype(np.uint8)
    image.paste(Image.fromarray(column).resize((image.width, horizon), Image.Resampling.NEAREST), (0, 0))
    draw = Draw(image)
    for _ in range(rng.integers(0, 4)):
        x, y, w = rng.uniform(0, image.width), rng.uniform(0, horizon * 0.6), rng.uniform(0.1, 0.3) * image.width
        draw.ellipse((x, y, x + w, y + w * 0.3), fill=shade((240, 240, 242), rng, 10))


def _camera(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Light, tint and grain of a camera."""
    size = image.width
    gain = rng.uniform(0.78, 1.12) * rng.uniform(0.95, 1.05, 3)
    y, x = rng.integers(0, max(1, _NOISE.shape[0] - size), 2)
    grain = _NOISE.take(range(y, y + size), 0, mode="wrap").take(range(x, x + size), 1, mode="wrap")
    pixels = np.asarray(image, np.float32) * gain.astype(np.float32)
    pixels += rng.uniform(2, 7) * grain[..., None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
