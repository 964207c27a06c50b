"""Still pictures of VMs' screens: asked for by whoever has one in sight, taken by one request at a time from each host."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from data.consoles import Standing, present
from data.objects import VM, Host
from xo_dash.consoles.consoles import ConsoleConnections
from xo_dash.xapi.errors import XapiError
from xo_dash.xapi.wire import Reply

log = logging.getLogger(__name__)

FRESH: Final = 30.0
"""Seconds for which a picture, or that there is none, is believed."""
LARGEST: Final = 2 << 20
"""Bytes of one."""
KEPT: Final = 16 << 20
"""Bytes of all that are kept."""
WITHIN: Final = 20.0
"""Seconds for one; a host draws it when it is asked."""
JPEG: Final = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class ConsolePicture:
    content: bytes  # JPEG
    taken: float  # epoch seconds
    since: float  # epoch seconds since which it has looked just so


class ConsolePictures:
    """`await pictures.of(vm)`; the last one stays while a VM is off or its host is not heard."""

    def __init__(self, connections: ConsoleConnections, clock: Callable[[], float] = time.time) -> None:
        self._connections, self._clock = connections, clock
        self._kept: OrderedDict[str, ConsolePicture] = OrderedDict()  # {server's id and VM's ref}: the last asked for at the end
        self._asked: dict[str, float] = {}  # {the same: when}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # {server's id and host's ref}

    async def of(self, vm: VM) -> ConsolePicture | None:
        """As it looked at most 30 seconds ago, where it can be seen at all; None if nobody has ever seen it."""
        key = f"{vm.home.id} {vm.ref}"
        if self._is_due(key) and present(vm).standing is Standing.READY:
            host = vm.home.one(Host, vm.resident_on)
            if host is not None:
                turn = self._turns.setdefault(f"{vm.home.id} {host.ref}", asyncio.Lock())
                async with turn:
                    if self._is_due(key):  # or somebody else has just asked
                        await self._take(key, vm, host)
        return self._kept.get(key)

    def _is_due(self, key: str) -> bool:
        return not 0 <= self._clock() - self._asked.get(key, 0.0) < FRESH

    async def _take(self, key: str, vm: VM, host: Host) -> None:
        now = self._clock()
        try:
            connection = self._connections(vm.home.id)
            content = await connection.get(
                host.address, "/vncsnapshot", {"uuid": vm.uuid}, _jpeg, accept="image/jpeg", within=WITHIN, limit=LARGEST
            )
        except XapiError as error:
            log.debug("no picture of %s: %s", vm.uuid, error)
            return
        finally:
            self._asked[key] = now
        if content:
            old = self._kept.pop(key, None)
            self._kept[key] = ConsolePicture(content, now, old.since if old is not None and old.content == content else now)
            self._forget(now)

    def _forget(self, now: float) -> None:
        self._asked = {key: asked for key, asked in self._asked.items() if now - asked < FRESH}
        while sum(len(one.content) for one in self._kept.values()) > KEPT:
            self._kept.popitem(last=False)


def _jpeg(reply: Reply) -> bytes:
    """Nothing for what is no picture."""
    content = bytes(reply.body)
    return content if reply.status == 200 and content.startswith(JPEG) else b""
