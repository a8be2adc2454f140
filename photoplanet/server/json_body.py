"""Small JSON bodies of requests: bounded while they arrive, and checked before anything is done."""

import asyncio
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from photoplanet.server import problems
from photoplanet.server.problems import Problem


class JsonBody(BaseModel):
    """What a body may hold: exactly the fields of its subclass, of exactly their types."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


Given = TypeVar("Given", bound=JsonBody)


async def read_json(request: Request, kind: type[Given], most: int, seconds: float) -> Given:
    """The body of a request as a `kind`: at most `most` bytes within so many `seconds`.

    Problem 408, 413, 415 or 422 for another.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "send application/json")
    body = b""

    async def arrive() -> None:
        nonlocal body
        async for part in request.stream():
            body += part
            if len(body) > most:
                raise Problem(413, f"more than {most:,} bytes")

    try:
        await asyncio.wait_for(arrive(), seconds)
        return kind.model_validate_json(body)
    except asyncio.TimeoutError:  # another class than the built-in one before Python 3.11
        raise Problem(408, f"the request did not arrive within {seconds:g} s") from None
    except ValidationError as error:
        raise problems.invalid(error) from None
