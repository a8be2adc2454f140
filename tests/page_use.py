"""What tests of the page share: photos as a browser takes them, giving them, the map's pixels, and what is saved."""

import io

from PIL import Image
from playwright.sync_api import expect

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
RED, GREEN, VAGUE = (255, 0, 0), (0, 255, 0), (128, 128, 128)
HOSTILE = "<img src=x onerror=document.title='bad'>.jpg"
TOKEN = "a-token-of-some-length"
GPX = """<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="48.0" lon="2.0"><time>2020-05-01T07:55:00Z</time></trkpt>
<trkpt lat="48.1" lon="2.0"><time>2020-05-01T08:05:00Z</time></trkpt></trkseg></trk></gpx>"""
NO_PHOTO = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"these are notes"}


def snap(name, colour, time="", gps=None):
    """A file as Playwright takes it: a JPEG with time and camera, and perhaps GPS of its own."""
    tags, buffer = Image.Exif(), io.BytesIO()
    tags[0x010F] = "Maker"
    if time:
        tags.get_ifd(0x8769)[0x9003] = f"2020:05:01 {time}"
    if gps:
        tags.get_ifd(0x8825).update({1: "S", 2: (gps[0], 0.0, 0.0), 3: "W", 4: (gps[1], 0.0, 0.0)})
    Image.new("RGB", (160, 120), colour).save(buffer, "JPEG", exif=tags)
    return {"name": name, "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


PLACED = snap("3.jpg", GREEN, "12:00:00", (22.0, 43.0))
TRIP = [snap("1.jpg", RED, "10:00:00"), snap("2.jpg", VAGUE, "10:01:00"), PLACED]


def give(page, *files):
    """Choose files as the button does; wait until all are answered."""
    page.set_input_files("#files", files)
    expect(page.locator("body.empty")).to_have_count(0)
    expect(page.locator("#progress")).to_be_hidden()


def pixels(page):
    """The map as it is drawn."""
    return page.locator("#canvas").evaluate("canvas => canvas.toDataURL()")


def saved(page, kind):
    page.locator("#save > summary").click()
    with page.expect_download() as download:
        page.locator(f"[data-save={kind}]").click()
    return download.value.path().read_text("utf-8")


def settled(page, before):
    """The map once it has been drawn anew (or as it was, after a second)."""
    for _ in range(20):
        now = pixels(page)
        if now != before:
            return now
        page.wait_for_timeout(50)
    return before


def fits(page):
    sheet = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    return sheet[0] <= sheet[1] == PHONE["width"]
