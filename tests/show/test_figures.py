import re

import numpy as np
import pytest
from PIL import Image

import photoplanet as pp
from photoplanet.albums import locate_trip, trips
from photoplanet.albums.located_photos import OWN, LocatedPhoto
from photoplanet.albums.shots import Shot
from photoplanet.earth import land
from photoplanet.errors import InputError
from photoplanet.explain.gallery import GalleryPhoto, gallery
from photoplanet.explain.occlusion import occlude
from photoplanet.locate.prediction import Prediction
from photoplanet.show.figures import album, distribution, partition, plots, world
from photoplanet.show.figures import errors as error_figure
from photoplanet.show.figures import examples as choice
from photoplanet.show.figures import photos as photo_figure


@pytest.fixture(scope="module")
def model(tiny_model):
    return pp.load(tiny_model)


def svg(figure, tmp_path):
    return plots.save(figure, tmp_path / "figure.svg").read_text("utf-8")


def test_error_curves_pass_through_the_share_within_each_distance(tmp_path):
    errors = {"ours": np.array([0.5, 10, 100, 1000]), "theirs": np.array([5000.0, np.nan, 0.2, 30])}
    figure = error_figure.error_curves(errors)
    ours, theirs = figure.axes[0].get_lines()[:2]
    for line, name in ((ours, "ours"), (theirs, "theirs")):
        assert line.get_label() == name
        for share, km in zip(line.get_xdata(), line.get_ydata(), strict=True):
            assert share == pytest.approx(100 * np.mean(np.nan_to_num(errors[name], nan=np.inf) <= km))
    text = svg(figure, tmp_path)
    assert all(name in text and f">{km} km<" in text for name, km in (("street", 1), ("city", 25), ("country", 750)))
    assert "ours" in text and "theirs" in text


def test_curves_differ_in_more_than_colour_and_too_many_are_refused(tmp_path):
    figure = error_figure.error_curves({str(k): [1.0] for k in range(8)})
    lines = figure.axes[0].get_lines()[:8]
    assert len({str(line.get_color()) for line in lines}) == 8
    assert len(set(re.findall(r"stroke-dasharray: ([^;]+)", svg(figure, tmp_path)))) == 7  # and one that is solid
    with pytest.raises(InputError, match="1 to 8 curves"):
        error_figure.error_curves({str(k): [1.0] for k in range(9)})


def test_the_same_figure_is_the_same_file(model, tmp_path):
    for suffix in plots.SUFFIXES:
        first = plots.save(partition.partition_map(model.partition), tmp_path / f"one{suffix}").read_bytes()
        assert plots.save(partition.partition_map(model.partition), tmp_path / f"two{suffix}").read_bytes() == first
    assert "5 cells" in svg(partition.partition_map(model.partition, {"Japan": (30, 46, 128, 147)}), tmp_path)


def test_a_figure_ends_in_a_known_suffix_and_in_a_folder_that_exists(tmp_path):
    with pytest.raises(InputError, match="ends in"):
        plots.check_path(tmp_path / "figure.gif")
    with pytest.raises(InputError, match="no such folder"):
        plots.check_path(tmp_path / "absent" / "figure.png")


@pytest.mark.parametrize("center", [(0, 0), (45, 100), (-45, -170), (10, 180)])
def test_a_globe_shows_the_side_it_is_turned_to(center):
    view = world.Globe(center)
    lat, lng = np.meshgrid(np.arange(-90, 91, 15.0), np.arange(-180, 180, 15.0))
    x, y, seen = view.points(lat.ravel(), lng.ravel())
    away = pp.geodesy.distance_km(*center, lat.ravel(), lng.ravel()) / 6371.0
    assert np.hypot(x, y) == pytest.approx(np.sin(away), abs=1e-9)  # the orthographic projection's radius
    clear = np.abs(away - np.pi / 2) > 1e-6
    assert (seen == (away < np.pi / 2))[clear].all()


def filled_area(ring):
    """Area inside a ring as a map draws it, the part within the Earth's edge, on a raster; holes by even-odd."""
    from matplotlib.path import Path

    axis = (np.arange(300) + 0.5) / 150 - 1
    points = np.stack([each.ravel() for each in np.meshgrid(axis, axis)], axis=1)
    points = points[np.hypot(*points.T) < 1]
    inside = sum(Path(part).contains_points(points).astype(int) for part in ring) % 2
    return inside.mean()


@pytest.mark.parametrize(
    ("center", "share"),
    [((90, 0), 1.0), ((-90, 0), 0.0), ((0, 30), 0.5)],
)
def test_land_that_goes_around_the_far_side_is_filled_on_the_right_side(center, share):
    """A ring along the equator, of the northern half: all of the globe from above, none from below, half from aside."""
    lng = np.arange(-180, 180, 5.0)
    lat = np.full(lng.shape, 0.05)
    ring = world.Globe(center).ring(np.append(lat, [89.9, 89.9, 0.05]), np.append(lng, [180, -180, -180]))
    assert (filled_area(ring) if ring else 0.0) == pytest.approx(share, abs=0.02)


def test_land_is_filled_on_every_globe_as_on_a_flat_map():
    """Of random points on land or sea by the flat map, each globe fills the same."""
    from matplotlib.path import Path

    rings, _ = land.outlines()
    random = np.random.default_rng(0)
    lat, lng = np.degrees(np.arcsin(random.uniform(-0.9, 0.9, 300))), random.uniform(-180, 180, 300)
    flat = sum(
        Path(world.Flat().ring(*ring)[0]).contains_points(np.stack([lng, lat], axis=1)).astype(int) for ring in rings
    )
    for center in ((0, 0), (40, -100), (-30, 140), (60, 60)):
        view = world.Globe(center)
        x, y, seen = view.points(lat, lng)
        points = np.stack([x, y], axis=1)
        drawn_rings = [view.ring(*ring) for ring in rings]
        drawn = sum(
            np.sum([Path(part).contains_points(points) for part in ring], axis=0) % 2 if ring else np.zeros(300, int)
            for ring in drawn_rings
        )
        assert (drawn[seen] % 2 == flat[seen] % 2).mean() > 0.98  # coasts: straight on a map, arcs on a globe


def test_photos_stand_above_their_distributions(model, photo, tmp_path, tiny_cities):
    paths = [photo("red"), photo("blue")]
    found = model.locate(paths)
    captions = [each.best.name for each in found]
    figure = distribution.distributions(list(zip(paths, captions, found, strict=True)), [tiny_cities["Paris"], None])
    text = svg(figure, tmp_path)
    assert len(figure.axes) == 5 and "France" in text and "Australia" in text


def test_an_unreadable_photo_leaves_an_empty_frame(model, photo, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff no photo")
    figure = photo_figure.examples([example(0.9, photo("red"))], [example(0.8, tmp_path / "bad.jpg")], within_km=200)
    assert "within 200 km of the true place" in svg(figure, tmp_path)
    assert "cannot be read" in svg(figure, tmp_path)


def test_a_gallery_holds_the_most_confident_photos_of_each_cell(model):
    colours = [(255, 0, 0), (200, 0, 0), (225, 0, 0), (0, 255, 0), (0, 0, 255), (240, 0, 0)]
    photos = [np.full((16, 16, 3), colour, np.uint8) for colour in colours]
    answers = [*model.locate_many(photos), ("broken", InputError("no photo"))]
    found = gallery(iter(answers), photos=2)
    rows = {label: [shown.row for shown in listed] for label, listed in found.items()}
    paris = int(model.locate(photos[0]).order[0])
    assert rows[paris] == [0, 5] and sorted(map(len, rows.values())) == [1, 1, 2]
    whole = gallery(iter(answers), photos=100)
    confident = sorted((shown.confidence for shown in whole[paris]), reverse=True)
    assert [shown.confidence for shown in whole[paris]] == confident and len(confident) == 4


def test_gallery_and_occlusion_sheets_are_drawn(model, photo, tmp_path):
    found = gallery(model.locate_many([photo("red"), photo("green")]))
    assert "Somewhere" in svg(photo_figure.cell_gallery(model.partition, found, ["Somewhere", "Elsewhere"]), tmp_path)
    each = occlude(model, photo("red"), positions=4)
    path = plots.save(photo_figure.occlusions([(each, "Paris")]), tmp_path / "occlusion.png")
    with Image.open(path) as picture:
        assert picture.size[0] == plots.WIDTH * plots.DPI


def trip_of(folder, photo, placed, clock="2024-05-01T10:{:02}:00"):
    """A trip of photos of one colour each, with the place where each was truly taken, or None."""
    shots = [
        Shot(str(photo(colour, f"{folder}/{k}-{colour}.png")), f"{k}.png", folder, clock.format(k), place)
        for k, (colour, place) in enumerate(placed)
    ]
    times = np.array([shot.taken_at for shot in shots], "datetime64[s]")
    return trips.Trip(shots, times, np.arange(len(shots)))


def test_an_album_is_drawn_with_what_each_photo_says_alone_and_with_the_others(model, photo, tmp_path, tiny_cities):
    paris, sydney = tiny_cities["Paris"], tiny_cities["Sydney"]
    trip = trip_of("a $\\frac$ trip", photo, [("red", paris), ("black", paris), ("red", None), ("blue", sydney)])
    (tmp_path / "a $\\frac$ trip" / "3-blue.png").write_bytes(b"no photo")
    alone, helped = locate_trip.compare(model, trip, "average")
    assert album.error_km(alone[0]) == pytest.approx(0, abs=0.1) and album.error_km(alone[2]) is None
    far = pp.geodesy.distance_km(*tiny_cities["Tokyo"], *paris)  # black says Tokyo by itself, and Paris with the others
    assert album.error_km(alone[1]) == pytest.approx(far, abs=1)
    assert album.error_km(helped[1]) == pytest.approx(0, abs=0.1)
    text = svg(album.album(trip, alone, helped, "average"), tmp_path)
    for words in ("alone: Tokyo, Japan", f"{far:,.0f} km off", "alone: cannot be read", "album (average)", "4 photos",
                  "the photo's own GPS", "05-01 10:03", "a $\\frac$ trip", ">≤ 2,500 km<"):  # fmt: skip
        assert words in text, words
    assert svg(album.album(trip, *locate_trip.compare(model, trip, "average"), "average"), tmp_path) == text


def test_a_long_album_shows_thirty_photos_and_says_so_and_no_gps_means_no_shades(model, photo, tmp_path):
    trip = trip_of("long", photo, [("red", None)] * 40)
    text = svg(album.album(trip, *locate_trip.compare(model, trip, "single"), "single"), tmp_path)
    assert "40 photos, 30 of them shown" in text and "the photo's own GPS" not in text and ">≤ 25 km<" not in text
    assert text.count("alone: ") == 30 and ">1–40<" in text


def detail_of(figure):
    """(south, north, west, east) of each map of an album's figure."""
    maps = [axes for axes in figure.axes if axes.collections]
    return [(*axes.get_ylim(), *axes.get_xlim()) for axes in maps]


def test_an_album_in_one_region_has_a_detail_view_that_holds_every_photo(model, photo, tiny_cities):
    paris, brussels = tiny_cities["Paris"], tiny_cities["Brussels"]
    trip = trip_of("near", photo, [("red", paris), ("red", brussels)])
    whole, detail = detail_of(album.album(trip, *locate_trip.compare(model, trip, "single"), "single"))
    assert whole == world.WORLD
    south, north, west, east = detail
    for latitude, longitude in (paris, brussels):
        assert south < latitude < north and west < longitude < east
    assert north - south < 20


def test_an_album_around_the_world_has_no_detail_view_and_no_line_across_it(model, photo):
    """From Fiji over the date line to Samoa, and back: the way is broken where it would cross the whole map."""
    places = [(-17.8, 178.0), (-13.8, -171.8), (48.9, 2.4)]
    trip = trip_of("far", photo, [("red", place) for place in places])
    shots = trip.shots
    there = [
        LocatedPhoto(shot, OWN, Prediction(np.eye(5, dtype=np.float32)[0], model.partition, at=shot.place))
        for shot in shots
    ]
    figure = album.album(trip, there, there, "single")
    assert detail_of(figure) == [world.WORLD]
    lines = [line.get_xdata() for axes in figure.axes if axes.collections for line in axes.get_lines()]
    assert lines and all(np.nanmax(np.abs(np.diff(line)), initial=0) <= 180 for line in lines if len(line) > 3)


def test_the_way_of_an_album_is_cut_at_the_edge_of_the_map():
    lat, lng = album._unbroken(np.array([(-16.0, 178.0), (np.nan, np.nan), (-18.0, -178.0)]))
    np.testing.assert_array_equal(lng, [178, 180, np.nan, -180, -178])
    np.testing.assert_array_equal(lat, [-16, -17, np.nan, -17, -18])
    for few in ([(1.0, 2.0)], [(np.nan, np.nan)]):
        assert len(album._unbroken(np.array(few))[0]) == np.isfinite(few[0][0])


def example(confidence, source="a.jpg"):
    return choice.Example(confidence, source, "Paris, France", 1.0)


def test_examples_are_the_surest_photo_of_each_cell_by_how_far_off_it_is(model, tiny_cities):
    """Of three photos in the cell of Paris the surest is shown; up to 25 km off is right, what is farther is wrong."""
    colours = [(255, 0, 0), (200, 0, 0), (0, 255, 0), (0, 0, 255)]
    photos = [np.full((16, 16, 3), colour, np.uint8) for colour in colours]
    answers = [(k, found) for k, (_, found) in enumerate(model.locate_many(photos))]
    near = [answers[0][1].point, answers[1][1].point, (0.0, 0.0), answers[3][1].point]
    right, wrong = choice.right_and_wrong([*answers, ("bad", InputError("bad"))], [*near, (0.0, 0.0)])
    assert [each.source for each in wrong] == [2] and wrong[0].error_km > 25
    assert {each.source for each in right} == {0, 3}
    assert [each.confidence for each in right] == sorted((each.confidence for each in right), reverse=True)
    first = answers[0][1]
    edge = pp.geodesy.distance_km(*first.point, *near[2])
    assert choice.right_and_wrong(answers[:1], [near[2]], within_km=edge)[0]
    assert choice.right_and_wrong(answers[:1], [near[2]], within_km=np.nextafter(edge, 0))[1]
    assert len(choice.right_and_wrong(answers, near, count=1)[0]) == 1
    with pytest.raises(InputError, match="no photo could be read"):
        choice.right_and_wrong([("bad", InputError("bad"))], [(0.0, 0.0)])


def test_a_sheet_of_examples_holds_twelve_of_each_kind_within_25_km_and_a_gallery_eight_cells(model):
    assert (choice.MOST_EXAMPLES, choice.RIGHT_KM, choice.MOST_CELLS) == (12, 25.0, 8)
    part = pp.Partition.from_cells(pp.cells.children(pp.cells.from_token(["47", "89", "1"])))
    found = {label: [GalleryPhoto(0.9, 0, "a.jpg")] for label in range(12)}
    assert list(choice.gallery_cells(found, part, photos_a_cell=1)) == list(range(8))


def test_a_gallery_shows_full_cells_the_surest_first_or_the_cells_asked_for():
    part = pp.Partition.from_cells(pp.cells.from_token(["11", "47", "89"]))
    photos = [GalleryPhoto(0.9, 0, "a.jpg"), GalleryPhoto(0.8, 1, "b.jpg")]
    found = {2: photos, 0: photos[:1], 1: photos}
    assert list(choice.gallery_cells(found, part, photos_a_cell=2)) == [2, 1]
    assert list(choice.gallery_cells(found, part, photos_a_cell=2, count=1)) == [2]
    assert list(choice.gallery_cells(found, part, photos_a_cell=5)) == [2, 0, 1]  # none is full: all are shown
    assert choice.gallery_cells(found, part, 2, tokens=["47", "11"]) == {1: photos, 0: photos[:1]}
    with pytest.raises(InputError, match="no photo was assigned to cell 13"):
        choice.gallery_cells(found, part, 2, tokens=["11", "13"])
    with pytest.raises(InputError, match="no photo could be read"):
        choice.gallery_cells({}, part, 2)


def toy_figures(model, photo, toy):
    """Every figure that shows a model's answers, by name, as drawn for a model of the toy Earth or of the real one."""
    found = model.locate(photo("red"))
    vars(found)["toy"] = toy
    shown = gallery(model.locate_many([photo("red"), photo("green")]))
    trip = trip_of("trip", photo, [("red", None), ("red", None)])
    answers = locate_trip.compare(model, trip, "single")
    for each in (each for way in answers for each in way):
        vars(each.prediction)["toy"] = toy
    return {
        "partition": partition.partition_map(model.partition, toy=toy),
        "errors": error_figure.error_curves({"ours": [1.0, 30.0]}, toy=toy),
        "distribution": distribution.distributions([(photo("red"), "red", found)]),
        "examples": photo_figure.examples([example(0.9, photo("red"))], [], 25, toy),
        "gallery": photo_figure.cell_gallery(model.partition, shown, ["Somewhere", "Elsewhere"], toy),
        "occlusion": photo_figure.occlusions([(occlude(model, photo("red"), positions=2), "red")], toy),
        "album": album.album(trip, *answers, "single"),
    }


def test_every_figure_of_a_toy_model_says_that_its_places_are_not_real_and_no_other_does(model, photo, tmp_path):
    for toy in (True, False):
        for name, figure in toy_figures(model, photo, toy).items():
            assert svg(figure, tmp_path).count(plots.TOY) == toy, (name, toy)


def test_an_albums_answer_is_named_no_finer_than_likely(model, photo, tmp_path, tiny_cities):
    """A tenth in Paris and the rest in Brussels and London: too far apart for a town's name."""
    trip = trip_of("vague", photo, [("red", tiny_cities["Paris"])])
    shares = np.full(5, 1e-3, np.float32)
    nearest = np.argsort(pp.geodesy.distance_km(*tiny_cities["Paris"], *model.partition.means.T))
    shares[nearest[:2]] = 0.5, 0.49
    vague = Prediction(shares / shares.sum(), model.partition)
    text = svg(album.album(trip, *[[LocatedPhoto(trip.shots[0], "estimated", vague)]] * 2, "single"), tmp_path)
    assert vague.best.level not in ("street", "city") and not vague.abstains
    assert f"{vague.best.radius_km:g} km" in text and vague.best.near.city and vague.best.near.city not in text
    sure = Prediction(np.eye(5, dtype=np.float32)[nearest[0]], model.partition)
    small = svg(album.album(trip, *[[LocatedPhoto(trip.shots[0], "estimated", sure)]] * 2, "single"), tmp_path)
    assert "&gt;99 % ≤" in small and "100 %" not in small


def test_a_partition_is_shown_in_detail_where_its_cells_are(tmp_path):
    """The paper's views, unless nothing is there: then where the cells are finest, with towns to find one's way by."""
    world_wide = pp.Partition.from_cells(
        np.unique(pp.cells.from_latlng(*np.mgrid[-60:60:2, -180:180:2].reshape(2, -1), level=5))
    )
    everywhere = partition.default_details(world_wide)
    assert next(iter(everywhere)) == "Great Britain and Ireland" and len(everywhere) == 2
    lat, lng = np.mgrid[37.4:38:0.1, -122.8:-121.9:0.1].reshape(2, -1)
    bay = partition.default_details(pp.Partition.from_cells(np.unique(pp.cells.from_latlng(lat, lng, level=10))))
    assert list(bay) == ["San Francisco Bay"]  # and no second view, since there are no cells elsewhere
    lat, lng = np.mgrid[35.1:35.9:0.1, 139.1:139.9:0.1].reshape(2, -1)
    tokyo = pp.Partition.from_cells(np.unique(pp.cells.from_latlng(lat, lng, level=10)))
    [(name, (south, north, west, east))] = partition.default_details(tokyo).items()
    assert name in ("around Tokyo", "around Yokohama") and south < 35.5 < north and west < 139.5 < east
    [(largest, _, _)] = pp.gazetteer.largest((south, north), (west, east), 1)
    assert f">{largest}<" in svg(partition.partition_map(tokyo), tmp_path)
    assert partition.default_details(pp.Partition.from_cells(pp.cells.from_token(["47", "89"]))) == {}


def test_fewer_than_eight_cells_are_no_detail_view():
    assert partition.FEWEST_CELLS == 8
    lat, lng = np.mgrid[35.1:35.9:0.1, 139.1:139.9:0.1].reshape(2, -1)
    ids = np.unique(pp.cells.from_latlng(lat, lng, level=10))
    assert len(partition.default_details(pp.Partition.from_cells(ids[:8]))) == 1
    assert partition.default_details(pp.Partition.from_cells(ids[:7])) == {}


def test_cells_are_shaded_on_one_scale_with_its_numbers(tmp_path):
    part = pp.Partition.adaptive(
        *np.random.default_rng(0).normal((48.9, 2.3), 3, (5000, 2)).T, max_photos=500, min_photos=5
    )
    text = svg(partition.partition_map(part), tmp_path)
    assert "training photos in a cell" in text and ">100<" in text


def test_error_curves_know_from_the_files_that_places_are_not_real(tmp_path):
    truth, toy, real = tmp_path / "truth.csv", tmp_path / "toy.csv", tmp_path / "real.csv"
    truth.write_text("photo_id,latitude,longitude\na,48.9,2.4\n")
    toy.write_text("photo_id,latitude,longitude,world\na,48.9,2.4,toy\n")
    real.write_text("photo_id,latitude,longitude,world\na,48.9,2.4,real\n")
    assert [error_figure.read_errors(files, truth)[1] for files in ([toy], [real], [real, toy])] == [True, False, True]
