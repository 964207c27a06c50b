"""A migration whose source dies in the middle: what it left on the target is said and linked, at once and after a restart of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.identity import key_of
from data.objects import SR, VBD, VDI, VM, PowerState, Task, TaskStatus
from data.types import GIB, Ref
from tests.control.dying import Deeds, Life
from tests.control.fake_pool import Desk, FakePool, Users, ends_at_once, user
from tests.migration.pools import House, machine
from tests.waiting import until
from xo_dash.control import left_behind
from xo_dash.control.actions import action
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.vm.migration.request import MigrateVM

SAID = "the disk root is left on nas, without a VM"


def disk_on(fake: FakePool, sr: SR, name: str = "root", size: int = 20 * GIB) -> VDI:
    vdi = VDI(name_label=name, virtual_size=size, SR=sr.ref)
    fake.put(vdi)
    fake.change(sr, VDIs=[*sr.VDIs, vdi.ref])
    return vdi


def left(item: RunItem) -> list[tuple[str, str, tuple[Ref, ...]]]:
    return [(str(one.says), one.pool, one.refs) for one in item.left]


def moving(house: House) -> VM:
    disk_on(house.home, house.nas)  # one of the same name and size that was there before
    return machine(house.lab, house.one, house.shared, house.lan, PowerState.HALTED)


async def sent_off(house: House, desk: Desk) -> tuple[Run, RunItem]:
    """A migration whose disks are being sent."""
    vm = moving(house)
    house.home.answers["host.migrate_receive"] = {"host": "there"}
    house.lab.answers["Async.VM.assert_can_migrate"] = ends_at_once(house.lab)
    run = desk.runner.start(desk.hire(), action("vm.migrate"), [vm], {"host": key_of(house.attic)})
    (item,) = run.items
    await house.lab.until(2)
    return run, item


async def test_a_disk_without_a_vm_is_said_for_as_long_as_it_is_there(house: House, tmp_path: Path) -> None:
    desk = Desk(tmp_path, house.lab, house.home)
    run, item = await sent_off(house, desk)
    made, _other = disk_on(house.home, house.nas), disk_on(house.home, house.nas, "somebody's")
    sent = next(row for row in house.lab.home.all(Task).values() if row.status is TaskStatus.PENDING)
    house.lab.remove(sent)  # its pool forgot it
    await desk.until(lambda: run.ended)
    assert item.state is RunState.LOST and str(item.reason).endswith(f"check before trying again; {SAID}")
    assert left(item) == [(SAID, "home", (made.ref,))] and not item.can_be_undone
    assert SAID in desk.audit()[-1]["reason"]

    drive = house.home.put(VBD(VDI=made.ref))
    house.home.change(made, VBDs=[drive])  # it arrives after all
    assert left(item) == [] and SAID not in str(item.reason)
    house.home.change(made, VBDs=[])
    assert left(item)
    house.home.remove(made)
    assert left(item) == []
    await desk.runner.stop()


async def test_what_a_failed_one_did_not_remove_is_said_once_there_was_time_for_it(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_behind, "SWEEPING", 0.0)
    desk = Desk(tmp_path, house.lab, house.home)
    run, item = await sent_off(house, desk)
    assert isinstance(item.request, MigrateVM) and [place.sr for place in item.request.disks] == [key_of(house.nas)], "as it was chosen"
    assert [place.network for place in item.request.nics] == [key_of(house.home_lan)]
    made = disk_on(house.home, house.nas)
    sent = next(row for row in house.lab.home.all(Task).values() if row.status is TaskStatus.PENDING)
    house.lab.change(sent, status=TaskStatus.FAILURE, error_info=["SR_BACKEND_FAILURE_44", "", "There is insufficient space", ""])
    await desk.until(lambda: run.ended)
    assert item.state is RunState.FAILED and "; web-1 is halted, with its disks" in str(item.reason)
    await desk.until(lambda: left(item) == [(SAID, "home", (made.ref,))])
    assert str(item.reason).endswith(SAID)
    house.home.remove(made)
    assert left(item) == [] and SAID not in str(item.reason)
    await desk.runner.stop()


async def test_it_is_said_after_a_restart_of_ours_too(house: House, tmp_path: Path) -> None:
    vm, users, ann = moving(house), Users(), user()
    users[ann.id] = ann
    first = Life(tmp_path / "1", house.lab, users, Deeds(house.lab), holds_at=2)
    first.runner.start(ann, action("vm.migrate"), [vm], {"host": key_of(house.attic)})
    await until(first.held.is_set)
    await first.dies(tmp_path / "2")
    made = disk_on(house.home, house.nas)
    second = Life(tmp_path / "2", house.lab, users, Deeds(house.lab))
    await second.runner.recall()
    (run,) = second.runner.runs
    (item,) = run.items
    await until(lambda: item.steps != [])
    house.lab.remove(next(row for row in house.lab.home.all(Task).values() if row.status is TaskStatus.PENDING))
    await second.until_ended(run)
    assert item.state is RunState.LOST and str(item.reason).endswith(SAID)
    assert left(item) == [(SAID, "home", (made.ref,))]
    await second.ends()
