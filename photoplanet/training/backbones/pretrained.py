"""Where a backbone's first weights are from: its package, or a model whose encoder was tuned."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photoplanet.encoders import lite
from photoplanet.errors import InputError, ModelError
from photoplanet.models import folder as model_folder

PACKAGE = "pretrained"
TUNED = "-tuned"  # what follows the name of an encoder that was tuned


def tensors(start: str, name: str) -> dict[str, NDArray[np.float32]]:
    """Return the weights of `lite0`, `lite1` or `lite2` by torch's names: "pretrained", or those in a model's folder.

    Errors as `encoders.lite.weights` and `models.folder.read`; InputError for a model of another or no tuned encoder.

    >>> tensors("pretrained", "lite0")["_conv_stem.weight"].shape
    (32, 3, 3, 3)
    """
    if start == PACKAGE:
        return lite.weights(name)
    bundle = model_folder.read(Path(start))
    found = str(bundle.info.backbone.get("backbone"))[:100]
    if found != name + TUNED or bundle.weights_path is None:
        raise InputError(
            f"start={start}: a model of {found}, not of a tuned {name}; give such a one, or start=pretrained"
        )
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        weights: dict[str, NDArray[np.float32]] = load_file(bundle.weights_path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(
            f"{bundle.weights_path}: not readable as safetensors ({error}); train the model again"
        ) from None
    return weights
