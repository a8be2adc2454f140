"""A model at work: photos in, predictions out, through ONNX Runtime and without torch."""

import io
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photoplanet.core import devices, onnx_sessions, progress
from photoplanet.errors import InputError
from photoplanet.locate import correction, network, opening, point_estimates, unknown
from photoplanet.locate.prediction import ABSTAIN_BELOW, Prediction, Predictions, prepare
from photoplanet.locate.seen import Seen, softmax_at
from photoplanet.locate.within import Cut
from photoplanet.models import folder
from photoplanet.photos import decode

if TYPE_CHECKING:
    from photoplanet.clues.collect import Collector, Found
    from photoplanet.earth.areas.area import Area
    from photoplanet.earth.areas.parse import Given

BATCH_SIZE = 32
MAX_THREADS = 1024

Photo: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | Image.Image | NDArray[np.uint8]
"""One photo: a path, `shard.tar#member`, bytes, a PIL image, or uint8 (h, w), (h, w, 3) or (h, w, 4)."""

Areas: TypeAlias = "Given | Iterable[Given] | None"
"""One area or several, as people type them (`earth.areas.parse.area`), or None."""

Answer: TypeAlias = Prediction | InputError
KEPT_CUTS = 8  # some megabytes each where there are many cells
_ONE = (str, os.PathLike, bytes, bytearray, memoryview, Image.Image, np.ndarray, io.IOBase)


def load(
    model: str | os.PathLike[str] | None = None, threads: int | None = None, signs: bool | None = None,
    clock: bool = True, neighbours: bool = False, prior: str | os.PathLike[str] | None = None,
    strike: Sequence[str] = (), device: str | None = None,
) -> "Locator":  # fmt: skip
    """Load a model: an installed name, a folder, "none", or (None) the user's default; ModelError for a bad one.

    Without a default, None is "none": places come from what stands in the photos. `threads`: cores that the network may
    use (None: all); `signs`: whether the text in photos is read (None: where the extra is installed, and the Earth is
    the real one); `clock`: whether the camera's clock counts; `neighbours`: whether other photos say where one is, so
    that no model is needed even where no text is read; `prior`: a table of geotagged photos, which says where others
    are expected where there is no model; `strike`: texts, and no line that holds one counts as evidence; `device`: as
    `Locator`. `photoplanet.load` gives the same with more methods.

    >>> load("toy").info.name
    'toy'
    """
    bundle = opening.bundle_of(model, signs, neighbours, prior)
    collector = opening.collector_of(bundle.info, signs, clock, threads)
    return Locator(bundle, threads, collector=collector, strike=tuple(strike), device=device)


@overload
def locate(photo: Photo, model: str | os.PathLike[str] | None = ...) -> Prediction: ...  # type: ignore[overload-overlap]  # a str is an Iterable of str, too
@overload
def locate(photo: Iterable[Photo], model: str | os.PathLike[str] | None = ...) -> Predictions[Prediction]: ...
def locate(
    photo: Photo | Iterable[Photo], model: str | os.PathLike[str] | None = None
) -> Prediction | Predictions[Prediction]:
    """Locate one photo (→ Prediction) or several (→ list); for more than a few calls, `load` the model once.

    `model` as in `load`. InputError for a photo that cannot be read, ModelError without a model.

    >>> import photoplanet as pp
    >>> pp.locate(np.zeros((64, 64, 3), np.uint8), model="toy").toy
    True
    """
    return load(model).locate(photo)


class Locator:
    """A loaded model. `info`: its facts; `partition`: its cells; photos go to `locate` or `locate_many`.

    `threads`: cores that the network may use (None: all); `abstain_below`: the mass within 750 km under which a
    prediction abstains (None: as the model says); `collector`: who looks for other evidence in photos (None: nobody);
    `strike`: texts whose lines do not count; `device`: what the network works on, "cpu", "cuda", "openvino" or "auto",
    the best that works (None: as PHOTOPLANET_DEVICE says, or "auto"); the attribute `device` says which it became, and
    `passed` which would have been better and why it could not be. InputError for a bad number of threads or a device
    that is not there, ModelError for a bad network.

    >>> import photoplanet as pp
    >>> len(pp.load("toy").partition)
    1044
    """

    in_processes = False
    """Whether `locate_many` may start processes: these import the main module, so that a script has to guard it."""

    def __init__(
        self, bundle: folder.Bundle, threads: int | None = None, abstain_below: float | None = None,
        collector: "Collector | None" = None, strike: Sequence[str] = (), device: str | None = None,
    ):  # fmt: skip
        if threads is not None and not 1 <= threads <= MAX_THREADS:
            raise InputError(f"threads must be 1 to {MAX_THREADS}, not {threads}")
        self.bundle, self.info, self.threads = bundle, bundle.info, threads
        self.session, self.device, self.passed = network.open_network(bundle, threads, devices.chosen(device))
        self.collector, self.strike = collector, strike
        self.partition = bundle.partition
        own = self.info.calibration.get("abstain_below", ABSTAIN_BELOW)
        self.abstain_below = own if abstain_below is None else abstain_below
        self.least_gain = self.info.calibration.get("least_gain", unknown.LEAST_GAIN)
        self.sharpness = self.info.calibration.get("readout_sharpness", 1.0)
        self.correction = correction.of(self.info.calibration)
        self._cuts: dict[Area, Cut] = {}
        listed = {node.name for node in self.session.get_outputs()}
        self._outputs = ["log_probabilities", "embedding"] + [network.SIMILARITY] * (network.SIMILARITY in listed)

    @overload
    def locate(  # type: ignore[overload-overlap]  # a str is an Iterable of str, too
        self, photos: Photo, readout: str | None = ..., on_error: Literal["raise", "keep"] = ...,
        *, within: Areas = ..., not_within: Areas = ...,
    ) -> Prediction: ...  # fmt: skip
    @overload
    def locate(
        self, photos: Iterable[Photo], readout: str | None = ..., on_error: Literal["raise"] = ...,
        *, within: Areas = ..., not_within: Areas = ...,
    ) -> Predictions[Prediction]: ...  # fmt: skip
    @overload
    def locate(
        self, photos: Iterable[Photo], readout: str | None = ...,
        *, on_error: Literal["keep"], within: Areas = ..., not_within: Areas = ...,
    ) -> Predictions[Answer]: ...  # fmt: skip
    def locate(
        self, photos: Photo | Iterable[Photo], readout: str | None = None, on_error: str = "raise",
        *, within: Areas = None, not_within: Areas = None,
    ) -> Prediction | Predictions[Prediction] | Predictions[Answer]:  # fmt: skip
        """Locate one photo → Prediction, or several (a list, a generator) → a list of them in the same order.

        A photo is a path, `shard.tar#member`, bytes, a PIL image or a uint8 array. `readout`: the point estimate, one
        of `point_estimates.READOUTS`. `within`, `not_within`: areas that the photos are known to be from, or not from,
        as `earth.areas.parse.areas` reads them. InputError for a photo that cannot be read; of several,
        `on_error="keep"` puts the error in its place instead.

        >>> import photoplanet as pp
        >>> model = pp.load("toy")
        >>> model.locate(np.zeros((64, 64, 3), np.uint8)).best.radius_km
        2500.0
        >>> [type(each).__name__ for each in model.locate(["no-such.jpg"], on_error="keep")]
        ['PhotoError']
        >>> model.locate(np.zeros((64, 64, 3), np.uint8), within="Germany").within.name
        'Germany'
        """
        if on_error not in ("raise", "keep"):
            raise InputError(f"on_error is 'raise' or 'keep', not {on_error!r}")
        if isinstance(photos, _ONE) or not isinstance(photos, Iterable):
            # One photo is decoded right here: starting threads would cost more than it saves.
            ((_, answer),) = self.locate_many(
                [photos], readout=readout, decode_threads=0, within=within, not_within=not_within
            )
            if isinstance(answer, InputError):
                raise answer
            return answer
        few = isinstance(photos, Sized) and len(photos) <= 1
        found: Predictions[Answer] = Predictions()
        for _, answer in self.locate_many(
            photos, readout=readout, decode_threads=0 if few else None, within=within, not_within=not_within
        ):
            if isinstance(answer, InputError) and on_error == "raise":
                raise answer
            found.append(answer)
        return found

    def locate_many(
        self,
        sources: Iterable[Any],
        batch_size: int = BATCH_SIZE,
        readout: str | None = None,
        decode_threads: int | None = None,
        advance: progress.Advance = progress.ignore,
        region: float | None = None,
        within: Areas = None,
        not_within: Areas = None,
        processes: int | None = None,
    ) -> Iterator[tuple[Any, Answer]]:
        """Yield (source, Prediction, or the InputError of a photo that cannot be read) in the order of `sources`.

        Photos are decoded on `decode_threads` threads, or in so many `processes` (None: where `in_processes` allows it
        and many paths meet many cores), while the network works; memory does not grow with their number.
        With `region`, what `Prediction.to_dict` reports (of the region that holds this share) is worked out for a batch
        at once, which is many times as fast as for one photo after another. `within`, `not_within` as for `locate`.
        InputError for an unknown `readout`, a `batch_size` under 1, or areas that cannot be used.

        >>> import photoplanet as pp
        >>> photos = (np.full((64, 64, 3), grey, np.uint8) for grey in (0, 255))
        >>> [where.toy for photo, where in pp.load("toy").locate_many(photos)]
        [True, True]
        """
        if batch_size < 1:
            raise InputError(f"batch_size must be 1 or more, not {batch_size}")
        name = readout or point_estimates.DEFAULT_READOUT
        point_estimates.get(name)
        cut = self.cut(within, not_within)
        if self.collector is not None:
            self.collector.start()
        waiting: deque[Any] = deque()
        if processes is None and self.in_processes and not (isinstance(sources, Sized) and len(sources) <= 1):
            from photoplanet.photos import decoding_processes

            processes = decoding_processes.worthwhile(sources, decode_threads)
        noted = _noting(sources, waiting)
        if processes:
            from photoplanet.photos import decoding_processes

            decoded = decoding_processes.load_many(noted, self.info.preprocessing, processes)
        else:
            decoded = decode.load_many(noted, self.info.preprocessing, decode_threads)
        batch: list[tuple[Any, NDArray[np.uint8] | InputError]] = []
        for pixels in decoded:
            batch.append((waiting.popleft(), pixels))
            if len(batch) == batch_size:
                yield from self._predict(batch, name, advance, region, cut)
                batch = []
        if batch:
            yield from self._predict(batch, name, advance, region, cut)

    def cut(self, within: Areas = None, not_within: Areas = None) -> Cut | None:
        """Return what cuts this model's predictions to areas; None where none is given. The last few are kept.

        InputError for areas that cannot be used, or in which the model has no cells.

        >>> import photoplanet as pp
        >>> model = pp.load("toy")
        >>> model.cut("DE,AT").area.name, model.cut("DE,AT") is model.cut("Germany, Austria"), model.cut()
        ('Germany or Austria', True, None)
        """
        if within in (None, ()) and not_within in (None, ()):
            return None
        from photoplanet.earth.areas import parse

        area = parse.areas(within, not_within)
        if area is None:
            return None
        cut = self._cuts.pop(area, None) or Cut(self.partition, area)
        self._cuts[area] = cut
        for oldest in list(self._cuts)[:-KEPT_CUTS]:
            self._cuts.pop(oldest, None)
        return cut

    def log_probabilities(self, photos: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """uint8 RGB (n, size, size, 3) → calibrated log-probabilities (n, classes) and embeddings (n, d), float32.

        InputError for another shape or type; ModelError when the network answers with numbers that are not finite.

        >>> import photoplanet as pp
        >>> model = pp.load("toy")
        >>> size = model.info.preprocessing.size
        >>> rows, embeddings = model.log_probabilities(np.zeros((2, size, size, 3), np.uint8))
        >>> rows.shape == (2, len(model.partition))
        True
        """
        seen = self.see(photos)
        return seen.log_probabilities, seen.embeddings

    def see(self, photos: NDArray[np.uint8]) -> Seen:
        """As `log_probabilities`, with what says whether the model knows such photos at all.

        >>> import photoplanet as pp
        >>> model = pp.load("toy")
        >>> size = model.info.preprocessing.size
        >>> model.see(np.zeros((2, size, size, 3), np.uint8)).embeddings.shape == (2, model.info.embedding_size)
        True
        """
        size = self.info.preprocessing.size
        if photos.dtype != np.uint8 or photos.ndim != 4 or photos.shape[1:] != (size, size, 3):
            raise InputError(f"photos are uint8 (n, {size}, {size}, 3) here, not {photos.dtype} {photos.shape}")
        shapes = [(len(photos), self.info.classes), (len(photos), self.info.embedding_size), (len(photos),)]
        shapes = shapes[: len(self._outputs)]
        if len(photos):
            try:
                found = self.session.run(self._outputs, {"images": photos})
            except Exception as error:  # ONNX Runtime raises its own dozen types, which share no base but Exception
                raise network.bad_network(self.bundle, onnx_sessions.one_line(error)) from None
        else:
            found = [np.empty(shape, np.float32) for shape in shapes]
        if [each.shape for each in found] != shapes:
            have, wanted = (", ".join(map(str, each)) for each in ([each.shape for each in found], shapes))
            raise network.bad_network(self.bundle, f"answers of shape {have}, not {wanted}")
        if not all(np.isfinite(each).all() for each in found):
            raise network.bad_network(self.bundle, "its answer is not finite, so its weights are bad")
        rows = softmax_at(found[0], self.info.temperature) if len(photos) else found[0]
        similarity = found[2] if len(found) > 2 else None
        return Seen(rows, found[1], self._unknown(rows, similarity), similarity)

    def _unknown(self, rows: NDArray[np.float32], similarity: NDArray[np.float32] | None) -> NDArray[np.float64] | None:
        facts = self.info.calibration.get("unknown")
        if facts is None:
            return None
        learned_at = facts.get("temperature", self.info.temperature)
        if learned_at != self.info.temperature:
            rows = softmax_at(rows, learned_at / self.info.temperature)
        return unknown.probability(unknown.evidence(rows, self.partition, similarity), facts)

    def prediction(
        self,
        probabilities: NDArray[np.float32],
        embedding: NDArray[np.float32] | None,
        readout: str | None = None,
        unknown: float | None = None,
        at: tuple[float, float] | None = None,
    ) -> Prediction:
        """Make one photo's Prediction of its probabilities (classes,) and its embedding (d,); `unknown`, `at` as there.

        >>> import photoplanet as pp
        >>> model = pp.load("toy")
        >>> even = np.full(len(model.partition), 1 / len(model.partition), np.float32)
        >>> model.prediction(even, np.zeros(model.info.embedding_size, np.float32)).abstains
        True
        """
        # Copies, so that one kept prediction does not keep the whole batch in memory.
        return Prediction(
            probabilities.copy(), self.partition, None if embedding is None else embedding.copy(),
            readout or point_estimates.DEFAULT_READOUT, self.abstain_below, self.info.name, self.info.is_toy, at,
            unknown, self.least_gain, self.sharpness, self.info.licence_note, self.correction if at is None else None,
        )  # fmt: skip

    def join(self, prediction: Prediction, photo: Photo) -> Prediction:
        """Join one photo's prediction with the evidence that `collector` finds in it, if there is one.

        >>> import photoplanet as pp
        >>> model = pp.load("toy")
        >>> where = model.locate(np.zeros((64, 64, 3), np.uint8))
        >>> model.join(where, np.zeros((64, 64, 3), np.uint8)) == where
        True
        """
        found = self.collect(photo)
        if found is None:
            return prediction
        from photoplanet.locate import joining

        return joining.joined(prediction, found.clues, found.reading, self.struck(found))

    def collect(self, photo: Photo) -> "Found | None":
        """The evidence that `collector` finds in a photo; none in one that it cannot read, None without a collector.

        >>> import photoplanet as pp
        >>> pp.load("toy").collect(np.zeros((64, 64, 3), np.uint8)) is None
        True
        """
        if self.collector is None:
            return None
        from photoplanet.clues.collect import Found

        try:
            return self.collector.collect(photo)
        except InputError:  # its pixels are read elsewhere, and say what is wrong
            return Found(None, ())

    def struck(self, found: "Found") -> frozenset[int]:
        """Which of the clues are struck out: by number, or since they rest on lines that hold a text of `strike`.

        >>> import photoplanet as pp
        >>> from photoplanet.clues.collect import Found
        >>> pp.load("toy").struck(Found(None, ()))
        frozenset()
        """
        from photoplanet.locate import joining

        return found.struck | joining.holding(found.clues, found.reading, self.strike)

    def _predict(
        self,
        batch: list[tuple[Any, NDArray[np.uint8] | InputError]],
        readout: str,
        advance: progress.Advance,
        region: float | None,
        cut: Cut | None,
    ) -> Iterator[tuple[Any, Answer]]:
        good = [pixels for _, pixels in batch if not isinstance(pixels, InputError)]
        predictions: list[Prediction] = []
        if good:
            seen = self.see(np.stack(good))
            for row, probabilities in enumerate(np.exp(seen.log_probabilities)):
                predictions.append(self.prediction(probabilities, seen.embeddings[row], readout, seen.unknown_of(row)))
            if self.collector is not None:
                sources = [source for source, pixels in batch if not isinstance(pixels, InputError)]
                self.collector.read_ahead(sources)
                predictions = [self.join(each, source) for each, source in zip(predictions, sources, strict=True)]
            predictions = predictions if cut is None else [cut(each) for each in predictions]
            if region is not None:
                prepare(predictions, region)
        following = iter(predictions)
        for source, pixels in batch:
            advance(1)
            yield source, pixels if isinstance(pixels, InputError) else next(following)


def _noting(sources: Iterable[Any], waiting: deque[Any]) -> Iterator[Any]:
    """The sources, each noted until its pixels come: decoding runs ahead of what is asked for."""
    for source in sources:
        waiting.append(source)
        yield source
