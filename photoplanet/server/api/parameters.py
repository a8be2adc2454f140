"""Query parameters that several paths take, each with its bounds, its default and its description."""

from typing import Annotated

from pydantic import BaseModel, Field

from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.precision import CHOICES, DEFAULT_PRECISION
from photoplanet.server.api.evidence import EvidenceQuery


def one_of(*names: str) -> str:
    """A regular expression for one of these names.

    >>> one_of("city", "street")
    '^(city|street)$'
    """
    return f"^({'|'.join(names)})$"


MAX_AREA, MOST_AREAS = 4000, 20  # characters of an area, and areas; the address of a request is bounded, too

Top = Annotated[int, Field(ge=1, le=100, description="Cells to list per photo")]
Precision = Annotated[str, Field(pattern=one_of(*CHOICES), description="What coordinates are rounded to")]


class PhotoQuery(BaseModel):
    """For all paths that take photos; `server.uploads` reads `name`."""

    name: Annotated[str, Field(description="What a photo sent as the body is called in the answer")] = ""


AreaText = Annotated[str, Field(min_length=1, max_length=MAX_AREA)]
Areas = Annotated[list[AreaText], Field(max_length=MOST_AREAS)]
FORMS = (
    "a country (DE, Germany), continent or state (Texas, US/Georgia), a circle 'lat,lng,km', a box "
    "'south,west,north,east', or GeoJSON with polygons; repeatable"
)


class AreaQuery(PhotoQuery):
    """What is known of where the photos were taken."""

    within: Annotated[Areas, Field(description=f"The photos are from here: {FORMS}")] = []
    not_within: Annotated[Areas, Field(description="The photos are not from here; as `within`")] = []


class EstimateQuery(EvidenceQuery, AreaQuery):
    """How estimates are reported."""

    top: Top = 5
    region: Annotated[float, Field(gt=0, le=1, description="Probability that the credible region holds")] = REGION_SHARE
    precision: Precision = DEFAULT_PRECISION
    answer_always: Annotated[bool, Field(description="Give a place even where the evidence is weak")] = False
    geojson: Annotated[bool, Field(description="Add the point and the cells of the region as GeoJSON")] = False
    regions: Annotated[bool, Field(description="Add the credible region at each share from 50 to 99 %")] = False

    def options(self) -> AnswerOptions:
        """The same for the library."""
        return AnswerOptions(self.top, self.region, self.precision, self.answer_always)
