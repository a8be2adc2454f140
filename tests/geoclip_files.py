"""The real files of GeoCLIP's package beside a small CLIP of random weights, laid out as a person would have them."""

import json
from importlib.metadata import distribution
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from clip_nets import clip_config, clip_tensors
from safetensors.numpy import save_file

from photoplanet.models import folder as model_folder
from photoplanet.models.importers import geoclip, importer

PLACES = 600  # rows of the gallery that tests encode: all of them take half a minute
SIZE, HEADS = 28, 2


def package_file(name):
    """A file of the installed package `geoclip` (weights.txt), which is never imported."""
    [found] = [each for each in distribution("geoclip").files if each.name == name]
    return Path(str(found.locate()))


def small_clip(seed=0):
    """CLIP tensors whose features have the 768 numbers that GeoCLIP's head takes."""
    return clip_tensors(SIZE, 7, 32, 2, 48, 768, seed)


def write_clip(folder, kind="model.safetensors"):
    """A CLIP as the hub has it, with what its file holds besides the vision part; returns the file of its weights."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(clip_config(HEADS)))
    more = {"text_model.final_layer_norm.bias": np.full(3, np.nan, np.float32), "logit_scale": np.float32([4.6])}
    more["vision_model.embeddings.position_ids"] = np.arange(17)[None]
    path, tensors = folder / kind, {**small_clip(), **more}
    if kind == "model.safetensors":
        save_file(tensors, path)
    else:
        torch.save({name: torch.tensor(values) for name, values in tensors.items()}, path)
    return path


def write_package(folder):
    """GeoCLIP's own files, with the first PLACES rows of its gallery; returns the gallery's file."""
    folder.mkdir(parents=True)
    for name in (*geoclip.PACKAGE, "LICENSE", geoclip.EXAMPLE):
        (folder / name).symlink_to(package_file(name))
    with package_file(geoclip.GALLERY).open() as whole:
        (folder / geoclip.GALLERY).write_text("".join(islice(whole, PLACES + 1)))
    return folder / geoclip.GALLERY


def accept(patch, clip, gallery):
    """Let a test's own CLIP and shortened gallery pass for the real ones; GeoCLIP's weights stay the real ones."""
    patch.setitem(geoclip.CLIP_FILES, "the small one", model_folder.sha256(clip))
    patch.setattr(geoclip, "GALLERY_DIGEST", importer.digest({"gallery": geoclip.read_gallery(gallery)}))


def write_all(folder, patch):
    """A folder for `--from` that `models add geoclip` takes."""
    accept(patch, write_clip(folder / "clip-vit-large-patch14"), write_package(folder / "geoclip"))
    return folder
