"""What was under way when the program ended, however it ended: the audit knows that it began, the pool how the object is now.

Nothing is sent again: whether it was carried out, only a person can judge. Until that person dismisses it, every start tells it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from data.changes import Change
from data.facts.sr import unplugged
from data.mirror import Mirror, PoolMirror
from data.objects import SR, VM, Host, Task
from data.observers import Unsubscribe
from data.server import Server
from data.types import XapiObject
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import BY_ID
from xo_dash.control.audit import AuditEntry
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.words import state_words, under_way
from xo_dash.i18n import N_

UNTOLD = lazy(N_("xo-dash was stopped during the operation; check before trying again"))
"""What is said until the pool can be asked."""


class Unfinished:
    """Makes runs of the audit's beginnings, and follows the mirror until every one of their objects has come to rest."""

    def __init__(self, mirror: Mirror, told: Callable[[Run], None]) -> None:
        """`told` is called whenever a run says something else."""
        self._mirror = mirror
        self._tell = told
        self._open: dict[RunItem, Run] = {}
        self._unsubscribe: Unsubscribe | None = None

    def runs(self, begun: Iterable[AuditEntry], fresh_id: Callable[[], int], now: float) -> list[Run]:
        """A run for all beginnings of the same command; without those of servers and commands that are no more, and of tasks."""
        by_run: dict[str, list[AuditEntry]] = {}
        for entry in begun:
            if entry.action in BY_ID and BY_ID[entry.action].kind is not Task and entry.server in self._mirror.pools:
                by_run.setdefault(entry.run, []).append(entry)
        runs = [_run(entries, self._mirror, fresh_id(), now) for entries in by_run.values()]
        for run in runs:
            for item in run.items:
                self.follow(run, item)
        return runs

    def follow(self, run: Run, item: RunItem) -> None:
        """Say of an item that is lost how its object is, until that has come to rest."""
        self._open[item] = run
        self._unsubscribe = self._unsubscribe or self._mirror.observe(self._changed)
        self._look([item])

    def stop(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def _changed(self, changes: Sequence[Change]) -> None:
        about = {(c.subject.home.id, c.subject.uuid) for c in changes if isinstance(c.subject, XapiObject)}
        servers = {change.subject.id for change in changes if isinstance(change.subject, Server)}
        self._look([item for item in self._open if item.pool in servers or (item.pool, item.uuid) in about])

    def _look(self, items: Iterable[RunItem]) -> None:
        for item in list(items):
            run = self._open[item]
            pool = self._mirror.pools.get(item.pool)
            if pool is None:
                del self._open[item]
                continue
            if not pool.server.is_live:
                continue
            if _judge(run.action, item, pool):
                del self._open[item]
            self._tell(run)
        if not self._open:
            self.stop()


def _run(entries: Sequence[AuditEntry], mirror: Mirror, run_id: int, now: float) -> Run:
    first = entries[0]
    action = BY_ID[first.action]
    return Run(
        id=run_id,
        key=first.run,
        action=action,
        user_id=first.user_id,
        user_name=first.user,
        address=first.address,
        items=tuple(_item(action, entry, mirror.pools[entry.server], now) for entry in entries),
        created=_seconds(first.at),
        recalled=True,
    )


def _item(action: AnyAction, entry: AuditEntry, pool: PoolMirror, now: float) -> RunItem:
    missing = action.kind(uuid=entry.uuid, home=pool)  # until the pool shows its own
    return RunItem(
        subject=missing,
        uuid=entry.uuid,
        name=entry.name,
        pool=entry.server,
        state=RunState.LOST,
        reason=UNTOLD,
        started=_seconds(entry.at),
        ended=now,
    )


def _judge(action: AnyAction, item: RunItem, pool: PoolMirror) -> bool:
    """Say of `item` what the pool says of its object; whether that is the end of it."""
    subject = pool.by_uuid(action.kind, item.uuid)
    if subject is None:
        item.reason = lazy(N_("xo-dash was stopped during the operation, and {name} no longer exists"), name=item.name)
        return True
    item.subject = subject
    operations = getattr(subject, "current_operations", {})
    if operations:
        item.reason = lazy(
            N_("xo-dash was stopped during the operation, which goes on: {operation}"), operation=under_way(next(iter(operations.values())))
        )
        return False
    item.reason = _as_it_is(action, subject, item.name)
    return True


def _as_it_is(action: AnyAction, subject: XapiObject, name: str) -> LazyText:
    now = _now(subject, name)
    succeeded = action.succeeded(subject) if action.succeeded else None
    if succeeded:
        return lazy(N_("xo-dash was stopped during the operation, but it was done: {now}"), now=now)
    if succeeded is False:
        return lazy(N_("xo-dash was stopped during the operation, and it was not done: {now}; check before trying again"), now=now)
    return lazy(N_("xo-dash was stopped during the operation: {now}; check before trying again"), now=now)


def _now(subject: XapiObject, name: str) -> LazyText:
    match subject:
        case VM():
            return lazy(N_("{name} is {state} now"), name=name, state=state_words(subject.power_state))
        case Host():
            return lazy(N_("{name} accepts VMs now") if subject.enabled else N_("{name} is in maintenance mode now"), name=name)
        case SR():
            return lazy(N_("{name} is not attached on all hosts now") if unplugged(subject) else N_("{name} is attached now"), name=name)
        case _:
            return lazy(N_("{name} exists now"), name=name)


def _seconds(at: str) -> float:
    """Source: audit.moment."""
    try:
        return datetime.fromisoformat(at).timestamp()
    except ValueError:
        return 0.0
