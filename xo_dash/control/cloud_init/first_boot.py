"""After the first boot: the disk that cloud-init read is taken away, where that was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from data.facts.vm import ToolsState, tools_of
from data.mirror import Mirror, PoolMirror
from data.objects import VBD, VM, PowerState, VMMetrics
from data.types import timestamp
from xo_dash.control.cloud_init.config_drive import DRIVE, REMOVE, REMOVE_DRIVE, blocked
from xo_dash.control.local_user import system_user
from xo_dash.control.runner import Runner
from xo_dash.control.vm.kinds import is_machine

LOOKED_EVERY: Final = 60.0
"""Seconds between two looks."""
SETTLED: Final = 300.0
"""Seconds after a boot in which cloud-init has surely read its disk. Source: Xen Orchestra waits as long."""


class FirstBoots:
    """Looks now and then for VMs that have booted, and goes through the runner as anybody else. What fails is left to people."""

    def __init__(self, mirror: Mirror, runner: Runner, clock: Callable[[], float] = time.time) -> None:
        self._mirror, self._runner, self._clock = mirror, runner, clock
        self._tried: set[tuple[str, str]] = set()  # (server, VM's uuid)

    async def run(self) -> None:
        due = list(self._due())
        self._tried |= {(vm.home.id, vm.uuid) for vm in due}
        if due:
            await self._runner.run(system_user(), REMOVE_DRIVE, due, {})

    def _due(self) -> Iterator[VM]:
        for vbd in self._mirror.every(VBD):
            if vbd.other_config.get(DRIVE) != REMOVE:
                continue
            vm = vbd.home.one(VM, vbd.VM)
            if vm is not None and (vm.home.id, vm.uuid) not in self._tried and self._has_booted(vm):
                yield vm

    def _has_booted(self, vm: VM) -> bool:
        if not isinstance(vm.home, PoolMirror) or not vm.home.server.is_live or not is_machine(vm) or blocked(vm) is not None:
            return False
        metrics = vm.home.one(VMMetrics, vm.metrics)
        started = timestamp(metrics.start_time) if metrics is not None else None
        settled = started is not None and self._clock() - started > SETTLED
        return settled and vm.power_state is PowerState.RUNNING and tools_of(vm).state is ToolsState.WORKING
