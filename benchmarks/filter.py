"""Fit and measure the detector of graphics: `python benchmarks/filter.py FOLDER_OF_PHOTOS [--fit]`.

Prints precision and recall of "is a graphic" on drawn graphics of kinds that fitting has not seen, and on the folder's
photographs, cross-validated in five folds of neighbouring files; `--fit` prints the constants of
photoplanet/photos/graphics_filter.py, fitted on all photographs and the kinds of graphics for fitting.
"""

import argparse
import io
import random
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from photoplanet.photos import graphics_filter as graphics
from photoplanet.photos.decode import open_photo

WORDS = ("sum", "over", "cells", "where", "the", "photo", "was", "figure", "shows", "total", "2016", "km", "a", "of")


def colour(rng, pale=False):
    return tuple(rng.randint(180, 255) if pale else rng.randint(0, 255) for _ in range(3))


def canvas(rng, back=None):
    size = rng.choice([(400, 300), (640, 480), (800, 600), (600, 800), (1200, 800), (500, 500)])
    image = Image.new("RGB", size, back or rng.choice(["white", "white", colour(rng, True)]))
    return image, ImageDraw.Draw(image), *size


def font(rng, low=10, high=28):
    return ImageFont.load_default(rng.randint(low, high))


def words(rng, count):
    return " ".join(rng.choice(WORDS) for _ in range(count))


def diagram(rng):
    image, draw, w, h = canvas(rng)
    for _ in range(rng.randint(3, 14)):
        x, y = rng.randint(0, w - 60), rng.randint(0, h - 40)
        box = (x, y, x + rng.randint(50, 200), y + rng.randint(30, 120))
        shape = rng.choice([draw.rectangle, draw.ellipse])
        shape(box, fill=rng.choice([None, colour(rng, True)]), outline=colour(rng), width=rng.randint(1, 4))
        draw.text((x + 8, y + 8), words(rng, 2), fill="black", font=font(rng))
        draw.line((x, y, rng.randint(0, w), rng.randint(0, h)), fill="black", width=rng.randint(1, 3))
    return image


def page(rng):
    image, draw, w, h = canvas(rng, rng.choice(["white", (250, 248, 240)]))
    face, y = font(rng, 10, 20), 20
    while y < h - 20:
        draw.text((30, y), words(rng, w // 60), fill=rng.choice(["black", (40, 40, 40)]), font=face)
        y += rng.choice([22, 22, 24, 40])
    return image


def bars(rng):
    image, draw, w, h = canvas(rng, "white")
    count = rng.randint(3, 20)
    for i in range(count):
        x = 40 + i * (w - 80) // count
        draw.rectangle((x, rng.randint(30, h - 60), x + (w - 100) // count, h - 40), fill=colour(rng))
    draw.line((40, 20, 40, h - 40, w - 20, h - 40), fill="black", width=2)
    draw.text((60, 5), words(rng, 4), fill="black", font=font(rng))
    return image


def pie(rng):
    image, draw, w, h = canvas(rng)
    start, radius = 0, min(w, h) // 2 - 20
    while start < 360:
        end = start + rng.randint(15, 120)
        box = (w // 2 - radius, h // 2 - radius, w // 2 + radius, h // 2 + radius)
        draw.pieslice(box, start, min(end, 360), colour(rng))
        start = end
    return image


def clipart(rng):
    image, draw, w, h = canvas(rng)
    for _ in range(rng.randint(4, 40)):
        x, y, s = rng.randint(0, w), rng.randint(0, h), rng.randint(20, 300)
        if rng.random() < 0.5:
            box = (x, y, x + s, y + rng.randint(20, 300))
            draw.ellipse(box, fill=colour(rng), outline="black", width=rng.randint(0, 4))
        else:
            points = [(x + rng.randint(-s, s), y + rng.randint(-s, s)) for _ in range(rng.randint(3, 7))]
            draw.polygon(points, fill=colour(rng))
    return image


def window(rng):
    dark = rng.random() < 0.4
    image, draw, w, h = canvas(rng, (30, 30, 34) if dark else (240, 240, 244))
    draw.rectangle((0, 0, w, 36), fill=colour(rng))
    draw.rectangle((0, 36, w // 5, h), fill=(45, 45, 50) if dark else (225, 225, 230))
    for y in range(50, h - 20, 28):
        draw.text((12, y), words(rng, 1), fill="white" if dark else "black", font=font(rng, 12, 14))
        ink = "white" if dark else (50, 50, 50)
        draw.text((w // 5 + 12, y), words(rng, rng.randint(2, 9)), fill=ink, font=font(rng, 12, 14))
    return image


def gradient(rng):
    _, _, w, h = canvas(rng)
    a, b = (np.array(colour(rng), float) for _ in range(2))
    across, down = np.linspace(0, 1, w)[None, :, None], np.linspace(0, 1, h)[:, None, None]
    t = (across + 0 * down) if rng.random() < 0.5 else (0 * across + down)
    return Image.fromarray((a + (b - a) * t).astype(np.uint8))


def logo(rng):
    image, draw, w, h = canvas(rng)
    draw.ellipse((w // 4, h // 4, 3 * w // 4, 3 * h // 4), fill=colour(rng))
    draw.text((w // 3, h // 3), words(rng, 1).upper(), fill=colour(rng), font=font(rng, 40, 120))
    return image


def lines(rng):
    image, draw, w, h = canvas(rng, "white")
    for x in range(40, w, 60):
        draw.line((x, 0, x, h), fill=(220, 220, 220))
    for y in range(30, h, 50):
        draw.line((0, y, w, y), fill=(220, 220, 220))
    for _ in range(rng.randint(1, 6)):
        y, points = rng.randint(50, h - 50), []
        for x in range(40, w, 8):
            y += rng.randint(-12, 12)
            points.append((x, y))
        draw.line(points, fill=colour(rng), width=rng.randint(1, 4))
    return image


def scan(rng):
    """A scanned page: tilted, unevenly lit, a little noise."""
    image = page(rng).rotate(rng.uniform(-2, 2), expand=False, fillcolor="white", resample=Image.Resampling.BICUBIC)
    values = np.asarray(image, float) * np.linspace(rng.uniform(0.85, 1), 1, image.width)[None, :, None]
    values += np.random.default_rng(rng.randint(0, 1 << 30)).normal(0, rng.uniform(0.5, 3), values.shape)
    return Image.fromarray(values.clip(0, 255).astype(np.uint8)).convert(rng.choice(["RGB", "L"])).convert("RGB")


def regions(rng):
    """A map: flat regions with borders and names."""
    _, _, w, h = canvas(rng)
    seeds = [(rng.randint(0, w), rng.randint(0, h)) for _ in range(rng.randint(6, 40))]
    x, y = np.meshgrid(np.arange(w), np.arange(h))
    nearest = np.argmin([(x - a) ** 2 + (y - b) ** 2 for a, b in seeds], axis=0)
    paint = np.array([colour(rng, True) for _ in seeds], np.uint8)[nearest]
    paint[:-1][np.diff(nearest, axis=0) != 0] = 60
    image = Image.fromarray(paint)
    for a, b in seeds:
        ImageDraw.Draw(image).text((a, b), words(rng, 1), fill="black", font=font(rng))
    return image


def terminal(rng):
    image, draw, _, h = canvas(rng, rng.choice([(0, 0, 0), (12, 12, 40), (40, 44, 52)]))
    for y in range(8, h - 8, 18):
        ink = rng.choice(["white", "lime", "cyan", (200, 200, 200)])
        draw.text((8, y), words(rng, rng.randint(1, 10)), fill=ink, font=font(rng, 13, 13))
    return image


def code(rng):
    cells = rng.randint(21, 60)
    bits = np.random.default_rng(rng.randint(0, 1 << 30)).integers(0, 2, (cells, cells)).astype(np.uint8) * 255
    image = Image.fromarray(bits).resize((cells * 10, cells * 10), Image.Resampling.NEAREST)
    return ImageOps.expand(image, rng.randint(10, 80), 255).convert("RGB")


def poster(rng):
    """A slide: gradient background, large text, a few shapes, soft shadows."""
    image = gradient(rng)
    draw, (w, h) = ImageDraw.Draw(image), image.size
    draw.rectangle((w // 8, h // 2, w // 2, 7 * h // 8), fill=(60, 60, 60))
    image = image.filter(ImageFilter.GaussianBlur(6))
    draw = ImageDraw.Draw(image)
    draw.rectangle((w // 8 - 5, h // 2 - 5, w // 2 - 5, 7 * h // 8 - 5), fill=colour(rng))
    draw.text((w // 8, h // 6), words(rng, 3).title(), fill=rng.choice(["white", "black"]), font=font(rng, 30, 60))
    return image


FITTED = (diagram, page, bars, pie, clipart, window, gradient, logo)
HELD_OUT = (lines, scan, regions, terminal, code, poster)


def saved(image, rng):
    """As it would arrive: PNG, or JPEG of some quality; sometimes scaled."""
    if rng.random() < 0.3:
        scale = rng.uniform(0.4, 1.5)
        image = image.resize([max(64, int(side * scale)) for side in image.size], Image.Resampling.BICUBIC)
    if rng.random() < 0.5:
        return image
    held = io.BytesIO()
    image.save(held, "JPEG", quality=rng.randint(50, 95))
    return Image.open(held).convert("RGB")


def variants(image, rng):
    """What also is a photograph: itself, black and white, faded, dark, washed out by fog, small."""
    yield image
    yield ImageOps.grayscale(image).convert("RGB")
    yield ImageOps.colorize(ImageOps.grayscale(image), (60, 40, 20), (240, 225, 190))
    yield ImageEnhance.Brightness(image).enhance(rng.uniform(0.15, 0.4))
    yield Image.blend(image, Image.new("RGB", image.size, (215, 220, 225)), rng.uniform(0.4, 0.7))
    yield ImageOps.expand(image, min(image.size) // 16, "white")
    yield saved(image.resize([max(160, side // 2) for side in image.size], Image.Resampling.BICUBIC), rng)


def fit(x, y, weights, ridge=2.0):
    """Logistic regression by Newton's method: (mean, scale, weights, bias)."""
    mean, scale = x.mean(0), x.std(0) + 1e-6
    z = np.c_[(x - mean) / scale, np.ones(len(x))]
    beta, penalty = np.zeros(z.shape[1]), np.r_[np.full(x.shape[1], ridge), 0]
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))
        hessian = (z * (weights * p * (1 - p))[:, None]).T @ z + np.diag(penalty + 1e-6)
        beta -= np.linalg.solve(hessian, z.T @ (weights * (p - y)) + penalty * beta)
    return mean, scale, beta[:-1], beta[-1]


def scores(model, x):
    mean, scale, weights, bias = model
    return 1 / (1 + np.exp(-np.clip((x - mean) / scale @ weights + bias, -50, 50)))


def drawn(kinds, count, seed):
    rng = random.Random(seed)
    pairs = [(kinds[i % len(kinds)].__name__, kinds[i % len(kinds)]) for i in range(count)]
    return [name for name, _ in pairs], np.array([graphics.features(saved(make(rng), rng)) for _, make in pairs])


def report(name, hits, false, total_graphics, total_photos):
    precision = hits / max(1, hits + false)
    print(f"{name}: precision {precision:.3f}, recall {hits / total_graphics:.3f}, "
          f"photographs dropped {false} of {total_photos} ({false / total_photos:.2%})")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--count", type=int, default=400)
    options = parser.parse_args()
    files = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    rng, photos, plain = random.Random(1), [], []
    for path in files:
        for i, image in enumerate(variants(open_photo(path, size_hint=graphics.SIDE), rng)):
            photos.append(graphics.features(image))
            plain.append(i == 0)
    photos, plain = np.array(photos), np.array(plain)
    fold = np.repeat(np.arange(len(files)) * 5 // len(files), len(photos) // len(files))
    _, seen = drawn(FITTED, options.count, 2)
    kinds, unseen = drawn(HELD_OUT, options.count, 3)

    def model(rows):
        x = np.r_[seen, rows]
        y = np.r_[np.ones(len(seen)), np.zeros(len(rows))]
        return fit(x, y, np.where(y == 1, 0.5 / len(seen), 0.5 / len(rows)) * 1000)

    photo_scores = np.zeros(len(photos))
    unseen_scores = []
    for k in range(5):
        fitted = model(photos[fold != k])
        photo_scores[fold == k] = scores(fitted, photos[fold == k])
        unseen_scores.append(scores(fitted, unseen))
    unseen_scores = np.mean(unseen_scores, axis=0)
    for threshold in (0.5, 0.7, 0.8, 0.9, 0.95):
        hits = int((unseen_scores >= threshold).sum())
        false = photo_scores >= threshold
        dropped = int(false[plain].sum())
        report(f"threshold {threshold}, photographs", hits, dropped, len(unseen), int(plain.sum()))
        report(f"threshold {threshold}, and variants", hits, int(false.sum()), len(unseen), len(photos))
    for kind in dict.fromkeys(kinds):
        mine = np.array(kinds) == kind
        print(f"  {kind}: recall {np.mean(unseen_scores[mine] >= graphics.THRESHOLD):.3f} at the threshold in use")
    by_score = sorted(zip(files, photo_scores[plain], strict=True), key=lambda pair: -pair[1])
    for path, score in by_score[:5]:
        print(f"  highest-scoring photograph: {path.name} {score:.2f}")
    image = open_photo(files[0], size_hint=graphics.SIDE)
    start = time.perf_counter()
    for _ in range(20):
        graphics.features(image)
    print(f"features: {(time.perf_counter() - start) / 20 * 1e3:.1f} ms a photo of {image.size}")
    if options.fit:
        mean, scale, weights, bias = model(photos)
        for name, values in (("MEAN", mean), ("SCALE", scale), ("WEIGHTS", weights)):
            print(f"{name} = ({', '.join(f'{value:.4f}' for value in values)})")
        print(f"BIAS = {bias:.4f}")


if __name__ == "__main__":
    main()
