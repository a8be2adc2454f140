"""GeoCLIP's real tensors become the network that torch computes from them, and other files are refused in one line."""

import dataclasses
import pickle
import shutil

import numpy as np
import pytest
import torch
from clip_nets import clip_config, clip_features
from geoclip_files import HEADS, PLACES, SIZE, accept, package_file, small_clip, write_all, write_clip, write_package
from safetensors.numpy import save_file

from photoplanet.core.onnx_sessions import open_session
from photoplanet.core.progress import no_bar
from photoplanet.earth import cells
from photoplanet.errors import ModelError
from photoplanet.models.importers import clip_vision, geoclip, geoclip_places, importer, parity
from photoplanet.models.importers.importer import Files


@pytest.fixture(scope="module")
def own():
    """What the real package holds, with all 100,000 places."""
    folders = {package_file(name).parent: "" for name in (*geoclip.PACKAGE, geoclip.GALLERY, "LICENSE")}
    return geoclip.read_own(Files(folders))


@pytest.fixture(scope="module")
def some(own):
    """The same with the first rows of the gallery, one of them thrice."""
    rows = np.concatenate([own.gallery[:PLACES], own.gallery[[5, 5]]])
    return dataclasses.replace(own, gallery=rows)


@pytest.fixture(scope="module")
def places(some):
    return geoclip.encoded(some)


def torch_places(latitude, longitude, dtype):
    """GeoCLIP's location encoder in torch, from its paper's text and its file of weights; vectors of length 1."""
    tensors = torch.load(package_file("location_encoder_weights.pth"), weights_only=True)
    latitude, longitude = (torch.deg2rad(torch.tensor(each, dtype=dtype)) for each in (latitude, longitude))
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    theta = torch.asin(3**0.5 / 2 * torch.sin(latitude))
    below = 3 * (a1 + 3 * a2 * theta**2 + theta**6 * (7 * a3 + 9 * a4 * theta**2))
    x = 2 * 3**0.5 * longitude * torch.cos(theta) / below
    y = theta * (a1 + a2 * theta**2 + theta**6 * (a3 + a4 * theta**2))
    where = torch.stack([x, y], 1) * 66.50336 / 180
    total = 0
    for scale in range(3):
        waves = 2 * torch.pi * where @ tensors[f"LocEnc{scale}.capsule.0.b"].to(dtype).T
        h = torch.cat([torch.cos(waves), torch.sin(waves)], 1)
        for layer in ("capsule.1", "capsule.3", "capsule.5", "head.0"):
            weight, bias = (tensors[f"LocEnc{scale}.{layer}.{kind}"].to(dtype) for kind in ("weight", "bias"))
            h = h @ weight.T + bias
            h = h if layer == "head.0" else torch.relu(h)
        total = total + h
    return (total / total.norm(dim=1, keepdim=True)).numpy()


def torch_log_probabilities(photos, gallery):
    """GeoCLIP's answer over every row of a gallery, in torch: log-probabilities (n, rows), and the photos' vectors."""
    head = torch.load(package_file("image_encoder_mlp_weights.pth"), weights_only=True)
    scale = torch.load(package_file("logit_scale_weights.pth"), weights_only=True).double().exp()
    x = torch.tensor(clip_features(small_clip(), photos, HEADS)[2])
    x = torch.relu(x @ head["0.weight"].double().T + head["0.bias"].double())
    x = x @ head["2.weight"].double().T + head["2.bias"].double()
    x = x / x.norm(dim=1, keepdim=True)
    logits = scale * x @ torch.tensor(torch_places(gallery[:, 0], gallery[:, 1], torch.float64)).T
    return logits.log_softmax(1).numpy(), x.numpy()


def test_the_package_is_the_version_that_is_known(own):
    assert own.gallery.shape == (100_000, 2) and len(np.unique(own.gallery, axis=0)) == 94_123
    assert own.scale == pytest.approx(39.687443, abs=1e-5)
    assert "MIT License" in own.licence and "Vicente Vivanco" in own.licence
    assert own.tensors["image_encoder.mlp.2.weight"].shape == (512, 768) and len(own.files) == 4


def test_places_are_encoded_as_torch_does(places):
    exact = torch_places(places.latitude, places.longitude, torch.float64)
    assert np.abs(places.vectors - exact).max() < 2e-6 and places.vectors.std() > 0.01
    # GeoCLIP itself computes in float32, in which the phases of its finest scale have lost some digits
    single = torch_places(places.latitude, places.longitude, torch.float32)
    assert np.abs(places.vectors - single).max() < 2e-3
    assert (places.vectors * single).sum(axis=1).min() > 0.9999


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(90.0, 0.0), (-90.0, 180.0), (0.0, -180.0), (0.0, 180.0), (0.0, 0.0)]
)
def test_poles_and_the_antimeridian_are_places_too(own, latitude, longitude):
    found = geoclip_places.encode(own.part("location_encoder."), [latitude], [longitude])
    assert np.abs(found - torch_places([latitude], [longitude], torch.float64)).max() < 2e-6


def network(some, places, path, int8=False):
    tensors = small_clip()
    facts = clip_vision.vision(tensors, clip_config(HEADS))
    partition, rows = geoclip.cells(places)
    made = geoclip.graph(tensors, facts, some, places, rows, len(partition), int8)
    importer.write_network(made, path, SIZE, len(partition), geoclip.EMBEDDING)
    return made, partition, open_session(path)


def test_the_whole_path_is_what_torch_computes(some, places, tmp_path):
    _, partition, session = network(some, places, tmp_path / "model.onnx")
    photos = np.random.default_rng(2).integers(0, 256, (3, SIZE, SIZE, 3), np.uint8)
    found, embedding = session.run(["log_probabilities", "embedding"], {"images": photos})
    rows, vectors = torch_log_probabilities(photos, some.gallery)
    expected = np.full(found.shape, -np.inf)
    for at, cell in enumerate(partition.assign(some.gallery[:, 0], some.gallery[:, 1])):
        expected[:, cell] = np.logaddexp(expected[:, cell], rows[:, at])
    assert np.abs(found - expected).max() < 1e-3 and np.ptp(expected) > 3
    assert np.abs(embedding - vectors).max() < 1e-5
    assert np.exp(found.astype(np.float64)).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_cells_hold_the_gallery(own):
    distinct, counts = np.unique(own.gallery, axis=0, return_counts=True)
    partition, rows = geoclip.cells(
        geoclip.Places(distinct[:, 0], distinct[:, 1], counts, np.zeros((0, 512), np.float32))
    )
    inside, levels = np.bincount(rows), cells.level(partition.ids)
    assert (geoclip.CELL_PLACES, geoclip.CELL_LEVEL) == (4, 13)
    assert inside.min() >= 1 and inside[levels < 13].max() == 4 and levels.max() == 13 and inside.max() > 100
    assert partition.photo_counts.sum() == 100_000 and len(partition) == 34_059  # as docs/geolocators.md says
    # a cell's mean is that of its rows: of those with one place the place itself
    alone = np.flatnonzero(inside == 1)
    at = np.flatnonzero(np.isin(rows, alone))
    assert np.abs(partition.means[rows[at]] - distinct[at]).max() < 1e-6


def test_a_place_that_comes_thrice_has_three_times_the_mass(own, tmp_path):
    odds = []
    for times in (1, 3):
        gallery = np.concatenate([own.gallery[:40], *[own.gallery[[7]]] * (times - 1)])
        part = dataclasses.replace(own, gallery=gallery)
        _, partition, session = network(part, geoclip.encoded(part), tmp_path / f"{times}.onnx")
        [found] = session.run(["log_probabilities"], {"images": parity.pictures(SIZE, 1)})
        cell = partition.assign(*own.gallery[7])
        assert partition.photo_counts[cell] == times  # it is alone in its cell
        odds.append(found[0, cell] - found[0, cell - 1])
    assert odds[1] - odds[0] == pytest.approx(np.log(3), abs=1e-4)


def test_parity_is_measured_and_a_network_that_answers_otherwise_is_refused(some, places, tmp_path):
    made, _, _ = network(some, places, tmp_path / "model.onnx")
    assert parity.MOVED == {False: 1e-3, True: 0.1} and parity.TURNED == {False: 1e-5, True: 5e-3}  # as the page says
    found = parity.check(made, tmp_path / "model.onnx", SIZE)
    assert 0 <= found["moved"] < 1e-4 and found["cosine"] > 1 - 1e-5
    network(some, places, tmp_path / "int8.onnx", int8=True)
    small = parity.check(made, tmp_path / "int8.onnx", SIZE, int8=True)
    assert found["moved"] < small["moved"] < 0.1 and small["cosine"] > 0.995
    with pytest.raises(ModelError, match=r"int8\.onnx: does not answer as its weights say .*; report it"):
        parity.check(made, tmp_path / "int8.onnx", SIZE)
    other = dataclasses.replace(some, tensors=some.tensors | {"image_encoder.mlp.0.bias": np.ones(768, np.float32)})
    network(other, places, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match=r"of an answer's mass lies elsewhere.*import it without --int8"):
        parity.check(made, tmp_path / "other.onnx", SIZE, int8=True)


def arrays(path):
    found = torch.load(path, weights_only=True)
    return {name: each.detach().numpy() for name, each in (found if isinstance(found, dict) else {"": found}).items()}


def hub_layout(folder):
    """The same weights as the hub has them: one safetensors file, a configuration that names the gallery."""
    gallery = write_package(folder / "package")
    hub = folder / "geoclip-geolocation"
    hub.mkdir()
    tensors = {
        prefix + name: values
        for file, prefix in geoclip.PACKAGE.items()
        for name, values in arrays(folder / "package" / file).items()
    }
    save_file(tensors, hub / "model.safetensors")
    (hub / "config.json").write_text('{"model_type": "geoclip-geolocation", "gallery_file": "places.csv"}')
    shutil.move(gallery, hub / "places.csv")
    (hub / "README.md").write_text("---\nlicense: mit\n---\n# GeoCLIP\n")
    shutil.rmtree(folder / "package")
    return hub


def test_the_hubs_files_are_the_same_model(tmp_path, monkeypatch, own):
    hub = hub_layout(tmp_path)
    accept(monkeypatch, write_clip(tmp_path / "clip"), hub / "places.csv")
    found = geoclip.read_own(Files({tmp_path: ""}))
    assert (
        set(found.tensors) == set(own.tensors)
        and found.licence == "geoclip-geolocation: MIT License, as its README.md says.\n"
    )
    assert np.array_equal(found.gallery, own.gallery[:PLACES])
    (hub / "config.json").write_text('{"model_type": "geoclip-geolocation", "gallery_file": "../places.csv"}')
    with pytest.raises(ModelError, match="names no gallery"):
        geoclip.read_own(Files({tmp_path: ""}))


def test_clip_may_come_in_torchs_own_file(tmp_path, monkeypatch, some, places):
    gallery = write_package(tmp_path / "files" / "geoclip")
    accept(monkeypatch, write_clip(tmp_path / "files" / "clip", "pytorch_model.bin"), gallery)
    monkeypatch.setattr(geoclip, "encoded", lambda own, bar: places)
    found = made(tmp_path / "files", tmp_path)
    assert found.info.training["provenance"][-1]["file"] == "pytorch_model.bin"
    network(some, places, tmp_path / "model.onnx")
    one, other = ((tmp_path / name).read_bytes() for name in ("made.onnx", "model.onnx"))
    assert one == other  # the same as from the tensors themselves


def made(folder, tmp_path):
    return geoclip.make(Files({folder: ""}), tmp_path / "made.onnx", False, no_bar)


def replaced(path, data):
    path.unlink()
    path.write_bytes(data) if isinstance(data, bytes) else torch.save(data, path)


class Calls:
    def __reduce__(self):
        return (open, ("called", "w"))


def without_a_licence(folder):
    (folder / "geoclip" / "LICENSE").unlink()


def with_another_licence(folder):
    replaced(folder / "geoclip" / "LICENSE", b"All rights reserved.\n")


def without_the_gallery(folder):
    (folder / "geoclip" / geoclip.GALLERY).unlink()


def without_the_head(folder):
    (folder / "geoclip" / "image_encoder_mlp_weights.pth").unlink()


def with_another_head(folder):
    path = folder / "geoclip" / "image_encoder_mlp_weights.pth"
    head = torch.load(path, weights_only=True)
    replaced(path, head | {"0.bias": head["0.bias"] + 1e-6})


def with_a_head_that_is_not_finite(folder):
    path = folder / "geoclip" / "image_encoder_mlp_weights.pth"
    head = torch.load(path, weights_only=True)
    head["2.weight"][3, 4] = float("nan")
    replaced(path, head)


def with_a_pickle_that_calls(folder):
    replaced(folder / "geoclip" / "logit_scale_weights.pth", pickle.dumps(Calls(), protocol=2))


def with_a_call_in_a_file_of_torch(folder):
    replaced(folder / "geoclip" / "logit_scale_weights.pth", {"a": Calls()})


def with_another_gallery(folder):
    path = folder / "geoclip" / geoclip.GALLERY
    replaced(path, path.read_bytes().replace(b"-50.943392", b"-50.943393"))


def with_a_gallery_off_the_earth(folder):
    replaced(folder / "geoclip" / geoclip.GALLERY, b"LAT,LON\n12.0,13.0\n95.0,13.0\n")


def with_a_gallery_of_words(folder):
    replaced(folder / "geoclip" / geoclip.GALLERY, b"LAT,LON\nhere,there\n")


def with_another_table(folder):
    replaced(folder / "geoclip" / geoclip.GALLERY, b"x,y\n1,2\n")


def without_clip(folder):
    shutil.rmtree(folder / "clip-vit-large-patch14")


def with_another_clip(folder):
    save_file(small_clip(seed=1), folder / "clip-vit-large-patch14" / "model.safetensors")


def without_clips_weights(folder):
    (folder / "clip-vit-large-patch14" / "model.safetensors").unlink()


WRONG = {
    without_a_licence: r"geoclip: no LICENSE of GeoCLIP 1\.3\.0, without which its weights must not be copied",
    with_another_licence: "LICENSE: no LICENSE of GeoCLIP",
    without_the_gallery: r"no coordinates_100K\.csv of GeoCLIP 1\.3\.0 in it",
    without_the_head: r"no image_encoder_mlp_weights\.pth of GeoCLIP 1\.3\.0 in it",
    with_another_head: r"not the weights of GeoCLIP 1\.3\.0; this importer knows GeoCLIP 1\.3\.0 only",
    with_a_head_that_is_not_finite: r"image_encoder_mlp_weights\.pth: 2\.weight is not finite",
    with_a_pickle_that_calls: r"logit_scale_weights\.pth: not weights that torch saved",
    with_a_call_in_a_file_of_torch: r"logit_scale_weights\.pth: it holds .*only weights are read",
    with_another_gallery: r"coordinates_100K\.csv: not the gallery of GeoCLIP 1\.3\.0",
    with_a_gallery_off_the_earth: r"coordinates_100K\.csv: .*get the file again",
    with_a_gallery_of_words: r"coordinates_100K\.csv: not a gallery of places",
    with_another_table: r"coordinates_100K\.csv: not a gallery of places \(no columns LAT and LON",
    without_clip: r"no config\.json and weights of openai/clip-vit-large-patch14 in it",
    with_another_clip: r"model\.safetensors: not the weights of openai/clip-vit-large-patch14",
    without_clips_weights: r"no weights in it \(model\.safetensors or pytorch_model\.bin\)",
}


@pytest.mark.parametrize("harm", WRONG, ids=lambda harm: harm.__name__)
def test_other_files_are_refused_in_one_line(harm, tmp_path, monkeypatch):
    folder = write_all(tmp_path / "files", monkeypatch)
    harm(folder)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=WRONG[harm]) as caught:
        made(folder, tmp_path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400
    assert not (tmp_path / "called").exists() and not (tmp_path / "made.onnx").exists()


SHAPES = {
    "image_encoder.mlp.0.weight": (np.zeros((768, 700)), r"mlp\.0\.weight is \(768, 700\), not \(any, 768\)"),
    "image_encoder.mlp.2.bias": (np.zeros(3), r"mlp\.2\.bias is \(3,\), not \(512\)"),
    "logit_scale": (np.float32(6.0), "logit_scale 6 is too large"),
    "location_encoder.LocEnc1.head.0.weight": (np.zeros((500, 1024)), r"LocEnc1\.head\.0\.weight is \(500, 1024\)"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_tensors_of_another_shape_are_refused_by_name(name, some, tmp_path):
    values, message = SHAPES[name]
    harmed = dataclasses.replace(some, gallery=some.gallery[:5], tensors=some.tensors | {name: values})
    with pytest.raises(ModelError, match=message):
        network(harmed, geoclip.encoded(harmed), tmp_path / "a.onnx")
