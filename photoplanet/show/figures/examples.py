"""Which photos a sheet of examples shows: the most confident ones, rightly and wrongly located, or of each cell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from photoplanet.earth import cells, gazetteer, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.explain.gallery import GalleryPhoto
from photoplanet.locate.precision import percent, radius
from photoplanet.locate.prediction import Prediction
from photoplanet.photos.decode import Source

MOST_EXAMPLES = 12  # of each kind
RIGHT_KM = 25.0  # a photo that is located so well is located rightly
MOST_CELLS = 8  # rows of a gallery

Answers = Iterable[tuple[Source, Prediction | InputError]]


@dataclass(frozen=True, order=True)
class Example:
    """A located photo: its cell's probability, its source, the answer's name, and how far off that is in km."""

    confidence: float
    source: Source
    place: str
    error_km: float

    @property
    def caption(self) -> str:
        """What stands above the photo.

        >>> print(Example(0.913, "a.jpg", "Paris, France", 1.8).caption)
        91 %, Paris, France
        2 km off
        """
        return f"{percent(self.confidence)}, {self.place}\n{radius(self.error_km)} off"


def right_and_wrong(
    answers: Answers,
    places: Iterable[tuple[float, float]],
    within_km: float = RIGHT_KM,
    count: int = MOST_EXAMPLES,
) -> tuple[list[Example], list[Example]]:
    """Choose the most confident photos that were located within so many km, and those that were not (Fig. 6, 7).

    `answers`: what `Locator.locate_many` yields; `places`: each photo's true latitude, longitude in degrees. A sheet
    has one photo a cell, so that it does not show the same tower over and over. InputError when no photo could be read.

    >>> import numpy as np
    >>> import photoplanet as pp
    >>> found = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> right, wrong = right_and_wrong([("black.jpg", found)], [found.point])
    >>> [example.source for example in right], wrong
    (['black.jpg'], [])
    """
    best: dict[bool, dict[int, Example]] = {True: {}, False: {}}
    for (source, found), place in zip(answers, places, strict=True):
        if isinstance(found, InputError):
            continue
        km = float(geodesy.distance_km(*found.point, *place))
        kind, label = km <= within_km, int(found.order[0])
        example = Example(float(found.probabilities[label]) * found.inside, source, found.best.name, km)
        if label not in best[kind] or example.confidence > best[kind][label].confidence:
            best[kind][label] = example
    if not best[True] and not best[False]:
        raise InputError("no photo could be read, so there are no examples to show")
    return _most_confident(best[True], count), _most_confident(best[False], count)


def _most_confident(found: Mapping[int, Example], count: int) -> list[Example]:
    return sorted(found.values(), key=lambda example: -example.confidence)[:count]


def gallery_cells(
    found: Mapping[int, list[GalleryPhoto]],
    partition: Partition,
    photos_a_cell: int,
    count: int = MOST_CELLS,
    tokens: Sequence[str] = (),
) -> dict[int, list[GalleryPhoto]]:
    """Choose the cells of a gallery: those of `tokens`, or the surest that have `photos_a_cell` photos (Fig. 8).

    `found`: what `explain.gallery` found, the surest cell first. Where no cell has that many photos, all count.
    InputError for a token that is not the token of a cell with photos, and when no photo could be read.

    >>> import photoplanet as pp
    >>> part = pp.load("toy").partition
    >>> found = {3: [GalleryPhoto(0.9, 0, "a.jpg")], 7: [GalleryPhoto(0.8, 1, "b.jpg"), GalleryPhoto(0.7, 2, "c.jpg")]}
    >>> list(gallery_cells(found, part, photos_a_cell=2))
    [7]
    """
    if tokens:
        rows = dict(zip(cells.token(partition.ids[list(found)]).tolist(), found, strict=True))
        if missing := [token for token in tokens if token not in rows]:
            raise InputError(f"no photo was assigned to cell {', '.join(missing)}")
        return {rows[token]: found[rows[token]] for token in tokens}
    if not found:
        raise InputError("no photo could be read, so there is no gallery to show")
    full = [label for label, shown in found.items() if len(shown) >= photos_a_cell] or list(found)
    return {label: found[label] for label in full[:count]}


def cell_names(partition: Partition, labels: Sequence[int]) -> list[str]:
    """Name the places where the photos of cells lie on average.

    >>> import photoplanet as pp
    >>> len(cell_names(pp.load("toy").partition, [0, 1]))
    2
    """
    means = partition.means[list(labels)]
    return [place.text("city") for place in gazetteer.name(means[:, 0], means[:, 1])]
