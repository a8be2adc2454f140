"""The page by keyboard alone, and on a phone, light and dark."""

import pytest
from page_use import (
    NO_PHOTO,
    PHONE,
    TRIP,
    fits,
    give,
    pixels,
    settled,
)
from playwright.sync_api import expect


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
