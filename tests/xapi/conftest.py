from collections.abc import Iterator

import pytest

from xo_dash.simulator.testing import SimulatedPool, Simulation, simulated


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    """A host and five VMs, at real speed: nothing happens by itself while a test looks."""
    with simulated(speed=1) as simulation:
        yield simulation


@pytest.fixture
def pools() -> Iterator[list[SimulatedPool]]:
    """Two hosts with five VMs, and one host with three; at real speed."""
    with simulated(hosts=(2, 1), vms=(5, 3), speed=1) as simulation:
        yield simulation.pools


@pytest.fixture
def quick_pool() -> Iterator[SimulatedPool]:
    """A host and a VM where xapi's five seconds after a wrong password are short."""
    with simulated(hosts=(2,), vms=(1,), speed=50) as simulation:
        yield simulation.pool
