"""How far trusted matches can be trusted: `python benchmarks/local_trust.py PHOTOS [--things 12] [--seed 0]`.

PHOTOS is a photo table. Each of its photos is a place; up to two further visits are made of it (cut, warped, lighter or
darker, noisy). Details cut out of photos that are then left out are things that travel: each is put into 5 to 24 of the
photos, warped again. A third of all photos is hidden and looked for in a library of the others: by the rule of geometry
alone ("before"), and as the library decides now ("after"). A match is right within 25 km. Intervals: Wilson, 95 %.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from photoplanet.earth.geodesy import distance_km
from photoplanet.photos import decode, table
from photoplanet.retrieval.extras import open_opencv
from photoplanet.retrieval.library import library

Pixels = np.ndarray
SIDE = 720


def warp(picture: Pixels, jitter: float, zoom: float, rng: np.random.Generator) -> Pixels:
    """A picture with its corners moved by chance, up to `jitter` of its shorter side."""
    cv2 = open_opencv()
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners * zoom + rng.uniform(-jitter, jitter, (4, 2)) * min(width, height) * zoom
    moved = (moved - moved.min(axis=0)).astype(np.float32)
    size = tuple(int(side) for side in np.ceil(moved.max(axis=0)) + 1)
    return np.asarray(cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, moved), size))


def cut(picture: Pixels, low: float, high: float, rng: np.random.Generator) -> Pixels:
    """A part of a picture, `low` to `high` of each side."""
    height, width = (int(side * rng.uniform(low, high)) for side in picture.shape[:2])
    top, left = (int(rng.integers(0, whole - part + 1))
                 for whole, part in zip(picture.shape[:2], (height, width), strict=True))  # fmt: skip
    return picture[top : top + height, left : left + width]


def visited(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """The place again, on another day."""
    seen = Image.fromarray(warp(cut(picture, 0.55, 0.9, rng), 0.12, rng.uniform(0.9, 1.3), rng))
    light = np.asarray(ImageEnhance.Brightness(seen).enhance(rng.uniform(0.6, 1.4)))
    return np.clip(light + rng.normal(0, 6, light.shape), 0, 255).astype(np.uint8)


def put(thing: Pixels, picture: Pixels, rng: np.random.Generator) -> Pixels:
    """A picture with the thing in it."""
    solid = np.dstack([thing, np.full(thing.shape[:2], 255, np.uint8)])
    made = warp(solid, 0.1, rng.uniform(0.25, 0.7) * picture.shape[1] / thing.shape[1], rng)
    made = made[: picture.shape[0] - 1, : picture.shape[1] - 1]
    top, left = (int(rng.integers(0, whole - part + 1))
                 for whole, part in zip(picture.shape[:2], made.shape[:2], strict=True))  # fmt: skip
    found = picture.copy()
    region = found[top : top + made.shape[0], left : left + made.shape[1]]
    shown = made[..., 3] > 128
    region[shown] = np.clip(made[shown][:, :3] * rng.uniform(0.75, 1.2) + rng.normal(0, 5, (shown.sum(), 3)), 0, 255)
    return found


def generate(source: Path, things: int, seed: int) -> tuple[list[Pixels], np.ndarray]:
    """Photos with visits and things, and their places (n, 2) in degrees."""
    rng = np.random.default_rng(seed)
    rows, _ = table.read(source)
    places = np.stack([rows[name].to_numpy() for name in ("latitude", "longitude")], axis=1)
    pictures = []
    for path in table.paths(rows, source.parent):
        photo = decode.open_photo(path).convert("RGB")
        photo.thumbnail((SIDE, SIDE))
        pictures.append(np.asarray(photo))
    order = rng.permutation(len(pictures))
    photos, where = [], []
    for row in order[things:]:
        visits = int(rng.choice([0, 1, 2], p=[0.4, 0.35, 0.25]))
        photos += [pictures[row], *(visited(pictures[row], rng) for _ in range(visits))]
        where += [places[row]] * (visits + 1)
    for row in order[:things]:
        thing = cut(pictures[row], 0.35, 0.6, rng)
        for into in rng.choice(len(photos), rng.integers(5, 25), replace=False):
            photos[into] = put(thing, photos[into], rng)
    return photos, np.array(where)


def share(right: int, of: int) -> str:
    """A share with its Wilson interval of 95 %."""
    if not of:
        return "none"
    z, p = 1.96, right / of
    middle, half = p + z * z / (2 * of), z * np.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    low, high = (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)
    return f"{right}/{of} = {p:.1%} [{low:.1%}, {high:.1%}]"


def main() -> None:
    """Print a line for each rule."""
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path)
    parser.add_argument("--things", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    photos, places = generate(arguments.photos, arguments.things, arguments.seed)
    hidden = np.random.default_rng(arguments.seed + 1).random(len(photos)) < 1 / 3
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for number, photo in enumerate(photos):
            path = Path(folder, f"{number}.jpg")
            Image.fromarray(photo).save(path, quality=90)
            rows.append({"photo_id": str(number), "path": str(path), "latitude": places[number, 0],
                         "longitude": places[number, 1]})  # fmt: skip
        known = [row for row, out in zip(rows, hidden, strict=True) if not out]
        found = library.open(table.write(table.from_rows(known), Path(folder, "photos.parquet")))
        for line in found.searcher.trust.lines():
            print(line)
        counted: dict[str, list[bool]] = {"before": [], "after": []}
        first: dict[str, list[bool]] = {"before": [], "after": []}
        for number in np.flatnonzero(hidden):
            query = found.features(rows[number]["path"])
            answers = {
                "before": [each.row for each in found.searcher.index.search(query, 20) if each.trusted],
                "after": [each.row for each in found.similar(query, 20) if each.trusted],
            }
            for rule, matches in answers.items():
                km = distance_km(*places[number], found.listing.latitude[matches], found.listing.longitude[matches])
                counted[rule] += (km <= 25).tolist()
                first[rule] += (km[:1] <= 25).tolist()
    print(f"{len(known)} photos in the library, {int(hidden.sum())} looked for, {arguments.things} things that travel")
    for rule, right in counted.items():
        best = share(sum(first[rule]), len(first[rule]))
        print(f"{rule}: trusted matches right {share(sum(right), len(right))}; first matches right {best}")
    kept = share(sum(counted["after"]), sum(counted["before"]))
    print(
        f"right ones after, of those before: {kept}; of first ones {share(sum(first['after']), sum(first['before']))}"
    )


if __name__ == "__main__":
    main()
