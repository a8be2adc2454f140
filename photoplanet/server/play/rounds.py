"""Rounds of a game made ready ahead of time: photos dealt, stripped of everything but pixels, located by the model."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from photoplanet.errors import InputError
from photoplanet.evaluation.game.game_log import Guess
from photoplanet.evaluation.game.sampler import Deck
from photoplanet.locate.locator import Locator
from photoplanet.locate.prediction import Prediction
from photoplanet.photos import decode, table

LONGEST = 1600  # pixels of a photo on the page
MOST_UNREADABLE = 100  # while one round is made: then the table's paths are wrong


@dataclass
class Shown:
    """A photo of a round. `key` is what its address on the page holds, so that no name or place is in it."""

    row: int
    photo_id: str
    truth: tuple[float, float]
    credit: str
    jpeg: bytes
    size: tuple[int, int]
    prediction: Prediction
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    guess: Guess | None = None


@dataclass
class Round:
    """The photos of a round in order; `unreadable`: how many others were passed over for it."""

    name: str
    photos: list[Shown]
    unreadable: int = 0

    @property
    def current(self) -> Shown | None:
        """The photo to guess next."""
        return next((shown for shown in self.photos if shown.guess is None), None)


class Rounds:
    """Makes rounds from a photo table, whose paths are relative to `folder`; one thread at a time may use it.

    `warn` is told of each photo that cannot be read.
    """

    def __init__(
        self,
        locator: Locator,
        photos: pa.Table,
        folder: Path,
        deck: Deck,
        readout: str | None = None,
        warn: Callable[[str], None] = lambda message: None,
    ):
        self._locator, self._photos, self._deck, self._readout, self._warn = locator, photos, deck, readout, warn
        self._paths = table.paths(photos.select(["path"]), folder)

    def make(self) -> Round:
        """The next round; InputError when too few photos can be read."""
        rows, made, unreadable = self._deck.deal(), {}, 0
        while missing := [row for row in rows if row not in made]:
            for row, shown in zip(missing, self._shown(missing), strict=True):
                if isinstance(shown, Shown):
                    made[row] = shown
                    continue
                unreadable += 1
                self._warn(f"{shown}; another photo takes its place")
                if unreadable >= MOST_UNREADABLE:
                    raise InputError(
                        f"{unreadable} photos in a row could not be read ({shown}); check the table's paths"
                    )
                self._deck.discard(row)
                at = rows.index(row)
                rows[at : at + 1] = self._deck.deal(1, beside=[other for other in rows if other != row])
        return Round(secrets.token_hex(8), [made[row] for row in rows], unreadable)

    def resume(self, guesses: Sequence[Guess]) -> Round | None:
        """An unfinished round as it was left; None when its photos are not all there any more."""
        rows = self._deck.rows(guesses[0].photos)
        if len(rows) < len(guesses[0].photos):
            return None
        found = [shown for shown in self._shown(rows) if isinstance(shown, Shown)]
        if len(found) < len(rows):
            return None
        known = {guess.photo_id: guess for guess in guesses}
        for shown in found:
            shown.guess = known.get(shown.photo_id)
        return Round(guesses[0].round, found)

    def _shown(self, rows: list[int]) -> list[Shown | InputError]:
        paths = [self._paths[row] for row in rows]
        found = self._locator.locate(paths, self._readout, on_error="keep")
        facts = self._photos.take(rows).to_pylist()
        made: list[Shown | InputError] = []
        for row, path, prediction, own in zip(rows, paths, found, facts, strict=True):
            try:
                if isinstance(prediction, InputError):
                    raise prediction
                jpeg, size = decode.plain_jpeg(path, LONGEST)
            except InputError as error:
                made.append(error)
                continue
            truth = own["latitude"], own["longitude"]
            made.append(Shown(row, own["photo_id"], truth, _credit(own), jpeg, size, prediction))
        return made


def _credit(facts: dict[str, Any]) -> str:
    return ", ".join(facts[key][:200] for key in ("photographer", "licence") if facts.get(key))
