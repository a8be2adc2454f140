"""A review as it stands: photos, proposals and decisions; what a person decides places the rest anew at once."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from photoplanet.albums import located_photos
from photoplanet.albums.methods import AUTO
from photoplanet.albums.movement.library import Library
from photoplanet.errors import InputError
from photoplanet.review import proposals
from photoplanet.review.anchored import Anchor, Anchored
from photoplanet.review.decisions import ACCEPTED, MOST_TEXT, PLACED, REJECTED, SKIPPED, Decision
from photoplanet.review.history import Step
from photoplanet.review.kept import Kept
from photoplanet.review.looking import Looker
from photoplanet.review.photos import Photo
from photoplanet.review.proposals import CLUES, MODEL, Proposal

OPEN, KNOWN = "open", "known"  # states beside those of decisions
AT_ONCE_S = 0.25  # within which photos are placed anew before an action is answered; the rest follows
OWN_STAYS = "it has GPS of its own, which is never written over"
HOWS = ("map", "town", "photo", "numbers")


class Standing(NamedTuple):
    """One photo as it stands: its state, its point (None: none), its radius in km, and what that rests on.

    `revision`: at which it changed last. `decision`: a person's; `proposal`: None where its own GPS says all.
    """

    photo: Photo
    state: str
    point: tuple[float, float] | None
    radius_km: float | None
    decision: Decision | None
    proposal: Proposal | None
    revision: int


class Session:
    """A review of n photos, numbered from 0 in time order. Every method may be called from any thread.

    `track`: row → (point, radius in m) of photos whose place a track says. `looker`: reads what stands in photos.
    """

    def __init__(
        self, photos: Sequence[Photo], library: Library, kept: Kept,
        track: dict[int, tuple[tuple[float, float], float]] | None = None, looker: Looker | None = None,
    ):  # fmt: skip
        self.photos, self.kept, self.looker = list(photos), kept, looker
        self.number_of = {photo.row: number for number, photo in enumerate(self.photos)}
        self.anchored = Anchored(library)
        self.revision, self.looked = 0, False
        self.lock = threading.RLock()
        self._track = track or {}
        self._of_key = {photo.key: photo for photo in self.photos}
        self._proposals: dict[int, Proposal] = {}  # by row
        self._changed: dict[int, int] = {}  # row → revision
        self._stale: dict[int, None] = {photo.row: None for photo in self.photos if photo.own is None}
        self._wake = threading.Condition(self.lock)
        self._places: dict[int, tuple[float, float] | None] = {}  # row → where a photo is known to be
        self._anchor()

    # --- what stands
    def standing(self, number: int) -> Standing:
        """One photo as it stands; InputError for a number that no photo has."""
        if not 0 <= number < len(self.photos):
            raise InputError(f"there is no photo {number}; there are {len(self.photos):,}, from 0")
        with self.lock:
            photo = self.photos[number]
            decision = self.kept.history.decisions.get(photo.key)
            proposal = self._proposals.get(photo.row)
            state = decision.state if decision else KNOWN if photo.own else OPEN
            point: tuple[float, float] | None
            if photo.own is not None:
                point, radius = photo.own, located_photos.TRACK_ERROR_M / 1000
            elif decision is not None and decision.point is not None:
                point, radius = decision.point, decision.radius_km or 0.0
            else:
                point, radius = (proposal.point, proposal.radius_km or 0.0) if proposal else (None, 0.0)
            changed = self._changed.get(photo.row, 0)
            return Standing(photo, state, point, radius if point else None, decision, proposal, changed)

    def changes(self, since: int = -1) -> list[int]:
        """The numbers of photos that changed after a revision; all for −1."""
        with self.lock:
            if since < 0:
                return list(range(len(self.photos)))
            return sorted(self.number_of[row] for row, at in self._changed.items() if at > since)

    @property
    def pending(self) -> int:
        """How many photos still have to be placed anew."""
        return len(self._stale)

    def chosen(self) -> list[tuple[str, Decision]]:
        """The photos that would be written, with their decisions."""
        with self.lock:
            found = [(photo, self.kept.history.decisions.get(photo.key)) for photo in self.photos if not photo.own]
            return [(photo.source, each) for photo, each in found if each is not None and each.point is not None]

    # --- what a person does
    def accept(self, numbers: Sequence[int]) -> int:
        """Accept what is proposed of some photos; return how many. InputError for one photo that has no proposal."""
        return self._accept([self.standing(number) for number in numbers], named=len(numbers) == 1)

    def accept_all(self, day: str | None = None, within_km: float | None = None) -> int:
        """Accept all open proposals of a day (YYYY-MM-DD, "" for no time), all within a radius in km, or both."""
        with self.lock:
            every = [self.standing(number) for number in range(len(self.photos))]
            return self._accept([
                each for each in every
                if each.state == OPEN and (day is None or each.photo.day == day)
                and (within_km is None or (each.radius_km is not None and each.radius_km <= within_km))
            ])  # fmt: skip

    def place(
        self, numbers: Sequence[int], point: tuple[float, float], radius_km: float, how: str, note: str = ""
    ) -> int:
        """Put photos where a person says; return how many. InputError for a photo that has GPS of its own."""
        if how not in HOWS:
            raise InputError(f"a place is known by {', '.join(HOWS)}, not {how!r}")
        with self.lock:
            made: dict[str, Decision | None] = {}
            for each in (self.standing(number) for number in numbers):
                if each.photo.own is not None:
                    raise InputError(f"{each.photo.name}: {OWN_STAYS}")
                made[each.photo.key] = Decision(
                    PLACED, *point, radius_km, how, note[:MOST_TEXT], len(numbers) == 1, each.photo.taken_at
                )
            return self._do("place", made)

    def put_aside(self, numbers: Sequence[int], state: str) -> int:
        """Reject what is proposed of photos, skip them, or make them open again; return how many changed.

        Of a photo with GPS of its own: rejecting it lets it place no others.
        """
        if state not in (REJECTED, SKIPPED, OPEN):
            raise InputError(f"photos are put aside as {REJECTED} or {SKIPPED}, or {OPEN} again, not {state!r}")
        with self.lock:
            made: dict[str, Decision | None] = {}
            for each in (self.standing(number) for number in numbers):
                if each.photo.own is not None and state == SKIPPED:
                    raise InputError(f"{each.photo.name}: {OWN_STAYS}; there is nothing to skip")
                made[each.photo.key] = None if state == OPEN else Decision(state, taken_at=each.photo.taken_at)
            return self._do("reopen" if state == OPEN else state.removesuffix("ed").replace("skipp", "skip"), made)

    def undo(self) -> Step | None:
        """Take back the last step; None where there is none."""
        return self._step(self.kept.undo)

    def redo(self) -> Step | None:
        """Do the step again that was taken back last; None where there is none."""
        return self._step(self.kept.redo)

    def numbers_of(self, step: Step) -> list[int]:
        """The photos that a step changed."""
        photos = (self._of_key.get(key) for key in step.after)
        return sorted(self.number_of[photo.row] for photo in photos if photo is not None)

    # --- placing anew
    def settle(self, seconds: float = float("inf"), stop: Callable[[], bool] = lambda: False) -> bool:
        """Place photos anew for so long at most; whether all are placed."""
        end = time.monotonic() + seconds
        while True:
            with self.lock:
                if not self._stale:
                    return True
                row = next(iter(self._stale))
                del self._stale[row]
                fresh = self._propose(row)
                if fresh != self._proposals.get(row):
                    self._proposals[row] = fresh
                    self._mark([row])
            if time.monotonic() >= end or stop():
                return not self._stale

    def wait(self, seconds: float) -> None:
        """Wait until something has to be placed anew, or for so long."""
        with self._wake:
            if not self._stale:
                self._wake.wait(seconds)

    def look(self) -> bool:
        """Read a few more photos; False where all were."""
        looker = self.looker
        if looker is None:
            return False
        found = looker.look()
        finished = found is None
        if finished and looker.has_model and looker.weights is None:
            looker.learn(self.anchored.measured, self.anchored.library.experience)
            found = [photo.row for photo in self.photos]
        with self._wake:
            self._make_stale(found or ())
            self.looked = finished
        return not finished

    @property
    def looked_at(self) -> int:
        """How many photos were read; not all before what that says is taken in."""
        if self.looker is None:
            return 0
        return self.looker.total if self.looked else max(0, min(self.looker.done, self.looker.total - 1))

    # --- inside
    def _accept(self, found: Iterable[Standing], named: bool = False) -> int:
        made: dict[str, Decision | None] = {}
        with self.lock:
            usable = [each for each in found if each.photo.own is None and each.proposal and each.proposal.point]
            if named and not usable:
                raise InputError("there is no proposal to accept; put the photo on the map, or skip it")
            for each in usable:
                proposal = each.proposal
                assert proposal is not None
                note = self.looker.label if self.looker and proposal.by == MODEL else ""
                made[each.photo.key] = Decision(
                    ACCEPTED, proposal.latitude, proposal.longitude, proposal.radius_km, proposal.by, note,
                    alone=named, taken_at=each.photo.taken_at,
                )  # fmt: skip
            return self._do("accept", made)

    def _do(self, label: str, made: dict[str, Decision | None]) -> int:
        with self.lock:
            if not self.kept.do(label, made):
                return 0
            changed = self.kept.history.done[-1].after
            self._decided(changed)
            return len(changed)

    def _step(self, take: Callable[[], Step | None]) -> Step | None:
        with self.lock:
            step = take()
            if step is not None:
                self._decided(step.after)
            return step

    def _decided(self, keys: Iterable[str]) -> None:
        self._mark([self._of_key[key].row for key in keys if key in self._of_key])
        self._anchor()
        self.settle(AT_ONCE_S)

    def _anchor(self) -> None:
        anchors, dropped = {}, []
        self._places = {photo.row: photo.own for photo in self.photos if photo.own is not None}
        for key, each in self.kept.history.decisions.items():
            photo = self._of_key.get(key)
            if photo is None:
                continue
            if each.state == REJECTED and photo.own is not None:
                dropped.append(photo.row)
                self._places[photo.row] = None
            elif photo.own is None and each.anchors and each.point is not None:
                anchors[photo.row] = Anchor(*each.point, each.radius_km or 0.0)
                self._places[photo.row] = each.point
        moved = self.anchored.set(anchors, dropped)
        if self.looker is not None and moved:
            moved = list(dict.fromkeys([*moved, *self.looker.forget(moved)]))
        self._make_stale(moved)

    def _make_stale(self, rows: Iterable[int]) -> None:
        with self._wake:
            fresh = {row: None for row in rows if self.photos[self.number_of[row]].own is None}
            self._stale = fresh | {row: None for row in self._stale if row not in fresh}
            self._wake.notify_all()

    def _mark(self, rows: Iterable[int]) -> None:
        self.revision += 1
        self._changed.update(dict.fromkeys(rows, self.revision))

    def _propose(self, row: int) -> Proposal:
        if row in self._track:
            return proposals.by_track(*self._track[row])
        found = proposals.by_time(self.anchored, row)
        looker = self.looker
        if looker is None:
            return found
        if looker.has_model:
            return self._by_model(row, found, looker)
        alone = looker.alone.get(row)
        if alone is None and looker.cut is None:
            return found
        prediction = self.anchored.library.prediction(row, alone, looker.cut)
        return proposals.by_prediction(prediction, CLUES if alone else found.by, found.hours)

    def _by_model(self, row: int, found: Proposal, looker: Looker) -> Proposal:
        """What a model makes of a photo: beside known places as much as it counts; by its own methods without any."""
        library = self.anchored.library
        if looker.method == AUTO and len(library.known):
            joined = looker.joined(row, library)
            return found if joined is None else proposals.by_prediction(joined, MODEL, found.hours)
        located = looker.located(row, self._places)
        if located is None or located.prediction is None:
            return found
        return proposals.by_prediction(located.prediction, MODEL, found.hours)
