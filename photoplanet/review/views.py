"""A review as plain values for its page: photos as they stand, and why each is proposed where it is."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from photoplanet.earth import cells, gazetteer, town_search
from photoplanet.locate import why
from photoplanet.locate.prediction import Prediction
from photoplanet.metadata.estimate import MAX_RADIUS_KM
from photoplanet.retrieval.library.matching import Match
from photoplanet.review import proposals
from photoplanet.review.answers import (
    CellState,
    FileNote,
    Kind,
    MatchState,
    NeighbourState,
    PhotoState,
    ReviewState,
    State,
    TownState,
    Why,
    Written,
)
from photoplanet.review.decisions import ACCEPTED, PLACED
from photoplanet.review.session import Session, Standing
from photoplanet.review.writing import Summary
from photoplanet.show.matches import likeness

NONE = "none"
LEVELS = ((25.0, "city"), (200.0, "region"), (750.0, "country"))  # km up to which a place is named so finely
MOST_CELLS = 250
MOST_CLUES = 20
TYPED_KM = 0.1  # the radius of coordinates that were typed
MOST_NAMES = 50_000  # of places that are remembered


class Names:
    """Names of places, each looked up once.

    >>> Names().of([(48.86, 2.35, 1.0), (48.86, 2.35, 500.0)])
    ['Paris, Île-de-France, France', 'France']
    """

    def __init__(self) -> None:
        self._known: dict[tuple[float, float], gazetteer.PlaceName] = {}

    def of(self, places: Sequence[tuple[float, float, float]]) -> list[str]:
        """The name of each (latitude, longitude, radius in km), as fine as the radius allows."""
        if len(self._known) > MOST_NAMES:
            self._known.clear()
        new = list(dict.fromkeys(place[:2] for place in places if place[:2] not in self._known))
        if new:
            points = np.array(new)
            self._known.update(zip(new, gazetteer.name(points[:, 0], points[:, 1]), strict=True))
        return [self._known[latitude, longitude].text(_level(radius)) for latitude, longitude, radius in places]


def _level(radius_km: float) -> str:
    return next((name for most, name in LEVELS if radius_km <= most), "continent")


def state(session: Session, names: Names, since: int = -1, focus: int | None = None, changed: int = 0) -> ReviewState:
    """What changed since a revision (−1: all photos); `focus`: the photo to look at, `changed`: how many an action did.

    The session's lock is held meanwhile, so that all is of one revision.

    >>> from photoplanet.albums import trips
    >>> from photoplanet.albums.shots import Shot
    >>> from photoplanet.review import kept, opening
    >>> shots = [Shot("a.jpg", "a.jpg", taken_at="2024-05-01T10:00:00", place=(48.86, 2.35)), Shot("b.jpg", "b.jpg")]
    >>> held = kept.Kept(getfixture("tmp_path") / "kept.jsonl")
    >>> session = opening.open_session(opening.Sources(shots, trips.split(shots)[0]), ["."], held)
    >>> [(photo["n"], photo["state"], photo["kind"]) for photo in state(session, Names())["photos"]]
    [(0, 'known', 'own GPS'), (1, 'open', 'none')]
    >>> held.close()
    """
    with session.lock:
        numbers = session.changes(since)
        standing = [session.standing(number) for number in numbers]
        history, looker = session.kept.history, session.looker
        found = _photos(standing, numbers, names)
        return {
            "revision": session.revision, "photos": found, "total": len(session.photos), "pending": session.pending,
            "looked_at": session.looked_at, "to_look_at": looker.total if looker else 0,
            "written": 0, "undo": history.done[-1].label if history.done else None,
            "redo": history.undone[-1].label if history.undone else None, "focus": focus, "changed": changed,
        }  # fmt: skip


def _photos(standing: Sequence[Standing], numbers: Sequence[int], names: Names) -> list[PhotoState]:
    placed = [each for each in standing if each.point is not None]
    named = iter(names.of([(*each.point, each.radius_km or 0.0) for each in placed if each.point is not None]))
    return [_photo(n, each, next(named) if each.point else "") for n, each in zip(numbers, standing, strict=True)]


def _photo(number: int, each: Standing, place: str) -> PhotoState:
    decision, proposal = each.decision, each.proposal
    return {
        "n": number, "name": each.photo.name, "time": each.photo.time, "day": each.photo.day,
        "state": cast(State, each.state), "kind": kind_of(each),
        "latitude": None if each.point is None else round(each.point[0], 6),
        "longitude": None if each.point is None else round(each.point[1], 6),
        "radius_km": None if each.radius_km is None else float(f"{each.radius_km:.3g}"),
        "hours": None if proposal is None or proposal.hours is None else round(proposal.hours, 3),
        "place": place, "note": _text(decision.note) if decision else "",
        "anchor": bool(decision and decision.anchors and each.photo.own is None),
    }  # fmt: skip


def kind_of(each: Standing) -> Kind:
    """What a photo's place rests on: its own GPS, a person's hand, or what its proposal does; "none": no place.

    >>> from photoplanet.review.photos import Photo
    >>> kind_of(Standing(Photo(0, "a.jpg", "a.jpg", "a.jpg", "", "", None, None), "open", None, None, None, None, 0))
    'none'
    """
    if each.photo.own is not None:
        return "own GPS"
    if each.decision is not None and each.decision.state == PLACED:
        return "hand"
    if each.decision is not None and each.decision.state == ACCEPTED:
        return cast(Kind, each.decision.how)
    by: str = NONE if each.proposal is None or each.proposal.point is None else each.proposal.by
    return cast(Kind, by)


def reasons(session: Session, number: int) -> Why:
    """Why a photo is proposed where it is: places known near to it in time, what was read in it, and its region.

    >>> from photoplanet.albums import trips
    >>> from photoplanet.albums.shots import Shot
    >>> from photoplanet.review import kept, opening
    >>> shots = [Shot("a.jpg", "a.jpg", taken_at="2024-05-01T10:00:00", place=(48.86, 2.35)), Shot("b.jpg", "b.jpg")]
    >>> held = kept.Kept(getfixture("tmp_path") / "kept.jsonl")
    >>> session = opening.open_session(opening.Sources(shots, trips.split(shots)[0]), ["."], held)
    >>> session.settle(), reasons(session, 1)["silent"][:7]
    (True, 'no time')
    >>> held.close()
    """
    with session.lock:
        each = session.standing(number)
        row, looker = each.photo.row, session.looker
        found = proposals.neighbours(session.anchored, row, each.point)
        prediction: Prediction | None = None if looker is None else looker.prediction(row, session.anchored.library)
        evidence = None if prediction is None or prediction.evidence is None else why.record(prediction.evidence)
        return {
            "n": number, "by": kind_of(each), "silent": each.proposal.silent if each.proposal else "",
            "path": _text(each.photo.source), "neighbours": [_neighbour(session, one) for one in found],
            "clues": evidence["clues"][:MOST_CLUES] if evidence else [],
            "conflict": evidence["conflict"] if evidence else None,
            "cells": [] if prediction is None else _cells(prediction),
        }  # fmt: skip


def _neighbour(session: Session, one: proposals.Neighbour) -> NeighbourState:
    number = session.number_of.get(one.row)
    photo = None if number is None else session.photos[number]
    kind: Literal["own GPS", "track", "hand"] = "own GPS" if photo is not None and photo.own else "track"
    if session.anchored.is_anchor(one.row):
        kind = "hand"
    return {"n": number, "hours": round(one.hours, 3), "share": round(one.share, 4),
            "km": float(f"{one.km:.3g}"), "kind": kind}  # fmt: skip


def _cells(prediction: Prediction) -> list[CellState]:
    held = prediction.credible_region(proposals.SHARE).classes[:MOST_CELLS]
    corners = np.round(cells.vertices(prediction.partition.ids[held]), 4).reshape(len(held), -1)
    shares = prediction.probabilities[held] * prediction.inside
    return [
        {"corners": corner, "probability": float(f"{share:.3g}")}
        for corner, share in zip(corners.tolist(), shares.tolist(), strict=True)
    ]


def towns(text: str) -> list[TownState]:
    """The towns that a person may mean, or the place of typed coordinates.

    >>> [(town["name"], town["where"]) for town in towns("lisboa")][0]
    ('Lisbon', 'Lisbon, Portugal')
    >>> towns("48.86, 2.35")[0]["latitude"]
    48.86
    """
    if typed := town_search.coordinates(text):
        name = gazetteer.name(*typed)[0].text("city")
        return [{"name": f"{typed[0]:g}, {typed[1]:g}", "where": name, "latitude": typed[0], "longitude": typed[1],
                 "radius_km": TYPED_KM}]  # fmt: skip
    return [
        {
            "name": town.name,
            "where": ", ".join(filter(None, (town.region, town.country))),
            "latitude": town.latitude,
            "longitude": town.longitude,
            "radius_km": town.radius_km,
        }
        for town in town_search.search(text)
    ]


def matches(session: Session, found: Iterable[Match]) -> list[MatchState]:
    """The matches of a photo, each with its number in this review.

    >>> from photoplanet.albums import trips
    >>> from photoplanet.albums.shots import Shot
    >>> from photoplanet.review import kept, opening
    >>> shots = [Shot("a.jpg", "a.jpg", taken_at="2024-05-01T10:00:00", place=(48.86, 2.35)), Shot("b.jpg", "b.jpg")]
    >>> held = kept.Kept(getfixture("tmp_path") / "kept.jsonl")
    >>> session = opening.open_session(opening.Sources(shots, trips.split(shots)[0]), ["."], held)
    >>> match = Match(0, "a.jpg", "a.jpg", 48.86, 2.35, 0.9, inliers=60, trusted=True)
    >>> [(each["n"], each["says"]) for each in matches(session, [match])]
    [(0, '60 details agree')]
    >>> held.close()
    """
    numbers = {os.path.realpath(photo.source): number for number, photo in enumerate(session.photos)}
    listed: list[MatchState] = []
    for match in found:
        record: dict[str, Any] = match.to_dict("street")
        listed.append({
            "n": numbers.get(os.path.realpath(match.path)), "name": _text(Path(match.path).name),
            "says": likeness(record), "trusted": bool(match.trusted), "latitude": match.latitude,
            "longitude": match.longitude, "place": record["place"],
        })  # fmt: skip
    return listed


def written(summary: Summary, kind: str, dry_run: bool, max_radius_km: float = MAX_RADIUS_KM) -> Written:
    """What was done to files, or would be.

    >>> written(Summary(123, 0, 3, 1, []), "xmp", dry_run=True)["left_alone"]
    4
    """
    left = summary.own_gps + summary.failed
    notes: list[FileNote] = [{"name": _text(Path(note.name).name), "did": note.did, "detail": _text(note.detail)}
             for note in summary.notes]  # fmt: skip
    return {
        "kind": kind, "dry_run": dry_run, "written": summary.written, "unchanged": summary.unchanged,
        "own_gps": summary.own_gps, "failed": summary.failed, "left_alone": left, "coarse": summary.coarse,
        "max_radius_km": max_radius_km, "notes": notes,
    }  # fmt: skip


def _text(text: str) -> str:
    """Text that JSON can hold: names of files may be any bytes."""
    return text.encode("utf-8", "replace").decode()


def title(names: Sequence[str]) -> str:
    """What is reviewed, in a word: the name of the folder, and how many more there are.

    >>> title(["/photos/trip", "/photos/other"])
    'trip and 1 more'
    """
    first = Path(os.path.realpath(names[0])).name or names[0]
    return _text(first) + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def texts(names: Sequence[str]) -> list[str]:
    r"""Names of files as JSON can hold them.

    >>> texts(["a.jpg", "\udcff.jpg"])
    ['a.jpg', '?.jpg']
    """
    return [_text(name) for name in names]
