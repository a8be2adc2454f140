"""The map of a trip with many photos, opened from a disk: pictures, groups, the timeline, the keys."""

import itertools

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

import photoplanet as pp
from photoplanet.albums.located_photos import ESTIMATED, OWN, LocatedPhoto
from photoplanet.albums.shots import Shot
from photoplanet.albums.trips import Trip
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.prediction import Prediction
from photoplanet.show import trip

PHOTOS = 150


@pytest.fixture
def many(tmp_path):
    """150 photos of five days around Lisbon, a third of them known, a third unsure, all with pictures."""
    random = np.random.default_rng(6)
    points = np.array([38.7, -9.1]) + random.normal(0, 1, (40, 2))
    part = pp.Partition.from_cells(np.unique(pp.cells.from_latlng(*points.T, level=11)))
    Image.new("RGB", (90, 60), (200, 0, 0)).save(tmp_path / "a.png")
    times = np.datetime64("2020-05-01T08:00:00") + np.sort(random.integers(0, 5 * 86400, PHOTOS))
    shots, found = [], []
    for row in range(PHOTOS):
        shots.append(Shot(str(tmp_path / "a.png"), f"{row}.jpg", "trip", str(times[row]), camera="Camera"))
        shares = np.full(len(part), 1 / len(part), np.float32)
        if row % 3 < 2:
            shares[:] = 0
            shares[row % len(part)] = 1
        at = tuple(part.centers[row % len(part)]) if row % 3 == 0 else None
        found.append(LocatedPhoto(shots[-1], ESTIMATED if at is None else OWN, Prediction(shares, part, at=at)))
    path = tmp_path / "trip.html"
    with trip.map_file(path, PHOTOS, AnswerOptions(top=5, answer_always=True)) as add:
        add(Trip(shots, times, np.arange(PHOTOS)), found)
    return path


@pytest.fixture
def page(browser, many):
    """The page, at the width of a phone."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(many.as_uri())
    yield page
    context.close()
    assert not faults


def test_no_two_labels_of_the_timeline_touch(page):
    for y in ("15", "94", "111"):
        boxes = sorted((label.bounding_box() for label in page.locator(f"#timeline text[y='{y}']").all()),
                       key=lambda box: box["x"])  # fmt: skip
        assert boxes and (y == "15" or len(boxes) > 1)
        for one, other in itertools.pairwise(boxes):
            assert one["x"] + one["width"] < other["x"]


def test_only_what_is_seen_of_the_timeline_is_drawn_and_the_rest_as_it_comes(page):
    assert 20 < page.locator("#timeline .tick").count() < PHOTOS
    page.locator("#timeline").focus()
    page.keyboard.press("End")
    expect(page.locator("#timeline .chosen")).to_have_count(1)
    expect(page.locator("#timeline text[y='94']").last).to_have_text(str(PHOTOS))
    expect(page.locator("#detail h2")).to_have_text(f"{PHOTOS}. {PHOTOS - 1}.jpg")
    expect(page.locator("#timeline text[y='15']")).to_be_in_viewport()  # the heading stays in sight


def test_a_group_says_how_many_of_it_are_unsure(page):
    expect(page.locator("#summary")).to_contain_text("unsure")
    box = page.locator("#canvas").bounding_box()
    words = set()
    for x, y in itertools.product(np.linspace(0.1, 0.9, 15), np.linspace(0.1, 0.9, 15)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        words.add(page.locator("#hint").text_content())
    assert any(" unsure: click to look closer" in each and " known, " in each for each in words)


def test_the_map_shows_the_pictures_of_its_photos(page):
    page.wait_for_timeout(300)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    red = page.locator("#canvas").evaluate("""(canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) count += data[i] > 180 && data[i + 1] < 40 && data[i + 2] < 40;
        return count;
    }""")
    assert red > 500
