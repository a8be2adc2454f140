"""Geometric verification: do the features of two photos lie as they would if both showed the same place?"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.retrieval.extras import open_opencv
from photoplanet.retrieval.local_features.root_sift import Features

RATIO = 0.85  # a match is nearer than this share of the second nearest (Lowe 2004 takes 0.8, before mutual matching)
PIXELS = 3.0  # how far from its line or place an inlier may lie, at 800 pixels
TURN = 30.0  # degrees around the commonest turn that a match may be turned by
ZOOM = 1.5  # octaves around the commonest zoom
STILL = 0.015  # of a side: a match that moves less stays where it was
EVERYWHERE = 0.3  # of the squares with features hold such matches: a near-duplicate
ITERATIONS = 2000
LEAST = 8  # matches below which no model is fitted

MIN_INLIERS = 15  # `trusted`; docs/local-features.md: unrelated photos have 12 at most, a tenth for each two more
MIN_SHARE = 0.3  # of the matches before geometry: a place agrees with most of them


class Verified(NamedTuple):
    """`pairs` int32 (m, 2): rows of query and other that match and agree; `inliers` = m; `matched`: before geometry.

    `model` float64 (3, 3): the fundamental matrix F (other · F · query = 0) or homography (query → other), pixels of
    the resized photos; `kind` "fundamental", "homography" or "" (then `model` is None).
    """

    inliers: int
    pairs: NDArray[np.int32]
    model: NDArray[np.float64] | None
    kind: str
    matched: int = 0


Floats = NDArray[np.float32]
Pairs = NDArray[np.int32]
NOTHING = Verified(0, np.zeros((0, 2), np.int32), None, "")


def verify(query: Features, other: Features) -> Verified:
    """Match two photos' features and keep what one camera motion explains; the same photos give the same answer.

    Mutual nearest neighbours by the ratio test, then those turned and zoomed alike, then MAGSAC++ (Barath et al. 2020).

    >>> from photoplanet.retrieval.local_features.root_sift import extract
    >>> photo = extract(np.random.default_rng(1).integers(0, 255, (30, 40, 3), np.uint8).repeat(8, 0).repeat(8, 1))
    >>> found = verify(photo, photo)
    >>> found.inliers > 100, trusted(found)
    (True, True)
    """
    pairs = match(query.descriptors, other.descriptors)
    pairs = pairs[alike(query.points[pairs[:, 0]], other.points[pairs[:, 1]])]
    pairs = pairs[~overlay(query, other, pairs)]
    pairs = pairs[distinct(query.points[pairs[:, 0], :2], other.points[pairs[:, 1], :2])]
    if len(pairs) < LEAST:
        return NOTHING._replace(matched=len(pairs))
    here, there = query.points[pairs[:, 0], :2], other.points[pairs[:, 1], :2]
    model, kept, kind = _model(here, there)
    if model is None:
        return NOTHING._replace(matched=len(pairs))
    return Verified(int(kept.sum()), pairs[kept], model, kind, len(pairs))


def trusted(verified: Verified) -> bool:
    """Return whether two photos show the same place: the rule for "this is a match", from docs/local-features.md.

    >>> trusted(NOTHING._replace(inliers=15, matched=50)), trusted(NOTHING._replace(inliers=14, matched=14))
    (True, False)
    """
    return verified.inliers >= MIN_INLIERS and verified.inliers >= MIN_SHARE * verified.matched


def match(query: NDArray[np.uint8], other: NDArray[np.uint8]) -> Pairs:
    """Return the mutual nearest neighbours that pass the ratio test, int32 (p, 2), of uint8 (n, 128) and (m, 128).

    >>> descriptors = np.eye(3, 128, dtype=np.uint8) * np.uint8(200)
    >>> match(descriptors, descriptors[::-1]).tolist()
    [[0, 2], [1, 1], [2, 0]]
    """
    if len(query) < 2 or len(other) < 2:
        return np.zeros((0, 2), np.int32)
    likeness = _with_norms(query, 1) @ _with_norms(other, 0).T  # −½ the squared distance, in one pass of memory
    rows = np.arange(len(query))
    best = likeness.argmax(axis=1)
    first = likeness[rows, best]
    likeness[rows, best] = -np.inf
    kept = np.flatnonzero(first >= RATIO**2 * likeness.max(axis=1))
    likeness[rows, best] = first
    kept = kept[likeness[:, best[kept]].argmax(axis=0) == kept]  # mutual; only few columns are left to be looked at
    return np.stack([kept, best[kept]], axis=1).astype(np.int32)


def _with_norms(descriptors: NDArray[np.uint8], ones: int) -> Floats:
    """Descriptors float32 (n, 130) whose last columns are −½ of their squared norms, and ones (first or last)."""
    found = np.ones((len(descriptors), descriptors.shape[1] + 2), np.float32)
    values = descriptors.astype(np.float32)
    found[:, :-2] = values
    found[:, -2 + ones] = (values * values).sum(axis=1) / -2
    return found


def alike(query: Floats, other: Floats) -> NDArray[np.bool_]:
    """Return which matches, points float32 (p, 4) each, are turned and zoomed as most are: bool (p,).

    >>> here = np.array([[0, 0, 8, 0], [9, 9, 8, 0], [5, 5, 8, 0]], np.float32)
    >>> there = here + np.array([[0, 0, 0, 10], [0, 0, 0, 12], [0, 0, 0, 90]], np.float32)
    >>> alike(here, there).tolist()
    [True, True, False]
    """
    if not len(query):
        return np.zeros(0, bool)
    turn = (other[:, 3] - query[:, 3]) % 360
    zoom = np.log2(np.maximum(other[:, 2], 1e-3) / np.maximum(query[:, 2], 1e-3))
    apart = np.abs((turn[:, None] - turn + 180) % 360 - 180)
    together = (apart <= TURN) & (np.abs(zoom[:, None] - zoom) <= ZOOM)
    best: NDArray[np.bool_] = together[together.sum(axis=1).argmax()]
    return best


def overlay(query: Features, other: Features, pairs: Pairs) -> NDArray[np.bool_]:
    """Return which matches are of something that travels with the camera, a logo, a date, a bonnet: bool (p,).

    They stay at one place of the picture and fill a small part of it; in near-duplicates they are everywhere.

    >>> places = np.array([[10 + 40 * (i % 8), 10 + 30 * (i // 8), 5, 0] for i in range(64)], np.float32)
    >>> photo = Features(places, np.zeros((64, 128), np.uint8), 320, 240)
    >>> overlay(photo, photo, np.array([[0, 0], [9, 40]], np.int32)).tolist()
    [True, False]
    """
    sides = [np.array([photo.width, photo.height], np.float32) for photo in (query, other)]
    here, all_here = query.points[pairs[:, 0], :2] / sides[0], query.points[:, :2] / sides[0]
    still: NDArray[np.bool_] = np.abs(here - other.points[pairs[:, 1], :2] / sides[1]).max(axis=1, initial=0) < STILL
    if not still.any() or _cells(here[still]) >= EVERYWHERE * _cells(all_here):
        return np.zeros(len(pairs), bool)
    return still


def _cells(places: Floats) -> int:
    """How many squares of an 8 × 8 grid hold one of the places in 0 … 1."""
    row, column = np.minimum(places * 8, 7).astype(int).T
    return len(np.unique(row * 8 + column))


def distinct(query: Floats, other: Floats) -> NDArray[np.int64]:
    """Return the rows of matches whose place (x, y) no earlier one has, in either photo: corners are found twice.

    >>> distinct(np.array([[1, 1], [1, 1.2], [9, 9]]), np.array([[5, 5], [6, 6], [7, 7]])).tolist()
    [0, 2]
    """
    keep: NDArray[np.int64] = np.arange(len(query))
    for places in (query, other):
        _, first = np.unique(np.round(places[keep]), axis=0, return_index=True)
        keep = keep[np.sort(first)]
    return keep


def _model(here: Floats, there: Floats) -> tuple[NDArray[np.float64] | None, NDArray[np.bool_], str]:
    """The fundamental matrix or homography, whichever explains more: planes and turns on the spot need the latter."""
    cv2 = open_opencv()
    best: tuple[NDArray[np.float64] | None, NDArray[np.bool_], str] = (None, np.zeros(len(here), bool), "")
    for kind, fit in (("homography", cv2.findHomography), ("fundamental", cv2.findFundamentalMat)):
        try:
            model, mask = fit(here, there, cv2.USAC_MAGSAC, PIXELS, 0.999, ITERATIONS)
        except cv2.error:  # degenerate points: OpenCV gives up in one of many ways
            continue
        if model is None or model.shape != (3, 3) or not np.isfinite(model).all() or mask is None:
            continue
        kept = mask.ravel().astype(bool)
        if kept.sum() > best[1].sum():
            best = (model, kept, kind)
    return best
