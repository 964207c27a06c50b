"""Carries out rolling runs: host after host, pausing only between them, and puts back what it put aside whatever happens."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from data.facts.host import booted_at, is_live
from data.maintenance import held_lists
from data.mirror import Mirror, PoolMirror
from data.names import name_of
from data.objects import Host, Pool
from data.observers import Observers, Unsubscribe
from data.stores.users import User
from data.types import XapiObject
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.background import Background
from xo_dash.control.host.bring_back import BringBack
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.local_user import Users
from xo_dash.control.rolling.aside import aside_of, turned_off, turned_on
from xo_dash.control.rolling.found import as_found, has_booted
from xo_dash.control.rolling.phases import phases_of
from xo_dash.control.rolling.request import RollHosts, action_of, hosts_in, refused, request_for
from xo_dash.control.rolling.state import KEPT, HostTurn, LogLine, PutAside, Rolling, RollingFiles, TurnState
from xo_dash.control.run import Run, RunState
from xo_dash.control.runner import Runner
from xo_dash.i18n import N_, using

log = logging.getLogger(__name__)

FIRST_DONE: Final = N_("The first host is done. Check that everything works, then continue.")
PAUSED: Final = N_("paused")
NOT_DONE: Final = N_("{host} is not done: {reason}")
NOBODY: Final = N_("The user who started it is no longer an administrator. Another administrator can continue.")
RESTARTED: Final = N_("xo-dash restarted; the run goes on")


class RollingRuns:
    """`observe` tells of every change. One at a time in a pool."""

    def __init__(
        self, mirror: Mirror, runner: Runner, users: Users, folder: Path, clock: Callable[[], float] = time.time
    ) -> None:  # fmt: skip
        """`users`: as they are now. `folder`: the data directory."""
        self._mirror, self._runner, self._users, self._clock = mirror, runner, users, clock
        self._files = RollingFiles(folder)
        self._runs: dict[str, Rolling] = {}
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._writing = asyncio.Lock()
        self._background = Background()
        self._observers: Observers[[Rolling]] = Observers()

    # what others ask

    @property
    def runs(self) -> tuple[Rolling, ...]:
        """Those under way and the last ended, oldest first."""
        return tuple(self._runs.values())

    def get(self, run_id: str) -> Rolling | None:
        return self._runs.get(run_id)

    def under_way(self, pool_id: str) -> Rolling | None:
        """Of the pool that a server leads to."""
        return next((one for one in self._runs.values() if one.pool == pool_id and not one.ended), None)

    def observe(self, observer: Callable[[Rolling], None]) -> Unsubscribe:
        return self._observers.add(observer)

    def run_of(self, turn: HostTurn) -> Run | None:
        """The run of a host's turn, while it is remembered."""
        return next((run for run in self._runner.runs if turn.run and run.key == turn.run), None)

    def why_not(self, user: User | None, request: RollHosts, pool: Pool) -> LazyText | None:
        """Why it cannot start now."""
        if not (verdict := may(user, action_of(request), pool)):
            return verdict.reason
        if self.under_way(pool.home.id) is not None:
            return lazy(N_("a rolling run of this pool is in progress"))
        return refused(request, pool)

    def start(self, user: User, request: RollHosts, pool: Pool) -> Rolling | LazyText:
        """The run, or why there is none: the checks are made once more, with all that the pool has, seen by them or not."""
        home = self._mirror.pools.get(pool.home.id)
        pool = home.pool if home is not None and home.pool is not None else pool
        if (reason := self.why_not(user, request, pool)) is not None:
            return reason
        turns = [HostTurn(host=host.uuid, name=name_of(host)) for host in hosts_in(request, pool)]
        made = Rolling(id=f"{int(self._clock())}-{uuid.uuid4().hex[:12]}", pool=pool.home.id, pool_uuid=pool.uuid, user_id=user.id,
                       user_name=user.name, request=request, turns=turns, began=self._clock())  # fmt: skip
        self._runs[made.id] = made
        self._forget_old()
        self._begin(made)
        return made

    def answer(self, user: User | None, rolling: Rolling, what: str) -> LazyText | None:
        """While it is paused: `go_on`, `again`, `look`, `skip` or `stop`. While it is not: `stop`, which is after the host under way."""
        if not (verdict := may(user, action_of(rolling.request), self._pool(rolling))):
            return verdict.reason
        if user is not None:
            rolling.user_id, rolling.user_name = user.id, user.name  # what follows is theirs
        if what == "stop":
            rolling.stopping = True
            self._note(rolling, N_("stops before the next host"))
        if rolling.paused and not (waiting := self._answer_to(rolling)).done():
            waiting.set_result(what)
        self._background.spawn(self._save(rolling))
        return None

    def recall(self) -> None:
        """Go on with what was under way when the program ended. Once, after the runner's own recall."""
        for rolling in self._files.read():
            self._runs[rolling.id] = rolling
            if not rolling.ended:
                rolling.restarts.append(self._clock())
                self._note(rolling, RESTARTED)
                self._begin(rolling)
        self._forget_old()

    async def stop(self) -> None:
        """Nothing is put back: the next start goes on."""
        await self._background.stop()

    # the way of one

    def _begin(self, rolling: Rolling) -> None:
        self._background.spawn(self._drive(rolling))

    async def _drive(self, rolling: Rolling) -> None:
        try:
            await self._save(rolling)
            await self._connected(rolling)
            if await self._prepare(rolling):
                await self._turns(rolling)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("the rolling run of %s failed inside", rolling.pool)
            self._note(rolling, N_("internal error of xo-dash; see its log"))
        await self._put_back(rolling)
        rolling.ended, rolling.paused, rolling.paused_at = self._clock(), "", 0.0
        await self._save(rolling)

    async def _turns(self, rolling: Rolling) -> None:
        if rolling.paused and rolling.current is None and not rolling.stopping:  # before a restart of ours
            await self._pause(rolling, rolling.paused)
        while not rolling.stopping and (turn := rolling.current or rolling.next) is not None:
            if turn.state is not TurnState.FAILED:
                await self._take(rolling, turn)
            if rolling.stopping:
                return
            if turn.state is TurnState.FAILED:
                await self._ask(rolling, turn)
            elif rolling.request.pause_first and turn.state is TurnState.DONE and turn is rolling.turns[0] and rolling.next is not None:
                await self._pause(rolling, FIRST_DONE)

    async def _take(self, rolling: Rolling, turn: HostTurn) -> None:
        """One host, from its first VM to its last one back; after a restart of ours, what is left of it."""
        host = await self._host(rolling, turn)
        if host is None:
            self._end_turn(rolling, turn, TurnState.FAILED, "it is no longer in the pool")
            return
        run = self.run_of(turn)
        if run is None and turn.state is TurnState.RUNNING:
            self._end_turn(rolling, turn, *as_found(host, turn))
            await self._save(rolling)
            return
        if run is None:
            run = await self._start_turn(rolling, turn, host)
            if run is None:
                return
        with self._following(rolling, turn, run):
            await self._runner.ended(run)
        turn.phases = phases_of(run.items[0])
        item = run.items[0]
        with using("en"):
            reason = str(item.reason or "")
        self._end_turn(rolling, turn, TurnState.DONE if item.state is RunState.DONE else TurnState.FAILED, reason)
        await self._save(rolling)

    async def _start_turn(self, rolling: Rolling, turn: HostTurn, host: Host) -> Run | None:
        user = self._users.get(rolling.user_id)
        if user is None or not may(user, action_of(rolling.request), host):
            await self._pause(rolling, NOBODY)
            return None
        turn.state, turn.began, turn.reason, turn.phases = TurnState.RUNNING, self._clock(), "", []
        turn.booted = booted_at(host) or 0.0
        run = self._runner.start(user, action_of(rolling.request), [host], request_for(rolling.request, host))
        turn.run = run.key
        self._note(rolling, N_("begins"), turn.name)
        await self._save(rolling)
        return run

    def _end_turn(self, rolling: Rolling, turn: HostTurn, state: TurnState, reason: str = "") -> None:
        turn.state, turn.reason, turn.ended = state, reason if state is TurnState.FAILED else "", self._clock()
        self._note(rolling, N_("done") if state is TurnState.DONE else N_("not done"), turn.name, turn.reason)

    def _following(self, rolling: Rolling, turn: HostTurn, run: Run) -> _Following:
        def changed(other: Run) -> None:
            if other is run:
                turn.phases = phases_of(run.items[0])
                self._observers.tell(rolling)

        return _Following(self._runner.observe(changed))

    # pauses

    async def _pause(self, rolling: Rolling, why: str) -> str:
        """Until a person says how to go on. Nothing happens meanwhile."""
        rolling.paused, rolling.paused_at = why, self._clock()
        self._note(rolling, PAUSED, detail=why if rolling.current is None else "")
        await self._save(rolling)
        try:
            said = await self._answer_to(rolling)
        finally:
            self._answers.pop(rolling.id, None)
        rolling.paused, rolling.paused_at = "", 0.0
        await self._save(rolling)
        return said

    def _answer_to(self, rolling: Rolling) -> asyncio.Future[str]:
        """What a person says; they may do so as soon as it is paused, which after a restart of ours is before anybody waits for it."""
        return self._answers.setdefault(rolling.id, asyncio.get_running_loop().create_future())

    async def _ask(self, rolling: Rolling, turn: HostTurn) -> None:
        """After a host that is not done: look again, do it again, leave it, or stop."""
        said = await self._pause(rolling, NOT_DONE)
        host = await self._host(rolling, turn)
        if said == "skip":
            turn.state = TurnState.SKIPPED
            self._note(rolling, N_("left as it is"), turn.name)
        elif said == "again":
            turn.state, turn.run = TurnState.WAITING, ""
        elif said in ("look", "go_on") and host is not None:
            await self._look(rolling, turn, host)

    async def _look(self, rolling: Rolling, turn: HostTurn, host: Host) -> None:
        """Whether it is back by now; then its VMs come back as well."""
        state, reason = as_found(host, turn)
        if is_live(host) and has_booted(host, turn) and (not host.enabled or held_lists(host)):
            request = BringBack(network=rolling.request.network, at_once=rolling.request.at_once)
            back = await self._do(rolling, action("host.bring_back" if held_lists(host) else "host.enable"), host,
                                  request if held_lists(host) else {})  # fmt: skip
            state, reason = (TurnState.DONE, "") if back else (TurnState.FAILED, turn.reason)
        self._end_turn(rolling, turn, state, reason)
        await self._save(rolling)

    # what is put aside

    async def _prepare(self, rolling: Rolling) -> bool:
        """HA, auto-start and workload balancing off, what they were being on the disk first."""
        pool = self._pool(rolling)
        if rolling.prepared or pool is None:
            return rolling.prepared
        if rolling.aside == PutAside():
            rolling.aside = aside_of(pool)
            await self._save(rolling)
        for name, values in turned_off(rolling.aside, pool):
            if not await self._do(rolling, action(name), pool, values):
                return False
        rolling.prepared = True
        await self._save(rolling)
        return True

    async def _put_back(self, rolling: Rolling) -> None:
        """As it was before; what cannot be is said."""
        await self._connected(rolling)
        pool = self._pool(rolling)
        if pool is None or rolling.restored:
            return
        for name, values in turned_on(rolling.aside, pool):
            row = action(name)
            if not await self._do(rolling, row, pool, values):
                rolling.left.append(row.title)
        rolling.restored = True

    # parts

    async def _do(self, rolling: Rolling, row: AnyAction, subject: XapiObject, values: Mapping[str, object] | msgspec.Struct) -> bool:
        """Whether it was done."""
        user = self._users.get(rolling.user_id)
        if user is None:
            self._note(rolling, NOBODY)
            return False
        request: Any = values
        run = await self._runner.run(user, row, [subject], request)
        item = run.items[0]
        with using("en"):
            done = item.state is RunState.DONE
            self._note(rolling, row.done if done else row.title, item.name, str(item.reason or ""))
        return done

    def _pool(self, rolling: Rolling) -> Pool | None:
        home = self._mirror.pools.get(rolling.pool)
        return home.pool if home is not None and home.uuid == rolling.pool_uuid else None

    async def _host(self, rolling: Rolling, turn: HostTurn) -> Host | None:
        await self._connected(rolling)
        home = self._mirror.pools.get(rolling.pool)
        return home.by_uuid(Host, turn.host) if home is not None else None

    async def _connected(self, rolling: Rolling) -> None:
        """Until the pool is connected: before that nobody knows how it is."""
        stirred = asyncio.Event()
        unsubscribe = self._mirror.observe(lambda _changes: stirred.set())
        try:
            while not _is_live(self._mirror.pools.get(rolling.pool)):
                stirred.clear()
                await stirred.wait()
        finally:
            unsubscribe()

    def _note(self, rolling: Rolling, what: str, host: str = "", detail: str = "") -> None:
        rolling.log.append(LogLine(at=self._clock(), what=what, host=host, detail=detail))
        self._observers.tell(rolling)

    async def _save(self, rolling: Rolling) -> None:
        async with self._writing:  # one after the other, or what was before could come to stand over what is
            await asyncio.to_thread(self._files.write, msgspec.convert(msgspec.to_builtins(rolling), Rolling))
        self._observers.tell(rolling)

    def _forget_old(self) -> None:
        ended = [one for one in self._runs.values() if one.ended]
        for old in ended[: max(0, len(ended) - KEPT)]:
            del self._runs[old.id]
            self._files.forget(old)


class _Following:
    """Ends with its block."""

    def __init__(self, unsubscribe: Unsubscribe) -> None:
        self._unsubscribe = unsubscribe

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self._unsubscribe()


def _is_live(home: PoolMirror | None) -> bool:
    return home is not None and home.server.is_live
