"""The page and its server: limits, waiting, a server that is busy, gone, or wants a token."""

from page_use import TOKEN, TRIP, give
from playwright.sync_api import expect

from photoplanet.server.app import create_app
from photoplanet.server.limits import Limits


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
