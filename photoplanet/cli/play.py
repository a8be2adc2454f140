"""`photoplanet play`: people against the model on a map, and the paper's comparison of the two."""

import os
import secrets
import sys
import webbrowser
from functools import partial
from pathlib import Path

import click

from photoplanet.cli.common import print_json
from photoplanet.errors import InputError, MissingExtra, printable
from photoplanet.locate.point_estimates import DEFAULT_READOUT, READOUTS
from photoplanet.server import listening

RESULTS = "games.jsonl"  # in the user's photoplanet folder
MOST_NAME = 100


@click.command()
@click.argument("photos", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--model", help="An installed name or a folder.  [default: your default model]")
@click.option("--rounds", type=click.IntRange(1), help="Rounds of five photos to play.  [default: until you stop]")
@click.option(
    "--seed", type=click.IntRange(0), help="The same seed shows everybody the same photos.  [default: random]"
)
@click.option("--player", default="", metavar="NAME", help="Whose guesses they are; photos you have seen come last.")
@click.option("--readout", type=click.Choice(list(READOUTS)), default=DEFAULT_READOUT, show_default=True,
              help="How the model makes one point of its distribution; the paper's is center.")  # fmt: skip
@click.option("--results", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where guesses are kept.  [default: games.jsonl in your photoplanet folder]")  # fmt: skip
@click.option("--summary", is_flag=True, help="Play nothing: print how people and model compare so far.")
@click.option("--json", "as_json", is_flag=True, help="With --summary: print JSON.")
@click.option("--open/--no-open", "browse", default=True, help="Open the page in the browser.  [default: open]")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; others can reach any other."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8018, show_default=True, help="0: any free one.")
@click.option("--token", help="What the page must send; needed, and made up, where others can reach the server.")
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="A name this server goes by; repeatable.")
@click.option("--threads", type=click.IntRange(1, 1024), help="Cores to use.  [default: all]")
def command(photos, model, rounds, seed, player, readout, results, summary, as_json, browse, host, port, token, hosts,
            threads):  # fmt: skip
    """Guess where PHOTOS, a photo table, were taken, against the model. Needs: pip install 'photoplanet[server]'

    Serves a page to this machine only: five photos a round, a click on the map for each, then both guesses, the truth
    and the distances. Nothing leaves this machine; the page gets pixels only, no names and no GPS. --summary prints the
    paper's comparison: rounds won, median errors, photos within each radius.

    \b
    Example:
      photoplanet toyworld -o toy-photos --photos 500 --seed 7
      photoplanet play toy-photos/photos.parquet --model toy
      photoplanet play --summary
    """
    from photoplanet.evaluation.game import game_log
    from photoplanet.models import installed

    kept = results or installed.home() / RESULTS
    before, damaged = game_log.read(kept)
    if damaged["count"]:
        lines = ", ".join(map(str, damaged["lines"])) + (", …" if damaged["count"] > len(damaged["lines"]) else "")
        click.echo(f"{kept}: {many(damaged['count'], 'damaged line')} passed over (line {lines})", err=True)
    if summary:
        chosen = [g for g in before if (not player or g.player == player) and model in (None, g.model)]
        _summarise(kept, chosen, damaged, as_json)
        return
    if as_json:
        raise InputError("--json goes with --summary")
    if photos is None:
        raise InputError("which photos? Give a photo table (photoplanet index makes one), or --summary for the results")
    if len(player) > MOST_NAME or not (player.isprintable() or not player):
        raise InputError(f"--player: at most {MOST_NAME} printable characters")
    try:
        import uvicorn  # noqa: F401  # what the extra brings

        token, names = listening.access(host, token, hosts)
    except ModuleNotFoundError as error:
        raise MissingExtra("playing", "server") from error
    seed = secrets.randbits(32) if seed is None else seed
    _serve(_game(photos, model, rounds, seed, player, readout, kept, before, threads), host, port, token, names, browse)


def _game(photos, model, most, seed, player, readout, kept, before, threads):
    """The game, its first round already in the making."""
    import pyarrow.compute as pc

    from photoplanet.evaluation.game import game_log
    from photoplanet.evaluation.game.sampler import Deck
    from photoplanet.locate import locator
    from photoplanet.photos import table
    from photoplanet.server.play.game import Game
    from photoplanet.server.play.rounds import Rounds

    columns = ("photo_id", "path", "latitude", "longitude", "album", "photographer", "licence")
    listed, dropped = table.read(photos, columns=columns)
    if dropped:
        click.echo(f"{photos}: {table.describe(dropped)}", err=True)
    short = pc.less_equal(pc.utf8_length(listed["photo_id"]), game_log.MOST_TEXT)
    if gone := len(listed) - (pc.sum(short).as_py() or 0):
        click.echo(
            f"{photos}: {many(gone, 'photo id')} longer than {game_log.MOST_TEXT:,} characters left out", err=True
        )
    listed = listed.filter(short)
    loaded = locator.load(model, threads)
    name = printable(f"{photos.resolve().parent.name}/{photos.name}")
    seen = {guess.photo_id for guess in before if (guess.player, guess.table) == (player, name)}
    deck = Deck(listed, seed, seen)
    warn = partial(click.echo, err=True)
    rounds = Rounds(loaded, listed, photos.parent, deck, readout, warn)
    against = loaded.info.name if readout == DEFAULT_READOUT else f"{loaded.info.name}, readout {readout}"
    return Game(rounds, kept, before, player, against, name, "toy" if loaded.info.is_toy else "real", most)


def _serve(game, host, port, token, names, browse):
    from photoplanet.server.play import app

    def begin(where):
        address = f"{where}/#token={token}" if token else f"{where}/"
        click.echo(f"play on {address}  (Ctrl-C stops it)", err=True)
        if browse and _has_windows():
            webbrowser.open(address)

    listening.run(app.create_app(game, token, names), host, port, begin, timeout_graceful_shutdown=5)


def _has_windows():
    """Whether a browser can open beside this terminal; elsewhere it may be a text browser, which would take it over."""
    return os.name == "nt" or sys.platform == "darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))


def _summarise(kept, guesses, damaged, as_json):
    """One comparison for each model and table, everybody's finished rounds together."""
    from photoplanet.evaluation.game import game, game_log

    groups: dict[tuple[str, str], list] = {}
    for guess in guesses:
        groups.setdefault((guess.model, guess.table), []).append(guess)
    found = [{"against": model, "table": table, **game_log.compare(own)} for (model, table), own in groups.items()]
    if as_json:
        print_json({"results": str(kept), "damaged": damaged, "paper": game.PAPER, "comparisons": found})
        return
    if not found:
        click.echo(f"{kept}: no games yet")
    for number, each in enumerate(found):
        model, table = printable(each["against"]), printable(each["table"])  # the file may be somebody else's
        told = game.text(each, f"{many(each['players'], 'player')} against {model} on {table}")
        click.echo(("\n" if number else "") + told, nl=False)
        if each["unfinished"]:
            verb = "is" if each["unfinished"] == 1 else "are"
            click.echo(f"{many(each['unfinished'], 'unfinished round')} {verb} left out.")


def many(count, what):
    """The number and the thing, which takes an s unless there is one."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
