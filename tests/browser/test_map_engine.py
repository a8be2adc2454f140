"""The map engine's groups, links, lines and finer ground, asked of the modules that the server serves."""

import base64

import numpy as np
import pytest

from photoplanet.earth import coast, geodesy


def ask(page, module, code, value=None):
    """The value of `code`, a function of the module (m) and `value`."""
    return page.evaluate(f"async (value) => ({code})(await import('/map/{module}.js'), value)", value)


def photo(row, hour, latitude=38.7, longitude=-9.1, sure=0.9, known=False, camera=0):
    best = {"latitude": latitude, "longitude": longitude, "radius_km": 1, "place": "", "confidence": 1}
    second = None if hour is None else 3600 * hour
    return {"row": row, "best": best, "sure": sure, "known": known, "second": second, "camera": camera}


def links(page, photos):
    """[from, to, sure] of each link, rows."""
    return ask(page, "links", "(m, photos) => m.linksOf(photos).map(({ rows, sure }) => [...rows, sure])", photos)


def test_photos_of_one_camera_that_follow_each_other_are_linked(visit, address):
    page = visit(address)
    assert links(page, [photo(0, 0), photo(1, 1), photo(2, 1.5)]) == [[0, 1, True], [1, 2, True]]
    assert links(page, [photo(0, 1.5), photo(1, 0)]) == [[1, 0, True]]  # in time order, whatever the list's


def test_what_is_not_known_to_follow_is_not_linked(visit, address):
    page = visit(address)
    assert links(page, [photo(0, 0), photo(1, None), photo(2, 1)]) == [[0, 2, True]]  # a time is unknown
    assert links(page, [photo(0, 0), photo(1, 1, camera=1), photo(2, 2)]) == [[0, 2, True]]  # somebody else's
    assert links(page, [photo(0, 0), photo(1, 80)]) == []  # three days later
    assert links(page, [photo(0, 0), photo(1, 2, 40.7, -74.0)]) == []  # 5,400 km in two hours
    assert links(page, [{**photo(0, 0), "best": None}, photo(1, 1)]) == []


def test_a_way_that_nobody_saw_is_not_drawn_as_sure(visit, address):
    page = visit(address)
    assert links(page, [photo(0, 0), photo(1, 9, 40.7, -74.0)]) == [[0, 1, False]]  # a flight
    assert links(page, [photo(0, 0), photo(1, 7)]) == [[0, 1, False]]  # a long pause
    assert links(page, [photo(0, 0), photo(1, 1, sure=0.4), photo(2, 2)]) == [[0, 2, False]]  # an unsure one between
    assert links(page, [photo(0, 0), photo(1, 1, sure=0.4, known=True)]) == [[0, 1, True]]


def test_only_the_part_of_a_step_that_can_be_seen_is_drawn(visit, address):
    page = visit(address)
    random = np.random.default_rng(3)
    steps = random.uniform(-900, 1300, (300, 4)).tolist()
    steps += [[-1e7, 150, 1e7, 150], [50, 50, 50, 50.5], [-50, 0, -50, 300], [20, -1e6, 20, 1e6]]
    code = "(m, steps) => steps.map(([a, b, c, d]) => m.inside({ x: a, y: b }, { x: c, y: d }, 400, 300))"
    for (a, b, c, d), found in zip(steps, ask(page, "marks", code, steps), strict=True):
        share = np.linspace(0, 1, 200_001 if abs(c - a) > 1e5 or abs(d - b) > 1e5 else 2001)
        x, y = a + share * (c - a), b + share * (d - b)
        within = (x >= -10) & (x <= 410) & (y >= -10) & (y <= 310)
        if found is None:
            assert within.sum() <= 1
            continue
        ends = [[found[k]["x"], found[k]["y"]] for k in range(2)]
        if within.any():
            seen = np.transpose([x[within][[0, -1]], y[within][[0, -1]]])
            assert np.abs(np.array(ends) - seen).max() <= np.hypot(x[1] - x[0], y[1] - y[0]) + 1e-6


GROUPS = """(m, { photos, scale }) => {
    const groups = new m.Groups();
    const found = groups.of(photos, -1, scale, 26, () => ({ width: 40, height: 22 }));
    if (groups.of(photos, -1, scale, 26, () => null) !== found) throw new Error("made twice");
    return found.map(({ x, y, photos, unsure }) => [x, y, photos.map(({ row }) => row), unsure]);
}"""


@pytest.mark.parametrize("scale", [400, 20_000, 3e6])
def test_groups_hold_every_photo_once_and_count_the_unsure(visit, address, scale):
    random = np.random.default_rng(4)
    photos = [
        photo(row, row, *random.uniform((30, 170), (40, 175)), sure=random.choice([0.1, 0.9])) for row in range(300)
    ]
    found = ask(visit(address), "groups", GROUPS, {"photos": photos, "scale": scale})
    assert sorted(row for _, _, rows, _ in found for row in rows) == list(range(300))
    for _, _, rows, unsure in found:
        assert unsure == sum(photos[row]["sure"] < 0.5 for row in rows)
    assert len(found) < 5 if scale == 400 else len(found) > 30


def test_neighbours_across_180_are_one_group(visit, address):
    photos = [photo(0, 0, -17, 179.99), photo(1, 0, -17, -179.99), photo(2, 0, 0, 0)]
    found = ask(visit(address), "groups", GROUPS, {"photos": photos, "scale": 4000})
    assert sorted(rows for _, _, rows, _ in found) == [[0, 1], [2]]
    (x,) = [x for x, _, rows, _ in found if rows == [0, 1]]
    assert x == pytest.approx(1, abs=1e-6)


GROUND = """async (value) => {
    const { Atlas } = await import("/map/atlas.js");
    const { carriedBy } = await import("/map/coast.js");
    const { ground } = await import("/map/ground.js");
    const frame = document.createElement("div"), canvas = document.createElement("canvas");
    frame.style.cssText = "position: absolute; width: 300px; height: 200px";
    frame.append(canvas);
    document.body.append(frame);
    const bare = { scale: 1, land: [], borders: [], towns: [] };
    const land = value.carried ? { ...bare, coast: carriedBy(value.carried) } : await ground();
    const atlas = new Atlas(canvas, land, {});
    atlas.restyle();
    atlas.resize();
    atlas.colours = { ...atlas.colours, sea: "#0000ff", land: "#ffff00", border: "#ffff00" };
    for (const [latitude, longitude] of value.places) {
        atlas.view = { ...atlas.view, scale: value.scale };
        atlas.goTo({ latitude, longitude });
        atlas.draw();
        await new Promise((done) => setTimeout(done, value.wait));
    }
    const found = [];
    for (const [latitude, longitude] of value.places) {
        atlas.goTo({ latitude, longitude });
        atlas.draw();
        const [red] = canvas.getContext("2d").getImageData(150, 100, 1, 1).data;
        found.push(red > 128);
    }
    return found;
}"""
PLACES = [(38.72, -9.14), (38.72, -9.6), (38.6, -9.1), (68.5, 179.98), (68.5, -179.98), (41.5, 50.5), (36.0, 14.4),
          (-84.0, 0.1)]  # fmt: skip
LAND = [True, False, True, True, True, False, False, True]


@pytest.mark.parametrize("scale", [20_000, 1_000_000])
def test_the_finer_ground_is_drawn_where_one_zooms_in(visit, address, scale):
    pieces = coast.near(*np.transpose(PLACES), 300_000)
    carried = {str(number): base64.b64encode(coast.piece(number)).decode() for number in pieces}
    value = {"places": PLACES, "scale": scale, "carried": carried, "wait": 0}
    assert visit(address).evaluate(GROUND, value) == LAND


def test_a_page_of_the_server_fetches_the_finer_ground_that_is_seen(visit, address):
    page = visit(address)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    value = {"places": [(39.3, -8.2), (39.3, -9.9)], "scale": 60_000, "wait": 300}  # a name is on neither
    assert page.evaluate(GROUND, value) == [True, False]
    pieces = {int(url.rpartition("/")[2]) for url in asked if "/map/coast/" in url}
    row, column = (90 - 39.3) // coast.SIDE, (180 - 8.2) // coast.SIDE
    assert row * coast.COLUMNS + column in pieces and len(pieces) < 12


def test_distances_are_those_of_the_library(visit, address):
    random = np.random.default_rng(2)
    one, other = (np.stack([random.uniform(-90, 90, 50), random.uniform(-180, 180, 50)], axis=1) for _ in range(2))
    code = """(m, pairs) => pairs.map(([[a, b], [c, d]]) => m.distance(
        { latitude: a, longitude: b }, { latitude: c, longitude: d }))"""
    found = ask(visit(address), "mercator", code, np.stack([one, other], axis=1).tolist())
    assert found == pytest.approx(geodesy.distance_km(*one.T, *other.T).tolist(), abs=1e-6)
