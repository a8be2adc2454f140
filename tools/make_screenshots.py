"""Screenshots of the page of `photoplanet serve` (docs/page-*.png) and of the map of a trip (docs/trip-map.png).

Their photos are those of the toy Earth, and a generated sign.

    python tools/make_screenshots.py docs/

Needs Playwright and Chromium (tools/install_chromium.sh).
"""

import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import chromium
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from photoplanet.toyworld import lettering, sign_photos, sign_texts

SEED, ALBUM = "20161008", "traveller-00001/album-00006"
SURE, TRIP_STOP = 6, 12  # photos of that album, from 0
SIGN = ("Bageri og konditori", "Vesterbrogade 12, Roskilde", "Tlf. +45 46 35 12 80")
TALL = {"width": 1280, "height": 1100}
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


def main() -> None:
    out = Path(sys.argv[1])
    run = [sys.executable, "-m", "photoplanet"]
    with tempfile.TemporaryDirectory() as folder:
        made = [*run, "toyworld", "-o", folder, "--photos", "200", "--seed", SEED, "--size", "384"]
        subprocess.run(made, check=True)
        photos = sorted((Path(folder) / ALBUM).glob("*.jpg"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
            write(trip_map(browser, Path(folder)), out / "trip-map.png")
            with served("--model", "toy") as address:
                write(desk(browser, address, photos), out / "page-desk.png")
                write(why(browser, address, photos), out / "page-why.png")
                write(trip(browser, address, photos), out / "page-trip.png")
                write(phone(browser, address, photos), out / "page-phone.png")
            with served("--model", "none", "--signs") as address:
                write(evidence(browser, address, sign(Path(folder) / "shop.jpg")), out / "page-evidence.png")
            browser.close()


@contextmanager
def served(*options: str) -> Iterator[str]:
    """The address of a server of its own."""
    command = [sys.executable, "-m", "photoplanet", "serve", "--port", "0", *options]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield next(line for line in server.stderr or () if " on " in line).split(" on ")[1].split()[0]
    finally:
        server.terminate()
        server.wait()


def sign(path: Path) -> Path:
    """A photo of a baker's sign."""
    text = sign_texts.SignText(SIGN, "shop", "DK", "da", "Latin")
    conditions = sign_photos.Conditions(capital=32, yaw=12, slant=-2)
    image, _ = sign_photos.photo(text, lettering.Packaged(), conditions, (3,), 55.6, 720)
    image.save(path, quality=92)
    return path


def evidence(browser: Browser, address: str, photo: Path) -> bytes:
    """What stands in a photo, one piece of it pointed at, and one struck out."""
    page = opened(browser, address, [photo], TALL, "light")
    street = page.locator(".evidence li", has_text="street word")
    street.get_by_role("button").click()
    expect(street).to_have_class(re.compile("struck"))
    page.evaluate("() => document.activeElement.blur()")
    page.locator(".evidence li", has_text="place name").hover()
    return taken(page, still=True)


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


def trip_map(browser: Browser, folder: Path) -> bytes:
    """The map of all albums, as if no photo had GPS."""
    run = [sys.executable, "-m", "photoplanet", "album", *map(str, sorted(folder.glob("traveller-*"))), "--no-anchors"]
    path = folder / "trip.html"
    subprocess.run([*run, "--model", "toy", "--map", str(path)], check=True, stdout=subprocess.DEVNULL)
    page = browser.new_context(viewport=DESK, color_scheme="light").new_page()
    page.goto(path.as_uri())
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
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


def taken(page: Page, part: str = "", still: bool = False) -> bytes:
    """A picture; the mouse points at nothing, or stays where it is (`still`)."""
    if not still:
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
