"""What no network is needed for: the accuracy that a result has to beat before it means anything.

On few photos, of few places, a constant or the colours of a thumbnail go far. All three know the training photos only.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import progress
from photoplanet.core.table_sets import Given
from photoplanet.earth import geodesy
from photoplanet.earth.geodesy import RADII_KM
from photoplanet.errors import InputError
from photoplanet.evaluation import accuracy, resampling
from photoplanet.evaluation.truth import Truth, of
from photoplanet.locate.point_estimates import EXPECTED_KM
from photoplanet.photos import decode

CONSTANT, THUMBNAIL, CHANCE = (
    "constant: one place for all",
    "nearest 8 × 8 colour thumbnail",
    "chance: a training photo",
)
NAMES = (CHANCE, CONSTANT, THUMBNAIL)
SIDE = 8  # pixels of a thumbnail
MOST = 50_000  # training photos: of a larger table as many are drawn
DRAWS = 25  # training photos a test photo is compared with by chance
_FEW = 2_000  # places among which the best constant is looked for
_AT_A_TIME = 256  # test photos compared with all training photos

Places = tuple[NDArray[np.float64], NDArray[np.float64]]


def constant(latitude: NDArray[np.float64], longitude: NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """Return the one of the training photos' places that is worth most as an answer to all of them, in degrees.

    Worth as the readout `expected` has it: exp(−distance/scale), averaged over its scales, so near is good from street
    to country. Of more than 2,000 photos as many are drawn.

    >>> constant(np.array([48.8, 48.9, -33.9]), np.array([2.3, 2.4, 151.2]))[0] > 0
    True
    """
    rows = np.random.default_rng(seed).permutation(latitude.size)[:_FEW]
    lat, lng = latitude[rows], longitude[rows]
    worth = np.zeros(rows.size)
    for start in range(0, rows.size, _AT_A_TIME):
        some = slice(start, start + _AT_A_TIME)
        away = geodesy.distance_km(lat[some, None], lng[some, None], lat[None], lng[None])
        worth[some] = sum(np.exp(-away / km).sum(axis=1) for km in EXPECTED_KM)
    best = int(worth.argmax())
    return float(lat[best]), float(lng[best])


def thumbnails(
    paths: Sequence[str], threads: int | None = None, advance: progress.Advance = progress.ignore
) -> NDArray[np.float32]:
    """Photos as 8 × 8 pixels of colour, float32 (n, 192); NaN for one that cannot be read.

    >>> thumbnails(["no-such.jpg"]).shape
    (1, 192)
    """
    found = np.full((len(paths), 3 * SIDE * SIDE), np.nan, np.float32)
    for row, pixels in enumerate(decode.load_many(paths, decode.Preprocessing(SIDE, "squash"), threads)):
        if not isinstance(pixels, InputError):
            found[row] = pixels.reshape(-1)
        advance(1)
    return found


def nearest(known: NDArray[np.float32], asked: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the row of `known` (m, d) that is most like each of `asked` (n, d), by the sum of squares; −1 for NaN.

    InputError when none of `known` is usable.

    >>> nearest(np.array([[0.0], [9.0]], np.float32), np.array([[8.0], [np.nan]], np.float32))
    array([ 1, -1])
    """
    usable = np.flatnonzero(~np.isnan(known).any(axis=1))
    if not usable.size:
        raise InputError("none of the training photos can be read: no thumbnail to compare with")
    kept = known[usable]
    squares = np.einsum("nd,nd->n", kept, kept)
    found = np.full(len(asked), -1, np.int64)
    for start in range(0, len(asked), _AT_A_TIME):
        some = asked[start : start + _AT_A_TIME]
        best = (squares - 2 * np.nan_to_num(some) @ kept.T).argmin(axis=1)
        found[start : start + len(some)] = np.where(np.isnan(some).any(axis=1), -1, usable[best])
    return found


def errors(
    training: Truth | Given,
    test: Truth,
    seed: int = 0,
    threads: int | None = None,
    bar: progress.Bar = progress.no_bar,
) -> dict[str, NDArray[np.float64]]:
    """Return the errors in km (n, draws) of the three baselines on the test photos, by name of `NAMES`.

    `training`: the table that the model was trained on; of more than 50,000 photos as many are drawn. Infinity for a
    photo that cannot be read. InputError for a table that cannot be used.

    >>> import pathlib, pyarrow as pa, tempfile
    >>> from PIL import Image
    >>> photo = str(pathlib.Path(tempfile.mkdtemp()) / "red.png")
    >>> Image.new("RGB", (96, 96), "red").save(photo)
    >>> one = of(pa.table({"photo_id": ["a"], "path": [photo], "latitude": [48.86], "longitude": [2.35]}))
    >>> {name: km.max() for name, km in errors(one, one).items()} == dict.fromkeys(NAMES, 0.0)
    True
    """
    from_table = training if isinstance(training, Truth) else of(training)
    random = np.random.default_rng(seed)
    rows = np.sort(random.permutation(len(from_table.paths))[:MOST])
    lat, lng = (from_table.photos[name].to_numpy()[rows] for name in ("latitude", "longitude"))
    true_lat, true_lng = (test.photos[name].to_numpy() for name in ("latitude", "longitude"))
    with bar("thumbnails", rows.size + len(test.paths)) as advance:
        known = thumbnails([from_table.paths[row] or "" for row in rows], threads, advance)
        asked = thumbnails([path or "" for path in test.paths], threads, advance)
    like = nearest(known, asked)
    by_look = np.where(like < 0, np.inf, geodesy.distance_km(true_lat, true_lng, lat[like], lng[like]))
    drawn = random.integers(0, rows.size, (len(test.paths), DRAWS))
    return {
        CHANCE: geodesy.distance_km(true_lat[:, None], true_lng[:, None], lat[drawn], lng[drawn]),
        CONSTANT: geodesy.distance_km(true_lat, true_lng, *constant(lat, lng, seed))[:, None],
        THUMBNAIL: by_look[:, None],
    }


def summary(errors_km: NDArray[np.float64], units: resampling.Units, seed: int = 0) -> dict[str, Any]:
    """`accuracy.summary` of errors (n, draws): the mean over draws, with intervals over the photos' `units`.

    >>> found = summary(np.array([[1.0, 30.0]]), resampling.photos(1))
    >>> found["photos"], found["accuracy"]["city"]
    (1, 0.5)
    """
    draws = errors_km.shape[1]
    tiled = resampling.Units(units.name, np.repeat(units.number, draws), units.note)
    found = accuracy.summary(errors_km.ravel(), seed=seed, units=tiled)
    predicted = int(np.isfinite(errors_km).any(axis=1).sum())
    return found | {"photos": len(errors_km), "predicted": predicted}


def compared(
    found: dict[str, NDArray[np.float64]],
    own: NDArray[np.float64],
    units: resampling.Units,
    scored: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """Return the baselines beside the errors (n,) of a result, ready for JSON; of the photos `scored` (n,), or all.

    Keys: `rows`, a `summary` with `name` for each baseline, and `gains`: by baseline and radius the points (0…1) that
    the result is ahead by, with a paired 95 % interval: [gain, low, high].

    >>> km = {THUMBNAIL: np.array([[5000.0], [1.0]])}
    >>> compared(km, np.array([1.0, 1.0]), resampling.photos(2))["gains"][THUMBNAIL]["city"]
    [0.5, 0.0, 1.0]
    """
    if scored is not None:
        found, own, units = {name: km[scored] for name, km in found.items()}, own[scored], units.some(scored)
    limits = np.array(list(RADII_KM.values()))
    ours = own[:, None] <= limits
    gains = {}
    for name, km in found.items():
        theirs = (km[..., None] <= limits).mean(axis=1)
        gains[name] = dict(zip(RADII_KM, resampling.gains(ours, theirs, units).tolist(), strict=True))
    return {"rows": [{"name": name, **summary(km, units)} for name, km in found.items()], "gains": gains}
