"""preprocessor_config.json as published networks have it; hostile and odd ones are refused in one line."""

import json

import numpy as np
import pytest

from photoplanet.encoders import preprocessor_config
from photoplanet.errors import InputError

CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
IMAGENET_MEAN, IMAGENET_STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
# as the hub has them, without what does not matter
CLIP = {"crop_size": {"height": 224, "width": 224}, "do_center_crop": True, "do_normalize": True, "do_rescale": True,
        "do_resize": True, "image_mean": CLIP_MEAN, "image_std": CLIP_STD, "resample": 3,
        "rescale_factor": 0.00392156862745098, "size": {"shortest_edge": 224}}  # fmt: skip
OLD_CLIP = {"crop_size": 224, "do_center_crop": True, "do_normalize": True, "do_resize": True, "image_mean": CLIP_MEAN,
            "image_std": CLIP_STD, "resample": 3, "size": 224}  # fmt: skip
DINOV2 = {**CLIP, "image_mean": IMAGENET_MEAN, "image_std": IMAGENET_STD, "size": {"shortest_edge": 256}}
SIGLIP = {"do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": [0.5, 0.5, 0.5],
          "image_std": [0.5, 0.5, 0.5], "resample": 3, "rescale_factor": 1 / 255,
          "size": {"height": 256, "width": 256}}  # fmt: skip
VIT = {
    "do_normalize": True,
    "do_resize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "size": 224,
}
EFFICIENTNET = {"crop_size": {"height": 289, "width": 289}, "do_center_crop": False, "do_normalize": True,
                "do_rescale": True, "image_mean": IMAGENET_MEAN, "image_std": [0.47853944, 0.4732864, 0.47434163],
                "include_top": True, "rescale_factor": 1 / 255, "rescale_offset": False,
                "size": {"height": 240, "width": 240}}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def call(config):
        path = tmp_path / "preprocessor_config.json"
        path.write_text(config if isinstance(config, str) else json.dumps(config))
        return preprocessor_config.read(path)

    return call


def as_transformers_does(pixels, config):
    """Numbers that go into a network, step by step as Hugging Face's processors do it."""
    x = pixels.astype(np.float64)
    if config.get("do_rescale", True):
        x = x * config.get("rescale_factor", 1 / 255) - (1 if config.get("rescale_offset") else 0)
    if config.get("do_normalize", True):
        x = (x - config["image_mean"]) / config["image_std"]
        if config.get("include_top"):
            x = x / config["image_std"]
    return x


@pytest.mark.parametrize(("config", "size", "fit", "notes"), [
    (CLIP, 224, "crop", 0), (OLD_CLIP, 224, "crop", 0), (DINOV2, 224, "crop", 1), (SIGLIP, 256, "squash", 0),
    (VIT, 224, "squash", 0), (EFFICIENTNET, 240, "squash", 0), ({"image_processor": SIGLIP}, 256, "squash", 0),
    ({**EFFICIENTNET, "rescale_offset": True, "rescale_factor": 1 / 127.5, "include_top": False}, 240, "squash", 0),
    ({**SIGLIP, "do_rescale": False, "image_mean": [123.7, 116.3, 103.5], "image_std": [58.4, 57.1, 57.4]}, 256,
     "squash", 0),
    ({**SIGLIP, "do_normalize": False}, 256, "squash", 0), ({**SIGLIP, "do_resize": False, "do_pad": True}, 256,
     "squash", 2),
    ({**SIGLIP, "size": [256, 256], "image_mean": 0.5}, 256, "squash", 0),
    ({**DINOV2, "size": None, "crop_size": 196}, None, None, None),
    ({key: value for key, value in CLIP.items() if key != "size"}, 224, "squash", 0),
])  # fmt: skip
def test_settings_as_networks_have_them(read, config, size, fit, notes):
    if size is None:
        with pytest.raises(InputError, match="no size of photos in it"):
            read(config)
        return
    made, said = read(config)
    assert (made.size, made.fit, len(said)) == (size, fit, notes)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 3))
    expected = as_transformers_does(pixels, config.get("image_processor", config))
    assert (pixels / 255 - made.mean) / made.std == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_what_is_done_in_another_way_is_said(read):
    assert read(DINOV2)[1] == ["it shrinks to 256 and crops to 224; here the whole middle square is seen"]
    assert read({**DINOV2, "size": {"height": 256, "width": 256}})[1] == [
        "it shrinks to 256 and crops to 224; here the whole photo, squashed, is seen"
    ]


@pytest.mark.parametrize("config", [
    "", "{", "not json", "[]", "3", "null", "[" * 100_000,
    '{"a":' * 5000 + "1" + "}" * 5000, '{"size": ' + "9" * 5000 + "}",
    '{"size": NaN}', '{"size": 224, "image_mean": [NaN, 1, 1], "image_std": [1, 1, 1]}',
    {**SIGLIP, "size": {"height": 256, "width": 224}}, {**SIGLIP, "size": "224"}, {**SIGLIP, "size": -5},
    {**SIGLIP, "size": True}, {**SIGLIP, "size": 1.5}, {**SIGLIP, "size": 5}, {**SIGLIP, "size": 50_000},
    {**SIGLIP, "size": {"shortest_edge": None}}, {**SIGLIP, "size": {"longest_edge": 512}}, {**SIGLIP, "size": 10**400},
    {**SIGLIP, "image_mean": [0.5]}, {**SIGLIP, "image_mean": "0.5"}, {**SIGLIP, "image_mean": [0.5, 0.5, None]},
    {**SIGLIP, "image_std": [0, 1, 1]}, {**SIGLIP, "image_std": [1e300, 1, 1]}, {**SIGLIP, "image_mean": None},
    {**SIGLIP, "rescale_factor": 0}, {**SIGLIP, "rescale_factor": -1}, {**SIGLIP, "rescale_factor": "a"},
    {**SIGLIP, "image_mean": [10**400, 0, 0]}, {**SIGLIP, "rescale_factor": 1e-300},
    {key: value for key, value in SIGLIP.items() if key != "image_std"}, {**SIGLIP, "size": [[["deep"]]] * 999},
])  # fmt: skip
def test_settings_that_cannot_be_used(read, config):
    with pytest.raises(InputError, match=r"preprocessor_config\.json: ") as raised:
        read(config)
    assert len(str(raised.value)) < 500 and "\n" not in str(raised.value) and "give --size" in str(raised.value)


def test_a_file_that_is_too_large_or_not_a_file(tmp_path):
    path = tmp_path / "preprocessor_config.json"
    path.write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(InputError, match="over 1 MiB"):
        preprocessor_config.read(path)
