"""A model at work: photos in, predictions out, through ONNX Runtime and without torch."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError, ModelError
from photoplanet.locate import point_estimates as readouts
from photoplanet.locate.prediction import ABSTAIN_BELOW, Prediction, Predictions, prepare
from photoplanet.models import folder, installed
from photoplanet.photos import decode

BATCH_SIZE = 32
MAX_THREADS = 1024
READ = (folder.CELLS, folder.NETWORK)  # what locating reads, and so what is hashed first


def load(model: str | os.PathLike | None = None, threads: int | None = None) -> "Locator":
    """Load a model: an installed name, a folder, or (None) the user's default; ModelError without one, or a bad one.

    `threads`: cores that the network may use (None: all).
    """
    return Locator(folder.read(installed.resolve(model), verify=READ), threads)


def locate(photo: Any, model: str | os.PathLike | None = None) -> Any:
    """Locate one photo (→ Prediction) or a list of them (→ list); for more than a few calls, `load` the model once."""
    return load(model).locate(photo)


def softmax_at(log_probabilities: NDArray, temperature: float) -> NDArray[np.float32]:
    """Log-probabilities (n, classes) at temperature 1 → the same at `temperature`, float32, in a new array."""
    scaled = log_probabilities / np.float32(temperature)
    scaled -= scaled.max(axis=1, keepdims=True)
    scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True, dtype=np.float64)).astype(np.float32)
    return scaled


def open_network(bundle: folder.Bundle, threads: int | None) -> Any:
    """An ONNX Runtime session of the model, with its inputs and outputs checked against `model.json`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    # Waiting threads would spin on the cores that decode the next photos: a quarter more processor time for nothing.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(bundle.onnx_path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises its own dozen types, which share no base but Exception
        raise _bad_network(bundle, f"not a usable network ({' '.join(str(error).split())[:200]})") from None
    info, size = bundle.info, bundle.info.preprocessing.size
    _check_signature(bundle, "input", session.get_inputs(), {"images": ("tensor(uint8)", [size, size, 3])})
    outputs = {
        "log_probabilities": ("tensor(float)", [info.classes]),
        "embedding": ("tensor(float)", [info.embedding_size]),
    }
    _check_signature(bundle, "output", session.get_outputs(), outputs)
    return session


def _check_signature(bundle: folder.Bundle, side: str, found: list, wanted: dict[str, tuple[str, list[int]]]) -> None:
    by_name = {node.name: node for node in found}
    for name, (kind, shape) in wanted.items():
        node = by_name.get(name)
        if node is None or node.type != kind or not _fits(node.shape, shape):
            have = "missing" if node is None else f"{node.type} {node.shape}"
            sizes = ", ".join(map(str, shape))
            raise _bad_network(bundle, f"the {side} {name} must be {kind} (photos, {sizes}), but is {have}")


def _fits(found: list, wanted: list[int]) -> bool:
    """Any number of photos, then `wanted`; what has no fixed size comes as a name or None, and is checked later."""
    if len(found) != len(wanted) + 1 or isinstance(found[0], int):
        return False
    return all(have == want or not isinstance(have, int) for have, want in zip(found[1:], wanted, strict=True))


def _bad_network(bundle: folder.Bundle, what: str) -> ModelError:
    return ModelError(f"{bundle.onnx_path}: {what}; copy or export the model again")


class Locator:
    """A loaded model. `info`: its facts; `partition`: its cells; photos go to `locate` or `locate_many`."""

    def __init__(self, bundle: folder.Bundle, threads: int | None = None, abstain_below: float | None = None):
        if threads is not None and not 1 <= threads <= MAX_THREADS:
            raise InputError(f"threads must be 1 to {MAX_THREADS}, not {threads}")
        self.bundle, self.info, self.threads = bundle, bundle.info, threads
        self.session = open_network(bundle, threads)
        self.partition = bundle.partition
        own = self.info.calibration.get("abstain_below", ABSTAIN_BELOW)
        self.abstain_below = own if abstain_below is None else abstain_below

    @overload
    def locate(self, photos: list | tuple, readout: str | None = ..., on_error: str = ...) -> list[Any]: ...
    @overload
    def locate(self, photos: Any, readout: str | None = ..., on_error: str = ...) -> Prediction: ...
    def locate(self, photos: Any, readout: str | None = None, on_error: str = "raise") -> Any:
        """Locate one photo (path, `shard.tar#member`, bytes, PIL image, uint8 array) → Prediction, or a list → a list.

        InputError for a photo that cannot be read; with a list and `on_error="keep"` the error stands in its place.
        """
        if on_error not in ("raise", "keep"):
            raise InputError(f"on_error is 'raise' or 'keep', not {on_error!r}")
        many = isinstance(photos, list | tuple)
        found = Predictions()
        # One photo is decoded right here: starting threads would cost more than it saves.
        threads = None if many and len(photos) > 1 else 0
        for _, result in self.locate_many(photos if many else [photos], readout=readout, decode_threads=threads):
            if isinstance(result, InputError) and (on_error == "raise" or not many):
                raise result
            found.append(result)
        return found if many else found[0]

    def locate_many(
        self,
        sources: Iterable[Any],
        batch_size: int = BATCH_SIZE,
        readout: str | None = None,
        decode_threads: int | None = None,
        advance: Callable[..., None] = lambda count=1, note="": None,
        region: float | None = None,
    ) -> Iterator[tuple[Any, Prediction | InputError]]:
        """Yield (source, Prediction, or the InputError of a photo that cannot be read) in the order of `sources`.

        Photos are decoded on `decode_threads` threads while the network works; memory does not grow with their number.
        With `region`, what `Prediction.to_dict` tells (of the region that holds this share) is worked out for a batch
        at once, which is many times as fast as for one photo after another.
        """
        if batch_size < 1:
            raise InputError(f"batch_size must be 1 or more, not {batch_size}")
        name = readout or readouts.DEFAULT_READOUT
        readouts.get(name)
        waiting: deque[Any] = deque()
        decoded = decode.load_many(_noting(sources, waiting), self.info.preprocessing, decode_threads)
        batch: list[tuple[Any, NDArray | InputError]] = []
        for pixels in decoded:
            batch.append((waiting.popleft(), pixels))
            if len(batch) == batch_size:
                yield from self._predict(batch, name, advance, region)
                batch = []
        if batch:
            yield from self._predict(batch, name, advance, region)

    def log_probabilities(self, photos: NDArray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """uint8 RGB (n, size, size, 3) → calibrated log-probabilities (n, classes) and embeddings (n, d), float32.

        InputError for another shape or type; ModelError when the network answers with numbers that are not finite.
        """
        size = self.info.preprocessing.size
        if photos.dtype != np.uint8 or photos.ndim != 4 or photos.shape[1:] != (size, size, 3):
            raise InputError(f"photos are uint8 (n, {size}, {size}, 3) here, not {photos.dtype} {photos.shape}")
        if not len(photos):
            empty = np.empty((0, self.info.classes), np.float32), np.empty((0, self.info.embedding_size), np.float32)
            return empty
        try:
            found, embedding = self.session.run(["log_probabilities", "embedding"], {"images": photos})
        except Exception as error:  # as above: no common base
            raise _bad_network(self.bundle, " ".join(str(error).split())[:200]) from None
        expected = (len(photos), self.info.classes), (len(photos), self.info.embedding_size)
        if (found.shape, embedding.shape) != expected:
            raise _bad_network(self.bundle, f"answers of shape {found.shape}, {embedding.shape}, not {expected}")
        if not np.isfinite(found).all() or not np.isfinite(embedding).all():
            raise _bad_network(self.bundle, "its answer is not finite, so its weights are bad")
        return softmax_at(found, self.info.temperature), embedding

    def prediction(self, probabilities: NDArray, embedding: NDArray, readout: str | None = None) -> Prediction:
        """The Prediction of one photo: a row of each answer of the network, the first as probabilities."""
        # Copies, so that one kept prediction does not keep the whole batch in memory.
        return Prediction(
            probabilities.copy(), self.partition, embedding.copy(), readout or readouts.DEFAULT_READOUT,
            self.abstain_below, self.info.name, self.info.is_toy,
        )  # fmt: skip

    def _predict(
        self, batch: list[tuple[Any, NDArray | InputError]], readout: str, advance: Callable[..., None],
        region: float | None,
    ) -> Iterator[tuple[Any, Prediction | InputError]]:  # fmt: skip
        good = [pixels for _, pixels in batch if not isinstance(pixels, InputError)]
        predictions: list[Prediction] = []
        if good:
            found, embeddings = self.log_probabilities(np.stack(good))
            for probabilities, embedding in zip(np.exp(found), embeddings, strict=True):
                predictions.append(self.prediction(probabilities, embedding, readout))
            if region is not None:
                prepare(predictions, region)
        following = iter(predictions)
        for source, pixels in batch:
            advance(1)
            yield source, pixels if isinstance(pixels, InputError) else next(following)


def _noting(sources: Iterable[Any], waiting: deque[Any]) -> Iterator[Any]:
    """The sources, each remembered until its pixels come: decoding runs ahead of what is asked for."""
    for source in sources:
        waiting.append(source)
        yield source
