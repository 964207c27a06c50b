"""The rolling runs as others call them: what there is, begin, answer, go on after a restart."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from data.facts.pool import own_pool
from data.facts.vm import is_guest
from data.mirror import Mirror
from data.names import name_of
from data.objects import SR, VM, Host, Pool
from data.observers import Unsubscribe
from data.scope import Scope
from data.stores.users import User
from data.turns import in_turns, timed
from data.types import Home, XapiObject
from xo_dash.control.access import may
from xo_dash.control.background import Background
from xo_dash.control.eligibility import not_there
from xo_dash.control.host.departures import Departures, departures
from xo_dash.control.host.power import REBOOT
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.local_user import Users
from xo_dash.control.rolling.book import RollingBook
from xo_dash.control.rolling.check import Gravity, Obstacle
from xo_dash.control.rolling.checks import Assessment, assessing
from xo_dash.control.rolling.commands import RollingCommands
from xo_dash.control.rolling.driver import RollingDriver
from xo_dash.control.rolling.estimate import TurnTime, turn_time, usual
from xo_dash.control.rolling.later import LaterBegin
from xo_dash.control.rolling.pauses import NOBODY, Pauses, answers_to
from xo_dash.control.rolling.readiness import obstacles_of
from xo_dash.control.rolling.request import RollHosts, actions_of, pinned, request_for
from xo_dash.control.rolling.state import HostTurn, Rolling
from xo_dash.control.run import Run
from xo_dash.control.runner import Runner
from xo_dash.control.task_waiter import Connections
from xo_dash.i18n import N_

RESTARTED: Final = N_("xo-dash restarted; the run goes on")


def named_in(home: Home) -> Iterator[XapiObject]:
    """What a run of this pool may name: its hosts, the VMs in its way, the SRs that they are on."""
    for kind in (Host, SR, VM):
        yield from (row for row in home.all(kind).values() if not isinstance(row, VM) or is_guest(row))


class NotStarted(NamedTuple):
    """Why a run did not begin."""

    reason: LazyText
    told: tuple[Obstacle, ...]  # by the pool, which was asked for it


class RollingRuns:
    """`observe` tells of every change. One at a time in a pool."""

    def __init__(
        self, mirror: Mirror, runner: Runner, connections: Connections, users: Users, folder: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """`users`: as they are now. `folder`: the data directory."""
        self._mirror, self._connections, self._clock, self._runner = mirror, connections, clock, runner
        self._background = Background()
        self._book = RollingBook(folder, clock)
        self._pauses = Pauses(self._book, clock)
        self._commands = RollingCommands(mirror, runner, users, self._book)
        self._users = users
        later = LaterBegin(self._book, self._pauses, self._commands, self._look, clock)
        self._driver = RollingDriver(
            mirror, runner, users, self._book, self._pauses, self._commands, later, self._background, clock
        )  # fmt: skip

    @property
    def runs(self) -> tuple[Rolling, ...]:
        """Those under way and the last ended, oldest first."""
        return tuple(self._book.runs.values())

    def runs_in(self, scope: Scope) -> list[Rolling]:
        """Those that may be seen there: whoever sees all that they may name."""
        if scope.mirror is self._mirror:
            return [one for one in self.runs if one.pool in self._mirror.pools]
        pools = {one.pool for one in self.runs} & scope.mirror.pools.keys()
        whole = {pool for pool in pools if all(map(scope.shows, named_in(self._mirror.pools[pool])))}
        return [one for one in self.runs if one.pool in whole]

    def under_way(self, pool_id: str) -> Rolling | None:
        """Of the pool that a server leads to."""
        return next((one for one in self.runs if one.pool == pool_id and not one.ended), None)

    def pool_of(self, rolling: Rolling) -> Pool | None:
        """None while it is not connected."""
        return self._commands.pool(rolling)

    def observe(self, observer: Callable[[Rolling], None]) -> Unsubscribe:
        return self._book.observers.add(observer)

    def run_of(self, turn: HostTurn) -> Run | None:
        """The run of a host's turn, while it is remembered."""
        return self._driver.run_of(turn)

    def time_of(self, request: RollHosts, host: Host, found: Departures | None = None) -> TurnTime:
        """About how long its turn takes. `found`: what becomes of its VMs, where that is known already."""
        found = found or departures(request_for(request, host), host)
        return turn_time(request, host, found, self._past(host), self._runner.migration_speeds)

    def usual(self, kind: str, host: Host) -> float | None:
        """Seconds that a part of its turn took in earlier ones; None if nobody knows."""
        return usual(kind, host.uuid, self._past(host))

    def _past(self, host: Host) -> list[Rolling]:
        return [one for one in self.runs if one.pool == host.home.id]

    def may_not(self, user: User | None, request: RollHosts, pool: Pool | None) -> LazyText | None:
        """Why it is not theirs. A pool that is not there is asked about as if it were any."""
        rows = actions_of(request, pool) if pool is not None else {REBOOT}
        return next((verdict.reason for row in rows if not (verdict := may(user, row, pool))), None)

    async def obstacles(self, request: RollHosts, pool: Pool) -> tuple[Obstacle, ...]:
        """What the pool itself says against it, for `checks` and `why_not`."""
        return await obstacles_of(self._connections, request, pool)

    async def assess(self, request: RollHosts, pool: Pool, told: Sequence[Obstacle] = ()) -> Assessment:
        """What stands against it, and what is decided; others have their turn meanwhile."""
        found = list[Assessment]()

        def steps() -> Iterator[None]:
            found.append((yield from assessing(request, pool, told)))

        await in_turns(timed(steps()))
        return found[0]

    def why_not(self, user: User | None, request: RollHosts, pool: Pool, found: Assessment) -> LazyText | None:
        """Why it cannot start now."""
        if (reason := self.may_not(user, request, pool)) is not None:
            return reason
        if (reason := not_there(pool)) is not None:
            return reason
        if self.under_way(pool.home.id) is not None:
            return lazy(N_("a rolling run of this pool is in progress"))
        return found.refused

    async def start(self, user: User, request: RollHosts, pool: Pool) -> Rolling | NotStarted:
        """The run, or why there is none: the pool is asked and the checks are made once more, with all that it has, seen by them or not."""
        home = self._mirror.pools.get(pool.home.id)
        pool = (home and own_pool(home)) or pool
        told = await self.obstacles(request, pool) if self.may_not(user, request, pool) is None else ()
        found, turns = await self._planned(request, pool, told)
        now = self._clock()
        if (reason := self.why_not(user, request, pool, found)) is not None:
            return NotStarted(reason, told)
        if request.begins and request.begins <= now:
            return NotStarted(lazy(N_("the time at which it should begin is over; choose a later one")), told)
        made = Rolling(id=f"{int(now)}-{uuid.uuid4().hex[:12]}", pool=pool.home.id, pool_uuid=pool.uuid, user_id=user.id,
                       user_name=user.name, request=pinned(request, pool), turns=turns, began=now, due=request.begins)  # fmt: skip
        self._book.add(made)
        await self._book.save(made)  # whoever is told that it begins later may rely on it
        self._background.spawn(self._driver.drive(made))
        return made

    async def _planned(self, request: RollHosts, pool: Pool, told: Sequence[Obstacle]) -> tuple[Assessment, list[HostTurn]]:
        found, turns = await self.assess(request, pool, told), list[HostTurn]()

        def planned() -> Iterator[None]:
            for host, leaving in found.leaving.items():
                turns.append(HostTurn(host=host.uuid, name=name_of(host), about=self.time_of(request, host, leaving).total))
                yield

        await in_turns(timed(planned()))
        return found, turns

    async def _look(self, rolling: Rolling) -> LazyText | None:
        """What stands against one that was set for later, now that its time has come; its hosts are those of now."""
        user, pool, request = self._users.get(rolling.user_id), self._commands.pool(rolling), rolling.request
        if user is None or self.may_not(user, request, pool) is not None:
            return lazy(NOBODY)
        if pool is None or (reason := not_there(pool)) is not None:
            return reason if pool is not None else lazy(N_("its pool is not connected"))
        found, turns = await self._planned(request, pool, await self.obstacles(request, pool))
        if found.refused is None:
            rolling.turns, rolling.request = turns, pinned(request, pool)
            return None
        worst = next((one for one in found.checks if one.gravity is Gravity.BLOCKS), None)  # there is no list beside it
        return lazy("{what}: {why}", what=worst.what, why=worst.why) if worst is not None else found.refused

    def answer(self, user: User | None, rolling: Rolling, what: str) -> LazyText | None:
        """One of `answers_to`; `stop`, while it is not paused, is after the host under way. Gives why not."""
        if (reason := self.may_not(user, rolling.request, self._commands.pool(rolling))) is not None:
            return reason
        if rolling.ended or what not in ("stop", *answers_to(rolling)):  # somebody else was faster
            return lazy(N_("the run is no longer waiting for this answer"))
        if user is not None:
            rolling.user_id, rolling.user_name = user.id, user.name  # what follows is theirs
        if what == "stop" and not rolling.stopping:
            rolling.stopping = True
            self._book.note(rolling, N_("stops before it has begun") if rolling.due else N_("stops before the next host"))
        self._pauses.answer(rolling, what)
        self._background.spawn(self._book.save(rolling))
        return None

    def recall(self) -> None:
        """Go on with what was under way when the program ended. Once, after the runner's own recall."""
        for rolling in self._book.read():
            if not rolling.ended:
                rolling.restarts.append(self._clock())
                self._book.note(rolling, RESTARTED)
                self._background.spawn(self._driver.drive(rolling))

    async def stop(self) -> None:
        """Nothing is put back: the next start goes on."""
        await self._background.stop()
