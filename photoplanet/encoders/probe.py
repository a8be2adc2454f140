"""A strange network tried on made-up photos in a process of its own: bounded in memory and time, and free to crash."""

import json
import re
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import bounded_processes
from photoplanet.core.onnx_sessions import open_session
from photoplanet.errors import ModelError, printable

MEMORY_BYTES, MEMORY_TIMES = 4 << 30, 6  # a process may take the first, and the second times the network's file
SECONDS, SECONDS_A_GIGABYTE = 60.0, 120.0
SAME_SHARE = 1e-4  # features that differ by less, as a share of the largest, do not differ between photos
BATCH_SHARE = 0.05  # … by more, when other photos are computed with them (int8 networks differ by 1 %)


@dataclass(frozen=True)
class Output:
    """What a network gives for six photos: `shape` of its output, and `ways` to make one vector a photo of it.

    Of each way (as `pooled`) its smallest number, or why these are no features.

    >>> Output((6, 257, 384), {"first": -3.1, "mean": "gives features that are not finite"}).shape[0]
    6
    """

    shape: tuple[int, ...]
    ways: dict[str, float | str]


def photos(size: int) -> NDArray[np.uint8]:
    """Return six made-up photos, uint8 (6, size, size, 3): a gradient, blocks, stripes, noise, a disc, and nearly grey.

    >>> photos(8).shape
    (6, 8, 8, 3)
    """
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:size, 0:size] / size
    disc = ((x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.1)[..., None]
    made = (
        np.stack([x, y, 1 - x], -1),
        random.random((8, 8, 3))[(y * 8).astype(int), (x * 8).astype(int)],
        np.stack([np.sin(40 * (x + y)) / 2 + 0.5, x * 0 + 0.3, y], -1),
        random.random((size, size, 3)),
        np.where(disc, [0.9, 0.4, 0.1], y[..., None]),
        0.5 + 0.02 * random.standard_normal((size, size, 3)),
    )
    pixels: NDArray[np.uint8] = np.round(255 * np.clip(np.stack(made), 0, 1)).astype(np.uint8)
    return pixels


def probed(network: Path, size: int, what: str) -> Output:
    """Run a network that takes `photos` in another process; return what it gives.

    ModelError, which begins with `what`, for one that cannot be run, takes too much memory or time, or crashes.

    >>> network = getfixture("tmp_path") / "network.onnx"
    >>> _ = network.write_bytes(b"no network")
    >>> probed(network, 32, "model.onnx")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: model.onnx: not a usable network ...
    """
    large = network.stat().st_size
    seconds = SECONDS + SECONDS_A_GIGABYTE * large / 1e9
    command = bounded_processes.command("photoplanet.encoders.probe", "main", str(network), str(size))
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL,
            env=bounded_processes.environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ModelError(f"{what}: took over {seconds:.0f} s for six photos; use a smaller network") from None
    try:
        found = json.loads(done.stdout.splitlines()[-1])
        if "error" not in found:
            return Output(tuple(found["shape"]), found["ways"])
    except (IndexError, ValueError, KeyError, TypeError):
        memory = (MEMORY_BYTES + MEMORY_TIMES * large) >> 20
        raise ModelError(f"{what}: broke down when it was tried, or took over {memory:,} MiB; use another") from None
    raise ModelError(f"{what}: {printable(str(found['error']))[:400]}")


def main(network: str, size: str) -> None:
    """Print what `measure` says of a network as JSON, or {"error": …}; memory is bounded where the system can.

    >>> main("no-such-file.onnx", "32")  # doctest: +ELLIPSIS
    {"error": "no-such-file.onnx: No such file ..."}
    """
    try:
        import resource

        most = MEMORY_BYTES + MEMORY_TIMES * Path(network).stat().st_size
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, ValueError, OSError):  # Windows has none, macOS does not mind it
        pass
    try:
        print(json.dumps(asdict(measure(Path(network), int(size)))))
    except ModelError as error:
        print(json.dumps({"error": str(error)}))
    except MemoryError:
        print(json.dumps({"error": "took too much memory; use another"}))


def measure(network: Path, size: int) -> Output:
    """Return what a network gives for `photos`; ModelError for one that cannot be run.

    >>> measure(Path("no-such-file.onnx"), 32)
    Traceback (most recent call last):
    photoplanet.errors.ModelError: no-such-file.onnx: No such file or directory; use another network
    """
    try:  # its bytes, since errors about a path would name the temporary one
        session = open_session(network.read_bytes(), what="network", remedy="use another network")
    except OSError as error:
        raise ModelError(f"{network}: {error.strerror}; use another network") from None
    except ModelError as error:
        raise ModelError(str(error).removeprefix("network: ")) from None
    given = photos(size)
    alone = [_run(session, given[:1], f"a photo of {size} px"), _run(session, given[1:2], f"a photo of {size} px")]
    together = _run(session, given, "several photos at once", "; export it with a free batch size")
    if together.ndim < 2 or len(together) != len(given) or together.shape[1:] != alone[0].shape[1:]:
        shape = "×".join(map(str, together.shape))
        raise ModelError(
            f"gives {shape} numbers for {len(given)} photos, not so many for each; export it with a free batch size"
        )
    ways: dict[str, float | str] = {}
    for way in WAYS.get(together.ndim, ()):
        ways[way] = _facts(np.concatenate([pooled(each, way) for each in alone]), pooled(together, way))
    return Output(together.shape, ways)


# by the rank of the output: how one vector a photo is made of it
WAYS: dict[int, tuple[str, ...]] = {2: ("",), 3: ("first", "mean"), 4: ("mean", "last mean")}


def pooled(output: NDArray[Any], way: str) -> NDArray[np.float32]:
    """Return one vector a photo: as it is, the first token, or the mean over tokens or places (channels first or last).

    >>> pooled(np.float32([[[1, 2], [3, 4]]]), "first"), pooled(np.float32([[[1, 2], [3, 4]]]), "mean")
    (array([[1., 2.]], dtype=float32), array([[2., 3.]], dtype=float32))
    """
    given = np.asarray(output, np.float32)
    if way == "first":
        return given[:, 0]
    axes = {("mean", 3): (1,), ("mean", 4): (2, 3), ("last mean", 4): (1, 2)}.get((way, given.ndim), ())
    made: NDArray[np.float32] = given.mean(axes)
    return made


def _run(session: Any, given: NDArray[np.uint8], what: str, remedy: str = "") -> NDArray[Any]:
    try:
        found: NDArray[Any] = session.run(None, {"photos": given})[0]
    except Exception as error:  # ONNX Runtime raises its own dozen types, which share no base but Exception
        raise ModelError(f"cannot compute {what} ({_reason(error)}){remedy}") from None
    return found


def _reason(error: Exception) -> str:
    """What ONNX Runtime says, without the place in its own source."""
    said = " ".join(str(error).split()).rpartition("Status Message: ")[2]
    if "Failed to allocate memory" in said:
        return "it takes too much memory"
    return re.sub(r"^\S+\.(cc|h):\d+ ", "", said)[:200]


def _facts(alone: NDArray[np.float32], together: NDArray[np.float32]) -> float | str:
    """The least of features, or what speaks against them; `alone`: of the first two photos, one at a time."""
    if together.shape[1] < 2:
        return "gives one number a photo, not features"
    if not np.isfinite(together).all() or not np.isfinite(alone).all():
        return "gives features that are not finite"
    largest = float(np.abs(together).max())
    if float(np.ptp(together, axis=0).max()) <= SAME_SHARE * largest:
        return "gives the same features for every photo"
    if float(np.abs(alone - together[:2]).max()) > BATCH_SHARE * largest:
        return "gives other features for a photo when other photos are beside it"
    return float(together.min())
