"""What a call that did not succeed may have left: said with the run for as long as it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from data.changes import Change
from data.mirror import Mirror
from data.objects import SR, VDI
from data.observers import Unsubscribe
from data.server import Server
from xo_dash.control.lazy_text import NOTHING, LazyText, lazy
from xo_dash.control.run import Finds, Run, RunItem, RunState
from xo_dash.control.steps import StepOutcome
from xo_dash.i18n import N_

SWEEPING: Final = 5.0
"""Seconds in which XAPI removes what was copied by what failed or was cancelled; what is there still is left."""


@dataclass(frozen=True, slots=True)
class _Followed:
    run: Run
    finds: Finds
    reason: LazyText  # without what is left


class LeftBehind:
    """Nothing of it is removed by us: the pool may still be at it. Whoever reads the run finds it, and decides."""

    def __init__(self, mirror: Mirror, told: Callable[[Run], None]) -> None:
        """`told` is called whenever a run says something else."""
        self._mirror = mirror
        self._tell = told
        self._open: dict[RunItem, _Followed] = {}
        self._unsubscribe: Unsubscribe | None = None
        self._swept: dict[RunItem, asyncio.TimerHandle] = {}

    def after(self, run: Run, item: RunItem, outcome: StepOutcome, finds: Finds | None) -> StepOutcome:
        """The outcome with what is left now; from then on the item is kept up with what is there, until it is forgotten."""
        if finds is None or outcome.state not in (RunState.LOST, RunState.FAILED, RunState.CANCELLED):
            return outcome
        followed = _Followed(run, finds, outcome.reason or NOTHING)
        if outcome.state is not RunState.LOST:
            self._swept[item] = asyncio.get_running_loop().call_later(SWEEPING, self._look_later, item, followed)
            return outcome
        self._follow(item, followed)
        return replace(outcome, reason=item.reason)

    def _look_later(self, item: RunItem, followed: _Followed) -> None:
        self._swept.pop(item, None)
        if followed.finds(self._mirror):
            self._follow(item, followed)
            self._tell(followed.run)

    def _follow(self, item: RunItem, followed: _Followed) -> None:
        self._open[item] = followed
        self._unsubscribe = self._unsubscribe or self._mirror.observe(self._changed)
        self._find(item, followed)

    def forget(self, item: RunItem) -> None:
        if waiting := self._swept.pop(item, None):
            waiting.cancel()
        self._open.pop(item, None)
        if not self._open:
            self._unobserve()

    def stop(self) -> None:
        for waiting in self._swept.values():
            waiting.cancel()
        self._unobserve()

    def _unobserve(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def _changed(self, changes: Sequence[Change]) -> None:
        if any(isinstance(change.subject, VDI | SR | Server) for change in changes):
            for item, followed in self._open.items():
                if self._find(item, followed):
                    self._tell(followed.run)

    def _find(self, item: RunItem, followed: _Followed) -> bool:
        """Whether it says something else now."""
        found = followed.finds(self._mirror)
        if item.reason is not None and {one.refs for one in found} == {one.refs for one in item.left if one.made}:
            return False
        item.left = [one for one in item.left if not one.made] + list(found)
        item.reason = followed.reason
        for one in found:
            item.reason = lazy(N_("{reason}; {left}"), reason=item.reason, left=one.says)
        return True
