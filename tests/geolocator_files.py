"""StreetCLIP's and OSV-5M's files as they are published, of small random networks: shared by their tests."""

import json

import numpy as np
import torch
from clip_nets import clip_config, clip_tensors, real_files, text_tensors
from torch import nn

from photoplanet.models.importers.cities import Cities
from photoplanet.models.importers.rectangles import Rectangles

PLACES = Cities(
    ["France", "Brazil", "Monaco"],
    ["Paris", "Lyon", "Nice", "São Paulo", "Rio", "Monaco", "Elsewhere"],
    np.array([0, 0, 0, 1, 1, 2, 1]),
    np.array([48.86, 45.76, 43.7, -23.55, -22.91, 43.73, -22.91]),
    np.array([2.35, 4.84, 7.26, -46.63, -43.17, 7.42, -43.17]),
)
CONFIG = clip_config(2) | {"text_config": {"num_attention_heads": 2}}


def streetclip_tensors():
    """Its tensors by the names of the published file; 49,408 words, as the real tokenizer numbers them."""
    made = clip_tensors(28, 7, 32, projection=8) | text_tensors(49408, 16, projection=8, places=77)
    return made | {"logit_scale": np.array(3.2, np.float32)}


def write_streetclip(folder):
    """Write its files: weights as torch saves them, configuration, tokenizer; return the folder."""
    real_files(folder)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    more = {"vision_model.embeddings.position_ids": np.arange(17)[None]}
    saved(streetclip_tensors() | more, folder / "pytorch_model.bin")
    return folder


WIDTH, MIDDLE, INNER, SIZE = 32, 32, 16, 28
LOW = np.array([[40.0, 0.0], [40.0, 10.0], [50.0, 0.0], [-35.0, 140.0], [-30.0, -60.0]])
HIGH = np.array([[50.0, 10.0], [45.0, 15.0], [55.0, 20.0], [-30.0, 155.0], [-29.9, -59.8]])
AT = np.array([[0.5, 0.5], [0.1, 0.9], [0.7, 0.3], [0.0, 0.5], [0.5, 1.0]])
TREE = Rectangles(LOW, HIGH, LOW + AT * (HIGH - LOW))


def head(out, seed):
    """The authors' MLP: a norm, then linear layers with group norms of 4 groups and GELU between."""
    torch.manual_seed(seed)
    layers = nn.Sequential(
        nn.LayerNorm(WIDTH), nn.Linear(WIDTH, MIDDLE), nn.GroupNorm(4, MIDDLE), nn.GELU(), nn.Linear(MIDDLE, INNER),
        nn.GroupNorm(4, INNER), nn.GELU(), nn.Linear(INNER, out),
    ).double()  # fmt: skip
    for values in layers.parameters():
        values.data += 0.3 * torch.randn_like(values)
    return layers


def network(prefix="model.", geometry=True):
    """Its tensors by the names of the published file, and what torch needs to compute them."""
    vision = {name: values for name, values in clip_tensors(SIZE, 7, WIDTH).items() if "visual_proj" not in name}
    classify, place = head(len(TREE), 1), head(2 * len(TREE), 2)
    tensors = {f"{prefix}backbone.clip.{name}": values for name, values in vision.items()}
    for name, layers in (("classif", classify), ("reg", place)):
        tensors |= {f"{prefix}mid.{name}.{key}": each.numpy().copy() for key, each in layers.state_dict().items()}
    if geometry:
        tensors[f"{prefix}head.cell_center"] = TREE.mean / [90, 180]
        tensors[f"{prefix}head.cell_size_up"] = (TREE.high - TREE.mean) / [90, 180]
        tensors[f"{prefix}head.cell_size_down"] = (TREE.mean - TREE.low) / [90, 180]
    return tensors, vision, classify, place


def saved(tensors, path):
    torch.save({name: torch.tensor(np.array(values)) for name, values in tensors.items()}, path)
    return path


def write_osv5m(folder):
    """Write its files: everything twice, as in the published one; return the folder."""
    folder.mkdir()
    tensors = network()[0]
    saved(tensors | {name.removeprefix("model."): each for name, each in tensors.items()}, folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps({"model": {"mode": "eval"}}))
    return folder
