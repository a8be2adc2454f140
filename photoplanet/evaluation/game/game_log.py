"""The guesses of all games in one JSON Lines file: a line per guess, on disk before the truth is shown."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from photoplanet.earth.geodesy import distance_km
from photoplanet.errors import InputError
from photoplanet.evaluation import accuracy
from photoplanet.evaluation.game import game, protocol

FORMAT = 1
MOST_LINE = 256 << 10  # bytes
MOST_TEXT = 2000  # characters of a photo id or a name
MOST_ROUND = 100  # photos
MOST_SECONDS = 1e6
_SHOWN = 5

Point = tuple[float, float]


@dataclass(frozen=True)
class Guess:
    """One photo of a round as it was played: degrees, latitude first; `photos`: the ids of its whole round, in order.

    `table` and `model` are names, not paths; `player` may be empty; `seconds` from seeing the photo to guessing.

    >>> guess = Guess("r1", ("a",), "a", "Ann", "toy", "photos", (48.0, 2.0), (40.0, 0.0), (48.86, 2.35))
    >>> [round(km) for km in guess.km]
    [99, 1003]
    """

    round: str
    photos: tuple[str, ...]
    photo_id: str
    player: str
    model: str
    table: str
    guess: Point
    model_guess: Point
    truth: Point
    seconds: float | None = None

    @property
    def km(self) -> tuple[float, float]:
        """How far the person and the model were off."""
        return float(distance_km(*self.guess, *self.truth)), float(distance_km(*self.model_guess, *self.truth))


def append(path: str | Path, guess: Guess) -> None:
    """Add a guess and wait until it is on disk; the file and its folder are made where absent.

    Distances and points (person's, model's) in the line are for other readers; ours computes them. InputError when it
    cannot be written, or could not be read back.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "guesses.jsonl"
    >>> guess = Guess("r1", ("a",), "a", "Ann", "toy", "photos", (48.0, 2.0), (40.0, 0.0), (48.86, 2.35))
    >>> append(path, guess)
    >>> read(path)[0] == [guess]
    True
    """
    path = Path(path)
    scores = {"km": guess.km, "points": game.points(guess.km).tolist()}
    line = json.dumps({"photoplanet game": FORMAT, **asdict(guess), **scores}).encode()
    if len(line) >= MOST_LINE or _guess(line) != guess:
        raise InputError(f"{path}: a guess that could not be read back (photo {guess.photo_id[:100]!r})")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise InputError(f"{path}: cannot write the guess (not a regular file); name another file")
        with path.open("a+b") as file:
            file.seek(0, os.SEEK_END)
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # a line cut off by a kill ends here
                    line = b"\n" + line
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{path}: cannot write the guess ({reason}); free space or name another file") from None


def read(path: str | Path) -> tuple[list[Guess], dict[str, Any]]:
    """The sound guesses of a file, in its order, and what was passed over: {"count": n, "lines": [the first, from 1]}.

    A line is passed over when it is not a guess, lacks something or holds impossible values, contradicts an earlier
    line of its round or repeats its photo. A file that is not there holds none; InputError for one that cannot be read.

    >>> read("no-such-file.jsonl")
    ([], {'count': 0, 'lines': []})
    """
    found: list[Guess] = []
    rounds: dict[str, tuple[Any, set[str]]] = {}
    damaged: list[int] = []
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: not a file")
        if not path.exists():
            return [], {"count": 0, "lines": []}
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file), start=1):
                if not line.strip():
                    continue
                guess = _guess(line)
                if guess is None or not _fits(guess, rounds):
                    damaged.append(number)
                else:
                    found.append(guess)
    except OSError as error:
        raise InputError(f"{path}: cannot read it ({error.strerror or error})") from None
    return found, {"count": len(damaged), "lines": damaged[:_SHOWN]}


def by_round(guesses: Iterable[Guess]) -> dict[str, list[Guess]]:
    """Round → its guesses, all in the order played; a round with fewer guesses than `photos` is unfinished.

    >>> guess = Guess("r1", ("a",), "a", "Ann", "toy", "photos", (48.0, 2.0), (40.0, 0.0), (48.86, 2.35))
    >>> list(by_round([guess]))
    ['r1']
    """
    found: dict[str, list[Guess]] = {}
    for guess in guesses:
        found.setdefault(guess.round, []).append(guess)
    return found


def compare(guesses: Iterable[Guess], resamples: int = accuracy.RESAMPLES) -> dict[str, Any]:
    """`game.compare` over the finished rounds of `guesses`, with `unfinished` (rounds left out) and `players`.

    `protocol` says whether the games followed the paper's, as `protocol.report` does.

    >>> guess = Guess("r1", ("a",), "a", "Ann", "toy", "photos", (48.0, 2.0), (40.0, 0.0), (48.86, 2.35))
    >>> compare([guess])["photos_won"]["person"]
    1
    """
    rounds = by_round(guesses)
    done = [guess for played in rounds.values() if len(played) == len(played[0].photos) for guess in played]
    km = np.array([guess.km for guess in done], np.float64).reshape(-1, 2)
    found = game.compare(km[:, 0], km[:, 1], [guess.round for guess in done], resamples)
    unfinished = len(rounds) - found["rounds"]
    players = len({guess.player for guess in done})
    how = protocol.report((guess for played in rounds.values() for guess in played), players)
    return {**found, "unfinished": unfinished, "players": players, "protocol": how}


def comparisons(guesses: Iterable[Guess]) -> list[dict[str, Any]]:
    """Compare people with each model on each table → `compare` of its games, with `against` (the model) and `table`.

    >>> comparisons([])
    []
    """
    groups: dict[tuple[str, str], list[Guess]] = {}
    for guess in guesses:
        groups.setdefault((guess.model, guess.table), []).append(guess)
    return [{"against": model, "table": table, **compare(own)} for (model, table), own in groups.items()]


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines of at most MOST_LINE bytes; of a longer one, the beginning, which is not JSON then."""
    while line := file.readline(MOST_LINE):
        yield line
        while len(line) == MOST_LINE and not line.endswith(b"\n"):
            line = file.readline(MOST_LINE)


def _fits(guess: Guess, rounds: dict[str, tuple[Any, set[str]]]) -> bool:
    about = (guess.photos, guess.player, guess.model, guess.table)
    known, seen = rounds.setdefault(guess.round, (about, set()))
    if known != about or guess.photo_id in seen or guess.photo_id not in guess.photos:
        return False
    seen.add(guess.photo_id)
    return True


def _guess(line: bytes) -> Guess | None:
    try:
        facts = json.loads(line)
        if not isinstance(facts, dict) or facts.get("photoplanet game") != FORMAT:
            return None
        photos, seconds = facts["photos"], facts.get("seconds")
        if not isinstance(photos, list) or not 1 <= len(photos) <= MOST_ROUND or len(set(photos)) != len(photos):
            return None
        return Guess(
            round=_text(facts["round"]),
            photos=tuple(_text(each) for each in photos),
            photo_id=_text(facts["photo_id"]),
            player=_text(facts["player"]),
            model=_text(facts["model"]),
            table=_text(facts["table"]),
            guess=_point(facts["guess"]),
            model_guess=_point(facts["model_guess"]),
            truth=_point(facts["truth"]),
            seconds=None if seconds is None else _number(seconds, 0, MOST_SECONDS),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise ValueError
    return value


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:  # NaN is not, either
        raise ValueError
    return float(value)


def _point(value: Any) -> Point:
    latitude, longitude = value
    return _number(latitude, -90, 90), _number(longitude, -180, 180)
