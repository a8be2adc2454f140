"""Training a model's retrieval embedding: photo table and model folder in, the part `embedding` of the folder out."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from photoplanet.errors import InputError, ModelError, TrainingError
from photoplanet.models import folder as model_folder
from photoplanet.photos import decode, splits, table
from photoplanet.training import checkpoint, export, run
from photoplanet.training.embedding import triplet

PART, FILE = "embedding", "embedding.onnx"
COLUMNS = ("photo_id", "path", "latitude", "longitude", "album", "photographer")
RADII_KM = (1.0, 25.0)  # of recall@1, whose mean chooses the best step
VALIDATIONS = 5  # in a run
FINETUNING = triplet.Settings(steps=500, learning_rate=1e-4)  # of the whole network, from the classifier's weights
_MOST_CHECKED = {False: (50_000, 5_000), True: (5_000, 1_000)}  # library and queries of a validation; True: whole CNN
_BATCH = 64

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True)
class Photos:
    """Readable photos: their sources, places (n, 2) in degrees, photographers (−1: unknown), what the model makes of
    them: embeddings float16 (n, d), or None where pixels go in."""

    sources: list[Any]
    places: NDArray[np.float64]
    photographer: NDArray[np.int64]
    embeddings: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.sources)

    def part(self, rows: NDArray) -> "Photos":
        chosen = [self.sources[row] for row in rows.tolist()]
        return Photos(chosen, self.places[rows], self.photographer[rows], self.embeddings[rows])


class Whole(nn.Module):
    """The whole CNN with the head on top: uint8 (n, size, size, 3) → unit vectors (n, 256)."""

    def __init__(self, classifier: nn.Module, head: triplet.Head):
        super().__init__()
        self.classifier, self.head = classifier, head

    def forward(self, photos: Tensor) -> Tensor:
        return self.head(self.classifier(photos).embedding)


def train(
    photos: Path, model: Path, out: Path, embed: Embed, validation: Path | None = None, network: bool = False,
    settings: triplet.Settings | None = None, bar: run.Bar = run.no_bar, say: Callable[[str], None] = lambda line: None,
    threads: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Train on a photo table, add the part to the model folder `out` and return its facts.

    `embed`: uint8 photos (n, size, size, 3) → the classifier's embeddings (n, d). `network`: fine-tune the whole CNN
    instead of a layer on top of it. `out` is `model` itself, or a copy of it that is made first. The classifier's
    embeddings (2·d bytes a photo) and checkpoints lie in `out`.embedding/; run again, it goes on where it was.
    InputError for tables it cannot use, TrainingError for too few places.
    """
    if threads:
        torch.set_num_threads(threads)
    settings = settings or (FINETUNING if network else triplet.Settings())
    bundle = target(Path(model), Path(out))
    work = bundle.folder.with_name(bundle.folder.name + ".embedding")
    work.mkdir(exist_ok=True)
    training, held_out = (_photos(*rows, bundle, embed, work, bar, say) for rows in _tables(photos, validation))
    places = triplet.Places(training.places[:, 0], training.places[:, 1], training.photographer, settings)
    in_places = sum(map(len, places.groups))
    say(f"{len(training):,} photos, {in_places:,} of them in {len(places.groups):,} places; {len(held_out):,} held out")
    torch.manual_seed(settings.seed)
    head = triplet.Head(bundle.info.embedding_size)
    head.fit_inputs(training.embeddings)
    module: nn.Module = Whole(export.load_classifier(bundle), head) if network else head
    trainer = _Trainer(module, training, held_out, bundle, places, settings, network, work)
    own = trainer.recall(_unit)
    say(f"recall@1 of the classifier's own embedding: {_shares(own)}")
    with bar("training", settings.steps) as advance:
        trainer.run(advance, say)
    facts: dict[str, Any] = {
        "input": "images" if network else "embedding",
        "numbers": triplet.NUMBERS,
        "photos": len(training),
        "places": len(places.groups),
        "recall": trainer.best,
        "recall_of_network": own,
        "validation_photos": len(trainer.queries),
        "settings": asdict(settings),
    }
    with tempfile.TemporaryDirectory(dir=work) as temporary:
        path = Path(temporary) / FILE
        facts["onnx_parity"] = write_onnx(
            module.eval(), path, trainer.inputs(training, np.arange(min(3, len(training))))
        )
        model_folder.add_part(bundle.folder, PART, facts, {FILE: path})
    return facts


def write_onnx(module: nn.Module, path: Path, example: Tensor, tolerance: float = export.TOLERANCE) -> float:
    """Write `module` as ONNX, any batch size, and return its largest difference from torch on `example`.

    Input `images` where the example is uint8, else `embedding`; output `vectors`. TrainingError above `tolerance`.
    """
    import onnx
    import onnxruntime

    pixels = example.dtype == torch.uint8
    made = _traced(module, example) if pixels else _drawn(module)
    made.producer_name, made.producer_version = "photoplanet", ""
    onnx.checker.check_model(made)
    path.write_bytes(made.SerializeToString(deterministic=True))
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = module(example).numpy()
    worst = 0.0
    for count in (1, len(example)):  # the batch size must be free
        (found,) = session.run(["vectors"], {"images" if pixels else "embedding": example[:count].numpy()})
        worst = max(worst, float(np.abs(found - expected[:count]).max()))
    if not worst <= tolerance:
        raise TrainingError(
            f"ONNX Runtime and torch differ by {worst:.2g}; try another version of torch or onnxruntime"
        )
    return worst


def _traced(module: nn.Module, example: Tensor) -> Any:
    """The whole CNN by torch's exporter."""
    given = example if len(example) > 1 else torch.cat([example, example])
    with export._quiet():
        program = torch.onnx.export(
            module, (given,), input_names=["images"], output_names=["vectors"], opset_version=export.OPSET, dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("n", min=1, max=1 << 20)},), verbose=False,
        )  # fmt: skip
    assert program is not None  # dynamo=True always returns one
    export._strip(program.model_proto)
    return program.model_proto


def _drawn(head: Any) -> Any:
    """The head node by node: at four nodes torch's exporter takes seconds for what is plain to see."""
    from onnx import TensorProto, helper, numpy_helper

    weight = (head.linear.weight / head.spread).detach()  # what the inputs are divided by goes into the layer
    bias = head.linear.bias.detach() - weight @ head.mean
    constants = {"weight": weight.T.contiguous().numpy(), "bias": bias.numpy(), "least": np.float32(1e-12)}
    nodes = [
        helper.make_node("Gemm", ["embedding", "weight", "bias"], ["linear"]),
        helper.make_node("ReduceL2", ["linear", "axis"], ["length"], keepdims=1),
        helper.make_node("Max", ["length", "least"], ["divisor"]),
        helper.make_node("Div", ["linear", "divisor"], ["vectors"]),
    ]
    graph = helper.make_graph(
        nodes,
        "embedding",
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", weight.shape[1]])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", weight.shape[0]])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
        + [numpy_helper.from_array(np.array([1], np.int64), "axis")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", export.OPSET)], ir_version=8)


class _Trainer:
    """The loop: steps, validations that keep the best weights, and checkpoints from which it goes on bit for bit."""

    def __init__(
        self, module: nn.Module, training: Photos, held_out: Photos, bundle: model_folder.Bundle,
        places: triplet.Places, settings: triplet.Settings, network: bool, work: Path,
    ):  # fmt: skip
        self.module, self.training, self.places, self.settings = module.eval(), training, places, settings
        self.network, self.preprocessing, self.work = network, bundle.info.preprocessing, work / "checkpoint"
        most, queries = _MOST_CHECKED[network]
        self.library, self.queries = _evenly(training, most), _evenly(held_out, queries)
        self.optimizer = torch.optim.AdamW(
            module.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        digest = hashlib.sha256(training.places.tobytes() + bundle.info.hashes[model_folder.NETWORK].encode())
        self.what = {"network": network, "data": digest.hexdigest(), **asdict(settings)}
        self.step, self.best = 0, {f"{km:g} km": -1.0 for km in RADII_KM}
        self.best_weights: dict[str, Tensor] = {}

    def inputs(self, photos: Photos, rows: NDArray) -> Tensor:
        """What the module takes of these photos: embeddings float32, or pixels uint8."""
        if not self.network:
            return torch.from_numpy(photos.embeddings[rows].astype(np.float32))
        return torch.from_numpy(np.stack(list(_pixels([photos.sources[row] for row in rows], self.preprocessing))))

    def run(self, advance: Callable[..., None], say: Callable[[str], None]) -> None:
        self._resume()
        advance(self.step)
        every = max(1, self.settings.steps // VALIDATIONS)
        while self.step < self.settings.steps:
            advance(1, f"loss {self._one_step():.3f}")
            self.step += 1
            if self.step % every == 0 or self.step == self.settings.steps:
                found = self.recall(self._vectors)
                say(f"step {self.step:,}: recall@1 {_shares(found)}")
                if sum(found.values()) > sum(self.best.values()):
                    self.best = found
                    self.best_weights = {name: value.clone() for name, value in self.module.state_dict().items()}
                self._save()
        if self.best_weights:
            self.module.load_state_dict(self.best_weights)

    def recall(self, vectors_of: Callable[[Photos], NDArray[np.float32]]) -> dict[str, float]:
        """Recall@1 of held-out photos among training photos, within 1 and 25 km."""
        found = vectors_of(self.library), self.library.places, vectors_of(self.queries), self.queries.places
        return triplet.recall(*found, RADII_KM)

    def _one_step(self) -> float:
        rows = self.places.batch(self.step)
        at = self.training.part(rows)
        positive, negative = triplet.pairs(at.places[:, 0], at.places[:, 1], at.photographer, self.settings)
        for group in self.optimizer.param_groups:  # half a cosine down to nothing
            group["lr"] = self.settings.learning_rate * (0.5 + 0.5 * np.cos(np.pi * self.step / self.settings.steps))
        # In eval mode: the batch norms keep the classifier's statistics, which batches of few places would upset.
        vectors = self.module(self.inputs(at, np.arange(len(at))))
        lost = triplet.loss(vectors, torch.from_numpy(positive), torch.from_numpy(negative), self.settings.margin)
        if not lost.isfinite():
            raise TrainingError(f"the loss of step {self.step:,} is not finite; use a smaller learning rate")
        self.optimizer.zero_grad()
        lost.backward()
        self.optimizer.step()
        return float(lost.detach())

    def _vectors(self, photos: Photos) -> NDArray[np.float32]:
        made = [np.empty((0, triplet.NUMBERS), np.float32)]
        with torch.inference_mode():
            for start in range(0, len(photos), _BATCH):
                rows = np.arange(start, min(start + _BATCH, len(photos)))
                made.append(self.module(self.inputs(photos, rows)).numpy())
        return np.concatenate(made)

    def _save(self) -> None:
        self.work.mkdir(exist_ok=True)
        tensors = checkpoint.gather(self.module, None, self.optimizer)
        tensors |= {f"best.{name}": value for name, value in self.best_weights.items()}
        checkpoint.write(self.work, tensors, {"what": self.what, "step": self.step, "best": self.best})

    def _resume(self) -> None:
        try:
            found = checkpoint.read(self.work) if self.work.is_dir() else None
        except ModelError:
            found = None  # neither slot is whole: minutes are lost, nothing else
        if found is None or found[1].get("what") != self.what:
            return
        tensors, facts, _ = found
        checkpoint.restore(tensors, self.module, None, self.optimizer)
        self.step, self.best = facts["step"], facts["best"]
        self.best_weights = {k.removeprefix("best."): v for k, v in tensors.items() if k.startswith("best.")}


def target(model: Path, out: Path) -> model_folder.Bundle:
    """The folder to add the part to: `out`, made as a copy of `model` where it is not there yet."""
    bundle = model_folder.read(model)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as temporary:
            new = Path(temporary) / "new"
            new.mkdir()
            for name in (*bundle.info.hashes, model_folder.INFO, model_folder.CARD):
                if (bundle.folder / name).is_file():
                    shutil.copyfile(bundle.folder / name, new / name)
            new.replace(out)
    target = model_folder.read(out)
    if target.info.hashes[model_folder.NETWORK] != bundle.info.hashes[model_folder.NETWORK]:
        raise InputError(
            f"{out}: holds another network than {model}; give the name of a new folder, or the model's own"
        )
    return target


def _tables(photos: Path, validation: Path | None) -> Iterator[tuple[pa.Table, Path]]:
    rows, _ = table.read(photos, columns=COLUMNS)
    if validation is None:
        training, held_out = splits.split(rows)
        yield training, photos
        yield held_out, photos
    else:
        yield rows, photos
        yield table.read(validation, columns=COLUMNS)[0], validation


def _photos(
    rows: pa.Table, path: Path, bundle: model_folder.Bundle, embed: Embed, work: Path, bar: run.Bar,
    say: Callable[[str], None],
) -> Photos:  # fmt: skip
    """The readable photos of a table, with the classifier's embeddings, which are computed once and kept in `work`."""
    sources = table.paths(rows, path.parent)
    names = np.asarray(rows["photographer"].to_pylist() if "photographer" in rows.column_names else [None] * len(rows))
    known = np.array([bool(name) for name in names], bool)
    photographer = np.full(len(rows), -1, np.int64)
    photographer[known] = np.unique(names[known].astype(str), return_inverse=True)[1]
    places = np.column_stack([rows["latitude"].to_numpy(), rows["longitude"].to_numpy()])
    made = _embeddings(sources, bundle, embed, work, bar)
    readable = np.flatnonzero(np.isfinite(made[:, 0]))
    if len(readable) < len(sources):
        say(f"{path}: {len(sources) - len(readable):,} photos cannot be read and are left out")
    if not len(readable):
        raise TrainingError(f"{path}: no photo of it can be read; check the paths")
    return Photos(sources, places, photographer, made).part(readable)


def _embeddings(
    sources: list[str], bundle: model_folder.Bundle, embed: Embed, work: Path, bar: run.Bar
) -> NDArray[np.float16]:
    """float16 (n, d); a row of infinities is a photo that cannot be read. On disk NaN stands for what is to be done."""
    shape = len(sources), bundle.info.embedding_size
    key = hashlib.sha256(
        json.dumps([bundle.info.hashes[model_folder.NETWORK], sources]).encode("utf-8", "surrogateescape")
    )
    path = work / f"embeddings-{key.hexdigest()[:16]}.npy"
    if not _is_array(path, shape):
        fresh = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
        fresh[:] = np.nan
        fresh.flush()
    made = np.load(path, mmap_mode="r+", allow_pickle=False)
    rows = np.flatnonzero(np.isnan(made).any(axis=1))
    pixels = decode.load_many((sources[row] for row in rows), bundle.info.preprocessing)
    with bar("embedding", len(sources)) as advance:
        advance(len(sources) - len(rows))
        for start in range(0, len(rows), _BATCH):
            few = rows[start : start + _BATCH]
            loaded = [next(pixels) for _ in few]
            good = [not isinstance(one, InputError) for one in loaded]
            made[few] = np.inf
            if any(good):
                stack = np.stack([one for one in loaded if not isinstance(one, InputError)])
                made[few[good]] = embed(stack).clip(-65_000, 65_000)
            advance(len(few))
    made.flush()
    return made


def _is_array(path: Path, shape: tuple[int, int]) -> bool:
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    return found.shape == shape and found.dtype == np.float16


def _pixels(sources: list[Any], preprocessing: decode.Preprocessing) -> Iterator[NDArray[np.uint8]]:
    for one in decode.load_many(sources, preprocessing):
        if isinstance(one, InputError):  # it could be read when the run began
            raise one
        yield one


def _unit(photos: Photos) -> NDArray[np.float32]:
    rows = photos.embeddings.astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-12)


def _evenly(photos: Photos, most: int) -> Photos:
    count = min(most, len(photos))
    return photos.part(np.arange(count) * len(photos) // max(count, 1))


def _shares(found: dict[str, float]) -> str:
    return ", ".join(f"{share:.1%} within {radius}" for radius, share in found.items())
