"""The review over HTTP, for one person on this machine: the page, its photos, and every decision."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request

from photoplanet.errors import InputError
from photoplanet.metadata.estimate import MAX_RADIUS_KM
from photoplanet.review import views, writing
from photoplanet.review.answers import About, MatchList, ReviewState, Towns, Why, Written
from photoplanet.review.decisions import ANCHOR_KM, MOST_RADIUS_KM, MOST_TEXT
from photoplanet.review.history import Step as Taken
from photoplanet.review.matches import NOT_ASKED, Matches
from photoplanet.review.session import Session
from photoplanet.review.thumbnails import Thumbnails
from photoplanet.server import openapi, pages, problems
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.json_body import JsonBody, read_json
from photoplanet.server.metrics import Metrics, MetricsMiddleware
from photoplanet.server.problems import Problem
from photoplanet.server.security import Guard

TITLE = "photoplanet review"
ABOUT = "Proposals of where photos were taken, for a person to decide before anything is written."
MAX_BYTES = 1 << 20  # of a request: the numbers of 100,000 photos
BODY_SECONDS = 10.0
WARM_SECONDS = 2.0  # before the page is opened
FIRST_SECONDS = 2.0  # that the page has for itself before photos are read beside it
PAUSE_SECONDS = 0.2  # of the thread that places photos anew, between looks
MOST_PHOTOS = 100_000  # in one request
READ = (*openapi.OPEN, 401)
ASKED = (*READ, 404, 422)
SENT = (*READ, 408, 409, 413, 415, 422)
ROUTES = {
    "/": "review/page/review.html",
    **pages.folder("/review", "review/page"),
    **{url: path for url, path in pages.ROUTES.items() if url.startswith("/map/")},
    **{url: pages.ROUTES[url] for url in ("/page/api.js", "/page/token.js", "/page/base.css", "/page/icon.svg")},
}

Numbers = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=MOST_PHOTOS)]
Since = Annotated[int, Field(ge=-1, description="The revision that the page has; −1: none")]


class Changes(BaseModel):
    """Since when."""

    since: Since = -1


class Search(BaseModel):
    """What is looked for."""

    q: Annotated[str, Field(max_length=200, description="A town, or latitude and longitude")]


class Numbered(BaseModel):
    """Which photo."""

    n: Annotated[int, Field(ge=0)]


class Sized(Numbered):
    """Which photo, and how large."""

    size: Literal["small", "large"] = "small"


class Matched(Numbered):
    """Which match of which photo."""

    match: Annotated[int, Field(ge=0, le=100)]


class Decided(JsonBody):
    """Some photos, and what is decided of them."""

    photos: Numbers
    decision: Literal["accept", "rejected", "skipped", "open"]
    since: Since


class AcceptAll(JsonBody):
    """All open proposals of a day ("" for no time), within a radius, or both; null: whatever it is."""

    day: Annotated[str, Field(max_length=10)] | None = None
    within_km: Annotated[float, Field(gt=0, le=MOST_RADIUS_KM)] | None = None
    since: Since


class Placed(JsonBody):
    """Some photos, and where a person puts them: degrees, and the radius in km that this is good to."""

    photos: Numbers
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    radius_km: Annotated[float, Field(gt=0, le=MOST_RADIUS_KM)]
    how: Literal["map", "town", "photo", "numbers"]
    note: Annotated[str, Field(max_length=MOST_TEXT)] = ""
    since: Since


class Step(JsonBody):
    """One step back or forth."""

    since: Since


class Write(JsonBody):
    """How places are written."""

    kind: Literal["xmp", "exif"]
    dry_run: bool


class TakeBack(JsonBody):
    """Whether only to say what would be taken back."""

    dry_run: bool


class Review:
    """What the paths share: the session, photos in small, and the threads that work beside the page.

    `names`: what the person named; `kind`, `ending`, `max_radius_km`: how *Write* writes unless told otherwise.
    """

    def __init__(
        self, session: Session, names: Sequence[str], kind: Literal["xmp", "exif"] = "xmp", ending: str = "jpg.xmp",
        matches: Matches | None = None, about: tuple[str, bool, str] = ("no model", False, ""),
        max_radius_km: float = MAX_RADIUS_KM,
    ):  # fmt: skip
        self.session, self.names, self.kind, self.ending, self.matches = session, list(names), kind, ending, matches
        self.model, self.toy, self.note = about
        self.max_radius_km = max_radius_km
        self.thumbnails, self.place_names = Thumbnails(), views.Names()
        self.writing = threading.Lock()
        self.written = 0  # files of the Write that is under way
        self.stopped, self.seen = threading.Event(), threading.Event()  # `seen`: the page has its photos
        self._threads: list[threading.Thread] = []

    def warm(self) -> None:
        """Place the first photos, and read the names of places, so that the page has them at once."""
        self.session.settle(WARM_SECONDS)
        self.answer(-1)

    def start(self) -> None:
        """Begin to place photos anew, and to read what stands in them."""
        jobs: list[Callable[[], None]] = [self._settle, self._look]
        self._threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End it; decisions are on disk already."""
        self.stopped.set()
        self._threads[0].join()
        self.session.kept.close()

    def _settle(self) -> None:
        while not self.stopped.is_set():
            self.session.settle(PAUSE_SECONDS, self.stopped.is_set)
            self.session.wait(PAUSE_SECONDS)

    def _look(self) -> None:
        while not self.stopped.is_set() and not self.seen.wait(PAUSE_SECONDS):
            pass
        self.stopped.wait(FIRST_SECONDS)
        while not self.stopped.is_set() and self.session.look():
            pass
        if self.matches is not None:
            self.matches.open(stop=self.stopped.is_set)

    def wrote(self, count: int = 1, note: str = "") -> None:
        """Count files that were written; a `core.progress.Advance`."""
        self.written += count

    def answer(self, since: int, changed: int = 0, focus: int | None = None) -> ReviewState:
        """What changed since a revision."""
        return views.state(self.session, self.place_names, since, focus, changed) | {"written": self.written}


def create_app(review: Review, token: str | None = None, hosts: Sequence[str] | None = None) -> Starlette:
    """Make the application for a review. `token`, `hosts`: who may use it (`server.security.Guard`).

    >>> from photoplanet.albums import trips
    >>> from photoplanet.albums.shots import Shot
    >>> from photoplanet.review import kept, opening
    >>> shots = [Shot("a.jpg", "a.jpg", taken_at="2024-05-01T10:00:00", place=(48.86, 2.35)), Shot("b.jpg", "b.jpg")]
    >>> held = kept.Kept(getfixture("tmp_path") / "kept.jsonl")
    >>> session = opening.open_session(opening.Sources(shots, trips.split(shots)[0]), ["."], held)
    >>> [route.path for route in create_app(Review(session, ["."])).routes][:2]
    ['/v1/review/about', '/v1/review/photos']
    >>> held.close()
    """
    endpoints = [*_asked(review), *_pictures(review), *_decided(review), *_written(review)]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        review.start()
        yield
        await run_in_threadpool(review.stop)

    return Starlette(
        routes=[*(each.route() for each in endpoints), openapi.route(TITLE, ABOUT, endpoints), *pages.routes(ROUTES)],
        middleware=[
            Middleware(Guard, token=token, hosts=hosts),
            Middleware(MetricsMiddleware, metrics=Metrics()),  # nothing asks for the metrics; a fault is answered
        ],
        exception_handlers=problems.HANDLERS,
        lifespan=lifespan,
    )


def _asked(review: Review) -> list[Endpoint]:
    session = review.session

    async def about(request: Request) -> About:
        matches = NOT_ASKED if review.matches is None else review.matches.state
        return {
            "title": views.title(review.names), "names": views.texts(review.names), "model": review.model,
            "toy": review.toy, "write": review.kind, "anchor_km": ANCHOR_KM, "matches": matches,
            "note": review.note,
        }  # fmt: skip

    async def photos(request: Request, query: Changes) -> ReviewState:
        found = await run_in_threadpool(review.answer, query.since)
        review.seen.set()
        return found

    async def reasons(request: Request, query: Numbered) -> Why:
        return await run_in_threadpool(views.reasons, session, _there(session, query.n))

    async def towns(request: Request, query: Search) -> Towns:
        return {"towns": await run_in_threadpool(views.towns, query.q)}

    async def matches(request: Request, query: Numbered) -> MatchList:
        if review.matches is None:
            raise Problem(404, NOT_ASKED)
        found = await run_in_threadpool(review.matches.of, session.photos[_there(session, query.n)].source)
        return {"matches": await run_in_threadpool(views.matches, session, found)}

    return [
        Endpoint("GET", "/v1/review/about", about, "What is reviewed", refusals=READ),
        Endpoint("GET", "/v1/review/photos", photos, "All photos, or those that changed", refusals=(*READ, 422)),
        Endpoint("GET", "/v1/review/why", reasons, "Why a photo is proposed where it is", refusals=ASKED),
        Endpoint("GET", "/v1/review/towns", towns, "Towns by the beginning of their names", refusals=(*READ, 422)),
        Endpoint("GET", "/v1/review/matches", matches, "Photos that show the same details", refusals=ASKED),
    ]


def _pictures(review: Review) -> list[Endpoint]:
    session = review.session

    async def thumbnail(request: Request, query: Sized) -> bytes:
        photo = session.photos[_there(session, query.n)]
        try:
            return await run_in_threadpool(review.thumbnails.get, photo.source, query.size)
        except InputError:
            raise Problem(404, f"{photo.name}: cannot be read, or is gone") from None

    async def pair(request: Request, query: Matched) -> bytes:
        if review.matches is None:
            raise Problem(404, NOT_ASKED)
        photo = session.photos[_there(session, query.n)]
        try:
            return await run_in_threadpool(review.matches.picture, photo.source, query.match)
        except InputError as error:
            raise Problem(404, str(error)) from None

    return [
        Endpoint("GET", "/v1/review/thumbnail", thumbnail, "A photo, small: pixels only", refusals=ASKED,
                 media_type="image/jpeg"),
        Endpoint("GET", "/v1/review/match", pair, "A photo beside its match, with lines between what agrees",
                 refusals=ASKED, media_type="image/jpeg"),
    ]  # fmt: skip


def _decided(review: Review) -> list[Endpoint]:
    session = review.session

    async def decide(request: Request) -> ReviewState:
        given = await read_json(request, Decided, MAX_BYTES, BODY_SECONDS)
        numbers = [_there(session, number) for number in given.photos]
        accepts = given.decision == "accept"
        work = (lambda: session.accept(numbers)) if accepts else lambda: session.put_aside(numbers, given.decision)
        return await _done(review, work, given.since)

    async def accept_all(request: Request) -> ReviewState:
        given = await read_json(request, AcceptAll, MAX_BYTES, BODY_SECONDS)
        if given.day is None and given.within_km is None:
            raise Problem(422, "give day, within_km or both")
        return await _done(review, lambda: session.accept_all(given.day, given.within_km), given.since)

    async def place(request: Request) -> ReviewState:
        given = await read_json(request, Placed, MAX_BYTES, BODY_SECONDS)
        numbers = [_there(session, number) for number in given.photos]
        point = given.latitude, given.longitude
        return await _done(
            review, lambda: session.place(numbers, point, given.radius_km, given.how, given.note), given.since
        )

    async def undo(request: Request) -> ReviewState:
        return await _stepped(review, session.undo, (await read_json(request, Step, MAX_BYTES, BODY_SECONDS)).since)

    async def redo(request: Request) -> ReviewState:
        return await _stepped(review, session.redo, (await read_json(request, Step, MAX_BYTES, BODY_SECONDS)).since)

    paths = (
        ("/v1/review/decide", decide, Decided, "Accept, reject, skip or reopen photos"),
        ("/v1/review/accept-all", accept_all, AcceptAll, "Accept a day, or all within a radius"),
        ("/v1/review/place", place, Placed, "Put photos somewhere"),
        ("/v1/review/undo", undo, Step, "Take back the last step"),
        ("/v1/review/redo", redo, Step, "Do it again"),
    )
    return [
        Endpoint("POST", path, work, words, body=openapi.json_body(kind), refusals=(*SENT, 404))
        for path, work, kind, words in paths
    ]


def _written(review: Review) -> list[Endpoint]:
    session = review.session

    async def write(request: Request) -> Written:
        given = await read_json(request, Write, MAX_BYTES, BODY_SECONDS)

        def work() -> Written:
            summary = writing.write(session.chosen(), given.kind, review.ending, given.dry_run, review.max_radius_km)
            return views.written(summary, given.kind, given.dry_run, review.max_radius_km)

        return await _alone(review, work)

    async def take_back(request: Request) -> Written:
        given = await read_json(request, TakeBack, MAX_BYTES, BODY_SECONDS)
        folders = [photo.source for photo in session.photos]
        return await _alone(
            review, lambda: views.written(writing.take_back(folders, given.dry_run), "undo", given.dry_run)
        )

    return [
        Endpoint("POST", "/v1/review/write", write, "Write what is decided, or say what would be written",
                 body=openapi.json_body(Write), refusals=SENT),
        Endpoint("POST", "/v1/review/take-back", take_back, "Take back all that was written in these folders",
                 body=openapi.json_body(TakeBack), refusals=SENT),
    ]  # fmt: skip


def _there(session: Session, number: int) -> int:
    if number >= len(session.photos):
        raise Problem(404, f"there is no photo {number}; there are {len(session.photos):,}, from 0")
    return number


async def _done(review: Review, work: Callable[[], int], since: int) -> ReviewState:
    def both() -> ReviewState:
        changed = work()
        return review.answer(since, changed)

    return await run_in_threadpool(both)


async def _stepped(review: Review, take: Callable[[], Taken | None], since: int) -> ReviewState:
    def both() -> ReviewState:
        step = take()
        numbers = review.session.numbers_of(step) if step else []
        return review.answer(since, len(numbers), numbers[0] if numbers else None)

    return await run_in_threadpool(both)


async def _alone(review: Review, work: Callable[[], Written]) -> Written:
    """Only one Write at a time; 409 for another, from a second tab."""
    if not review.writing.acquire(blocking=False):
        raise Problem(409, "files are being written; wait until that is done")
    try:
        review.written = 0
        return await asyncio.shield(run_in_threadpool(work))
    finally:
        review.written = 0
        review.writing.release()
