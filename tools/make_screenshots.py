"""Screenshots of the page of `photoplanet serve`: docs/page-*.png, with photos of the toy Earth.

    python tools/make_screenshots.py docs/

Needs Playwright and Chromium (tools/install_chromium.sh).
"""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

import chromium
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

SEED, ALBUM = "20161008", "traveller-00001/album-00006"
SURE, TRIP_STOP = 6, 12  # photos of that album, from 0
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


def main() -> None:
    out = Path(sys.argv[1])
    run = [sys.executable, "-m", "photoplanet"]
    with tempfile.TemporaryDirectory() as folder:
        made = [*run, "toyworld", "-o", folder, "--photos", "200", "--seed", SEED, "--size", "384"]
        subprocess.run(made, check=True)
        photos = sorted((Path(folder) / ALBUM).glob("*.jpg"))
        server = subprocess.Popen([*run, "serve", "--model", "toy", "--port", "0"], stderr=subprocess.PIPE, text=True)
        try:
            address = next(line for line in server.stderr if " on " in line).split(" on ")[1].split()[0]
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
                write(desk(browser, address, photos), out / "page-desk.png")
                write(why(browser, address, photos), out / "page-why.png")
                write(trip(browser, address, photos), out / "page-trip.png")
                write(phone(browser, address, photos), out / "page-phone.png")
                browser.close()
        finally:
            server.terminate()
            server.wait()


def desk(browser: Browser, address: str, photos: list[Path]) -> bytes:
    """One photo's answer."""
    page = opened(browser, address, photos, DESK, "light")
    page.locator("#filmstrip button").nth(SURE).click()
    return taken(page)


def why(browser: Browser, address: str, photos: list[Path]) -> bytes:
    """What speaks for it, and what against."""
    page = opened(browser, address, photos, DESK, "light")
    page.locator("#filmstrip button").nth(SURE).click()
    page.get_by_role("button", name="Why there?").click()
    expect(page.locator("figure canvas")).to_have_count(2)
    return taken(page, "#panel")


def trip(browser: Browser, address: str, photos: list[Path]) -> bytes:
    """The album located together, as if no photo had GPS."""
    page = opened(browser, address, photos, DESK, "light")
    page.get_by_text("Options").click()
    page.get_by_label("Photos with GPS count as known places").uncheck()
    page.locator("#options").press("Escape")
    page.get_by_role("switch", name="Locate together").check()
    expect(page.locator("#filmstrip h3")).not_to_have_count(0)
    expect(page.locator("#progress")).to_be_hidden()
    page.locator("#filmstrip button").nth(TRIP_STOP).click()
    page.locator("#all").click()
    return taken(page)


def phone(browser: Browser, address: str, photos: list[Path]) -> bytes:
    """One photo's answer on a dark phone."""
    page = opened(browser, address, photos, PHONE, "dark")
    page.locator("#filmstrip button").nth(SURE).click()
    return taken(page)


def opened(browser: Browser, address: str, photos: list[Path], viewport: dict[str, int], scheme: str) -> Page:
    page = browser.new_context(viewport=viewport, color_scheme=scheme).new_page()
    page.goto(address)
    page.set_input_files("#files", photos)
    expect(page.locator("#progress")).to_be_hidden(timeout=60_000)
    expect(page.locator("#filmstrip img")).to_have_count(len(photos), timeout=60_000)
    return page


def taken(page: Page, part: str = "") -> bytes:
    page.mouse.move(2, 2)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.locator(part).screenshot() if part else page.screenshot()


def write(picture: bytes, path: Path) -> None:
    """As PNG of 256 colours."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
