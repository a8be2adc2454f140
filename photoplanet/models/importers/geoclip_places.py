"""GeoCLIP's location encoder (Vivanco et al., NeurIPS 2023) in NumPy: places → vectors like those of their photos.

Equal Earth projection (Šavrič et al. 2019), Fourier features of three widths (Tancik et al. 2020), and a network of
four layers for each; the three are added.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.core.progress import Advance, ignore
from photoplanet.models.importers.weights import shaped

Array = NDArray[Any]

SCALES = 3  # σ = 1, 16 and 256: from continents to streets
DIMENSION = 512
EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)  # A1 … A4 of the projection
SCALE = 66.50336 / 180
_AT_ONCE = 2048  # places


def check(tensors: Mapping[str, Array], what: str) -> None:
    """Raise ModelError unless `tensors` are those of the location encoder, by GeoCLIP's names.

    >>> check({}, "GeoCLIP")
    Traceback (most recent call last):
    photoplanet.errors.ModelError: GeoCLIP: LocEnc0.capsule.0.b is missing; is it the right model?
    """
    for scale in range(SCALES):
        at = f"LocEnc{scale}."
        waves = shaped(tensors, f"{at}capsule.0.b", (None, 2), what).shape[0]
        before = 2 * waves
        for layer in ("capsule.1", "capsule.3", "capsule.5", "head.0"):
            last = DIMENSION if layer == "head.0" else None
            after = shaped(tensors, f"{at}{layer}.weight", (last, before), what).shape[0]
            shaped(tensors, f"{at}{layer}.bias", (after,), what)
            before = after


def encode(
    tensors: Mapping[str, Array], latitude: ArrayLike, longitude: ArrayLike, advance: Advance = ignore
) -> NDArray[np.float32]:
    """Return the vectors (n, 512) float32, of length 1, of places (n,) in degrees.

    Phases are computed in float64: at the finest scale they reach some thousand radians, of which float32 keeps four
    digits behind the point.

    >>> shapes = {"capsule.0.b": (1, 2), "capsule.1.weight": (1, 2), "head.0.weight": (512, 1), "head.0.bias": (512,)}
    >>> shapes |= {f"capsule.{layer}.{kind}": (1, 1)[: 1 + (kind == "weight")]
    ...            for layer in (1, 3, 5) for kind in ("weight", "bias") if (layer, kind) != (1, "weight")}
    >>> tensors = {f"LocEnc{scale}.{name}": np.ones(shape) for scale in range(3) for name, shape in shapes.items()}
    >>> vectors = encode(tensors, [48.9, -33.9], [2.4, 151.2])
    >>> vectors.shape, bool(np.allclose(np.linalg.norm(vectors, axis=1), 1))
    ((2, 512), True)
    """
    where = projected(latitude, longitude)
    found = np.zeros((len(where), DIMENSION), np.float32)
    for at in range(0, len(where), _AT_ONCE):
        some = slice(at, at + _AT_ONCE)
        for scale in range(SCALES):
            found[some] += _capsule(tensors, f"LocEnc{scale}.", where[some])
        advance(len(where[some]))
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found


def projected(latitude: ArrayLike, longitude: ArrayLike) -> NDArray[np.float64]:
    """Return x and y (n, 2) of places in degrees: the Equal Earth projection as GeoCLIP scales it.

    >>> projected([0.0, 90.0], [180.0, 0.0]).round(4).tolist()
    [[1.0, 0.0], [0.0, 0.4867]]
    """
    a1, a2, a3, a4 = EQUAL_EARTH
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(np.radians(np.asarray(latitude, np.float64))))
    below = 3 * (9 * a4 * theta**8 + 7 * a3 * theta**6 + 3 * a2 * theta**2 + a1)
    x = 2 * np.sqrt(3) * np.radians(np.asarray(longitude, np.float64)) * np.cos(theta) / below
    y = a4 * theta**9 + a3 * theta**7 + a2 * theta**3 + a1 * theta
    return SCALE * np.stack([x, y], axis=-1)


def _capsule(tensors: Mapping[str, Array], at: str, where: NDArray[np.float64]) -> Array:
    phases = 2 * np.pi * where @ tensors[f"{at}capsule.0.b"].T.astype(np.float64)
    x = np.concatenate([np.cos(phases), np.sin(phases)], axis=1).astype(np.float32)
    for layer in ("capsule.1", "capsule.3", "capsule.5"):
        x = np.maximum(x @ tensors[f"{at}{layer}.weight"].T + tensors[f"{at}{layer}.bias"], 0)
    head: Array = x @ tensors[f"{at}head.0.weight"].T + tensors[f"{at}head.0.bias"]
    return head
