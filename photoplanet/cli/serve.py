"""`photoplanet serve`: the page and the HTTP API."""

import gc

import click

from photoplanet.cli.shared import commands, loading, options
from photoplanet.cli.shared.extras import hint, needs
from photoplanet.cli.shared.library import WITH_VECTORS, by_option, index_options, open_library
from photoplanet.cli.shared.output import say
from photoplanet.errors import InputError
from photoplanet.photos import pixel_limit
from photoplanet.server.limits import MEGABYTE, MOST_WORKERS, OPEN, Limits

NEEDS = ("serving", "server")
DEFAULTS = Limits()


def _default(own: object, others: object) -> str:
    """The defaults of a limit: on this machine only, and where others can reach the server."""
    return f"  [default: {own}]" if own == others else f"  [default: {own}, or {others} with --host for others]"


@commands.command(epilog=hint(*NEEDS))
@options.MODEL
@options.HOST
@click.option("--port", type=click.IntRange(0, 65535), default=8017, show_default=True, help="0: any free one.")
@options.TOKEN
@click.option("--allow-origin", "origins", multiple=True, metavar="URL", help="A web site that may call; repeatable.")
@options.HOSTS
@click.option("--photo-mb", type=click.FloatRange(0.01, 2000), help="Largest photo, MB."
              + _default(DEFAULTS.photo_bytes // MEGABYTE, OPEN.photo_bytes // MEGABYTE))  # fmt: skip
@click.option("--photos", type=click.IntRange(1, 10_000), help="Most photos per request."
              + _default(DEFAULTS.photos, OPEN.photos))  # fmt: skip
@click.option("--waiting", type=click.IntRange(1, 100_000), help="Most photos in the server; further requests get 503."
              + _default(DEFAULTS.waiting, OPEN.waiting))  # fmt: skip
@click.option("--rate", type=click.IntRange(0), help="Photos per minute from one address; 0: no limit."
              + _default(DEFAULTS.rate, OPEN.rate))  # fmt: skip
@click.option("--seconds", type=click.FloatRange(0.1, 3600), help="For a request to arrive, and to be answered."
              + _default(f"{DEFAULTS.seconds:g}", f"{OPEN.seconds:g}"))  # fmt: skip
@click.option("--library", metavar="LIB", help="A folder of geotagged photos, or a photo table, for /v1/similar.")
@by_option("How the library is searched, as in `photoplanet similar`.")
@WITH_VECTORS
@index_options
@click.option("--workers", type=click.IntRange(0, MOST_WORKERS), default=0, show_default=True,
              help="Processes that decode photos, beside the one with the model; 0: its threads do.")  # fmt: skip
@options.THREADS
@options.MAX_PIXELS
@options.DEVICE
@options.SIGNS
@options.CLOCK
def command(
    model: str | None, host: str, port: int, token: str | None, origins: tuple[str, ...], hosts: tuple[str, ...],
    photo_mb: float | None, photos: int | None, waiting: int | None, rate: int | None, seconds: float | None,
    library: str | None, by: str, vectors: str | None, index_dir: str | None, no_update: bool, workers: int,
    threads: int | None,
    device: str | None, signs: bool | None, clock: bool,
) -> None:  # fmt: skip
    """Answer on a web page and over HTTP.

    Open the address that is printed, and drop photos there. Listens on this machine only unless --host says otherwise;
    then every request needs a token. No upload is written to disk or log. /openapi.json describes the API. Ctrl-C stops
    it once what is under way is done.

    \b
    Example:
      photoplanet serve --model model/ --library ~/Photos
      curl --data-binary @IMG_1.jpg http://127.0.0.1:8017/v1/locate
    """
    from photoplanet.locate import without_model

    with needs(*NEEDS):
        import uvicorn  # noqa: F401  # what the extra brings

        from photoplanet.server import app, limits, listening, security

    if vectors and by == "local":
        raise InputError("--vectors is for --by embedding")
    photo_bytes = int(photo_mb * MEGABYTE) if photo_mb else None
    chosen = limits.choose(security.is_loopback(host), photo_bytes=photo_bytes, photos=photos, waiting=waiting,
                           rate=rate, seconds=seconds, photo_pixels=pixel_limit.current())  # fmt: skip
    token, names = listening.access(host, token, hosts)
    loaded = loading.load(model, threads, always=True, signs=signs, clock=clock, device=device)
    searched = None
    if library and by == "embedding" and isinstance(loaded.bundle, without_model.WithoutModel):
        raise InputError("--by embedding compares photos as a model sees them; choose one with --model")
    if library:
        searched = open_library(library, by=by, model=loaded if by == "embedding" else None, vectors=vectors,
                                index=index_dir, update=not no_update, threads=threads)  # fmt: skip
    application = app.create_app(loaded, chosen, token, names, origins, searched, workers)
    application.state.service.finder.warm()
    gc.freeze()  # what is loaded stays: looking through it again and again for what does not takes the network's time

    def begin(where: str) -> None:
        say(f"photoplanet answers on {where}  (Ctrl-C stops it)")
        if token:
            say(f"token: {token}")

    listening.run(application, host, port, begin, chosen.seconds, chosen.waiting)
