"""The paper's protocol of people against the model (§3, "Comparison to Human Performance"), and what departs from it.

Ten people played one game of five panoramas each, and "for each player we used a different set of panoramas", so that
50 photos were compared. The model guessed "the center of the highest confidence S2 cell". People could not pan, zoom or
navigate; a log of guesses does not show that, so `photoplanet play --protocol paper` sees to it.
"""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from photoplanet.locate.point_estimates import DEFAULT_READOUT

if TYPE_CHECKING:
    from photoplanet.evaluation.game.game_log import Guess

PLAYERS, PHOTOS, READOUT = 10, 5, "center"


def opponent(model: str, readout: str) -> str:
    """Return the name under which a log keeps a model that answers by a readout.

    >>> opponent("toy", "expected"), opponent("toy", "center")
    ('toy', 'toy, readout center')
    """
    return model if readout == DEFAULT_READOUT else f"{model}, readout {readout}"


def departures(guesses: Iterable["Guess"]) -> list[str]:
    """Return what is not as in the paper in the games of one model with one table, unfinished ones too; [] for nothing.

    >>> from photoplanet.evaluation.game.game_log import Guess
    >>> ids = tuple("abcde")
    >>> departures(Guess("r", ids, each, "Ann", "toy", "t", *[(0.0, 0.0)] * 3) for each in ids)
    ['the model did not answer with the centre of its likeliest cell']
    """
    rounds = {guess.round: guess for guess in guesses}.values()
    played = Counter(each.player for each in rounds)
    found = []
    if any(not each.model.endswith(f", readout {READOUT}") for each in rounds):
        found.append("the model did not answer with the centre of its likeliest cell")
    if any(len(each.photos) != PHOTOS for each in rounds):
        found.append(f"not every round had {PHOTOS} photos")
    if played.pop("", 0):
        found.append("there are rounds without a player's name")
    if more := sum(count > 1 for count in played.values()):
        found.append(f"{more} of {len(played)} players began more than one round")
    shown = Counter(photo for each in rounds for photo in set(each.photos))
    if twice := sum(count > 1 for count in shown.values()):
        found.append(f"{twice} of {len(shown)} photos were shown in more than one round")
    return found


def report(guesses: Iterable["Guess"], players: int) -> dict[str, Any]:
    """Return `follows` (bool), `departures`, and `players` of the paper's `of`, ready for JSON.

    `players`: how many finished a round.

    >>> report([], 0)
    {'follows': True, 'departures': [], 'players': 0, 'of': 10}
    """
    found = departures(guesses)
    return {"follows": not found, "departures": found, "players": players, "of": PLAYERS}


def text(report: dict[str, Any]) -> str:
    """Return a report in one line.

    >>> text({"follows": True, "departures": [], "players": 3, "of": 10})
    "The paper's protocol was followed, by 3 players (the paper: 10)."
    """
    if report["follows"]:
        who = f"{report['players']} player{'' if report['players'] == 1 else 's'}"
        return f"The paper's protocol was followed, by {who} (the paper: {report['of']})."
    return f"The paper's protocol was not followed: {'; '.join(report['departures'])}."
