"""Every method behind its one interface, on evidence made by hand: anchors, blanks, single photos."""

import tracemalloc

import numpy as np
import pytest

from photoplanet.albums import hmm, methods, timed_hmm, transition_model
from photoplanet.albums.album import Album
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError, ModelError

PLACES = np.array([[48.86, 2.35], [50.85, 4.35], [35.68, 139.69], [-22.91, -43.17]])  # Paris, Brussels, Tokyo, Rio


@pytest.fixture(scope="module")
def partition():
    return Partition.uniform(np.repeat(PLACES[:, 0], 50), np.repeat(PLACES[:, 1], 50), level=6, min_photos=1)


@pytest.fixture(scope="module")
def city(partition):
    return dict(zip(["Paris", "Brussels", "Tokyo", "Rio"], partition.assign(*PLACES.T).tolist(), strict=True))


@pytest.fixture(scope="module")
def parameters(city):
    trips = [
        np.array([city["Paris"]] * 5 + [city["Brussels"]] * 5),
        np.array([city["Rio"]] * 4),
        np.array([city["Tokyo"]]),
    ]
    return {"hmm": hmm.count(trips * 3, 4)}


def evidence(city, *seen):
    """Log-probabilities (n, 4): each of `seen` is {city: probability}, the rest shared out; {} is a flat row."""
    rows = np.empty((len(seen), 4), np.float32)
    for row, said in zip(rows, seen, strict=True):
        row[:] = (1 - sum(said.values())) / (4 - len(said))
        for name, share in said.items():
            row[city[name]] = share
    return np.log(rows)


def run(name, rows, partition, parameters, gaps=1.0, known=None):
    n = len(rows)
    album = Album(np.full(n - 1, gaps), np.full(n, -1, np.int32) if known is None else np.int32(known))
    found = methods.decode(name, rows, np.zeros((n, 2), np.float32), album, partition, parameters)
    assert found.shape == rows.shape and found.dtype == np.float32
    np.testing.assert_allclose(np.exp(found.astype(float)).sum(axis=1), 1, atol=1e-4)
    return np.exp(found)


EVERY = ["single", "average", "log-average", "hmm", "timed-hmm"]


@pytest.mark.parametrize("name", EVERY)
def test_one_photo_alone_is_located_as_by_itself(name, city, partition, parameters):
    rows = evidence(city, {"Tokyo": 0.6, "Rio": 0.3})
    np.testing.assert_allclose(run(name, rows, partition, parameters), np.exp(rows), rtol=1e-5)


@pytest.mark.parametrize("name", EVERY[1:])
def test_a_sure_photo_takes_the_unsure_ones_with_it(name, city, partition, parameters):
    unsure = {"Rio": 0.3, "Paris": 0.25}
    rows = evidence(city, unsure, {"Paris": 0.98}, unsure, unsure)
    assert (run(name, rows, partition, parameters).argmax(axis=1) == city["Paris"]).all()


@pytest.mark.parametrize("name", ["hmm", "timed-hmm"])
def test_a_trip_of_two_places_stays_two_places(name, city, partition, parameters):
    rows = evidence(city, *[{"Paris": 0.9}] * 3, {}, *[{"Brussels": 0.9}] * 3)
    found = run(name, rows, partition, parameters, gaps=24.0).argmax(axis=1)
    assert found[:3].tolist() == [city["Paris"]] * 3 and found[4:].tolist() == [city["Brussels"]] * 3
    assert found[3] in (city["Paris"], city["Brussels"])
    averaged = run("average", rows, partition, parameters).argmax(axis=1)
    assert len(set(averaged.tolist())) == 1


@pytest.mark.parametrize("name", EVERY[1:])
def test_photos_that_could_not_be_read_get_their_neighbours_place_and_say_nothing(name, city, partition, parameters):
    rows = evidence(city, {"Tokyo": 0.7}, {}, {"Tokyo": 0.7})
    found = run(name, rows, partition, parameters)
    assert found[1].argmax() == city["Tokyo"] and found[1].max() > 0.5
    without = run(name, rows[[0, 2]], partition, parameters, gaps=2.0)
    assert found[0, city["Tokyo"]] == pytest.approx(without[0, city["Tokyo"]], abs=0.05)


@pytest.mark.parametrize("name", ["average", "hmm", "timed-hmm"])
def test_an_anchor_keeps_its_place_and_pulls_its_neighbours(name, city, partition, parameters):
    rows = evidence(city, {"Rio": 0.4, "Brussels": 0.35}, {"Tokyo": 0.9}, {"Rio": 0.4, "Brussels": 0.35})
    free = run(name, rows, partition, parameters, gaps=0.5)
    held = run(name, rows, partition, parameters, gaps=0.5, known=[-1, city["Brussels"], -1])
    assert held[1, city["Brussels"]] > 0.99
    assert (held[[0, 2], city["Brussels"]] > free[[0, 2], city["Brussels"]]).all()
    assert (held.argmax(axis=1) == city["Brussels"]).all()


def test_time_tells_what_a_change_of_place_is_worth(city, partition, parameters):
    rows = evidence(city, {"Paris": 0.99}, {"Paris": 0.99}, {"Tokyo": 0.8, "Paris": 0.15})

    def in_tokyo(hours):
        return float(run("timed-hmm", rows, partition, parameters, gaps=hours)[2, city["Tokyo"]])

    found = [in_tokyo(hours) for hours in (0.02, 1.0, 24.0, 2000.0)]
    assert found == sorted(found) and 10 * found[0] < found[-1]
    assert in_tokyo(np.nan) == in_tokyo(transition_model.UNKNOWN_HOURS)


def test_distance_tells_where_an_unsure_photo_is(city, partition, parameters):
    rows = evidence(city, {"Paris": 0.97}, {"Brussels": 0.49, "Rio": 0.49})
    found = run("timed-hmm", rows, partition, parameters, gaps=8.0)
    assert found[1].argmax() == city["Brussels"]


def test_the_papers_hmm_gives_the_likeliest_path_too(city, partition, parameters):
    rows = evidence(city, {"Paris": 0.9}, {"Paris": 0.9}, {"Brussels": 0.9})
    album = Album(np.ones(2), np.full(3, -1, np.int32))
    assert hmm.path(rows, album, parameters["hmm"]).tolist() == [city["Paris"], city["Paris"], city["Brussels"]]
    alone = Album(np.ones(0), np.full(1, -1, np.int32))
    assert hmm.path(rows[2:], alone, parameters["hmm"]).tolist() == [city["Brussels"]]


def test_what_needs_training_albums_says_so_and_unknown_names_list_the_known(partition, city):
    rows = evidence(city, {"Paris": 0.9}, {})
    album = Album(np.ones(1), np.full(2, -1, np.int32))
    with pytest.raises(ModelError, match="transitions counted on training albums"):
        methods.decode("hmm", rows, None, album, partition, {})
    with pytest.raises(ModelError, match="between 9 classes for a model of 4"):
        methods.decode("hmm", rows, None, album, partition, {"hmm": hmm.count([np.arange(9)], 9)})
    with pytest.raises(InputError, match="single, average, log-average, hmm, timed-hmm"):
        methods.get("viterbi")


def test_with_more_classes_than_states_the_answer_stays_close_and_whole(monkeypatch):
    rng = np.random.default_rng(5)
    partition = Partition.uniform(rng.uniform(-60, 60, 400), rng.uniform(-179, 179, 400), level=5, min_photos=1)
    n, c = 12, len(partition)
    rows = rng.normal(0, 3, (n, c)).astype(np.float32)
    rows -= np.log(np.exp(rows).sum(axis=1, keepdims=True))
    rows[4] = -np.log(c)
    album = Album(rng.uniform(0, 30, n - 1), np.int32([-1] * (n - 1) + [7]))
    exact = np.exp(timed_hmm.decode(rows, None, album, partition))
    monkeypatch.setattr(timed_hmm, "MAX_STATES", c // 2)
    close = np.exp(timed_hmm.decode(rows, None, album, partition))
    np.testing.assert_allclose(close.sum(axis=1), 1, atol=1e-4)
    assert np.abs(close - exact).sum(axis=1).max() < 0.3
    assert (close.argmax(axis=1) == exact.argmax(axis=1)).mean() > 0.8
    assert 7 in timed_hmm.states_of(rows, album.known, 3)


def test_counting_passes_over_photos_outside_every_cell_and_names_foreign_classes():
    counts = hmm.count([np.array([0, 0, -1, 1, 2]), np.array([2]), np.array([], int)], 3)
    assert counts.photos.tolist() == [2, 1, 2]
    assert [*zip(counts.origin, counts.target, counts.steps, strict=True)] == [(0, 0, 1), (1, 2, 1)]
    with pytest.raises(InputError, match="class 3 of 3"):
        hmm.count([np.array([3])], 3)
    with pytest.raises(InputError, match="nothing to count"):
        hmm.count([np.array([-1])], 3)


def test_fitted_travel_finds_the_shares_that_made_the_albums(partition, city):
    rng = np.random.default_rng(0)
    # A minute apart people stay; a day apart they are anywhere.
    albums = [(np.array([row, row]), np.array([1 / 60])) for row in rng.integers(0, 4, 500)]
    albums += [(rng.integers(0, 4, 2), np.array([24.0])) for _ in range(2000)]
    shares = transition_model.fit(albums, partition).shares
    assert shares[0, 0] > 0.95
    assert shares[4, -1] > 0.8 and shares[4, 0] < 0.1
    np.testing.assert_allclose(shares[3], transition_model.DEFAULT_SHARES[3], atol=0.02)  # no step came near six hours
    with pytest.raises(InputError, match="no step can be fitted"):
        transition_model.fit([(np.array([-1, 0]), np.array([1.0]))], partition)


def test_fitting_never_makes_the_training_steps_less_likely(partition):
    rng = np.random.default_rng(3)
    albums = [(rng.integers(0, 4, 9), rng.exponential(20, 8)) for _ in range(60)]
    fitted, judged = transition_model.fit(albums, partition), transition_model.default()

    def likelihood(shares):
        total = 0.0
        for classes, gaps in albums:
            chain = timed_hmm.TimedChain(partition, np.arange(4), shares.at(gaps))
            steps = [chain.forward(gap, np.eye(4)[classes[gap]])[classes[gap + 1]] for gap in range(len(gaps))]
            total += np.log(steps).sum()
        return total

    assert likelihood(fitted) > likelihood(judged)


@pytest.mark.parametrize("name", EVERY)
def test_an_album_twice_as_long_takes_no_more_memory_per_photo(name):
    rng = np.random.default_rng(0)
    partition = Partition.uniform(rng.uniform(-60, 60, 300), rng.uniform(-179, 179, 300), level=5, min_photos=1)
    c = len(partition)
    counted = {"hmm": hmm.count([rng.integers(0, c, 500)], c)}

    def peak(n):
        rows = np.log(rng.dirichlet(np.ones(c), n)).astype(np.float32)
        album = Album(np.ones(n - 1), np.full(n, -1, np.int32))
        tracemalloc.start()
        try:
            methods.decode(name, rows, None, album, partition, counted)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(4)  # what is made once for a partition
    assert peak(160) < 2.1 * peak(80)
    assert peak(160) < 8 * 160 * c * 4
