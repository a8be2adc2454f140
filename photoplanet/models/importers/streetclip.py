"""StreetCLIP (Haas, Alberti, Skreta 2023) as a model folder: CLIP that chooses a country, and a city in it, by texts.

Its authors ask for the likeliest country first and for a city of that country then ("hierarchical linear probing");
here every country is asked, and p(city) = p(country) · p(city given its country). The texts go through the text
transformer once, when the folder is made; `cities` says which countries and cities there are.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_graphs import Graph
from photoplanet.core.progress import Advance, Bar, ignore
from photoplanet.errors import ModelError
from photoplanet.models.importers import cities, clip_text, clip_tokens, clip_vision, importer, parity, weights
from photoplanet.models.importers.cities import Cities
from photoplanet.models.importers.importer import Files, Importer, Made, Repository
from photoplanet.models.importers.log_sums import log_sums
from photoplanet.models.importers.vision_layers import Layers
from photoplanet.models.importers.weights import shaped

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

Array = NDArray[Any]

WHAT, REPO = "StreetCLIP", "geolocal/StreetCLIP"
LICENCE = "CC BY-NC 4.0"
NOTE = "non-commercial: the weights are under CC BY-NC 4.0, which forbids commercial use"
LICENCES = """\
StreetCLIP, by Lukas Haas, Silas Alberti and Michal Skreta (arXiv:2302.00275): Creative Commons
Attribution-NonCommercial 4.0 International, https://creativecommons.org/licenses/by-nc/4.0/legalcode
Changed: its texts were turned into vectors once, and the network written as ONNX.

CLIP ViT-L/14, which it was trained from: MIT License, Copyright (c) 2021 OpenAI.
Names and places of cities: GeoNames, https://www.geonames.org, CC BY 4.0.
"""
COUNTRY, CITY = "A Street View photo in {}.", "A Street View photo from {}."
SCALE = "logit_scale"
COARSEST = 6  # level of a cell: some 20,000 km²
MAX_SCALE = 6.0  # e to this is 403; CLIP's own bound is 100


def is_wanted(name: str) -> bool:
    """Whether a tensor of the file is needed.

    >>> is_wanted("logit_scale"), is_wanted("text_model.embeddings.position_ids")
    (True, False)
    """
    parts = clip_vision.is_vision(name) or clip_text.is_text(name) or name == SCALE
    return parts and not name.endswith("position_ids")


def texts(places: Cities) -> list[str]:
    """Return the text of each country, and then of each city.

    >>> texts(Cities(["France"], ["Paris"], np.array([0]), np.array([48.9]), np.array([2.4])))
    ['A Street View photo in France.', 'A Street View photo from Paris.']
    """
    return [COUNTRY.format(name) for name in places.countries] + [CITY.format(name) for name in places.names]


def cells(places: Cities) -> tuple["Partition", NDArray[np.int64]]:
    """Return the S2 cells, as small as it takes for each to hold one city, and the class of each city.

    No cell is coarser than `COARSEST`: the country around a lone city is not the city's. Cities at one place share a
    cell. A cell's mean is its city's place.

    >>> places = Cities(["A"], ["b", "c"], np.array([0, 0]), np.array([48.9, 49.9]), np.array([2.4, 2.4]))
    >>> cells(places)[1].tolist()
    [0, 1]
    """
    from photoplanet.earth import cells as s2
    from photoplanet.earth.partition.partition import Partition

    plain = Partition.adaptive(places.latitude, places.longitude, max_photos=1, min_photos=1)
    cell = plain.assign(places.latitude, places.longitude).astype(np.int64)
    finer = s2.from_latlng(plain.means[:, 0], plain.means[:, 1], COARSEST)
    ids = np.where(s2.level(plain.ids) < COARSEST, finer, plain.ids)
    return Partition(ids, plain.photo_counts, plain.means, {"method": "cities", "cities": len(cell)}), cell


def vectors(
    tensors: Mapping[str, Array], config: Mapping[str, Any], tokenizer: clip_tokens.Tokenizer, places: Cities,
    advance: Advance = ignore,
) -> NDArray[np.float32]:  # fmt: skip
    """Return what photos are held against (countries + cities, d): the vectors of the texts, times CLIP's scale.

    `tensors`: by transformers' names; `config`: its config.json; `advance`: counts texts. ModelError for tensors that
    are missing or of another shape.

    >>> vectors({}, {}, clip_tokens.Tokenizer({}, {}), cities.choose(1))
    Traceback (most recent call last):
    photoplanet.errors.ModelError: StreetCLIP: logit_scale is missing; is it the right model?
    """
    scale = np.asarray(shaped(tensors, SCALE, (), WHAT), np.float64)
    if not abs(scale) <= MAX_SCALE:
        raise ModelError(f"{WHAT}: {SCALE} {float(scale):.4g} is not one of CLIP's; is it the right model?")
    numbers = [tokenizer.encode(text) for text in texts(places)]
    found: NDArray[np.float32] = np.float32(np.exp(scale)) * clip_text.embed(tensors, numbers, config, WHAT, advance)
    shaped(tensors, "visual_projection.weight", (found.shape[1], None), WHAT)
    return found


def graph(
    tensors: Mapping[str, Array], facts: clip_vision.Vision, places: Cities, against: NDArray[np.float32],
    cell: NDArray[np.int64], int8: bool = False,
) -> Graph:  # fmt: skip
    """Build the network: `images` uint8 (n, size, size, 3) → `log_probabilities` (n, classes) and `embedding` (n, d).

    `against`: as `vectors` gives them; `cell`: the class of each city.

    >>> one = Cities(["A"], ["b"], np.array([0]), np.array([48.9]), np.array([2.4]))
    >>> graph({}, clip_vision.Vision(28, 14, 8, 1, 1), one, np.zeros((2, 4), np.float32), np.array([0]))
    Traceback (most recent call last):
    KeyError: 'vision_model.embeddings.patch_embedding.weight'
    """
    layers = Layers(Graph(), tensors, int8)
    made = layers.graph
    found = clip_vision.add(layers, facts)
    made.add("LpNormalization", [str(found.projected)], "embedding", axis=-1, p=2)
    count = len(places.countries)
    likeness = {
        name: made.add("MatMul", ["embedding", made.constant(f"texts.{name}", some.T)])
        for name, some in (("countries", against[:count]), ("cities", against[count:]))
    }
    countries = made.add("LogSoftmax", [likeness["countries"]], axis=-1)
    together = log_sums(made, likeness["cities"], places.country, count)
    among = made.add("Sub", [countries, together])  # what a city's likeness is short of its log-probability
    of_city = made.add("Gather", [among, made.constant("country", places.country)], axis=1)
    mass = made.add("Add", [likeness["cities"], of_city])
    log_sums(made, mass, cell, int(cell.max()) + 1, "log_probabilities")
    return made


def make(files: Files, network: Path, int8: bool, bar: Bar) -> Made:
    """Make the model of the files: as `Importer.make`.

    >>> from photoplanet.core.progress import no_bar
    >>> make(Files({Path("no-such-folder"): ""}), Path("model.onnx"), False, no_bar)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: no-such-folder: no config.json of a CLIP in it; ...
    """
    folder = files.snapshot("clip")
    if folder is None:
        where = " and ".join(map(str, files.origins))
        raise ModelError(f"{where}: no config.json of a CLIP in it; `photoplanet models add` says how to get {REPO}")
    config, listed = importer.read_config(folder / "config.json"), weights.find(folder)
    tokenizer = clip_tokens.read(folder)
    tensors = weights.read(listed, is_wanted)
    places = cities.choose()
    facts = clip_vision.vision(tensors, config, WHAT)
    with bar("reading texts", len(places.countries) + len(places.names)) as advance:
        against = vectors(tensors, config, tokenizer, places, advance)
    partition, cell = cells(places)
    plain = graph(tensors, facts, places, against, cell)
    written = graph(tensors, facts, places, against, cell, True) if int8 else plain
    embedding = against.shape[1]
    importer.write_network(written, network, facts.size, len(partition), embedding)
    with bar("checking the network", len(plain.nodes)) as advance:
        agreement = parity.check(plain, network, facts.size, int8, advance)
    training = {
        "imported": f"StreetCLIP ({REPO})",
        "licence": LICENCE,
        "licence_note": NOTE,
        "provenance": importer.provenance(files, listed, f"{REPO}, as its giver says"),
        "texts": f"{COUNTRY.format('{country}')!r} for {len(places.countries)} countries and {CITY.format('{city}')!r} "
        f"for {len(places.names):,} cities of the gazetteer (GeoNames, CC BY 4.0); p(city) = p(country) × p(city given "
        "its country)",
        "cells": f"each holds one city, and is of level {COARSEST} at most; a city's mass lies in its cell",
        "counted": "cities",
        "confidence": "the softmax of its training; not fitted to any photo here",
        "not_for": "locating private photos of others, which its authors call out of scope and discourage",
        "parity": agreement,
    }
    shape = {key: getattr(facts, key) for key in ("width", "layers", "heads", "patch", "activation")}
    backbone = {"backbone": "streetclip", **shape, "weights": "int8" if int8 else "float32"}
    info = importer.info("streetclip", backbone, facts.preprocessing, len(partition), embedding, training)
    return Made(info, partition, {"LICENCES.txt": LICENCES})


IMPORTER = Importer(
    "streetclip", "StreetCLIP (CLIP ViT-L/14 at 336 pixels, texts of countries and cities)", LICENCE,
    (Repository(REPO, ("config.json", "pytorch_model.bin", "vocab.json", "merges.txt")),), make,
    published="StreetCLIP",
)  # fmt: skip
