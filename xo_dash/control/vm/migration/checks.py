"""Asking pools whether a VM can go to hosts, before anybody chooses one: XAPI's own judgement, which knows more than the mirror."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from data.coalesce import INTERVAL
from data.identity import key_of
from data.objects import VM, Host
from data.types import NULL_REF, Ref
from xo_dash.control.failures import explain_error
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.task_waiter import Caller, Connections
from xo_dash.control.vm.migration.mapping import migration_network_of
from xo_dash.control.vm.migration.request import MigrateVM, host_in, places_in
from xo_dash.xapi.errors import XapiError, XapiFailure

AT_ONCE: Final = 8
"""Checks at a time, of all who look: each holds a thread of ours and a lock of xapi's."""
KEPT: Final = 30.0
"""Seconds for which an answer is good."""
PREPARED: Final = 600.0
"""Seconds for which a host's permission to receive is used again: migrate_receive makes a session in its pool, which ends by itself."""
MOST: Final = 1000
"""Answers that are kept."""
ODD: Final = frozenset({"MESSAGE_METHOD_UNKNOWN", "NOT_IMPLEMENTED", "PERMISSION_DENIED", "RBAC_PERMISSION_DENIED"})
"""Codes that tell nothing of the VM."""

Told = Callable[[VM, Host, LazyText | None], object]
"""(a VM, a host, why it refuses; None: it can take it)"""


class MigrationChecks:
    """One for all pages. Nothing is changed by a check."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._answers: dict[tuple[object, ...], tuple[float, LazyText | None]] = {}
        self._ready: dict[str, tuple[float, asyncio.Future[object]]] = {}  # by the host's key

    async def ask(self, wanted: Iterable[tuple[VM, MigrateVM]], told: Told) -> None:
        """Tell of each as its answer comes; of one that gives none nothing is told. May be cancelled."""
        left = iter(wanted)
        async with asyncio.TaskGroup() as group:
            for _worker in range(AT_ONCE):
                group.create_task(self._work(left, told))

    async def watch(self, wanted: Iterable[tuple[VM, MigrateVM]], told: Told, draw: Callable[[], object]) -> None:
        """As `ask`; `draw` is called after what came within a tenth of a second, and at the end."""
        asking = asyncio.create_task(self.ask(wanted, told))
        try:
            while not asking.done():
                await asyncio.wait({asking}, timeout=INTERVAL)
                draw()
        finally:
            asking.cancel()
            await asyncio.wait({asking})
        await asking  # an error inside is its watcher's

    async def _work(self, left: Iterator[tuple[VM, MigrateVM]], told: Told) -> None:
        for vm, request in left:
            if (host := host_in(request, vm)) is not None:
                await self._one(vm, host, request, told)
            await asyncio.sleep(0)  # what is known takes no time, and there may be hundreds

    async def _one(self, vm: VM, host: Host, request: MigrateVM, told: Told) -> None:
        srs, nics = places_in(request, vm, host)
        asked = (key_of(vm), vm.resident_on, vm.power_state, key_of(host), tuple(srs.items()), tuple(nics.items()))
        when, known = self._answers.get(asked, (-KEPT, None))
        if time.monotonic() - when < KEPT:
            told(vm, host, known)
            return
        async with self._gate:
            try:
                there = await self._prepared(host)
                reason = await _judged(self._connections(vm.home.id), vm, (vm.ref, there, True, srs, nics, {}))
            except XapiError:
                return  # nobody can say; the plan asks again
        self._keep(asked, reason)
        told(vm, host, reason)

    def _keep(self, asked: tuple[object, ...], reason: LazyText | None) -> None:
        while len(self._answers) >= MOST:
            del self._answers[next(iter(self._answers))]
        self._answers[asked] = time.monotonic(), reason

    async def _prepared(self, host: Host) -> object:
        """What the host gives to those who may send to it; a secret."""
        key = key_of(host)
        when, answer = self._ready.get(key, (-PREPARED, None))
        if answer is None or time.monotonic() - when > PREPARED or (answer.done() and (answer.cancelled() or answer.exception())):
            answer = asyncio.get_running_loop().create_task(_receive(self._connections(host.home.id), host))
            self._ready[key] = time.monotonic(), answer
        return await asyncio.shield(answer)


async def _receive(caller: Caller, host: Host) -> object:
    network = migration_network_of(host)
    return await caller.call("host.migrate_receive", host.ref, network.ref if network else Ref(NULL_REF), {})


async def _judged(caller: Caller, vm: VM, given: tuple[Any, ...]) -> LazyText | None:
    """Why XAPI refuses. Raises XapiError where it said nothing."""
    try:
        await caller.call("VM.assert_can_migrate", *given)
    except XapiFailure as error:
        if error.code in ODD:
            raise
        return explain_error(error, vm.home, vm)[0]
    return None
