"""A prediction as GeoJSON features: the point, and the cells of the credible region as polygons."""

from typing import TYPE_CHECKING, Any

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
    found = []
    if with_point:
        best = prediction.best.to_dict(precision)
        point = {"type": "Point", "coordinates": [best.pop("longitude"), best.pop("latitude")]}
        found.append(_feature(point, {**shared, "kind": "point", **best, **facts}))
    drawn = held.classes[:MAX_OUTLINES]
    for shape, token, share in zip(
        outline.shapes(prediction.partition.ids[drawn]), held.tokens, held.probabilities.tolist(), strict=False
    ):
        about = {**shared, "kind": "cell", "cell": token, "probability": float(f"{share:.4g}")}
        found.append(_feature(shape, about if found else {**about, **facts}))
    return found


def _feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}
