"""The way of a rolling run: host after host, pausing only between them, and what was put aside comes back whatever happens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from data.facts.host import booted_at, is_live
from data.maintenance import MODE, held_lists
from data.mirror import Mirror
from data.objects import PBD, Host
from xo_dash.control.access import may
from xo_dash.control.actions import action
from xo_dash.control.background import Background
from xo_dash.control.host.bring_back import BringBack
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.local_user import Users
from xo_dash.control.packed_text import packed
from xo_dash.control.rolling.book import RollingBook
from xo_dash.control.rolling.busy import passes, until_idle
from xo_dash.control.rolling.commands import RollingCommands
from xo_dash.control.rolling.found import BACK, as_found, is_back, is_through
from xo_dash.control.rolling.later import LaterBegin
from xo_dash.control.rolling.pauses import FIRST_DONE, NOBODY, NOT_DONE, Pauses
from xo_dash.control.rolling.phases import BACK as BACK_PHASE
from xo_dash.control.rolling.phases import notes_of, phases_of, resumed
from xo_dash.control.rolling.request import action_of, pinned, request_for
from xo_dash.control.rolling.state import HostTurn, Phase, Rolling, TurnState
from xo_dash.control.run import Run, RunState
from xo_dash.control.runner import Runner
from xo_dash.i18n import N_

log = logging.getLogger(__name__)


class RollingDriver:
    """`drive` returns when a run has ended; after a restart of ours it goes on from where it was."""

    def __init__(
        self, mirror: Mirror, runner: Runner, users: Users, book: RollingBook, pauses: Pauses, commands: RollingCommands,
        later: LaterBegin, background: Background, clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._mirror, self._later = mirror, later
        self._runner, self._users, self._background, self._clock = runner, users, background, clock
        self._book, self._pauses, self._commands = book, pauses, commands

    def run_of(self, turn: HostTurn) -> Run | None:
        """The run of a host's turn, while it is remembered."""
        return next((run for run in self._runner.runs if turn.run and run.key == turn.run), None)

    async def drive(self, rolling: Rolling) -> None:
        try:
            await self._book.save(rolling)
            if await self._later.begins(rolling):
                await self._commands.connected(rolling)
                if await self._commands.prepare(rolling):
                    await self._turns(rolling)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("the rolling run of %s failed inside", rolling.pool)
            self._book.note(rolling, N_("internal error of xo-dash; see its log"))
        await self._commands.put_back(rolling)
        rolling.ended, rolling.paused, rolling.paused_at, rolling.due = self._clock(), "", 0.0, 0.0
        await self._book.save(rolling)

    async def _turns(self, rolling: Rolling) -> None:
        if rolling.paused and rolling.current is None and not rolling.stopping:  # before a restart of ours
            await self._pauses.pause(rolling, rolling.paused)
        while not rolling.stopping and (turn := rolling.current or rolling.next) is not None:
            if turn.state is not TurnState.FAILED:
                await self._take(rolling, turn)
            if rolling.stopping:
                return
            if turn.state is TurnState.FAILED:
                await self._ask(rolling, turn)
            elif rolling.request.pause_first and turn.state is TurnState.DONE and turn is rolling.turns[0] and rolling.next is not None:
                await self._pauses.pause(rolling, FIRST_DONE)

    async def _take(self, rolling: Rolling, turn: HostTurn) -> None:
        """One host, from its first VM to its last one back; after a restart of ours, what is left of it."""
        host = await self._commands.host(rolling, turn)
        if host is None:
            self._end_turn(rolling, turn, TurnState.FAILED, lazy(N_("it is no longer in the pool")))
            return
        run = self.run_of(turn)
        if run is None and turn.state is TurnState.RUNNING:
            self._end_turn(rolling, turn, *as_found(rolling.request, host, turn))
            await self._book.save(rolling)
            return
        if run is None:
            run = await self._start_turn(rolling, turn, host)
            if run is None:
                return
        await self._followed(rolling, turn, run)
        item = run.items[0]
        if passes(turn, item, rolling.request, host):
            turn.state, turn.run, turn.tries = TurnState.WAITING, "", turn.tries + 1
            self._book.note(rolling, N_("is tried again"), turn.name, packed(item.reason))
        else:
            self._end_turn(rolling, turn, TurnState.DONE if item.state is RunState.DONE else TurnState.FAILED, item.reason)
        await self._book.save(rolling)

    async def _start_turn(self, rolling: Rolling, turn: HostTurn, host: Host) -> Run | None:
        await until_idle(self._mirror, self._book, rolling, turn, host)
        if rolling.stopping:
            return None
        user = self._users.get(rolling.user_id)
        if user is None or not may(user, action_of(rolling.request, host), host):
            await self._pauses.pause(rolling, NOBODY)
            return None
        turn.state, turn.began, turn.why, turn.phases = TurnState.RUNNING, self._clock(), None, []
        turn.ended, turn.noted, turn.back = 0.0, 0, 0.0
        turn.booted, turn.paths = booted_at(host) or 0.0, [pbd.uuid for pbd in host.all_of(PBD, host.PBDs) if pbd.currently_attached]
        run = self._runner.start(user, action_of(rolling.request, host), [host], request_for(rolling.request, host))
        turn.run = run.key
        self._book.note(rolling, N_("begins"), turn.name)
        await self._book.save(rolling)
        return run

    async def _followed(self, rolling: Rolling, turn: HostTurn, run: Run) -> None:
        """Return when its run has ended; meanwhile the turn shows its phases."""

        before = turn.phases

        def changed(other: Run) -> None:
            if other is not run:
                return
            if self._show_phases(rolling, turn, run, before):
                self._background.spawn(self._book.save(rolling))
            else:
                self._book.observers.tell(rolling)

        unsubscribe = self._runner.observe(changed)
        changed(run)  # after a restart of ours it may stand where nothing changes for long
        try:
            await self._runner.ended(run)
        finally:
            unsubscribe()
        self._show_phases(rolling, turn, run, before)

    def _show_phases(self, rolling: Rolling, turn: HostTurn, run: Run, before: Sequence[Phase]) -> bool:
        """Whether another has begun. `before`: those of the last program."""
        known = len(turn.phases)
        turn.phases = resumed(before, phases_of(run.items[0]))
        for what, took in list(notes_of(turn.phases, run.items[0]))[turn.noted :]:
            turn.noted += 1
            self._book.note(rolling, what, turn.name, took=took)
        return len(turn.phases) != known

    def _end_turn(self, rolling: Rolling, turn: HostTurn, state: TurnState, reason: LazyText | None = None) -> None:
        turn.state, turn.why, turn.ended = state, packed(reason) if state is TurnState.FAILED else None, self._clock()
        self._book.note(rolling, N_("done") if state is TurnState.DONE else N_("not done"), turn.name, turn.why)

    # after a host that is not done

    async def _ask(self, rolling: Rolling, turn: HostTurn) -> None:
        """Wait, look again, do it again, leave it, or stop."""
        said = await self._asked(rolling, turn)
        if said == "wait":
            await self._wait(rolling, turn)
        elif said == "skip":
            turn.state = TurnState.SKIPPED
            self._book.note(rolling, N_("left as it is"), turn.name)
        elif said == "again":
            turn.state, turn.run, turn.tries = TurnState.WAITING, "", 0
            if (pool := self._commands.pool(rolling)) is not None:  # what there is now: XAPI refuses a list that it no longer has
                rolling.request = pinned(rolling.request, pool)
        elif said in ("look", "go_on") and (host := await self._commands.host(rolling, turn)) is not None:
            await self._look(rolling, turn, host)

    async def _wait(self, rolling: Rolling, turn: HostTurn) -> None:
        """Once more as long as for its reboot, or until somebody stops the run; then it is looked at, wherever it is."""
        turn.state = TurnState.RUNNING
        self._book.note(rolling, N_("waiting for it again"), turn.name)
        await self._book.save(rolling)
        either = [asyncio.create_task(self._commands.back(rolling, turn)), asyncio.create_task(self._pauses.said(rolling))]
        try:
            await asyncio.wait(either, timeout=60.0 * rolling.request.minutes, return_when=asyncio.FIRST_COMPLETED)
        finally:  # also where we end meanwhile
            for one in either:
                one.cancel()
        host = self._commands.host_now(rolling, turn)
        if host is not None and not rolling.stopping:
            await self._look(rolling, turn, host)
            return
        silent = (TurnState.FAILED, lazy(N_("it does not respond")))
        self._end_turn(rolling, turn, *(silent if host is None else as_found(rolling.request, host, turn)))
        await self._book.save(rolling)

    async def _asked(self, rolling: Rolling, turn: HostTurn) -> str:
        """What is said; meanwhile a host that is away is watched, also where its pool is away with it."""
        host = self._commands.host_now(rolling, turn)
        if host is not None and is_back(host, turn):
            return await self._pauses.pause(rolling, NOT_DONE)
        watch = asyncio.create_task(self._say_when_back(rolling, turn))
        try:
            return await self._pauses.pause(rolling, NOT_DONE)
        finally:
            watch.cancel()

    async def _say_when_back(self, rolling: Rolling, turn: HostTurn) -> None:
        """Whoever is asked hears of it; nothing is begun by itself."""
        await self._commands.back(rolling, turn)
        turn.why, turn.back = packed(lazy(BACK)), self._clock()
        self._book.note(rolling, N_("is back"), turn.name)
        await self._book.save(rolling)

    async def _look(self, rolling: Rolling, turn: HostTurn, host: Host) -> None:
        """Whether it is back by now; then its VMs come back as well."""
        state, reason = as_found(rolling.request, host, turn)
        if is_back(host, turn):
            turn.back = turn.back or self._clock()
        if (
            is_live(host)
            and is_through(rolling.request, host, turn)
            and (not host.enabled or held_lists(host) or MODE in host.other_config)
        ):
            request = BringBack(network=rolling.request.network, at_once=rolling.request.at_once)
            phase = Phase(kind=BACK_PHASE, began=self._clock())
            turn.phases = [*turn.phases, phase]
            back = await self._commands.do(rolling, action("host.bring_back" if held_lists(host) else "host.enable"), host,
                                           request if held_lists(host) else {})  # fmt: skip
            phase.ended = self._clock()
            state, reason = (TurnState.DONE, None) if back is None else (TurnState.FAILED, back)
        self._end_turn(rolling, turn, state, reason)
        await self._book.save(rolling)
