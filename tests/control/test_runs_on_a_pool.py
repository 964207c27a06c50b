"""Commands through the wire: the real client, a simulated pool, and what its events say afterwards."""

import asyncio
from pathlib import Path

import orjson
import pytest

from data.objects import PBD, VBD, VDI, VM, Host, PowerState, Task
from data.types import Ref
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action
from xo_dash.control.run import RunItem, RunState
from xo_dash.simulator.testing import SimulatedPool, Simulation, simulated


async def do(bench: Wired, action_id: str, vm: VM, **values: object) -> RunItem:
    run = await asyncio.wait_for(bench.runner.run(bench.ann, action(action_id), [vm], values), 30)
    (item,) = run.items
    return item


LIFE = [
    ("vm.start", PowerState.RUNNING),
    ("vm.pause", PowerState.PAUSED),
    ("vm.unpause", PowerState.RUNNING),
    ("vm.clean_reboot", PowerState.RUNNING),
    ("vm.hard_reboot", PowerState.RUNNING),
    ("vm.suspend", PowerState.SUSPENDED),
    ("vm.resume", PowerState.RUNNING),
    ("vm.clean_shutdown", PowerState.HALTED),
    ("vm.start", PowerState.RUNNING),
    ("vm.hard_shutdown", PowerState.HALTED),
]


async def test_a_vm_s_whole_day(pool: SimulatedPool, tmp_path: Path) -> None:
    async with wired(pool, tmp_path) as bench:
        vm = bench.halted()
        for action_id, state in LIFE:
            needed = action_id.removeprefix("vm.")
            await bench.until(lambda needed=needed: needed in vm.allowed_operations)  # type: ignore[misc]
            item = await do(bench, action_id, vm)
            assert (item.state, str(item.reason or "")) == (RunState.DONE, ""), action_id
            assert vm.power_state is state, "a run that has ended is shown"
        await bench.until(lambda: not bench.home.all(Task))  # our tasks are taken away by us
    lines = [orjson.loads(line) for line in (tmp_path / "audit.jsonl").read_bytes().splitlines()]
    assert [line["result"] for line in lines if line["event"] == "end"] == ["done"] * len(LIFE)


def hosts_that_reach(vm: VM) -> list[Host]:
    """The hosts with a path to all storage of `vm`."""
    disks = [disk for drive in vm.all_of(VBD, vm.VBDs) if (disk := vm.home.one(VDI, drive.VDI))]
    paths = {(pbd.host, pbd.SR) for pbd in vm.home.all(PBD).values() if pbd.currently_attached}
    return [host for host in vm.home.all(Host).values() if all((host.ref, disk.SR) in paths for disk in disks)]


async def test_a_vm_starts_on_the_host_that_was_chosen(pools: list[SimulatedPool], tmp_path: Path) -> None:
    async with wired(pools[0], tmp_path) as bench:
        reaching = {vm: hosts_that_reach(vm) for vm in bench.machines if "start_on" in vm.allowed_operations}
        vm, hosts = max(reaching.items(), key=lambda pair: len(pair[1]))
        assert hosts
        for host in hosts:
            await bench.until(lambda: "start_on" in vm.allowed_operations)
            item = await do(bench, "vm.start_on", vm, host=host.uuid)
            assert item.state is RunState.DONE, item.reason
            await bench.until(lambda host=host: vm.resident_on == host.ref and "hard_shutdown" in vm.allowed_operations)  # type: ignore[misc]
            await do(bench, "vm.hard_shutdown", vm)


async def test_a_snapshot_comes_and_goes_with_its_disks(pool: SimulatedPool, tmp_path: Path) -> None:
    async with wired(pool, tmp_path) as bench:
        vm = bench.halted()
        item = await do(bench, "vm.snapshot", vm, name="{name} today")
        assert item.state is RunState.DONE, item.reason
        shot = await bench.until(lambda: bench.home.one(VM, Ref(str(item.result))))
        assert shot is not None and shot.name_label == f"{vm.name_label} today" and item.result == shot.ref
        theirs = {disk.uuid for drive in shot.all_of(VBD, shot.VBDs) if (disk := shot.home.one(VDI, drive.VDI)) and drive.type == "Disk"}
        others = {disk.uuid for disk in bench.home.all(VDI).values() if disk.managed} - theirs
        assert theirs
        item = await do(bench, "snapshot.delete", shot)
        assert item.state is RunState.DONE, item.reason
        await bench.until(lambda: shot.ref not in vm.snapshots)
        await bench.until(lambda: others == {disk.uuid for disk in bench.home.all(VDI).values() if disk.managed})


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (["HOST_NOT_ENOUGH_FREE_MEMORY", "8589934592", "1073741824"], "8\u202fGiB of memory needed, 1\u202fGiB free"),
        (["SR_BACKEND_FAILURE_44", "", "There is insufficient space", ""], "there is no space left on the SR"),
        (["FROM_A_NEWER_XAPI", "1"], "the pool refused: from a newer XAPI (1)"),
    ],
)
async def test_a_failure_of_the_pool_is_one_sentence(pool: SimulatedPool, tmp_path: Path, error: list[str], words: str) -> None:
    async with wired(pool, tmp_path) as bench:
        vm = bench.halted()
        pool.fault("VM.start", error=error, count=1)
        item = await do(bench, "vm.start", vm)
        assert item.state is RunState.FAILED and item.code == error[0]
        assert str(item.reason).startswith(words)
        assert vm.power_state is PowerState.HALTED


async def test_a_connection_that_breaks_leaves_it_open_and_repeats_nothing(pool: SimulatedPool, tmp_path: Path) -> None:
    async with wired(pool, tmp_path) as bench:
        pool.fault("Async.VM.start", action="drop", count=1)
        vm = bench.halted()
        item = await do(bench, "vm.start", vm)
        assert item.state is RunState.LOST and "check before trying again" in str(item.reason)
        assert vm.power_state is PowerState.HALTED


async def test_two_administrators_in_the_same_moment(pool: SimulatedPool, tmp_path: Path) -> None:
    async with wired(pool, tmp_path) as bench:
        vm = bench.halted()
        other = asyncio.create_task(bench.connection.call("VM.start", vm.ref, False, False))
        item = await do(bench, "vm.start", vm)
        assert item.state in (RunState.DONE, RunState.FAILED, RunState.REFUSED)
        assert item.state is RunState.DONE or item.reason
        await asyncio.gather(other, return_exceptions=True)
        await bench.until(lambda: vm.power_state is PowerState.RUNNING)


async def test_all_vms_at_once_have_a_result_each(pool: SimulatedPool, tmp_path: Path) -> None:
    async with wired(pool, tmp_path) as bench:
        vms = bench.machines
        able = [vm for vm in vms if "start" in vm.allowed_operations]
        assert 0 < len(able) < len(vms)
        run = await asyncio.wait_for(bench.runner.run(bench.ann, action("vm.start"), vms), 30)
        assert run.count(RunState.DONE) == len(able), [str(item.reason) for item in run.items]
        assert run.count(RunState.REFUSED) == len(vms) - len(able)
        assert {item.name for item in run.unhappy} == {vm.name_label for vm in vms if vm not in able}


async def test_a_pool_that_restarts_in_the_middle_leaves_nobody_guessing(tmp_path: Path) -> None:
    with simulated(speed=0) as simulation:  # a shutdown does not end
        await restart_in_the_middle(simulation, tmp_path)


async def restart_in_the_middle(simulation: Simulation, folder: Path) -> None:
    async with wired(simulation.pool, folder, patience=0.5) as bench:
        vm = bench.halted()
        run = bench.runner.start(bench.ann, action("vm.clean_shutdown"), [running(bench)])
        await bench.until(lambda: run.items[0].tasks)
        await asyncio.to_thread(simulation.stop)
        await bench.until(lambda: not bench.home.server.is_live)
        refused = await do(bench, "vm.start", vm)
        assert refused.state is RunState.REFUSED and "is not responding" in str(refused.reason)
        assert not run.ended  # whoever asks is told that it goes on: nobody knows better
        await asyncio.to_thread(simulation.start)
        await bench.until(lambda: bench.home.server.is_live)
        await bench.until(lambda: run.ended)
        (item,) = run.items
        assert item.state is RunState.LOST and "check before trying again" in str(item.reason)


def running(bench: Wired) -> VM:
    return next(vm for vm in bench.machines if "clean_shutdown" in vm.allowed_operations)
