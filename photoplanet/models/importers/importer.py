"""What an importer of a public geolocator is: the files that it needs, and what makes a model folder of them."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from photoplanet.core import regular
from photoplanet.core.progress import Bar
from photoplanet.errors import InputError, ModelError

if TYPE_CHECKING:
    from photoplanet.core.onnx_graphs import Graph
    from photoplanet.earth.partition.partition import Partition
    from photoplanet.models.info import ModelInfo
    from photoplanet.photos.preprocessing import Preprocessing

MAX_DEPTH, MAX_ENTRIES = 8, 50_000  # of the folders that are searched for files
MAX_CONFIG, MAX_TEXT = 4 << 20, 1 << 20  # bytes


@dataclass(frozen=True)
class Repository:
    """Files of the hub that an importer needs. `optional` ones may be missing.

    `named`: further files, read off those that came first. `licence`: what its page does not say.
    """

    repo: str
    files: tuple[str, ...]
    revision: str = "main"
    licence: str = ""
    optional: tuple[str, ...] = ()
    named: Callable[[Path], Sequence[str]] | None = None


@dataclass(frozen=True)
class Made:
    """What an importer made, beside the network, which it wrote. `texts`: files to go along, such as licences."""

    info: "ModelInfo"
    partition: "Partition"
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Importer:
    """A public geolocator: its name here, its title and licence, where its files are, and what makes a model of them.

    `by_hand`: lines that fetch what is not on the hub; `published`: its name in `evaluation.published`. `make(files,
    network, int8, bar)` writes `network` (ONNX) and returns the rest; ModelError for files that are missing, of another
    version, or not what they say they are.
    """

    name: str
    title: str
    licence: str
    repositories: tuple[Repository, ...]
    make: Callable[["Files", Path, bool, Bar], Made]
    by_hand: tuple[str, ...] = ()
    published: str = ""


@dataclass(frozen=True)
class Files:
    """The files below some folders, found by name; `origins`: folder → where its files are known to be from.

    >>> Files({Path("no-such-folder"): ""}).named("a.bin") is None
    True
    """

    origins: Mapping[Path, str]
    _found: dict[str, list[Path]] = field(default_factory=dict, compare=False, repr=False)

    def named(self, *names: str) -> Path | None:
        """Return the file of the first of `names` that is there, the one least deep; None for none."""
        if not self._found:
            for path in self._walk():
                self._found.setdefault(path.name, []).append(path)
        return next((self._found[name][0] for name in names if name in self._found), None)

    def wanted(self, *names: str, of: str) -> Path:
        """Return as `named`; ModelError where there is none."""
        path = self.named(*names)
        if path is None:
            where = " and ".join(map(str, self.origins))
            raise ModelError(
                f"{where}: no {' or '.join(names)} of {of} in it; `photoplanet models add` says how to get it"
            )
        return path

    def snapshot(self, kind: str) -> Path | None:
        """Return the folder whose config.json has the `model_type` `kind`; None for none."""
        self.named()
        for path in self._found.get("config.json", []):
            if read_config(path).get("model_type") == kind:
                return path.parent
        return None

    def origin(self, path: Path) -> str:
        """Return where a file is known to be from; empty for what a person gave."""
        return next((said for folder, said in self.origins.items() if path.is_relative_to(folder)), "")

    def _walk(self) -> Iterator[Path]:
        """Files, those least deep first; links are followed, since a hub's own cache is made of them."""
        level, seen = [Path(folder) for folder in self.origins], 0
        for _ in range(MAX_DEPTH):
            below = []
            for folder in level:
                try:
                    entries = sorted(folder.iterdir()) if folder.is_dir() else []
                except OSError as error:
                    raise InputError(f"{folder}: cannot be read ({error.strerror})") from None
                seen += len(entries)
                if seen > MAX_ENTRIES:
                    raise InputError(
                        f"{folder}: over {MAX_ENTRIES:,} files to search; name a folder with the model's only"
                    )
                yield from (path for path in entries if path.is_file())
                below += [path for path in entries if path.is_dir()]
            level = below


def read_config(path: Path) -> dict[str, Any]:
    """Read a JSON object; ModelError for anything else.

    >>> read_config(Path(__file__))
    Traceback (most recent call last):
    photoplanet.errors.ModelError: ...importer.py: not a configuration (JSONDecodeError); get the file again
    """
    try:
        found = json.loads(regular.read_regular(path, MAX_CONFIG))
        if not isinstance(found, dict):
            raise ValueError("not an object")
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not a configuration ({type(error).__name__}); get the file again") from None
    return found


def read_text(path: Path) -> str:
    """Read a text such as a licence; ModelError for anything else.

    >>> read_text(Path(__file__))[:10]
    '\"\"\"What an'
    """
    try:
        return regular.read_regular(path, MAX_TEXT).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not a text ({type(error).__name__}); get the file again") from None


def provenance(files: Files, listed: Sequence[Path], otherwise: str) -> list[dict[str, str]]:
    """Return name, SHA-256 and origin of files; `otherwise`: what is known of those that a person gave.

    >>> provenance(Files({Path(__file__).parent: "the source"}), [Path(__file__)], "")[0]["from"]
    'the source'
    """
    return [{"file": path.name, "sha256": sha256(path), "from": files.origin(path) or otherwise} for path in listed]


def write_network(graph: "Graph", network: Path, size: int, classes: int, embedding: int) -> None:
    """Write a graph as a model's network: `images` of `size` pixels → `log_probabilities`, `embedding`.

    >>> from photoplanet.core.onnx_graphs import Graph
    >>> write_network(Graph(), getfixture("tmp_path") / "model.onnx", 224, 3, 2)
    """
    images: list[int | str] = ["n", size, size, 3]
    outputs: dict[str, tuple[Any, list[int | str]]] = {
        "log_probabilities": (np.float32, ["n", classes]),
        "embedding": (np.float32, ["n", embedding]),
    }
    graph.write(network, "geolocator", {"images": (np.uint8, images)}, outputs)


def info(
    name: str, backbone: dict[str, Any], preprocessing: "Preprocessing", classes: int, embedding: int,
    training: dict[str, Any],
) -> "ModelInfo":  # fmt: skip
    """Return the facts of an imported model; what is empty in `training` is left out.

    >>> from photoplanet.photos.preprocessing import Preprocessing
    >>> info("a", {}, Preprocessing(224), 2, 3, {"licence": "MIT", "example": ""}).training
    {'licence': 'MIT'}
    """
    from photoplanet.models.info import ModelInfo

    known = {key: value for key, value in training.items() if value not in ("", None)}
    return ModelInfo(name, backbone, preprocessing, classes, embedding, training=known)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file; ModelError where it cannot be read.

    >>> import os
    >>> sha256(Path(__file__)) == sha256(Path(__file__))
    True
    """
    from photoplanet.models import folder

    try:
        return folder.sha256(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); get the file again") from None


def digest(tensors: Mapping[str, Any]) -> str:
    """Return the SHA-256 of tensors, whatever kind of file they come from: names, shapes and numbers.

    >>> digest({"b": np.ones(2), "a": np.zeros(1)}) == digest({"a": np.zeros(1), "b": np.ones(2)})
    True
    """
    found = hashlib.sha256()
    for name, values in sorted(tensors.items()):
        array = np.asarray(values)
        array = array.astype(array.dtype.newbyteorder("<"))
        found.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
