"""What the review answers with, as types: mypy checks what is built, and /openapi.json is written from them."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

Count = Annotated[int, Field(ge=0)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Kilometres = Annotated[float, Field(ge=0)]
State = Literal["known", "open", "accepted", "placed", "rejected", "skipped"]
Kind = Literal["own GPS", "track", "time", "clues", "model", "hand", "none"]


class PhotoState(TypedDict):
    """A photo as it stands; `n`: its number in time order. `anchor`: a person's word, which places others."""

    n: Count
    name: str
    time: str
    day: str
    state: State
    kind: Kind
    latitude: Latitude | None
    longitude: Longitude | None
    radius_km: Kilometres | None
    hours: Kilometres | None
    place: str
    note: str
    anchor: bool


class ReviewState(TypedDict):
    """What changed since a revision; `pending`: photos still to be placed anew; `looked_at` of `to_look_at`: read.

    `written`: files of the Write that is under way.
    """

    revision: Count
    photos: list[PhotoState]
    total: Count
    pending: Count
    looked_at: Count
    to_look_at: Count
    written: Count
    undo: str | None
    redo: str | None
    focus: Count | None
    changed: Count


class About(TypedDict):
    """What is reviewed, and how it would be written; `matches`: "ready", "", or why there are none."""

    title: str
    names: list[str]
    model: str
    toy: bool
    write: Literal["xmp", "exif"]
    anchor_km: float
    matches: str
    note: str


class NeighbourState(TypedDict):
    """A known place that speaks for a proposal; `n` null: a point of the track. `hours` negative: taken before."""

    n: Count | None
    hours: float
    share: Annotated[float, Field(ge=0, le=1)]
    km: Kilometres
    kind: Literal["own GPS", "track", "hand"]


class ClueState(TypedDict):
    """A piece of evidence that was read in the photo."""

    kind: str
    says: str
    bits: float
    struck: bool
    text: list[str]
    boxes: list[list[list[float]]]
    number: Count


class CellState(TypedDict):
    """A cell of the region: latitude and longitude of its corners, in turn, and its probability."""

    corners: list[float]
    probability: float


class Why(TypedDict):
    """Why a photo is proposed where it is; `silent`: why there is no proposal."""

    n: Count
    by: Kind
    silent: str
    path: str
    neighbours: list[NeighbourState]
    clues: list[ClueState]
    conflict: str | None
    cells: list[CellState]


class TownState(TypedDict):
    """A town, or the place of typed coordinates."""

    name: str
    where: str
    latitude: Latitude
    longitude: Longitude
    radius_km: Kilometres


class Towns(TypedDict):
    """What was found."""

    towns: list[TownState]


class MatchState(TypedDict):
    """A photo of the library that shows the same details; `n` null: it is not under review."""

    n: Count | None
    name: str
    says: str
    trusted: bool
    latitude: Latitude
    longitude: Longitude
    place: str


class MatchList(TypedDict):
    """The matches of a photo, those first that geometry proves."""

    matches: list[MatchState]


class FileNote(TypedDict):
    """A file that was left alone or written otherwise, and why."""

    name: str
    did: str
    detail: str


class Written(TypedDict):
    """What a Write or its taking back did, or would do."""

    kind: str
    dry_run: bool
    written: Count
    unchanged: Count
    own_gps: Count
    failed: Count
    left_alone: Count
    coarse: Count
    max_radius_km: Kilometres
    notes: list[FileNote]
