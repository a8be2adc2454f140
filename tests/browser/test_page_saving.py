"""What the page saves: CSV, GeoJSON and GPX that say what it shows."""

import csv
import io
import json
import xml.etree.ElementTree as ET

from page_use import NO_PHOTO, TRIP, give, saved
from playwright.sync_api import expect

from photoplanet.show.result_files import COLUMNS


def test_what_is_saved_can_be_read_and_says_the_same(visit, address, model, tmp_path):
    page = visit(address)
    give(page, TRIP[0], NO_PHOTO)
    rows = list(csv.DictReader(io.StringIO(saved(page, "csv"))))
    assert list(rows[0]) == list(COLUMNS)
    expected = model.locate(TRIP[0]["buffer"]).to_dict(5, 0.9, "auto")
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


def test_names_with_quotes_and_commas_are_one_field_of_the_csv(visit, address):
    page, name = visit(address), 'a "b", c.jpg'
    give(page, {**TRIP[0], "name": name})
    assert {row["photo_id"] for row in csv.DictReader(io.StringIO(saved(page, "csv")))} == {name}


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
