"""The page as somebody uses it: photos in, an answer out."""

import csv
import io
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from page_use import (
    TRIP,
    give,
    pixels,
    saved,
    settled,
    snap,
)
from PIL import Image
from playwright.sync_api import expect

import photoplanet as pp
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.retrieval.library import library
from photoplanet.server.app import create_app
from photoplanet.show import trip_files


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
    expect(page.locator(".coordinates")).to_contain_text("-22.0000, -43.0000")
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
