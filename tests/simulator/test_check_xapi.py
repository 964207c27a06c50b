"""The published data model's own check, against the simulator as anyone would run it."""

import copy
from collections.abc import Iterator

import pytest

from tests.simulator.checking import check, needs_the_check
from xo_dash.simulator import model
from xo_dash.simulator.testing import simulated


@pytest.fixture
def shared_values() -> Iterator[None]:
    """Rows share what is empty in them: nobody may write to a record but the database."""
    before = copy.deepcopy({name: c.fresh for name, c in model.load().classes.items()})
    yield
    assert {name: c.fresh for name, c in model.load().classes.items()} == before


@needs_the_check
@pytest.mark.usefixtures("shared_values")
@pytest.mark.parametrize("options", [(), ("--mutate",)], ids=["looks", "changes"])
def test_no_fault(options: tuple[str, ...]) -> None:
    with simulated(hosts=(3,), vms=(12,)) as simulation:
        pool = simulation.pool
        check(pool.url, pool.user, pool.password, *options)
