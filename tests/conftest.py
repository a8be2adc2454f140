"""What several folders of tests share: a home of their own, and a tiny model whose answers are worked out by hand."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
from hub_stand_in import HubStandIn
from PIL import Image

# Where the tiny model's training photos were "taken", and the logit that one full colour gives:
# 10·red for Paris, 9·red for Brussels (264 km away), 10·green for Rio, 10·blue for Sydney, 5 for Tokyo always.
CITIES = {"Paris": (48.86, 2.35), "Brussels": (50.85, 4.35), "Tokyo": (35.68, 139.69), "Rio": (-22.91, -43.17),
          "Sydney": (-33.87, 151.21)}  # fmt: skip
WEIGHTS = {"Paris": (10, 0, 0), "Brussels": (9, 0, 0), "Tokyo": (0, 0, 0), "Rio": (0, 10, 0), "Sydney": (0, 0, 10)}
BIAS = {"Tokyo": 5}
COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "black": (0, 0, 0)}
SIZE = 16
DOUBTS = {"bias": 2.0, "weights": {"similarity": -6.0}}


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch) -> Path:
    """No test sees, or writes to, the models of whoever runs it, and networks work on the plain processor."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PHOTOPLANET_HOME", str(home))
    monkeypatch.setenv("PHOTOPLANET_DEVICE", "cpu")  # or figures would hang on what is installed here
    return home


@pytest.fixture
def hub(monkeypatch):
    """A model hub on this machine that PHOTOPLANET_HUB names: `hub.add("org/name", {"model.onnx": bytes})`."""
    with HubStandIn() as stand_in:
        monkeypatch.setenv("PHOTOPLANET_HUB", stand_in.address)
        yield stand_in


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """A model folder of five cells (see CITIES and WEIGHTS above), not to be changed; `tiny_model_copy` may be."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    write_tiny_model(folder)
    return folder


@pytest.fixture
def tiny_model_copy(tiny_model, tmp_path) -> Path:
    """A copy of `tiny_model` that a test may change."""
    return Path(shutil.copytree(tiny_model, tmp_path / "tiny-copy"))


@pytest.fixture(scope="session")
def doubting_model(tmp_path_factory) -> Path:
    """The tiny model that can tell what it does not know: 88 % of black photos (Tokyo), 2 % of red, green and blue."""
    folder = tmp_path_factory.mktemp("models") / "doubting"
    write_tiny_model(folder, name="doubting", unknown=DOUBTS)
    return folder


@pytest.fixture(scope="session")
def write_model():
    """The function that writes such a folder: `write_model(folder, name=…, temperature=…, world=…, unknown=…)`."""
    return write_tiny_model


@pytest.fixture(scope="session")
def tiny_cities() -> dict[str, tuple[float, float]]:
    """The five places that the tiny model knows: name → mean latitude, longitude of its photos."""
    return CITIES


@pytest.fixture
def photo(tmp_path):
    """A function that writes a photo of one colour: `photo("red")` → its path, `photo("red", "a/b.png")`."""

    def write(colour: str, name: str | None = None) -> Path:
        path = tmp_path / (name or f"{colour}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), COLOURS[colour]).save(path)
        return path

    return write


def tiny_partition():
    """Five cells of level 6, each with the mean position of its 50 photos exactly at its city."""
    from photoplanet.earth.partition.partition import Partition

    offsets = np.linspace(-0.02, 0.02, 50)
    lat = np.concatenate([city[0] + offsets for city in CITIES.values()])
    lng = np.concatenate([city[1] + offsets for city in CITIES.values()])
    return Partition.uniform(lat, lng, level=6, min_photos=1)


def write_tiny_model(folder, name="tiny", temperature=1.0, world="real", bias=None, size=SIZE, unknown=None):
    """Write a model folder whose network takes a photo's mean colour and is otherwise as WEIGHTS and BIAS say.

    With `unknown` (facts for model.json) it says how similar the nearest training photos are: 1 − black.
    """
    from photoplanet.models.folder import ModelInfo, write
    from photoplanet.photos.decode import Preprocessing

    partition = tiny_partition()
    labels = partition.assign(*np.transpose(list(CITIES.values())))
    weights, biases = np.zeros((3, len(CITIES)), np.float32), np.zeros(len(CITIES), np.float32)
    for label, city in zip(labels, CITIES, strict=True):
        weights[:, label] = WEIGHTS[city]
        biases[label] = (BIAS if bias is None else bias).get(city, 0)
    network = Path(folder).with_name(f"{Path(folder).name}.onnx")
    network.parent.mkdir(parents=True, exist_ok=True)
    network.write_bytes(tiny_network(weights, biases, size, similarity=unknown is not None))
    info = ModelInfo(
        name=name,
        backbone={"backbone": "mean colour"},
        preprocessing=Preprocessing(size=size),
        classes=len(CITIES),
        embedding_size=3,
        calibration={"temperature": temperature} | ({} if unknown is None else {"unknown": unknown}),
        training={"world": world, "photos": 250},
    )
    bundle = write(folder, info, partition, network, network)
    network.unlink()
    return bundle


def tiny_network(weights: np.ndarray, bias: np.ndarray, size: int, similarity: bool = False) -> bytes:
    """ONNX: uint8 (n, size, size, 3) → mean colour 0…1 (the embedding) → log softmax of weights·colour + bias.

    `similarity`: one more output of that name, the largest of the three colours.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    constants = {"w": weights, "b": bias, "white": np.float32([255])}
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels"], ["colour"], axes=[1, 2], keepdims=0),
        helper.make_node("Div", ["colour", "white"], ["embedding"]),
        helper.make_node("Gemm", ["embedding", "w", "b"], ["logits"]),
        helper.make_node("LogSoftmax", ["logits"], ["log_probabilities"], axis=1),
    ]
    more = []
    if similarity:
        nodes.append(helper.make_node("ReduceMax", ["embedding"], ["similarity"], axes=[1], keepdims=0))
        more.append(helper.make_tensor_value_info("similarity", TensorProto.FLOAT, ["n"]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", size, size, 3])],
        [
            helper.make_tensor_value_info("log_probabilities", TensorProto.FLOAT, ["n", weights.shape[1]]),
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3]),
            *more,
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


@pytest.fixture(scope="session")
def make():
    """tests/data/make_photos.py, the maker of small photos, as a module: tests are no package."""
    path = Path(__file__).parent / "data" / "make_photos.py"
    spec = importlib.util.spec_from_file_location("make_photos", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
