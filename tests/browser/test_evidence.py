"""The evidence of an answer on the page: listed by weight, outlined on the photo, and struck out at once."""

import csv
import io
import json

import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import expect

import photoplanet as pp
from photoplanet.clues.collect import Collector
from photoplanet.locate import without_model
from photoplanet.locate.locator import Locator
from photoplanet.server.app import create_app
from photoplanet.signs.line import Line, Reading
from photoplanet.signs.reader import Reader

PHONE = {"width": 360, "height": 740}
RED, GREY = (255, 0, 0), (128, 128, 128)
DANISH = Line("Ingen adgang for uvedkommende", 0.98, ((0.1, 0.2), (0.5, 0.2), (0.5, 0.3), (0.1, 0.3)))
GERMAN = Line("Hunde bitte anleinen", 0.97, ((0.1, 0.6), (0.4, 0.6), (0.4, 0.7), (0.1, 0.7)))
CZECH = Line("Pozor, vstup zakázán, nebezpečí úrazu", 0.99, DANISH.box)
HOSTILE = Line("<img src=x onerror=document.title='bad'> bitte nicht betreten", 0.99, DANISH.box)
BOTH = Reading((DANISH, GERMAN), 160, 120)


class FakeReader:
    """Reads what `reading` is, whatever the photo, and counts how often it was asked."""

    def __init__(self):
        self.reading, self.asked = BOTH, 0

    def __call__(self, photo):
        self.asked += 1
        return self.reading


@pytest.fixture(scope="module")
def reader():
    return FakeReader()


@pytest.fixture(autouse=True)
def fresh(reader):
    reader.reading, reader.asked = BOTH, 0


@pytest.fixture(scope="module")
def bare(served, reader):
    """The address of a server without a model, in whose photos `reader` reads."""
    return served(create_app(Locator(without_model.bundle(), collector=Collector(reader))))


@pytest.fixture(scope="module")
def seeing(served, reader, tiny_model):
    """The address of a server with the tiny model, in whose photos `reader` reads."""
    model = pp.load(tiny_model, signs=False, clock=False)
    model.collector = Collector(reader)
    return served(create_app(model))


def snap(name="1.jpg", colour=GREY):
    buffer = io.BytesIO()
    Image.new("RGB", (160, 120), colour).save(buffer, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def give(page, *files):
    page.set_input_files("#files", files)
    expect(page.locator("body.empty")).to_have_count(0)
    expect(page.locator("#progress")).to_be_hidden(timeout=30_000)  # the first text opens what knows languages


def piece(page, words):
    return page.locator(".evidence li", has_text=words)


def countries(page):
    return page.locator(".countries li")


def saved(page, kind):
    page.locator("#save > summary").click()
    with page.expect_download() as download:
        page.locator(f"[data-save={kind}]").click()
    return download.value.path().read_text("utf-8")


def test_without_a_model_the_page_answers_from_signs(visit, bare):
    page = visit(bare)
    expect(page.locator("#model")).to_contain_text("No model")
    give(page, snap())
    expect(page.locator("#answer h2")).to_contain_text("Denmark")
    expect(page.locator(".evidence li")).to_have_count(2)
    weights = [float(each.replace("−", "-").split()[0]) for each in page.locator(".evidence .share").all_inner_texts()]
    assert weights == sorted(weights, reverse=True) and weights[0] > 3
    expect(piece(page, "Danish")).to_contain_text(DANISH.text)
    expect(countries(page).first).to_contain_text("Denmark")
    expect(page.get_by_role("button", name="Why there?")).to_have_count(0)


def test_a_piece_is_struck_out_and_counts_again_by_keyboard(visit, bare, reader):
    page = visit(bare)
    give(page, snap())
    strike = page.get_by_role("button", name="Not of this place: language Danish")
    expect(strike).to_have_attribute("aria-pressed", "false")
    strike.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#answer h2")).to_contain_text("Germany")
    expect(strike).to_have_attribute("aria-pressed", "true")
    expect(strike).to_be_focused()
    expect(piece(page, "Danish")).to_contain_text("does not count")
    expect(page.locator(".evidence li").first).to_contain_text("Danish")  # it has not moved
    expect(page.locator("#filmstrip button")).to_have_accessible_name("1.jpg, Germany")
    expect(page.locator("#news")).to_contain_text("Struck out. Now: Germany")
    page.keyboard.press("Space")
    expect(page.locator("#answer h2")).to_contain_text("Denmark")
    expect(strike).to_have_attribute("aria-pressed", "false")
    assert reader.asked == 1  # what was read once is sent back


def test_everything_struck_out_leaves_no_answer(visit, bare):
    page = visit(bare)
    give(page, snap())
    for language in ("Danish", "German"):
        piece(page, language).get_by_role("button").click()
        expect(piece(page, language)).to_contain_text("does not count")
    expect(page.locator("#answer h2")).to_have_text("No answer: nothing says where")
    expect(countries(page)).to_have_count(0)


def test_the_boxes_lie_on_the_text_and_point_at_their_pieces(visit, bare):
    page = visit(bare)
    give(page, snap())
    expect(page.locator("figure g")).to_have_count(2)
    photo = page.locator("figure img").bounding_box()
    danish = page.locator("figure g", has=page.locator('polygon[points^="0.1,0.2"]'))
    box = danish.locator(".line").bounding_box()
    assert box["x"] == pytest.approx(photo["x"] + 0.1 * photo["width"], abs=3)
    assert box["y"] == pytest.approx(photo["y"] + 0.2 * photo["height"], abs=3)
    assert box["width"] == pytest.approx(0.4 * photo["width"], abs=6)
    piece(page, "Danish").hover()
    expect(danish).to_have_class("on")
    piece(page, "German").get_by_role("button").focus()
    page.mouse.move(2, 2)
    expect(danish).not_to_have_class("on")
    expect(page.locator("figure g.on")).to_have_count(1)
    danish.locator(".line").hover()
    expect(piece(page, "Danish")).to_have_class("on")


def test_a_contradiction_is_said_clearly_and_striking_out_ends_it(visit, seeing, reader):
    reader.reading = Reading((CZECH,), 160, 120)
    page = visit(seeing)
    give(page, snap(colour=RED))
    expect(page.locator(".conflict")).to_contain_text("Czech")
    expect(page.locator(".conflict")).to_contain_text("France")
    expect(page.get_by_role("button", name="Why there?")).to_have_count(1)
    piece(page, "Czech").get_by_role("button").click()
    expect(page.locator(".conflict")).to_have_count(0)
    expect(page.locator("#answer h2")).to_contain_text("France")


def test_what_cannot_be_read_and_what_says_nothing_is_said(visit, seeing, reader):
    page = visit(seeing)
    reader.reading = Reading((), 160, 120)
    give(page, snap(colour=RED))
    expect(page.locator(".evidence")).to_contain_text("Nothing in it can be read.")
    expect(page.locator("#answer h2")).to_contain_text("France")
    reader.reading = Reading((Line("~ #1 ~", 0.9, DANISH.box),), 160, 120)
    give(page, snap("2.jpg", RED))
    page.locator("#filmstrip button").nth(1).click()
    expect(page.locator(".evidence")).to_contain_text("Its text does not say where: “~ #1 ~”.")


def test_text_of_a_photo_never_becomes_markup(visit, bare, reader):
    reader.reading = Reading((HOSTILE,), 160, 120)
    page = visit(bare)
    give(page, snap())
    expect(page.locator(".evidence")).to_contain_text("<img src=x onerror")
    assert page.title() != "bad" and page.locator(".evidence img").count() == 0


def test_text_does_not_count_where_options_say_so(visit, seeing, reader):
    reader.reading = Reading((CZECH,), 160, 120)
    page = visit(seeing)
    give(page, snap(colour=RED))
    expect(page.locator(".evidence li")).to_have_count(1)
    page.get_by_text("Options").click()
    page.get_by_label("Read the text in photos, and let it count").uncheck()
    expect(page.locator(".evidence li")).to_have_count(0)
    expect(page.locator(".conflict")).to_have_count(0)
    assert reader.asked == 1


def test_a_trip_is_located_anew_without_the_piece(visit, seeing, reader):
    page = visit(seeing)
    give(page, snap("1.jpg"), snap("2.jpg"))
    page.get_by_role("switch", name="Locate together").check()
    expect(page.locator("#answer .facts")).to_contain_text("the photos around it")
    expect(page.locator("#progress")).to_be_hidden(timeout=30_000)
    with page.expect_request("**/v1/album?*") as asked:
        piece(page, "Danish").get_by_role("button").click()
    assert "strike=0%3A0" in asked.value.url
    expect(page.locator("#progress")).to_be_hidden(timeout=30_000)
    expect(piece(page, "Danish")).to_contain_text("does not count")
    expect(piece(page, "Danish").get_by_role("button")).to_be_focused()
    assert reader.asked == 2


def test_an_answer_that_does_not_come_leaves_all_as_it_was(visit, bare):
    page = visit(bare)
    give(page, snap())
    page.route("**/v1/locate?*", lambda route: route.abort())
    strike = piece(page, "Danish").get_by_role("button")
    strike.click()
    expect(page.locator(".evidence .bad")).to_contain_text("The server does not answer")
    expect(strike).to_have_attribute("aria-pressed", "false")
    page.unroute("**/v1/locate?*")
    strike.click()
    expect(page.locator("#answer h2")).to_contain_text("Germany")


def test_it_fits_a_phone(visit, bare):
    page = visit(bare, PHONE)
    give(page, snap())
    piece(page, "Danish").get_by_role("button").click()
    expect(page.locator("#answer h2")).to_contain_text("Germany")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    height = piece(page, "Danish").get_by_role("button").bounding_box()["height"]
    assert height >= 24  # WCAG 2.2, target size


def test_files_hold_the_evidence(visit, bare):
    page = visit(bare)
    give(page, snap())
    piece(page, "German").get_by_role("button").click()
    expect(piece(page, "German")).to_contain_text("does not count")
    row = next(csv.DictReader(io.StringIO(saved(page, "csv"))))
    assert row["why"].startswith("language: Danish") and "German" not in row["why"]
    properties = json.loads(saved(page, "geojson"))["features"][0]["properties"]
    assert properties["why"] == row["why"]
    assert row["why"] in saved(page, "gpx").replace("&amp;", "&")


def test_a_sign_that_is_really_read(visit, served):
    sign = Image.new("RGB", (640, 480), (120, 150, 180))
    ImageDraw.Draw(sign).rectangle((60, 80, 600, 150), fill="white")
    ImageDraw.Draw(sign).text((80, 95), "Hunde bitte anleinen", "black", ImageFont.load_default(40))
    buffer = io.BytesIO()
    sign.save(buffer, "PNG")
    page = visit(served(create_app(Locator(without_model.bundle(), collector=Collector(Reader().read)))))
    give(page, {"name": "sign.png", "mimeType": "image/png", "buffer": buffer.getvalue()})
    expect(page.locator("#answer h2")).to_contain_text("Germany")
    expect(page.locator(".evidence .text")).to_contain_text("Hunde bitte anleinen")
    box, photo = page.locator("figure .line").bounding_box(), page.locator("figure img").bounding_box()
    assert (box["y"] - photo["y"]) / photo["height"] == pytest.approx(90 / 480, abs=0.05)
