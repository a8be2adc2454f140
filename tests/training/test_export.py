import json
import warnings

import numpy as np
import onnxruntime
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from photoplanet.cli.export import command
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError, ModelError, TrainingError
from photoplanet.models import folder as model_folder
from photoplanet.photos.decode import Preprocessing
from photoplanet.training import checkpoint, export
from photoplanet.training.backbones import BACKBONES
from photoplanet.training.classifier import Classifier

CELLS = 5


def network(backbone="mobile", classes=CELLS, seed=0):
    """A small network whose running statistics are not those of a fresh one."""
    torch.manual_seed(seed)
    model = Classifier(backbone, classes, Preprocessing(size=96), width=0.125)
    with torch.inference_mode():
        model.train()(photos(4))
    return model.eval()


def photos(count):
    return torch.randint(0, 256, (count, 96, 96, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="module")
def cells():
    lat, lng = np.repeat([10.0, 20.0, 30.0, 40.0, 50.0], 3), np.repeat([1.0, 40.0, 80.0, 120.0, 160.0], 3)
    return Partition.uniform(lat, lng, level=4, min_photos=1)


@pytest.fixture(scope="module")
def exported(cells, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "model"
    bundle = export.export_model(network(), cells, folder, "small", {"temperature": 1.5}, {"steps": 3})
    return network(), bundle


# lite1 and lite2 differ from lite0 in numbers alone
@pytest.mark.parametrize("backbone", [name for name in BACKBONES if name not in ("lite1", "lite2")])
def test_onnx_runtime_agrees_with_torch_for_any_batch_size(backbone, tmp_path):
    model, path = network(backbone), tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing of the exporters' own may leak
        parity = export.write_onnx(model, path)
    assert max(parity) < 1e-4
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path.read_bytes(), options)
    for count in (1, 2, 7):
        log_p, embedding = session.run(["log_probabilities", "embedding"], {"images": photos(count).numpy()})
        with torch.inference_mode():
            expected = model(photos(count))
        assert log_p.dtype == embedding.dtype == np.float32
        np.testing.assert_allclose(log_p, expected.logits.log_softmax(1), atol=1e-3)
        np.testing.assert_allclose(embedding, expected.embedding, atol=1e-3)


def test_the_file_names_its_ports_and_nothing_of_this_machine(exported):
    data = exported[1].onnx_path.read_bytes()
    session = onnxruntime.InferenceSession(data)
    (images,) = session.get_inputs()
    assert (images.name, images.type, images.shape[1:]) == ("images", "tensor(uint8)", [96, 96, 3])
    assert [output.name for output in session.get_outputs()] == ["log_probabilities", "embedding"]
    assert b".py" not in data and b"site-packages" not in data


def test_batch_norms_are_folded(exported):
    import onnx

    kinds = {node.op_type for node in onnx.load_from_string(exported[1].onnx_path.read_bytes()).graph.node}
    assert "BatchNormalization" not in kinds


def test_equal_weights_give_equal_bytes_and_training_can_go_on(exported, tmp_path):
    model, bundle = network(), exported[1]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.train()
    export.write_onnx(model, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == bundle.onnx_path.read_bytes()
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_weights_that_are_not_finite_are_refused_and_nothing_is_left(tmp_path):
    model = network()
    model.head.weight.data[0, 0] = float("nan")
    with pytest.raises(TrainingError, match="finite"):
        export.write_onnx(model, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_differs_from_torch_is_refused_with_the_figures(tmp_path):
    with pytest.raises(TrainingError, match=r"differ by .* in log-probabilities"):
        export.write_onnx(network(), tmp_path / "model.onnx", tolerance=0.0)
    assert list(tmp_path.iterdir()) == []


def test_a_network_over_two_gigabytes_is_refused(tmp_path):
    with torch.device("meta"):
        model = Classifier("mobile", 9_000_000, Preprocessing(size=96))
    with pytest.raises(InputError, match="2 GB"):
        export.write_onnx(model, tmp_path / "model.onnx")


def test_the_model_folder_is_whole_and_rebuilds_the_network(exported):
    model, bundle = exported
    again = model_folder.read(bundle.folder)
    assert (again.info.name, again.info.classes, again.info.temperature) == ("small", CELLS, 1.5)
    assert again.info.training["steps"] == 3 and max(again.info.training["onnx_parity"].values()) < 1e-4
    loaded = export.load_classifier(again).eval()
    with torch.inference_mode():
        assert torch.equal(loaded(photos(2)).logits, model(photos(2)).logits)
    assert not [path for path in bundle.folder.parent.iterdir() if path.name.startswith(".")]


def test_cells_of_another_model_are_refused_and_leave_nothing(cells, tmp_path):
    with pytest.raises(ModelError, match="5 cells"):
        export.export_model(network(classes=6), cells, tmp_path / "model", "wrong")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["missing", "extra", "shape", "text"])
def test_weights_of_another_network_are_named(exported, tmp_path, damage):
    model, bundle = exported
    weights, path = load_file(bundle.weights_path), tmp_path / "weights.safetensors"
    if damage == "missing":
        del weights["head.bias"]
    elif damage == "extra":
        weights["head.more"] = torch.zeros(1)
    elif damage == "shape":
        weights["head.bias"] = torch.zeros(9)
    save_file(weights, path)
    if damage == "text":
        path.write_text("no tensors here")
    with pytest.raises(ModelError, match="safetensors" if damage == "text" else "head.") as caught:
        export.load_weights(model, path)
    assert "\n" not in str(caught.value)


def write_run(folder, cells, average=True, toy=False):
    """What a training run leaves: a checkpoint and its cells."""
    folder.mkdir()
    model, averaged = network(seed=1), network(seed=2)
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in averaged.state_dict().items()} if average else {}
    facts = {"network": model.arguments(), "step": 40, "total": 100, "seconds": 1.0, "history": [], "toy": toy}
    checkpoint.write(folder, tensors, facts)
    cells.save(folder / model_folder.CELLS)
    return averaged if average else model


@pytest.mark.parametrize("average", [True, False])
def test_a_runs_checkpoint_becomes_a_model(cells, tmp_path, average):
    expected = write_run(tmp_path / "model.run", cells, average, toy=True)
    result = CliRunner().invoke(command, [str(tmp_path / "model.run"), "-o", str(tmp_path / "half"), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["steps"] == 40
    bundle = model_folder.read(tmp_path / "half")
    assert bundle.info.is_toy and bundle.info.name == "half"
    loaded = export.load_classifier(bundle).eval()
    with torch.inference_mode():
        assert torch.equal(loaded(photos(2)).logits, expected(photos(2)).logits)


def test_folders_without_a_whole_run(cells, tmp_path):
    with pytest.raises(InputError, match=r"OUTPUT\.run"):
        export.export_run(tmp_path, tmp_path / "model")
    write_run(tmp_path / "model.run", cells)
    (tmp_path / "model.run" / model_folder.CELLS).unlink()
    with pytest.raises(ModelError, match="cells"):
        export.export_run(tmp_path / "model.run", tmp_path / "model")
    (tmp_path / "model.run" / checkpoint.LAST).write_bytes(b"torn")
    with pytest.raises(ModelError, match="checkpoint"):
        export.export_run(tmp_path / "model.run", tmp_path / "model")
