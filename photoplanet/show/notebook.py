"""Predictions as HTML for notebooks: a static map and short tables, for Jupyter, VS Code and Colab, trusted or not.

No script and no style sheet, since both are often blocked in a notebook's output; the map is an image of its own.
Text takes the colours of the page around it. Places are rounded as `photoplanet locate` rounds them.
"""

import base64
from collections.abc import Sequence
from html import escape

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.locate import why
from photoplanet.locate.answers import AnswerOptions, no_answer, record
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.geojson import MAX_OUTLINES
from photoplanet.locate.precision import ANYWHERE_KM, percent, point, within
from photoplanet.locate.prediction import Prediction
from photoplanet.show import sketch
from photoplanet.show.result_files import TOY_LINE

MOST = 50  # predictions of a list that are shown
_FORM = AnswerOptions(top=5)
_CELL = "padding:1px 12px 1px 0;border:0;text-align:left;background:none;vertical-align:top"
_QUIET = "opacity:.75"


def one(prediction: Prediction) -> str:
    """Show a prediction: where, how sure, its cell and the four most probable others, and the map.

    >>> import numpy as np
    >>> import photoplanet as pp
    >>> black = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> "nowhere that this model knows" in one(black), "<script" in one(black)
    (True, False)
    """
    facts = record("", prediction, _FORM)
    best, region = facts["best"], facts["region"]
    place = escape(best["place"] if best else no_answer(prediction))
    where = f' <span style="{_QUIET}">· {point(best, _FORM.precision, region["radius_km"])}</span>' if best else ""
    sure = [(f"{name}, {RADII_KM[name]:,} km", percent(facts["confidence"][name])) for name in RADII_KM]
    held = f"{100 * REGION_SHARE:.0f} % of the probability lies within {region['radius_km']:,.0f} km of the point"
    cells = "1 cell holds" if region["cells"] == 1 else f"{region['cells']:,} cells hold"
    if region["radius_km"] >= ANYWHERE_KM:
        held = f"{cells} {percent(region['probability'])} of the probability: anywhere"
    elif best is None:
        held = f"{cells} {100 * REGION_SHARE:.0f} % of the probability"
    if region["cells"] > MAX_OUTLINES:
        held += f"; the map shows the likeliest {MAX_OUTLINES}"
    lines = [held, *([escape(prediction.within.line())] if prediction.within else [])]
    if best is not None and facts["unknown"] is not None:
        lines.insert(0, f"{percent(facts['unknown'])}: nowhere that this model knows")
    evidence = prediction.evidence
    lines += [escape(line) for line in why.note(facts)]
    tables = _table("taken within", sure)
    if facts["top"]:
        places = [
            (escape(each["place"]), point(each, _FORM.precision, each["radius_km"]), percent(each["confidence"]))
            for each in facts["top"]
            if each["confidence"] > 0
        ]
        tables += _table("the answer's cell, the likeliest others", places)
    if evidence is not None and evidence.clues:
        tables += _table("evidence", [
            (f"{each['bits']:+.1f} bits", *(escape(text[: why.TEXT]) for text in (each["kind"], each["says"],
             " / ".join(each["text"]))), "struck out" if each["struck"] else "")
            for each in facts["clues"][: why.MOST]
        ])  # fmt: skip
    return _page(f"<b>{place}</b>{where}", lines, [prediction], f"<div>{tables}</div>", prediction.toy)


def many(answers: Sequence[Prediction | Exception]) -> str:
    """Show a list of predictions (an error stands for a photo that could not be read): one map, and a row for each.

    >>> "not a photo" in many([ValueError("a.jpg: not a photo")])
    True
    """
    shown = list(answers)[:MOST]
    rows = []
    for number, answer in enumerate(shown, start=1):
        if not isinstance(answer, Prediction):
            rows.append((str(number), escape(str(answer)[:200]), "", "", "", ""))
            continue
        facts = record("", answer, _FORM)
        best, sure, region = facts["best"], facts["confidence"], facts["region"]
        place, where = escape(no_answer(answer)), ""
        if best:
            place, where = escape(best["place"]), point(best, _FORM.precision, region["radius_km"])
        rows.append((str(number), place, where, percent(sure["city"]), percent(sure["country"]),
                     within(region["radius_km"])))  # fmt: skip
    head = ("", "place", "latitude, longitude", "city", "country", f"{100 * REGION_SHARE:.0f} % within")
    rest = [f"the first {MOST} of {len(answers):,} are shown"] if len(answers) > MOST else []
    found = [answer for answer in shown if isinstance(answer, Prediction)]
    numbers = [number for number, answer in enumerate(shown, start=1) if isinstance(answer, Prediction)]
    return _page("", rest, found, _table(head, rows), any(each.toy for each in found), numbers)


def _page(
    title: str, lines: Sequence[str], shown: Sequence[Prediction], tables: str, toy: bool, numbers: Sequence[int] = ()
) -> str:
    said = [f"<div>{title}</div>"] if title else []
    said += [f'<div style="{_QUIET}">{line}</div>' for line in [*lines, *([TOY_LINE] if toy else [])]]
    picture = ""
    if shown:
        drawn = sketch.svg(shown, REGION_SHARE, numbers)
        packed = base64.b64encode(drawn.encode()).decode()
        picture = f'<img src="data:image/svg+xml;base64,{packed}" alt="{sketch.label(shown)}" style="max-width:100%">'
    return (
        f'<div style="line-height:1.45">{"".join(said)}<div style="display:flex;flex-wrap:wrap;gap:8px 24px;'
        f'align-items:flex-start;margin-top:6px">{picture}{tables}</div></div>'
    )


def _table(head: str | Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of escaped text without the notebook's own stripes; `head`: over all columns, or one for each."""
    if isinstance(head, str):
        top = f'<th colspan="{len(rows[0])}" style="{_CELL}">{head}</th>'
    else:
        top = "".join(f'<th style="{_CELL}">{name}</th>' for name in head)
    body = "".join(
        f"<tr>{''.join(f'<td style={chr(34)}{_CELL}{chr(34)}>{cell}</td>' for cell in row)}</tr>" for row in rows
    )
    return f'<table style="border-collapse:collapse;margin:0 0 8px"><tr>{top}</tr>{body}</table>'
