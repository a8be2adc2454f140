"""How fast the page of `photoplanet review` is: its first view, decisions with all that they place anew, and scrolling.

    python benchmarks/review.py FOLDER        # a folder of photos, some of them with GPS
    python benchmarks/review.py --made 500    # a made-up one of so many photos

Decisions go to a file of their own, and nothing is written to the photos. Needs Playwright and Chromium.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import chromium
import review_photos
from playwright.sync_api import Page, sync_playwright

DECISIONS = 15  # photos that are accepted
# Scroll by `way` pixels a frame; the milliseconds of n frames
SCROLL = """async ([way, n]) => {
  const strip = document.querySelector("#strip");
  const times = [];
  let last = performance.now();
  for (let i = 0; i < n; i++) {
    strip.scrollLeft += way;
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - last);
    last = performance.now();
  }
  return times;
}"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--made", type=int, help="Photos of a made-up library, instead of a folder.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = given.folder or str(review_photos.journey(Path(home) / "made", given.made or 500))
        started = time.perf_counter()
        server = subprocess.Popen(
            [sys.executable, "-m", "photoplanet", "review", folder, "--port", "0", "--no-open"],
            stderr=subprocess.PIPE, text=True, env=os.environ | {"PHOTOPLANET_HOME": home},
        )  # fmt: skip
        try:
            address = next(line for line in server.stderr or () if " on http" in line).split(" on ")[1].split()[0]
            print(f"reading the photos: {time.perf_counter() - started:.1f} s")
            measured(address)
        finally:
            server.terminate()
            server.wait()


def measured(address: str) -> None:
    """Print how long everything takes in a real browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        started = time.perf_counter()
        page.goto(address)
        page.locator(".cell img").nth(3).wait_for()
        print(f"first view: {time.perf_counter() - started:.2f} s")
        settled(page)
        print(f"all proposals: {time.perf_counter() - started:.1f} s")
        times = [accepted(page) for _ in range(DECISIONS)]
        print(f"accept and place anew: median {statistics.median(times):.2f} s, longest {max(times):.2f} s")
        for way in (60, 2000):
            frames = sorted(page.evaluate(SCROLL, [way, 100]))
            print(f"scrolling by {way} pixels a frame: median {frames[50]:.0f} ms, 95 % {frames[95]:.0f} ms")
        browser.close()


def settled(page: Page) -> None:
    """Wait until every photo is placed."""
    while "anew" in page.inner_text("#standing"):
        page.wait_for_timeout(50)


def accepted(page: Page) -> float:
    """Accept the next proposal; the seconds until it is said and all others are placed anew."""
    while not page.locator("#accept").is_visible():
        page.keyboard.press("n")
        page.wait_for_timeout(100)
    before, started = page.inner_text("#news"), time.perf_counter()
    page.keyboard.press("a")
    while page.inner_text("#news") == before:
        page.wait_for_timeout(5)
    settled(page)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
