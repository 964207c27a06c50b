"""Deletes what was in the trash for long enough: a job of the scheduler, which goes through the runner as anybody else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from data.mirror import Mirror, PoolMirror
from data.objects import VM
from data.trash import is_due
from xo_dash.control.local_user import system_user
from xo_dash.control.runner import Runner
from xo_dash.control.vm.delete import PURGE

PURGED_EVERY: Final = 600.0
"""Seconds between two looks."""


class Purge:
    """Does nothing while the trash is turned off: what is in it then stays until somebody empties it."""

    def __init__(self, mirror: Mirror, runner: Runner, clock: Callable[[], float] = time.time) -> None:
        self._mirror, self._runner, self._clock = mirror, runner, clock

    async def run(self) -> None:
        due = [vm for vm in self._mirror.every(VM) if is_due(vm, self._clock()) and _is_there(vm)] if self._mirror.trash.is_on else []
        if due:
            await self._runner.run(system_user(), PURGE, due, {})


def _is_there(vm: VM) -> bool:
    return isinstance(vm.home, PoolMirror) and vm.home.server.is_live and not vm.current_operations
