"""What the user knows, on the page: a country, an area that is typed, a circle and a box drawn on the map."""

import csv
import io

import pytest
from PIL import Image
from playwright.sync_api import expect

RED = (255, 0, 0)  # Paris has 73 % of it, Brussels 27 %


@pytest.fixture
def page(visit, address):
    """A page with one photo, and its answer."""
    buffer = io.BytesIO()
    Image.new("RGB", (160, 120), RED).save(buffer, "JPEG")
    page = visit(address)
    page.set_input_files("#files", [{"name": "1.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}])
    expect(page.locator("#answer h2")).to_contain_text("France")
    return page


def pixels(page):
    return page.locator("#canvas").evaluate("canvas => canvas.toDataURL()")


def drag(page, start, end):
    """From one spot of the map to another, as shares of its size."""
    box = page.locator("#canvas").bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*spots[0])
    page.mouse.down()
    page.mouse.move((spots[0][0] + spots[1][0]) / 2, (spots[0][1] + spots[1][1]) / 2)
    page.mouse.move(*spots[1])
    page.mouse.up()


def test_a_country_changes_the_answer_at_once_and_says_how_much_lay_inside(page):
    page.get_by_text("Where", exact=True).click()
    page.get_by_label("The photos are from").select_option("Belgium")
    expect(page.locator("#answer h2")).to_contain_text("Belgium")
    expect(page.locator(".facts")).to_contain_text("of the answer lay inside Belgium before.")
    page.get_by_label("They are not from there").check()
    expect(page.locator("#answer h2")).to_contain_text("France")
    expect(page.locator(".facts")).to_contain_text("lay outside Belgium before")
    page.get_by_role("button", name="Forget this area").click()
    expect(page.locator(".facts")).not_to_contain_text("before")
    expect(page.get_by_label("The photos are from")).to_have_value("")


def test_a_typed_area_counts_and_one_that_is_unknown_is_said(page):
    page.get_by_text("Where", exact=True).click()
    field = page.get_by_label("or from")
    field.fill("50.85,4.35,40")
    field.press("Enter")
    field.blur()
    expect(page.locator("#answer h2")).to_contain_text("Belgium")
    expect(page.locator(".facts")).to_contain_text("40 km around 50.85, 4.35")
    field.fill("Atlantis")
    field.blur()
    expect(page.locator("#trouble, #answer .bad").first).to_contain_text("not an area that is known")


def test_nothing_inside_is_no_answer(page):
    page.get_by_text("Where", exact=True).click()
    page.get_by_label("The photos are from").select_option("Japan")
    expect(page.locator(".facts")).to_contain_text("Doubt the area or the model")


@pytest.mark.parametrize("kind", ["circle", "box"])
def test_an_area_is_drawn_on_the_map(page, kind):
    page.locator("#all").click()
    before = pixels(page)
    page.get_by_text("Where", exact=True).click()
    page.get_by_role("button", name=f"Draw a {kind} on the map").click()
    expect(page.locator("#hint")).to_contain_text("Drag from")
    drag(page, (0.1, 0.1), (0.9, 0.9)) if kind == "box" else drag(page, (0.5, 0.5), (0.9, 0.5))
    expect(page.locator(".facts")).to_contain_text("the box" if kind == "box" else "km around")
    expect(page.locator("#hint")).not_to_contain_text("Drag")
    assert pixels(page) != before
    moved = page.evaluate("() => document.querySelector('#canvas').classList.contains('drawing')")
    assert moved is False  # and drags move the map again


def test_what_is_saved_says_how_much_lay_inside(page):
    page.get_by_text("Where", exact=True).click()
    page.get_by_label("The photos are from").select_option("France")
    expect(page.locator(".facts")).to_contain_text("inside France before")
    page.locator("#save > summary").click()
    with page.expect_download() as download:
        page.locator("[data-save=csv]").click()
    (row, *_) = csv.DictReader(io.StringIO(download.value.path().read_text("utf-8")))
    assert 0.7 < float(row["inside_before"]) < 0.76
