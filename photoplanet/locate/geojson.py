"""A prediction as GeoJSON features: the point, and the cells of the credible region as polygons."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.place import short
from photoplanet.locate.precision import DEFAULT_PRECISION

if TYPE_CHECKING:
    from photoplanet.locate.prediction import Prediction

MAX_OUTLINES = 200  # cells of a region that GeoJSON draws; a shapeless region would be megabytes a photo


def features(
    prediction: "Prediction",
    name: str = "",
    region: float = REGION_SHARE,
    precision: str = DEFAULT_PRECISION,
    with_point: bool = True,
) -> list[dict[str, Any]]:
    """Features for one photo: `kind` is "point" (left out without `with_point`) or "cell", most probable first.

    At most `MAX_OUTLINES` cells are drawn; the property `cells_left_out` of the first feature counts the others, and
    where there is evidence, `why` lists it in a line and `conflict` says what contradicts what.

    >>> import numpy as np, photoplanet as pp
    >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> found = features(where, "black.png")
    >>> found[0]["geometry"]["type"], found[1]["geometry"]["type"]
    ('Point', 'Polygon')
    """
    from photoplanet.earth import outline

    drawn = _drawn(prediction, name, region, precision, with_point, outline.shapes)
    return [{"type": "Feature", "properties": about, "geometry": geometry} for about, geometry in drawn]


def lines(
    prediction: "Prediction",
    name: str = "",
    region: float = REGION_SHARE,
    precision: str = DEFAULT_PRECISION,
    with_point: bool = True,
    more: Mapping[str, Any] | None = None,
) -> list[str]:
    """What `features` gives, each as JSON in a line, five times as fast: the outline of a cell is written once.

    `more`: properties that every feature has beside its own.

    >>> import numpy as np, photoplanet as pp
    >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> [json.loads(line) for line in lines(where, "black.png")] == features(where, "black.png")
    True
    """
    from photoplanet.earth import outline

    written = []
    for about, shape in _drawn(prediction, name, region, precision, with_point, outline.texts):
        geometry = shape if isinstance(shape, str) else text(shape)
        written.append(
            f'{{"type": "Feature", "properties": {text({**about, **(more or {})})}, "geometry": {geometry}}}'
        )
    return written


def text(value: dict[str, Any]) -> str:
    """Return JSON in a line, as files of GeoJSON hold it.

    >>> text({"photo": "Zürich.jpg", "cells_left_out": 0})
    '{"photo": "Zürich.jpg", "cells_left_out": 0}'
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _drawn(
    prediction: "Prediction", name: str, region: float, precision: str, with_point: bool,
    shapes: Callable[[NDArray[np.uint64]], Iterable[Any]],
) -> list[tuple[dict[str, Any], Any]]:  # fmt: skip
    """(properties, geometry) of each feature; `shapes` makes the geometries of cells."""
    from photoplanet.earth import cells
    from photoplanet.locate import why

    held = prediction.credible_region(region)
    shared = {"photo": name, "model": prediction.model, "world": "toy" if prediction.toy else "real"}
    shared |= {"licence": prediction.licence} if prediction.licence else {}
    facts: dict[str, Any] = {
        "unknown": None if prediction.unknown is None else short(prediction.unknown),
        "abstains": prediction.abstains,
        "gain_bits": short(prediction.gain),
        **({} if prediction.within is None else {"within": prediction.within.to_dict()}),
        "region_probability": region,
        "region_radius_km": float(f"{held.radius_km:.4g}"),
        "cells_left_out": max(0, len(held) - MAX_OUTLINES),
    }
    if prediction.evidence is not None:
        evidence = why.record(prediction.evidence)
        facts |= {"why": why.brief(evidence), "conflict": evidence["conflict"]}
    found: list[tuple[dict[str, Any], Any]] = []
    if with_point:
        best = prediction.best.to_dict(precision)
        point = {"type": "Point", "coordinates": [best.pop("longitude"), best.pop("latitude")]}
        found.append(({**shared, "kind": "point", **best, **facts}, point))
    drawn = held.classes[:MAX_OUTLINES]
    ids, shares = prediction.partition.ids[drawn], held.probabilities[: len(drawn)]
    for shape, token, share in zip(shapes(ids), cells.token(ids).tolist(), shares.tolist(), strict=True):
        about = {**shared, "kind": "cell", "cell": token, "probability": float(f"{share:.4g}")}
        found.append((about if found else {**about, **facts}, shape))
    return found
