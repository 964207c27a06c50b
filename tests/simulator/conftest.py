"""A simulated pool to talk to, and who talks to it: XenAPI, or JSON-RPC."""

from collections.abc import Iterator
from typing import Any

import pytest
import XenAPI

from tests.simulator.client import Client, sign_in
from tests.simulator.furnished import furnish
from tests.simulator.making import Maker
from tests.simulator.migrating import Place, place
from tests.simulator.transfers import full_vm
from xo_dash.simulator.testing import SimulatedPool, Simulation, simulated


@pytest.fixture(autouse=True)
def own_words_for_nothing_here() -> None:
    """The product's, which looks after NiceGUI: nothing of the product is here, and these tests run without it."""


@pytest.fixture(autouse=True)
def no_active_links() -> None:
    """The same of the product's bindings."""


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    """One pool of two hosts for a whole file of tests; they must not mind what others left."""
    with simulated(hosts=(2,), vms=(6,)) as running:
        yield running


@pytest.fixture
def pool(simulation: Simulation) -> Iterator[SimulatedPool]:
    yield simulation.pool
    simulation.pool.clear_faults()


@pytest.fixture
def here(simulation: Simulation) -> Place:
    """For VMs that move: the first pool, and the second."""
    return place(simulation.pool)


@pytest.fixture
def there(simulation: Simulation) -> Place:
    return place(simulation.pools[1])


@pytest.fixture
def client(pool: SimulatedPool) -> Client:
    return sign_in(pool)


@pytest.fixture
def xen(pool: SimulatedPool) -> Iterator[Any]:
    session = XenAPI.Session(pool.url)
    session.login_with_password(pool.user, pool.password, "2.21", "test")
    yield session.xenapi
    session.xenapi.session.logout()
    session("close")()


@pytest.fixture
def vm(pool: SimulatedPool) -> str:
    """A halted VM."""
    halted = [ref for ref, r in pool.call("VM.get_all_records").items()
              if r["power_state"] == "Halted" and not (r["is_a_template"] or r["is_control_domain"])]  # fmt: skip
    return str(halted[0])


@pytest.fixture
def maker(client: Client) -> Maker:
    return Maker(client)


@pytest.fixture(scope="module")
def quick() -> Iterator[SimulatedPool]:
    with simulated(hosts=(2,), vms=(2,), speed=2000) as simulation:
        yield furnish(simulation.pool)


@pytest.fixture
def written(client: Client) -> tuple[str, str]:
    return full_vm(client)


@pytest.fixture
def make(quick: SimulatedPool) -> Maker:
    return Maker(sign_in(quick))
