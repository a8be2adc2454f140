"""What the pixels of a photo give away: what is written in it, what a model says, what a library's matches say."""

from typing import TYPE_CHECKING, Any

from photoplanet.audit.finding import Finding, line
from photoplanet.locate.prediction import Prediction

if TYPE_CHECKING:
    from photoplanet.retrieval.library.matching import Library

NEAR_KM = 25.0  # a radius of at most so much gives the place away
SHARE = 0.9  # of the probability that lies within the radius
LIKELY = 0.5  # of the probability: a country, or a place within a country's radius, that is likelier than not
LEAST_BITS = 1.0  # of evidence that is repeated
_MOST_CLUES = 8


def of_prediction(found: Prediction, model: str) -> list[Finding]:
    """Return what a prediction gives away: its place within NEAR_KM, its country, and the text that speaks for it.

    `model`: what the answer is from, in its `kind`.

    >>> from photoplanet.locate import world
    >>> of_prediction(world.nowhere(), "model")
    []
    """
    said = _texts(found)
    if found.abstains:
        return said
    best, radius = found.best, found.credible_region(SHARE).radius_km
    if radius <= NEAR_KM:
        says = f"{best.near.text('city')}: {SHARE:.0%} within {radius:.0f} km".replace("%", " %")
        return [Finding("place", model, "pixels", says, False, best.latitude, best.longitude), *said]
    sure = found.confidence["country"]
    if sure >= LIKELY:
        says = f"{best.name}: {sure:.0%} within 750 km, {SHARE:.0%} within {radius:,.0f} km".replace("%", " %")
        return [Finding("hint", model, "pixels", says), *said]
    return said


def _texts(found: Prediction) -> list[Finding]:
    """The clues in what is written in a photo, in order of weight."""
    evidence = found.evidence
    if evidence is None or not evidence.kept:
        return []
    lines = evidence.reading.lines if evidence.reading else ()
    listed = []
    order = sorted(range(len(evidence.clues)), key=lambda number: -evidence.bits[number])
    for number in order[:_MOST_CLUES]:
        clue, bits = evidence.clues[number], evidence.bits[number]
        if bits >= LEAST_BITS and clue.lines:
            boxes = tuple(tuple((float(x), float(y)) for x, y in lines[row].box) for row in clue.lines)
            says = f"{clue.kind}: {clue.says} (+{bits:.1f} bits)"
            listed.append(Finding("hint", "text in the picture", "pixels", line(says), bits=bits, boxes=boxes))
    return listed


def of_library(library: "Library", source: Any, threads: int | None = None) -> list[Finding]:
    """Return the match of a library's photos that geometry proves, the surest; none where nothing is proven.

    A photo that is in the library itself does not match itself. InputError for a photo that cannot be read.

    >>> from types import SimpleNamespace
    >>> of_library(SimpleNamespace(itself=lambda source: [], similar=lambda *given: []), "a.jpg")
    []
    """
    rows = library.itself(source)
    for match in library.similar(source, 5, rows, threads):
        if match.trusted:
            place = match.to_dict("city")["place"]
            says = line(f"shows the same as {match.photo_id} of the library: {place}")
            return [Finding("place", "match", "pixels", says, False, match.latitude, match.longitude)]
    return []
