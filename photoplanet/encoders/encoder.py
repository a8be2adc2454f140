"""An encoder: a pretrained network that turns photos into features, and what has to be known of it."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import atomic, atomic_folders, leftovers
from photoplanet.core.onnx_sessions import Session, one_line, open_session
from photoplanet.errors import InputError, ModelError
from photoplanet.photos import decode
from photoplanet.photos.decode import Source
from photoplanet.photos.preprocessing import Preprocessing

FACTS, NETWORK = "encoder.json", "encoder.onnx"
BATCH = 32  # photos that go through the network together
FORMAT_VERSION = 1
MAX_FACTS = 1 << 20  # bytes
# licences by their usual names: cc-by-nc-4.0, fair-noncommercial-research-license, intel-research, apple-amlr …
_RESTRICTED = re.compile(r"(?<![a-z])nc(?![a-z])|non-?\s?commercial|research|academic|amlr", re.IGNORECASE)


@dataclass(frozen=True)
class Encoder:
    """A network in `folder`: photos uint8 (n, size, size, 3) → features float32 (n, `dimension`).

    `sha256`: of the network's file, which names an encoder in caches. `source`: where its weights are from; `licence`:
    what they may be used for. `transform`: what features go through before they are compared or learned from: "" or
    "sqrt", for those that are averages of activations above zero. `note`: which output of a network it is, and so on.

    >>> from photoplanet.encoders import lite
    >>> encoder = lite.load("lite0", getfixture("tmp_path"))
    >>> photos = [np.zeros((60, 80, 3), np.uint8), b"not a photo"]
    >>> features, error = encoder.features(photos)
    >>> features.shape, str(error)
    ((1280,), 'photo bytes: not a JPEG, ...')
    """

    name: str
    folder: Path
    preprocessing: Preprocessing
    dimension: int
    licence: str
    source: str
    sha256: str = ""
    transform: str = ""
    note: str = ""

    @property
    def network(self) -> Path:
        """The ONNX file."""
        return self.folder / NETWORK

    @property
    def licence_note(self) -> str:
        """What the licence forbids, in one line; "" where nothing is known to be forbidden.

        >>> Encoder("mine", Path("mine"), Preprocessing(224), 8, "cc-by-nc-4.0", "my own").licence_note
        'non-commercial: cc-by-nc-4.0'
        """
        return f"non-commercial: {self.licence}" if _RESTRICTED.search(self.licence) else ""

    @cached_property
    def _session(self) -> Session:
        return open_session(self.network, what=f"encoder {self.name}", remedy="remove the encoder and add it again")

    def features(self, sources: Iterable[Source], threads: int | None = None) -> list[NDArray[np.float32] | InputError]:
        """Return each photo's features (dimension,), or the InputError that says why it cannot be read."""
        found: list[NDArray[np.float32] | InputError] = []
        decoded = decode.load_many(sources, self.preprocessing, threads)
        while some := list(islice(decoded, BATCH)):
            good = [pixels for pixels in some if not isinstance(pixels, InputError)]
            made = iter(self.embed(np.stack(good)) if good else ())
            found += [pixels if isinstance(pixels, InputError) else next(made) for pixels in some]
        return found

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the features (n, dimension) of decoded photos uint8 (n, size, size, 3); ModelError if not finite."""
        session = self._session
        try:
            [features] = session.run(["features"], {"photos": pixels})
        except Exception as error:  # ONNX Runtime raises its own dozen types, which share no base but Exception
            raise ModelError(f"encoder {self.name}: cannot compute ({one_line(error)}); use another encoder") from None
        if not np.isfinite(features).all():
            raise ModelError(f"encoder {self.name}: features that are not finite; use another encoder")
        return np.asarray(features, np.float32)

    def compared(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return features (n, d) as they are compared: transformed, and of length 1."""
        return compared(features, self.transform)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, as they stand in `encoder.json`."""
        facts = {key: value for key, value in asdict(self).items() if key not in ("folder", "preprocessing")}
        return {"format_version": FORMAT_VERSION, **facts, "preprocessing": self.preprocessing.to_dict()}


def compared(features: NDArray[np.float32], transform: str) -> NDArray[np.float32]:
    """Return features (…, d) as they are compared: through an encoder's `transform`, and of length 1.

    >>> compared(np.array([9.0, 16.0], np.float32), "sqrt").round(2).tolist()
    [0.6000000238418579, 0.800000011920929]
    """
    made = np.sqrt(np.maximum(features, 0)) if transform == "sqrt" else np.asarray(features, np.float32)
    length = np.linalg.norm(made, axis=-1, keepdims=True)
    unit: NDArray[np.float32] = made / np.maximum(length, np.float32(1e-12))
    return unit


def write(encoder: Encoder, network: bytes) -> Encoder:
    """Write an encoder and its network to its folder in one step; return it with the network's hash.

    >>> made = Encoder("mine", getfixture("tmp_path") / "mine", Preprocessing(224), 8, "CC0-1.0", "my own")
    >>> write(made, b"a network").sha256[:8], read(made.folder).licence
    ('2f782bec', 'CC0-1.0')
    """
    known = replace(encoder, sha256=hashlib.sha256(network).hexdigest())
    encoder.folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic_folders.replacing(encoder.folder) as fresh:
        atomic.write_bytes(fresh / NETWORK, network)
        atomic.write_text(fresh / FACTS, json.dumps(known.to_dict(), indent=2) + "\n")
    return known


def read(folder: Path, verify: bool = True) -> Encoder:
    """Read the encoder of a folder; ModelError where it is missing, damaged or newer, or its network was changed.

    Without `verify` the network is not read, which may take seconds.

    >>> read(getfixture("tmp_path"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: ...encoder.json: not an encoder (FileNotFoundError); remove it and add it again
    """
    path = folder / FACTS
    leftovers.recover(folder)
    try:
        if path.stat().st_size > MAX_FACTS:
            raise ModelError(f"{path}: too large for a list of facts; remove the encoder and add it again")
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts["format_version"] != FORMAT_VERSION:
            raise ModelError(f"{path}: format {facts['format_version']} is not known here; update photoplanet")
        texts = {key: facts[key] for key in ("name", "licence", "source", "sha256", "transform")}
        texts["note"] = facts.get("note", "")
        if not all(isinstance(text, str) for text in texts.values()) or not isinstance(facts["dimension"], int):
            raise ValueError("facts of another kind")
        preprocessing = Preprocessing.from_dict(facts["preprocessing"])
        found = Encoder(folder=folder, preprocessing=preprocessing, dimension=facts["dimension"], **texts)
        actual = hashlib.sha256(found.network.read_bytes()).hexdigest() if verify else found.sha256
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: not an encoder ({type(error).__name__}); remove it and add it again") from None
    if actual != found.sha256:
        raise ModelError(f"{found.network}: not the file that was added; remove the encoder and add it again")
    return found
