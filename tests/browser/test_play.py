"""The game as it is played: by mouse, by keyboard, on a phone; nothing is asked for but this server."""

import re
from contextlib import nullcontext

import pyarrow as pa
import pytest
from PIL import Image

import photoplanet as pp
from photoplanet.evaluation.game import game_log
from photoplanet.evaluation.game.sampler import Deck
from photoplanet.server.play import app
from photoplanet.server.play.game import Game
from photoplanet.server.play.rounds import Rounds

TOKEN = "a-token-of-some-length"
WAYS = {"desktop": {"viewport": {"width": 1280, "height": 800}},
        "phone": {"viewport": {"width": 390, "height": 780}, "has_touch": True, "color_scheme": "dark"}}  # fmt: skip


@pytest.fixture
def game(served, tiny_model, tmp_path):
    """A game of two rounds with red photos on the meridian of Paris: its address, and where guesses are kept."""
    rows = []
    for i in range(12):
        Image.new("RGB", (300, 200), (255, 0, 20 * i)).save(tmp_path / f"secret-{i}.jpg")
        rows.append({"photo_id": f"p{i}", "path": f"secret-{i}.jpg", "latitude": 30.0 + i, "longitude": 2.35})
    table = pa.Table.from_pylist(rows)
    results = tmp_path / "games.jsonl"
    rounds = Rounds(pp.load(tiny_model), table, tmp_path, Deck(table, 1))
    made = Game(rounds, results, model="tiny", table="red", player="Ann", world="toy", most=2)
    return served(app.create_app(made, TOKEN)), results


@pytest.fixture
def by_protocol(visit, served, tiny_model, tmp_path):
    """A game by the paper's protocol in a window: five red photos."""
    rows = []
    for i in range(5):
        Image.new("RGB", (300, 200), (255, 0, 20 * i)).save(tmp_path / f"{i}.jpg")
        rows.append({"photo_id": f"p{i}", "path": f"{i}.jpg", "latitude": 30.0 + i, "longitude": 2.35})
    table = pa.Table.from_pylist(rows)
    rounds = Rounds(pp.load(tiny_model), table, tmp_path, Deck(table, 1), "center")
    made = Game(rounds, tmp_path / "games.jsonl", player="Ann", most=1, by_protocol=True)
    window = visit(served(app.create_app(made)))
    stands(window, "photo 1 of 5")
    return window


@pytest.fixture
def page(visit, game):
    """A function: `page("phone")` → the game in a new window, its token typed."""

    def start(way="desktop"):
        window = visit(game[0], **WAYS[way])
        window.fill("#tokenInput", TOKEN)
        window.keyboard.press("Enter")
        stands(window, "photo 1 of 5")
        return window

    return start


def stands(window, text):
    window.locator("#standing", has_text=text).wait_for()


def click_map(window, x, y):
    box = window.locator("#canvas").bounding_box()
    window.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)


def guess(window, x=0.5, y=0.4):
    click_map(window, x, y)
    window.click("#go")
    window.locator("#verdict table").wait_for()


def shown_km(window):
    """Distances of the table: the person's and the model's."""
    cells = window.locator("#verdict td.number").all_inner_texts()
    return [float(text.replace(",", "").removesuffix(" km")) for text in cells if text.endswith(" km")]


def test_a_round_by_mouse_then_the_next_and_all_results(page, game):
    window = page()
    assert window.locator("#toy").is_visible() and window.locator("#go").is_disabled()
    for number in range(1, 6):
        stands(window, f"photo {number} of 5")
        picture = window.locator("#picture")
        window.wait_for_timeout(50)
        assert picture.get_attribute("alt") == f"Photo {number} of 5" and window.inner_text("#credit") == ""
        guess(window, 0.2 + 0.1 * number)
        stored = game_log.read(game[1])[0][-1]
        assert shown_km(window) == pytest.approx(stored.km, abs=0.51)
        assert 0 <= stored.seconds < 60 and stored.player == "Ann"
        assert window.inner_text("#credit").startswith(stored.photo_id)
        window.click("#go")
    stands(window, "Round 1 of 2, finished")
    assert window.locator("#verdict tbody tr").count() == 5 and "won this round" in window.inner_text("#verdict h2")
    kept = game_log.compare(game_log.read(game[1])[0])
    won = kept["rounds_won"]
    assert f"rounds {won['person']} : {won['model']}" in window.inner_text("#score")
    window.click("#verdict button >> nth=2")
    window.locator("#picture[alt='Photo 3 of 5']").wait_for()
    window.click("#to-summary")
    window.locator("#results tbody tr").first.wait_for()
    rows = window.locator("#results tbody tr").all_inner_texts()
    assert (
        f"photos won (the paper's rounds)\t{kept['photos_won']['person']}\t{kept['photos_won']['model']}\t22\t28"
        in rows
    )
    window.click("#to-game")
    window.click("#go")
    stands(window, "Round 2 of 2, photo 1 of 5")


def test_the_picture_is_the_photo_and_can_be_enlarged(page):
    window = page()
    picture = window.locator("#picture[src]")
    picture.evaluate("image => image.decode()")
    assert picture.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [300, 200]
    assert picture.evaluate("image => image.src").startswith("blob:")
    window.click("#photo-in")
    assert "scale(1.6)" in picture.evaluate("image => image.style.transform")
    window.focus("#frame")
    window.keyboard.press("0")
    assert "scale(1)" in picture.evaluate("image => image.style.transform")


def test_by_the_papers_protocol_a_photo_stays_as_large_as_its_frame(by_protocol):
    picture = by_protocol.locator("#picture[src]")
    picture.evaluate("image => image.decode()")
    assert not by_protocol.locator("#photo-in").is_visible() and by_protocol.locator("#map-in").is_visible()
    by_protocol.dblclick("#frame")
    by_protocol.focus("#frame")
    by_protocol.keyboard.press("+")
    assert "scale(1)" in picture.evaluate("image => image.style.transform")


def test_the_photo_is_enlarged_eight_times_at_most_and_dragged_within_its_frame(page):
    window = page()
    picture = window.locator("#picture[src]")
    for _ in range(8):
        window.click("#photo-in")
    assert "scale(8)" in picture.evaluate("image => image.style.transform")
    box = window.locator("#frame").bounding_box()
    window.mouse.move(box["x"] + 200, box["y"] + 200)
    window.mouse.down()
    window.mouse.move(box["x"] + 5000, box["y"] + 5000)
    window.mouse.up()
    assert "translate(0px, 0px)" in picture.evaluate("image => image.style.transform")
    window.dblclick("#frame")
    assert "scale(1)" in picture.evaluate("image => image.style.transform")


def test_a_drag_moves_the_map_and_sets_no_marker(page):
    window = page()
    box = window.locator("#canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    window.mouse.move(x, y)
    window.mouse.down()
    window.mouse.move(x + 20, y)
    window.mouse.up()
    assert window.inner_text("#marker") == ""
    window.mouse.down()
    window.mouse.move(x + 22, y)  # a hand that shakes a little still clicks
    window.mouse.up()
    assert window.inner_text("#marker") != ""


def test_distances_below_ten_kilometres_have_a_decimal(page):
    window = page()
    say = """async (km) => {
        const { verdict } = await import("/play/results.js");
        const place = { latitude: 0, longitude: 0, place: "somewhere" };
        const points = { person: 1, model: 1 };
        const [head, table] = verdict({ guess: place, model: place, truth: place, km, points, winner: "person" });
        return [head.textContent, ...[...table.querySelectorAll("td.number")].map((cell) => cell.textContent)];
    }"""
    assert window.evaluate(say, {"person": 9.44, "model": 1234.4}) == [
        "You were nearer.", "9.4 km", "1", "1,234 km", "1", "", ""]  # fmt: skip
    assert window.evaluate(say, {"person": 10.44, "model": 12})[1] == "10 km"


def test_a_guess_by_keyboard(page, game):
    window = page()
    window.focus("#canvas")
    window.keyboard.press("ArrowUp")  # the marker appears in the middle
    first = window.inner_text("#marker")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowUp", "+", "ArrowLeft"):
        window.keyboard.press(key)
    assert re.fullmatch(r"\d+\.\d° (north|south), \d+\.\d° (east|west)", window.inner_text("#marker"))
    assert window.inner_text("#marker") != first
    placed = window.inner_text("#marker")
    window.keyboard.press("Enter")
    window.locator("#verdict table").wait_for()
    latitude, longitude = game_log.read(game[1])[0][0].guess
    assert placed == f"{abs(latitude):.1f}° north, {abs(longitude):.1f}° {'east' if longitude >= 0 else 'west'}"
    assert window.evaluate("document.activeElement.id") == "go"
    window.keyboard.press("Enter")
    stands(window, "photo 2 of 5")
    assert window.evaluate("document.activeElement.id") == "canvas"


def test_a_reload_in_mid_round_keeps_the_round(page):
    window = page()
    guess(window)
    score = window.inner_text("#score")
    window.reload()
    stands(window, "photo 2 of 5")
    assert window.inner_text("#score") == score
    guess(window)


def test_a_photo_that_comes_late_does_not_take_the_place_of_the_next(page):
    window, held = page(), []

    def hold_first(route):
        if held:
            route.continue_()
        else:
            held.append(route)

    window.route(re.compile("/v1/game/photo/"), hold_first)
    window.reload()
    stands(window, "photo 1 of 5")
    guess(window)
    window.click("#go")
    picture = window.locator("#picture[src]")
    picture.wait_for()
    second = picture.get_attribute("src")
    with window.expect_response(held[0].request.url):
        held[0].continue_()
    window.click("#map-in")
    assert picture.get_attribute("src") == second and picture.get_attribute("alt") == "Photo 2 of 5"
    guess(window)
    assert picture.get_attribute("src") == second, "the picture stays, as large as it was, when the truth is shown"


def test_the_token_in_the_address_is_taken_and_hidden(visit, game):
    window = visit(game[0])
    for wrong in ("“wrong”", "wrong"):  # no header can hold the first
        with window.expect_event("console", lambda line: "401" in line.text) if wrong.isascii() else nullcontext():
            window.fill("#tokenInput", wrong)
            window.keyboard.press("Enter")
        window.locator("#tokenWrong").wait_for()
    window.goto(f"{game[0]}/#token={TOKEN}")
    window.reload()
    stands(window, "photo 1 of 5")
    assert window.url == f"{game[0]}/"


def test_a_guess_from_another_tab_is_noticed(page):
    first, second = page(), page()
    guess(first)
    click_map(second, 0.5, 0.5)
    with second.expect_response(lambda answer: answer.status == 409):
        second.click("#go")
    stands(second, "photo 2 of 5")


def test_on_a_phone_everything_fits_and_works_by_touch(page):
    window = page("phone")
    for _ in range(2):
        assert window.evaluate(
            "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
        )
        for name in ("#picture", "#canvas", "#go"):
            box = window.locator(name).bounding_box()
            assert box["height"] >= 40 and box["y"] >= 0 and box["y"] + box["height"] <= 780, name
        if window.locator("#go").is_disabled():
            box = window.locator("#canvas").bounding_box()
            window.touchscreen.tap(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6)
            window.tap("#go")
            window.locator("#verdict table").wait_for()
    assert window.locator("#go").inner_text() == "Next photo"


def test_on_a_phone_the_photos_of_a_finished_round_can_be_seen_again(page):
    window = page("phone")
    for _ in range(5):
        guess(window)
        window.click("#go")
    stands(window, "finished")
    assert not window.locator("#photo").is_visible() and window.locator("#go").is_visible()
    window.click("#verdict button >> nth=1")
    window.locator("#picture[alt='Photo 2 of 5']").wait_for()
    assert window.locator("#photo").is_visible()


@pytest.mark.parametrize(("width", "height"), [(740, 600), (1024, 740), (810, 740), (801, 480), (320, 480)])
def test_the_button_that_goes_on_is_in_sight_in_every_window(page, width, height):
    window = page()
    window.set_viewport_size({"width": width, "height": height})
    guess(window)
    for _ in range(5):
        box = window.locator("#go").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        map_ = window.locator("#canvas").bounding_box()
        assert map_["height"] >= 40
        window.click("#go")
        if "finished" in window.inner_text("#standing"):
            break
        guess(window)
