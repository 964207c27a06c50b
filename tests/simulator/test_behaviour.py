"""Hundreds of small calls, each with the answer that a real xapi gave."""

import subprocess
import sys

import pytest

from tests.simulator.conftest import SHARED
from tests.simulator.furnished import furnish
from xo_dash.simulator.testing import simulated

CHECK = SHARED / "tools" / "check_behaviour.py"


@pytest.mark.skipif(not CHECK.exists(), reason="no shared tools beside the repository")
@pytest.mark.parametrize("hosts", [1, 3])
def test_every_case_agrees(hosts: int) -> None:
    with simulated(hosts=(hosts,), vms=(6,), speed=1000) as simulation:
        pool = furnish(simulation.pool)
        command = [sys.executable, str(CHECK), pool.url, "--user", pool.user, "--password", pool.password]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
