"""One transfer under way, and why its bytes have not moved."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from data.objects import TaskStatus
from data.types import Ref
from xo_dash.control.failures import explain_error
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Transfer
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.steps import CANCELLED, StepOutcome, TaskNoted
from xo_dash.control.task_waiter import TaskEnd
from xo_dash.control.transfers.delivery import Delivery
from xo_dash.control.transfers.ends import EndFailed, Source
from xo_dash.control.transfers.meter import ByteCounter
from xo_dash.i18n import N_
from xo_dash.xapi.errors import TransferRefused, XapiError
from xo_dash.xapi.streams import TransferStream

OURS: Final = "Transfer"
"""The code of a failure whose reason is at our end: XAPI knows only that something broke."""
EMPTY: Final = lazy(N_("the host sent nothing"))


@dataclass(slots=True)
class Haul:
    """One transfer under way, with what has to be let go of at its end."""

    run: Run
    item: RunItem
    step: Transfer
    meter: ByteCounter
    held: AsyncExitStack = field(default_factory=AsyncExitStack)
    task: Ref | None = None
    following: asyncio.Task[TaskEnd] | None = None
    stream: TransferStream | None = None
    delivery: Delivery | None = None
    source: Source | None = None
    stopped: bool = False  # somebody wants it to end
    cancelled: bool = False  # we had its task cancelled
    made: TaskNoted = lambda _pool, _task: None
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pool(self) -> str:
        """The server's id of the pool whose task tells what became of it."""
        return self.step.at or self.item.pool

    @property
    def is_refused(self) -> bool:
        """Whether XAPI has ended the task without the bytes."""
        following = self.following
        return following is not None and following.done() and following.result().status is not TaskStatus.SUCCESS


def failure_of(haul: Haul, work: asyncio.Task[None]) -> StepOutcome | None:
    """Why the bytes have not moved, as we saw it; None if they have."""
    if work.cancelled():
        return StepOutcome(RunState.CANCELLED, CANCELLED.reason, OURS if haul.stopped else "")
    error = work.exception()
    match error:
        case None:
            return None
        case EndFailed():
            return StepOutcome(RunState.FAILED, error.reason, OURS)
        case TransferRefused():
            return StepOutcome(RunState.FAILED, _refused(error.status), "TransferRefused")
        case XapiError():
            reason, code = explain_error(error, haul.item.subject.home)
            return StepOutcome(RunState.REFUSED if haul.task is None else RunState.FAILED, reason, code)
        case _:
            raise error


def _refused(status: int) -> LazyText:
    if status == 403:
        return lazy(N_("the account that xo-dash uses for this pool does not have the permission; use another one"))
    return lazy(N_("the host refused the transfer (HTTP {status})"), status=status)
