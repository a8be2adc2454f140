"""`photoplanet play`: people against the model on a map, and the paper's comparison of the two."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoplanet.cli.shared import browsing, commands, loading, options
from photoplanet.cli.shared.extras import hint, needs
from photoplanet.cli.shared.output import count_of, print_json, say
from photoplanet.errors import InputError, printable

if TYPE_CHECKING:
    from photoplanet.evaluation.game.game_log import Guess
    from photoplanet.server.play.game import Game

RESULTS = "games.jsonl"  # in the user's photoplanet folder
NEEDS = ("playing", "server")


@commands.command(epilog=hint(*NEEDS))
@click.argument("photos", type=options.IN_FILE, required=False)
@options.MODEL
@click.option("--rounds", type=click.IntRange(1), help="Rounds of five photos to play.  [default: until you stop]")
@click.option(
    "--seed", type=click.IntRange(0), help="The same seed shows everybody the same photos.  [default: random]"
)
@click.option(
    "--player", default="", metavar="NAME", help="Who guesses; photos that NAME has seen come last.  [default: nobody]"
)
@click.option("--protocol", type=click.Choice(["free", "paper"]), default="free", show_default=True,
              help="paper: one round for each --player, of photos that no other player sees; the model answers with "
                   "cell centres; photos cannot be enlarged.")  # fmt: skip
@options.READOUT
@click.option("--results", type=options.OUT_FILE, metavar="FILE",
              help="Where guesses are kept.  [default: games.jsonl in your photoplanet folder]")  # fmt: skip
@click.option("--summary", is_flag=True, help="Do not play: print how people and model compare so far.")
@click.option("--json", "as_json", is_flag=True, help="With --summary: print JSON.")
@click.option("--open/--no-open", "browse", default=True, help="Open the page in the browser.  [default: open]")
@options.HOST
@click.option("--port", type=click.IntRange(0, 65535), default=8018, show_default=True, help="0: any free one.")
@options.TOKEN
@options.HOSTS
@options.THREADS
@options.MAX_PIXELS
def command(
    photos: Path | None, model: str | None, rounds: int | None, seed: int | None, player: str, protocol: str,
    readout: str,
    results: Path | None, summary: bool, as_json: bool, browse: bool, host: str, port: int, token: str | None,
    hosts: tuple[str, ...], threads: int | None,
) -> None:  # fmt: skip
    """Guess where PHOTOS, a photo table, were taken, against the model.

    Serves a page to this machine only: five photos per round, a click on the map for each, then both guesses, the truth
    and the distances. Nothing leaves this machine; the page gets pixels only, no names and no GPS. --summary prints the
    paper's comparison: rounds won, median errors, photos within each radius.

    \b
    Example:
      photoplanet toyworld -o toy-photos --photos 500 --seed 7
      photoplanet play toy-photos/photos.parquet --model toy
      photoplanet play --summary
    """
    from photoplanet.core import outputs
    from photoplanet.core.home import home
    from photoplanet.evaluation.game import game_log

    kept = results or home() / RESULTS
    outputs.check([results], [photos])
    before, damaged = game_log.read(kept)
    if damaged["count"]:
        lines = ", ".join(map(str, damaged["lines"])) + (", …" if damaged["count"] > len(damaged["lines"]) else "")
        say(f"{kept}: {count_of(damaged['count'], 'damaged line')} passed over (line {lines})")
    if summary:
        _summarise(kept, [g for g in before if player in ("", g.player) and model in (None, g.model)], damaged, as_json)
        return
    if as_json:
        raise InputError("--json goes with --summary")
    if photos is None:
        raise InputError("which photos? Give a photo table (photoplanet index makes one), or --summary for the results")
    with needs(*NEEDS):
        import uvicorn  # noqa: F401  # what the extra brings

        from photoplanet.server import listening
        from photoplanet.server.play import new_game

    new_game.check_player(player)
    if protocol == "paper":
        _check_protocol(rounds, readout)
    token, names = listening.access(host, token, hosts)
    game = new_game.new_game(
        photos, loading.load(model, threads, always=True), kept, before,
        player=player, readout=readout, seed=seed, rounds=rounds, by_protocol=protocol == "paper", say=say,
    )  # fmt: skip
    _serve(game, host, port, token, names, browse)


def _check_protocol(rounds: int | None, readout: str) -> None:
    """InputError for options that the paper's protocol has settled otherwise."""
    from photoplanet.evaluation.game import protocol

    source = click.get_current_context().get_parameter_source("readout")
    if readout != protocol.READOUT and source != click.core.ParameterSource.DEFAULT:
        raise InputError(f"--protocol paper goes with --readout {protocol.READOUT}, not {readout}")
    if rounds not in (None, 1):
        raise InputError("--protocol paper has one round for each player; leave --rounds out")


def _serve(game: "Game", host: str, port: int, token: str | None, names: Sequence[str] | None, browse: bool) -> None:
    from photoplanet.server import listening
    from photoplanet.server.play import app

    def begin(where: str) -> None:
        address = f"{where}/#token={token}" if token else f"{where}/"
        say(f"play on {address}  (Ctrl-C stops it)")
        if browse:
            browsing.show(address)

    listening.run(app.create_app(game, token, names), host, port, begin, app.BODY_SECONDS)


def _summarise(kept: Path, guesses: "list[Guess]", damaged: dict[str, Any], as_json: bool) -> None:
    """Print one comparison for each model and table, with everybody's finished rounds together."""
    from photoplanet.evaluation.game import game, game_log, protocol

    found = game_log.comparisons(guesses)
    if as_json:
        print_json({"results": str(kept), "damaged": damaged, "paper": game.PAPER, "comparisons": found})
        return
    if not found:
        click.echo(f"{kept}: no games yet")
    for number, each in enumerate(found):
        model, table = printable(each["against"]), printable(each["table"])  # the file may be somebody else's
        text = game.text(each, f"{count_of(each['players'], 'player')} against {model} on {table}")
        click.echo(("\n" if number else "") + text, nl=False)
        if each["unfinished"]:
            verb = "is" if each["unfinished"] == 1 else "are"
            click.echo(f"{count_of(each['unfinished'], 'unfinished round')} {verb} left out.")
        if each["photos"]:
            click.echo(protocol.text(each["protocol"]))
