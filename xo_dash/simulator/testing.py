"""Simulated pools for tests: real HTTP on free loopback ports, served from a thread, with a way inside.

with simulated(hosts=(2,), vms=(5,)) as simulation:
    pool = simulation.pool                      # .url .user .password
    vm = pool.call("VM.get_by_name_label", "vm-1")[0]
    pool.fault("VM.start", error=["HOST_OFFLINE", "x"], count=1)
    pool.advance(30)                            # with speed=0 the clock is turned by hand
    pool.do(lambda inside: inside.db.set(vm, name_label="changed by itself"))
    simulation.stop(); simulation.start()       # a restart: same ports, same references
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from . import machine
from .pool import Pool
from .server import Simulator, SimulatorOptions

T = TypeVar("T")
PATIENCE = 60.0  # real seconds


@dataclass(frozen=True, slots=True)
class SimulatedPool:
    """One pool, from outside (`url`, `user`, `password`) and from inside."""

    simulation: Simulation
    index: int

    @property
    def inside(self) -> Pool:
        """The pool itself; to be used in `do` only, for it lives in another thread."""
        return self.simulation.simulator.pools[self.index]

    @property
    def url(self) -> str:
        return self.inside.url

    @property
    def user(self) -> str:
        return self.inside.user

    @property
    def password(self) -> str:
        return self.inside.password

    @property
    def addresses(self) -> list[str]:
        """Of the hosts, the first master first."""
        return list(self.inside.hosts)

    @property
    def control(self) -> str:
        """URL of the control API, which all pools of the simulation share."""
        return self.simulation.simulator.control

    def do(self, function: Callable[[Pool], T]) -> T:
        """`function(pool)`, in the simulator's own loop."""

        async def run() -> T:
            return function(self.inside)

        return self.simulation.wait(run())

    def call(self, method: str, *arguments: Any) -> Any:
        """A XAPI call from inside, as root: ints are ints, no session."""
        return self.simulation.wait(self.inside.run(method, *arguments))

    def advance(self, seconds: float) -> None:
        """Turn the clock by hand."""
        self.simulation.wait(self.inside.clock.advance(seconds))

    def fault(self, method: str, **rule: Any) -> None:
        """See faults.py."""
        self.do(lambda pool: pool.faults.add(method, **rule))

    def clear_faults(self) -> None:
        self.do(lambda pool: pool.faults.clear())

    def end_sessions(self) -> None:
        """Every session becomes SESSION_INVALID."""
        self.do(lambda pool: pool.sessions.logout_all())

    def set_master(self, address: str) -> None:
        """Another host is master from now on; the old one answers HOST_IS_SLAVE."""

        def change(pool: Pool) -> None:
            for host in pool.db.rows("host"):
                machine.of(pool, host).master = pool.hosts[address].ref
            machine.crown(pool, pool.hosts[address].ref)
            pool.sessions.logout_all()

        self.do(change)

    def host_down(self, address: str, *, down: bool = True) -> None:
        """The host drops every connection, until it is up again."""
        held = self.simulation.simulator.application.down
        (held.add if down else held.discard)(address)


class Simulation:
    """The simulator in a thread of its own."""

    def __init__(self, wanted: SimulatorOptions) -> None:
        self._wanted = wanted
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulator", daemon=True)
        self._thread.start()
        self.simulator = Simulator(wanted)

    @property
    def pools(self) -> list[SimulatedPool]:
        return [SimulatedPool(self, index) for index in range(len(self.simulator.pools))]

    @property
    def pool(self) -> SimulatedPool:
        return self.pools[0]

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def start(self, **changes: Any) -> None:
        """The first time on free ports, later on the same ones; `changes` of server.Wanted: password, tls_cert and tls_key..."""
        self._wanted = replace(self._wanted, **changes)
        self.simulator = Simulator(self._wanted)
        self.wait(self.simulator.start())
        if not self._wanted.port:
            self._wanted = replace(self._wanted, ports=tuple(p.port for p in self.simulator.pools))

    def stop(self) -> None:
        self.wait(self.simulator.stop())

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


@contextlib.contextmanager
def simulated(
    hosts: tuple[int, ...] = (1,),
    vms: tuple[int, ...] = (5,),
    srs: tuple[int, ...] = (2,),
    *,
    speed: float = 50.0,
    seed: str = "test",
    password: str = "secret",  # noqa: S107
    users: bool = False,
    dialect: str = "modern",
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
) -> Iterator[Simulation]:
    """As many pools as `hosts` has numbers. Give `speed=0` to turn the clock by hand."""
    count = len(hosts)
    simulation = Simulation(
        SimulatorOptions(
            hosts,
            (vms * count)[:count],
            (srs * count)[:count],
            seed=seed,
            password=password,
            users=users,
            dialect=dialect,
            speed=speed,
            control=0,
            tls_cert=tls_cert,
            tls_key=tls_key,
        )
    )
    try:
        simulation.start()
        yield simulation
    finally:
        simulation.close()
