"""StreetCLIP (Haas, Alberti, Skreta 2023) as a model folder: CLIP that chooses a country, and a city in it, by texts.

Its authors ask for the likeliest country first and for a city of that country then ("hierarchical linear probing");
here every country is asked, and p(city) = p(country) · p(city given its country). The texts go through the text
transformer once, when the folder is made; `cities` says which countries and cities there are.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_graphs import Graph
from photoplanet.core.progress import Advance, ignore
from photoplanet.errors import ModelError
from photoplanet.models.importers import clip_text, clip_tokens, clip_vision
from photoplanet.models.importers.cities import Cities
from photoplanet.models.importers.log_sums import log_sums
from photoplanet.models.importers.vision_layers import Layers

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

COUNTRY, CITY = "A Street View photo in {}.", "A Street View photo from {}."
SCALE = "logit_scale"
MAX_SCALE = 10.0  # e to this: over 200 times CLIP's own bound of 100


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

    Cities at one place share a cell. A cell's mean is its city's place; ground without a city lies in the cell of a
    city that is near, or in none.

    >>> places = Cities(["A"], ["b", "c"], np.array([0, 0]), np.array([48.9, 49.9]), np.array([2.4, 2.4]))
    >>> cells(places)[1].tolist()
    [0, 1]
    """
    from photoplanet.earth.partition.partition import Partition

    partition = Partition.adaptive(places.latitude, places.longitude, max_photos=1, min_photos=1)
    return partition, partition.assign(places.latitude, places.longitude).astype(np.int64)


def graph(
    tensors: Mapping[str, NDArray[Any]],
    config: Mapping[str, Any],
    tokenizer: clip_tokens.Tokenizer,
    places: Cities,
    int8: bool = False,
    advance: Advance = ignore,
) -> tuple[Graph, "Partition", clip_vision.Vision]:
    """Build the network: `images` uint8 (n, size, size, 3) → `log_probabilities`, `embedding`; return its cells, too.

    `tensors`: by transformers' names; `config`: its config.json; `advance`: counts texts. ModelError for tensors that
    are missing or of another shape.

    >>> from photoplanet.models.importers import cities
    >>> graph({}, {}, clip_tokens.Tokenizer({}, {}), cities.choose(1))
    Traceback (most recent call last):
    photoplanet.errors.ModelError: StreetCLIP: logit_scale is missing; is it the right model?
    """
    what = "StreetCLIP"
    if SCALE not in tensors:
        raise ModelError(f"{what}: {SCALE} is missing; is it the right model?")
    scale = np.asarray(tensors[SCALE], np.float64)
    if scale.size != 1 or not abs(scale.item()) <= MAX_SCALE:
        raise ModelError(f"{what}: {SCALE} is not a number of CLIP's; is it the right model?")
    facts = clip_vision.vision(tensors, config, what)
    if "visual_projection.weight" not in tensors:
        raise ModelError(f"{what}: visual_projection.weight is missing; is it the right model?")
    numbers = [tokenizer.encode(text) for text in texts(places)]
    vectors = np.exp(scale.item()) * clip_text.embed(tensors, numbers, config, what, advance)
    if vectors.shape[1] != tensors["visual_projection.weight"].shape[0]:
        raise ModelError(f"{what}: photos and texts become vectors of two sizes; is it the right model?")
    partition, cell = cells(places)
    layers = Layers(Graph(), tensors, int8)
    made = layers.graph
    found = clip_vision.add(layers, facts)
    made.add("LpNormalization", [str(found.projected)], "embedding", axis=-1, p=2)
    count = len(places.countries)
    likeness = {
        name: made.add("MatMul", ["embedding", made.constant(f"texts.{name}", some.T.astype(np.float32))])
        for name, some in (("countries", vectors[:count]), ("cities", vectors[count:]))
    }
    countries = made.add("LogSoftmax", [likeness["countries"]], axis=-1)
    together = log_sums(made, likeness["cities"], places.country, count)
    among = made.add("Sub", [countries, together])  # what a city's likeness is short of its log-probability
    of_city = made.add("Gather", [among, made.constant("country", places.country.astype(np.int64))], axis=1)
    log_sums(made, made.add("Add", [likeness["cities"], of_city]), cell, len(partition), "log_probabilities")
    return made, partition, facts
