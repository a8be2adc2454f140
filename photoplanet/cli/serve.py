"""`photoplanet serve`: the HTTP API."""

from dataclasses import replace

import click

from photoplanet.cli import library as shared
from photoplanet.cli.similar import VECTORS, WAYS
from photoplanet.errors import InputError, MissingExtra
from photoplanet.server import listening


@click.command()
@click.option("--model", help="An installed name or a folder.  [default: your default model]")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; others can reach any other."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8017, show_default=True, help="0: any free one.")
@click.option("--token", help="What clients must send; needed, and made up, where others can reach the server.")
@click.option("--allow-origin", "origins", multiple=True, metavar="URL", help="A web site that may call; repeatable.")
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="A name this server goes by; repeatable.")
@click.option("--photo-mb", type=click.FloatRange(0.01, 2000), help="Largest photo, MB.")
@click.option("--photos", type=click.IntRange(1, 10_000), help="Most photos in a request.")
@click.option("--waiting", type=click.IntRange(1, 100_000), help="Most photos inside at a time; more are told to wait.")
@click.option("--rate", type=click.IntRange(0), help="Photos a minute from one address; 0: no limit.")
@click.option("--seconds", type=click.FloatRange(0.1, 3600), help="Time for a request to arrive, and to be answered.")
@click.option("--library", metavar="LIB", help="A folder of geotagged photos, or a photo table, for /v1/similar.")
@click.option("--by", type=click.Choice(WAYS), default="local", show_default=True,
              help="How the library is searched, as in `photoplanet similar`.")  # fmt: skip
@click.option("--vectors", type=click.Choice(VECTORS), help="For --by embedding: how they are kept.  [default: int8]")
@click.option("--index", "index_dir", type=click.Path(file_okay=False), metavar="DIR",
              help="Folder of the library's index.  [default: NAME.index beside the library]")  # fmt: skip
@click.option("--no-update", is_flag=True, help="Use the index as it is; look for no new or changed photos.")
@click.option("--threads", type=click.IntRange(1, 1024), help="Cores to use.  [default: all]")
def command(model, host, port, token, origins, hosts, photo_mb, photos, waiting, rate, seconds, library, by, vectors,
            index_dir, no_update, threads):  # fmt: skip
    """Answer on a web page and over HTTP. Needs: pip install 'photoplanet[server]'

    Open the address that is printed, and drop photos there. Listens on this machine only unless --host says otherwise;
    then every request needs a token. No upload is written to disk or log. /openapi.json describes the API. Ctrl-C stops
    it when what is under way is done.

    \b
    Example:
      photoplanet serve --model model/ --library ~/Photos
      curl --data-binary @IMG_1.jpg http://127.0.0.1:8017/v1/locate
    """
    try:
        import uvicorn  # noqa: F401  # what the extra brings

        from photoplanet.server import app as api
        from photoplanet.server import limits, security
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("photoplanet"):
            raise
        raise MissingExtra("serving", "server") from error
    from photoplanet.locate import locator

    if vectors and by == "local":
        raise InputError("--vectors is for --by embedding")
    private = security.is_loopback(host)
    base = limits.Limits() if private else limits.OPEN
    given = {"photos": photos, "waiting": waiting, "rate": rate, "seconds": seconds,
             "photo_bytes": int(photo_mb * limits.MEGABYTE) if photo_mb else None}  # fmt: skip
    chosen = replace(base, **{key: value for key, value in given.items() if value is not None})
    chosen = replace(chosen, request_bytes=max(chosen.request_bytes, chosen.photo_bytes))
    token, names = listening.access(host, token, hosts)
    loaded = locator.load(model, threads)
    searched = None
    if library:
        searched = shared.opened(library, by=by, model=loaded if by == "embedding" else None, vectors=vectors,
                                 index=index_dir, update=not no_update, threads=threads)  # fmt: skip
    application = api.create_app(loaded, chosen, token, names, origins, searched)

    def begin(where):
        click.echo(f"photoplanet answers on {where}  (Ctrl-C stops it)", err=True)
        if token:
            click.echo(f"token: {token}", err=True)

    listening.run(
        application, host, port, begin,
        timeout_graceful_shutdown=int(chosen.seconds) + 1, limit_concurrency=4 * chosen.waiting + 100,
    )  # fmt: skip
