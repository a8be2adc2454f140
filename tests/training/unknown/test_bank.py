import numpy as np
import onnx
import pytest

from photoplanet.core import onnx_sessions
from photoplanet.core.onnx_graphs import Graph
from photoplanet.errors import ModelError, TrainingError
from photoplanet.training.unknown import bank


def _network(path, numbers=3):
    """Photos of 2 × 2 px → their mean colour."""
    graph = Graph()
    pixels = graph.add("Cast", ["images"], to=1)
    graph.add("ReduceMean", [pixels, graph.constant("sides", np.array([1, 2]))], "embedding", keepdims=0)
    outputs = {"embedding": (np.float32, ["n", numbers])}
    path.write_bytes(graph.model("colour", {"images": (np.uint8, ["n", 2, 2, 3])}, outputs).SerializeToString())
    return path


@pytest.mark.parametrize("photos", [1, 2, 40])
def test_the_networks_similarity_is_the_mean_cosine_of_the_nearest_three(tmp_path, photos):
    random = np.random.default_rng(photos)
    known = random.random((photos, 3)).astype(np.float32)
    path = _network(tmp_path / "model.onnx")
    assert bank.add(path, bank.of(known)) < 1e-6
    images = random.integers(0, 256, (5, 2, 2, 3), np.uint8)
    images[0] = 0  # no length at all
    embedding, found = onnx_sessions.open_session(path, 1).run(["embedding", "similarity"], {"images": images})
    for row, colour in enumerate(embedding):
        cosines = [k @ colour / max(np.linalg.norm(k) * np.linalg.norm(colour), 1e-12) for k in known]
        assert found[row] == pytest.approx(np.mean(sorted(cosines)[-3:]), abs=0.01), "whole numbers of 127"


def test_a_bank_takes_photos_by_chance_and_the_same_ones_again():
    rows = bank.chosen(1000, 100)
    assert len(set(rows.tolist())) == 100 and (np.diff(rows) > 0).all() and 300 < rows.mean() < 700
    assert np.array_equal(rows, bank.chosen(1000, 100)) and bank.chosen(0).size == 0


def test_a_network_that_does_not_fit_is_refused(tmp_path):
    path = _network(tmp_path / "model.onnx")
    bank.add(path, bank.of(np.eye(3, dtype=np.float32)))
    for colours, why in ((3, "without similarity"), (4, "without similarity")):
        with pytest.raises(ModelError, match=why):
            bank.add(path, bank.of(np.eye(colours, dtype=np.float32)))
    before = path.read_bytes()
    assert onnx.load(path).graph.output[-1].name == "similarity" and path.read_bytes() == before
    with pytest.raises(ModelError, match="does not fit"):
        bank.add(_network(tmp_path / "other.onnx"), bank.of(np.eye(4, dtype=np.float32)))


def test_documented_sizes():
    assert bank.MOST == 3000 and bank.NEAREST == 3 and bank.TOLERANCE == 1e-3


def test_a_network_that_answers_otherwise_than_numpy_is_not_kept(tmp_path, monkeypatch):
    path = _network(tmp_path / "model.onnx")
    before = path.read_bytes()
    for wrong in (0.01, np.nan):
        monkeypatch.setattr(bank.Bank, "similarity", lambda self, rows, wrong=wrong: np.full(len(rows), 3 + wrong))
        with pytest.raises(TrainingError, match="differs from NumPy's"):
            bank.add(path, bank.of(np.eye(3, dtype=np.float32)))
        assert path.read_bytes() == before


def test_whole_numbers_are_the_nearest():
    known = np.random.default_rng(0).normal(size=(40, 9)).astype(np.float32)
    made = bank.of(known)
    assert np.abs(made.values * made.scale - bank.unit(known)).max() <= made.scale * 0.501
