"""The scripts of clients/ whose client is installed here; `make clients` brings and runs the others too."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xo_dash.simulator.testing import simulated

CLIENTS = Path(__file__).parents[2] / "clients"


@pytest.mark.skipif(importlib.util.find_spec("XenAPI") is None, reason="XenAPI is not installed")
def test_xenapi_accepts_the_simulator() -> None:
    with simulated(hosts=(2,), vms=(4,)) as simulation:
        pool = simulation.pool
        environment = {**os.environ, "POOL_URL": pool.url, "POOL_USER": pool.user, "POOL_PASSWORD": pool.password}
        script = [sys.executable, str(CLIENTS / "python_xenapi.py")]
        done = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "event.from, Async" in done.stdout
