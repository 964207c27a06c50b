"""A plan on its way, and the steps of it that can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from xo_dash.control.plan import Call, Plan, Question, Step, Transfer
from xo_dash.control.resume.lines import Place
from xo_dash.control.resume.record import ItemRecord, is_harmless
from xo_dash.control.run import Run, RunItem, StepLog
from xo_dash.control.throttle import Turn

FIRST: Final = (0,)
"""The place of a plan's first step."""
BRIEF: Final = 0.02
"""How much of a plan a step is that asks or sets something, beside one that takes its time."""


def log_of(step: Step) -> StepLog:
    """An entry for a step that has not begun."""
    brief = isinstance(step, Question) or (isinstance(step, Call) and (not step.asynchronous or is_harmless(step)))
    comes_back = step.undo is not None if isinstance(step, (Call, Transfer)) else None
    return StepLog(step.says, weight=BRIEF if brief else 1.0, comes_back=comes_back)


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """A step that can be taken back."""

    log: StepLog
    step: Call | Transfer
    undo: Callable[[Any], Plan]
    answer: object
    place: Place


@dataclass(slots=True, kw_only=True, eq=False)
class Track:
    """A plan on its way: of an item, of a branch, or one that takes something back."""

    run: Run
    item: RunItem
    record: ItemRecord
    logs: list[StepLog]  # as foretold, then as they went
    turn: Turn
    shows: Callable[[float], None]  # how far it is, 0 to 1
    of: Place = ()  # the place of the plan
    within: int = 0  # how many plans it is inside of
    undoing: bool = False
    patient: bool = True  # whether a pool that went away is waited for
    done: list[Done] = field(default_factory=list)
    number: int = 0  # of the step under way

    @property
    def place(self) -> Place:
        """Of the step under way."""
        return (*self.of, self.number)

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody wants it any more; what takes something back is done all the same."""
        return self.item.cancelled and not self.undoing

    def progressed(self, fraction: float) -> None:
        """So much of the step under way is done."""
        done = sum(log.weight for log in self.logs[: self.number])
        if self.number < len(self.logs):
            now = self.logs[self.number]
            now.progress = fraction
            done += now.weight * fraction
        self.shows(done / (sum(log.weight for log in self.logs) or 1.0))
