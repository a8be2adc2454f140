"""Trains the network that gives near-duplicates close binary codes (paper §3), and writes it as ONNX with its facts.

Run as `python -m photoplanet.training.near_duplicates.train PHOTOS --toy TABLE -o FOLDER`; scripts/duplicates.sh is the whole
way. Photos come in groups that are hard to tell apart (parts of one photo that do not overlap, neighbours of a table,
procedural pictures of one recipe); a photo must be nearer to its own distorted copy than to any other of the batch.
"""

import argparse
import copy
import itertools
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from photoplanet.core.atomic import replacing
from photoplanet.errors import InputError, TrainingError
from photoplanet.photos import decode, table
from photoplanet.training.export import OPSET, _quiet, _strip, fold_batch_norms
from photoplanet.training.near_duplicates.distortions import crop, distort

SIZE = 64  # pixels: the network's input
BITS = 256
POOL_SIZE = 112  # pixels of a photo in memory, which leaves distortions room
GROUP = 4  # photos that are hard to tell apart, side by side in the pool
WIDTHS = (24, 48, 88, 128, 48)
TEMPERATURE = 0.1
THRESHOLD = 32  # bits: chosen on the precision/recall curve in docs/duplicates.md
QUANTISATION = 0.1  # weight of the pull of each output towards −1 or 1


class Coder(nn.Module):
    """uint8 (n, 64, 64, 3) → float32 (n, BITS), whose signs are the code; the mirrored photo has the same."""

    def __init__(self, bits: int = BITS, widths: Sequence[int] = WIDTHS):
        super().__init__()
        a, b, c, d, e = widths
        self.features = nn.Sequential(
            _conv(3, a, 2), _conv(a, b, 2), _conv(b, c, 2), Residual(c), _conv(c, d, 2), _conv(d, e, 1, kernel=1),
        )  # fmt: skip
        self.head = nn.Linear(e * (SIZE // 16) ** 2, bits, bias=False)
        self.balance = nn.BatchNorm1d(bits, affine=False)  # each bit is on for half of the photos

    def forward(self, photos: Tensor) -> Tensor:
        pixels = photos.permute(0, 3, 1, 2).float() / 127.5 - 1
        return self.balance(self.raw(pixels) + self.raw(pixels.flip(3)))

    def raw(self, pixels: Tensor) -> Tensor:
        """Before the balance, of the photo as it is."""
        return self.head(self.features(pixels).flatten(1))

    def one_sided(self, photos: Tensor) -> Tensor:
        """As `forward` at half the cost: of the photo one way round, which training makes mirror-proof by itself."""
        return self.balance(self.raw(photos.permute(0, 3, 1, 2).float() / 127.5 - 1))


class Residual(nn.Module):
    """Two convolutions around which the input goes as well."""

    def __init__(self, width: int):
        super().__init__()
        self.first, self.second = _conv(width, width, 1), _conv(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x))


def _conv(inputs: int, outputs: int, stride: int, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)
    )


def contrastive_loss(first: Tensor, second: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Cross-entropy of finding each photo's copy among all others (NT-Xent, Chen et al. 2020); two (n, bits)."""
    soft = torch.cat([first, second]).tanh()
    near = F.normalize(soft, dim=1)
    near = (near @ near.T / temperature).fill_diagonal_(float("-inf"))
    n = len(first)
    copies = torch.arange(2 * n, device=first.device).roll(n)
    return F.cross_entropy(near, copies) + QUANTISATION * (1 - soft.abs()).square().mean()


def train(
    pool: NDArray[np.uint8], steps: int, groups: int = 32, seed: int = 0, rate: float = 2e-3, bits: int = BITS,
    seconds: float = float("inf"), advance: Callable[..., Any] = lambda count=1, note="": None,
) -> Coder:  # fmt: skip
    """A Coder from a pool, uint8 (groups, GROUP, size, size, 3); the same seed gives the same network.

    Learns in batches of `groups` whole groups; the rate falls to 0 over `steps`, or over `seconds` where these end
    first (then the network depends on the machine). TrainingError when the loss is not finite.
    """
    if len(pool) < groups:
        raise InputError(f"{len(pool)} groups of photos; a batch needs {groups}: give more photos")
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Coder(bits)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-3)
    start = time.monotonic()
    for step in range(steps):
        done = max(step / steps, (time.monotonic() - start) / seconds)
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 20) * 0.5 * (1 + np.cos(np.pi * done))
        chosen = pool[rng.choice(len(pool), groups, replace=False)].reshape(-1, *pool.shape[2:])
        pairs = [_pair(pixels, rng) for pixels in chosen]
        codes = model.one_sided(torch.from_numpy(np.concatenate([np.stack(side) for side in zip(*pairs, strict=True)])))
        loss = contrastive_loss(codes[: len(pairs)], codes[len(pairs) :])
        if not loss.isfinite():
            raise TrainingError(f"the loss is not finite at step {step}; train with a smaller rate than {rate}")
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        advance(1, f"loss {float(loss.detach()):.3f}")
    _balance(model, pool, rng)
    return model.eval()


def shrink(image: Image.Image) -> NDArray[np.uint8]:
    """A PIL photo as the network sees it, uint8 (SIZE, SIZE, 3): the same steps as `photos.duplicates.codes`."""
    return decode.load(image, decode.Preprocessing(SIZE, "squash"))


def write(model: Coder, folder: Path, facts: dict[str, Any]) -> Path:
    """Write `binary_codes.onnx` (weights as float16) and `binary_codes.json` into `folder`; return the network's path."""
    import onnx

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "binary_codes.onnx"
    with replacing(path) as temporary:
        folded = copy.deepcopy(model).eval()
        fold_batch_norms(folded.features)  # type: ignore[arg-type]
        network = _exported(folded)
        _halve(network)
        onnx.checker.check_model(network)
        temporary.write_bytes(network.SerializeToString(deterministic=True))
    facts = {"bits": model.head.out_features, "size": SIZE, "threshold": THRESHOLD, **facts}
    with replacing(folder / "binary_codes.json") as temporary:
        temporary.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return path


def pool_of(photos: Sequence[str], toy: Sequence[str], procedural: int, seed: int = 0) -> NDArray[np.uint8]:
    """Groups to learn from, uint8 (n, GROUP, POOL_SIZE, POOL_SIZE, 3).

    24 groups of parts of each of `photos`, then `photos` and `toy` photos whole in the given order, since neighbours in
    a table often show one place, and `procedural` groups of drawn pictures.
    """
    rng = np.random.default_rng(seed)
    large = (decode.open_photo(path, size_hint=600) for path in photos)
    groups = [parts(image, rng) for image in large for _ in range(24)]
    whole = [_small(decode.open_photo(path, size_hint=POOL_SIZE)) for path in photos]
    whole += [_small(decode.open_photo(path, size_hint=POOL_SIZE)) for path in toy]
    groups += [np.stack(whole[at : at + GROUP]) for at in range(0, len(whole) - GROUP + 1, GROUP)]
    groups += [drawn(rng) for _ in range(procedural)]
    return np.stack(groups)


def parts(image: Image.Image, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Four parts of one photo that do not overlap, uint8 (4, POOL_SIZE, POOL_SIZE, 3): hard to tell apart."""
    width, height = image.size
    x, y = (int(length * rng.uniform(0.42, 0.58)) for length in image.size)
    found = []
    for left, top, right, bottom in ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)):
        w, h = (max(1, int(length * rng.uniform(0.6, 1))) for length in (right - left, bottom - top))
        at = left + int(rng.integers(right - left - w + 1)), top + int(rng.integers(bottom - top - h + 1))
        found.append(_small(image.crop((*at, at[0] + w, at[1] + h))))
    return np.stack(found)


def drawn(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Four pictures of one recipe, uint8 (4, POOL_SIZE, POOL_SIZE, 3): dead leaves, or noise of one spectrum."""
    palette = rng.integers(0, 256, (6, 3))
    kind, fall = rng.random(), rng.uniform(0.8, 2.2)
    return np.stack([_leaves(palette, rng) if kind < 0.5 else _clouds(palette, fall, rng) for _ in range(GROUP)])


def _leaves(palette: NDArray, rng: np.random.Generator) -> NDArray[np.uint8]:
    # Occluding shapes with radii of a power law have the statistics of natural images (Lee, Mumford & Huang 2001).
    from PIL import ImageDraw

    image = Image.new("RGB", (POOL_SIZE, POOL_SIZE), tuple(map(int, palette[0])))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(15, 90))):
        x, y = rng.uniform(0, POOL_SIZE, 2)
        radius = min(4 / rng.random() ** 0.7, 60)
        fill = tuple(int(v) for v in (palette[rng.integers(6)] + rng.normal(0, 18, 3)).clip(0, 255))
        box = (x - radius, y - radius * rng.uniform(0.4, 1), x + radius, y + radius * rng.uniform(0.4, 1))
        (draw.ellipse if rng.random() < 0.6 else draw.rectangle)(box, fill=fill)
    return np.asarray(image)


def _clouds(palette: NDArray, fall: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    frequency = np.hypot(np.fft.fftfreq(POOL_SIZE)[:, None], np.fft.rfftfreq(POOL_SIZE)[None])
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(rng.normal(size=(POOL_SIZE, POOL_SIZE))) / frequency**fall
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, (POOL_SIZE, POOL_SIZE))
    field = (field - field.min()) / max(float(np.ptp(field)), 1e-9)
    return (palette[0] + field[..., None] * (palette[1] - palette[0])).clip(0, 255).astype(np.uint8)


def _small(image: Image.Image) -> NDArray[np.uint8]:
    return decode.load(image, decode.Preprocessing(POOL_SIZE, "squash"))


def _pair(pixels: NDArray[np.uint8], rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    image = Image.fromarray(pixels)
    first = image if rng.random() < 0.6 else distort(image, rng, 1)
    if rng.random() < 0.4:  # a crop moves everything, which is learnt slowest
        image = crop(image, rng)
    return shrink(first), shrink(distort(image, rng))


def _balance(model: Coder, pool: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Measure the statistics of batch norm again, those of the code on both ways round as `forward` has them."""
    sample = rng.permutation(len(pool))[:512]
    flat = pool[np.sort(sample)].reshape(-1, *pool.shape[2:])
    photos = [shrink(distort(Image.fromarray(p), rng, 1) if i % 2 else Image.fromarray(p)) for i, p in enumerate(flat)]
    model.eval()
    with torch.no_grad():
        raw = []
        for chunk in torch.from_numpy(np.stack(photos)).split(256):
            pixels = chunk.permute(0, 3, 1, 2).float() / 127.5 - 1
            raw.append(model.raw(pixels) + model.raw(pixels.flip(3)))
        values = torch.cat(raw)
        # The median, not the mean, cuts in halves.
        model.balance.running_mean = values.median(dim=0).values
        model.balance.running_var = values.var(dim=0)


def _exported(model: Coder) -> Any:
    with _quiet():
        program = torch.onnx.export(
            model, (torch.zeros(2, SIZE, SIZE, 3, dtype=torch.uint8),), input_names=["images"], output_names=["code"],
            dynamic_shapes={"photos": {0: torch.export.Dim("n", min=1, max=1 << 20)}}, opset_version=OPSET,
            dynamo=True, verbose=False,
        )  # fmt: skip
    assert program is not None  # dynamo=True always returns one
    network = program.model_proto
    _strip(network)
    network.producer_name, network.producer_version = "photoplanet", ""
    return network


def _halve(network: Any) -> None:
    """Keep large weights as float16 and cast them when they are read: half the file, no slower."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in network.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size > 256:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *network.graph.node]
    del network.graph.node[:]
    network.graph.node.extend(nodes)


def _sources(path: Path, most: int | None = None) -> list[str]:
    known, _ = table.read(path, require=("path",), columns=("path",))
    return table.paths(known.slice(0, most), path.parent)


def _note(step: int, note: str) -> None:
    if step % 50 == 0 or step == 1:
        print(f"step {step}: {note}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line; see the module."""
    parser = argparse.ArgumentParser(description="Train the network of `photoplanet duplicates`.")
    parser.add_argument("photos", type=Path, help="a photo table; the photos may be large")
    parser.add_argument("--toy", type=Path, help="a table of toy Earth photos; neighbours are hard to tell apart")
    parser.add_argument("--toy-photos", type=int, default=8000)
    parser.add_argument("--procedural", type=int, default=800, help="groups of four")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop earlier, with the rate at 0 by then")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for binary_codes.onnx and .json")
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    photos, toy = _sources(given.photos), _sources(given.toy, given.toy_photos) if given.toy else []
    pool = pool_of(photos, toy, given.procedural)
    print(f"{len(photos)} photos, {len(toy)} toy photos: {len(pool):,} groups of {GROUP}", flush=True)
    start = time.monotonic()
    steps = itertools.count(1)
    advance = lambda count=1, note="": _note(next(steps), note)  # noqa: E731
    model = train(pool, given.steps, seconds=given.seconds, advance=advance)
    taken = round(time.monotonic() - start)
    facts = {"photos": len(photos), "toy_photos": len(toy), "drawn": GROUP * given.procedural, "steps": next(steps) - 1,
             "parameters": sum(p.numel() for p in model.parameters()), "seconds": taken}  # fmt: skip
    print(f"{taken} s; wrote {write(model, given.output, facts)}")


if __name__ == "__main__":
    main()
