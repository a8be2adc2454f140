"""Which parts of a photo speak for a place: a grey box slides over it (Zeiler & Fergus 2014; paper, Fig. 10)."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import progress
from photoplanet.errors import InputError
from photoplanet.locate import world
from photoplanet.locate.place import short
from photoplanet.locate.within import Cut
from photoplanet.photos import decode

if TYPE_CHECKING:
    from photoplanet.locate.locator import Locator, Photo
    from photoplanet.locate.seen import Seen

POSITIONS = 20  # of the box, each way: 400 in all
BOX = 0.2  # side of the box, as a share of the photo's
GREY = 128  # what hides: the middle of 0…255, which is neither dark nor light
REGIONS = 3  # boxes that are named of each kind
MOST_POSITIONS = 200  # each way: 40,000 runs of the network
BATCH = 20  # runs of the network at a time, at most


@dataclass(frozen=True)
class Spot:
    """A box of the photo (left, top, right, bottom: pixels of `Occlusion.photo`) and what hiding it does.

    `confidence`: in the cell with the box hidden; `change`: that minus the confidence in the whole photo.
    """

    box: tuple[int, int, int, int]
    confidence: float
    change: float

    def to_dict(self, side: int) -> dict[str, Any]:
        """Plain values for JSON; the box as shares of the photo's `side` in pixels.

        >>> Spot((0, 10, 20, 30), confidence=0.25, change=-0.5).to_dict(40)
        {'box': [0.0, 0.25, 0.5, 0.75], 'confidence': 0.25, 'change': -0.5}
        """
        box = [round(edge / side, 4) for edge in self.box]
        return {"box": box, "confidence": short(self.confidence), "change": short(self.change)}


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What hiding each part of a photo does to the confidence in one cell.

    `photo` uint8 (s, s, 3) as the network sees it; `heat` float32 (s, s): confidence in class `label` with the pixel
    hidden, the mean over the boxes that hide it; `whole`: the confidence in the whole photo. `supports`: the disjoint
    boxes whose hiding costs the most confidence; `misleads`: those whose hiding adds the most. `unknown`: how likely
    the whole photo is from outside all that the model knows (None: it cannot tell), which every confidence counts.
    """

    photo: NDArray[np.uint8] = field(repr=False)
    heat: NDArray[np.float32] = field(repr=False)
    whole: float
    label: int
    token: str
    latitude: float
    longitude: float
    true: bool
    supports: list[Spot]
    misleads: list[Spot]
    unknown: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; boxes as shares of the photo's side (of the part that the network sees).

        >>> import photoplanet as pp
        >>> found = pp.load("toy").explain(np.zeros((64, 64, 3), np.uint8), positions=2)
        >>> found.to_dict()["cell_is"]
        'predicted'
        """
        side = len(self.heat)
        return {
            "cell": self.token,
            "latitude": round(self.latitude, 4),
            "longitude": round(self.longitude, 4),
            "cell_is": "true" if self.true else "predicted",
            "unknown": None if self.unknown is None else short(self.unknown),
            "confidence": short(self.whole),
            "supports": [spot.to_dict(side) for spot in self.supports],
            "misleads": [spot.to_dict(side) for spot in self.misleads],
        }


def occlude(
    locator: "Locator",
    source: "Photo",
    truth: tuple[float, float] | None = None,
    positions: int = POSITIONS,
    box: float = BOX,
    regions: int = REGIONS,
    advance: progress.Advance = progress.ignore,
    cut: Cut | None = None,
) -> Occlusion:
    """Hide each part of a photo in turn and see what that does to the confidence in one cell (paper, Fig. 10).

    `source` as in `locate`; `truth`: latitude, longitude in degrees where known: then its cell is looked at, else the
    most probable one. A grey box of side `box` (share of the photo's side) stands at `positions` × `positions` places
    spread evenly from edge to edge. `regions`: how many boxes to name of each kind. `cut`: to an area (`Locator.cut`),
    of which the most probable cell then is. InputError for a photo that cannot be read, a truth outside every cell,
    numbers out of range, or no model.

    >>> import photoplanet as pp
    >>> found = occlude(pp.load("toy"), np.zeros((64, 64, 3), np.uint8), positions=2)
    >>> found.true, 0 <= found.whole <= 1, found.photo.dtype
    (False, True, dtype('uint8'))
    """
    work = steps(locator, source, truth, positions, box, regions, cut)
    while True:
        try:
            advance(next(work))
        except StopIteration as end:
            found: Occlusion = end.value
            return found


def runs(positions: int) -> int:
    """How often the network runs for one photo.

    >>> runs(20)
    401
    """
    return 1 + positions * positions


def steps(
    locator: "Locator",
    source: "Photo",
    truth: tuple[float, float] | None = None,
    positions: int = POSITIONS,
    box: float = BOX,
    regions: int = REGIONS,
    cut: Cut | None = None,
    batch: Callable[[], int] = lambda: BATCH,
) -> Generator[int, None, Occlusion]:
    """Do what `occlude` does, and yield how many places of the box are done after each batch; returns the Occlusion.

    `batch` says how many the next one shall have, at least 1.

    >>> import photoplanet as pp
    >>> list(steps(pp.load("toy"), np.zeros((64, 64, 3), np.uint8), positions=6))
    [20, 16]
    """
    if not 2 <= positions <= MOST_POSITIONS:
        raise InputError(f"positions must be 2 to {MOST_POSITIONS} each way, not {positions}")
    if world.ground_of(locator.partition) is not None:
        raise InputError("without a model nothing looks at the picture, so hiding parts of it says nothing; "
                         "locate(photo).evidence lists what speaks for a place then")  # fmt: skip
    if not 0 < box < 1:
        raise InputError(f"the box must be more than 0 and less than 1 of the photo's side, not {box}")
    photo = decode.load(source, locator.info.preprocessing)
    seen = locator.see(photo[None])
    (whole,) = _confidences(seen)
    label = _label(locator, truth) if truth is not None else _likeliest(whole, cut)
    side = len(photo)
    wide = min(side, max(1, round(box * side)))
    starts = np.unique(np.linspace(0, side - wide, positions).round().astype(int))
    corners = [(int(top), int(left)) for top in starts for left in starts]
    found = yield from _hidden(locator, photo, label, corners, wide, batch)
    total, times = np.zeros((side, side)), np.zeros((side, side))
    for (top, left), confidence in zip(corners, found, strict=True):
        total[top : top + wide, left : left + wide] += confidence
        times[top : top + wide, left : left + wide] += 1
    base = float(whole[label])
    # where boxes are far apart, the pixels between them are never hidden: nothing changes there
    heat = np.where(times > 0, total / np.maximum(times, 1), base).astype(np.float32)
    changes = found - base
    latitude, longitude = _place(locator, label, cut)
    return Occlusion(
        photo=photo,
        heat=heat,
        whole=base,
        label=label,
        token=_token(locator, label),
        latitude=float(latitude),
        longitude=float(longitude),
        true=truth is not None,
        supports=_strongest(corners, found, changes, wide, regions, sign=-1),
        misleads=_strongest(corners, found, changes, wide, regions, sign=1),
        unknown=seen.unknown_of(0),
    )


def _likeliest(whole: NDArray[np.float64], cut: Cut | None) -> int:
    """The class that holds the most, of an area the most of what lies in it."""
    return int((whole if cut is None else whole * cut.partition.whole_shares).argmax())


def _place(locator: "Locator", label: int, cut: Cut | None) -> tuple[float, float]:
    """Where a class's photos are, in the area where there is one."""
    part, row = locator.partition, label
    if cut is not None:
        pieces = np.flatnonzero(cut.partition.parents == label)
        if len(pieces):
            part, row = cut.partition, int(pieces[cut.partition.shares[pieces].argmax()])
    return float(part.means[row, 0]), float(part.means[row, 1])


def _hidden(
    locator: "Locator",
    photo: NDArray[np.uint8],
    label: int,
    corners: list[tuple[int, int]],
    wide: int,
    batch: Callable[[], int],
) -> Generator[int, None, NDArray[np.float64]]:
    """The confidence (n,) in a class with a grey box at each of the corners (top, left), batch by batch."""
    found = np.empty(len(corners))
    first = 0
    while some := corners[first : first + batch()]:
        hidden = np.repeat(photo[None], len(some), axis=0)
        for each, (top, left) in zip(hidden, some, strict=True):
            each[top : top + wide, left : left + wide] = GREY
        found[first : first + len(some)] = _confidences(locator.see(hidden))[:, label]
        first += len(some)
        yield len(some)
    return found


def _confidences(seen: "Seen") -> NDArray[np.floating[Any]]:
    """The confidence (n, classes) in each cell: less where the photo may be from outside them all."""
    mass = np.exp(seen.log_probabilities)
    return mass if seen.unknown is None else mass * (1 - seen.unknown[:, None])


def _label(locator: "Locator", truth: tuple[float, float]) -> int:
    label = int(locator.partition.assign(np.array([truth[0]]), np.array([truth[1]]))[0])
    if label < 0:
        raise InputError(
            f"{truth[0]:.4f}, {truth[1]:.4f} lies outside every cell of the model {locator.info.name}; "
            "leave the true place out to explain the predicted cell"
        )
    return label


def _token(locator: "Locator", label: int) -> str:
    from photoplanet.earth import cells

    return str(cells.token(locator.partition.ids[label : label + 1])[0])


def _strongest(
    corners: list[tuple[int, int]],
    found: NDArray[np.float64],
    changes: NDArray[np.float64],
    wide: int,
    regions: int,
    sign: int,
) -> list[Spot]:
    """Up to `regions` boxes with the largest change of that sign, none overlapping another."""
    chosen: list[Spot] = []
    for row in np.argsort(-sign * changes, kind="stable"):
        top, left = corners[row]
        if sign * changes[row] <= 0 or len(chosen) == regions:
            break
        if all(abs(top - spot.box[1]) >= wide or abs(left - spot.box[0]) >= wide for spot in chosen):
            box = (left, top, left + wide, top + wide)
            chosen.append(Spot(box, float(found[row]), float(changes[row])))
    return chosen
