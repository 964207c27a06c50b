"""Migration within a pool: the memory goes, the disks stay."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.simulator.client import until
from tests.simulator.making import GIB, NULL
from tests.simulator.migrating import Place, place
from xo_dash.simulator.testing import Simulation, simulated


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    with simulated(hosts=(3,), vms=(4,)) as running:
        yield running


def test_what_is_unplugged_stays_so(here: Place) -> None:
    vm, there = here.running(), here.hosts[1]
    extra = here.make.drive(vm, here.make.disk(), "1")
    domid, consoles = here.make.get(vm, "domid"), here.make.get(vm, "consoles")
    here.x.call("VM.pool_migrate", vm, there, {"live": "true"})
    assert here.make.get(vm, "resident_on") == there
    assert here.make.get(vm, "scheduled_to_be_resident_on") == NULL
    assert here.make.get(extra, "currently_attached", "VBD") is False
    assert here.make.get(vm, "domid") > 0
    homes = {urlsplit(here.x.call("console.get_location", c)).hostname for c in here.make.get(vm, "consoles")}
    assert homes == {here.make.get(there, "address", "host")}
    assert not set(consoles) & set(here.make.get(vm, "consoles"))
    assert domid


def test_to_its_own_host(here: Place) -> None:
    vm = here.running()
    domid = here.make.get(vm, "domid")
    here.x.call("VM.pool_migrate", vm, here.hosts[0], {})
    assert (here.make.get(vm, "resident_on"), here.make.get(vm, "power_state")) == (here.hosts[0], "Running")
    assert here.make.get(vm, "domid") > domid


def test_over_a_network_of_choice(here: Place) -> None:
    vm, there = here.running(), here.hosts[1]
    networks = here.x.call("network.get_all_records")
    (internal,) = [ref for ref, n in networks.items() if n["bridge"] == "xapi1"]
    (storage,) = [ref for ref, n in networks.items() if n["bridge"] == "xenbr1"]
    (vlan,) = [ref for ref, n in networks.items() if n["bridge"] == "xapi0"]
    assert here.x.failure("VM.pool_migrate", vm, there, {"network": internal}) == ["PIF_NOT_PRESENT", there, internal]
    (pif,) = [p for p in networks[vlan]["PIFs"] if here.make.get(p, "host", "PIF") == there]
    attached = here.make.get(pif, "currently_attached", "PIF")
    code = "INTERFACE_HAS_NO_IP" if attached else "REQUIRED_PIF_IS_UNPLUGGED"
    assert here.x.failure("VM.pool_migrate", vm, there, {"network": vlan}) == [code, pif]
    here.x.call("VM.pool_migrate", vm, there, {"network": storage})
    assert here.make.get(vm, "resident_on") == there


def test_another_cpu(here: Place) -> None:
    vm, there = here.running(), here.hosts[1]
    cpu = here.make.get(there, "cpu_info", "host")
    here.pool.do(lambda pool: pool.db.set(there, cpu_info={**cpu, "features_hvm": "00000001" + cpu["features_hvm"][8:]}))
    reason = "VM last booted on a CPU with features this host's CPU does not have."
    try:
        refused = ["VM_INCOMPATIBLE_WITH_THIS_HOST", vm, there, reason]
        assert here.x.failure("VM.pool_migrate", vm, there, {}) == refused
        assert here.x.failure("VM.assert_can_boot_here", vm, there) == refused
        assert there in here.x.call("VM.get_possible_hosts", vm)  # which asks for nothing that a force would get by
        here.x.call("VM.pool_migrate", vm, there, {"force": "true"})
    finally:
        here.pool.do(lambda pool: pool.db.set(there, cpu_info=cpu))
    assert here.make.get(vm, "resident_on") == there


def test_a_guest_without_tools_goes_by_force(here: Place) -> None:
    vm = here.make.vm()
    here.x.call("VM.start_on", vm, here.hosts[0], False, False)

    def drivers() -> dict[str, str]:
        told: dict[str, str] = here.x.call("VM_guest_metrics.get_PV_drivers_version", here.make.get(vm, "guest_metrics"))
        return told

    if not drivers():
        assert here.x.failure("VM.pool_migrate", vm, here.hosts[1], {}) == ["VM_LACKS_FEATURE", vm]
    here.x.call("VM.pool_migrate", vm, here.hosts[1], {"force": "true"})
    until(drivers)  # its agent reports, on whichever host


def test_what_possible_hosts_say_is_what_happens(here: Place) -> None:
    free = {host: int(here.x.call("host.compute_free_memory", host)) for host in here.hosts}
    size = sorted(free.values())[0] // GIB * GIB + GIB
    vm = here.make.vm(memory_static_max=size, memory_dynamic_max=size, memory_dynamic_min=size, memory_static_min=size)
    possible = here.x.call("VM.get_possible_hosts", vm)
    for host in here.hosts:
        if host in possible:
            here.x.call("VM.assert_can_boot_here", vm, host)
        else:
            assert here.x.failure("VM.assert_can_boot_here", vm, host)[0] == "HOST_NOT_ENOUGH_FREE_MEMORY"


class TestByHand:
    """With a clock that only turns when it is told to."""

    @pytest.fixture
    def still(self) -> Iterator[Place]:
        with simulated(hosts=(2,), vms=(0,), speed=0) as running:
            yield place(running.pool)

    def test_progress_and_operations(self, still: Place) -> None:
        vm, there = born(still), still.hosts[1]
        task = still.x.call("Async.VM.pool_migrate", vm, there, {"live": "true"})
        still.pool.advance(0.5)
        assert still.make.get(vm, "current_operations") == {task: "pool_migrate"}
        assert still.make.get(there, "current_operations", "host") == {task: "vm_migrate"}
        assert (still.make.get(vm, "resident_on"), still.make.get(vm, "scheduled_to_be_resident_on")) == (still.hosts[0], there)
        assert 0 < still.make.get(task, "progress", "task") < 1
        assert "hard_shutdown" in still.make.get(vm, "allowed_operations")
        still.pool.advance(30)
        assert still.make.get(task, "status", "task") == "success"
        assert still.make.get(vm, "resident_on") == there
        assert still.make.get(there, "current_operations", "host") == {}
        (told,) = [m for m in still.x.call("message.get_all_records").values() if m["name"] == "VM_MIGRATED"]
        assert still.make.get(vm, "name_label") in told["body"]

    def test_cancelled(self, still: Place) -> None:
        vm, there = born(still), still.hosts[1]
        task = still.x.call("Async.VM.pool_migrate", vm, there, {"live": "true"})
        still.pool.advance(0.5)
        still.x.call("task.cancel", task)
        still.pool.advance(1)
        assert still.make.get(task, "status", "task") == "cancelled"
        assert (still.make.get(vm, "resident_on"), still.make.get(vm, "current_operations")) == (still.hosts[0], {})
        assert still.make.get(vm, "scheduled_to_be_resident_on") == NULL

    def test_two_share_the_line(self, still: Place) -> None:
        """Twice as much goes over the same wire, so it takes twice as long."""
        vms, there = [born(still, memory=8 * GIB), born(still, memory=8 * GIB)], still.hosts[1]
        first = still.x.call("Async.VM.pool_migrate", vms[0], there, {})
        still.pool.advance(3)
        alone = still.make.get(first, "progress", "task")
        second = still.x.call("Async.VM.pool_migrate", vms[1], there, {})
        still.pool.advance(3)
        assert still.make.get(second, "progress", "task") == pytest.approx(alone / 2, abs=0.1)
        compressed = {"compress": "on"}
        still.pool.advance(60)
        third = still.x.call("Async.VM.pool_migrate", vms[0], still.hosts[0], compressed)
        still.pool.advance(3)
        assert still.make.get(third, "progress", "task") > alone * 1.5

    def test_a_shutdown_in_between(self, still: Place) -> None:
        vm, there = born(still), still.hosts[1]
        task = still.x.call("Async.VM.pool_migrate", vm, there, {})
        still.pool.advance(1)
        still.pool.do(lambda pool: pool.db.set(vm, power_state="Halted"))
        still.pool.advance(30)
        uuids = [still.make.get(vm, "uuid"), *(still.make.get(h, "uuid", "host") for h in still.hosts)]
        error = still.make.get(task, "error_info", "task")
        assert error[:4] == ["VM_MIGRATE_FAILED", *uuids]


def born(still: Place, memory: int = GIB) -> str:
    """A running VM on the master, whose agent has reported."""
    vm = still.bare("born", memory=memory)
    still.x.call("Async.VM.start_on", vm, still.hosts[0], False, False)
    still.pool.advance(30)
    return vm


class TestEvacuation:
    def test_in_batches_over_a_network(self, here: Place) -> None:
        source = here.hosts[2]
        vms = [here.running(f"e{n}", source) for n in range(3)]
        for stuck in here.x.call("host.get_vms_which_prevent_evacuation", source):
            here.x.call("VM.hard_shutdown", stuck)
        here.x.call("host.disable", source)
        try:
            here.x.call("host.evacuate", source, here.network, 2)
        finally:
            here.x.call("host.enable", source)
        assert all(here.make.get(vm, "resident_on") != source for vm in vms)

    def test_a_network_that_the_others_have_not(self, here: Place) -> None:
        source = here.hosts[2]
        here.running("stays", source)
        (internal,) = [ref for ref, n in here.x.call("network.get_all_records").items() if n["bridge"] == "xapi1"]
        assert here.x.failure("host.evacuate", source, internal)[0] == "PIF_NOT_PRESENT"

    def test_it_says_what_migration_then_says(self, here: Place) -> None:
        source, other = here.hosts[2], here.hosts[1]
        vm = here.make.vm("local")
        here.make.drive(vm, here.make.disk(SR=here.local(source)), "1")
        here.x.call("VM.start_on", vm, source, False, False)
        until(lambda: "pool_migrate" in here.make.get(vm, "allowed_operations"))
        refused = ["VM_REQUIRES_SR", vm, here.local(source)]
        assert here.x.call("host.get_vms_which_prevent_evacuation", source)[vm] == refused
        assert here.x.failure("VM.pool_migrate", vm, other, {}) == refused
        assert here.x.failure("VM.assert_can_boot_here", vm, other) == refused
        assert here.x.failure("host.evacuate", source) == refused
        assert ",".join(refused) in here.x.failure("host.assert_can_evacuate", source)[1].split("|")
        here.x.call("VM.hard_shutdown", vm)
