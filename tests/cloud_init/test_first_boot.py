"""The disk of cloud-init goes some minutes after the first boot, where that was asked for; or by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.objects import VBD, VDI, VM, PowerState, VMGuestMetrics, VMMetrics
from tests.control.asked import calls_of
from tests.control.fake_pool import Desk, FakePool, ends_at_once
from xo_dash.control.actions import action
from xo_dash.control.cloud_init.config_drive import DRIVE, KEEP, REMOVE
from xo_dash.control.cloud_init.first_boot import SETTLED, FirstBoots
from xo_dash.control.local_user import WithLocalUser
from xo_dash.control.runner import Runner

BOOTED = 1_700_000_000.0


@pytest.fixture
async def fake() -> FakePool:
    return FakePool()


def booted(fake: FakePool, mark: str, **fields: Any) -> VM:
    metrics = fake.put(VMMetrics(start_time="20231114T22:13:20Z"))  # type: ignore[arg-type]
    guest = fake.put(VMGuestMetrics(PV_drivers_detected=True, PV_drivers_version={"major": "8"}, live=True))
    vm = fake.vm("web-1", PowerState.RUNNING, metrics=metrics, guest_metrics=guest, **fields)
    disk = fake.put(VDI(name_label="web-1 cloud-init"))
    drives = [
        fake.put(VBD(VM=vm.ref, VDI=fake.put(VDI(name_label="root")), userdevice="0")),
        fake.put(VBD(VM=vm.ref, VDI=disk, userdevice="1", currently_attached=True, other_config={"owner": "", DRIVE: mark})),
    ]
    fake.change(vm, VBDs=drives)
    return vm


async def looked(fake: FakePool, folder: Path, *moments: float) -> list[str]:
    """The calls of somebody who looks at these moments, seconds after the boot."""
    fake.answers |= {name: ends_at_once(fake) for name in ("Async.VBD.unplug", "Async.VBD.destroy", "Async.VDI.destroy")}
    desk = Desk(folder, fake)
    runner = Runner(fake.mirror, desk.connection, WithLocalUser(desk.users), desk.runner._audit)
    left = list(moments)
    boots = FirstBoots(fake.mirror, runner, lambda: BOOTED + left[0])
    while left:
        await boots.run()
        left.pop(0)
    await runner.stop()
    return fake.sent


async def test_it_goes_once_the_guest_has_read_it(fake: FakePool, tmp_path: Path) -> None:
    booted(fake, REMOVE)
    sent = await looked(fake, tmp_path, 10, SETTLED + 1, SETTLED + 100)
    assert sent == ["Async.VBD.unplug", "Async.VBD.destroy", "Async.VDI.destroy"]


async def test_it_stays_where_that_was_asked_for_or_nothing_answers(fake: FakePool, tmp_path: Path) -> None:
    vm = booted(fake, KEEP)
    silent = booted(fake, REMOVE)
    fake.change(silent, guest_metrics="OpaqueRef:NULL")
    assert await looked(fake, tmp_path, SETTLED + 1) == []
    assert [method for method, _given in calls_of("vm.remove_cloud_init", vm)] == ["VBD.unplug", "VBD.destroy", "VDI.destroy"]
    assert str(action("vm.remove_cloud_init").blocked(fake.vm("db-1"))) == "it has no cloud-init disk"
