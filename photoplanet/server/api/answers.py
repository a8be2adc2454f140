"""What the paths answer with, as types: mypy checks what is built, and /openapi.json is written from them."""

from typing import Annotated, Any, Literal, cast

from pydantic import Field
from typing_extensions import NotRequired, TypedDict, final

from photoplanet.locate import answers, geojson
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.locator import Locator
from photoplanet.locate.own_place import OwnPlace
from photoplanet.locate.prediction import Prediction
from photoplanet.server.api.evidence import EvidenceAnswer, Share

World = Literal["toy", "real"]
Count = Annotated[int, Field(ge=0)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Scale = Literal["street", "city", "region", "country", "continent"]


class PlaceAnswer(TypedDict):
    """A place on Earth, how likely it is, and the radius within which the photo probably was taken."""

    latitude: Latitude
    longitude: Longitude
    confidence: Share
    radius_km: float
    cell: str
    place: str
    level: Scale
    country_code: str


class RegionAnswer(TypedDict):
    """The smallest set of cells that holds the share of the probability that was asked for."""

    probability: Share
    radius_km: float
    area_km2: float
    cells: Count


class RegionAtShare(RegionAnswer):
    """The credible region for one share."""

    share: Share


class FeatureCollection(TypedDict):
    """GeoJSON (RFC 7946): the point, unless the answer abstains, and the cells of the credible region."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]


class WithinAnswer(TypedDict):
    """The area that an answer is cut to, and how much of the distribution lay inside before.

    `inside_any`: the same for a photo that shows nothing; `doubt`: so little lay inside that the area or the model is
    wrong; `known_place_outside`: the photo's own known place is elsewhere, so that nothing was cut.
    """

    area: str
    inside_before: Share
    inside_any: Share
    doubt: bool
    known_place_outside: bool


class OwnGpsAnswer(TypedDict):
    """The place that the photo's own file states, which may be wrong, and how far the estimate is from it."""

    latitude: Latitude
    longitude: Longitude
    place: str
    source: str
    distance_km: Annotated[float, Field(ge=0)] | None


class EstimateAnswer(EvidenceAnswer):
    """Where one photo was taken; `best` is null where the evidence is too weak.

    `unknown`: how likely it is from outside all that the model knows (null: the model cannot tell); all confidences and
    radii count it. `gain_bits`: how much the answer says over the model's prior.
    """

    unknown: Share | None
    best: PlaceAnswer | None
    confidence: dict[Scale, Share]
    abstains: bool
    gain_bits: Annotated[float, Field(ge=0)]
    region: RegionAnswer
    top: list[PlaceAnswer]
    readout: str
    model: str
    world: World
    geojson: NotRequired[FeatureCollection]
    regions: NotRequired[list[RegionAtShare]]
    within: NotRequired[WithinAnswer]


@final
class LocatedPhoto(EstimateAnswer):
    """One photo's answer; `own_gps`: the place that its file states, which the answer does not use."""

    file: str
    own_gps: NotRequired[OwnGpsAnswer]


@final
class UnreadablePhoto(TypedDict):
    """A photo that could not be read, and why."""

    file: str
    error: str


class ModelName(TypedDict):
    """Which model answers, and whether it knows the Earth or the made-up one."""

    model: str
    world: World


def model_name(locator: Locator) -> ModelName:
    """What each answer says of the model."""
    return {"model": locator.info.name, "world": "toy" if locator.info.is_toy else "real"}


def located(
    name: str, prediction: Prediction, options: AnswerOptions, shapes: bool = False, regions: bool = False,
    own: OwnPlace | None = None,
) -> LocatedPhoto:  # fmt: skip
    """One photo's answer, as `photoplanet locate --json` gives it; `shapes`: with GeoJSON, `regions`: at each share."""
    return cast(
        LocatedPhoto,
        answers.record(name, prediction, options, own) | extras(name, prediction, options, shapes, regions),
    )


def extras(name: str, prediction: Prediction, options: AnswerOptions, shapes: bool, regions: bool) -> dict[str, Any]:
    """What is added to a photo's answer where it is asked for: `geojson`, and `regions`."""
    found: dict[str, Any] = {"regions": prediction.regions()} if regions else {}
    if shapes:
        pointed = options.answer_always or not prediction.abstains
        features = geojson.features(prediction, name, options.region, options.precision, pointed)
        found["geojson"] = {"type": "FeatureCollection", "features": features}
    return found


# Examples for /openapi.json.
PARIS: PlaceAnswer = {
    "latitude": 48.9, "longitude": 2.3, "confidence": 0.81, "radius_km": 25.0, "cell": "47e67", "level": "city",
    "place": "Paris, Île-de-France, France", "country_code": "FR",
}  # fmt: skip
OWN_GPS: OwnGpsAnswer = {
    "latitude": 48.8584, "longitude": 2.2945, "place": "Paris, Île-de-France, France", "source": "EXIF",
    "distance_km": 6.1,
}  # fmt: skip
ESTIMATE: EstimateAnswer = {
    "unknown": 0.03, "best": PARIS, "abstains": False, "gain_bits": 6.2, "top": [PARIS], "readout": "expected",
    "model": "toy", "world": "toy",
    "confidence": {"street": 0.05, "city": 0.81, "region": 0.9, "country": 0.97, "continent": 0.99},
    "region": {"probability": 0.9, "radius_km": 180.0, "area_km2": 90000.0, "cells": 14},
}  # fmt: skip
