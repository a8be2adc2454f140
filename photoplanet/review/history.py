"""Decisions by photo, with every step that led to them, so that each can be taken back and done again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from photoplanet.review.decisions import Decision

MOST_STEPS = 1000  # that can be taken back
Changes = Mapping[str, Decision | None]  # key of a photo → what is decided now; None: nothing


@dataclass(frozen=True)
class Step:
    """One action: what it is called, and the decisions of the photos that it changed, before and after."""

    label: str
    before: Changes
    after: Changes


@dataclass
class History:
    """The decisions that stand (key of a photo → decision), the steps that were `done`, and those taken back.

    >>> history = History()
    >>> history.do("skip", {"a.jpg": Decision("skipped")})
    True
    >>> history.undo().label, list(history.decisions)
    ('skip', [])
    >>> history.redo().label, list(history.decisions)
    ('skip', ['a.jpg'])
    """

    decisions: dict[str, Decision] = field(default_factory=dict)
    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)

    def do(self, label: str, changes: Changes) -> bool:
        """Decide; False where that changes nothing, which is not a step."""
        real = {key: after for key, after in changes.items() if self.decisions.get(key) != after}
        if not real:
            return False
        self.done.append(Step(label, {key: self.decisions.get(key) for key in real}, real))
        del self.done[:-MOST_STEPS]
        self.undone.clear()
        self._apply(real)
        return True

    def undo(self) -> Step | None:
        """Take back the last step; None where there is none."""
        if not self.done:
            return None
        step = self.done.pop()
        self.undone.append(step)
        self._apply(step.before)
        return step

    def forget(self) -> Step | None:
        """Take back the last step, as if it had never been."""
        step = self.undo()
        self.undone.clear()
        return step

    def redo(self) -> Step | None:
        """Do the step again that was taken back last; None where there is none."""
        if not self.undone:
            return None
        step = self.undone.pop()
        self.done.append(step)
        self._apply(step.after)
        return step

    def _apply(self, changes: Changes) -> None:
        for key, decision in changes.items():
            if decision is None:
                self.decisions.pop(key, None)
            else:
                self.decisions[key] = decision
