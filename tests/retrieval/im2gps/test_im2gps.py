"""Im2GPS on a small library whose places look different, and its parts against scikit-learn and plain sums."""

import numpy as np
import pytest
from PIL import Image

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.retrieval.im2gps import global_descriptors as descriptors
from photoplanet.retrieval.im2gps import im2gps, reference_photos

PLACES = {"sea": (43.3, 5.4), "forest": (60.0, 25.0), "town": (-33.9, 151.2)}
EACH = 10


def scene(kind, random):
    """A photo of one of three kinds of place."""
    photo = np.zeros((96, 128, 3), np.int64)
    if kind == "sea":
        photo[:45], photo[45:] = (140, 190, 250), (20, 80, 150)
    elif kind == "forest":
        photo[:] = random.integers(0, 70, (96, 128, 1)) + np.array([10, 90, 20])
    else:
        photo[:] = (200, 200, 205)
        for x in range(4, 120, 20):
            photo[20:, x : x + 12] = random.integers(60, 180, 3)
            photo[30:90:12, x + 3 : x + 8] = 20
    return np.clip(photo + random.normal(0, 6, photo.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Paths, latitudes, longitudes; the last file is no photo, and lies in the sea's place."""
    folder, random = tmp_path_factory.mktemp("library"), np.random.default_rng(0)
    paths, lat, lng = [], [], []
    for kind, place in PLACES.items():
        for number in range(EACH):
            path = folder / f"{kind}-{number}.jpg"
            Image.fromarray(scene(kind, random)).save(path)
            paths.append(str(path))
            lat.append(place[0] + random.normal(0, 0.05))
            lng.append(place[1] + random.normal(0, 0.05))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    return [*paths, str(folder / "broken.jpg")], np.array([*lat, 43.3]), np.array([*lng, 5.4])


@pytest.fixture(scope="module")
def library(photos, tmp_path_factory):
    return im2gps.build(*photos, tmp_path_factory.mktemp("work") / "built")


@pytest.fixture(scope="module")
def queries(library):
    random = np.random.default_rng(7)
    return descriptors.describe([scene(kind, random) for kind in PLACES], library.dictionary)


@pytest.mark.parametrize("method", im2gps.METHODS)
def test_each_place_is_found(method, library, queries):
    done = []
    lat, lng = im2gps.METHODS[method](library, queries, lambda count=1, note="": done.append(count))
    assert (geodesy.distance_km(lat, lng, *np.transpose(list(PLACES.values()))) < 40).all()
    assert sum(done) == 3


def test_a_query_that_every_svm_rejects_takes_the_nearest_neighbour(library, queries, monkeypatch):
    """PlaNet, §3, of Hays and Efros: the cluster whose SVM gives "the highest positive score"; there may be none."""
    asked = []

    def rejected(scores):
        asked.append(list(scores))
        return im2gps_winner([min(-score, score) - 1e-9 for score in scores])

    im2gps_winner = im2gps.winner
    monkeypatch.setattr(im2gps, "winner", rejected)
    lat, lng = im2gps.extended(library, queries)
    rows = [im2gps.nearest(library, query)[1][0] for query in queries]
    assert all(len(scores) == 3 for scores in asked) and len(asked) == 3
    assert lat.tolist() == library.latitude[rows].tolist() and lng.tolist() == library.longitude[rows].tolist()


@pytest.mark.parametrize(("scores", "wins"), [([-1, 2, 1], 1), ([-1, -0.1], None), ([0, -1], None), ([1e-9, -1], 0)])
def test_only_a_positive_score_wins(scores, wins):
    assert im2gps.winner(scores) == wins


@pytest.mark.parametrize("method", im2gps.METHODS)
def test_an_unreadable_query_has_no_answer_and_an_unreadable_photo_is_none(method, library):
    records = np.zeros(1, descriptors.RECORD)
    lat, lng = im2gps.METHODS[method](library, records)
    assert np.isnan(lat[0]) and np.isnan(lng[0])
    assert library.usable.tolist() == [True] * 3 * EACH + [False]


def test_original_answers_with_the_photo_itself(library, photos):
    lat, lng = im2gps.original(library, library.records(np.arange(5)))
    assert lat == pytest.approx(photos[1][:5]) and lng == pytest.approx(photos[2][:5])


@pytest.mark.parametrize("name", descriptors.HISTOGRAMS)
def test_a_photo_is_never_less_than_0_away_from_itself(name):
    """Rounding left less than 0 of the distance between equal histograms, which `density` refuses."""
    records = np.zeros(200, descriptors.RECORD)
    records[name] = np.random.default_rng(0).integers(0, 256, records[name].shape)
    itself = [
        reference_photos.distances(name, records[row : row + 1], records[row : row + 1])[0, 0] for row in range(200)
    ]
    assert min(itself) >= 0 and max(itself) < 1e-2


def test_the_broken_photo_is_never_a_neighbour(library, queries):
    _, rows = im2gps.nearest(library, queries[0], 1000)
    assert sorted(rows) == list(range(3 * EACH))
    alike = np.zeros((), descriptors.RECORD)  # what it would be compared as
    alike["usable"] = True
    assert 3 * EACH not in im2gps.nearest(library, alike, 5)[1]


def test_distances_by_their_definition(library, queries):
    """χ², L1, L2 and tf-idf, each summed up slowly, against the fast forms."""
    block = library.records(np.arange(20))
    for name in (*descriptors.HISTOGRAMS, "tiny", "lines", "gist", "geometry"):
        a, b = descriptors.decoded(queries[:1], name).astype(float), descriptors.decoded(block, name).astype(float)
        if name in descriptors.HISTOGRAMS:
            slow = ((a - b) ** 2 / np.maximum(a + b, 1e-12)).sum(1)
        else:
            slow = np.abs(a - b).sum(1) if name == "lines" else np.sqrt(((a - b) ** 2).sum(1))
        assert reference_photos.distances(name, queries[:1], block)[0] == pytest.approx(slow, rel=1e-3, abs=1e-4), name
    for name, table in library.words.items():
        whole = np.zeros((len(library.usable), table.size))
        for row, record in enumerate(library.records(np.arange(len(whole)))):
            for word in record[name][record[name] < table.size]:
                whole[row, word] += 1 if record["usable"] else 0
        idf = np.log1p(len(whole) / np.maximum((whole > 0).sum(0), 1))
        mine = np.bincount(queries[2][name][queries[2][name] < table.size], minlength=table.size) * idf
        rows = whole * idf
        unit = [v / max(np.linalg.norm(v), 1e-12) for v in (mine, *rows)]
        slow = [np.sqrt(max(0, 2 - 2 * unit[0] @ other)) for other in unit[1:]]
        assert table.distances(queries[2:3])[0] == pytest.approx(slow, abs=2e-3), name


def test_a_nearest_neighbour_sums_scaled_distances(library, queries):
    away, rows = im2gps.nearest(library, queries[1], 4, im2gps.SIX)
    block = library.records(np.arange(3 * EACH))
    total = sum(reference_photos.distances(name, queries[1:2], block)[0] / library.scale[name] for name in im2gps.SIX)
    order = np.argsort(total)[:4]
    assert rows.tolist() == order.tolist() and away == pytest.approx(total[order], rel=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_mean_shift_agrees_with_sklearn(seed):
    from sklearn.cluster import MeanShift

    random = np.random.default_rng(seed)
    places = geodesy.to_xyz(*geodesy.from_xyz(random.normal(0, 1, (7, 3))))
    points = places[random.integers(0, 7, 120)] + random.normal(0, 0.006, (120, 3))
    lat, lng = geodesy.from_xyz(points)
    ours = im2gps.geo_clusters(lat, lng)
    theirs = MeanShift(bandwidth=2 * np.sin(200 / 6371 / 2)).fit(geodesy.to_xyz(lat, lng)).labels_
    kept = ours >= 0
    assert kept.mean() > 0.8
    pairs = {(a, b) for a, b in zip(ours[kept], theirs[kept], strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})  # the same groups, other numbers
    assert all(np.sum(theirs == label) < im2gps.SMALLEST_CLUSTER for label in np.unique(theirs[~kept]))


def test_clusters_at_the_date_line_the_pole_and_alone():
    lat = np.array([0, 0.1, 0, 0.1, 89.9, 89.9, 89.9, 89.9, 20.0])
    lng = np.array([179.9, -179.9, 180, -180, 0, 90, 180, -90, 40.0])
    labels = im2gps.geo_clusters(lat, lng)
    assert len(set(labels[:4])) == 1 and len(set(labels[4:8])) == 1 and labels[0] != labels[4] and labels[8] == -1
    assert (im2gps.geo_clusters(lat[8:], lng[8:]) == 0).all()  # all too small: none is left out


def test_building_again_reuses_and_a_longer_list_goes_on(photos, tmp_path, monkeypatch):
    paths, lat, lng = photos
    described = []
    real = descriptors.describe_one

    def counted(source, dictionary):
        described.append(source)
        return real(source, dictionary)

    monkeypatch.setattr(descriptors, "describe_one", counted)
    im2gps.build(paths[:16], lat[:16], lng[:16], tmp_path / "a")
    whole = im2gps.build(paths, lat, lng, tmp_path / "a")
    assert described == paths and len(whole) == 31  # each once, the unreadable one too
    records = whole.records(np.arange(31))
    damaged = sorted((tmp_path / "a" / reference_photos.DESCRIBED).glob("*.npy"))[1]
    start = damaged.read_bytes()[:100]
    damaged.unlink()  # the file that `whole` has mapped lives on
    damaged.write_bytes(start)
    again = im2gps.build(paths, lat, lng, tmp_path / "a")
    assert described[31:] == paths[16:30]  # what was in the damaged file
    assert (again.records(np.arange(31)) == records).all()
    Image.open(paths[0]).transpose(Image.Transpose.ROTATE_180).save(tmp_path / "turned.jpg")
    im2gps.build([str(tmp_path / "turned.jpg"), *paths[1:]], lat, lng, tmp_path / "a")
    assert described[45:] == [str(tmp_path / "turned.jpg")]


def test_a_folder_of_something_else_is_refused_and_left_alone(photos, tmp_path):
    paths, lat, lng = photos
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    with pytest.raises(InputError, match="something else"):
        im2gps.build(paths, lat, lng, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["diary.txt"]
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "blocks.json").write_text("{}")
    with pytest.raises(InputError, match="older photoplanet"):
        im2gps.build(paths, lat, lng, tmp_path / "old")
    im2gps.build(paths[:4], lat[:4], lng[:4], tmp_path / "few")
    for name in descriptors.FILES:  # a dictionary of other photos: the records there do not belong to it
        (tmp_path / "few" / name).unlink()
    with pytest.raises(InputError, match="other settings"):
        im2gps.build(paths, lat, lng, tmp_path / "few")


def test_a_library_without_photos_and_wrong_positions_are_refused(photos, tmp_path):
    paths, lat, lng = photos
    with pytest.raises(InputError, match="none of 1"):
        im2gps.build(paths[-1:], lat[-1:], lng[-1:], tmp_path / "none")
    with pytest.raises(InputError, match="latitude 91"):
        im2gps.build(paths, lat * 0 + 91, lng, tmp_path / "wrong")
    with pytest.raises(InputError, match="give one each"):
        im2gps.build(paths, lat[:-1], lng[:-1], tmp_path / "short")


@pytest.mark.parametrize(("count", "kept"), [(3, False), (4, True)])
def test_fewer_than_four_neighbours_are_not_a_cluster(count, kept):
    lat, lng = [48.9] * 9 + [-33.9] * count, [2.4] * 9 + [151.2] * count
    assert (im2gps.geo_clusters(lat, lng)[9:] >= 0).all() == kept


@pytest.mark.parametrize(("km", "clusters"), [(190, 1), (210, 2)])
def test_places_within_200_km_are_one_cluster(km, clusters):
    lat = [0.0] * 5 + [np.degrees(km / geodesy.EARTH_RADIUS_KM)] * 5
    assert len(set(im2gps.geo_clusters(lat, [10.0] * 10).tolist())) == clusters


def test_a_photo_takes_the_bytes_that_the_docs_say_and_200_are_compared():
    used = {"six": sum(descriptors.RECORD[name].itemsize for name in im2gps.SIX), "all": descriptors.RECORD.itemsize}
    assert used == {"six": 3029, "all": 8726}
    assert im2gps.NEIGHBOURS == 200


@pytest.mark.parametrize("method", im2gps.METHODS)
def test_queries_answered_together_get_what_each_gets_alone(method, library, queries, monkeypatch):
    many = np.concatenate([queries, np.zeros(1, descriptors.RECORD), library.records(np.arange(5))])
    together = np.stack(im2gps.METHODS[method](library, many))
    monkeypatch.setattr(im2gps, "_TOGETHER", 2)
    for answers in (im2gps.METHODS[method](library, many), zip(*[
        np.ravel(im2gps.METHODS[method](library, many[row : row + 1])) for row in range(len(many))
    ], strict=True)):  # fmt: skip
        np.testing.assert_allclose(together, np.stack(list(answers)), atol=1e-9)
    assert np.isnan(together[:, 3]).all() and np.isfinite(np.delete(together, 3, axis=1)).all()
