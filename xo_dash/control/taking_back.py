"""Undoing what is left of a run, when somebody asks for it: a command of its own."""

from __future__ import annotations

from data.stores.trace import Actor
from data.stores.users import User, ViewedUser
from xo_dash.control.access import may
from xo_dash.control.audit import AuditUnwritable
from xo_dash.control.background import Background
from xo_dash.control.item_runner import broken
from xo_dash.control.lazy_text import lazy
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.run_audit import RunAudit
from xo_dash.control.run_list import RunList
from xo_dash.control.steps import StepOutcome
from xo_dash.control.throttle import HostTurns, host_of
from xo_dash.control.undoing import Undoing
from xo_dash.control.until_shown import UntilShown
from xo_dash.i18n import N_


class TakingBack:
    """Each object takes its turn for it, as it did for the command."""

    def __init__(
        self, runs: RunList, undoing: Undoing, throttle: HostTurns, audit: RunAudit, background: Background, until_shown: UntilShown,
    ) -> None:  # fmt: skip
        self._runs = runs
        self._undoing = undoing
        self._throttle = throttle
        self._audit = audit
        self._background = background
        self._until_shown = until_shown

    def begin(self, user: User, run: Run, address: str) -> None:
        """As far as they may do what it did."""
        for item in run.items if not isinstance(user, ViewedUser) else ():
            if item.can_be_undone and may(user, run.action, item.subject):
                was, item.can_be_undone, item.state = item.state, False, RunState.RUNNING
                self._background.spawn(self._undo(run, item, was, Actor(user.name, user.id, address)))
        self._runs.tell(run)

    async def _undo(self, run: Run, item: RunItem, was: RunState, by: Actor) -> None:
        """`was`: how it had ended."""
        try:
            entry = await self._audit.begin_undoing(run, item, by)
        except AuditUnwritable as error:
            reason = lazy(N_("{reason}; nothing was done"), reason=str(error))
            outcome, item.can_be_undone = StepOutcome(was, reason, item.code), True
        else:
            outcome = await self._undone(run, item)
            await self._audit.end_undoing(entry, RunState.FAILED if item.left else RunState.DONE)
        item.reason, item.code, item.state, item.says = outcome.reason, outcome.code, outcome.state, None
        self._runs.tell(run)

    async def _undone(self, run: Run, item: RunItem) -> StepOutcome:
        try:
            async with self._throttle.turn(item.pool, host_of(item.subject)) as turn:
                outcome = await self._undoing.once_more(item, turn)
        except Exception as error:
            return broken(run, item, error)
        await self._until_shown.wait(item.unshown)
        return outcome
