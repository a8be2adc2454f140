"""The picture of docs/play.md: a guess in `photoplanet play`, drawn by Chromium from a game of the toy Earth.

    python tools/make_play_picture.py docs/play.png

Needs Playwright and Chromium. The guess is made beside the truth, so that all marks are seen.
"""

import io
import math
import subprocess
import sys
import tempfile

import chromium
from PIL import Image
from playwright.sync_api import sync_playwright

from photoplanet.evaluation.game.sampler import Deck
from photoplanet.photos import table

SEED, PHOTO = 7, 1  # of the game; of its first round, from 0
OFF = (-5.0, 5.0)  # degrees from the truth
SIZE = {"width": 1160, "height": 660}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = [sys.executable, "-m", "photoplanet"]
        made = f"{folder}/toy"
        subprocess.run([*run, "toyworld", "-o", made, "--photos", "200", "--seed", "7", "--size", "256"], check=True)
        options = [
            "--model",
            "toy",
            "--seed",
            str(SEED),
            "--port",
            "0",
            "--no-open",
            "--results",
            f"{folder}/games.jsonl",
        ]
        game = subprocess.Popen([*run, "play", f"{made}/photos.parquet", *options], stderr=subprocess.PIPE, text=True)
        try:
            address = game.stderr.readline().split(" on ")[1].split()[0]
            listed, _ = table.read(f"{made}/photos.parquet")
            shown = listed.slice(Deck(listed, SEED).deal()[PHOTO], 1).to_pylist()[0]
            picture = played(address, (shown["latitude"] + OFF[0], shown["longitude"] + OFF[1]))
        finally:
            game.terminate()
            game.wait()
    picture.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)


def played(address: str, place: tuple[float, float]) -> Image.Image:
    """The page after guessing `place` (degrees) at photo `PHOTO` of the first round."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        page = browser.new_page(viewport=SIZE)
        page.goto(address)
        for number in range(PHOTO + 1):
            page.locator("#standing", has_text=f"photo {number + 1} of").wait_for()
            page.locator("#picture").evaluate("image => image.decode()")
            click(page, place if number == PHOTO else (0.0, 0.0))
            page.click("#go")
            page.locator("#verdict table").wait_for()
            if number < PHOTO:
                page.click("#go")
        page.wait_for_timeout(300)
        drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    return drawn


def click(page, place: tuple[float, float]) -> None:
    """Click a place in degrees on the map that shows the whole world, as it does before a guess."""
    box = page.locator("#canvas").bounding_box()
    scale = max(box["width"], 400)
    sine = math.sin(math.radians(place[0]))
    x, y = place[1] / 360, 0.08 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    page.mouse.click(box["x"] + box["width"] / 2 + x * scale, box["y"] + box["height"] / 2 + y * scale)


if __name__ == "__main__":
    main()
