"""The review as somebody goes through it: 500 photos, by mouse, by keyboard alone, on a phone, with axe's rules."""

import re

import pytest
import review_photos
from playwright.sync_api import expect

from photoplanet.review import app

TOKEN = "a-token-of-some-length"
PHONE = {"width": 360, "height": 740}
PHOTOS = 500


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    """A folder of 500 photos, of which two fifths have GPS."""
    return review_photos.journey(tmp_path_factory.mktemp("journey"), PHOTOS)


@pytest.fixture
def opened(served, visit, tmp_path):
    """A function: `opened(folder, viewport=…)` → (page, session, address)."""
    count = 0

    def open_(folder, **options):
        nonlocal count
        count += 1
        session = review_photos.opened(folder, tmp_path / f"kept-{count}.jsonl")
        address = served(app.create_app(app.Review(session, [str(folder)]), TOKEN))
        return enter(visit(address, **options)), session, address

    return open_


@pytest.fixture
def walk(tmp_path):
    return review_photos.walk(tmp_path / "walk")


def enter(page):
    """Type the token, and wait until photos are there."""
    page.fill("#tokenInput", TOKEN)
    page.keyboard.press("Enter")
    page.locator(".cell img").first.wait_for()
    return page


def news(page, words):
    expect(page.locator("#news")).to_contain_text(words)


def name(page):
    return page.inner_text("#name")


def chosen_cell(page):
    return page.locator(".cell[aria-current]")


def test_500_photos_are_there_but_only_those_in_sight_are_elements(opened, journey):
    page, session, _ = opened(journey)
    expect(page.locator("#shown")).to_have_text("500 photos")
    known = sum(photo.own is not None for photo in session.photos)
    expect(page.locator("#standing")).to_contain_text(f"{known} with own GPS")
    assert page.locator(".cell").count() < 40
    for share in (0.25, 0.5, 0.75, 1.0):
        page.locator("#strip").evaluate("(strip, share) => { strip.scrollLeft = share * strip.scrollWidth; }", share)
        page.wait_for_timeout(100)
        assert 5 <= page.locator(".cell").count() < 40
    assert page.locator(".cell").last.get_attribute("data-n") == str(PHOTOS - 1)
    page.focus("#skip")
    page.keyboard.press("End")
    assert name(page) == session.photos[-1].name
    page.keyboard.press("Home")
    assert name(page) == session.photos[0].name


def test_keyboard_alone_is_enough(opened, walk):
    page, session, _ = opened(walk)
    expect(chosen_cell(page)).to_be_focused()
    assert name(page) == "1.jpg"  # the first to decide
    page.keyboard.press("ArrowLeft")
    assert name(page) == "0.jpg" and page.locator("#own").is_visible()
    page.keyboard.press("n")
    page.keyboard.press("a")
    news(page, "Accepted 1.jpg; 3 photos to decide. Now 2.jpg")
    assert name(page) == "2.jpg" and session.standing(1).state == "accepted"
    page.keyboard.press("s")
    news(page, "Skipped 2.jpg")
    page.keyboard.press("x")
    news(page, "Rejected 3.jpg")
    assert name(page) == "z.jpg"
    page.keyboard.press("t")
    expect(page.locator("#town")).to_be_focused()
    page.keyboard.type("lyon, fr")
    page.locator("#towns li[aria-selected=true]", has_text="Lyon").wait_for()
    page.keyboard.press("Enter")
    news(page, "Placed z.jpg")
    assert session.standing(5).decision.note == "Lyon"
    expect(chosen_cell(page)).to_be_focused()
    page.keyboard.press("c")
    page.keyboard.press("p")  # none is open before
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("v")
    news(page, "Placed 3.jpg")
    assert session.standing(3).point == session.standing(5).point
    page.keyboard.press("]")
    expect(page.locator("#own-radius")).to_have_value(f"{session.standing(5).radius_km * 2:g}")
    for _ in range(2):
        page.keyboard.press("Control+z")
        page.wait_for_timeout(200)
    assert session.standing(3).state == "rejected"
    page.keyboard.press("Control+Shift+Z")
    news(page, "Did again: place, 1 photo")
    assert session.standing(3).state == "placed"
    page.keyboard.press("o")
    news(page, "Open again: 3.jpg")
    page.keyboard.press("d")
    news(page, "Accepted Fri, 1 May 2020")
    page.keyboard.press("w")
    expect(page.locator("#summary")).to_have_text(re.compile("sidecars would be written, 0 left alone"))
    page.keyboard.press("Escape")
    expect(page.locator("#write")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert page.locator("#keyTable tr").count() > 15


def test_a_photo_is_moved_by_arrow_keys(opened, walk):
    page, session, _ = opened(walk)
    page.locator("#neighbours li").first.wait_for()
    before = session.standing(1).point
    page.keyboard.press("m")
    expect(page.locator("#canvas")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    assert session.standing(1).state == "open"
    page.keyboard.press("m")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    news(page, "Placed 1.jpg")
    after = session.standing(1)
    assert after.point[1] > before[1] and after.point[0] > before[0] and after.decision.how == "map"
    assert 0.01 < after.radius_km < 50


def test_a_photo_is_dragged_and_everything_else_moves_the_map(opened, walk):
    page, session, _ = opened(walk)
    page.locator("#neighbours li").first.wait_for()
    page.wait_for_timeout(300)
    before = session.standing(1).point
    box = page.locator("#canvas").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drag(page, (middle[0] + 200, middle[1] + 150), (60, 30))
    assert session.standing(1).state == "open"
    page.keyboard.press("z")
    page.wait_for_timeout(200)
    page.evaluate("document.querySelector('#canvas').scrollIntoView()")
    spot = page.locator("#canvas").evaluate(GRIP)
    drag(page, (box["x"] + spot["x"], box["y"] + spot["y"]), (80, -50))
    news(page, "Placed 1.jpg")
    after = session.standing(1)
    assert after.point[1] > before[1] and after.point[0] > before[0]


# where the pointer shows that the chosen photo can be gripped
GRIP = """async (canvas) => {
  const box = canvas.getBoundingClientRect();
  for (let y = 20; y < box.height; y += 8) for (let x = 20; x < box.width; x += 8) {
    canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + x, clientY: box.top + y }));
    if (canvas.classList.contains("grab")) return { x: x + 10, y: y + 10 };
  }
  return null;
}"""


def drag(page, start, way):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + way[0] / 2, start[1] + way[1] / 2, steps=3)
    page.mouse.move(start[0] + way[0], start[1] + way[1], steps=3)
    page.mouse.up()


def test_what_is_decided_places_the_others_on_the_page(opened, walk):
    page, session, _ = opened(walk)
    page.locator("#neighbours li", has_text="3 min before").get_by_role("button", name="Put it at").click()
    news(page, "Placed 1.jpg")
    expect(page.locator("#where")).to_contain_text("as 0.jpg; it places others now")
    page.keyboard.press("t")
    page.keyboard.type("43.3, 5.37")
    page.locator("#towns li", has_text="Marseille").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("t")
    page.keyboard.type("marseille")
    page.locator("#towns li", has_text="Marseille").first.wait_for()
    page.keyboard.press("Enter")
    expect(page.locator(".cell[data-n='3']")).to_have_attribute(
        "aria-label", re.compile(r"France, within [56]\d\d km, to decide")
    )
    assert session.standing(3).state == "open"


def test_all_under_a_radius_and_a_day_are_accepted_by_mouse(opened, journey):
    page, session, _ = opened(journey)
    page.fill("#radius", "20")
    words = page.inner_text("#underCount")
    page.click("#acceptUnder")
    news(page, "Accepted all within 20 km")
    accepted = [number for number in range(PHOTOS) if session.standing(number).state == "accepted"]
    assert len(accepted) == int(words) > 20 and all(session.standing(number).radius_km <= 20 for number in accepted)
    page.locator("#undo").click()
    news(page, f"Took back: accept, {words} photos")
    day = page.locator(".day button").first
    count = int(day.inner_text().removeprefix("Accept "))
    day.click()
    expect(page.locator("#standing")).to_contain_text(f"{count} decided")
    page.select_option("#filter", "decided")
    expect(page.locator("#shown")).to_have_text(f"{count} of 500 photos")
    page.fill("#radius", "what")
    expect(page.locator("#acceptUnder")).to_be_disabled()


def test_write_shows_what_it_would_do_writes_and_takes_it_back(opened, walk):
    before = {path.name: path.read_bytes() for path in walk.iterdir()}
    page, _, _ = opened(walk)
    page.click(".day button")
    expect(page.locator("#standing")).to_contain_text("3 decided")
    (walk / "3.jpg").unlink()
    page.click("#openWrite")
    expect(page.locator("#summary")).to_have_text("2 sidecars would be written, 1 left alone.")
    expect(page.locator("#notes")).to_contain_text("3.jpg")
    assert {path.name for path in walk.iterdir()} == set(before) - {"3.jpg"}
    page.get_by_text("Into JPEGs (EXIF)").click()
    expect(page.locator("#summary")).to_have_text("2 files would be written, 1 left alone.")
    page.click("#writeNow")
    expect(page.locator("#summary")).to_have_text("2 files written, 1 left alone.")
    assert (walk / "1.jpg").read_bytes() != before["1.jpg"]
    page.click("#takeBack")
    expect(page.locator("#summary")).to_contain_text("2 files would be put back")
    page.click("#takeBack")
    expect(page.locator("#summary")).to_contain_text("2 files put back as they were")
    assert {path.name: path.read_bytes() for path in walk.iterdir()} == {
        k: v for k, v in before.items() if k != "3.jpg"
    }


def test_another_tab_sees_what_was_decided(opened, walk, visit):
    page, _, address = opened(walk)
    other = enter(visit(address))
    page.keyboard.press("a")
    news(page, "Accepted 1.jpg")
    other.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(other.locator("#standing")).to_contain_text("1 decided")
    other.keyboard.press("u")
    expect(other.locator("#standing")).to_contain_text("0 decided")


def test_names_of_files_are_text(opened, tmp_path):
    folder = tmp_path / "hostile"
    review_photos.save(folder / "<img src=x onerror=document.title='bad'>.jpg", review_photos.datetime(2020, 1, 1))
    page, _, _ = opened(folder)
    assert name(page) == "<img src=x onerror=document.title='bad'>.jpg"
    page.wait_for_timeout(300)
    assert "bad" not in page.title() and page.locator("#panel img[src=x]").count() == 0


def test_single_letters_can_be_turned_off(opened, walk):
    page, session, _ = opened(walk)
    page.click("#help")
    page.uncheck("#single")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.wait_for_timeout(200)
    assert session.standing(1).state == "open"
    page.reload()
    page.locator(".cell img").first.wait_for()
    page.keyboard.press("a")
    page.wait_for_timeout(200)
    assert session.standing(1).state == "open"
    page.keyboard.press("ArrowRight")
    assert name(page) == "2.jpg"


def test_a_server_that_is_gone_is_said_and_nothing_is_lost(opened, walk):
    page, session, _ = opened(walk)
    page.route("**/v1/review/decide*", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.locator("#problem")).to_contain_text("does not answer")
    assert name(page) == "1.jpg" and session.standing(1).state == "open"
    page.unroute("**/v1/review/decide*")
    page.keyboard.press("a")
    news(page, "Accepted 1.jpg")
    expect(page.locator("#problem")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_is_read_there(opened, walk, scheme):
    page, _, _ = opened(walk, viewport=PHONE, has_touch=True, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for button in ("#accept", "#move", "#openWrite"):
        page.locator(button).scroll_into_view_if_needed()
        box = page.locator(button).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] and box["height"] >= 24
    page.tap("#accept")
    news(page, "Accepted 1.jpg")
    page.tap("#move")
    expect(page.locator("#moving")).to_be_in_viewport()
