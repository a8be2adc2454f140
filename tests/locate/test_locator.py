import io
import itertools
import json
import threading

import numpy as np
import pytest
from PIL import Image

import photoplanet as pp
from photoplanet.errors import InputError, ModelError
from photoplanet.locate import locator
from photoplanet.locate.prediction import Prediction
from photoplanet.models import folder, installed


@pytest.fixture(scope="module")
def tiny(tiny_model):
    return locator.load(tiny_model)


def expected(colour, cities, partition):
    """Probabilities (5,) of the tiny model for a mean colour 0…1, worked out here."""
    logits = np.empty(5)
    for name, weights in {"Paris": (10, 0, 0), "Brussels": (9, 0, 0), "Tokyo": (0, 0, 0), "Rio": (0, 10, 0),
                          "Sydney": (0, 0, 10)}.items():  # fmt: skip
        label = partition.assign(*np.array(cities[name])[:, None])[0]
        logits[label] = np.dot(weights, colour) + (5 if name == "Tokyo" else 0)
    return np.exp(logits - np.logaddexp.reduce(logits))


def test_the_distribution_is_the_one_worked_out_by_hand(tiny, photo, tiny_cities):
    for colour, rgb in {"red": (1, 0, 0), "green": (0, 1, 0), "black": (0, 0, 0)}.items():
        found = tiny.locate(photo(colour))
        assert found.probabilities == pytest.approx(expected(rgb, tiny_cities, tiny.partition), abs=1e-5)
        assert found.probabilities.dtype == np.float32
        assert found.embedding == pytest.approx(rgb)


def test_temperature_flattens_the_distribution_as_it_should(write_model, photo, tmp_path, tiny, tiny_cities):
    write_model(tmp_path / "warm", temperature=2.5)
    row = expected((1, 0, 0), tiny_cities, tiny.partition) ** (1 / 2.5)
    found = locator.load(tmp_path / "warm").locate(photo("red")).probabilities
    assert found == pytest.approx(row / row.sum(), abs=1e-5)


def test_a_path_bytes_a_picture_and_an_array_are_the_same_photo(tiny, photo):
    path = photo("red")
    image = Image.open(path)
    sources = [path, str(path), path.read_bytes(), image, np.array(image)]
    for one in (tiny.locate(source) for source in sources):
        assert isinstance(one, Prediction)
        assert one.probabilities == pytest.approx(tiny.locate(path).probabilities)
    together = tiny.locate(sources)
    assert isinstance(together, list) and len(together) == 5
    assert tiny.locate([path])[0].best == tiny.locate(path).best
    assert tiny.locate([]) == []


def test_a_list_keeps_its_order(tiny, photo):
    colours = ["red", "green", "black", "blue"] * 20
    found = tiny.locate([photo(colour) for colour in colours])
    names = {"red": "France", "green": "Brazil", "black": "Japan", "blue": "Australia"}
    assert [one.best.near.country for one in found] == [names[colour] for colour in colours]


def test_an_unreadable_photo_is_raised_or_kept_in_its_place(tiny, photo, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"\xff\xd8\xff no photo")
    with pytest.raises(InputError, match=r"bad\.jpg"):
        tiny.locate(bad)
    with pytest.raises(InputError, match=r"bad\.jpg"):
        tiny.locate([photo("red"), bad])
    found = tiny.locate([photo("red"), bad, tmp_path / "nowhere.jpg", photo("green")], on_error="keep")
    assert [type(one).__name__ for one in found] == ["Prediction", "PhotoError", "PhotoError", "Prediction"]
    assert all(isinstance(one, InputError) for one in found[1:3])
    with pytest.raises(InputError, match="on_error"):
        tiny.locate(photo("red"), on_error="ignore")


def test_many_photos_stream_from_an_endless_source_in_bounded_memory(tiny, photo):
    path, drawn = photo("red"), []

    def endless():
        for number in itertools.count():
            drawn.append(number)
            yield path

    results = tiny.locate_many(endless(), batch_size=8, decode_threads=2)
    for _, (source, answer) in zip(range(20), results, strict=False):
        assert source == path and isinstance(answer, Prediction)
    assert len(drawn) < 64
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("photos")]


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_batches_of_any_size_pair_sources_with_their_answers(tiny, photo, tmp_path, batch_size):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"nothing")
    sources = [photo("red"), bad, photo("green"), bad, bad, photo("black"), photo("red")]
    steps = []
    found = list(tiny.locate_many(sources, batch_size=batch_size, advance=lambda count=1, note="": steps.append(count)))
    assert [source for source, _ in found] == sources
    assert [isinstance(answer, InputError) for _, answer in found] == [source == bad for source in sources]
    good = [answer for _, answer in found if isinstance(answer, Prediction)]
    assert [answer.best.near.country_code for answer in good] == ["FR", "BR", "JP", "FR"]
    assert sum(steps) == 7
    with pytest.raises(InputError, match="batch_size"):
        next(tiny.locate_many(sources, batch_size=0))


def test_log_probabilities_are_calibrated_and_sum_to_one(tiny):
    photos = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), dtype=np.uint8)
    found, embedding = tiny.log_probabilities(photos)
    assert found.shape == (9, 5) and embedding.shape == (9, 3)
    assert found.dtype == embedding.dtype == np.float32
    assert np.exp(found).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert tiny.log_probabilities(photos[:0])[0].shape == (0, 5)
    for wrong in (photos.astype(np.float32), photos[0], photos[:, :8]):
        with pytest.raises(InputError, match=r"uint8 \(n, 16, 16, 3\)"):
            tiny.log_probabilities(wrong)


def test_the_readout_decides_the_point(tiny, photo):
    center, mean, local = (tiny.locate(photo("red"), readout=name).best for name in ("center", "mean", "local"))
    assert len({center.latitude, mean.latitude, local.latitude}) == 3
    with pytest.raises(InputError, match="no readout"):
        tiny.locate(photo("red"), readout="guess")


def test_the_public_names_load_and_locate(photo, tiny_model):
    installed.add(tiny_model)
    assert pp.load().locate(photo("green")).best.near.country == "Brazil"
    assert pp.locate(photo("green")).best.near.country == "Brazil"
    assert pp.locate([photo("green")], model=tiny_model)[0].best.near.country == "Brazil"


def test_the_threshold_for_no_answer_comes_from_the_model_or_the_caller(tiny_model, tiny_model_copy, photo):
    facts = json.loads((tiny_model_copy / "model.json").read_text())
    facts["calibration"]["abstain_below"] = 0.999999
    (tiny_model_copy / "model.json").write_text(json.dumps(facts))
    assert not locator.load(tiny_model).locate(photo("red")).abstains
    assert locator.load(tiny_model_copy).locate(photo("red")).abstains
    assert not locator.Locator(folder.read(tiny_model_copy), abstain_below=0.1).locate(photo("red")).abstains


def test_threads_are_checked(tiny_model):
    assert locator.load(tiny_model, threads=1)
    with pytest.raises(InputError, match="threads"):
        locator.load(tiny_model, threads=0)


def swap_network(model, data):
    """Put another network into a model folder, with the hash that belongs to it."""
    (model / "model.onnx").write_bytes(data)
    facts = json.loads((model / "model.json").read_text())
    facts["hashes"]["model.onnx"] = folder.sha256(model / "model.onnx")
    (model / "model.json").write_text(json.dumps(facts))


def edited(model, change):
    """The bytes of the model's network after `change(graph)`."""
    import onnx

    network = onnx.load(model / "model.onnx")
    change(network.graph)
    buffer = io.BytesIO()
    onnx.save(network, buffer)
    return buffer.getvalue()


def test_a_network_that_answers_nonsense_is_the_models_fault(tiny_model_copy, photo):
    def poison(graph):
        from onnx import numpy_helper

        bias = next(each for each in graph.initializer if each.name == "b")
        bias.CopyFrom(numpy_helper.from_array(np.full(5, np.nan, np.float32), "b"))

    swap_network(tiny_model_copy, edited(tiny_model_copy, poison))
    with pytest.raises(ModelError, match="not finite"):
        locator.load(tiny_model_copy).locate(photo("red"))


def test_a_network_that_does_not_fit_its_facts_is_refused(tiny_model_copy):
    original = (tiny_model_copy / "model.onnx").read_bytes()
    swap_network(tiny_model_copy, b"no network at all")
    with pytest.raises(ModelError, match="not a usable network"):
        locator.load(tiny_model_copy)

    def rename(graph):
        graph.output[1].name = graph.node[2].output[0] = graph.node[3].input[0] = "features"

    swap_network(tiny_model_copy, original)
    swap_network(tiny_model_copy, edited(tiny_model_copy, rename))
    with pytest.raises(ModelError, match="the output embedding must be"):
        locator.load(tiny_model_copy)

    swap_network(tiny_model_copy, original)
    facts = json.loads((tiny_model_copy / "model.json").read_text())
    facts["preprocessing"]["size"] = 32
    (tiny_model_copy / "model.json").write_text(json.dumps(facts))
    with pytest.raises(ModelError, match=r"the input images must be tensor\(uint8\) \(photos, 32, 32, 3\)"):
        locator.load(tiny_model_copy)


def test_a_damaged_network_is_found_before_it_is_opened(tiny_model_copy):
    (tiny_model_copy / "model.onnx").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"model\.onnx: damaged"):
        locator.load(tiny_model_copy)


@pytest.mark.parametrize("temperature", [0.05, 1.0, 20.0])
def test_a_temperature_is_applied_where_all_but_one_class_are_impossible(temperature):
    """Far below 0 every exponential is 0: the largest has to be taken off first."""
    rows = np.array([[-1000.0, -1001.0, -3000.0], [-0.0, -90.0, -2000.0]], np.float32)
    found = locator.softmax_at(rows, temperature)
    exact = rows.astype(np.float64) / temperature
    exact -= np.logaddexp.reduce(exact, axis=1, keepdims=True)
    assert found == pytest.approx(exact, rel=1e-5, abs=1e-5)
    assert rows[0, 0] == -1000  # a new array
