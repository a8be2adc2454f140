"""Features of photos, computed once by an encoder and kept on disk for whatever wants them.

Everything that needs a photo's features looks here first: `train`, and with a model trained on features `similar`,
`train-album` and the rest. They lie in the user's own folder, a cache for each encoder; a photo's are valid as
long as its file keeps its size and time. Removing the folder costs time only.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.cache import Cache, Entry, Found, Key, file_stamp
from photoplanet.core.home import home
from photoplanet.core.progress import Advance, Say, ignore, silent
from photoplanet.encoders.encoder import BATCH, Encoder
from photoplanet.errors import InputError
from photoplanet.photos import shards

HALF_MAX = 65504.0  # the largest number in half precision
FIELD = "features"


def identity(sha256: str, preprocessing: object) -> str:
    """Return what names an encoder's features: its network's hash and what photos go through before, 64 digits.

    >>> identity("ab", {"size": 224})[:8]
    'c0d7ac44'
    """
    return hashlib.sha256(json.dumps([sha256, preprocessing], sort_keys=True).encode()).hexdigest()


def folder(encoder: Encoder) -> Path:
    """Return where the features of an encoder lie, in the user's own folder.

    >>> from photoplanet.encoders import lite
    >>> folder(lite.load("lite0", getfixture("tmp_path"))).name[:6]
    'lite0-'
    """
    return home() / "features" / f"{encoder.name}-{identity(encoder.sha256, encoder.preprocessing.to_dict())[:16]}"


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
    where = folder(encoder)
    where.parent.mkdir(parents=True, exist_ok=True)
    found = np.zeros((len(addresses), encoder.dimension), np.float16)
    readable, why = np.zeros(len(addresses), bool), []

    def waiting() -> None:
        say(f"{where}: another process is adding to it; waiting for that to end (Ctrl-C stops waiting, not the other)")

    fields = {FIELD: (np.float16, encoder.dimension)}
    with Cache(where, encoder.sha256, fields, waiting=waiting, strict=False) as cache:
        for line in cache.damaged[:3]:
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
    from photoplanet.photos import decode

    decoded = decode.load_many(addresses, encoder.preprocessing, threads)
    while some := list(islice(decoded, BATCH)):
        good = [pixels for pixels in some if not isinstance(pixels, InputError)]
        made = iter(encoder.embed(np.stack(good)).clip(-HALF_MAX, HALF_MAX).astype(np.float16) if good else ())
        for pixels in some:
            yield pixels if isinstance(pixels, InputError) else Entry({FIELD: next(made)[None]})
