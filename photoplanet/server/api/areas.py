"""GET /v1/areas: the countries that `within` and `not_within` take; and reading these for the other paths."""

from functools import cache
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from typing_extensions import TypedDict

from photoplanet.earth import gazetteer
from photoplanet.earth.areas import parse
from photoplanet.earth.areas.area import Area
from photoplanet.errors import InputError
from photoplanet.locate.within import Cut
from photoplanet.server import openapi
from photoplanet.server.api.parameters import AreaQuery
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.problems import Problem
from photoplanet.server.service import Service


class CountryAnswer(TypedDict):
    """A country: its code (ISO 3166, two letters), which `within` takes, and its name."""

    code: Annotated[str, Field(min_length=2, max_length=2)]
    name: str


class AreasAnswer(TypedDict):
    """All countries by name."""

    countries: list[CountryAnswer]


EXAMPLE: AreasAnswer = {"countries": [{"code": "AT", "name": "Austria"}]}


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint."""

    async def areas(request: Request) -> AreasAnswer:
        """Countries by name; `within` takes other areas, too: see there."""
        return _countries()

    return Endpoint(
        "GET", "/v1/areas", areas, "Countries that photos can be said to be from",
        refusals=openapi.READ, example=EXAMPLE,
    )  # fmt: skip


@cache
def _countries() -> AreasAnswer:
    data = gazetteer.read()
    pairs = sorted(zip(data.country_names, data.country_codes, strict=True))
    return {"countries": [{"code": code, "name": name} for name, code in pairs]}


async def area_of(service: Service, query: AreaQuery) -> Area | None:
    """The area that a request gives, None for none; Problem 422 for what cannot be read. No file is ever opened."""
    if not (query.within or query.not_within):
        return None
    try:
        return await service.aside("areas", lambda: parse.areas(query.within, query.not_within, files=False))
    except InputError as error:
        raise Problem(422, f"within, not_within: {error}") from None


async def cut_of(service: Service, query: AreaQuery) -> Cut | None:
    """What cuts predictions to the area that a request gives; Problem 422 also where the model has no cells there."""
    area = await area_of(service, query)
    if area is None:
        return None
    try:
        return await service.aside("areas", lambda: service.locator.cut(area))
    except InputError as error:
        raise Problem(422, f"within, not_within: {error}") from None
