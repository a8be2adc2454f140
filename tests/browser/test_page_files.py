"""The page takes files: by drag, from folders, pasted; what it leaves out, it names."""

import base64
import csv
import gzip
import io
import re
import xml.etree.ElementTree as ET

import drone_files
import jxl_files
from page_use import (
    GPX,
    HOSTILE,
    NO_PHOTO,
    TRIP,
    VAGUE,
    give,
    saved,
    snap,
)
from PIL import Image
from playwright.sync_api import expect


def test_photos_and_a_track_are_dropped_and_the_track_places_them(visit, address):
    page = visit(address)
    put = """([files]) => {
        const transfer = new DataTransfer();
        for (const { name, type, text } of files) {
            transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name, { type }));
        }
        for (const kind of ["dragenter", "dragover", "drop"]) {
            const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent(kind, options));
        }
    }"""
    photos = [(photo["name"], photo["mimeType"], photo["buffer"]) for photo in TRIP[:2]]
    files = [
        {"name": name, "type": kind, "text": base64.b64encode(content).decode()}
        for name, kind, content in [*photos, ("walk.gpx", "", GPX.encode()), (".DS_Store", "", b"x")]
    ]
    page.evaluate(put, [files])
    expect(page.locator("#dropping")).to_be_hidden()
    expect(page.locator("#tracks")).to_contain_text("walk.gpx")
    expect(page.locator("#count")).to_have_text("2 photos · 1 without an answer")
    page.get_by_role("switch", name="Locate together").check()
    expect(page.locator("#trouble")).to_contain_text("name no time zone")
    page.get_by_label("ahead of UTC").fill("+02:00")
    page.get_by_label("ahead of UTC").press("Enter")
    expect(page.locator('#filmstrip [data-status="track"]')).to_have_count(2)
    expect(page.locator(".facts")).to_contain_text("from a track")
    page.get_by_role("button", name="Remove all").click()
    expect(page.locator("#welcome")).to_be_visible()


def test_a_drones_captions_are_a_track_and_other_captions_are_none(visit, address):
    drone = drone_files.captions(drone_files.GENERATIONS["Air 2S"], [(48.858, 2.294)] * 3)
    spoken = b"1\n00:00:00,000 --> 00:00:01,000\nHello there.\n"
    files = {"DJI_0001.SRT": drone, "wide.srt": drone.decode().encode("utf-16"), "film.srt": spoken}
    photo = {"name": "a.jxl", "mimeType": "", "buffer": jxl_files.jxl(Image.new("RGB", (32, 32)))}
    page = visit(address)
    give(page, TRIP[1], photo, *({"name": name, "mimeType": "", "buffer": data} for name, data in files.items()))
    expect(page.locator("#tracks li")).to_have_text([re.compile("DJI_0001.SRT"), re.compile("wide.srt")])
    expect(page.locator("#notice")).to_contain_text("1 file left out, not a photo: film.srt")
    expect(page.locator("#count")).to_contain_text("2 photos")
    page.get_by_role("switch", name="Locate together").check()
    expect(page.locator("#trouble")).to_contain_text("some photos or tracks name no time zone: say under Options")


def test_a_folder_is_taken_whole_and_a_picture_can_be_pasted(visit, address, tmp_path):
    (tmp_path / "trip" / "day").mkdir(parents=True)
    (tmp_path / "trip" / "day" / "1.jpg").write_bytes(TRIP[0]["buffer"])
    (tmp_path / "trip" / "notes.txt").write_text("no photo")
    page = visit(address)
    page.set_input_files("#folder", tmp_path / "trip")
    expect(page.locator("#answer .name")).to_have_text("trip/day/1.jpg")
    expect(page.locator("#count")).to_have_text("1 photo")
    paste = """(text) => {
        const data = new DataTransfer();
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        data.items.add(new File([bytes], "image.png", { type: "image/png" }));
        document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(paste, base64.b64encode(TRIP[2]["buffer"]).decode())
    expect(page.locator("#filmstrip button").nth(1)).to_have_accessible_name(re.compile("image.png, .*Brazil"))


def test_a_hostile_name_stays_a_name(visit, address):
    page = visit(address)
    give(page, {**TRIP[0], "name": HOSTILE}, {**NO_PHOTO, "name": HOSTILE})
    expect(page.locator("#answer .name")).to_have_text(HOSTILE)
    expect(page.locator("#filmstrip button").first).to_have_attribute("title", HOSTILE)
    assert page.title().startswith("photoplanet")
    assert page.locator("img[onerror]").count() == 0
    assert ET.fromstring(saved(page, "gpx")).findtext(".//{*}name") == HOSTILE
    assert next(csv.DictReader(io.StringIO(saved(page, "csv"))))["photo_id"] == HOSTILE


def test_what_is_no_photo_is_named_and_the_rest_goes_on(visit, address):
    page = visit(address)
    page.set_input_files("#files", [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"}])
    expect(page.locator("#notice")).to_contain_text("Nothing to locate: 1 file left out, not a photo: a.txt.")
    give(page, NO_PHOTO, TRIP[0])
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.locator("#count")).to_have_text("2 photos · 1 unreadable")
    expect(page.locator('#filmstrip [data-status="failed"] .place')).to_contain_text("not a JPEG")
    expect(page.locator('#filmstrip [data-status="found"]')).to_have_count(1)
    page.locator('#filmstrip [data-status="failed"]').click()
    expect(page.locator("#answer h2")).to_have_text("Not located")  # and the reason, which is long, below it
    expect(page.locator("#answer .bad")).to_contain_text("not a JPEG")


def test_files_that_are_left_out_are_named(visit, address):
    page = visit(address)
    others = [{"name": f"{k}.txt", "mimeType": "text/plain", "buffer": b"x"} for k in range(7)]
    give(page, TRIP[0], *others)
    expect(page.locator("#notice")).to_contain_text("7 files left out, not a photo: 0.txt, 1.txt,")
    expect(page.locator("#notice")).to_contain_text("4.txt, 2 more.")
    page.get_by_role("button", name="OK", exact=True).click()
    expect(page.locator("#notice")).to_be_hidden()


def test_all_tracks_count_until_they_are_removed(visit, address):
    page = visit(address)
    chips = page.locator("#tracks li")
    later = GPX.replace("T07", "T09").replace("T08", "T10").replace('lat="48', 'lat="49')
    tracks = {"10.gpx": GPX.encode(), "9.gpx.gz": gzip.compress(later.partition("</trkseg>")[0].encode())}
    tracks = [{"name": name, "mimeType": "", "buffer": content} for name, content in tracks.items()]
    give(page, TRIP[1], snap("4.jpg", VAGUE, "12:01:00"), *tracks)
    expect(chips).to_have_text([re.compile("9.gpx.gz"), re.compile("10.gpx")])
    page.locator("#options > summary").click()
    page.get_by_label("ahead of UTC").fill("+02:00")
    page.get_by_label("ahead of UTC").press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("switch", name="Locate together").check()
    on_track = page.locator('#filmstrip [data-status="track"]')
    expect(on_track).to_have_count(2)
    expect(page.locator("#notice")).to_contain_text("The track 9.gpx.gz: ends early; 2 points used.")
    page.get_by_role("button", name="Remove the track 9.gpx.gz").click()
    expect(on_track).to_have_count(1)
    expect(chips).to_have_text([re.compile("10.gpx")])
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.get_by_role("button", name="Remove the track 10.gpx")).to_be_focused()
    ahead = "input => { input.value = '+08:00'; input.dispatchEvent(new Event('change')); }"
    page.get_by_label("ahead of UTC").evaluate(ahead)
    expect(page.locator("#notice")).to_contain_text("The track: no photo was taken while it was recorded")
    page.keyboard.press("Enter")
    expect(page.locator("#tracks")).to_be_hidden()
    expect(on_track).to_have_count(0)
