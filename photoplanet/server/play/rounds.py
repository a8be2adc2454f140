"""Rounds of a game made ahead of time: photos dealt, stripped of everything but pixels, located by the model."""

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

LONGEST = 1600  # pixels of a photo's longer side on the page
MAX_UNREADABLE = 100  # while one round is made; with more, the table's paths are wrong
MAX_CREDIT = 200  # characters of a photographer's name, and of a licence


@dataclass
class RoundPhoto:
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
    photos: list[RoundPhoto]
    unreadable: int = 0

    @property
    def current(self) -> RoundPhoto | None:
        """The photo to guess next."""
        return next((photo for photo in self.photos if photo.guess is None), None)


class Rounds:
    """Makes rounds from a photo table, whose paths are relative to `folder`; one thread at a time may use it.

    `warn` gets a line for each photo that cannot be read.
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
        self._locator, self._table, self._deck, self._readout, self._warn = locator, photos, deck, readout, warn
        self._paths = table.paths(photos.select(["path"]), folder)

    def make(self) -> Round:
        """The next round; InputError when too few photos can be read."""
        rows, unreadable = self._deck.deal(), 0
        made: dict[int, RoundPhoto] = {}
        while missing := [row for row in rows if row not in made]:
            for row, photo in zip(missing, self._photos_of(missing), strict=True):
                if isinstance(photo, RoundPhoto):
                    made[row] = photo
                    continue
                unreadable += 1
                self._warn(f"{photo}; another photo takes its place")
                if unreadable >= MAX_UNREADABLE:
                    raise InputError(
                        f"{unreadable} photos in a row could not be read ({photo}); check the table's paths"
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
        photos = [photo for photo in self._photos_of(rows) if isinstance(photo, RoundPhoto)]
        if len(photos) < len(rows):
            return None
        known = {guess.photo_id: guess for guess in guesses}
        for photo in photos:
            photo.guess = known.get(photo.photo_id)
        return Round(guesses[0].round, photos)

    def _photos_of(self, rows: list[int]) -> list[RoundPhoto | InputError]:
        paths = [self._paths[row] for row in rows]
        found = self._locator.locate(paths, self._readout, on_error="keep")
        facts = self._table.take(rows).to_pylist()
        made: list[RoundPhoto | InputError] = []
        for row, path, prediction, own in zip(rows, paths, found, facts, strict=True):
            try:
                if isinstance(prediction, InputError):
                    raise prediction
                jpeg, size = decode.plain_jpeg(path, LONGEST)
            except InputError as error:
                made.append(error)
                continue
            truth = own["latitude"], own["longitude"]
            made.append(RoundPhoto(row, own["photo_id"], truth, _credit(own), jpeg, size, prediction))
        return made


def _credit(facts: dict[str, Any]) -> str:
    return ", ".join(facts[key][:MAX_CREDIT] for key in ("photographer", "licence") if facts.get(key))
