"""The page as somebody uses it: photos in, an answer out, on a desk and on a phone, by mouse and by keyboard."""

import base64
import csv
import gzip
import io
import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

import photoplanet as pp
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.retrieval.library import library
from photoplanet.server.app import create_app
from photoplanet.server.limits import Limits
from photoplanet.show import trip_files
from photoplanet.show.result_files import COLUMNS

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
RED, GREEN, VAGUE = (255, 0, 0), (0, 255, 0), (128, 128, 128)
HOSTILE = "<img src=x onerror=document.title='bad'>.jpg"
TOKEN = "a-token-of-some-length"


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
GPX = """<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="48.0" lon="2.0"><time>2020-05-01T07:55:00Z</time></trkpt>
<trkpt lat="48.1" lon="2.0"><time>2020-05-01T08:05:00Z</time></trkpt></trkseg></trk></gpx>"""
NO_PHOTO = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"these are notes"}


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


def test_a_photo_in_an_answer_out(visit, address):
    page = visit(address)
    expect(page.locator("#model")).to_have_text("Model tiny, 5 cells")
    expect(page.locator("#toy")).to_be_hidden()
    expect(page.locator("#privacy")).to_contain_text("stay on this computer")
    empty = pixels(page)
    give(page, TRIP[0])
    expect(page.locator("#answer h2")).to_contain_text("France")
    expect(page.locator(".confidences li")).to_have_count(5)
    expect(page.locator(".confidences li").nth(3)).to_contain_text("750 km99 %")
    expect(page.locator(".places li")).to_have_count(5)
    expect(page.locator(".places li").first).to_contain_text("Île-de-France")
    expect(page.locator("#filmstrip button")).to_have_accessible_name("1.jpg, Île-de-France, France")
    located = pixels(page)
    assert located != empty
    page.locator(".places button").nth(1).click()
    assert settled(page, located) != located


def settled(page, before):
    """The map once it has been drawn anew (or as it was, after a second)."""
    for _ in range(20):
        now = pixels(page)
        if now != before:
            return now
        page.wait_for_timeout(50)
    return before


def test_the_slider_changes_the_region_at_once(visit, address):
    page = visit(address)
    give(page, TRIP[0])
    words, slider = page.locator("#regionWords"), page.get_by_role("slider", name="The smallest that holds")
    expect(slider).to_have_attribute("aria-valuetext", "90 %")
    expect(words).to_contain_text("2 cells")  # Paris has 73 %, Brussels 27 %
    before = pixels(page)
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "50 %")
    expect(words).to_contain_text("One cell")
    assert settled(page, before) != before
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "99 %")


def test_weak_evidence_gives_no_answer_unless_asked_for(visit, address):
    page = visit(address)
    give(page, TRIP[1])
    expect(page.locator("#answer h2")).to_have_text("No answer: the evidence is too weak")
    expect(page.locator(".abstention")).to_contain_text("of the probability lies within 750 km")
    expect(page.locator(".coordinates")).to_have_count(0)
    expect(page.locator("#count")).to_have_text("1 photo · 1 without an answer")
    assert [row["latitude"] for row in csv.DictReader(io.StringIO(saved(page, "csv")))] == [""]
    page.get_by_text("Options").click()
    page.get_by_label("Show a place even where the evidence is weak").check()
    expect(page.locator(".coordinates")).to_have_count(1)


def test_what_the_model_does_not_know_is_said_first(visit, served, doubting_model):
    page = visit(served(create_app(pp.load(doubting_model))))
    give(page, snap("black.jpg", (0, 0, 0)))
    expect(page.locator("#answer h2")).to_have_text("88 %: nowhere that this model knows")
    expect(page.locator(".abstention")).to_contain_text("unlike the photos that the model was trained on")
    expect(page.locator("#regionWords")).to_contain_text("hold 12 %: it may be from anywhere")
    (row,) = csv.DictReader(io.StringIO(saved(page, "csv")))
    assert (row["latitude"], row["unknown"]) == ("", "0.8808") and float(row["gain_bits"]) > 1
    features = json.loads(saved(page, "geojson"))["features"]
    assert features[0]["properties"]["unknown"] == 0.8808 and "unknown" not in features[1]["properties"]
    page.get_by_text("Options").click()
    page.get_by_label("Show a place even where the evidence is weak").check()
    expect(page.locator("#answer .facts")).to_contain_text("88 %: nowhere that this model knows")
    expect(page.locator(".confidences li").nth(3)).to_contain_text("750 km12 %")
    page.keyboard.press("Escape")
    give(page, TRIP[0])
    page.locator("#filmstrip button").nth(1).click()
    expect(page.locator("#answer .facts")).to_contain_text("1.8 %: nowhere that this model knows")
    expect(page.locator(".confidences li").nth(3)).to_contain_text("750 km98 %")


def test_why_there_lays_the_map_over_the_photo(visit, address):
    page = visit(address)
    give(page, TRIP[0])
    page.get_by_role("button", name="Why there?").click()
    expect(page.locator("figure.explained canvas")).to_have_count(2)
    expect(page.locator(".supports li")).not_to_have_count(0)
    page.get_by_label("Strength of the colours").press("Home")
    expect(page.locator("figure canvas").first).to_have_css("opacity", "0")
    page.get_by_role("button", name="Why there?").click()
    expect(page.locator("figure canvas")).to_have_count(0)


def test_an_album_is_located_together_and_known_places_are_marked(visit, address):
    page = visit(address)
    give(page, *reversed(TRIP))
    alone = [page.locator("#filmstrip button").nth(k).get_attribute("aria-label").split(",")[0] for k in range(3)]
    assert alone == ["1.jpg", "2.jpg", "3.jpg"]
    before = pixels(page)
    page.get_by_role("switch", name="Locate together").check()
    expect(page.locator("#filmstrip h3").first).to_contain_text("2020-05-01")
    expect(page.locator('#filmstrip [data-status="own GPS"]')).to_have_count(1)
    assert settled(page, before) != before
    page.locator('#filmstrip [data-status="own GPS"]').click()
    expect(page.locator(".coordinates")).to_contain_text("-22, -43")
    expect(page.locator(".facts")).to_contain_text("Taken 2020-05-01 12:00")
    expect(page.locator(".facts")).to_contain_text("the camera's own GPS")
    rows = list(csv.DictReader(io.StringIO(saved(page, "csv"))))
    assert list(rows[0]) == list(trip_files.COLUMNS)
    assert {row["photo_id"]: row["kind"] for row in rows}["3.jpg"] == "own GPS"
    shapes = [feature["geometry"]["type"] for feature in json.loads(saved(page, "geojson"))["features"]]
    assert "LineString" in shapes
    assert len(ET.fromstring(saved(page, "gpx")).findall(".//{*}trkpt")) >= 2
    page.get_by_role("switch", name="Locate together").uncheck()
    expect(page.locator("#filmstrip h3")).to_have_count(0)


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


def test_similar_photos_of_a_library_are_shown_and_lead_to_their_places(visit, served, model, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    scene, query = Image.fromarray(noise).resize((640, 480), Image.Resampling.BICUBIC), io.BytesIO()
    (tmp_path / "library").mkdir()
    scene.save(tmp_path / "library" / "known.jpg", exif=gps_bytes(-33.85, 151.2), quality=92)
    scene.crop((20, 20, 600, 460)).save(query, "JPEG", quality=80)
    page = visit(served(create_app(model, library=library.open(tmp_path / "library"))))
    give(page, {"name": "query.jpg", "mimeType": "image/jpeg", "buffer": query.getvalue()})
    page.get_by_role("button", name="Similar photos").click()
    match = page.get_by_role("button", name="known.jpg")
    expect(match).to_contain_text("Sydney")
    expect(match).to_contain_text("by a rule of thumb")
    expect(match.locator("img")).to_have_js_property("naturalWidth", 320)
    before = pixels(page)
    match.click()
    assert settled(page, before) != before
    elsewhere = np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8)
    other, query = Image.fromarray(elsewhere).resize((640, 480), Image.Resampling.BICUBIC), io.BytesIO()
    other.paste(scene.crop((100, 100, 340, 280)), (200, 100))  # as a poster of it would be
    other.save(query, "JPEG", quality=80)
    give(page, {"name": "poster.jpg", "mimeType": "image/jpeg", "buffer": query.getvalue()})
    page.locator("#filmstrip button").nth(1).click()
    page.get_by_role("button", name="Similar photos").click()
    expect(page.get_by_text("Nothing is proven. These may match:")).to_be_visible()
    expect(page.get_by_role("button", name="known.jpg")).to_contain_text("may match")


def test_what_is_saved_can_be_read_and_says_the_same(visit, address, model, tmp_path):
    page = visit(address)
    give(page, TRIP[0], NO_PHOTO)
    rows = list(csv.DictReader(io.StringIO(saved(page, "csv"))))
    assert list(rows[0]) == list(COLUMNS)
    expected = model.locate(TRIP[0]["buffer"]).to_dict(5, 0.9, "city")
    first = rows[0]
    assert float(first["latitude"]) == expected["best"]["latitude"] and first["place"] == expected["best"]["place"]
    assert float(first["region_radius_km"]) == expected["region"]["radius_km"]
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4", "5", ""] and rows[-1]["error"]
    collection = json.loads(saved(page, "geojson"))
    cells = [feature for feature in collection["features"] if feature["properties"]["kind"] == "cell"]
    assert len(cells) == expected["region"]["cells"] and collection["features"][0]["properties"]["photo"] == "1.jpg"
    assert collection["features"][0]["properties"]["region_radius_km"] == expected["region"]["radius_km"]
    (waypoint,) = ET.fromstring(saved(page, "gpx")).findall("{*}wpt")
    assert float(waypoint.get("lat")) == expected["best"]["latitude"]
    assert waypoint.findtext("{*}name") == "1.jpg" and "estimate" in waypoint.findtext("{*}desc")


def test_a_hostile_name_stays_a_name(visit, address):
    page = visit(address)
    give(page, {**TRIP[0], "name": HOSTILE}, {**NO_PHOTO, "name": HOSTILE})
    expect(page.locator("#answer .name")).to_have_text(HOSTILE)
    expect(page.locator("#filmstrip button").first).to_have_attribute("title", HOSTILE)
    assert page.title().startswith("photoplanet")
    assert page.locator("img[onerror]").count() == 0
    assert ET.fromstring(saved(page, "gpx")).findtext(".//{*}name") == HOSTILE
    assert next(csv.DictReader(io.StringIO(saved(page, "csv"))))["photo_id"] == HOSTILE


def test_names_with_quotes_and_commas_are_one_field_of_the_csv(visit, address):
    page, name = visit(address), 'a "b", c.jpg'
    give(page, {**TRIP[0], "name": name})
    assert {row["photo_id"] for row in csv.DictReader(io.StringIO(saved(page, "csv")))} == {name}


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


def test_a_gpx_file_without_any_place_is_not_saved(visit, address):
    page = visit(address)
    give(page, TRIP[1])
    page.locator("#save > summary").click()
    page.locator("[data-save=gpx]").click()
    expect(page.locator("#trouble")).to_contain_text("no photo has an answer")


def test_answers_that_no_file_holds_are_not_lost_without_a_question(visit, address):
    page, asked = visit(address), []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    give(page, TRIP[0])
    page.locator("#answer h2").click()  # browsers ask only where somebody has done something
    page.reload()
    assert asked == ["beforeunload"]
    expect(page.locator("#welcome")).to_be_visible()
    give(page, TRIP[0])
    assert saved(page, "csv")
    page.reload()
    expect(page.locator("#welcome")).to_be_visible()
    assert asked == ["beforeunload"]


def test_a_photo_that_is_too_large_is_told_and_batches_are_cut(visit, served, model):
    page = visit(served(create_app(model, limits=Limits(photos=2, photo_bytes=5000))))
    large = {**TRIP[0], "name": "large.jpg", "buffer": TRIP[0]["buffer"] + bytes(5000)}
    give(page, *TRIP, large)
    expect(page.locator("#count")).to_contain_text("1 unreadable")
    expect(page.locator('#filmstrip [data-status="failed"] .place')).to_contain_text("larger than 5,000 bytes")
    expect(page.locator('#filmstrip [data-status="found"]')).to_have_count(2)


def test_a_server_that_wants_the_page_to_wait_is_waited_for(visit, served, model):
    page = visit(served(create_app(model, limits=Limits(rate=60))))
    page.clock.install()
    refused = []
    page.on("response", lambda response: refused.append(response.status) if response.status == 429 else None)
    wait = {"status": 429, "headers": {"retry-after": "7"}, "json": {}}
    page.route("**/v1/locate?*", lambda route: route.fulfill(**wait), times=1)
    page.set_input_files("#files", TRIP[:1])
    expect(page.locator("#doing")).to_contain_text("trying again in 7 seconds")
    page.clock.run_for(7000)
    expect(page.locator("#answer h2")).to_contain_text("France")
    assert refused == [429]


def test_a_server_that_is_busy_for_more_than_five_minutes_is_given_up(visit, address):
    page = visit(address)
    page.clock.install()
    wait = {"status": 503, "headers": {"retry-after": "200"}, "json": {"detail": "all places are taken"}}
    page.route("**/v1/locate?*", lambda route: route.fulfill(**wait))
    page.set_input_files("#files", TRIP[:1])
    expect(page.locator("#doing")).to_contain_text("The server is busy; trying again in 200 seconds")
    page.clock.run_for(200_000)
    expect(page.locator("#trouble")).to_contain_text("All places are taken")


def test_the_first_photo_goes_alone_and_the_others_by_eight(visit, address):
    page, batches = visit(address), []
    page.on("request", lambda request: batches.append(request) if "/v1/locate" in request.url else None)
    give(page, *[{**TRIP[0], "name": f"{k}.jpg"} for k in range(11)])
    assert [batch.post_data_buffer.count(b'name="photos"') for batch in batches] == [1, 8, 2]


def test_cells_that_are_too_many_to_be_drawn_are_counted(visit, address):
    page = visit(address)

    def answer(route):
        reply = route.fetch().json()
        for region in reply["photos"][0]["regions"]:
            region["cells"] = 12
        route.fulfill(json=reply)

    page.route("**/v1/locate?*", answer)
    give(page, TRIP[0])
    features = json.loads(saved(page, "geojson"))["features"]
    cells = [feature for feature in features if feature["properties"]["kind"] == "cell"]
    assert features[0]["properties"]["cells_left_out"] == 12 - len(cells) > 0
    expect(page.locator("#regionWords")).to_contain_text("12 cells, ")
    expect(page.locator("#regionWords")).to_contain_text(f"The {len(cells)} likeliest are drawn.")


def test_cancel_stops_and_resume_goes_on(visit, address):
    page = visit(address)
    page.route("**/v1/locate?*", lambda route: None, times=1)  # never answered
    page.set_input_files("#files", TRIP)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#trouble")).to_contain_text("3 photos not located yet")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#progress")).to_be_hidden()
    expect(page.locator('#filmstrip [data-status="found"]')).to_have_count(2)


def test_a_server_that_is_gone_is_told_and_tried_again(visit, address):
    page = visit(address)
    page.route("**/v1/locate?*", lambda route: route.abort(), times=1)
    page.set_input_files("#files", TRIP[:1])
    expect(page.locator("#trouble")).to_contain_text("does not answer")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#answer h2")).to_contain_text("France")
    expect(page.locator("#trouble")).to_be_hidden()


def test_a_server_with_a_token_asks_for_it_once(visit, served, model):
    page = visit(served(create_app(model, token=TOKEN)))
    field = page.get_by_role("textbox", name="Token")
    field.fill("wrong")
    field.press("Enter")
    expect(page.locator("#tokenWrong")).to_be_visible()
    field.fill(TOKEN)
    field.press("Enter")
    expect(page.locator("#model")).to_have_text("Model tiny, 5 cells")
    give(page, TRIP[0])
    expect(page.locator("#answer h2")).to_contain_text("France")
    assert page.evaluate("() => localStorage.length") == 0


def test_by_keyboard_alone(visit, address):
    page = visit(address)
    page.on("filechooser", lambda chooser: None)  # from now on, so that the first of them is not missed
    expect(page.locator("#model")).not_to_be_empty()
    page.get_by_role("button", name="Choose photos").focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(TRIP)
    expect(page.locator("#filmstrip button").first).to_be_focused()
    expect(page.locator("#progress")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#answer .name")).to_have_text("2.jpg")
    page.keyboard.press("End")
    expect(page.locator("#answer .name")).to_have_text("3.jpg")
    expect(page.locator("#filmstrip button").nth(2)).to_be_focused()
    reached = []
    for _ in range(12):  # on through the panel: each stop can be seen to be one
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.id || document.activeElement.textContent"))
        assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if "share" in reached:
            break
    assert "Why there?" in reached and reached[-1] == "share"
    page.locator("#canvas").focus()
    before = pixels(page)
    page.keyboard.press("+")
    assert settled(page, before) != before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_wider_than_the_screen(visit, address, scheme):
    page = visit(address, PHONE, color_scheme=scheme, has_touch=True, is_mobile=True)
    assert fits(page)
    give(page, *TRIP, {**NO_PHOTO, "name": "a_name_that_is_long_and_has_no_place_to_be_broken_" * 3 + ".jpg"})
    page.get_by_role("button", name="Why there?").click()
    expect(page.locator("figure.explained canvas")).to_have_count(2)
    page.get_by_role("switch", name="Locate together").check()
    expect(page.locator("#filmstrip h3").first).to_be_visible()
    assert fits(page)
    page.get_by_text("Options").tap()
    assert fits(page)
    page.locator("#options").press("Escape")
    page.locator("#filmstrip button").nth(3).tap()
    expect(page.locator("#answer .bad")).to_be_visible()
    assert fits(page)
    paper = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 28, 33)"}[scheme]


def fits(page):
    sheet = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    return sheet[0] <= sheet[1] == PHONE["width"]


def test_a_toy_model_says_so(visit, served, write_model, tmp_path):
    write_model(tmp_path / "toy", world="toy")
    page = visit(served(create_app(pp.load(tmp_path / "toy"))))
    expect(page.locator("#toy")).to_contain_text("made up")
    give(page, TRIP[0])
    assert "toy Earth" in ET.fromstring(saved(page, "gpx")).findtext(".//{*}desc")
    assert json.loads(saved(page, "geojson"))["world"] == "toy"


def test_where_there_is_no_chromium_one_line_says_how_to_get_it(chromium, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("PHOTOPLANET_CHROMIUM", "")
    with pytest.raises(RuntimeError, match=r"tools/install_chromium\.sh"):
        chromium.find()
