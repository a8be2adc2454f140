"""GeoCLIP (Vivanco, Nayak, Shah, NeurIPS 2023) as a model folder: CLIP ViT-L/14, and a gallery of 100,000 places.

A photo's vector is held against those of the places, which the location encoder makes once. The places become the
cells of an adaptive partition, and a cell has the mass of its places: what GeoCLIP's own softmax gives them.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import regular
from photoplanet.core.onnx_graphs import Graph
from photoplanet.core.progress import Bar, no_bar
from photoplanet.earth import geodesy
from photoplanet.errors import InputError, ModelError
from photoplanet.models.importers import clip_vision, geoclip_places, importer, parity, weights
from photoplanet.models.importers.importer import Files, Importer, Made, Repository
from photoplanet.models.importers.log_sums import log_sums
from photoplanet.models.importers.vision_layers import Layers
from photoplanet.models.importers.weights import shaped

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

Array = NDArray[Any]
Floats = NDArray[np.float64]

WHAT = "GeoCLIP 1.3.0"
CELL_PLACES = 4  # distinct places a cell, at most, unless it is of the
CELL_LEVEL = 13  # finest level, 1.2 km across: places within a town lie in cells, not in gaps between them
EMBEDDING = geoclip_places.DIMENSION
MAX_SCALE = 100.0  # the most that exp(logit_scale) may be, as in CLIP's own training
MAX_GALLERY, MAX_PLACES = 64 << 20, 1_000_000  # bytes, rows
GALLERY, KIND = "coordinates_100K.csv", "geoclip-geolocation"
# the files of the package, and where their tensors are in the hub's one file
PACKAGE = {
    "image_encoder_mlp_weights.pth": "image_encoder.mlp.",
    "location_encoder_weights.pth": "location_encoder.",
    "logit_scale_weights.pth": "logit_scale",
}
# what this importer was tested with: of tensors and places whatever kind of file they are in, of CLIP's files as such
WEIGHTS_DIGEST = "f17d946aef58b3ddd122a0da50ab860aa4ce7859c2bb681df86d07cab5e66fd4"
GALLERY_DIGEST = "d6865fd8474df2d4aa3491fd64b35f3e50911f2c786d8c82136c478935cbc912"
CLIP, CLIP_COMMIT = "openai/clip-vit-large-patch14", "32bd64288804d66eefd0ccbe215aa642df71cc41"
CLIP_FILES = {
    "model.safetensors": "a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb",
    "pytorch_model.bin": "f1a17cdbe0f36fec524f5cafb1c261ea3bbbc13e346e0f74fc9eb0460dedd0d3",
}
EXAMPLE, EXAMPLE_AT = "Kauai.png", (22.05, -159.53)  # the package's own example photo, and the island on it
EXPECTED = (
    "less than the authors' figures, which average ten crops of a photo: one is looked at here. On im2gps3k about "
    "10.8, 31.1, 48.7, 67.6 and 83.2 % within 1, 25, 200, 750 and 2,500 km (measured by GRE Suite, arXiv:2505.18700)"
)
CLIP_LICENCE = "CLIP ViT-L/14: MIT License, Copyright (c) 2021 OpenAI; the same terms as above."


@dataclass(frozen=True)
class Places:
    """The distinct places of a gallery: degrees (n,), how often each is in it, and its vector (n, 512)."""

    latitude: Floats
    longitude: Floats
    counts: NDArray[np.int64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Own:
    """What is GeoCLIP's own: tensors by the hub's names, the gallery (n, 2) in degrees, the licence, and its files."""

    tensors: Mapping[str, Array]
    gallery: Floats
    licence: str
    files: Sequence[Path]

    def part(self, prefix: str) -> dict[str, Array]:
        """Return the tensors whose names begin with `prefix`, without it."""
        return {name.removeprefix(prefix): values for name, values in self.tensors.items() if name.startswith(prefix)}

    @property
    def scale(self) -> float:
        """What cosines are multiplied by before the softmax; ModelError for what cannot be that."""
        logarithm = np.asarray(shaped(self.tensors, "logit_scale", (), WHAT), np.float64)
        if not 0 < np.exp(logarithm) <= MAX_SCALE:
            raise ModelError(f"{WHAT}: logit_scale {float(logarithm):.6g} is too large; is it the right model?")
        return float(np.exp(logarithm))


def read_own(files: Files) -> Own:
    """Read GeoCLIP's own weights, gallery and licence, from the files of its package or of its place on the hub.

    ModelError for files that are missing or of another version.

    >>> read_own(Files({Path("no-such-folder"): ""}))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: no-such-folder: no image_encoder_mlp_weights.pth of GeoCLIP 1.3.0 in it; ...
    """
    snapshot = files.snapshot(KIND)
    if snapshot is not None and files.named(next(iter(PACKAGE))) is None:
        listed = weights.find(snapshot)
        tensors = weights.read(listed)
        gallery = snapshot / _gallery_name(snapshot)
        licence = next((path for path in (snapshot / "LICENSE", snapshot / "README.md") if path.is_file()), None)
    else:
        found = {files.wanted(name, of=WHAT): prefix for name, prefix in PACKAGE.items()}
        tensors = {
            prefix + name: values for path, prefix in found.items() for name, values in weights.read([path]).items()
        }
        listed = list(found)
        gallery, licence = files.wanted(GALLERY, of=WHAT), files.named("LICENSE")
    own = Own(tensors, read_gallery(gallery), _licence(licence, gallery), [*listed, gallery])
    remedy = f"this importer knows {WHAT} only; get that version"
    if importer.digest(tensors) != WEIGHTS_DIGEST:
        raise ModelError(f"{listed[0].parent}: not the weights of {WHAT}; {remedy}")
    if importer.digest({"gallery": own.gallery}) != GALLERY_DIGEST:
        raise ModelError(f"{gallery}: not the gallery of {WHAT}; {remedy}")
    return own


def _gallery_name(snapshot: Path) -> str:
    name = importer.read_config(snapshot / "config.json").get("gallery_file")
    if not isinstance(name, str) or Path(name).name != name or not name.endswith(".csv"):
        raise ModelError(f"{snapshot / 'config.json'}: names no gallery (gallery_file); get the file again")
    return name


def _licence(path: Path | None, gallery: Path) -> str:
    text = importer.read_text(path) if path is not None else ""
    if "Permission is hereby granted, free of charge" in text:
        return text
    if path is not None and path.name == "README.md" and "\nlicense: mit\n" in text[:4096].replace("\r", ""):
        return f"{path.parent.name}: MIT License, as its README.md says.\n"
    where = gallery.parent if path is None else path
    raise ModelError(f"{where}: no LICENSE of {WHAT}, without which its weights must not be copied; put it beside them")


def read_gallery(path: Path) -> Floats:
    r"""Read places (n, 2), degrees, from a CSV file with the columns LAT and LON; ModelError for anything else.

    >>> file = getfixture("tmp_path") / "places.csv"
    >>> _ = file.write_text("LAT,LON\n48.5,2.25\n")
    >>> read_gallery(file).tolist()
    [[48.5, 2.25]]
    """
    try:
        head, _, rows = regular.read_regular(path, MAX_GALLERY).partition(b"\n")
        if head.strip() != b"LAT,LON" or not 0 < rows.count(b"\n") <= MAX_PLACES:
            raise ValueError("no columns LAT and LON, or too many rows")
        places = np.loadtxt(io.BytesIO(rows), np.float64, delimiter=",", ndmin=2)
        if places.shape[1] != 2:
            raise ValueError("not two numbers a row")
        geodesy.check(places[:, 0], places[:, 1], str(path), 2)
    except InputError as error:
        raise ModelError(f"{error}; get the file again") from None
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path}: not a gallery of places ({' '.join(str(error).split())[:80]}); get it again"
        ) from None
    return places


def encoded(own: Own, bar: Bar = no_bar) -> Places:
    """Return the gallery's distinct places with their vectors; the real one has 94,123, and takes half a minute.

    >>> encoded(Own({}, np.zeros((1, 2)), "", []))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: GeoCLIP 1.3.0: LocEnc0.capsule.0.b is missing; ...
    """
    distinct, counts = np.unique(own.gallery, axis=0, return_counts=True)
    tensors = own.part("location_encoder.")
    geoclip_places.check(tensors, WHAT)
    with bar("encoding places", len(distinct)) as advance:
        vectors = geoclip_places.encode(tensors, distinct[:, 0], distinct[:, 1], advance)
    return Places(distinct[:, 0], distinct[:, 1], counts, vectors)


def cells(places: Places) -> tuple["Partition", NDArray[np.int64]]:
    """Return the adaptive partition of distinct places, by `CELL_PLACES` and `CELL_LEVEL`, and the class of each.

    A cell's photos are the gallery's rows in it, and its mean theirs, so that a place that comes often counts so.

    >>> vectors = np.zeros((2, 512), np.float32)
    >>> partition, rows = cells(Places(np.array([48.9, -33.9]), np.array([2.4, 151.2]), np.array([3, 1]), vectors))
    >>> partition.photo_counts[rows].tolist()
    [3, 1]
    """
    from photoplanet.earth.partition.partition import Partition

    plain = Partition.adaptive(places.latitude, places.longitude, max_photos=CELL_PLACES, min_photos=1,
                               max_level=CELL_LEVEL)  # fmt: skip
    rows = plain.assign(places.latitude, places.longitude).astype(np.int64)
    sums = np.zeros((len(plain), 3))
    np.add.at(sums, rows, geodesy.to_xyz(places.latitude, places.longitude) * places.counts[:, None])
    photos = np.bincount(rows, places.counts, len(plain)).astype(np.int64)
    return Partition(plain.ids, photos, np.stack(geodesy.from_xyz(sums), axis=-1), plain.made), rows


def graph(
    tensors: Mapping[str, Array], facts: clip_vision.Vision, own: Own, places: Places, rows: NDArray[np.int64],
    classes: int, int8: bool = False,
) -> Graph:  # fmt: skip
    """Build the network: `images` uint8 (n, size, size, 3) → `log_probabilities` (n, classes) and `embedding` (n, 512).

    `tensors`: CLIP's, by transformers' names; `rows`: the class of each place. `int8`: CLIP's weights, and the head's.

    >>> none = np.zeros(0, np.int64)
    >>> nowhere, own = Places(none, none, none, np.zeros((0, 512), np.float32)), Own({}, np.zeros((0, 2)), "", [])
    >>> graph({}, clip_vision.Vision(28, 7, 8, 1, 1), own, nowhere, none, 1)
    Traceback (most recent call last):
    photoplanet.errors.ModelError: CLIP: visual_projection.weight is missing; is it the right model?
    """
    wide = shaped(tensors, "visual_projection.weight", (None, facts.width), "CLIP").shape[0]
    inner = shaped(own.tensors, "image_encoder.mlp.0.weight", (None, wide), WHAT).shape[0]
    shaped(own.tensors, "image_encoder.mlp.0.bias", (inner,), WHAT)
    shaped(own.tensors, "image_encoder.mlp.2.weight", (EMBEDDING, inner), WHAT)
    shaped(own.tensors, "image_encoder.mlp.2.bias", (EMBEDDING,), WHAT)
    layers = Layers(Graph(), {**tensors, **own.tensors}, int8)
    made = layers.graph
    x = str(clip_vision.add(layers, facts).projected)
    x = made.add("Relu", [layers.linear(x, "image_encoder.mlp.0")])
    x = made.add("LpNormalization", [layers.linear(x, "image_encoder.mlp.2")], "embedding", axis=-1, p=2)
    vectors = np.float32(own.scale) * places.vectors
    x = made.add("MatMul", [x, made.constant("gallery", vectors.T)])
    if (places.counts > 1).any():  # a place that comes twice counts twice
        x = layers.biased(x, "gallery.counts", np.log(places.counts).astype(np.float32))
    made.add("LogSoftmax", [log_sums(made, x, rows, classes)], "log_probabilities", axis=-1)
    return made


def make(files: Files, network: Path, int8: bool, bar: Bar) -> Made:
    """Make the model of the files: as `Importer.make`.

    >>> make(Files({Path("no-such-folder"): ""}), Path("model.onnx"), False, no_bar)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: no-such-folder: no image_encoder_mlp_weights.pth of GeoCLIP 1.3.0 in it; ...
    """
    own = read_own(files)
    clip, listed, known = _clip(files)
    tensors = clip_vision.renamed(weights.read(listed, clip_vision.is_vision))
    facts = clip_vision.vision(tensors, clip, "CLIP")
    places = encoded(own, bar)
    partition, rows = cells(places)
    plain = graph(tensors, facts, own, places, rows, len(partition))
    written = graph(tensors, facts, own, places, rows, len(partition), True) if int8 else plain
    importer.write_network(written, network, facts.size, len(partition), EMBEDDING)
    with bar("checking the network", len(plain.nodes)) as advance:
        agreement = parity.check(plain, network, facts.size, int8, advance)
    training = {
        "imported": f"{WHAT} with {CLIP}",
        "licence": "MIT",
        "provenance": importer.provenance(files, own.files, "package geoclip 1.3.0") + known,
        "cells": f"{len(own.gallery):,} places, {len(rows):,} of them distinct, at most {CELL_PLACES} a cell or the "
        f"cell of level {CELL_LEVEL}; a cell has the mass of its places",
        "counted": "places of its gallery",
        "confidence": f"the softmax of its training (scale {own.scale:.4g}) over the gallery, which was drawn like its "
        "training photos; not fitted to any photo here",
        "expected": EXPECTED,
        "parity": agreement,
        "example": _example(files.named(EXAMPLE), network, facts, partition),
    }
    shape = {key: getattr(facts, key) for key in ("width", "layers", "heads", "patch", "activation")}
    backbone = {"backbone": "geoclip", **shape, "weights": "int8" if int8 else "float32"}
    info = importer.info("geoclip", backbone, facts.preprocessing, len(partition), EMBEDDING, training)
    return Made(info, partition, {"LICENCES.txt": f"{own.licence.strip()}\n\n{CLIP_LICENCE}\n"})


def _clip(files: Files) -> tuple[dict[str, Any], list[Path], list[dict[str, str]]]:
    """CLIP's configuration, its files of weights, and where they are from: only those that GeoCLIP was trained on."""
    folder = files.snapshot("clip")
    if folder is None:
        where = " and ".join(map(str, files.origins))
        raise ModelError(
            f"{where}: no config.json and weights of {CLIP} in it; `photoplanet models add` says how to get them"
        )
    listed = weights.find(folder)
    known = importer.provenance(files, listed, f"{CLIP} at {CLIP_COMMIT[:12]}")
    if any(each["sha256"] not in CLIP_FILES.values() for each in known):
        raise ModelError(f"{listed[0]}: not the weights of {CLIP}, which GeoCLIP was trained on; get those")
    return importer.read_config(folder / "config.json"), listed, known


def _example(path: Path | None, network: Path, facts: clip_vision.Vision, partition: "Partition") -> str:
    """Where the package's example photo is put: a look at the whole with the real weights; empty without the photo."""
    if path is None:
        return ""
    from photoplanet.core.onnx_sessions import open_session
    from photoplanet.photos import decode

    pixels = decode.load(path, facts.preprocessing)
    [found] = open_session(network).run(["log_probabilities"], {"images": pixels[None]})
    latitude, longitude = partition.means[int(found[0].argmax())]
    away = geodesy.distance_km(latitude, longitude, *EXAMPLE_AT)
    return f"{EXAMPLE}, the package's example photo: the likeliest cell is {float(away):,.0f} km from Kauaʻi"


IMPORTER = Importer(
    "geoclip", "GeoCLIP 1.3.0 (CLIP ViT-L/14, 100,000 places)", "MIT",
    (
        Repository("VicenteVivanco/geoclip-geolocation", ("config.json", "model.safetensors", "README.md"),
                   optional=("LICENSE",), named=lambda folder: [_gallery_name(folder)]),
        Repository(CLIP, ("config.json", "model.safetensors"), CLIP_COMMIT, "MIT (openai/CLIP)"),
    ),
    make,
    ("python -m pip install --no-deps --target geoclip geoclip==1.3.0",),
    "GeoCLIP",
)  # fmt: skip
