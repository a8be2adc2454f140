"""A library as a traveller has it, made of real photos: days, places seen again, bursts, and things that travel along.

Every place and every coordinate is that of a real photo. A place is seen on one to three days; where there is one photo
of it, the others are made of that (cut, warped, lighter or darker, noisy).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageEnhance

from photoplanet.earth.geodesy import distance_km
from photoplanet.photos import decode, table
from travelling import things
from travelling.things import KINDS, Pixels

SIDE = 720
TEXTURES = 6  # photos of places of their own that things are cut from; they are not in the library
FIRST_DAY = datetime(2024, 3, 1)
NO_TIME = 0.3  # of the photos
BURST = 0.3  # of the photos have a second one of the same minutes
SAME_KM = 25.0


class Shot(NamedTuple):
    """A photo: its pixels, its place in degrees, its day, its time ("" where it has none), what was put into it."""

    pixels: Pixels
    latitude: float
    longitude: float
    day: int
    taken_at: str
    thing: str


class Real(NamedTuple):
    """Real photos: their pixels, places (n, 2) in degrees, and the place that each is of, the number of a group."""

    pixels: list[Pixels]
    places: np.ndarray
    group: np.ndarray


@cache
def real(source: Path) -> Real:
    """The photos of a table, at most 720 pixels wide and high, in groups within 25 km."""
    rows, _ = table.read(source)
    places = np.stack([rows[name].to_numpy() for name in ("latitude", "longitude")], axis=1)
    pixels = []
    for path in table.paths(rows, source.parent):
        photo = decode.open_photo(path).convert("RGB")
        photo.thumbnail((SIDE, SIDE))
        pixels.append(np.asarray(photo, np.uint8))
    group = np.full(len(places), -1)
    for row in range(len(places)):
        if group[row] < 0:
            group[(distance_km(*places[row], *places.T) <= SAME_KM) & (group < 0)] = row
    return Real(pixels, places, group)


def draw(source: Path, seed: int, rate: float, photos: int) -> list[Shot]:
    """A library of about so many photos; a thing is put into each with the chance `rate`."""
    rng = np.random.default_rng(seed)
    base = real(source)
    groups, sizes = np.unique(base.group, return_counts=True)
    alone = rng.permutation(groups[sizes == 1])
    textures = [base.pixels[row] for row in alone[:TEXTURES]]
    made = _things(textures, rng)
    visits = _visits(base, rng.permutation([group for group in groups if group not in alone[:TEXTURES]]), photos, rng)
    shots: list[Shot] = []
    for day, rows in enumerate(visits[number] for number in rng.permutation(len(visits))):
        moment = FIRST_DAY + timedelta(days=day, hours=float(rng.uniform(8, 16)))
        for row, again in rows:
            moment += timedelta(minutes=float(rng.uniform(1, 25)))
            pixels = visited(base.pixels[row], rng) if again else base.pixels[row]
            times = [moment] + [moment + timedelta(seconds=float(rng.uniform(3, 50)))] * (rng.random() < BURST)
            for number, time in enumerate(times):
                shown, thing = (visited(pixels, rng, 0.88, 0.04) if number else pixels), ""
                if rng.random() < rate:
                    thing, picture = made[int(rng.choice(len(made), p=_weights(made)))]
                    shown = things.put(picture, thing, shown, rng)
                stated = "" if rng.random() < NO_TIME else time.isoformat(timespec="seconds")
                shots.append(Shot(shown, *(float(value) for value in base.places[row]), day, stated, thing))
    return shots


def visited(picture: Pixels, rng: np.random.Generator, least: float = 0.55, jitter: float = 0.12) -> Pixels:
    """The place again: at least that share of each side, seen from elsewhere in another light."""
    height, width = (int(side * rng.uniform(least, 0.92)) for side in picture.shape[:2])
    top, left = (int(rng.integers(0, whole - part + 1))
                 for whole, part in zip(picture.shape[:2], (height, width), strict=True))  # fmt: skip
    part = picture[top : top + height, left : left + width]
    seen = Image.fromarray(things.warp(part, jitter, rng.uniform(0.9, 1.3), rng))
    light = np.asarray(ImageEnhance.Brightness(seen).enhance(rng.uniform(0.6, 1.4)))
    return np.clip(light + rng.normal(0, 6, light.shape), 0, 255).astype(np.uint8)


def _visits(base: Real, groups: Sequence[int], photos: int, rng: np.random.Generator) -> list[list[tuple[int, bool]]]:
    """Days, each of one place: rows of real photos, and whether a row was seen before, so that it is made anew."""
    days: list[list[tuple[int, bool]]] = []
    count = 0.0
    for group in groups:
        if count >= photos:
            break
        rows = np.flatnonzero(base.group == group)
        times = int(rng.choice([1, 2, 3], p=[0.45, 0.35, 0.2]))
        if len(rows) == 1:
            days += [[(int(rows[0]), number > 0)] for number in range(times)]
            count += times * (1 + BURST)
        else:  # real photos of one place: those of an album stay in its order, since it is a walk or a drive
            parts = np.array_split(rows if len(rows) > 9 else rng.permutation(rows), min(times, len(rows)))
            days += [[(int(row), False) for row in part] for part in parts]
            count += len(rows) * (1 + BURST)
    return days


def _things(textures: Sequence[Pixels], rng: np.random.Generator) -> list[tuple[str, Image.Image]]:
    """The library's things: their kind, and their picture."""
    return [
        (name, kind.draw(textures[int(rng.integers(len(textures)))], rng))
        for name, kind in KINDS.items() for _ in range(kind.count)
    ]  # fmt: skip


def _weights(made: Sequence[tuple[str, Image.Image]]) -> list[float]:
    return [KINDS[name].weight / KINDS[name].count for name, _ in made]
