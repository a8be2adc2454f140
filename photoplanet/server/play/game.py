"""A game of one player against the model: what is shown, what has been guessed, and who is ahead."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path
from typing import TypeVar, cast

from photoplanet.earth import gazetteer
from photoplanet.errors import InputError, PhotoplanetError
from photoplanet.evaluation.game import game, game_log
from photoplanet.evaluation.game.game_log import Guess, Point
from photoplanet.server.play.answers import (
    Comparison,
    GameSummary,
    NamedPoint,
    PhotoAnswer,
    PhotoState,
    RoundState,
    SessionScore,
    Side,
    Winner,
)
from photoplanet.server.play.rounds import Round, RoundPhoto, Rounds
from photoplanet.server.problems import Problem

T = TypeVar("T")
WAIT_SECONDS = 60.0  # for the first round; later ones are ready before they are asked for


class Game:
    """One player's rounds, one after another, each made while the one before is played; safe with threads.

    `before`: the guesses of `results` so far, of all games; an unfinished round of this player, model and table goes on
    where it stopped. `most`: rounds to play (None: no end). Guesses are on disk, in `results`, before truths are shown.
    `by_protocol`: by the paper's, so photos are not enlarged, and none is guessed that another round was shown.
    """

    def __init__(
        self,
        rounds: Rounds,
        results: Path,
        before: Sequence[Guess] = (),
        player: str = "",
        model: str = "",
        table: str = "",
        world: str = "real",
        most: int | None = None,
        by_protocol: bool = False,
    ):
        self.player, self.model, self.table, self.world, self.most = player, model, table, world, most
        self._rounds, self._results, self._by_protocol = rounds, results, by_protocol
        self._lock, self._maker = threading.Lock(), ThreadPoolExecutor(1, "next-round")
        self._own = [guess for guess in before if (guess.model, guess.table) == (model, table)]
        self._session: list[Guess] = []  # of rounds that were shown since the start
        self._number = 1
        self._round: Round | None = None
        self._coming: Future[Round] = self._maker.submit(self._first)

    def close(self) -> None:
        """End the thread that makes rounds."""
        self._maker.shutdown(wait=True, cancel_futures=True)

    def state(self) -> RoundState:
        """What the page may know now; nothing of a photo's place, or the model's answer, before it is guessed."""
        with self._lock:
            return self._state(self._current())

    def photo(self, key: str) -> bytes:
        """The JPEG of a photo of this round; Problem 404 for another."""
        with self._lock:
            return self._find(self._current(), key).jpeg

    def guess(self, key: str, point: Point, seconds: float | None) -> RoundState:
        """Take a guess (degrees, latitude first) at the current photo and give the round with its truth.

        Problem 409 when the photo was guessed already, is not its turn, or is no longer this player's alone by the
        paper's protocol; 500 when it cannot be stored.
        """
        with self._lock:
            round_ = self._current()
            photo = self._find(round_, key)
            if photo.guess is not None or photo is not round_.current:
                raise Problem(409, "this photo was guessed already, or is not its turn; load the page again")
            ids = tuple(each.photo_id for each in round_.photos)
            if self._by_protocol and not any(each.guess for each in round_.photos):
                self._require_alone(round_.name, ids)
            found = Guess(
                round_.name, ids, photo.photo_id, self.player, self.model, self.table, point,
                photo.prediction.point, photo.truth, seconds,
            )  # fmt: skip
            try:
                game_log.append(self._results, found)
            except InputError as error:  # not the client's fault
                raise Problem(500, str(error)) from None
            photo.guess = found
            self._own.append(found)
            self._session.append(found)
            return self._state(round_)

    def _require_alone(self, name: str, photos: tuple[str, ...]) -> None:
        """Problem 409 where a round that began meanwhile, on another page, shows one of these photos, too."""
        others = [g for g in game_log.read(self._results)[0] if g.table == self.table and g.round != name]
        if any(not set(photos).isdisjoint(guess.photos) for guess in others):
            raise Problem(409, "another player was shown one of these photos meanwhile; start `photoplanet play` again")

    def next(self, after: str) -> RoundState:
        """Begin the round after the finished one called `after`; asked twice, it begins once. Problem 409 too early."""
        with self._lock:
            round_ = self._current()
            if round_.name != after:
                return self._state(round_)
            if round_.current is not None:
                raise Problem(409, "this round is not finished")
            if self._number == self.most:
                raise Problem(409, f"all {self.most} rounds were played; start `photoplanet play` again for more")
            self._round, self._number = None, self._number + 1
            return self._state(self._current())

    def summary(self) -> GameSummary:
        """The paper's comparison over all finished rounds of everybody with this model and table, and this player's."""
        with self._lock:
            own = [guess for guess in self._own if guess.player == self.player]
            return {
                "model": self.model,
                "table": self.table,
                "player": self.player,
                "all": _compared(self._own),
                "own": _compared(own),
            }

    def _first(self) -> Round:
        mine = list(game_log.by_round(guess for guess in self._own if guess.player == self.player).values())
        unfinished = bool(mine) and len(mine[-1]) < len(mine[-1][0].photos)
        resumed = self._rounds.resume(mine[-1]) if unfinished else None
        return resumed or self._rounds.make()

    def _current(self) -> Round:
        if self._round is None:
            try:
                self._round = self._coming.result(WAIT_SECONDS)
            except FutureTimeoutError:
                raise Problem(503, "this round's photos are not ready yet; try again", {"Retry-After": "5"}) from None
            except PhotoplanetError as error:
                raise Problem(500, str(error)) from None
            self._session += [photo.guess for photo in self._round.photos if photo.guess]
            if self._number != self.most:
                self._coming = self._maker.submit(self._rounds.make)
        return self._round

    def _find(self, round_: Round, key: str) -> RoundPhoto:
        for photo in round_.photos:
            if photo.key == key:
                return photo
        raise Problem(404, "no such photo in this round; load the page again")

    def _state(self, round_: Round) -> RoundState:
        current = round_.current
        return {
            "round": round_.name,
            "number": self._number,
            "of": self.most,
            "finished": current is None,
            "over": current is None and self._number == self.most,
            "unreadable": round_.unreadable,
            "current": None if current is None else current.key,
            "photos": [_photo_state(photo) for photo in round_.photos],
            "session": _session(self._session),
            "player": self.player,
            "model": self.model,
            "world": self.world,
            "zoom": not self._by_protocol,
        }


def _photo_state(photo: RoundPhoto) -> PhotoState:
    width, height = photo.size
    answer = None if photo.guess is None else _answer(photo, photo.guess)
    return {"key": photo.key, "width": width, "height": height, "answer": answer}


def _answer(photo: RoundPhoto, guess: Guess) -> PhotoAnswer:
    names = gazetteer.name(*zip(guess.guess, guess.truth, strict=True))
    placed: list[NamedPoint] = [
        {"latitude": point[0], "longitude": point[1], "place": name.text("city")}
        for point, name in zip((guess.guess, guess.truth), names, strict=True)
    ]
    best, (latitude, longitude) = photo.prediction.best, guess.model_guess
    return {
        "guess": placed[0],
        "model": {
            "latitude": latitude,
            "longitude": longitude,
            "place": best.name,
            "unknown": photo.prediction.unknown,
            "confidence": best.confidence,
            "radius_km": best.radius_km,
        },
        "truth": placed[1],
        "km": _by_side(guess.km),
        "points": _by_side(game.points(guess.km).tolist()),
        "winner": cast(Winner, game.winner(*guess.km)),
        "seconds": guess.seconds,
        "photo_id": photo.photo_id,
        "credit": photo.credit,
    }


def _by_side(pair: Sequence[T]) -> dict[Side, T]:
    """The values of a pair in the order of `game.SIDES`."""
    person, model = pair
    return {"person": person, "model": model}


def _compared(guesses: list[Guess]) -> Comparison:
    """The comparison, and its table as the page shows it."""
    found = game_log.compare(guesses)
    table = game.rows(found) if found["photos"] else []
    return cast(Comparison, {**found, "table": table, "note": game.significance(found)})


def _session(guesses: list[Guess]) -> SessionScore:
    """Who won how many photos and finished rounds of this session."""
    km = [guess.km for guess in guesses]
    photos = game.compare([own for own, _ in km], [other for _, other in km], [g.round for g in guesses], resamples=1)
    rounds = game_log.compare(guesses, resamples=1)
    return {"rounds": rounds["rounds"], "rounds_won": rounds["rounds_won"], "photos_won": photos["photos_won"]}
