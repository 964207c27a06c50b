"""A VM's life: what changes while it starts and stops, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.client import sign_in, until
from tests.simulator.furnished import furnish
from tests.simulator.making import GIB, NULL, RECORD, Maker
from xo_dash.simulator.errors import XapiError
from xo_dash.simulator.testing import SimulatedPool, simulated


@pytest.fixture(scope="module")
def still() -> Iterator[SimulatedPool]:
    """A pool of two hosts whose clock is turned by hand."""
    with simulated(hosts=(2,), vms=(2,), speed=0) as simulation:
        yield furnish(simulation.pool)


def started(make: Maker, **fields: Any) -> str:
    """A running VM whose agent has reported."""
    vm = make.vm(**fields)
    make.x.call("VM.start", vm, False, False)
    until(lambda: "clean_shutdown" in make.get(vm, "allowed_operations"))
    return vm


class Slow:
    """Asynchronous calls on a pool whose time stands still."""

    def __init__(self, pool: SimulatedPool) -> None:
        self.pool, self.x = pool, sign_in(pool)

    def begin(self, method: str, *arguments: Any) -> str:
        return str(self.x.call(f"Async.{method}", *arguments))

    def finish(self, task: str) -> dict[str, Any]:
        for _ in range(200):
            record: dict[str, Any] = self.x.call("task.get_record", task)
            if record["status"] != "pending":
                return record
            self.pool.advance(1)
        raise AssertionError("it never ends")

    def run(self, method: str, *arguments: Any) -> dict[str, Any]:
        return self.finish(self.begin(method, *arguments))


@pytest.fixture
def slow(still: SimulatedPool) -> Slow:
    return Slow(still)


def halted(slow: Slow) -> str:
    """A VM without disks, so that making it takes no time."""
    return str(slow.x.call("VM.create", {**RECORD, "name_label": "slow"}))


def test_a_start_shows_on_the_way(slow: Slow) -> None:
    vm = halted(slow)
    task = slow.begin("VM.start", vm, False, False)
    slow.pool.advance(0.5)
    record = slow.x.call("VM.get_record", vm)
    host = record["scheduled_to_be_resident_on"]
    assert record["power_state"] == "Halted"
    assert record["current_operations"] == {task: "start"}
    assert record["allowed_operations"] == []
    assert slow.x.call("host.get_current_operations", host) == {task: "vm_start"}
    assert slow.x.call("task.get_allowed_operations", task) == ["cancel"]
    slow.pool.advance(1.5)
    assert 0 < slow.x.call("task.get_progress", task) < 1
    assert slow.finish(task)["status"] == "success"
    record = slow.x.call("VM.get_record", vm)
    assert (record["power_state"], record["resident_on"], record["scheduled_to_be_resident_on"]) == ("Running", host, NULL)
    assert record["domid"] > 0
    assert slow.x.call("host.get_current_operations", host) == {}


def test_the_agent_reports_later(slow: Slow) -> None:
    vm = halted(slow)
    slow.run("VM.start", vm, False, False)
    metrics = slow.x.call("VM.get_guest_metrics", vm)
    told = slow.x.call("VM_guest_metrics.get_record", metrics)
    assert told["live"] and not told["PV_drivers_detected"] and told["PV_drivers_version"] == told["networks"] == {}
    assert "clean_shutdown" not in slow.x.call("VM.get_allowed_operations", vm)
    slow.pool.advance(15)
    assert slow.x.call("VM.get_guest_metrics", vm) == metrics
    assert slow.x.call("VM_guest_metrics.get_PV_drivers_detected", metrics)
    assert "clean_shutdown" in slow.x.call("VM.get_allowed_operations", vm)


def test_a_second_start_waits_and_then_fails(slow: Slow) -> None:
    vm = halted(slow)
    first, second = slow.begin("VM.start", vm, False, False), slow.begin("VM.start", vm, False, False)
    slow.pool.advance(1)
    assert slow.x.call("task.get_status", second) == "pending"
    assert slow.finish(first)["status"] == "success"
    assert slow.finish(second)["error_info"] == ["VM_BAD_POWER_STATE", vm, "halted", "running"]


def test_a_cancelled_start_leaves_nothing(slow: Slow) -> None:
    vm = halted(slow)
    task = slow.begin("VM.start", vm, False, False)
    slow.pool.advance(1)
    slow.x.call("task.cancel", task)
    assert slow.finish(task)["status"] == "cancelled"
    record = slow.x.call("VM.get_record", vm)
    assert (record["power_state"], record["current_operations"], record["scheduled_to_be_resident_on"]) == ("Halted", {}, NULL)
    assert "start" in record["allowed_operations"]


def test_a_hard_shutdown_overrides_a_clean_one(slow: Slow) -> None:
    vm = halted(slow)
    slow.run("VM.start", vm, False, False)
    slow.pool.advance(15)
    clean = slow.begin("VM.clean_shutdown", vm)
    slow.pool.advance(1)
    assert set(slow.x.call("VM.get_allowed_operations", vm)) == {"hard_reboot", "hard_shutdown"}
    assert slow.run("VM.hard_shutdown", vm)["status"] == "success"
    assert slow.finish(clean)["status"] == "cancelled"
    assert slow.x.call("VM.get_power_state", vm) == "Halted"


def test_devices_follow_the_domain(make: Maker) -> None:
    vm = started(make)
    drives = [make.get(vbd, "record", "VBD") for vbd in make.get(vm, "VBDs")]
    assert {(d["userdevice"], d["device"], d["currently_attached"]) for d in drives} == {("0", "xvda", True), ("3", "xvdd", True)}
    assert [make.get(vif, "currently_attached", "VIF") for vif in make.get(vm, "VIFs")] == [True]
    consoles = [make.get(c, "record", "console") for c in make.get(vm, "consoles")]
    assert {c["protocol"] for c in consoles} == {"rfb", "vt100"}
    address = make.get(make.get(vm, "resident_on"), "address", "host")
    port = make.x.url.rpartition(":")[2]  # the simulator's own; on the usual one it is left out, as on real hosts
    assert all(c["location"] == f"http://{address}:{port}/console?uuid={c['uuid']}" for c in consoles)
    make.x.call("VM.hard_shutdown", vm)
    record = make.get(vm, "record")
    assert (record["resident_on"], record["domid"], record["consoles"]) == (NULL, -1, [])
    assert not any(make.get(vbd, "currently_attached", "VBD") for vbd in record["VBDs"])
    assert record["guest_metrics"] != NULL, "what the agent said survives the shutdown, stale"


def test_a_reboot_is_a_new_domain(make: Maker) -> None:
    vm = started(make)
    before = make.get(vm, "record")
    make.x.call("VM.clean_reboot", vm)
    after = make.get(vm, "record")
    assert after["power_state"] == "Running"
    assert after["domid"] != before["domid"]
    assert not set(after["consoles"]) & set(before["consoles"])
    assert after["guest_metrics"] != before["guest_metrics"]


def test_every_call_leaves_its_message(make: Maker) -> None:
    vm = started(make, name="talker")
    for method in ("pause", "unpause", "suspend"):
        make.x.call(f"VM.{method}", vm)
    make.x.call("VM.resume", vm, False, False)
    make.x.call("VM.clean_reboot", vm)
    make.x.call("VM.hard_shutdown", vm)
    uuid = make.get(vm, "uuid")
    messages = [m for m in make.x.call("message.get_all_records").values() if m["obj_uuid"] == uuid]
    assert sorted(m["name"] for m in messages) == [
        "VM_PAUSED", "VM_REBOOTED", "VM_RESUMED", "VM_SHUTDOWN", "VM_STARTED", "VM_SUSPENDED", "VM_UNPAUSED",
    ]  # fmt: skip
    assert {m["priority"] for m in messages} == {5}
    bodies = {m["name"]: m["body"] for m in messages}
    assert bodies["VM_SHUTDOWN"] == f"VM 'talker' (uuid: {uuid}) shutdown forcibly"
    assert bodies["VM_STARTED"].startswith(f"VM 'talker' (uuid: {uuid}) started on host: ")


def test_suspending_keeps_the_memory_on_a_disk(make: Maker) -> None:
    vm = started(make)
    make.x.call("VM.suspend", vm)
    record = make.get(vm, "record")
    image = make.get(record["suspend_VDI"], "record", "VDI")
    assert (record["power_state"], record["resident_on"]) == ("Suspended", NULL)
    assert (image["type"], image["SR"]) == ("suspend", make.sr)
    assert image["virtual_size"] > GIB
    assert all(make.get(vbd, "currently_attached", "VBD") for vbd in record["VBDs"])
    make.x.call("VM.resume", vm, False, False)
    assert make.get(vm, "suspend_VDI") == NULL
    assert record["suspend_VDI"] not in make.x.call("VDI.get_all")
    make.x.call("VM.suspend", vm)
    image_ref = make.get(vm, "suspend_VDI")
    make.x.call("VM.hard_shutdown", vm)
    assert make.get(vm, "power_state") == "Halted"
    assert image_ref not in make.x.call("VDI.get_all")


def test_no_place_for_a_suspend_image(make: Maker) -> None:
    vm = started(make)
    make.x.call("pool.set_suspend_image_SR", make.pool, NULL)
    hosts = make.x.call("host.get_all")
    held = {host: make.get(host, "suspend_image_sr", "host") for host in hosts}
    try:
        for host in hosts:
            make.x.call("host.set_suspend_image_sr", host, NULL)
        assert make.x.failure("VM.suspend", vm) == ["VM_NO_SUSPEND_SR", vm]
    finally:
        make.x.call("pool.set_suspend_image_SR", make.pool, make.sr)
        for host, sr in held.items():
            make.x.call("host.set_suspend_image_sr", host, sr)


def test_a_migration_keeps_the_vm_running(make: Maker) -> None:
    vm = started(make)
    here = make.get(vm, "resident_on")
    there = next(h for h in make.x.call("host.get_all") if h != here)
    make.x.call("VM.pool_migrate", vm, there, {"live": "true"})
    assert (make.get(vm, "power_state"), make.get(vm, "resident_on")) == ("Running", there)
    assert vm in make.x.call("host.get_resident_VMs", there)
    assert vm not in make.x.call("host.get_resident_VMs", here)


class TestPlacement:
    def test_memory(self, make: Maker) -> None:
        huge = 1 << 42
        vm = make.vm(memory_static_max=huge, memory_dynamic_max=huge, memory_dynamic_min=huge)
        assert make.x.failure("VM.start", vm, False, False) == ["NO_HOSTS_AVAILABLE"]
        code, needed, free = make.x.failure("VM.start_on", vm, make.master, False, False)
        assert code == "HOST_NOT_ENOUGH_FREE_MEMORY"
        assert int(needed) > huge > int(free) > 0
        assert make.x.call("VM.get_possible_hosts", vm) == []

    def test_memory_is_named_where_a_start_wants_more_than_the_least(self, make: Maker) -> None:
        """PV in PVH starts with all its memory: a host can hold it, and then has not enough."""
        free = make.x.call("host.compute_free_memory", make.master) // GIB * GIB
        vm = make.vm(memory_static_max=8 * free, memory_dynamic_max=GIB, memory_dynamic_min=GIB, domain_type="pv_in_pvh")
        assert make.x.failure("VM.start", vm, False, False)[0] == "HOST_NOT_ENOUGH_FREE_MEMORY"

    def test_what_no_domain_holds(self, make: Maker) -> None:
        """host_metrics.memory_free is what is left now, not what could be had: it follows the domains."""
        metrics = make.get(make.master, "metrics", "host")

        def free() -> int:
            """Its getter is gone, but records have it, and the clients that read them."""
            return int(make.get(metrics, "record", "host_metrics")["memory_free"])

        before = free()
        assert 0 < make.x.call("host.compute_free_memory", make.master) <= before < make.get(metrics, "memory_total", "host_metrics")
        vm = make.vm(memory_dynamic_min=GIB // 2)
        make.x.call("VM.start_on", vm, make.master, False, False)
        assert free() == before - GIB
        make.x.call("VM.set_memory_dynamic_range", vm, GIB // 2, GIB // 2)
        assert free() == before - GIB // 2
        make.x.call("VM.hard_shutdown", vm)
        assert free() == before

    def test_what_runs_takes_its_share(self, make: Maker) -> None:
        vm = make.vm()
        before = make.x.call("host.compute_free_memory", make.master)
        make.x.call("VM.start_on", vm, make.master, False, False)
        taken = before - make.x.call("host.compute_free_memory", make.master)
        assert taken == GIB + make.get(vm, "memory_overhead") == GIB + (13 << 20)

    def test_storage_out_of_reach(self, make: Maker) -> None:
        local = make.x.call("SR.create", make.master, {"device": "/dev/sdb"}, 1 << 40, "local", "", "ext", "user", False, {})
        other = next(h for h in make.x.call("host.get_all") if h != make.master)
        vm = make.vm()
        make.drive(vm, make.disk(SR=local), "1")
        assert make.x.failure("VM.start_on", vm, other, False, False) == ["VM_REQUIRES_SR", vm, local]
        assert make.x.call("VM.get_possible_hosts", vm) == [make.master]
        make.x.call("host.disable", make.master)
        try:
            assert make.x.failure("VM.start", vm, False, False) == ["NO_HOSTS_AVAILABLE"]
            assert make.x.failure("VM.start_on", vm, make.master, False, False) == ["HOST_DISABLED", make.master]
        finally:
            make.x.call("host.enable", make.master)

    def test_its_favourite_host(self, make: Maker) -> None:
        for host in make.x.call("host.get_all"):
            vm = make.vm(affinity=host)
            make.x.call("VM.start", vm, False, False)
            assert make.get(vm, "resident_on") == host

    def test_evacuation(self, make: Maker) -> None:
        vm = make.vm()
        make.x.call("VM.start_on", vm, make.master, False, False)
        blockers = make.x.call("host.get_vms_which_prevent_evacuation", make.master)
        assert blockers.get(vm, []) in (["VM_LACKS_FEATURE", vm], [])  # its tools may be there already
        until(lambda: "pool_migrate" in make.get(vm, "allowed_operations"))
        for stuck in make.x.call("host.get_vms_which_prevent_evacuation", make.master):
            make.x.call("VM.hard_shutdown", stuck)
        make.x.call("host.disable", make.master)
        try:
            make.x.call("host.evacuate", make.master)
        finally:
            make.x.call("host.enable", make.master)
        assert make.get(vm, "resident_on") != make.master


class TestLimits:
    def test_memory_in_order(self, make: Maker) -> None:
        vm = make.vm()
        assert make.x.failure("VM.set_memory_limits", vm, 2 * GIB, GIB, GIB, GIB) == ["MEMORY_CONSTRAINT_VIOLATION_ORDER"]
        make.x.call("VM.set_memory", vm, 4 * GIB)
        assert (make.get(vm, "memory_static_max"), make.get(vm, "memory_dynamic_min")) == (4 * GIB, 4 * GIB)
        assert make.get(vm, "memory_overhead") == make.x.call("VM.compute_memory_overhead", vm) > (13 << 20)

    def test_pinned_where_it_cannot_balloon(self, make: Maker) -> None:
        vm = make.vm(platform={"nested-virt": "true"})
        make.x.call("VM.set_memory_limits", vm, GIB // 2, GIB, GIB // 2, GIB)  # what it will boot with is not looked at yet
        failed = ["MEMORY_CONSTRAINT_VIOLATION_MAXPIN", "nested virt"]
        assert make.x.failure("VM.start", vm, False, False) == failed
        make.x.call("VM.set_memory", vm, GIB)
        make.x.call("VM.start", vm, False, False)
        make.x.call("VM.hard_shutdown", vm)
        assert make.x.failure("VM.set_memory_limits", vm, GIB // 2, GIB, GIB // 2, GIB) == failed

    def test_vcpus(self, make: Maker) -> None:
        vm = make.vm()
        rule = "VCPU values must satisfy: 0 < VCPUs_at_startup ≤ VCPUs_max"
        assert make.x.failure("VM.set_VCPUs_max", vm, 1) == ["INVALID_VALUE", rule, "1"]
        make.x.call("VM.set_VCPUs_max", vm, 8)
        make.x.call("VM.start", vm, False, False)
        until(lambda: "changing_VCPUs_live" in make.get(vm, "allowed_operations"))
        live = "VCPU values must satisfy: 0 < VCPUs ≤ VCPUs_max"
        assert make.x.failure("VM.set_VCPUs_number_live", vm, 9) == ["INVALID_VALUE", live, "8"]
        make.x.call("VM.set_VCPUs_number_live", vm, 6)
        assert make.x.call("VM_metrics.get_VCPUs_number", make.get(vm, "metrics")) == 6


def test_a_failure_in_between_is_cleaned_up(make: Maker) -> None:
    """A disk that another VM has open: nothing of the start remains."""
    disk = make.disk()
    one, other = make.vm(), make.vm()
    make.drive(one, disk, "1")
    make.drive(other, disk, "1")
    make.x.call("VM.start", one, False, False)
    assert make.x.failure("VM.start", other, False, False) == ["VDI_IN_USE", disk]
    record = make.get(other, "record")
    assert (record["power_state"], record["current_operations"], record["scheduled_to_be_resident_on"]) == ("Halted", {}, NULL)
    assert all(make.get(vbd, "current_operations", "VBD") == {} for vbd in record["VBDs"])
    assert "start" in record["allowed_operations"]


def test_an_appliance_starts_in_order(make: Maker) -> None:
    app = make.x.call("VM_appliance.create", {"name_label": "shop", "name_description": ""})
    vms = [make.vm(name=f"tier {n}", order=2 - n) for n in range(3)]
    for vm in vms:
        make.x.call("VM.set_appliance", vm, app)
    assert make.get(app, "allowed_operations", "VM_appliance") == ["start"]
    make.x.call("VM_appliance.start", app, False)
    assert [make.get(vm, "power_state") for vm in vms] == ["Running"] * 3
    domids = {make.get(vm, "order"): make.get(make.get(vm, "metrics"), "start_time", "VM_metrics") for vm in vms}
    assert domids[0] <= domids[1] <= domids[2]
    assert "start" not in make.get(app, "allowed_operations", "VM_appliance")
    make.x.call("VM_appliance.hard_shutdown", app)
    assert [make.get(vm, "power_state") for vm in vms] == ["Halted"] * 3


def test_a_vm_whose_host_is_silent(make: Maker, quick: SimulatedPool) -> None:
    vm = started(make)
    home = make.get(vm, "resident_on")
    metrics = make.get(home, "metrics", "host")

    async def asked_in_the_silence() -> list[str]:
        """At once, for its next sign of life is not far."""
        quick.inside.db.set(metrics, live=False)
        with pytest.raises(XapiError) as caught:
            await quick.inside.run("VM.hard_shutdown", vm)
        quick.inside.db.set(metrics, live=True)
        return caught.value.details

    assert quick.simulation.wait(asked_in_the_silence()) == ["HOST_OFFLINE", home]
    assert make.get(vm, "power_state") == "Running"
