"""The evidence of an answer as plain values and as lines for people: what speaks for it, how much, and where it is."""

from typing import TYPE_CHECKING, Any

from photoplanet.earth import gazetteer
from photoplanet.errors import printable
from photoplanet.locate.place import short
from photoplanet.locate.precision import percent

if TYPE_CHECKING:
    from photoplanet.locate.joining import Evidence
    from photoplanet.locate.prediction import Prediction

COUNTRIES = 5  # that are listed
MOST = 6  # pieces of evidence that are shown to people
SAYS, TEXT = 40, 40  # characters of what a piece says, and of the text that it rests on


def record(evidence: "Evidence") -> dict[str, Any]:
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
    listed = evidence.countries[:COUNTRIES] if evidence.kept or evidence.shared else []
    names = country_names()
    countries = [{"code": code, "name": names[code], "probability": short(share)} for code, share in listed]
    return {"clues": clues, "countries": countries, "conflict": conflict(evidence)}


def conflict(evidence: "Evidence") -> str | None:
    """The sentence that says what contradicts what: the clues the network, or one clue the others; None where none do.

    >>> from photoplanet.locate import joining, world
    >>> conflict(joining.joined(world.nowhere(), []).evidence) is None
    True
    """
    names = country_names()
    if evidence.conflicts:
        says = f"the {_speaker(evidence)} says {names[evidence.speaks_for()]}"
        before = evidence.before
        if before.at is not None:
            return f"{says}, the known place is in {before.best.name or 'no country'}: which is wrong?"
        return f"{says}, the picture says {before.best.name or 'elsewhere'}: a poster, or a place unknown to the model?"
    if not evidence.disagrees:
        return None
    number, _ = evidence.discord
    odd, others = evidence.clues[number], [n for n in range(len(evidence.clues)) if n not in evidence.struck | {number}]
    here, there = names[evidence.speaks_for(number)], names[evidence.speaks_for(*others)]
    return f"{odd.kind} ({odd.says[:SAYS]}) says {here}, all else says {there}: is one of them of another place?"


def _speaker(evidence: "Evidence") -> str:
    return "text" if any(clue.lines for clue in evidence.kept) else "clock"


def shows_text(prediction: "Prediction") -> bool:
    """Whether any text was read in the photo.

    >>> from photoplanet.locate import world
    >>> shows_text(world.nowhere())
    False
    """
    reading = prediction.evidence.reading if prediction.evidence else None
    return bool(reading and reading.lines)


def country_names() -> dict[str, str]:
    """ISO code → English name.

    >>> country_names()["DK"]
    'Denmark'
    """
    data = gazetteer.read()
    return dict(zip(data.country_codes, data.country_names, strict=True))


def lines(prediction: "Prediction", most: int = MOST) -> list[str]:
    """Lines for people, the weightiest evidence first: bits, kind, what it says, and the text that it rests on.

    At most `most` pieces, and how many more there are; then the likeliest countries, and what contradicts what.

    >>> from photoplanet.locate import joining, world
    >>> lines(joining.joined(world.nowhere(), []))
    ['nothing that can be read']
    """
    if prediction.evidence is None:
        return []
    facts = record(prediction.evidence)
    shown = facts["clues"][:most]
    nothing = "nothing that can be read" + ("; placed by the photos around it" if prediction.evidence.shared else "")
    wide = [max((len(_cut(each[key], SAYS)) for each in shown), default=0) for key in ("kind", "says")]
    found = [_line(each, *wide) for each in shown] or [nothing]
    if len(facts["clues"]) > most:
        found.append(f"and {len(facts['clues']) - most} more")
    if facts["countries"]:
        listed = ", ".join(f"{each['name']} {percent(each['probability'])}" for each in facts["countries"][:3])
        found.append(f"countries: {listed}")
    return found + note(facts)


def note(facts: dict[str, Any]) -> list[str]:
    """The line of a record that always shows: what contradicts what; none where nothing does.

    >>> note({"conflict": "the text says Denmark, the picture says Japan"}), note({})
    (['conflict: the text says Denmark, the picture says Japan'], [])
    """
    return [f"conflict: {printable(facts['conflict'])}"] if facts.get("conflict") else []


def brief(facts: dict[str, Any], most: int = MOST) -> str:
    """The evidence of a record in one line, the weightiest first: for a column of a table.

    >>> brief({"clues": [{"kind": "language", "says": "Catalan", "bits": 6.52, "struck": False}]})
    'language: Catalan (+6.5 bits)'
    """
    kept = [each for each in facts.get("clues", ()) if not each["struck"]]
    found = [
        f"{_cut(each['kind'], SAYS)}: {_cut(each['says'], SAYS)} ({each['bits']:+.1f} bits)" for each in kept[:most]
    ]
    return "; ".join(found + ([f"and {len(kept) - most} more"] if len(kept) > most else []))


def _line(clue: dict[str, Any], kind: int, says: int) -> str:
    text = f"  “{_cut(' / '.join(clue['text']), TEXT)}”" if clue["text"] else ""
    bits = " " * 10 if clue["struck"] else f"{clue['bits']:+5.1f} bits"
    words = f"{_cut(clue['kind'], SAYS):<{kind}}  {_cut(clue['says'], SAYS):<{says}}"
    return f"{bits}  {words}{text}{'  (struck out)' if clue['struck'] else ''}".rstrip()


def _cut(text: str, width: int) -> str:
    text = printable(text)
    return text if len(text) <= width else text[: width - 1] + "…"
