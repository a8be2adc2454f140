"""The single-file maps as they are opened from a disk, and the map engine's arithmetic."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from evidence import clue, read
from playwright.sync_api import expect

import photoplanet as pp
from photoplanet.albums import located_photos, trips
from photoplanet.albums.located_photos import LocatedPhoto
from photoplanet.albums.shots import Shot
from photoplanet.earth import lines
from photoplanet.errors import InputError
from photoplanet.locate import joining, world
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.prediction import Prediction
from photoplanet.show import maps, trip

SIZE = {"width": 1000, "height": 700}
HOSTILE = "<img src=x onerror=document.title='bad'>.jpg"


@pytest.fixture
def opened(browser):
    """A function: `opened(path)` → the page; at the end nothing else was asked for, and no script failed."""
    contexts, asked, faults = [], [], []

    def open_(path):
        context = browser.new_context(viewport=SIZE)
        contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url) if request.url != path.as_uri() else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.goto(path.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not faults
    assert not [url for url in asked if not url.startswith("data:")]


def sure_of(model, row, at=None):
    return Prediction(np.eye(len(model.partition), dtype=np.float32)[row], model.partition, at=at)


def canvas(page):
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.locator("#canvas").evaluate("canvas => canvas.toDataURL()")


def hover(page):
    """Put the mouse on the middle of the map."""
    box = page.locator("#canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_map_of_one_photo_opens_on_its_answer(model, opened, tmp_path):
    page = opened(maps.write_html_map(tmp_path / "map.html", [(HOSTILE, sure_of(model, 0))], title="<b>Scans"))
    place = sure_of(model, 0).best.name
    expect(page.locator("#detail h2")).to_have_text(HOSTILE)
    expect(page.locator("#detail .place")).to_contain_text(place.split(",")[-1].strip())
    expect(page.locator("#detail ol li")).not_to_have_count(0)
    expect(page.locator("#list")).to_be_hidden()
    expect(page.locator("h1")).to_have_text("<b>Scans")
    assert page.title() == "<b>Scans" and page.locator("img").count() == 0
    hover(page)
    expect(page.locator("#hint")).to_contain_text("over 99 %")
    before = canvas(page)
    page.locator("#in").click()
    assert canvas(page) != before


def test_a_map_of_many_photos_is_searched_and_gone_through_by_keys(model, opened, tmp_path):
    items = [(f"{row}.jpg", sure_of(model, row)) for row in range(5)] + [("bad.jpg", InputError("bad.jpg: no photo"))]
    flat = Prediction(np.full(5, 0.2, np.float32), model.partition)
    page = opened(maps.write_html_map(tmp_path / "map.html", [*items, ("flat.jpg", flat), ("again.jpg", flat)]))
    expect(page.locator("#summary")).to_have_text("8 photos · 5 unsure · 2 without an answer · 1 unreadable")
    expect(page.locator("#detail")).to_be_empty()
    everything = canvas(page)
    page.locator("#list button").nth(1).click()
    expect(page.locator("#detail h2")).to_have_text("1.jpg")
    expect(page.locator("#list button").nth(1)).to_have_attribute("aria-current", "true")
    assert canvas(page) != everything
    page.locator("#list button").nth(1).press("ArrowDown")
    expect(page.locator("#list button").nth(2)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_have_text("2.jpg")
    page.locator("#list button").nth(5).click()
    expect(page.locator("#detail .place")).to_have_text("bad.jpg: no photo")
    page.locator("#list button").nth(6).click()
    expect(page.locator("#detail .place")).to_have_text("no answer: the evidence is too weak")
    expect(page.locator("#detail")).to_contain_text("is spread over 5 cells")
    page.locator("#filter").fill("3.JPG")
    expect(page.locator("#list li:visible")).to_have_count(1)


def test_what_the_model_does_not_know_is_said_first(model, opened, tmp_path):
    sure = sure_of(model, 1)
    items = [("known.jpg", replace(sure, unknown=0.04)), ("lost.jpg", replace(sure, unknown=0.72))]
    page = opened(maps.write_html_map(tmp_path / "map.html", items))
    page.locator("#list button").nth(1).click()
    expect(page.locator("#detail .place")).to_have_text("72 %: nowhere that this model knows")
    expect(page.locator("#detail")).to_contain_text("28 % of the probability is spread over one cell")
    expect(page.locator("#detail")).to_contain_text("it may be from anywhere")
    page.locator("#list button").nth(0).click()
    expect(page.locator("#detail")).to_contain_text("4.0 %: nowhere that this model knows.")
    expect(page.locator("#detail")).not_to_contain_text("anywhere")
    expect(page.locator("#detail")).to_contain_text("750 km: 96 %")


def test_the_evidence_of_a_photo_is_listed_and_outlined_in_its_picture(opened, tmp_path):
    clues = [clue("DK", says=HOSTILE, ratio=1e6), clue("DK", "street word", "gade", (1,)),
             clue("DK", "area", "hund"), clue("JP", "domain", "x.jp", (1,))]  # fmt: skip
    found = joining.joined(world.nowhere(), clues, read("din hund", "gade x.jp"), [1])
    path = tmp_path / "map.html"
    with maps.map_file(path, 2, AnswerOptions(top=5)) as add:
        add(np.full((300, 400, 3), 128, np.uint8), "sign.jpg", found)
        add(np.zeros((30, 40, 3), np.uint8), "nothing.jpg", joining.joined(world.nowhere(), [], read()))
    page = opened(path)
    page.locator("#list button").first.click()
    detail = page.locator("#detail")
    pieces = detail.locator(".evidence li")
    expect(pieces).to_have_count(4)
    expect(pieces.first).to_contain_text(HOSTILE)
    expect(pieces.first).to_contain_text("bits")
    expect(detail.locator(".evidence .struck")).to_contain_text("gade")
    expect(detail.locator(".conflict")).to_contain_text("Conflict: ")
    picture = detail.locator("canvas.outlined")
    page.wait_for_function("() => document.querySelector('canvas.outlined').width === 320")
    # on the first line's left edge there is ink, beside it the photo
    reddest = """(canvas) => {
      const pixels = canvas.getContext("2d").getImageData(0, 0, 320, 240).data;
      const red = (x, y) => pixels[4 * (320 * y + x)] - pixels[4 * (320 * y + x) + 2];
      return [32, 300].map((x) => Math.max(...[-3, -2, -1, 0, 1, 2, 3].map((step) => red(x + step, 34))));
    }"""
    edge, elsewhere = picture.evaluate(reddest)
    assert edge > 100 and elsewhere < 20
    page.locator("#list button").nth(1).click()
    expect(detail).to_contain_text("no answer: nothing in this photo can be read")
    expect(detail.locator("canvas, img, .evidence")).to_have_count(0)


def test_the_truth_of_a_photo_is_named_with_its_distance(model, opened, tmp_path):
    found = sure_of(model, 0)
    truth = (found.point[0] + 1, found.point[1])
    item = {"name": "a.jpg", "prediction": found, "truth": truth}
    page = opened(maps.write_html_map(tmp_path / "map.html", [item]))
    expect(page.locator("#detail")).to_contain_text("The cross is the true place, 110 km away.")


def test_photos_at_one_spot_share_a_mark_that_gives_them_one_after_another(model, opened, tmp_path):
    items = [(f"{k}.jpg", sure_of(model, 0)) for k in range(3)]
    page = opened(maps.write_html_map(tmp_path / "map.html", items))
    hover(page)
    expect(page.locator("#hint")).to_have_text("3 photos, all unsure: click to look closer")
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#detail h2")).to_have_text("0.jpg")


@pytest.fixture
def trip_map(model, tmp_path):
    """A trip of four photos, one of them with its own GPS, one unsure, one unreadable."""
    places = [model.partition.means[row] for row in range(5)]
    part = pp.Partition.from_cells(np.unique(pp.cells.from_latlng(*np.transpose(places), level=11)))
    weak = Prediction(np.array([0.45, 0.4, 0.05, 0.05, 0.05], np.float32), part)
    sure = Prediction(np.eye(5, dtype=np.float32)[1], part)
    shots = [Shot(name, name, "trip") for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg")]
    found = [
        LocatedPhoto(shots[0], located_photos.OWN, sure_of(model, 0, at=(48.85, 2.35))),
        LocatedPhoto(shots[1], "estimated", sure),
        LocatedPhoto(shots[2], "estimated", weak),
        LocatedPhoto(shots[3], "neighbours", None, "d.jpg: no photo"),
    ]
    times = np.array(["2020-05-01T10:00", "2020-05-01T12:00", "2020-05-02T12:00", "NaT"], "datetime64[s]")
    with trip.map_file(tmp_path / "trip.html", 4, AnswerOptions(top=5, answer_always=True)) as add:
        add(trips.Trip(shots, times, np.arange(4)), found)
    return tmp_path / "trip.html"


def test_a_trip_has_a_timeline_that_says_how_each_photo_was_placed(opened, trip_map):
    page = opened(trip_map)
    ticks = page.locator("#timeline .tick")
    assert [ticks.nth(k).get_attribute("class") for k in range(4)] == [
        "tick known", "tick guess", "tick guess weak", "tick none"]  # fmt: skip
    expect(page.locator("#timeline text").first).to_contain_text("2020-05-01 – 2020-05-02")
    xs = [ticks.nth(k).bounding_box()["x"] for k in range(4)]
    assert xs == sorted(xs) and xs[2] - xs[1] > xs[1] - xs[0]  # a day is longer than two hours
    words = page.locator("#timeline text.quiet").all_text_contents()
    assert words[1:] == ["1", "2", "3", "4", "2020-05-01", "2020-05-02"]
    page.locator("#timeline").focus()
    before = canvas(page)
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#detail h2")).to_have_text("2. b.jpg")
    expect(page.locator("#detail")).to_contain_text("2020-05-01 12:00 · estimated from the pixels")
    expect(ticks.nth(1)).to_have_class(re.compile("chosen"))
    assert canvas(page) != before
    page.keyboard.press("Home")
    expect(page.locator("#detail")).to_contain_text("the camera's own GPS")
    page.keyboard.press("End")
    expect(page.locator("#detail")).to_contain_text("time unknown · no place")
    box = ticks.nth(2).bounding_box()
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    expect(page.locator("#detail h2")).to_have_text("3. c.jpg")


def test_headings_of_the_timeline_do_not_run_into_one_another(model, opened, tmp_path):
    """Albums of one photo each, over two days: their dates are wider than their photos."""
    with trip.map_file(tmp_path / "trips.html", 8, AnswerOptions(top=5)) as add:
        for k in range(4):
            shots = [Shot(f"{k}{name}", f"{k}{name}", f"trip {k}") for name in ("a.jpg", "b.jpg")]
            times = np.array([f"2020-05-0{2 * k + 1}T10:00", f"2020-05-0{2 * k + 2}T12:00"], "datetime64[s]")
            found = [LocatedPhoto(shot, "estimated", sure_of(model, 0)) for shot in shots]
            add(trips.Trip(shots, times, np.arange(2)), found)
    page = opened(tmp_path / "trips.html")
    heads = [head.bounding_box() for head in page.locator("#timeline text.quiet", has_text=" – ").all()]
    assert len(heads) == 4
    for one, other in itertools.pairwise(heads):
        assert one["x"] + one["width"] <= other["x"]


# --- the engine's arithmetic, asked of the modules that the server serves
def ask(page, module, code, value=None):
    """The value of `code`, a function of the module (m) and `value`."""
    return page.evaluate(f"async (value) => ({code})(await import('/map/{module}.js'), value)", value)


def test_great_circles_go_the_short_way_in_steps_of_a_degree_at_most(visit, address):
    page = visit(address)
    points = np.array(ask(page, "mercator", "(m) => m.arc([10, 170], [40, -120])"))
    whole = np.vstack([points, [40, -120]])
    steps = pp.geodesy.distance_km(*whole[:-1].T, *whole[1:].T)
    assert steps.max() <= 6371 * np.radians(1) + 1e-6
    assert steps.sum() == pytest.approx(pp.geodesy.distance_km(10, 170, 40, -120))  # no detour


def test_lines_of_geojson_are_cut_at_180_as_the_library_cuts_them(visit, address):
    page = visit(address)
    ways = ([[179.7, -16.8], [179.9, -16.8], [-179.9, -16.8]], [[-177, 0], [179, 4]], [[179, 0], [180, 1], [179, 2]],
            [[10, 1], [20, 2]], [[0, 0], [120, 0], [-120, 0], [0, 0], [120, 5], [-120, 9]])  # fmt: skip
    for way in ways:
        longitude, latitude = zip(*way, strict=True)
        assert ask(page, "lines", "(m, way) => m.lineShape(way)", way) == lines.shape(latitude, longitude)


def test_places_and_world_widths_are_each_other_s_inverse(visit, address):
    page = visit(address)
    code = "(m, [lat, lng]) => [m.toX(lng), m.toY(lat), m.toLatitude(m.toY(lat)), m.toLongitude(m.toX(lng))]"
    for latitude, longitude in ((0, 0), (48.86, 2.35), (-33.9, 151.2), (85, -179.9)):
        x, y, lat, lng = ask(page, "mercator", code, [latitude, longitude])
        assert x == pytest.approx((longitude + 180) / 360)
        assert y == pytest.approx(0.5 - np.arctanh(np.sin(np.radians(latitude))) / (2 * np.pi))
        assert (lat, lng) == pytest.approx((latitude, longitude))
    assert ask(page, "mercator", "(m) => m.toY(90)") == pytest.approx(0, abs=1e-6)  # the map's edge: 85.05° north


HOLDS = """(m, [corners, points]) => {
    const { path } = m.outlineOf(corners), ctx = document.createElement("canvas").getContext("2d");
    ctx.scale(1e4, 1e4);
    const holds = ([x, y]) => [-1, 0, 1].some((turn) => ctx.isPointInPath(path, (x + turn) * 1e4, y * 1e4));
    return points.map(holds);
}"""


@pytest.mark.parametrize(
    ("latitude", "longitude", "level"),
    [(48.9, 2.4, 6), (10.0, 179.9, 5), (0.1, 0.1, 0), (89.0, 20.0, 0), (-89.0, 20.0, 2), (-80.0, 5.0, 1)],
)
def test_a_cell_is_filled_where_it_is(visit, address, latitude, longitude, level):
    """A small cell, one across ±180°, a face of the cube, and cells over a pole: random points in it and outside."""
    ids = pp.cells.from_latlng([latitude], [longitude], level=level)
    random = np.random.default_rng(0)
    lat, lng = np.degrees(np.arcsin(random.uniform(-0.98, 0.98, 300))), random.uniform(-180, 180, 300)
    near = pp.cells.center(pp.cells.children(pp.cells.children(ids)))  # sixteen of them are inside
    lat, lng = np.append(lat, near[0]), np.append(lng, near[1])
    keep = np.abs(lat) < 84  # what a map of Mercator's shows
    lat, lng = lat[keep], lng[keep]
    inside = pp.cells.from_latlng(lat, lng, level=level) == ids[0]
    y = 0.5 - np.arctanh(np.sin(np.radians(lat))) / (2 * np.pi)
    points = np.stack([(lng + 180) / 360, y], axis=1).tolist()
    found = ask(visit(address), "cells", HOLDS, [pp.cells.vertices(ids)[0].tolist(), points])
    assert np.mean(np.array(found) == inside) > 0.995 and inside.any() and not inside.all()


@pytest.mark.parametrize(
    ("call", "words"),
    [("km(0.4)", "0"), ("km(7.6)", "8"), ("km(1234)", "1,200"), ("km(98765)", "99,000"),
     ("percent(1)", "over 99 %"), ("percent(0.994)", "99 %"), ("percent(0.0994)", "9.9 %"),
     ("percent(0.0004)", "under 0.1 %"), ("numbers(2, 2)", "3"), ("numbers(2, 4)", "3–5"),
     ("plural(1, 'photo')", "1 photo"), ("plural(1200, 'photo')", "1,200 photos")],
)  # fmt: skip
def test_numbers_are_said_as_people_read_them(visit, address, call, words):
    assert ask(visit(address), "words", f"(m) => m.{call}") == words


ATLAS = """(m) => {
    const frame = document.createElement("div"), canvas = document.createElement("canvas");
    frame.style.cssText = "position: absolute; width: 400px; height: 300px";
    frame.append(canvas);
    document.body.append(frame);
    const atlas = new m.Atlas(canvas, { scale: 1, land: [], borders: [], towns: [] }, {});
    atlas.resize();
    window.atlas = atlas;
}"""
SHOW = """async (places) => {
    const { boxAt } = await import("/map/mercator.js");
    const at = ([latitude, longitude]) => ({ latitude, longitude });
    atlas.show(places.map((place) => boxAt(at(place))));
    return places.map((place) => { const { x, y } = atlas.spot(at(place)); return [x, y]; });
}"""


@pytest.mark.parametrize(
    "places",
    [[(48.9, 2.4), (50.9, 4.4)], [(-17.8, 178.0), (-13.8, -171.8)], [(60.0, -100.0), (-40.0, 20.0), (0.0, 40.0)]],
)
def test_all_that_is_to_be_shown_is_in_sight_and_fills_the_map(visit, address, places):
    page = visit(address)
    ask(page, "atlas", ATLAS)
    spots = np.array(page.evaluate(SHOW, places))
    assert (spots >= 0).all() and (spots <= (400, 300)).all()
    assert (np.ptp(spots, axis=0) / (400, 300)).max() == pytest.approx(0.8, abs=0.01)


def test_one_place_is_shown_with_160_km_around_it(visit, address):
    page = visit(address)
    ask(page, "atlas", ATLAS)
    ((x, y),) = page.evaluate(SHOW, [(0.0, 10.0)])
    assert (x, y) == (200, 150)
    west, east = (page.evaluate("(x) => atlas.placeAt({ x, y: 150 }).longitude", side) for side in (0, 400))
    assert pp.geodesy.distance_km(0, west, 0, east) == pytest.approx(
        0.004 * 2 * np.pi * 6371 / 0.8 * 400 / 300, rel=1e-3
    )


def test_what_is_under_the_mouse_stays_there_when_the_map_is_zoomed(visit, address):
    page = visit(address)
    ask(page, "atlas", ATLAS)
    page.evaluate(SHOW, [(48.9, 2.4), (50.9, 4.4)])
    before = page.evaluate("() => atlas.placeAt({ x: 50, y: 250 })")
    page.evaluate("() => atlas.zoom(3, { x: 50, y: 250 })")
    after = page.evaluate("() => atlas.placeAt({ x: 50, y: 250 })")
    assert (after["latitude"], after["longitude"]) == pytest.approx((before["latitude"], before["longitude"]))


CLUSTER = """(m, { spots, width }) => {
    const photos = spots.map(([x, y], row) => ({ x, y, photo: { row } }));
    const size = () => ({ width, height: 20 });
    return m.apart(m.clusters(photos, 10), size).map(({ x, y, photos }) => [x, y, photos.map(({ row }) => row)]);
}"""


@pytest.mark.parametrize("width", [12, 60, 128])
def test_marks_on_the_map_do_not_touch_and_hold_every_photo_once(visit, address, width):
    page = visit(address)
    spots = np.random.default_rng(width).uniform(0, 900, (200, 2)).tolist()
    found = ask(page, "clusters", CLUSTER, {"spots": spots, "width": width})
    assert sorted(row for _, _, rows in found for row in rows) == list(range(200))
    for x, y, rows in found:
        assert rows == sorted(rows)
        assert [x, y] == pytest.approx(np.mean([spots[row] for row in rows], axis=0).tolist())
    for (x, y, _), (u, v, _) in itertools.combinations(found, 2):
        assert abs(x - u) >= width or abs(y - v) >= 20


def test_marks_that_are_far_apart_stay_alone(visit, address):
    spots = [[100, 100], [100, 130], [400, 100], [401, 101]]
    found = ask(visit(address), "clusters", CLUSTER, {"spots": spots, "width": 60})
    assert sorted(rows for _, _, rows in found) == [[0], [1], [2, 3]]
