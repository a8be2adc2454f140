"""Evidence in requests and answers: what stands in photos, what it speaks for, and what a person strikes out."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from typing_extensions import NotRequired, TypedDict

from photoplanet.server import openapi, problems, uploads
from photoplanet.server.batching import Batcher
from photoplanet.server.endpoint import JSON
from photoplanet.server.finder import Text
from photoplanet.server.problems import Problem
from photoplanet.server.uploads import Fields
from photoplanet.signs.line import Reading

READINGS = "readings"  # the form field
READINGS_BYTES = 4_000_000
MAX_LINES, MAX_TEXT = 200, 2000  # of a photo; characters of a line
MAX_CHARACTERS = 40_000  # of all lines of a photo that are sent: looking for clues takes time
_PIECE = r"(\d{1,4}:)?\d{1,4}"
STRIKE = f"^({_PIECE}(,{_PIECE})*)?$"

Share = Annotated[float, Field(ge=0, le=1)]
Corner = Annotated[list[Annotated[float, Field(ge=-1, le=2)]], Field(min_length=2, max_length=2)]
Box = Annotated[list[Corner], Field(min_length=4, max_length=4)]


class EvidenceQuery(BaseModel):
    """What counts as evidence beside the network, and what of it is struck out."""

    signs: Annotated[bool, Field(description="Read the text in photos, where this server does")] = True
    clock: Annotated[bool, Field(description="Count the camera's clock, where this server does")] = True
    strike: Annotated[
        str,
        Field(pattern=STRIKE, max_length=1000,
              description="Pieces of evidence that say nothing of the place: numbers of `clues`, separated by commas; "
                          "of the second photo sent 1:0, 1:2"),
    ] = ""  # fmt: skip
    reading: Annotated[bool, Field(description="Add all that was read, which may be sent back in `readings`")] = False

    def struck(self, photo: int) -> set[int]:
        """The numbers that are struck out of a photo's evidence; `photo`: which of those sent it is.

        >>> EvidenceQuery(strike="3,0:4,1:5").struck(0)
        {3, 4}
        """
        pieces = [piece.rpartition(":") for piece in self.strike.split(",") if piece]
        return {int(number) for index, _, number in pieces if int(index or 0) == photo}


class LineAnswer(TypedDict):
    """A line of text; `box`: its corners as shares of the upright photo, clockwise from the upper left of the text.

    `role`: what stands in the scene, what the camera stamped, or a mark that somebody laid over the photo.
    """

    text: Annotated[str, Field(max_length=MAX_TEXT)]
    score: Share
    box: Box
    role: Literal["sign", "stamp", "watermark"]


class ReadingAnswer(TypedDict):
    """All that was read in a photo of so many pixels; `cut`: it stopped at a bound of time or lines."""

    width: Annotated[int, Field(ge=0)]
    height: Annotated[int, Field(ge=0)]
    cut: bool
    lines: Annotated[list[LineAnswer], Field(max_length=MAX_LINES)]


class ClueAnswer(TypedDict):
    """A piece of evidence; `bits`: how much it speaks for the answer; `text`, `boxes`: the lines that it rests on."""

    number: Annotated[int, Field(ge=0)]
    kind: str
    says: str
    bits: float
    struck: bool
    text: list[str]
    boxes: list[Box]


class CountryShare(TypedDict):
    """A country (ISO 3166 code and English name) and its probability."""

    code: str
    name: str
    probability: Share


class EvidenceAnswer(TypedDict):
    """What an answer rests on beside the network, where the server looks for that: `clues`, the weightiest first.

    `countries`: the likeliest, where a clue counts; `conflict`: how clues and network contradict each other; `unread`:
    why the text of this photo was not read.
    """

    clues: NotRequired[list[ClueAnswer]]
    countries: NotRequired[list[CountryShare]]
    conflict: NotRequired[str | None]
    reading: NotRequired[ReadingAnswer]
    unread: NotRequired[str]


_READINGS: TypeAdapter[list[ReadingAnswer | None]] = TypeAdapter(list[ReadingAnswer | None])


def about(text: Text, query: EvidenceQuery) -> dict[str, Any]:
    """What an answer says of a photo's text."""
    found: dict[str, Any] = {} if text.unread is None else {"unread": text.unread}
    if query.reading and text.reading is not None:
        found["reading"] = text.reading.to_dict()
    return found


def fields() -> Fields:
    """The form's fields that are wanted."""
    return {READINGS: uploads.Field(READINGS_BYTES)}


def form() -> dict[str, Any]:
    """The schemas of those fields."""
    schema = {
        key: value for key, value in _READINGS.json_schema(ref_template=openapi.REFERENCE).items() if key != "$defs"
    }
    return {READINGS: {
        "type": "string", "contentMediaType": JSON, "contentSchema": schema,
        "description": "What was read in each photo sent, null for one that is to be read",
    }}  # fmt: skip


async def given(batcher: Batcher, wanted: Fields, photos: int) -> Sequence[Reading | None]:
    """The readings that came with so many photos, None for those that are to be read; Problem 422."""
    content = wanted[READINGS].content
    return [None] * photos if content is None else await batcher.decode(readings, content, photos)


def readings(content: bytes, photos: int) -> Sequence[Reading | None]:
    """What a form's field says of so many photos, None for those that are to be read; Problem 422.

    >>> readings(b'[null, {"width": 640, "height": 480, "cut": false, "lines": []}]', 2)
    [None, Reading(lines=(), width=640, height=480, cut=False)]
    """
    try:
        found = _READINGS.validate_json(content)
    except ValidationError as error:
        raise problems.invalid(error, READINGS) from None
    if len(found) != photos:
        raise Problem(422, f"{READINGS}: must have one for each photo, or null: {photos}, not {len(found)}")
    for number, each in enumerate(found):
        if each is not None and sum(len(line["text"]) for line in each["lines"]) > MAX_CHARACTERS:
            raise Problem(422, f"{READINGS}.{number}: more than {MAX_CHARACTERS:,} characters")
    return [None if each is None else Reading.from_dict(each) for each in found]


EXAMPLE: EvidenceAnswer = {
    "clues": [{
        "number": 0, "kind": "language", "says": "French", "bits": 4.1, "struck": False, "text": ["Rue de la Gare"],
        "boxes": [[[0.31, 0.42], [0.48, 0.41], [0.48, 0.45], [0.31, 0.46]]],
    }],
    "countries": [{"code": "FR", "name": "France", "probability": 0.94}],
    "conflict": None,
}  # fmt: skip
