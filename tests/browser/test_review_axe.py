"""The review by the rules of axe-core, as machines can check them: on a desk and on a phone, light and dark."""

import pytest
import review_photos
from axe_playwright_python.sync_playwright import Axe

from photoplanet.review import app

SIZES = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}
DIALOGS = {"write": "w", "keys": "?"}


@pytest.fixture
def window(served, visit, tmp_path):
    """A function: `window(size, scheme)` → the page on a small journey."""
    session = review_photos.opened(review_photos.journey(tmp_path / "journey", 40), tmp_path / "kept.jsonl")
    address = served(app.create_app(app.Review(session, ["journey"])))

    def open_(size, scheme):
        page = visit(address, SIZES[size], color_scheme=scheme, bypass_csp=True)  # axe sets styles of its own
        page.locator("#neighbours li").first.wait_for()
        return page

    return open_


def faults(page):
    found = Axe().run(page).response["violations"]
    return [(each["id"], node["html"][:200]) for each in found for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(window, size, scheme):
    page = window(size, scheme)
    assert faults(page) == []
    page.keyboard.press("a")
    page.locator("#news", has_text="Accepted").wait_for(state="attached")
    page.keyboard.press("t")
    page.keyboard.type("lyon")
    page.locator("#towns li[aria-selected=true]").wait_for()
    assert faults(page) == []
    page.keyboard.press("Enter")
    page.locator("#own-radius").wait_for()
    assert faults(page) == []
    page.keyboard.press("m")
    assert faults(page) == []


@pytest.mark.parametrize("dialog", DIALOGS)
def test_axe_finds_nothing_in_dialogs(window, dialog):
    page = window("desk", "light")
    page.keyboard.press(DIALOGS[dialog])
    page.locator(f"#{dialog}").wait_for()
    page.wait_for_timeout(300)
    assert faults(page) == []
