"""Looking for storage while somebody types: some time after the last key, stopped by the next, with late answers dropped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from nicegui import background_tasks

from data.facts.pool import own_pool
from data.names import name_of
from data.observers import Observers
from data.stores.users import User
from data.types import Home
from xo_dash.control.failures import driver_text, gist
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.sr.create import hosts_of
from xo_dash.control.sr.discovery import Ask, Discovery, discover, place_question, question
from xo_dash.control.sr.found import FoundSR, srs_in
from xo_dash.control.sr.new_sr import NewSR
from xo_dash.control.sr.probe import ProbeAnswer, Prober
from xo_dash.control.sr.probe_faults import fault_of

DEBOUNCE: Final = 0.4
"""Seconds after the last key."""
PORTAL: Final = 3
"""What a question begins with while its targets stay: type, portal, port."""
AT_A_TIME: Final = 8
"""Hosts of a pool that are asked at once."""


@dataclass(frozen=True, slots=True)
class HostCheck:
    """Whether a host reaches the place that is chosen. `refused`: why not; `known`: it has answered; `said`: by its driver."""

    name: str
    known: bool = False
    field: str = ""
    refused: LazyText | None = None
    said: str = ""


class Search:
    """What is found for one form. `observers` are told whenever it is more."""

    def __init__(self, prober: Prober, home: Home) -> None:
        self.found = Discovery()
        self.checks: tuple[HostCheck, ...] = ()
        self.running = self.stopped = False
        self.seconds = 0.0
        self._prober = prober
        self._home = home
        self.observers: Observers[[]] = Observers()
        self._question: tuple[object, ...] | None = None
        self._lying: dict[str, tuple[FoundSR, ...]] = {}
        self._repeated: tuple[object, ...] | None = None
        self._place: object = None
        self._tasks: dict[str, asyncio.Task[Any]] = {}

    def want(self, user: User, request: NewSR) -> None:
        """Look for what this request says, unless that is what was looked for last."""
        asked = question(request)
        if asked != self._question:
            again, self._repeated = asked is not None and asked == self._repeated, None
            self.stopped = False
            kept = self.found.targets if asked and self._question and asked[:PORTAL] == self._question[:PORTAL] else ()
            self._question, self._place = asked, None
            self._end("find", "check")
            self._lying = {}
            self.found = replace(self.found, fault=None, done=False) if again else Discovery(targets=kept)
            self.checks, self.running, self.seconds = (), asked is not None, 0.0
            if asked is not None:
                self._begin("find", self._find(user, request))
        place = place_question(request)
        if place != self._place:
            self._place = place
            self._end("check")
            self.checks = ()
            if place is not None:
                self._begin("check", self._check(user, request, *place))

    def adopt(self, request: NewSR | None) -> None:
        """What was chosen for the person asks nothing that is not being asked already."""
        if request is not None:
            self._question = question(request)

    def again(self) -> None:
        """Ask anew what `want` says next, though it is the same; what was found of the same stays until there is an answer."""
        self._question, self._repeated = None, self._question

    def stop(self) -> None:
        self._end("find", "check")
        self.running, self.stopped = False, self.running

    def close(self) -> None:
        self.stop()

    async def _find(self, user: User, request: NewSR) -> None:
        await asyncio.sleep(DEBOUNCE)
        began, pool = time.perf_counter(), own_pool(self._home)
        ask = self._asking(user, request)
        if pool is None or ask is None:
            return
        async for found in discover(request, pool, ask):
            self.found, self.running = replace(found, srs={**self._lying, **found.srs}), not found.done
            self.seconds = time.perf_counter() - began
            self.observers.tell()

    def _asking(self, user: User, request: NewSR) -> Ask | None:
        """The first host that would have it, which is the master unless it is local."""
        pool = own_pool(self._home)
        hosts = hosts_of(request, pool) if pool is not None else []
        if not hosts:
            return None

        async def ask(kind: str, config: Mapping[str, object]) -> ProbeAnswer:
            return await self._prober.ask(user, hosts[0], kind, config)

        return ask

    async def _check(self, user: User, request: NewSR, kind: str, config: Mapping[str, object]) -> None:
        """Every host by itself: the place is of use where all reach it."""
        pool = own_pool(self._home)
        hosts = hosts_of(request, pool) if pool is not None else []
        checks = [HostCheck(name_of(host)) for host in hosts]
        self.checks = tuple(checks)
        await asyncio.sleep(DEBOUNCE)
        turns = asyncio.Semaphore(AT_A_TIME)

        async def look(at: int) -> None:
            async with turns:
                answer = await self._prober.ask(user, hosts[at], kind, config)
            wrong = fault_of(request, answer, self._home, self.found.exports) if answer.code or answer.refused else None
            said = str(driver_text(answer.arguments, self._home) or "") if wrong and answer.number else ""
            checks[at] = HostCheck(checks[at].name, True, wrong.field if wrong else "", gist(wrong.reason) if wrong else None, said)
            self.checks = tuple(checks)
            if at == 0 and wrong is None:
                self._lying[place_key(request)] = srs_in(answer.text)  # the search may come there much later
                self.found = self.found.with_srs(place_key(request), srs_in(answer.text))
            self.observers.tell()

        await asyncio.gather(*(look(at) for at in range(len(hosts))))

    def _begin(self, name: str, work: Any) -> None:
        task = background_tasks.create(work, name=f"new SR: {name}")
        if task is not None:
            self._tasks[name] = task

    def _end(self, *names: str) -> None:
        for name in names:
            if task := self._tasks.pop(name, None):
                task.cancel()


def place_key(request: NewSR) -> str:
    """Under which `Discovery.srs` has what lies at the chosen place."""
    return request.scsi_id or request.path if request.facts.type in ("nfs", "lvmoiscsi", "lvmohba") else ""
