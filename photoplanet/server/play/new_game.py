"""A game from a photo table: which photos are shown, and what was guessed before."""

import secrets
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from photoplanet.core.progress import Say, silent
from photoplanet.errors import InputError, printable
from photoplanet.evaluation.game import game_log, protocol
from photoplanet.evaluation.game.game_log import Guess
from photoplanet.evaluation.game.sampler import Deck
from photoplanet.locate.locator import Locator
from photoplanet.locate.point_estimates import DEFAULT_READOUT
from photoplanet.photos import table
from photoplanet.server.play.game import Game
from photoplanet.server.play.rounds import Rounds

MAX_PLAYER = 100  # characters of a player's name
COLUMNS = ("photo_id", "path", "latitude", "longitude", "album", "photographer", "licence")


def check_player(name: str) -> str:
    """Return a player's name, which may be empty; InputError for one that is too long or not printable.

    >>> check_player("Ann")
    'Ann'
    """
    if len(name) > MAX_PLAYER or not (name.isprintable() or not name):
        raise InputError(f"--player: at most {MAX_PLAYER} printable characters")
    return name


def new_game(
    photos: Path,
    locator: Locator,
    results: Path,
    before: Sequence[Guess] = (),
    *,
    player: str = "",
    readout: str = DEFAULT_READOUT,
    seed: int | None = None,
    rounds: int | None = None,
    by_protocol: bool = False,
    say: Say = silent,
) -> Game:
    """Start a game against a model on a photo table; its first round is in the making when this returns.

    `results`: the file that keeps the guesses, of which `before` are those so far; photos that `player` has seen come
    last. The same `seed` shows the same photos (None: random). `rounds`: how many to play (None: no end). `say` gets a
    line for what was left out. `by_protocol`: as in the paper (`evaluation.game.protocol`), one round for a player, of
    photos of the table that no other round was shown, and the model answers with cell centres. InputError for a table
    that cannot be used or has fewer photos than a round, and for a player who has played by the protocol already.
    """
    if by_protocol:
        readout, rounds = protocol.READOUT, 1
    against = protocol.opponent(locator.info.name, readout)
    listed, dropped = table.read(photos, columns=COLUMNS)
    if dropped:
        say(f"{photos}: {table.describe(dropped)}")
    short = pc.less_equal(pc.utf8_length(listed["photo_id"]), game_log.MOST_TEXT)
    if gone := len(listed) - (pc.sum(short).as_py() or 0):
        ids = "1 photo id" if gone == 1 else f"{gone:,} photo ids"
        say(f"{photos}: {ids} longer than {game_log.MOST_TEXT:,} characters left out")
    listed = listed.filter(short)
    name = printable(f"{photos.resolve().parent.name}/{photos.name}")
    seen = {guess.photo_id for guess in before if (guess.player, guess.table) == (player, name)}
    if by_protocol:
        listed = _unshown(listed, [guess for guess in before if guess.table == name], player, against)
    deck = Deck(listed, secrets.randbits(32) if seed is None else seed, seen)
    shown = Rounds(locator, listed, photos.parent, deck, readout, say)
    world = "toy" if locator.info.is_toy else "real"
    return Game(shown, results, before, player, against, name, world, rounds, by_protocol)


def _unshown(listed: pa.Table, before: Sequence[Guess], player: str, against: str) -> pa.Table:
    """The photos that no round on the table was shown, and those of the player's own unfinished round."""
    if not player:
        raise InputError("--protocol paper: every player has photos of their own; say who plays with --player NAME")
    rounds = game_log.by_round(before).values()
    own = [played for played in rounds if (played[0].player, played[0].model) == (player, against)]
    if any(len(played) == len(played[0].photos) for played in own):
        raise InputError(
            f"{player} has played {protocol.PHOTOS} photos of this table against {against}; by the paper's protocol "
            "nobody plays twice"
        )
    mine = {photo for played in own for photo in played[0].photos}
    gone = {photo for played in rounds for photo in played[0].photos} - mine
    left = listed.filter(pc.invert(pc.is_in(listed["photo_id"], pa.array(sorted(gone), pa.string()))))
    if len(left) < protocol.PHOTOS:
        raise InputError(
            f"{len(left)} photos of the table were not shown yet, and the paper's protocol needs {protocol.PHOTOS} new "
            "ones for each player; give a larger table"
        )
    return left
