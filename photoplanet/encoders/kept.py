"""Features of photos, computed once by an encoder and kept on disk for whatever wants them.

`train` fills this, `similar --by embedding`, `train-album` and the rest read it with a model that was trained on
features. It lies in the user's own folder, a cache for each encoder and its preprocessing; what is kept of a photo
holds as long as its file keeps its size and time. Removing the folder costs time only.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.cache import Cache, Entry, Found, Key, file_stamp
from photoplanet.core.home import home
from photoplanet.core.progress import Advance, Say, ignore, silent
from photoplanet.encoders import encoder as encoders
from photoplanet.encoders.encoder import BATCH, Encoder
from photoplanet.errors import InputError
from photoplanet.photos import decode, shards
from photoplanet.photos.preprocessing import Preprocessing

HALF_MAX = 65504.0  # the largest number in half precision
FIELD = "features"
AHEAD = 1024  # photos looked up together
NAMED = 3  # faults that are named; more are not


def identity(sha256: str, preprocessing: Preprocessing) -> str:
    """Return what names an encoder's features: its network's hash and what photos go through before, 64 digits.

    >>> identity("ab", Preprocessing(224))[:8]
    '304c4921'
    """
    return hashlib.sha256(json.dumps([sha256, preprocessing.to_dict()], sort_keys=True).encode()).hexdigest()


def folder(sha256: str, preprocessing: Preprocessing) -> Path:
    """Return where the features of an encoder lie, in the user's own folder.

    >>> folder("ab", Preprocessing(224)).parent == home() / "features"
    True
    """
    return home() / "features" / identity(sha256, preprocessing)[:16]


def key(address: str) -> Key:
    """Return the key of a photo's file, or of a shard's member: its address, and the size and time of its file.

    >>> key("/no/such.jpg")
    ('/no/such.jpg', '')
    """
    member = shards.split_address(address)
    return address, file_stamp(member[0] if member else address)


def features(
    encoder: Encoder, addresses: Sequence[str], threads: int | None = None, advance: Advance = ignore,
    say: Say = silent,
) -> tuple[NDArray[np.float16], NDArray[np.bool_], list[str]]:  # fmt: skip
    """Return features float16 (n, d) as the encoder gives them, bool (n,): who could be read, and why others could not.

    What is kept is not computed again, also after a stop. `advance` counts photos. Where nothing can be kept (a full
    disk, a folder that cannot be written), everything is computed. ModelError for features that are not finite.

    >>> from photoplanet.encoders import lite
    >>> getfixture("monkeypatch").setenv("PHOTOPLANET_HOME", str(getfixture("tmp_path")))
    >>> found, readable, why = features(lite.load("lite0", getfixture("tmp_path")), ["/no/such.jpg"])
    >>> found.shape, readable.tolist(), why
    ((1, 1280), [False], ['/no/such.jpg: no such file...'])
    """
    where = folder(encoder.sha256, encoder.preprocessing)
    where.parent.mkdir(parents=True, exist_ok=True)
    found = np.zeros((len(addresses), encoder.dimension), np.float16)
    readable, why = np.zeros(len(addresses), bool), []

    def waiting() -> None:
        say(f"{where}: another process is adding to it; waiting for that to end (Ctrl-C stops waiting, not the other)")

    fields = {FIELD: (np.float16, encoder.dimension)}
    with Cache(where, encoder.sha256, fields, waiting=waiting, strict=False) as cache:
        for line in cache.damaged[:NAMED]:
            say(f"{where}: {line}")
        filled = cache.fill(addresses, lambda some: computed(encoder, some, threads), key)
        for row, (_, answer) in enumerate(filled):
            if isinstance(answer, Entry):
                found[row], readable[row] = answer.arrays[FIELD][0], True
            else:
                why.append(str(answer))
            advance(1)
    return found, readable, why


def computed(encoder: Encoder, addresses: Iterator[str], threads: int | None = None) -> Iterator[Found]:
    """Yield the features of each photo, or why it cannot be read, in order.

    >>> from photoplanet.encoders import lite
    >>> next(computed(lite.load("lite0", getfixture("tmp_path")), iter(["/no/such.jpg"])))
    PhotoError('/no/such.jpg: no such file...')
    """
    decoded = decode.load_many(addresses, encoder.preprocessing, threads)
    while some := list(islice(decoded, BATCH)):
        good = [pixels for pixels in some if not isinstance(pixels, InputError)]
        made = iter(encoder.embed(np.stack(good)).clip(-HALF_MAX, HALF_MAX).astype(np.float16) if good else ())
        for pixels in some:
            yield pixels if isinstance(pixels, InputError) else Entry({FIELD: next(made)[None]})


class OfModel:
    """What is kept of the photos that a model's encoder has seen, if the model was trained on features; never written.

    `backbone`, `preprocessing`, `dimension`: as its model.json has them. What a model folder claims is believed for
    reading only, so that a wrong claim spoils nothing.

    >>> getfixture("monkeypatch").setenv("PHOTOPLANET_HOME", str(getfixture("tmp_path")))
    >>> OfModel({"backbone": "mobile"}, Preprocessing(224), 8).get("a.jpg") is None
    True
    """

    def __init__(self, backbone: Mapping[str, Any], preprocessing: Preprocessing, dimension: int):
        sha256, self._transform = encoder_of(backbone), str(backbone.get("encoder_transform", ""))
        where = folder(sha256, preprocessing) if sha256 else None
        there = where is not None and where.is_dir()
        fields = {FIELD: (np.float16, dimension)}
        self._cache = Cache(where, sha256, fields, write=False, strict=False) if there else None

    def get(self, address: str) -> NDArray[np.float32] | None:
        """Return the compared features (d,) of a photo, None where they are not kept."""
        found = None if self._cache is None else self._cache.get(key(address))
        if not isinstance(found, Entry):
            return None
        return encoders.compared(found.arrays[FIELD][0].astype(np.float32), self._transform)

    def fill(
        self, sources: Iterator[Any], made: Callable[[NDArray[np.float32]], Found],
        compute: Callable[[Iterator[Any]], Iterator[Found]],
    ) -> Iterator[Found]:  # fmt: skip
        """Yield `made` of a photo's compared features (d,) where they are kept, what `compute` gives otherwise."""
        try:
            while some := list(islice(sources, AHEAD)):
                known = [self.get(source) if isinstance(source, str) else None for source in some]
                computed = compute(source for source, found in zip(some, known, strict=True) if found is None)
                for features in known:
                    yield next(computed) if features is None else made(features)
        finally:
            if self._cache is not None:
                self._cache.close()


def encoder_of(backbone: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the encoder whose features a model was trained on, "" for another model.

    >>> encoder_of({"backbone": "lite0", "encoder_sha256": "ab"}), encoder_of({"backbone": "mobile"})
    ('ab', '')
    """
    found = backbone.get("encoder_sha256", "")
    return found if isinstance(found, str) else ""
