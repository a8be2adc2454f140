"""What all inputs are tried with: two small models and a library, made once; and commands run in this process."""

import contextlib
import hashlib
import io
import json
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fuzzing import photos

SIZE, CITIES = 16, ((48.86, 2.35), (50.85, 4.35), (35.68, 139.69), (-22.91, -43.17), (-33.87, 151.21))


@dataclass(frozen=True)
class Base:
    """Where they lie: `model` (a few KB), `rich_model` (with album methods and an embedding), `library` (a folder)."""

    model: Path
    rich_model: Path
    library: Path


def make(folder: Path) -> Base:
    """Write what is not there yet."""
    found = Base(folder / "tiny", folder / "rich", folder / "library")
    if (folder / "done").exists():
        return found
    folder.mkdir(parents=True, exist_ok=True)
    write_model(found.model)
    from photoplanet.models import installed

    shutil.copytree(installed.resolve("toy"), found.rich_model)
    found.library.mkdir()
    from photoplanet.metadata.exif_writer import gps_bytes

    for number, (latitude, longitude) in enumerate(CITIES):
        picture = photos.picture(number, 160, 120)
        picture.save(found.library / f"{number}.jpg", exif=gps_bytes(latitude, longitude))
    status, text = run(["similar", str(found.library / "0.jpg"), "--library", str(found.library)], folder)
    if status != 0:
        raise RuntimeError(f"the library could not be built: {text}")
    (folder / "done").touch()
    return found


def write_model(folder: Path, seed: int = 0) -> None:
    """A model of five cells whose network looks at a photo's mean colour: a few kilobytes, a millisecond."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from photoplanet.earth.partition.partition import Partition
    from photoplanet.models.folder import ModelInfo, write
    from photoplanet.photos.decode import Preprocessing

    offsets = np.linspace(-0.02, 0.02, 50)
    latitudes = np.concatenate([latitude + offsets for latitude, _ in CITIES])
    longitudes = np.concatenate([longitude + offsets for _, longitude in CITIES])
    partition = Partition.uniform(latitudes, longitudes, level=6, min_photos=1)
    weights = np.random.default_rng(seed).normal(0, 9, (3, len(CITIES))).astype(np.float32)
    constants = {"w": weights, "b": np.zeros(len(CITIES), np.float32), "white": np.float32([255])}
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels"], ["colour"], axes=[1, 2], keepdims=0),
        helper.make_node("Div", ["colour", "white"], ["embedding"]),
        helper.make_node("Gemm", ["embedding", "w", "b"], ["logits"]),
        helper.make_node("LogSoftmax", ["logits"], ["log_probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes, "tiny", [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", SIZE, SIZE, 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size])
         for name, size in (("log_probabilities", len(CITIES)), ("embedding", 3))],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    network = folder.with_suffix(".onnx")
    network.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    )
    onnx.checker.check_model(str(network))
    info = ModelInfo(
        name="tiny", backbone={"backbone": "mean colour"}, preprocessing=Preprocessing(size=SIZE), classes=len(CITIES),
        embedding_size=3, calibration={"temperature": 1.0}, training={"world": "real", "photos": 250},
    )  # fmt: skip
    write(folder, info, partition, network, network)
    network.unlink()


def strange_network(random: random.Random) -> bytes:
    """An ONNX network as exporters write them: patches of a photo of 16 px, times a matrix, in one of several forms."""
    from photoplanet.core.onnx_graphs import Graph

    graph, weights = Graph(), np.random.default_rng(random.randrange(9)).normal(size=(5, 3, 8, 8)).astype(np.float32)
    form = random.choice(("places", "tokens", "vector"))
    x = graph.add("Conv", ["pixel_values", graph.constant("weights", weights)], strides=[8, 8])
    if form == "tokens":
        x = graph.add("Reshape", [x, graph.constant("flat", np.asarray([0, 5, -1], np.int64))])
        x = graph.add("Transpose", [x], perm=[0, 2, 1])
    if form == "vector":
        x = graph.add("ReduceMean", [x, graph.constant("axes", np.asarray([2, 3], np.int64))], keepdims=0)
    shape = {"places": ["n", 5, 2, 2], "tokens": ["n", 4, 5], "vector": ["n", 5]}[form]
    given = {"pixel_values": (np.float32, [random.choice(("n", 1)), 3, 16, 16])}
    return bytes(graph.model("strange", given, {x: (np.float32, shape)}).SerializeToString())


def rehash(model: Path, name: str) -> None:
    """Let `model.json` name the bytes that a file has now."""
    about = json.loads((model / "model.json").read_text())
    for key, value in about.items():
        if isinstance(value, dict) and name in value and isinstance(value[name], str):
            about[key][name] = hashlib.sha256((model / name).read_bytes()).hexdigest()
    (model / "model.json").write_text(json.dumps(about))


def run(arguments: list[str], folder: Path) -> tuple[int, str]:
    """Run a command in this process and in `folder`; exit status, and what it printed where Python prints."""
    from photoplanet.cli import main

    before, printed = Path.cwd(), io.StringIO()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            main(arguments)
    except SystemExit as ended:
        return int(ended.code or 0), printed.getvalue()
    finally:
        os.chdir(before)
    return 0, printed.getvalue()


def run_quietly(arguments: list[str], folder: Path) -> None:
    """As `run`, for what prepares an input; its own faults are found where it is tried."""
    with contextlib.suppress(Exception):
        run(arguments, folder)
