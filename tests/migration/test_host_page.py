"""A host's page says where its VMs can go, who would stop without it, and what its machine tells; a pool's page the same of each host."""

from __future__ import annotations

import math
from typing import Any

import pytest
from nicegui.testing import User

from components.hosts.memory import apportioned
from components.hosts.rows import resident_table
from data.identity import key_of
from data.objects import PowerState
from data.reading import reading
from data.scope import Scope
from data.stores.users import Role
from data.types import GIB
from data.views.vm import VMView
from tests.control.fake_pool import FakePool
from tests.migration.pools import House, host, machine
from xo_dash.control.host.hardware import Machine, machine_of
from xo_dash.xapi.errors import XapiFailure

MOVABLE = frozenset({"pool_migrate"})


async def test_a_vm_says_where_it_can_go_or_why_nowhere(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    view = Scope(house.lab.mirror).view(VMView, vm)
    assert [thing.name for thing in view.moves_to.hosts] == ["two"]
    house.lab.change(house.two, enabled=False)
    assert VMView.moves_to.of(vm).why == "no_host"
    house.lab.change(house.two, enabled=True)
    house.lab.change(vm, memory_dynamic_max=100 * GIB)
    found = VMView.moves_to.of(vm)
    assert found.why == "room" and (found.needed, found.free) == (100 * GIB, 64 * GIB)
    house.lab.change(vm, power_state=PowerState.HALTED)
    assert VMView.moves_to.of(vm).why is None and not VMView.moves_to.of(vm).hosts


async def test_the_sums_of_a_host_s_vms_look_at_no_other_host(house: House) -> None:
    vm, table = machine(house.lab, house.one, house.shared, house.lan), resident_table(house.one)
    table.row(vm)
    assert table.sums is not None
    with reading(house.lab.mirror.pools) as read:
        sums = table.sums([vm])
    assert sums[0] == "1 VM" and sums[6] == "1 can, 0 cannot" and house.two not in read.rows


def test_the_parts_of_a_host_s_memory_add_up_as_they_are_shown() -> None:
    assert apportioned([256, 405, 3600, 14939], 1920) == [26, 40, 360, 1494]
    assert sum(apportioned([1, 1, 1], 100)) == 100 and apportioned([0, 0], 10) == [0, 0]


@pytest.mark.parametrize("role", [Role.VIEWER])
async def test_the_page_names_who_would_stop_and_why(user: User, house: House, role: Role) -> None:
    machine(house.lab, house.one, house.local, house.lan)
    await user.open(f"/host/{key_of(house.one)}")
    await user.should_see("1 VM would stop")
    await user.should_see("local is not attached on any other host")
    await user.should_not_see("Suggest moves")
    host(house.lab, "three")
    house.lab.change(house.one, resident_VMs=[])
    await user.should_see("No VMs are running here")


ANSWERS: dict[str, Any] = {
    "smartctl.py": '{"/dev/sda:sat": {"model_name": "A  B", "smart_status": {"passed": true}, "temperature": {"current": 31},'
    ' "ata_smart_attributes": {"table": [{"id": 5, "raw": {"value": 8}}]}}, "/dev/sdb:sat": 3}',
    "raid.py": '{"raid": {"State": "clean, degraded", "Raid Level": "raid1"}}',
    "ipmitool.py": '[{"name": "Inlet", "value": "23 degrees C", "event": "ok"}, {"name": "Fan", "value": "0 RPM", "event": "cr"}, 7]',
}


async def told(answers: dict[str, Any]) -> Machine:
    fake = FakePool()
    one = host(fake, "one")

    def plugin(_host: str, name: str, _function: str, _arguments: object) -> Any:
        answer = answers.get(name)
        if answer is None:
            raise XapiFailure("XENAPI_MISSING_PLUGIN", [name])
        return answer

    fake.answers["host.call_plugin"] = plugin
    return await machine_of(fake, one)


async def test_what_the_machine_tells_is_read() -> None:
    found = await told(ANSWERS)
    (disk,) = found.disks
    assert (disk.device, disk.model, disk.passed, disk.temperature, disk.reallocated) == ("/dev/sda", "A B", True, 31.0, 8)
    assert (found.raid, found.raid_level) == ("clean, degraded", "raid1")
    assert [(sensor.name, sensor.is_fine) for sensor in found.sensors] == [("Inlet", True), ("Fan", False)]


@pytest.mark.parametrize(
    "answer", [None, "", "[", "[]", "{}", "7", "null", '{"raid": 3}', '{"x": {"temperature": []}}', "[[[" * 10_000, {}]
)
async def test_an_odd_answer_is_none(answer: Any) -> None:
    found = await told(dict.fromkeys(ANSWERS, answer))
    assert not found.raid and not found.sensors and all(math.isnan(disk.temperature) for disk in found.disks)
