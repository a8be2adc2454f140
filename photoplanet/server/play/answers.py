"""What the game answers with, as types: mypy checks what is built, and /openapi.json is written from them."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

Side = Literal["person", "model"]
Winner = Literal["person", "model", "tie"]
Count = Annotated[int, Field(ge=0)]
Kilometres = Annotated[float, Field(ge=0)]
Points = Annotated[int, Field(ge=0, le=5000)]  # GeoScore
Share = Annotated[float, Field(ge=0, le=1)]
Radius = Literal["street", "city", "region", "country", "continent"]
Interval = Annotated[list[float], Field(min_length=2, max_length=2)]  # 95 %


class NamedPoint(TypedDict):
    """A point in degrees and the name of the place there."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    place: str


class ModelPoint(NamedPoint):
    """Where the model says the photo was taken, and how sure it is; `unknown` is null where it cannot tell."""

    unknown: Share | None
    confidence: Share
    radius_km: Kilometres


class PhotoAnswer(TypedDict):
    """The truth of a photo that has been guessed, and how far off both were."""

    guess: NamedPoint
    model: ModelPoint
    truth: NamedPoint
    km: dict[Side, Kilometres]
    points: dict[Side, Points]
    winner: Winner
    seconds: float | None
    photo_id: str
    credit: str


class PhotoState(TypedDict):
    """A photo of the round; `answer` is null until it is guessed."""

    key: str
    width: Count
    height: Count
    answer: PhotoAnswer | None


class Wins(TypedDict):
    """Who won how many; `p_value` of a two-sided sign test."""

    person: Count
    model: Count
    tie: Count
    p_value: Share


class SessionScore(TypedDict):
    """What has been won since the game was started."""

    rounds: Count
    rounds_won: Wins
    photos_won: Wins


class RoundState(TypedDict):
    """The round as it stands; `of`: how many rounds there are, null without an end; `current`: the photo to guess.

    `zoom`: whether photos may be enlarged, which the paper's protocol does not allow.
    """

    round: str
    number: Annotated[int, Field(ge=1)]
    of: int | None
    finished: bool
    over: bool
    unreadable: Count
    current: str | None
    photos: list[PhotoState]
    session: SessionScore
    player: str
    model: str
    world: str
    zoom: bool


class SideFigures(TypedDict):
    """The figures of one side; null without photos, and intervals also with a single round."""

    median_km: Kilometres | None
    median_km_interval: Interval | None
    geoscore: float | None
    geoscore_interval: Interval | None
    within: dict[Radius, Count]
    accuracy: dict[Radius, Share] | None
    accuracy_interval: dict[Radius, Interval] | None


class Protocol(TypedDict):
    """Whether games followed the paper's protocol, what departs from it, and its players so far of the paper's."""

    follows: bool
    departures: list[str]
    players: Count
    of: Count


class Comparison(TypedDict):
    """People and model compared over finished rounds; `table` and `note` are the same to be read."""

    rounds: Count
    photos: Count
    rounds_won: Wins
    photos_won: Wins
    person: SideFigures
    model: SideFigures
    unfinished: Count
    players: Count
    protocol: Protocol
    table: list[list[str]]
    note: str


class GameSummary(TypedDict):
    """All games against this model with this table, and this player's own."""

    model: str
    table: str
    player: str
    all: Comparison
    own: Comparison
