"""Taking back what a run did: at once after a failure, and again when somebody asks for it, where something was left."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace

from data.types import Ref
from xo_dash.control.lazy_text import NOTHING, LazyText, joined, lazy
from xo_dash.control.plan import Call, Plan, Step
from xo_dash.control.rehearsal import rehearse_rest
from xo_dash.control.resume.lines import UNDO
from xo_dash.control.resume.record import ItemRecord
from xo_dash.control.run import Leftover, Run, RunItem, RunState
from xo_dash.control.steps import NOT_SENT, StepOutcome
from xo_dash.control.throttle import Turn
from xo_dash.control.track import Done, Track
from xo_dash.i18n import N_

log = logging.getLogger(__name__)

Drive = Callable[[Track, Plan], Awaitable[tuple[StepOutcome, bool]]]
"""Carries out a plan: what became of it, and whether that ended it before its end."""


@dataclass(slots=True, eq=False)
class Remaining:
    """What of an item is left, and how to take it back."""

    run: Run
    record: ItemRecord
    parts: list[tuple[Done, Leftover]] = field(default_factory=list)  # in the order in which it is taken back
    failed: StepOutcome | None = None  # what became of the item, before anything was taken back


class Undoing:
    """Knows of each item that has something left how to take that back."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self._remaining: dict[RunItem, Remaining] = {}

    async def after(self, track: Track, failed: StepOutcome) -> StepOutcome:
        """Undo what is done, last first. Of a pool that may still be doing the last step nothing is taken back."""
        reason = failed.reason or NOTHING
        done = track.done
        track.patient = track.patient and failed.code != NOT_SENT  # it has been waited for
        for one in reversed(done):
            one.log.undone = failed.state is not RunState.LOST and await self._undone(track, one)
            words = one.step.undone if one.log.undone else one.step.stays
            if not one.log.undone:
                self._leave(track, one, words or one.step.says)
            if words is not None:
                reason = lazy(N_("{reason}; {left}"), reason=reason, left=words)
        unsaid = [one.step.says for one in done if not one.log.undone and one.step.stays is None]
        if unsaid:
            reason = lazy(N_("{reason}. Not undone: {left}"), reason=reason, left=joined(unsaid))
        elif any(one.log.undone and one.step.undone is None for one in done):
            reason = lazy(N_("{reason}. The steps before it were undone"), reason=reason)
        return replace(failed, reason=reason)

    def settle(self, item: RunItem, failed: StepOutcome) -> None:
        """An item has ended: with something left, that can be asked for again."""
        if remaining := self._remaining.get(item):
            remaining.failed = failed
            item.can_be_undone = True

    async def once_more(self, item: RunItem, turn: Turn) -> StepOutcome:
        """Take back what is left: what of that was done the last time is not done again."""
        remaining = self._remaining.pop(item)
        told = [left for _done, left in remaining.parts]
        item.left = [left for left in item.left if left not in told]
        item.can_be_undone = False
        remaining.record.try_again()
        for done, _left in remaining.parts:
            done.log.left = done.log.kept_by = None
        track = Track(
            run=remaining.run, item=item, record=remaining.record, logs=[], turn=turn, shows=lambda _progress: None,
            done=[done for done, _left in reversed(remaining.parts)],
        )  # fmt: skip
        failed = remaining.failed or StepOutcome(RunState.FAILED)
        if failed.state is RunState.LOST:  # somebody looked, and says that it goes on no longer
            failed = replace(failed, state=RunState.CANCELLED)
        outcome = await self.after(track, failed)
        self.settle(item, failed)
        return outcome

    def steps(self, item: RunItem) -> list[Step]:
        """What `once_more` would do."""
        remaining = self._remaining.get(item)
        return [] if remaining is None else [step for done, _left in remaining.parts for step in _rest(done, remaining.record)]

    def forget(self, item: RunItem) -> None:
        """Nobody can ask for it any more."""
        self._remaining.pop(item, None)
        item.can_be_undone = False

    async def _undone(self, track: Track, done: Done) -> bool:
        """Whether every step of the undoing was done."""
        undoing = Track(
            run=track.run, item=track.item, record=track.record, logs=[], turn=track.turn, shows=lambda _progress: None,
            of=(*done.place, UNDO), within=track.within, undoing=True, patient=track.patient,
        )  # fmt: skip
        outcome, _broken = await self._drive(undoing, done.undo(done.answer))
        if outcome.state is not RunState.DONE:
            done.log.kept_by = outcome.reason
            track.patient = track.patient and outcome.code != NOT_SENT
            log.warning("undoing %s of %s: %s", track.run.action.id, track.item.uuid, outcome.code or outcome.state)
        return outcome.state is RunState.DONE

    def _leave(self, track: Track, done: Done, says: LazyText) -> None:
        done.log.left = says
        made = tuple(_refs(done.answer))
        changed = _refs(done.step.parameters[:1]) if isinstance(done.step, Call) else ()
        left = Leftover(says, done.step.at or track.item.pool, made or tuple(changed), made=bool(made))
        track.item.left.append(left)
        remaining = self._remaining.setdefault(track.item, Remaining(track.run, track.record))
        remaining.parts.append((done, left))


def _rest(done: Done, record: ItemRecord) -> list[Step]:
    return rehearse_rest(done.undo(done.answer), lambda number: record.answer_to((*done.place, UNDO, number)))


def _refs(answer: object) -> Iterator[Ref]:
    """The references in an answer, or among parameters."""
    for one in answer if isinstance(answer, (list, tuple)) else (answer,):
        if isinstance(one, str) and one.startswith("OpaqueRef:"):
            yield Ref(one)
