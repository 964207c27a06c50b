"""A host whose VMs cannot all leave: who is in the way is named, and the host is as it was."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from data.failover import simulate_loss
from data.objects import Host, PowerState, TaskStatus
from data.stores.users import Role
from tests.control.fake_pool import Desk, FakePool, ends_at_once, user
from tests.control.test_mending import host
from tests.control.wired import wired
from xo_dash.control.actions import action
from xo_dash.control.run import RunItem, RunState
from xo_dash.simulator.testing import simulated
from xo_dash.xapi.errors import Timeout, XapiFailure

ENTER, LOOK = action("host.maintenance"), "host.get_vms_which_prevent_evacuation"


def busy_host(fake: FakePool, **fields: Any) -> Host:
    one = host(fake, "xcp-1", **fields)
    one.resident_VMs.extend(fake.vm(name, PowerState.RUNNING, resident_on=one.ref).ref for name in ("web", "db"))
    host(fake, "xcp-2")
    fake.answers |= {f"Async.host.{name}": ends_at_once(fake) for name in ("disable", "enable", "evacuate")} | {LOOK: {}}
    return one


async def enter(desk: Desk, one: Host) -> RunItem:
    run = await desk.runner.run(desk.hire(Role.ADMIN), ENTER, [one])
    (item,) = run.items
    return item


async def test_a_vm_in_the_way_is_named_and_nothing_is_changed(desk: Desk, fake: FakePool) -> None:
    one = busy_host(fake)
    web, db = one.resident_VMs
    fake.answers[LOOK] = {web: ["VM_HAS_PCI_ATTACHED", web], db: ["HOST_NOT_ENOUGH_FREE_MEMORY", db]}
    item = await enter(desk, one)
    assert item.state is RunState.FAILED
    assert str(item.reason) == (
        "web cannot be migrated to another host: not possible while a host device is passed through to web; remove it first; "
        "db cannot be migrated to another host: there is not enough free memory for it; stop some VMs, or use another host"
    )
    assert fake.sent == [LOOK]


async def test_all_leave(desk: Desk, fake: FakePool) -> None:
    item = await enter(desk, busy_host(fake))
    assert item.state is RunState.DONE
    assert fake.sent == [LOOK, "Async.host.disable", "Async.host.evacuate"]


@pytest.mark.parametrize(
    ("enabling", "left"),
    [
        (TaskStatus.SUCCESS, "xcp-1 is out of maintenance mode again"),
        (TaskStatus.FAILURE, "xcp-1 is still in maintenance mode: take it out of maintenance mode, or migrate its VMs and try again"),
    ],
)
async def test_a_move_that_fails_is_said_with_what_became_of_the_host(desk: Desk, fake: FakePool, enabling: TaskStatus, left: str) -> None:
    one = busy_host(fake)
    (web, _db) = one.resident_VMs
    answers = iter([{}, {web: ["VM_LACKS_FEATURE", web]}])
    fake.answers |= {
        LOOK: lambda _ref: next(answers),
        "Async.host.evacuate": ends_at_once(fake, TaskStatus.FAILURE, "NO_HOSTS_AVAILABLE"),
        "Async.host.enable": ends_at_once(fake, enabling, *(["HOST_STILL_BOOTING"] if enabling is TaskStatus.FAILURE else [])),
    }
    item = await enter(desk, one)
    assert item.state is RunState.FAILED
    assert str(item.reason) == (
        "Migrating all VMs off xcp-1 failed: web cannot be migrated to another host: "
        f"the guest of web does not support this; install or start the guest tools; {left}"
    )
    assert fake.sent[-1] == "Async.host.enable"


async def test_a_host_that_was_disabled_before_stays_so(desk: Desk, fake: FakePool) -> None:
    one = busy_host(fake, enabled=False)
    fake.answers["Async.host.evacuate"] = ends_at_once(fake, TaskStatus.FAILURE, "VMS_FAILED_TO_COOPERATE")
    assert (await enter(desk, one)).state is RunState.FAILED
    assert "Async.host.enable" not in fake.sent


async def test_while_the_moves_may_go_on_the_host_takes_no_vms(desk: Desk, fake: FakePool) -> None:
    one = busy_host(fake)
    fake.answers["Async.host.evacuate"] = Timeout("30 s")
    item = await enter(desk, one)
    assert item.state is RunState.LOST and "xcp-1 is still in maintenance mode" in str(item.reason)
    assert "Async.host.enable" not in fake.sent


async def test_a_pool_that_cannot_be_asked_is_told_all_the_same(desk: Desk, fake: FakePool) -> None:
    one = busy_host(fake)
    fake.answers[LOOK] = XapiFailure("MESSAGE_METHOD_UNKNOWN", [LOOK])
    assert (await enter(desk, one)).state is RunState.DONE


async def test_a_simulated_host_that_cannot_be_emptied_goes_on(tmp_path: Path) -> None:
    with simulated((3,), (24,), (3,)) as simulation:
        async with wired(simulation.pools[0], tmp_path) as bench:
            ann = bench.hire(user(Role.ADMIN, "root"))
            stuck = [(one, found) for one in bench.home.all(Host).values() if (found := simulate_loss((one,)).stranded)]
            assert stuck, "a pool in which every VM can move proves nothing"
            one, stranded = stuck[0]
            run = await asyncio.wait_for(bench.runner.run(ann, ENTER, [one]), 30)
            (item,) = run.items
            assert item.state is RunState.FAILED and any(found.vm.name_label in str(item.reason) for found in stranded)
            assert one.enabled
