"""The published data model's own check, against the simulator as anyone would run it."""

import copy
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.simulator.conftest import SHARED
from xo_dash.simulator import model
from xo_dash.simulator.testing import simulated

CHECK = SHARED / "tools" / "check_xapi.py"
pytestmark = pytest.mark.skipif(not CHECK.exists(), reason="no shared tools beside the repository")


@pytest.fixture
def shared_values() -> Iterator[None]:
    """Rows share what is empty in them: nobody may write to a record but the database."""
    before = copy.deepcopy({name: c.fresh for name, c in model.load().classes.items()})
    yield
    assert {name: c.fresh for name, c in model.load().classes.items()} == before


@pytest.mark.usefixtures("shared_values")
@pytest.mark.parametrize("mutate", [False, True])
def test_no_fault(mutate: bool) -> None:
    with simulated(hosts=(3,), vms=(12,)) as simulation:
        pool = simulation.pool
        command = [
            sys.executable,
            str(CHECK),
            pool.url,
            "--user",
            pool.user,
            "--password",
            pool.password,
            *(["--mutate"] if mutate else []),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout.splitlines()[-1:] == ["0 faults"], done.stdout[-3000:] + done.stderr[-2000:]
