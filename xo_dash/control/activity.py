"""What goes on in all pools and what lately did: our own runs, and the tasks of XAPI that others started.

XAPI forgets a task soon after its end, and does not say whose it is or what it is about: the first we keep, the second we
know of our own, the third is seen in the objects' current_operations.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from data.changes import Change, Operation
from data.mirror import Mirror
from data.names import pool_name
from data.objects import KINDS, VM, Host, Task, TaskStatus
from data.observers import Observers, Unsubscribe
from data.server import Server
from data.types import NULL_REF, Ref, XapiObject, timestamp
from data.views.about import about
from xo_dash.control.failures import explain
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.run import Run, RunState
from xo_dash.control.task_view import TaskView
from xo_dash.control.words import method_words
from xo_dash.i18n import N_

KEPT = 300
"""Tasks that stay after XAPI has forgotten them."""
BRIEF = 2.0
"""Seconds below which a call of somebody else's is not worth a line: each synchronous one makes a task."""

LATE = 5.0
"""Seconds after a deletion's end in which the object may still be there, or before its task is heard of no longer."""

Key = tuple[str, Ref]


class Runs(Protocol):
    """Where our own runs are: the runner."""

    @property
    def runs(self) -> tuple[Run, ...]: ...

    def observe(self, observer: Callable[[Run], None]) -> Unsubscribe: ...


@dataclass(slots=True, eq=False, kw_only=True)
class Work:
    """A task of XAPI's, kept beyond its end."""

    row: Task
    seen: float  # seconds since 1970: when we heard of it
    subject: XapiObject | None = None
    state: RunState = RunState.RUNNING
    reason: LazyText | None = None
    ended: float = 0.0


class Activity:
    """Follows the mirror and the runner for as long as the program runs."""

    def __init__(self, mirror: Mirror, runs: Runs, clock: Callable[[], float] = time.time) -> None:
        self._mirror = mirror
        self._runs = runs
        self._clock = clock
        self._works: OrderedDict[Key, Work] = OrderedDict()
        self._operated: OrderedDict[Key, XapiObject] = OrderedDict()
        self._deleting: dict[Key, Work] = {}  # deletions of which nobody knows what of
        self._gone: deque[tuple[float, XapiObject]] = deque(maxlen=KEPT)  # when, and what went
        self._observers: Observers[[]] = Observers()
        self._lines: list[TaskView] | None = None  # as of the last change
        self._unsubscribe = (mirror.observe(self._changed), runs.observe(lambda _run: self._tell()))

    def observe(self, observer: Callable[[], None]) -> Unsubscribe:
        """Call `observer` whenever a line may look different."""
        return self._observers.add(observer)

    def stop(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def lines(self) -> list[TaskView]:
        """Everything, what goes on first. The same list until something changes: do not change it."""
        if self._lines is None:
            self._lines = self._all_lines()
        return self._lines

    def _all_lines(self) -> list[TaskView]:
        ours = {(item.pool, task) for run in self._runs.runs for item in run.items for task in item.tasks}
        names = {key: pool_name(pool) for key, pool in self._mirror.pools.items()}
        lines = [*self._own_lines(names), *(self._line(key, work, names) for key, work in self._works.items() if key not in ours)]
        return sorted(lines, key=lambda line: line.order)

    @property
    def running(self) -> int:
        """How many go on."""
        return sum(line.goes_on for line in self.lines())

    # from the mirror

    def _changed(self, changes: Sequence[Change]) -> None:
        stirred = False
        for change in changes:
            subject = change.subject
            if isinstance(subject, Server):
                stirred = True
            elif isinstance(subject, Task):
                stirred |= self._task(subject, change.operation)
            elif change.operation is Operation.DEL:
                self._gone.append((self._clock(), subject))
                stirred |= self._name_deletions()
            elif isinstance(subject, XapiObject) and "current_operations" in change.names:
                stirred |= self._operations(subject)
        if stirred:
            self._tell()

    def _task(self, row: Task, operation: Operation) -> bool:
        if row.subtask_of != NULL_REF:
            return False
        key = (row.home.id, row.ref)
        work = self._works.get(key)
        if work is None:
            if operation is Operation.DEL:
                return False
            work = self._works[key] = Work(row=row, seen=self._clock(), subject=self._operated.get(key))
            self._forget_old()
            if work.subject is None and _deletes(row.name_label):
                self._deleting[key] = work
        if key in self._deleting:
            self._name_deletions()
        if work.state.ended:
            return False
        if operation is Operation.DEL:
            return self._vanished(key, work)
        if row.status is not TaskStatus.PENDING and row.status is not TaskStatus.CANCELLING:
            self._ended(work)
        return True

    def _name_deletions(self) -> bool:
        """Of a short deletion no operation is ever seen: it is of the one such object that went while it ran, if it was one."""
        now, named = self._clock(), False
        for key, work in list(self._deleting.items()):
            if work.subject is not None or (work.ended and now - work.ended > LATE):
                del self._deleting[key]
                continue
            kind = _deletes(work.row.name_label)
            known = {other.subject for other in self._works.values()}
            found = [
                row
                for at, row in self._gone
                if row.home.id == key[0] and row.xapi_class == kind and at >= work.seen - LATE and row not in known
            ]
            if len(found) == 1 and sum(_deletes(other.row.name_label) == kind for other in self._deleting.values()) == 1:
                work.subject, named = found[0], True
                del self._deleting[key]
        return named

    def _vanished(self, key: Key, work: Work) -> bool:
        now = self._clock()
        if now - work.seen < BRIEF and not work.row.name_label.startswith("Async."):
            del self._works[key]
            return True
        work.state, work.ended = RunState.LOST, now
        work.reason = lazy(N_("the pool did not report the result"))
        return True

    def _ended(self, work: Work) -> None:
        row = work.row
        code, *arguments = row.error_info or [""]
        work.ended = timestamp(row.finished) or self._clock()
        if row.status is TaskStatus.SUCCESS:
            work.state = RunState.DONE
        elif row.status is TaskStatus.CANCELLED or code == "TASK_CANCELLED":
            work.state = RunState.CANCELLED
        else:
            work.state = RunState.FAILED
            work.reason = explain(code, arguments, row.home, work.subject) if code else lazy(N_("the pool gave no reason"))

    def _operations(self, row: XapiObject) -> bool:
        stirred = False
        current: dict[str, str] = getattr(row, "current_operations", {})
        for reference in current:
            key = (row.home.id, Ref(reference))
            work = self._works.get(key)
            known = work.subject if work else self._operated.get(key)
            label = work.row.name_label if work else ""
            if _more_telling(row, known, label):
                self._operated[key] = row
                if work is not None:
                    work.subject = row
                    stirred = True
        while len(self._operated) > KEPT:
            self._operated.popitem(last=False)
        return stirred

    def _forget_old(self) -> None:
        if len(self._works) > KEPT:
            ended = [key for key, work in self._works.items() if work.state.ended]
            for key in ended[: len(self._works) - KEPT]:
                del self._works[key]

    def _tell(self) -> None:
        self._lines = None
        self._observers.tell()

    # as lines

    def _line(self, key: Key, work: Work, names: Mapping[str, str]) -> TaskView:
        row = work.row
        words = method_words(row.name_label)
        pool = self._mirror.pools.get(key[0])
        return TaskView(
            key=f"{key[0]}/{key[1]}",
            title=LazyText(words) if words else lazy("{label}", label=row.name_label or row.uuid),
            about=about(work.subject),
            subject=work.subject,
            server=pool.server if pool else None,
            who="",
            state=work.state,
            progress=row.progress if math.isfinite(row.progress) else 0.0,
            since=timestamp(row.created) or work.seen,
            ended=work.ended,
            reason=work.reason,
            task=None if work.state.ended else row,
            pool=names.get(key[0], ""),
        )

    def _own_lines(self, names: Mapping[str, str]) -> Iterator[TaskView]:
        room = KEPT
        for run in reversed([run for run in self._runs.runs if run.action.kind is not Task]):  # a cancelling shows in what it cancels
            if run.ended and room < 0:
                break
            room -= len(run.items)
            for number, item in enumerate(run.items):
                pool = self._mirror.pools.get(item.pool)
                yield TaskView(
                    key=f"run/{run.id}/{number}",
                    title=LazyText(run.action.title),
                    about=about(item.subject, item.name),
                    subject=item.subject,
                    server=pool.server if pool else None,
                    who=run.user_name,
                    state=item.state,
                    progress=item.progress,
                    since=item.started or run.created,
                    ended=item.ended,
                    says=item.says,
                    reason=item.reason,
                    task=pool.one(Task, item.tasks[-1]) if pool and item.tasks and not item.state.ended else None,
                    pool=names.get(item.pool, ""),
                    run=run.key,
                    number=number,
                    cancelled=item.cancelled,
                    user_id=run.user_id,
                )


def _deletes(label: str) -> str:
    """The class of which a call of this name deletes one; "" if it does something else."""
    kind, _dot, method = label.removeprefix("Async.").partition(".")
    return kind if method in ("destroy", "forget") else ""


def _more_telling(row: XapiObject, known: XapiObject | None, label: str) -> bool:
    """Whether a task is rather about `row`: a start marks the VM, its drives and its host."""
    if known is None:
        return True
    if known is row:
        return False
    named = label.removeprefix("Async.").partition(".")[0]
    return _weight(row, named) < _weight(known, named)


def _weight(row: XapiObject, named: str) -> tuple[bool, int]:
    likely = (VM, Host)
    place = likely.index(type(row)) if type(row) in likely else len(likely) + KINDS.index(type(row))
    return (row.xapi_class != named, place)
