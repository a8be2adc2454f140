"""How large the trip map's page is, and how long one picture of it takes, by the number of photos.

    python benchmarks/trip_map.py --photos 578 5000                    # docs/trips.md, "The map"
    python benchmarks/trip_map.py --photos 578 --keep /tmp/trip-map    # and keep the pages, to look at them

Two made-up people on two continents, with made-up pictures; a quarter of the photos unsure. Each page is opened in
Chromium (tools/install_chromium.sh) without a graphics card, 1,280 and 360 pixels wide, and moved (drags) and zoomed
(the wheel) over one continent: milliseconds that a picture takes to draw, median and 95th percentile,
with the range of each over 20 resamplings of the frames.
"""

import argparse
import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import photoplanet as pp
from photoplanet.albums.located_photos import ESTIMATED, OWN, LocatedPhoto
from photoplanet.albums.shots import Shot
from photoplanet.albums.trips import Trip
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.prediction import Prediction
from photoplanet.show import trip

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
LEGS = (((38.7, -9.1), (37.1, -8.6), (36.7, -4.4), (41.4, 2.2), (45.4, 12.3)),
        ((40.7, -74.0), (42.4, -71.1), (46.8, -71.2), (43.7, -79.4), (38.9, -77.0)))  # fmt: skip
FRAMES = 60
MOVE = """async ({ kind, frames }) => {
    const canvas = document.querySelector("#canvas"), box = canvas.getBoundingClientRect();
    const at = { clientX: box.left + box.width * 0.7, clientY: box.top + box.height * 0.6, bubbles: true };
    const ask = window.requestAnimationFrame.bind(window), times = [];
    window.requestAnimationFrame = (draw) => ask((now) => {
        const start = performance.now();
        draw(now);
        canvas.getContext("2d").getImageData(0, 0, 1, 1); // waits until all is drawn
        times.push(performance.now() - start);
    });
    if (kind === "drag") canvas.dispatchEvent(new PointerEvent("pointerdown", { ...at, pointerId: 1 }));
    for (let i = 0; i < frames; i++) {
        const clientX = at.clientX + 4 * (i % 2 ? i : -i);
        const to = { ...at, clientX, pointerId: 1, deltaY: i < frames / 2 ? -60 : 60 };
        canvas.dispatchEvent(kind === "drag" ? new PointerEvent("pointermove", to) : new WheelEvent("wheel", to));
        await new Promise(ask);
    }
    if (kind === "drag") canvas.dispatchEvent(new PointerEvent("pointerup", { ...at, pointerId: 1 }));
    await new Promise(ask);
    window.requestAnimationFrame = ask;
    return times;
}"""


def write(path: Path, photos: int, with_thumbnails: bool = True, seed: int = 9) -> None:
    """The page of a made-up library."""
    random = np.random.default_rng(seed)
    folder = path.parent / f"photos-{photos}"
    folder.mkdir(exist_ok=True)
    form = AnswerOptions(top=5, answer_always=True)
    with trip.map_file(path, photos, form, with_thumbnails=with_thumbnails) as add:
        for person, legs in enumerate(LEGS):
            count = photos // 2 + (photos % 2 if person else 0)
            shots, found = [], []
            places = [around(leg, random) for leg in legs]
            times = np.datetime64("2024-04-02T08:00:00") + np.sort(random.integers(0, 40 * 86400, count))
            for row in range(count):
                name = folder / f"{person}-{row:04d}.jpg"
                name.write_bytes(picture(random))
                shots.append(Shot(str(name), str(name), str(folder), str(times[row]), camera=f"camera {person}"))
                found.append(located(shots[-1], places[row * len(legs) // count], random))
            add(Trip(shots, times, np.arange(count)), found)


def located(shot: Shot, cells: pp.Partition, random: np.random.Generator) -> LocatedPhoto:
    """One photo in one of the cells: by its own GPS, sure, or unsure."""
    shares = np.full(len(cells), 0.1 / len(cells), np.float32)
    row = random.integers(len(cells))
    shares[row] += 0.9
    if random.random() < 0.5:
        return LocatedPhoto(shot, OWN, Prediction(shares, cells, at=tuple(cells.centers[row])))
    unsure = random.dirichlet(np.full(len(cells), 0.3)).astype(np.float32)
    return LocatedPhoto(shot, ESTIMATED, Prediction(unsure if random.random() < 0.5 else shares, cells))


def around(leg: tuple[float, float], random: np.random.Generator) -> pp.Partition:
    """Places of some 5 km within some 30 km of the town of a leg, and a few farther away."""
    points = np.array(leg) + random.normal(0, 1, (60, 2)) * np.repeat([0.25, 1.5], [48, 12])[:, None]
    return pp.Partition.from_cells(np.unique(pp.cells.from_latlng(*points.T, level=11)))


def picture(random: np.random.Generator) -> bytes:
    """A made-up photo with the detail of one: noise at several sizes."""
    mixed = np.zeros((240, 320, 3))
    for detail, share in ((1, 0.6), (4, 0.28), (16, 0.12)):
        layer = Image.fromarray(random.integers(0, 255, (6 * detail, 8 * detail, 3), np.uint8))
        mixed += share * np.asarray(layer.resize((320, 240), Image.Resampling.BICUBIC), float)
    file = io.BytesIO()
    Image.fromarray(mixed.astype(np.uint8)).save(file, "JPEG", quality=85)
    return file.getvalue()


def spread(times: list[float], share: float, random: np.random.Generator) -> str:
    """A quantile, and the range of it over resamplings."""
    drawn = [np.quantile(random.choice(times, len(times)), share) for _ in range(20)]
    return f"{np.quantile(times, share):5.1f} ({min(drawn):.1f}-{max(drawn):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="+", default=[578, 5000])
    parser.add_argument("--keep", type=Path, help="a folder for the pages")
    given = parser.parse_args()
    import chromium
    from playwright.sync_api import sync_playwright

    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        for photos in given.photos:
            path = (given.keep or Path(scratch)) / f"trip-{photos}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, photos, with_thumbnails=False)
            bare = path.stat().st_size / 1000
            write(path, photos)
            text = path.read_text("utf-8")
            pictures = sum(len(part.partition('"')[0]) for part in text.split("data:image/jpeg;base64,")[1:])
            size = path.stat().st_size / 1000
            print(f"{photos:,} photos: page {size:,.0f} KB, of these pictures {pictures / 1000:,.0f}, "
                  f"without pictures {bare:,.0f}", flush=True)  # fmt: skip
            for width, height in ((1280, 800), (360, 740)):
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(path.as_uri())
                page.wait_for_timeout(1000)
                for kind in ("drag", "wheel"):
                    page.locator("#all").click()
                    times = page.evaluate(MOVE, {"kind": kind, "frames": FRAMES})
                    print(f"  {width:4d} px, {kind:5}: ms a picture, median {spread(times, 0.5, random)}, "
                          f"95 % below {spread(times, 0.95, random)}")  # fmt: skip
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
