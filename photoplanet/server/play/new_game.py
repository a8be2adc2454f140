"""A game from a photo table: which photos are shown, and what was guessed before."""

import secrets
from collections.abc import Sequence
from pathlib import Path

import pyarrow.compute as pc

from photoplanet.core.progress import Say, silent
from photoplanet.errors import InputError, printable
from photoplanet.evaluation.game import game_log
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
    say: Say = silent,
) -> Game:
    """Start a game against a model on a photo table; its first round is in the making when this returns.

    `results`: the file that keeps the guesses, of which `before` are those so far; photos that `player` has seen come
    last. The same `seed` shows the same photos (None: random). `rounds`: how many to play (None: no end). `say` gets a
    line for what was left out. InputError for a table that cannot be used or has fewer photos than a round.
    """
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
    deck = Deck(listed, secrets.randbits(32) if seed is None else seed, seen)
    info = locator.info
    against = info.name if readout == DEFAULT_READOUT else f"{info.name}, readout {readout}"
    shown = Rounds(locator, listed, photos.parent, deck, readout, say)
    return Game(shown, results, before, player, against, name, "toy" if info.is_toy else "real", rounds)
