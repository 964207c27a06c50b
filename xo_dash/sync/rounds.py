"""How often hosts are asked for what they measured: those of all pools together, for it is one program that reads it all."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Hashable
from typing import Final, NamedTuple

from data.history import STEP

ROUND: Final = STEP
"""Seconds between two questions to a host while somebody looks at what it measures: it does so no oftener."""
FEW, SLOWER_ROUND = 8, 10.0
"""With more such hosts than this, as for a list or a map, they are so far apart: a request a host each time."""
MANY, WIDE_ROUND = 60, 30.0
"""... and with more than this so far."""
IDLE_ROUND: Final = 60.0
"""... while nobody does; nothing is lost, a host answers with all samples since."""
IN_LINE, IN_LINE_OF_A_POOL = 3, 2
"""Hosts asked at a time for their first ten minutes, or where there are MANY; of one pool fewer, whose hosts may not answer."""
EARLY: Final = 0.5
"""Seconds by which a tick may come too soon."""


class _Hosts(NamedTuple):
    """Of one pool, how many."""

    all: int
    looked_at: int


class Rounds:
    """Shared by the collectors of all pools."""

    def __init__(self) -> None:
        self._pools: dict[Hashable, _Hosts] = {}
        self._began = -math.inf  # of the ROUND in which hosts take turns now (monotonic)
        self._taken = 0  # turns in it
        self.line = asyncio.Semaphore(IN_LINE)
        """To be held by who asks a host for its first ten minutes, or one of MANY."""

    def note(self, pool: str, hosts: int, looked_at: int) -> None:
        """What the pool of this server has now: hosts, and those that measure what somebody looks at."""
        self._pools[pool] = _Hosts(hosts, looked_at)

    def forget(self, pool: str) -> None:
        self._pools.pop(pool, None)

    @property
    def watched(self) -> float:
        """Seconds between two questions to a host that measures what somebody looks at."""
        hosts = sum(pool.looked_at for pool in self._pools.values())
        return ROUND if hosts <= FEW else SLOWER_ROUND if hosts <= MANY else WIDE_ROUND

    def take_turn(self, now: float) -> bool:
        """Whether one more host may be asked `now` (monotonic), where all of them shall be within an IDLE_ROUND.

        All at once, the hosts of a large pool would keep it from answering anything else, and us from reading it.
        """
        hosts = sum(pool.all for pool in self._pools.values())
        if hosts <= FEW:
            return True
        if now - self._began >= ROUND - EARLY:
            self._began, self._taken = now, 0
        if self._taken >= math.ceil(hosts * ROUND / IDLE_ROUND):
            return False
        self._taken += 1
        return True
