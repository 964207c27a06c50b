"""A VM goes from pool to pool by its export: whole or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from data.identity import key_of
from data.mirror import PoolMirror
from data.objects import VBD, VDI, VM
from data.vms import disks_of
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action
from xo_dash.control.requests.decode import decode
from xo_dash.control.run import RunState
from xo_dash.control.sr.choice import disk_srs
from xo_dash.simulator.testing import simulated

COPY = action("vm.copy_to_pool")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Wired]:
    with simulated((1, 1), (6, 2), (2, 2)) as simulation:
        async with wired(simulation.pools[0], tmp_path, simulation.pools[1]) as bench:
            yield bench


def there(bench: Wired) -> PoolMirror:
    return bench.mirror.pools["other-1"]


def halted(bench: Wired) -> VM:
    return next(vm for vm in bench.machines if COPY.blocked(vm) is None and disks_of(vm))


def everything(home: PoolMirror) -> list[set[str]]:
    return [set(home.all(kind)) for kind in (VM, VBD, VDI)]


async def test_a_vm_is_copied_to_another_pool(bench: Wired) -> None:
    vm = halted(bench)
    run = await bench.runner.run(bench.ann, COPY, [vm], {"sr": key_of(disk_srs(there(bench))[0][0]), "name": "copy"})
    (item,) = run.items
    assert item.state is RunState.DONE, str(item.reason)
    copy = await bench.until(lambda: there(bench).one(VM, str(item.result)))  # type: ignore[arg-type]
    await bench.until(lambda: copy.name_label == "copy" and not vm.current_operations)  # each pool tells of itself
    assert copy.uuid != vm.uuid and len(disks_of(copy)) == len(disks_of(vm))
    moved = next(step.meter for step in item.steps if step.meter is not None)
    assert moved.moved > 0


async def test_a_copy_that_is_cancelled_leaves_nothing_there(bench: Wired) -> None:
    vm, before = halted(bench), everything(there(bench))
    run = bench.runner.start(bench.ann, COPY, [vm], {"sr": key_of(disk_srs(there(bench))[0][0]), "name": vm.name_label})
    await bench.until(lambda: any(step.meter is not None and step.meter.moved for step in run.items[0].steps))
    bench.runner.cancel(bench.ann, run)
    await bench.until(lambda: run.ended)
    assert run.items[0].state is RunState.CANCELLED, str(run.items[0].reason)
    await bench.until(lambda: everything(there(bench)) == before and "export" in vm.allowed_operations)


async def test_storage_of_its_own_pool_is_none(bench: Wired) -> None:
    vm = halted(bench)
    own = key_of(disk_srs(vm.home)[0][0])
    request = decode(COPY.request, {"sr": own, "name": "x"})
    assert ["in the pool of the VM" in str(fault.reason) for fault in COPY.faults(request, vm)] == [True]
    assert own not in {choice.value for choice in COPY.choices["sr"]([vm])}
