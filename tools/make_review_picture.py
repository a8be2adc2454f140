"""The picture of docs/review.md: `photoplanet review` on photos of the toy Earth, some of them without GPS.

    python tools/make_review_picture.py docs/review.png

Needs Playwright and Chromium (tools/install_chromium.sh).
"""

import io
import os
import subprocess
import sys
import tempfile

import chromium
from PIL import Image
from playwright.sync_api import Page, sync_playwright

SEED, PHOTOS, HIDDEN = "20161008", "400", "0.5"
SIZE = {"width": 1280, "height": 860}
LOOKED_AT = 22  # proposals that are accepted before the picture is taken
ZOOMED_OUT = 5  # times, so that other photos are seen around the chosen one


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = [sys.executable, "-m", "photoplanet"]
        made = [*run, "toyworld", "-o", f"{folder}/trip", "--photos", PHOTOS, "--seed", SEED, "--size", "384"]
        subprocess.run([*made, "--without-gps", HIDDEN], check=True)
        server = subprocess.Popen(
            [*run, "review", f"{folder}/trip", "--port", "0", "--no-open", "--decisions", f"{folder}/decisions.jsonl"],
            stderr=subprocess.PIPE, text=True, env=os.environ | {"PHOTOPLANET_HOME": folder},
        )  # fmt: skip
        try:
            address = next(line for line in server.stderr or () if " on http" in line).split(" on ")[1].split()[0]
            picture = reviewed(address)
        finally:
            server.terminate()
            server.wait()
    picture.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)


def reviewed(address: str) -> Image.Image:
    """The page in the middle of a review."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        page = browser.new_page(viewport=SIZE)
        page.goto(address)
        page.locator(".cell img").nth(3).wait_for()
        for _ in range(LOOKED_AT):
            decided(page)
        page.locator("#neighbours li").first.wait_for()
        for _ in range(ZOOMED_OUT):
            page.click("#out")
        page.wait_for_timeout(1500)
        drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    return drawn


def decided(page: Page) -> None:
    """Accept the proposal of the chosen photo, skip one without, and wait for the next."""
    before = page.inner_text("#name")
    page.keyboard.press("a" if page.locator("#accept").is_visible() else "s")
    page.locator("#name", has_not_text=before).wait_for()
    page.wait_for_timeout(200)


if __name__ == "__main__":
    main()
