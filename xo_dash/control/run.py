"""One execution of a command, on one object or on many: what became of each, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from data.grants.grant import Grant
from data.mirror import Mirror
from data.stores.users import Role
from data.types import Ref, XapiObject
from xo_dash.control.action import AnyAction
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.transfers.meter import ByteCounter


class RunState(StrEnum):
    """What became of one object, or of one step. The last five are ends."""

    WAITING = "waiting"  # for its turn: so many at a time
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"  # by us, before anything was sent
    FAILED = "failed"  # by XAPI
    CANCELLED = "cancelled"
    LOST = "lost"  # sent, and nobody can say what became of it

    @property
    def ended(self) -> bool:
        return self not in (RunState.WAITING, RunState.RUNNING)


@dataclass(frozen=True, slots=True, eq=False)
class Leftover:
    """What a run did and could not take back."""

    says: LazyText
    pool: str = ""  # the server's id of where it is; empty: nobody knows
    refs: tuple[Ref, ...] = ()  # what was made, else what was changed
    made: bool = False


Finds = Callable[[Mirror], Sequence[Leftover]]
"""What is there now that was not when a command began, and can be nobody else's."""


@dataclass(slots=True, eq=False)
class StepLog:
    """What became of one step of a plan."""

    says: LazyText
    state: RunState = RunState.WAITING
    comes_back: bool | None = None  # whether it is undone if a later one fails or is cancelled; None: of itself it changes nothing
    undone: bool = False  # it was done, and taken back because a later one failed
    reason: LazyText | None = None  # why it failed
    left: LazyText | None = None  # what of it could not be taken back
    kept_by: LazyText | None = None  # ... and why
    began: float = 0.0  # seconds since 1970
    ended: float = 0.0
    weight: float = 1.0  # how much of the whole it is
    progress: float = 0.0  # 0 to 1, as XAPI tells of its task
    meter: ByteCounter | None = None  # of a transfer
    inside: list[StepLog] = field(default_factory=list)  # of plans beside each other one for each; of such a plan its steps


@dataclass(slots=True, eq=False, kw_only=True)
class RunItem:
    """A command's way on one object. The object itself may be gone: its name and uuid stay."""

    subject: XapiObject
    uuid: str
    name: str
    pool: str  # the server's id
    pool_uuid: str = ""  # of the pool that it led to when the command was given
    request: Request | None = None  # for this object: patterns filled in; none until its turn has come
    state: RunState = RunState.WAITING
    reason: LazyText | None = None  # why it was refused or failed
    code: str = ""  # XAPI's, where it failed
    progress: float = 0.0  # 0 to 1, coarse
    says: LazyText | None = None  # the step under way, where there are several
    steps: list[StepLog] = field(default_factory=list)  # as foretold, then as they went
    left: list[Leftover] = field(default_factory=list)
    tasks: list[Ref] = field(default_factory=list)  # of its steps so far
    unshown: dict[str, float] = field(default_factory=dict)  # {server's id: when (monotonic) it answered what no event has told of}
    made: list[Ref] = field(default_factory=list)  # what its steps answered so far: VMs, disks, NICs
    started: float = 0.0  # seconds since 1970; 0 while it waits
    ended: float = 0.0
    given: frozenset[Grant] = frozenset()  # by which it was begun
    result: object = None  # of the first step: what a command made
    cancelled: bool = False  # somebody wants it to stop
    can_be_undone: bool = False  # somebody may take back what is left of it


@dataclass(slots=True, eq=False, kw_only=True)
class Run:
    """A command as given: by whom, when, on what. Changes as it goes; observers of the runner are told."""

    id: int  # since the program started
    key: str  # unique for ever: in the audit
    action: AnyAction
    user_id: str
    user_name: str
    address: str
    items: tuple[RunItem, ...]
    created: float
    request: Request | None = None  # as given, patterns not filled in; none if what was given makes no request: see `faults`
    faults: tuple[Fault, ...] = ()
    cancelled: bool = False  # somebody wants all of it to stop
    dismissed: bool = False  # its user has seen what became of it
    cap: Role = Role.ADMIN  # the most that it may, for a token that may less than its user
    recalled: bool = False  # given before this program started, and not continued: see unfinished
    continued: float = 0.0  # seconds since 1970: when it went on after a restart of ours

    @property
    def ended(self) -> bool:
        return all(item.state.ended for item in self.items)

    @property
    def state(self) -> RunState:
        """The worst of its objects once all have ended; else that it goes on."""
        if not self.ended:
            return RunState.RUNNING if any(item.state is not RunState.WAITING for item in self.items) else RunState.WAITING
        order = (RunState.FAILED, RunState.LOST, RunState.REFUSED, RunState.CANCELLED, RunState.DONE)
        return next((state for state in order if self.count(state)), RunState.DONE)

    @property
    def progress(self) -> float:
        """0 to 1 over all objects."""
        return sum(1.0 if item.state.ended else item.progress for item in self.items) / max(1, len(self.items))

    def count(self, *states: RunState) -> int:
        return sum(item.state in states for item in self.items)

    @property
    def unhappy(self) -> tuple[RunItem, ...]:
        """Those that did not get there."""
        return tuple(item for item in self.items if item.state.ended and item.state is not RunState.DONE)
