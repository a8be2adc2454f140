"""A photo's vector for retrieval: unit length, one byte a number, from the classifier's pass or a trained part."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_sessions import Session, one_line, open_session
from photoplanet.encoders import kept
from photoplanet.errors import InputError, ModelError
from photoplanet.locate.locator import Locator
from photoplanet.models import folder
from photoplanet.retrieval.vectors import vector_index

PART = "embedding"  # the part of a model folder that `photoplanet train-embedding` adds
KINDS = ("trained", "network")
MOST_NUMBERS = 4096  # of a vector
REMEDY = "train it again, or copy the model again"
_MOST_BYTES = 2 << 30  # of a part's file: where a protobuf ends


class Embedder:
    """Photos → unit vectors float32 (n, `dimensions`), with a model's trained embedding or the classifier's own.

    `which`: "trained" (the paper's §3 triplet embedding, from the model folder's part), "network" (the layer below the
    softmax, L2-normalised), or None: trained where the model has it. ModelError where the part is missing or damaged,
    InputError for another `which`.

    >>> from photoplanet.locate import locator
    >>> embedder = Embedder(locator.load("toy"))
    >>> embedder.which, embedder.dimensions
    ('trained', 256)
    """

    def __init__(self, locator: Locator, which: str | None = None):
        if which is not None and which not in KINDS:
            raise InputError(f"{which!r} is not an embedding; give one of {', '.join(KINDS)}")
        self.locator, self.which = locator, which or ("trained" if PART in locator.info.parts else "network")
        self.dimensions, self.input = locator.info.embedding_size, "embedding"
        self._session: Session | None = None
        encoder = kept.encoder_of(locator.info.backbone)  # its features stay when the model on top is trained again
        own = kept.identity(encoder, locator.info.preprocessing) if encoder else locator.info.hashes[folder.NETWORK]
        weights = [own]
        if self.which == "trained":
            self._session, self.input, self.dimensions, digest = _open_part(locator)
            weights.append(digest)
        self.key = hashlib.sha256("\n".join([self.which, *weights]).encode()).hexdigest()
        self.scale = vector_index.unit_scale(self.dimensions)

    @property
    def own_pass(self) -> bool:
        """Whether the vectors come from a CNN of their own, so that the classifier's pass does not give them."""
        return self.input == "images"

    def vectors(self, photos: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 RGB (n, size, size, 3) → unit vectors (n, d); raises as `Locator.log_probabilities` does."""
        if self.own_pass:
            size = self.locator.info.preprocessing.size
            if photos.dtype != np.uint8 or photos.ndim != 4 or photos.shape[1:] != (size, size, 3):
                raise InputError(f"photos are uint8 (n, {size}, {size}, 3) here, not {photos.dtype} {photos.shape}")
            return self._run(photos)
        return self.from_network(self.locator.log_probabilities(photos)[1])

    def from_network(self, embedding: NDArray[Any]) -> NDArray[np.float32]:
        """The classifier's embedding (n, D), as `Prediction.embedding` holds it → unit vectors (n, d).

        InputError when the vectors need the pixels (`own_pass`).
        """
        if self.own_pass:
            raise InputError("this model's trained embedding starts from the pixels; use vectors(photos)")
        rows = np.asarray(embedding, np.float32)
        wanted = self.locator.info.embedding_size
        if rows.ndim != 2 or rows.shape[1] != wanted:
            raise InputError(f"embeddings have shape {rows.shape}; give (photos, {wanted}), as the network makes them")
        return self._run(rows) if self._session else normalised(rows)

    def quantise(self, vectors: NDArray[np.float32]) -> NDArray[np.int8]:
        """Unit vectors (n, d) → int8 (n, d), one step being `scale`: 256 bytes a photo at d = 256 (paper §3)."""
        return vector_index.quantise(vectors, self.scale)

    def dequantise(self, codes: NDArray[np.int8]) -> NDArray[np.float32]:
        """int8 (n, d) → float32 (n, d), what `quantise` was given up to its rounding."""
        return vector_index.dequantise(codes, self.scale)

    def _run(self, given: NDArray[Any]) -> NDArray[np.float32]:
        if not len(given):
            return np.empty((0, self.dimensions), np.float32)
        assert self._session is not None
        try:
            (found,) = self._session.run(["vectors"], {self.input: given})
        except Exception as error:  # ONNX Runtime's dozen types share no base but Exception
            raise _bad(self.locator, one_line(error)) from None
        if found.shape != (len(given), self.dimensions) or not np.isfinite(found).all():
            raise _bad(self.locator, f"answers of shape {found.shape} or not finite")
        return normalised(found)


def normalised(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Scale rows (n, d) to unit length, float32; a row of zeros stays as it is.

    >>> normalised(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    values = np.asarray(rows, np.float32)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = values / np.where(length > 0, length, np.float32(1))
    return scaled


def _open_part(locator: Locator) -> tuple[Session, str, int, str]:
    """The session of the part, the name of its input, how many numbers it gives, and the hash of its file."""
    info, home = locator.info, locator.bundle.folder
    part = info.parts.get(PART)
    if part is None:
        raise ModelError(
            f"{home}: has no trained embedding; `photoplanet train-embedding PHOTOS --model {home} -o {home}` adds it"
        )
    files = [name for name in part["files"] if name.endswith(".onnx")]
    if len(files) != 1:
        raise _bad(locator, f"{len(files)} networks instead of one")
    path = home / files[0]
    if path.stat().st_size > _MOST_BYTES or folder.sha256(path) != info.hashes[files[0]]:
        raise _bad(locator, f"{files[0]} is damaged, its SHA-256 is not the one in {folder.INFO}")
    session = open_session(path, locator.threads, f"{home}: the part {PART!r}", REMEDY)
    return session, *_signature(session, locator), info.hashes[files[0]]


def _signature(session: Session, locator: Locator) -> tuple[str, int]:
    """The name of the part's input, and how many numbers it gives; ModelError for a network of another kind."""
    size = locator.info.preprocessing.size
    wanted = {
        "embedding": ("tensor(float)", [locator.info.embedding_size]),
        "images": ("tensor(uint8)", [size, size, 3]),
    }
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or inputs[0].name not in wanted:
        raise _bad(locator, f"its inputs are {[node.name for node in inputs]}, not one of {', '.join(wanted)}")
    kind, shape = wanted[inputs[0].name]
    if inputs[0].type != kind or list(inputs[0].shape[1:]) != shape or isinstance(inputs[0].shape[0], int):
        raise _bad(locator, f"its input is {inputs[0].type} {inputs[0].shape}, not {kind} (photos, {shape})")
    found = [node for node in outputs if node.name == "vectors"]
    numbers = found[0].shape[1] if found and len(found[0].shape) == 2 else None
    if not isinstance(numbers, int) or not 0 < numbers <= MOST_NUMBERS or found[0].type != "tensor(float)":
        raise _bad(locator, "its output is not float32 vectors (photos, d)")
    return inputs[0].name, numbers


def _bad(locator: Locator, what: str) -> ModelError:
    return ModelError(f"{locator.bundle.folder}: the part {PART!r}: {what}; {REMEDY}")
