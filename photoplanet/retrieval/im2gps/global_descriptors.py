"""The descriptors of Im2GPS (Hays and Efros, CVPR 2008 and 2014), one fixed record of bytes per photo.

Histograms are kept as the root of their shares, × 255: so one byte can hold a share of a hundred-thousandth, and the
roots are what a linear kernel wants (Hellinger). Each descriptor's own scale is in `decoded`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.atomic import open_replacing
from photoplanet.errors import InputError, MissingExtra
from photoplanet.photos.decode import Preprocessing, Source, load
from photoplanet.retrieval.im2gps import geometric_context, gist
from photoplanet.retrieval.local_features import root_sift
from photoplanet.retrieval.local_features.visual_words import Vocabulary

VERSION = 1
TEXTONS = 512
COLOUR_BINS = (4, 14, 14)  # of L*, a*, b*
TINY = 16  # pixels
LINE_BINS = 17  # of angle, and of length
CONTEXT = 8  # the geometric context is kept on CONTEXT × CONTEXT
WORDS, FINE_WORDS = 1000, 50_000  # of SIFT, at most: fewer where the library is small
FEATURES = 128  # SIFT features of a photo
NO_WORD = 65_535
TRAINING_PHOTOS = 4000  # of the library, drawn at random, for textons and words
TEXTONS_PER_PHOTO = 100
SHORTEST_LINE = 4.0  # pixels at 128 × 128
FILES = ("textons.npy", "words.npy", "fine_words.npy")  # of a dictionary

Records = NDArray[np.void]
Floats = NDArray[np.float32]
Descriptors = NDArray[np.uint8]

_COLOURS, _PARTS = int(np.prod(COLOUR_BINS)), len(geometric_context.CLASSES)
RECORD = np.dtype(
    [
        ("tiny", "u1", (3 * TINY * TINY,)),
        ("colour", "u1", (_COLOURS,)),
        ("textons", "u1", (TEXTONS,)),
        ("lines", "u1", (2 * LINE_BINS,)),
        ("gist", "u1", (gist.GRID**2 * (gist.ORIENTATIONS * gist.SCALES + 3),)),
        ("geometry", "u1", (CONTEXT * CONTEXT * _PARTS,)),
        ("part_colour", "u1", (_PARTS * _COLOURS,)),
        ("part_textons", "u1", (_PARTS * TEXTONS,)),
        ("words", "<u2", (FEATURES,)),
        ("fine_words", "<u2", (FEATURES,)),
        ("usable", "?"),
    ]
)
HISTOGRAMS = ("colour", "textons", "part_colour", "part_textons")  # compared by χ², each with sum 1
_PREPROCESSING = Preprocessing(size=gist.SIDE, fit="squash")


class Dictionary(NamedTuple):
    """What the photos are described with: texton centres float32 (≤ 512, responses), and two vocabularies of SIFT."""

    textons: NDArray[np.float32]
    words: Vocabulary
    fine_words: Vocabulary


def train(sources: Sequence[Source], photos: int = TRAINING_PHOTOS, seed: int = 0) -> Dictionary:
    """Train a dictionary on at most `photos` of the photos; those that cannot be read are passed over.

    InputError when none of them can be used. Memory: some 500 MB at 4,000 photos, however many there are.

    >>> noise = np.random.default_rng(0).integers(0, 255, (2, 60, 80, 3), np.uint8)
    >>> dictionary = train(list(noise))
    >>> len(dictionary.textons), dictionary.textons.shape[1] == gist.RESPONSES
    (10, True)
    """
    KMeans = _kmeans()
    random = np.random.default_rng(seed)
    chosen = random.permutation(len(sources))[:photos]
    textures, descriptors = [], []
    for row in chosen:
        try:
            rgb = load(sources[row], _PREPROCESSING)
        except InputError:
            continue
        texture = gist.texture(gist.respond(grey(rgb))[0])
        textures.append(texture[random.choice(len(texture), TEXTONS_PER_PHOTO, replace=False)])
        descriptors.append(_sift(rgb))
    if not textures:
        raise InputError(f"none of {len(chosen):,} photos can be read; check the paths")
    samples, sift = np.concatenate(textures), np.concatenate(descriptors)
    count = min(TEXTONS, max(1, len(samples) // 20))
    centres = KMeans(count, batch_size=4096, n_init=1, max_iter=30, random_state=seed).fit(samples).cluster_centers_
    if not len(sift):  # a library of fog: one word that nothing shows
        sift = np.zeros((1, 128), np.uint8)
    features = len(sift) * len(sources) // len(textures)
    few = min(WORDS, max(1, len(sift) // 20))
    many = min(FINE_WORDS, max(few, min(features // 20, len(sift) // 6)))
    return Dictionary(
        np.asarray(centres, np.float32), Vocabulary.train(sift, few, seed), Vocabulary.train(sift, many, seed)
    )


def save(dictionary: Dictionary, folder: Path) -> None:
    """Write a dictionary as three files in `folder`; `textons.npy` comes last: where it is, all are there.

    >>> folder = getfixture("tmp_path")
    >>> save(train([np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)]), folder)
    >>> sorted(path.name for path in folder.glob("*.npy"))
    ['fine_words.npy', 'textons.npy', 'words.npy']
    """
    dictionary.words.save(folder / "words.npy")
    dictionary.fine_words.save(folder / "fine_words.npy")
    with open_replacing(folder / "textons.npy", "wb") as file:
        np.save(file, dictionary.textons, allow_pickle=False)


def read(folder: Path) -> Dictionary | None:
    """Return the dictionary that `save` wrote, None when it is not there yet; InputError for damaged files.

    >>> read(getfixture("tmp_path")) is None
    True
    """
    path = folder / "textons.npy"
    if not path.exists():
        return None
    try:
        textons = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        raise InputError(f"{path}: cannot be read ({error}); remove the folder and build it again") from None
    shape = textons.shape
    if textons.dtype != np.float32 or textons.ndim != 2 or not 0 < shape[0] <= TEXTONS or shape[1] != gist.RESPONSES:
        raise InputError(
            f"{path}: {textons.dtype} {shape} is not a texton dictionary; remove the folder and build again"
        )
    words, fine = Vocabulary.load(folder / "words.npy"), Vocabulary.load(folder / "fine_words.npy")
    if len(words) > WORDS or len(fine) > FINE_WORDS:
        raise InputError(f"{folder}: {len(words):,} and {len(fine):,} words are too many; remove it and build again")
    return Dictionary(textons, words, fine)


def describe(sources: Iterable[Source], dictionary: Dictionary) -> Records:
    """Describe photos: records (n,) of RECORD, in order; a photo that cannot be read has `usable` False and zeros.

    >>> noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    >>> describe([noise, "/no/such/photo.jpg"], train([noise]))["usable"].tolist()
    [True, False]
    """
    found = []
    for source in sources:
        try:
            found.append(describe_one(source, dictionary))
        except InputError:
            found.append(np.zeros((), RECORD))
    return np.array(found, RECORD)


def decoded(records: Records, name: str) -> Floats:
    """Return a descriptor of records (n,), float32 (n, d): shares of histograms, Lab ÷ 255, probabilities.

    >>> records = np.zeros(1, RECORD)
    >>> records["colour"][0, 7] = 255
    >>> decoded(records, "colour")[0].max()
    np.float32(1.0)
    """
    values: Floats = np.asarray(records[name], np.float32) / np.float32(255)
    return values * values if name in HISTOGRAMS or name == "lines" else values


def describe_one(source: Source, dictionary: Dictionary) -> Records:
    """Describe one photo: a scalar record; InputError when it cannot be read.

    >>> noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    >>> describe_one(noise, train([noise]))["tiny"].shape
    (768,)
    """
    import cv2

    rgb = load(source, _PREPROCESSING)
    lab = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), np.uint8)
    fine, coarse = gist.respond(grey(rgb))
    magnitude = np.abs(fine)
    parts = geometric_context.probabilities(rgb, magnitude)
    every = slice(None, None, gist.TEXTURE_STEP)
    colours = _colour_bins(lab[every, every].reshape(-1, 3))
    record = np.zeros((), RECORD)
    channels = np.moveaxis(lab, -1, 0).astype(np.float32)
    record["tiny"] = np.rint(gist.pooled(channels, TINY)).astype(np.uint8).ravel()
    record["lines"] = _rooted(line_histograms(rgb))
    patches = gist.pooled(channels, gist.GRID).ravel() / 255
    record["gist"] = np.rint(255 * np.minimum(np.concatenate([gist.gist(magnitude, np.abs(coarse)), patches]), 1))
    small = parts.reshape(_PARTS, CONTEXT, geometric_context.CELLS // CONTEXT, CONTEXT, -1).mean(axis=(2, 4))
    record["geometry"] = np.rint(255 * small).ravel()
    weights = _at_pixels(parts)
    textons = nearest_textons(gist.texture(fine), dictionary.textons)
    for name, bins, count in (("colour", colours, _COLOURS), ("textons", textons, TEXTONS)):
        record[name] = _rooted(np.bincount(bins, minlength=count) / len(bins))
        of_parts = np.concatenate([np.bincount(bins, share, minlength=count) for share in weights])
        record[f"part_{name}"] = _rooted(of_parts / of_parts.sum())
    sift = _sift(rgb)
    for name, vocabulary in (("words", dictionary.words), ("fine_words", dictionary.fine_words)):
        record[name] = NO_WORD
        record[name][: len(sift)] = vocabulary.assign(sift)[:, 0]
    record["usable"] = True
    return record


def grey(rgb: Descriptors) -> Floats:
    """Return the brightness of RGB (…, 3) uint8, float32 in 0 … 1 (ITU-R BT.601).

    >>> grey(np.array([[255, 255, 255], [0, 255, 0]], np.uint8)).round(3).tolist()
    [1.0, 0.5870000123977661]
    """
    weights = np.array([0.299, 0.587, 0.114], np.float32) / np.float32(255)
    found: Floats = rgb.astype(np.float32) @ weights
    return found


def _sift(rgb: Descriptors) -> Descriptors:
    return root_sift.extract(rgb, max_side=gist.SIDE, max_features=FEATURES).descriptors[:FEATURES]


def nearest_textons(texture: NDArray[np.floating[Any]], centres: Floats) -> NDArray[np.int64]:
    """Return the row of the nearest centre of each row of responses; |x|² is the same for all centres.

    >>> nearest_textons(np.array([[0.9, 0.1]]), np.eye(2, dtype=np.float32)).tolist()
    [0]
    """
    found: NDArray[np.int64] = (texture @ centres.T - 0.5 * (centres**2).sum(axis=1)).argmax(axis=1)
    return found


def _colour_bins(lab: Descriptors) -> NDArray[np.int64]:
    bins: NDArray[np.int64] = lab.astype(np.int64) * COLOUR_BINS // 256
    return np.asarray((bins[:, 0] * COLOUR_BINS[1] + bins[:, 1]) * COLOUR_BINS[2] + bins[:, 2], np.int64)


def _at_pixels(parts: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Probabilities on CELLS × CELLS → for each of the sampled pixels, (4, pixels)."""
    times = gist.SIDE // gist.TEXTURE_STEP // geometric_context.CELLS
    return parts.repeat(times, axis=1).repeat(times, axis=2).reshape(_PARTS, -1)


def line_histograms(rgb: Descriptors) -> NDArray[np.float64]:
    """Return how much of a photo's straight lines has each angle (0…180°) and each length (log scale), (34,) in 0…1.

    Both histograms are weighted by length and divided by four sides of the photo, so that many lines differ from few.

    >>> line_histograms(np.zeros((128, 128, 3), np.uint8)).any()
    np.False_
    """
    import cv2

    found = cv2.createLineSegmentDetector().detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))[0]
    if found is None:
        return np.zeros(2 * LINE_BINS)
    along = found.reshape(-1, 4)[:, 2:] - found.reshape(-1, 4)[:, :2]
    length = np.hypot(along[:, 0], along[:, 1])
    along, length = along[length >= SHORTEST_LINE], length[length >= SHORTEST_LINE]
    angle = np.mod(np.arctan2(along[:, 1], along[:, 0]), np.pi)
    # centred bins: horizontal and vertical lines must not lie on a border
    angle_bin = np.rint(angle * LINE_BINS / np.pi).astype(np.int64) % LINE_BINS
    span = np.log(gist.SIDE / SHORTEST_LINE)
    length_bin = np.minimum(np.log(length / SHORTEST_LINE) * (LINE_BINS / span), LINE_BINS - 1).astype(np.int64)
    both = np.concatenate([np.bincount(b, length, minlength=LINE_BINS) for b in (angle_bin, length_bin)])
    return np.asarray(np.minimum(both / (4 * gist.SIDE), 1), np.float64)


def _rooted(shares: NDArray[np.floating[Any]]) -> Descriptors:
    rooted: Descriptors = np.rint(255 * np.sqrt(shares)).astype(np.uint8)
    return rooted


def _kmeans() -> Any:
    try:
        import cv2  # noqa: F401
        from sklearn.cluster import MiniBatchKMeans
    except ImportError:
        raise MissingExtra("Im2GPS", "retrieval") from None
    return MiniBatchKMeans
