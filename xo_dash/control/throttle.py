"""How much is done at a time: so many things in one pool, and so many on one host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from data.objects import PBD, VM, Host
from data.types import NULL_REF, Ref, XapiObject

IN_A_POOL = 10
ON_A_HOST = 4
"""Its own toolstack and its disks have enough to do with so many."""
SENDING_DISKS = 3
"""VMs whose disks one host sends at a time. Source: XAPI refuses a fourth (TOO_MANY_STORAGE_MIGRATES)."""


class HostTurns:
    """`async with throttle.turn("lab", host)`: in the order in which they asked."""

    def __init__(self, in_a_pool: int = IN_A_POOL, on_a_host: int = ON_A_HOST) -> None:
        self._in_a_pool = in_a_pool
        self._on_a_host = on_a_host
        self._pools: dict[str, asyncio.Semaphore] = {}
        self._hosts: dict[tuple[str, Ref], asyncio.Semaphore] = {}
        self._senders: dict[tuple[str, Ref], asyncio.Semaphore] = {}

    def turn(self, pool: str, host: Ref = NULL_REF, others: Iterable[Host] = (), sender: Host | None = None) -> Turn:
        """`pool`: a server's id. `host`: of that pool, if it is the work of one. `others` have work with it too, of any pool.

        `sender` sends the disks of a VM.
        """
        also = {(one.home.id, one.ref) for one in others}
        hosts = also | ({(pool, host)} if host not in ("", NULL_REF) else set())
        pools = {pool} | {other for other, _host in also}
        senders = [(sender.home.id, sender.ref)] if sender is not None else []
        # what there is least of first, so that whoever waits for a busy host keeps nobody from another; all in one order, so that no two
        # wait for each other
        return Turn(
            [
                *(self._senders.setdefault(one, asyncio.Semaphore(SENDING_DISKS)) for one in senders),
                *(self._hosts.setdefault(one, asyncio.Semaphore(self._on_a_host)) for one in sorted(hosts)),
                *(self._pools.setdefault(one, asyncio.Semaphore(self._in_a_pool)) for one in sorted(pools)),
            ]
        )


class Turn:
    """The right to do something now; may be given to others for a while."""

    def __init__(self, gates: list[asyncio.Semaphore]) -> None:
        self._gates = gates
        self._held: list[asyncio.Semaphore] = []

    async def __aenter__(self) -> Self:
        await self._take()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._release()

    @asynccontextmanager
    async def let_go(self) -> AsyncIterator[None]:
        """Others may have it while this waits for something long: for plans within, for bytes, for a host that comes back."""
        self._release()
        yield
        await self._take()

    async def _take(self) -> None:
        try:
            for gate in self._gates:
                await gate.acquire()
                self._held.append(gate)
        except BaseException:
            self._release()
            raise

    def _release(self) -> None:
        while self._held:
            self._held.pop().release()


def host_of(subject: XapiObject) -> Ref:
    """The host whose work a command on `subject` is; NULL_REF where nobody knows yet, or all are."""
    match subject:
        case VM():
            return subject.resident_on
        case Host():
            return subject.ref
        case PBD():
            return subject.host
        case _:
            return NULL_REF
