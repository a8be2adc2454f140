"""Album networks: how albums become batches, what training learns and resumes, and files that answer as torch does."""

import dataclasses
import json
import os
import shutil
import signal

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.albums import album_parameters, attention, lstm, networks
from photoplanet.albums.album import Album
from photoplanet.albums.networks import LSTMS, READINGS, Reading
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError, ModelError
from photoplanet.models import folder
from photoplanet.training.albums import data, export, recipes, task, validation
from photoplanet.training.albums.attention import AlbumAttention
from photoplanet.training.albums.data import AlbumPhotos
from photoplanet.training.albums.networks import AlbumLSTM
from photoplanet.training.loop import Loop, RunOptions, Stopped

PLACES = np.array([[48.86, 2.35], [50.85, 4.35], [35.68, 139.69], [-22.91, -43.17], [40.7, -74.0]])
D = 8


@pytest.fixture(scope="module")
def partition():
    return Partition.uniform(np.repeat(PLACES[:, 0], 50), np.repeat(PLACES[:, 1], 50), level=6, min_photos=1)


@pytest.fixture(scope="module")
def head(partition):
    """A softmax layer that reads the class off the first numbers of an embedding."""
    weight = torch.zeros(len(partition), D)
    weight[:, : len(partition)] = 4 * torch.eye(len(partition))
    return weight, torch.zeros(len(partition))


def albums(partition, count, seed, clear=0.4, longest=9):
    """Albums of one place each: a share `clear` of the photos shows it, the others show noise."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, longest + 1, count)
    place = np.repeat(random.integers(len(PLACES), size=count), sizes)
    classes = partition.assign(*PLACES[place].T)
    n = len(place)
    embeddings = random.normal(0, 0.3, (n, D))
    shown = np.flatnonzero(random.random(n) < clear)
    embeddings[shown, classes[shown]] += 2
    starts = np.concatenate([[0], np.cumsum(sizes)])
    gaps = random.exponential(2.0, n).astype(np.float32)
    gaps[starts[:-1]] = np.nan
    return AlbumPhotos(embeddings.astype(np.float16), PLACES[place, 0], PLACES[place, 1], classes, gaps, starts)


@pytest.fixture(scope="module")
def training(partition):
    return albums(partition, 150, 1)


@pytest.fixture(scope="module")
def held_out(partition):
    return albums(partition, 40, 2)


SMALL = {"units": 16, "batch_photos": 64, "epochs": 4, "learning_rate": 2e-2, "dropout": 0.1}


def trainer(method, training, held_out, partition, head, folder, **settings):
    recipe = recipes.recipe(method, **{**SMALL, **settings})
    folder.mkdir(exist_ok=True)
    return Loop(task.AlbumTask(training, held_out, partition, recipe, head), folder, RunOptions(curves=False))


sizes = st.lists(st.integers(1, 60), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(sizes, st.sampled_from(sorted(READINGS)), st.sampled_from([0, 7]), st.integers(1, 100), st.integers(0, 3))
def test_every_photo_that_is_read_is_asked_for_once_in_an_epoch(sizes, method, longest, photos, epoch):
    starts = np.concatenate([[0], np.cumsum(sizes)])
    wanted = np.arange(starts[-1])
    if READINGS[method].truncate:  # §4: the first 25 photos of each album
        wanted = np.concatenate(
            [np.arange(start, start + min(size, 25)) for start, size in zip(starts, sizes, strict=False)]
        )
    some = data.batches(starts, READINGS[method], longest, photos, 5, epoch)
    targets = np.concatenate([batch[batch >= 0] for batch in (data.read(b, READINGS[method]).targets for b in some)])
    np.testing.assert_array_equal(np.sort(targets), wanted)
    again = data.batches(starts, READINGS[method], longest, photos, 5, epoch)
    assert all(np.array_equal(a, b) for a, b in zip(some, again, strict=True))


def laid_out(reading, n=3):
    batch = data.read(np.array([[10, n]]), reading)
    return batch.rows[:, 0].tolist(), batch.targets[:, 0].tolist()


def test_the_figure_of_the_paper_is_read_off():
    assert laid_out(Reading()) == ([10, 11, 12], [10, 11, 12])
    assert laid_out(Reading(offset=2)) == ([10, 11, 12, -1, -1], [-1, -1, 10, 11, 12])
    assert laid_out(Reading(passes=2)) == ([10, 11, 12] * 2, [-1, -1, -1, 10, 11, 12])
    assert data.pieces(np.array([0, 30, 31]), 25).tolist() == [[0, 25], [25, 5], [30, 1]]


@pytest.mark.parametrize("method", ["lstm", "lstm-repeat", "blstm25", "attention"])
def test_a_network_learns_to_carry_places_to_unclear_photos(method, training, held_out, partition, head, tmp_path):
    run = trainer(method, training, held_out, partition, head, tmp_path)
    run.run()
    alone = AlbumAttention(partition, head, 4).own(torch.from_numpy(held_out.embeddings.astype(np.float32)))
    single = float((alone.argmax(dim=1).numpy() == held_out.classes).mean())
    assert single < 0.7
    assert run.best["top1"] > single + 0.1  # four seeds: 0.23 or more, on any instruction set
    assert 0 < run.task.reading_seconds < run.seconds


def test_the_loss_is_the_mean_over_the_photos_in_a_cell(training, held_out, partition, head, tmp_path):
    classes = training.classes.copy()
    classes[::7] = -1  # outside every cell
    some = dataclasses.replace(training, classes=classes)
    run = trainer("lstm", some, held_out, partition, head, tmp_path, dropout=0.0)
    batch = next(run.task.batches(0, 1))
    found = run.task.backward(batch, 0).item()
    with torch.no_grad():
        logits, _ = run.task.model(*run.task.model.inputs(some, batch, slice(None)), None)
    log_p = logits.log_softmax(dim=2).numpy()
    terms = [
        -log_p[step, album, classes[photo]]
        for (step, album), photo in np.ndenumerate(batch.targets)
        if photo >= 0 and classes[photo] >= 0
    ]
    assert found == pytest.approx(np.mean(terms), rel=1e-4)


def test_the_epoch_of_least_validation_loss_is_kept(training, held_out, partition, head, tmp_path):
    wrong = dataclasses.replace(held_out, classes=(held_out.classes + 1) % len(partition))
    run = trainer("lstm", training, wrong, partition, head, tmp_path)
    run.run()
    losses = [result["loss"] for result in run.history]
    assert losses[0] == min(losses) < losses[-1]  # the more it learns, the more it is wrong about these
    kept = validation.validate(run.result(), wrong, partition, run.task.settings)
    assert kept["loss"] == pytest.approx(losses[0], rel=1e-6)
    assert run.best["epoch"] == 1 and run.best["loss"] == losses[0]


def test_what_is_truncated_is_neither_learned_nor_validated(partition, head, tmp_path):
    long = albums(partition, 12, 3, longest=60)
    sizes = np.diff(long.starts)
    run = trainer("blstm25", long, long, partition, head, tmp_path, epochs=1)
    run.run()
    assert sizes.max() > 25 and run.best["photos"] == np.minimum(sizes, 25).sum() < len(long)
    log_p, _ = validation.log_probabilities(run.task.model, long, run.task.settings)
    assert len(log_p) == run.best["photos"]


def test_truncation_leaves_values_as_they_are_and_only_shortens_gradients(
    training, held_out, partition, head, tmp_path
):
    whole = trainer("lstm", training, held_out, partition, head, tmp_path / "a")
    short = trainer("lstm", training, held_out, partition, head, tmp_path / "b", window=2)
    short.task.model.load_state_dict(whole.task.model.state_dict())
    results = [
        np.concatenate(
            [found for _, found in validation.predictions(run.task.model, held_out, run.task.settings)]
        ).sum()
        for run in (whole, short)
    ]
    assert results[0] == pytest.approx(results[1], rel=1e-5)


def test_a_stopped_run_ends_with_the_weights_of_one_that_was_not(training, held_out, partition, head, tmp_path):
    straight = trainer("attention", training, held_out, partition, head, tmp_path / "a", epochs=2)
    straight.run()
    broken = trainer("attention", training, held_out, partition, head, tmp_path / "b", epochs=2)

    def stop_after_three(count=1, note=""):
        if broken.step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Stopped):
        broken.run(stop_after_three)
    assert broken.step < broken.task.total
    resumed = trainer("attention", training, held_out, partition, head, tmp_path / "b", epochs=2)
    resumed.run()
    for name, value in straight.task.model.state_dict().items():
        torch.testing.assert_close(resumed.task.model.state_dict()[name], value, rtol=0, atol=0)
    with pytest.raises(InputError, match=r"epochs=2 \(now 3\).*give the same settings"):
        trainer("attention", training, held_out, partition, head, tmp_path / "b", epochs=3).run()


@pytest.fixture(scope="module")
def model(tmp_path_factory, partition):
    """A model folder with every album network, barely trained: five classes, embeddings of D numbers."""
    from photoplanet.photos.decode import Preprocessing
    from photoplanet.training.classifier import Classifier
    from photoplanet.training.export import export_model

    torch.manual_seed(0)
    classifier = Classifier("mobile", len(partition), Preprocessing(size=32), width=0.25, embedding=D)
    target = tmp_path_factory.mktemp("albums") / "model"
    export_model(classifier.eval(), partition, target, "albums")
    return target


@pytest.fixture(scope="module")
def trained(model, training, held_out, partition, head, tmp_path_factory):
    """Method → the torch network whose part `model` now has."""
    found = {}
    for method in READINGS:
        run = trainer(method, training, held_out, partition, head, tmp_path_factory.mktemp(method), epochs=1)
        run.run()
        export.export(run.result(), method, model, temperature=0.8)
        found[method] = export.halved(run.result())
    return found


def album_of(n, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(n, D)).astype(np.float32), random.exponential(3.0, max(n - 1, 0))


def located(model, method, embeddings, gaps, own, known=None):
    network = album_parameters.read(folder.read(model))[method]
    n = len(embeddings)
    album = Album(gaps, np.full(n, -1, np.int32) if known is None else known)
    decode = lstm.decode if method in LSTMS else attention.decode
    return decode(own, embeddings, album, None, network)


@pytest.mark.parametrize("method", sorted(LSTMS))
def test_files_answer_as_torch_does_over_pieces_and_cuts(method, model, trained, monkeypatch):
    embeddings, gaps = album_of(61)
    own = np.full((61, 5), -np.log(5), np.float32)
    expected = export.by_torch(trained[method], embeddings, 0.8)
    expected = np.concatenate([expected, own[len(expected) :]])
    np.testing.assert_allclose(located(model, method, embeddings, gaps, own), expected, atol=1e-4)
    monkeypatch.setattr(lstm, "STEPS", 7)
    np.testing.assert_allclose(located(model, method, embeddings, gaps, own), expected, atol=1e-4)


def test_attention_in_pieces_answers_as_at_once_where_the_reach_covers_the_album(model, trained, head, monkeypatch):
    embeddings, gaps = album_of(40)
    own = trained["attention"].own(torch.from_numpy(embeddings)).numpy()
    whole = located(model, "attention", embeddings, gaps, own)
    monkeypatch.setattr(attention, "TOGETHER", 9)
    monkeypatch.setattr(attention, "REACH", 40)
    np.testing.assert_allclose(located(model, "attention", embeddings, gaps, own), whole, atol=1e-4)
    monkeypatch.setattr(attention, "REACH", 1)
    assert np.abs(located(model, "attention", embeddings, gaps, own) - whole).max() > 1e-3


def test_untrained_attention_is_nearly_the_cnn_and_knows_anchors(partition, head):
    torch.manual_seed(0)
    network = AlbumAttention(partition, head, 4).eval()
    own = network.own(torch.zeros(3, D), torch.tensor([-1, 2, -1])).exp().numpy()
    np.testing.assert_allclose(own[0], 0.2, rtol=1e-5)
    assert own[1, 2] > 0.99999
    np.testing.assert_allclose(own.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("method", sorted(READINGS))
def test_one_photo_is_answered_by_the_cnn_and_anchors_keep_their_place(method, model, trained):
    random = np.random.default_rng(3)
    own = np.log(random.dirichlet(np.ones(5), 6)).astype(np.float32)
    embeddings, gaps = album_of(6)
    np.testing.assert_array_equal(located(model, method, embeddings[:1], gaps[:0], own[:1]), own[:1])
    known = np.array([-1, 3, -1, -1, -1, -1], np.int32)
    found = located(model, method, embeddings, gaps, own, known)
    assert found[1].argmax() == 3 and np.exp(found[1, 3]) > 0.999
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, rtol=1e-4)


def test_time_between_photos_decides_how_much_they_help(model, trained):
    own = np.full((2, 5), -np.log(5), np.float32)
    own[0] = np.log([0.9, 0.025, 0.025, 0.025, 0.025])
    embeddings = np.full((2, D), 0.1, np.float32)
    near, far = (located(model, "attention", embeddings, np.array([hours]), own)[1, 0] for hours in (0.01, 5000.0))
    assert near > far > np.log(0.2) - 0.05
    unknown = located(model, "attention", embeddings, np.array([np.nan]), own)[1, 0]
    assert np.isfinite(unknown)


def test_hours_apart_are_unknown_across_an_unknown_gap():
    hours, spells = attention.apart(np.array([0.0, 2.0, np.nan, 3.0]))
    features = attention.pairs(hours, spells, slice(None), slice(None))
    np.testing.assert_allclose(features.sum(axis=2), 1, rtol=1e-6)
    assert (features[..., -1] == np.array([[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]])).all()
    np.testing.assert_allclose(features, features.transpose(1, 0, 2))
    np.testing.assert_allclose(attention.time_features(np.array(1.0))[2], 1)


def test_memory_beside_the_answer_does_not_grow_with_the_album(model, trained):
    import tracemalloc

    peaks = {}
    for method in ("lstm-repeat", "attention"):
        for n in (1500, 3000):
            embeddings, gaps = album_of(n)
            own = np.full((n, 5), -np.log(5), np.float32)
            located(model, method, embeddings[:20], gaps[:19], own[:20])
            tracemalloc.start()
            located(model, method, embeddings, gaps, own)
            peaks[method, n] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peaks[method, 3000] < 2.1 * peaks[method, 1500]


def test_damage_is_named(model, trained, tmp_path):
    copied = tmp_path / "model"
    shutil.copytree(model, copied)
    embeddings, gaps = album_of(4)
    own = np.full((4, 5), -np.log(5), np.float32)
    path = copied / "album-lstm-head.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    network = album_parameters.read(folder.read(copied, verify=False))["lstm"]
    with pytest.raises(ModelError, match=r"album-lstm-head.onnx: missing or damaged"):
        lstm.decode(own, embeddings, Album(gaps[:3], np.full(4, -1, np.int32)), None, network)
    facts = json.loads((copied / "model.json").read_text("utf-8"))
    facts["parts"]["album-lstm"]["units"] = -3
    (copied / "model.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(ModelError, match="units must be 1 to"):
        album_parameters.read(folder.read(copied, verify=False))
    facts["parts"]["album-lstm"]["reading"] = {}
    (copied / "model.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(ModelError, match="train it again"):
        album_parameters.read(folder.read(copied, verify=False))


def test_parts_are_small_and_say_what_they_are(model, trained):
    info = folder.read(model).info
    for method in READINGS:
        facts = info.parts[networks.part_name(method)]
        assert facts["onnx_parity"] < 1e-4 and facts["temperature"] == 0.8 and facts["parameters"] > 0


@pytest.mark.parametrize(
    "settings", [{"method": "nothing"}, {"units": 0}, {"dropout": 1.0}, {"learning_rate": 0.0}, {"window": 0}]
)
def test_settings_that_cannot_work_are_refused(settings):
    with pytest.raises(InputError):
        recipes.recipe(**{"method": "lstm", **settings})


def test_a_missing_network_is_named():
    with pytest.raises(ModelError, match="train-album"):
        lstm.decode(np.zeros((2, 3), np.float32), np.zeros((2, 4)), Album(np.ones(1), np.full(2, -1, np.int32)), None)
    assert isinstance(AlbumLSTM(Reading(), 4, 3, 2).sizes(), dict)


def test_a_network_from_before_truncation_is_read_unless_its_name_means_another_now(model, trained, tmp_path):
    copied = shutil.copytree(model, tmp_path / "model")
    facts = json.loads((copied / "model.json").read_text("utf-8"))
    for method in ("lstm", "blstm25"):  # as they were written then; `blstm25` read on in pieces
        del facts["parts"][networks.part_name(method)]["reading"]["truncate"]
    (copied / "model.json").write_text(json.dumps(facts), encoding="utf-8")
    found = album_parameters.read(folder.read(copied, verify=False))
    assert "lstm" in found and "blstm25" not in found and "blstm25-pieces" in found
