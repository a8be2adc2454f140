"""The evidence of an answer as plain values and as lines for people: what speaks for it, how much, and where it is."""

from typing import Any

from photoplanet.earth import gazetteer
from photoplanet.errors import printable
from photoplanet.locate.joining import Evidence
from photoplanet.locate.place import short
from photoplanet.locate.prediction import Prediction

COUNTRIES = 5  # that are listed


def record(evidence: Evidence) -> dict[str, Any]:
    """Plain values for JSON: `clues` in order of their weight, `countries` by probability, and `conflict`.

    Each clue has its `number` (for striking it out), `kind`, `says`, `bits`, whether it is `struck`, and the `text` and
    `boxes` of the lines that it rests on; `conflict` is a sentence where clues and network contradict each other.

    >>> from photoplanet.locate import joining, world
    >>> record(joining.joined(world.nowhere(), []).evidence)["clues"]
    []
    """
    texts = evidence.reading.lines if evidence.reading else ()
    order = sorted(range(len(evidence.clues)), key=lambda number: -evidence.bits[number])
    clues = []
    for number in order:
        clue = evidence.clues[number]
        clues.append({
            "number": number, "kind": clue.kind, "says": clue.says, "bits": round(evidence.bits[number], 2),
            "struck": number in evidence.struck, "text": [texts[row].text for row in clue.lines],
            "boxes": [texts[row].to_dict()["box"] for row in clue.lines],
        })  # fmt: skip
    listed = evidence.countries[:COUNTRIES] if evidence.kept else []
    names = country_names()
    countries = [{"code": code, "name": names[code], "probability": short(share)} for code, share in listed]
    return {"clues": clues, "countries": countries, "conflict": conflict(evidence)}


def conflict(evidence: Evidence) -> str | None:
    """The sentence that says how clues and network contradict each other; None where they do not.

    >>> from photoplanet.locate import joining, world
    >>> conflict(joining.joined(world.nowhere(), []).evidence) is None
    True
    """
    if not evidence.conflicts:
        return None
    alone = alone_country(evidence)
    looks = evidence.before.best.name or "elsewhere"
    return f"the text says {alone}, the picture says {looks}: a poster, or a place that the model does not know?"


def alone_country(evidence: Evidence) -> str:
    """The country that the clues alone speak for, by name.

    >>> from photoplanet.locate import joining, world
    >>> alone_country(joining.joined(world.nowhere(), []).evidence)
    'United States'
    """
    from photoplanet.locate import joining, world

    code, _ = joining.joined(world.nowhere(), evidence.kept).evidence.countries[0]  # type: ignore[union-attr]
    return country_names()[code]


def country_names() -> dict[str, str]:
    """ISO code → English name.

    >>> country_names()["DK"]
    'Denmark'
    """
    data = gazetteer.read()
    return dict(zip(data.country_codes, data.country_names, strict=True))


def lines(prediction: Prediction) -> list[str]:
    """Lines for people, the weightiest evidence first: bits, kind, what it says, and the text that it rests on.

    >>> from photoplanet.locate import joining, world
    >>> lines(joining.joined(world.nowhere(), []))
    ['nothing that can be read']
    """
    if prediction.evidence is None:
        return []
    facts = record(prediction.evidence)
    found = [
        f"{each['bits']:+5.1f} bits  {each['kind']}: {printable(each['says'])}"
        + (f"  “{printable(' / '.join(each['text']))[:80]}”" if each["text"] else "")
        + ("  (struck out)" if each["struck"] else "")
        for each in facts["clues"]
    ]
    if facts["countries"]:
        listed = ", ".join(f"{each['name']} {100 * each['probability']:.0f} %" for each in facts["countries"][:3])
        found.append(f"countries: {listed}")
    return found + ([facts["conflict"]] if facts["conflict"] else []) or ["nothing that can be read"]
