"""A person's ONNX file becomes an encoder that computes what the file does, or is refused in one line."""

import hashlib
import json
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from strange_networks import WIDTH, mean_features, network

from photoplanet.encoders import encoder, onnx_file, probe
from photoplanet.encoders.onnx_file import Asked
from photoplanet.errors import InputError, MissingExtra, ModelError, PhotoplanetError

MEAN, STD = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)
ASKED = Asked(mean=MEAN, std=STD)


@pytest.fixture
def here(monkeypatch):
    """Networks are tried in this process, which is quicker; `test_probe.py` tries the other one."""

    def probed(path, size, what):
        try:
            return probe.measure(path, size)
        except ModelError as error:
            raise ModelError(f"{what}: {error}") from None

    monkeypatch.setattr(probe, "probed", probed)


@pytest.fixture
def add(here, tmp_path, own_home):
    """A function that adds a network (a model, or bytes) as the encoder `mine`."""

    def call(model, asked=ASKED, name="net.onnx", config=None):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
        if config is not None:
            (tmp_path / "preprocessor_config.json").write_text(
                config if isinstance(config, str) else json.dumps(config)
            )
        (own_home / "encoders").mkdir(exist_ok=True)
        try:
            return onnx_file.add(path, own_home / "encoders" / "mine", asked)
        except PhotoplanetError as error:
            assert "\n" not in str(error)
            assert list((own_home / "encoders").iterdir()) == []
            raise

    return call


def pixels(size=16, count=4):
    return np.random.default_rng(1).integers(0, 256, (count, size, size, 3), np.uint8)


def features(made, photos=None):
    return made.embed(pixels() if photos is None else photos)


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.float64])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_photos_are_normalised_and_laid_out_as_the_network_wants_them(add, layout, kind):
    made = add(network(layout, kind))
    assert (
        made.preprocessing.size == 16
        and made.dimension == WIDTH
        and made.sha256
        and made.note.startswith("output last")
    )
    expected = mean_features(pixels(), MEAN, STD)
    assert features(made) == pytest.approx(expected, abs=0.05 if kind == np.float16 else 1e-4)
    assert encoder.read(made.folder) == made


def test_bytes_go_in_as_they_are(add):
    made = add(network("NHWC", np.uint8), Asked())
    assert features(made) == pytest.approx(mean_features(pixels(), scale=1), rel=1e-4, abs=0.02)
    assert "normalises by itself" in made.note


def test_blue_first(add):
    made = add(network(), Asked(mean=MEAN, std=STD, blue_first=True))
    assert features(made) == pytest.approx(mean_features(pixels(), MEAN, STD, order=(2, 1, 0)), abs=1e-4)


def test_a_network_that_says_nothing_of_its_axes(add):
    for layout in ("NCHW", "NHWC"):
        model = network(layout, size="s")
        axes = model.graph.input[0].type.tensor_type.shape.dim
        axes[1 if layout == "NCHW" else 3].dim_param = "c"
        made = add(model, Asked(mean=MEAN, std=STD, size=16))
        assert features(made) == pytest.approx(mean_features(pixels(), MEAN, STD), abs=1e-4)
        encoder.atomic_folders.remove(made.folder)


def test_a_network_of_one_photo_gets_them_one_at_a_time(add):
    """A batch of one that is fixed within the network too, by a Reshape."""
    model = network(batch=1)
    for each in model.graph.initializer:
        if each.name == "flat":
            each.CopyFrom(onnx.numpy_helper.from_array(np.int64([1, WIDTH, 4]), "flat"))
    assert features(add(model)) == pytest.approx(mean_features(pixels(), MEAN, STD), abs=1e-4)


def test_a_network_of_two_photos_is_refused(add):
    model = network(batch=2)
    for each in model.graph.initializer:
        if each.name == "flat":
            each.CopyFrom(onnx.numpy_helper.from_array(np.int64([2, WIDTH, 4]), "flat"))
    with pytest.raises(ModelError, match="cannot compute a photo of 16 px"):
        add(model)


@pytest.mark.parametrize(("form", "output", "pool", "said"), [
    ("tokens", "last_hidden_state", "", "their mean"), ("places", "last_hidden_state", "", "their mean"),
    ("class", "last_hidden_state", "", "its first token"), ("class", "x", "mean", "their mean"),
    ("vector", "pooler_output", "", "pooler_output"), ("tokens", "x", "first", "its first token"),
])  # fmt: skip
def test_one_vector_a_photo_is_made_of_every_form(add, form, output, pool, said):
    made = add(network(form=form, output=output), Asked(mean=MEAN, std=STD, pool=pool))
    assert made.note.endswith(said)
    if form == "tokens" and pool == "first":  # the patch at the upper left
        assert features(made) == pytest.approx(mean_features(pixels()[:, :8, :8], MEAN, STD), abs=1e-4)
    else:
        assert features(made) == pytest.approx(mean_features(pixels(), MEAN, STD), abs=1e-4)


@pytest.mark.parametrize("opset", [9, 13, 17, 18])
def test_old_networks_are_pooled_with_the_operators_of_their_day(add, opset):
    model = network(form="places")
    model.opset_import[0].version = opset
    assert features(add(model)) == pytest.approx(mean_features(pixels(), MEAN, STD), abs=1e-4)


def test_the_best_output_is_taken_unless_one_is_named(add):
    model = network(form="vector", output="image_embeds")
    model.graph.node.append(helper.make_node("Neg", ["image_embeds"], ["logits"]))
    model.graph.output.insert(0, helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", WIDTH]))
    expected = mean_features(pixels(), MEAN, STD)
    for name, sign in (("", 1), ("logits", -1)):
        made = add(model, Asked(mean=MEAN, std=STD, output=name))
        assert features(made) == pytest.approx(sign * expected, abs=1e-4)
        encoder.atomic_folders.remove(made.folder)
    with pytest.raises(InputError, match="no output is called 'no'; it has logits, image_embeds"):
        add(model, Asked(mean=MEAN, std=STD, output="no"))


def test_names_of_ours_within_a_network_do_no_harm(add):
    """One that calls its values `photos` and `features`, also within If; and an encoder of ours, added again."""
    model = network(given="photos", output="features", form="vector")
    branch = helper.make_graph([helper.make_node("Identity", ["photoplanet/cast"], ["inner/x"])], "branch", [],
                               [helper.make_tensor_value_info("inner/x", TensorProto.FLOAT, None)])  # fmt: skip
    model.graph.node[-1].output[0] = "photoplanet/cast"
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(True), "yes"))
    model.graph.node.append(helper.make_node("If", ["yes"], ["features"], then_branch=branch, else_branch=branch))
    made = add(model)
    assert features(made) == pytest.approx(mean_features(pixels(), MEAN, STD), abs=1e-4)
    data = made.network.read_bytes()
    encoder.atomic_folders.remove(made.folder)
    again = add(data, Asked())
    assert features(again) == pytest.approx(mean_features(pixels(), MEAN, STD), abs=1e-4)


def test_features_that_are_never_negative_are_compared_by_their_roots(add):
    model = network(form="vector", output="x")
    model.graph.node.append(helper.make_node("Relu", ["x"], ["features"]))
    model.graph.output[0].name = "features"
    assert add(model).transform == "sqrt"


def test_the_transform_and_the_licence_can_be_given(add, tmp_path):
    (tmp_path / "README.md").write_text("---\ntags:\n- vision\nlicense: apache-2.0\n---\n")
    made = add(network(), Asked(mean=MEAN, std=STD, transform="sqrt"))
    assert (made.transform, made.licence) == ("sqrt", "apache-2.0")
    encoder.atomic_folders.remove(made.folder)
    assert add(network(), Asked(mean=MEAN, std=STD, licence="mine")).licence == "mine"


def test_a_file_of_which_nothing_is_known_but_itself(add, tmp_path):
    made = add(network())
    digest = hashlib.sha256((tmp_path / "net.onnx").read_bytes()).hexdigest()
    assert made.licence == "not stated" and made.source == f"file net.onnx, SHA-256 {digest}"


def test_preprocessing_is_read_from_the_file_beside_it_or_above_onnx(add):
    config = {"size": {"shortest_edge": 16}, "crop_size": {"height": 16, "width": 16}, "image_mean": list(MEAN),
              "image_std": list(STD)}  # fmt: skip
    made = add(network(size="s"), Asked(), "onnx/net.onnx", config)
    assert made.preprocessing.size == 16 and made.preprocessing.fit == "crop"
    assert features(made) == pytest.approx(mean_features(pixels(), MEAN, STD), abs=1e-4)
    encoder.atomic_folders.remove(made.folder)
    assert add(network(size="s"), Asked(size=24, fit="squash"), "net.onnx", config).preprocessing.size == 24


def failing(change):
    model = network(form="vector", output="features")
    change(model)
    return model


def custom(model):
    model.graph.node.append(helper.make_node("Magic", ["features"], ["more"], domain="com.example"))
    model.opset_import.append(helper.make_opsetid("com.example", 1))


def custom_within(model):
    branch = helper.make_graph([helper.make_node("Magic", ["features"], ["x"], domain="com.example")], "b", [],
                               [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)])  # fmt: skip
    model.graph.node.append(helper.make_node("If", ["yes"], ["more"], then_branch=branch, else_branch=branch))


def unknown(model):
    model.graph.node[0].op_type = "Cats"


def external(model):
    tensor = model.graph.initializer[0]
    onnx.external_data_helper.set_external_data(tensor, "../../etc/passwd")
    tensor.ClearField("raw_data")


def external_within(model):
    node = helper.make_node("Constant", [], ["secret"], value=onnx.numpy_helper.from_array(np.ones(2), "secret"))
    onnx.external_data_helper.set_external_data(node.attribute[0].t, "/etc/passwd")
    model.graph.node.insert(0, node)


def two_inputs(model):
    model.graph.input.append(helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["n", 77]))


def after(*operators):
    def change(model):
        for at, (kind, *given) in enumerate(operators):
            model.graph.node[-1].output[0] = f"before {at}"
            model.graph.node.append(helper.make_node(kind, [f"before {at}", *given], ["features"]))

    return change


def takes(kind, shape):
    def change(model):
        model.graph.input[0].CopyFrom(helper.make_tensor_value_info("pixel_values", kind, shape))

    return change


def claims(model):
    """Weights that say they have 2 GB."""
    model.graph.initializer[0].dims[:] = [1 << 20, 1 << 9, 1, 1]


def many_outputs(model):
    model.graph.output[0].name = "a"
    model.graph.node[-1].output[0] = "a"
    model.graph.node.append(helper.make_node("Neg", ["a"], ["b"]))
    model.graph.output.append(helper.make_tensor_value_info("b", TensorProto.FLOAT, ["n", WIDTH]))


def shuffled(model):
    """Each photo's features are those of the mean over all photos."""
    model.graph.node[-1].output[0] = "own"
    model.graph.node.append(helper.make_node("CumSum", ["own", "zero"], ["features"]))
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(0, np.int64), "zero"))


def zeros(model):
    after(("Mul", "nothing"))(model)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.float32([0]), "nothing"))


@pytest.mark.parametrize(("change", "words"), [
    (custom, r"needs operators that ONNX Runtime does not have \(com\.example\.Magic\)"),
    (custom_within, r"needs operators that ONNX Runtime does not have \(com\.example\.Magic\)"),
    (unknown, "not a usable network .*Cats"), (external, "its weights are in another file"),
    (external_within, "its weights are in another file"), (two_inputs, r"takes 2 inputs \(pixel_values, input_ids\)"),
    (takes(TensorProto.FLOAT, ["n", 5, 16, 16]), "takes any × 5 × 16 × 16; photos have three colours"),
    (takes(TensorProto.FLOAT, ["n", 3, 16, 24]), "takes any × 3 × 16 × 24; only square photos are made"),
    (takes(TensorProto.FLOAT, ["n", 768]), "takes any × 768; photos have four axes"),
    (takes(TensorProto.INT64, ["n", 3, 16, 16]), "takes neither floats nor bytes"),
    (after(("Log",), ("Sqrt",)), "gives features that are not finite"),
    (zeros, "gives the same features for every photo"),
    (shuffled, "other features for a photo when other photos are beside it"),
    (many_outputs, "which of its outputs are features"), (claims, "not a usable network"),
    (lambda model: model.opset_import[0].__setattr__("version", 6), "of opset 6"),
    (lambda model: model.opset_import[0].__setattr__("version", 999), "not a usable network"),
    (lambda model: model.graph.ClearField("node"), "an empty one"),
    (lambda model: model.graph.ClearField("input"), "takes 0 inputs"),
])  # fmt: skip
def test_what_is_no_encoder_is_refused_and_leaves_nothing(add, change, words):
    with pytest.raises((InputError, ModelError), match=words):
        add(failing(change))


@pytest.mark.parametrize(
    "data", [b"", b"hello, I am a text\n" * 9, b"\x08\x08", b"\x00" * 1000, b"PK\x03\x04" + b"\xff" * 99]
)
def test_files_that_are_not_onnx(add, data):
    with pytest.raises(InputError, match="not an ONNX network"):
        add(data)


def test_names_that_are_not_text(add):
    data = network().SerializeToString()
    for name in (b"pixel_values", b"last_hidden_state", b"weights", b"Conv"):
        with pytest.raises(InputError, match="names that are not text"):
            add(data.replace(name, b"\xff" + name[1:]))


def test_cut_off_files(add):
    data = network().SerializeToString()
    for length in (1, 100, len(data) // 2, len(data) - 1):
        with pytest.raises((InputError, ModelError), match=r"not an ONNX network|usable network|takes|of opset"):
            add(data[:length])


@pytest.mark.parametrize(("asked", "config", "words"), [
    (Asked(size=24, mean=MEAN, std=STD), None, "takes photos of 16 px, not of 24"),
    (Asked(), None, "how are its photos normalised"), (Asked(mean=MEAN), None, "normalised"),
    (Asked(), "[" * 5000, "not JSON"), (Asked(), "[1]", "not an object"), (Asked(), "{}", "no size of photos"),
])  # fmt: skip
def test_preprocessing_that_is_not_known_or_does_not_fit(add, asked, config, words):
    with pytest.raises(InputError, match=words):
        add(network(), asked, config=config)


def test_a_size_that_nothing_says(add):
    with pytest.raises(InputError, match="of which size are its photos"):
        add(network(size="s"))


def test_missing_files_and_a_missing_package(here, tmp_path, monkeypatch):
    for path in (tmp_path / "no.onnx", tmp_path):
        with pytest.raises(InputError, match=r"no such file|is a folder|not a regular file"):
            onnx_file.add(path, tmp_path / "mine")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtra, match="pretrained"):
        onnx_file.add(tmp_path / "no.onnx", tmp_path / "mine")


@pytest.mark.parametrize(("path", "name"), [
    ("a/dinov2-small/onnx/model.onnx", "dinov2-small"), ("a/clip/vision_model_q4.onnx", "clip"),
    ("a/clip/model_quantized.onnx", "clip"), ("my net.onnx", "my-net"), ("a/.hidden.onnx", "hidden"),
    ("a/" + "x" * 99 + ".onnx", "x" * 64), ("a/b/model_fp16.onnx", "b"), ("/é.onnx", "encoder"),
])  # fmt: skip
def test_names_of_files(path, name):
    assert onnx_file.name_of(onnx_file.Path(path)) == name
