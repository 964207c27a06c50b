"""Hosts: in and out of service, down and up again, and what can be set on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.simulator.client import Client, sign_in
from tests.simulator.client import met as met_at
from xo_dash.simulator import machine
from xo_dash.simulator.classes import host_start
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import SimulatedPool, simulated

NULL = "OpaqueRef:NULL"


@pytest.fixture
def pool() -> Iterator[SimulatedPool]:
    """Two hosts, and a clock that is turned by hand."""
    with simulated(hosts=(2,), vms=(6,), speed=0) as simulation:
        yield simulation.pool


@pytest.fixture
def member(pool: SimulatedPool) -> str:
    """The host that is not master."""
    return pool.do(lambda inside: next(h.ref for h in inside.hosts.values() if h != inside.master))


@pytest.fixture(scope="module")
def quiet() -> Iterator[Client]:
    """For those who change nothing."""
    with simulated(hosts=(1,), vms=(0,)) as simulation:
        yield sign_in(simulation.pool)


def empty(pool: SimulatedPool, host: str) -> None:
    """No VMs there any more."""

    def halt(inside: Pool) -> None:
        for vm in list(inside.db.get(host, "resident_VMs")):
            if not inside.db.get(vm, "is_control_domain"):
                host_start.halt(inside, vm)

    pool.do(halt)


def live(client: Client, host: str) -> bool:
    return bool(client.call("host_metrics.get_live", client.call("host.get_metrics", host)))


def met(pool: SimulatedPool, address: str) -> Any:
    return met_at(f"http://{address}:{urlsplit(pool.url).port}")


def test_a_reboot(pool: SimulatedPool, client: Client, member: str) -> None:
    address = pool.addresses[1]
    assert client.failure("host.reboot", member) == ["HOST_NOT_DISABLED"]
    client.call("host.disable", member)
    guests = [vm for vm in client.call("host.get_resident_VMs", member) if not client.call("VM.get_is_control_domain", vm)]
    if guests:
        assert client.failure("host.reboot", member) == ["HOST_IN_USE", member, "vm", guests[0]]
    empty(pool, member)
    booted = client.call("host.get_other_config", member)["boot_time"]
    assert client.call("host.reboot", member) == ""
    assert list(client.call("host.get_current_operations", member).values()) == ["shutdown"]
    assert live(client, member)
    pool.advance(15)
    assert not live(client, member)
    assert met(pool, address) == "refused"
    assert client.failure("host.dmesg", member) == ["HOST_OFFLINE", member]
    assert not any(client.call("PBD.get_currently_attached", pbd) for pbd in client.call("host.get_PBDs", member))
    pool.advance(62)
    assert met(pool, address) == ["HOST_STILL_BOOTING"]
    pool.advance(30)
    assert met(pool, address) == ["HOST_IS_SLAVE", pool.addresses[0]]
    record = client.call("host.get_record", member)
    assert live(client, member)
    assert record["enabled"]
    assert record["current_operations"] == {}
    assert float(record["other_config"]["boot_time"]) > float(booted)
    assert all(client.call("PBD.get_currently_attached", pbd) for pbd in record["PBDs"])


def test_a_shutdown_and_power_on(pool: SimulatedPool, client: Client, member: str) -> None:
    assert client.failure("host.power_on", member) == ["HOST_IS_LIVE", member]
    client.call("host.disable", member)
    empty(pool, member)
    client.call("host.shutdown", member)
    pool.advance(200)
    assert not live(client, member)
    assert client.failure("host.power_on", member) == ["HOST_POWER_ON_MODE_DISABLED"]
    client.call("host.set_power_on_mode", member, "wake-on-lan", {})
    assert "power_on" in client.call("host.get_allowed_operations", member)
    task = client.call("Async.host.power_on", member)
    pool.advance(100)
    assert client.call("task.get_status", task) == "success"
    assert live(client, member)


def test_the_whole_pool_is_away_while_its_master_reboots(pool: SimulatedPool, client: Client) -> None:
    master = pool.do(lambda inside: inside.master.ref)
    running = client.call("host.get_resident_VMs", master)
    task = client.call("task.create", "of a client", "")
    client.call("host.disable", master)
    empty(pool, master)
    client.call("host.reboot", master)
    pool.advance(14)
    assert met(pool, pool.addresses[0]) == "refused"
    pool.advance(120)
    assert [met(pool, address) for address in pool.addresses] == ["in", ["HOST_IS_SLAVE", pool.addresses[0]]]
    assert client.failure("VM.get_all") == ["SESSION_INVALID", client.session]
    again = sign_in(pool)
    assert again.failure("task.get_record", task)[0] == "HANDLE_INVALID"
    assert live(again, master)
    wanted = [vm for vm in running if again.call("VM.get_other_config", vm).get("auto_poweron") == "true"]
    assert all(again.call("VM.get_power_state", vm) == "Running" for vm in wanted)


def test_a_toolstack_restarts_and_vms_run_on(pool: SimulatedPool, client: Client, member: str) -> None:
    master = pool.do(lambda inside: inside.master.ref)
    states = {ref: vm["power_state"] for ref, vm in client.call("VM.get_all_records").items()}
    began = client.call("host.get_other_config", master)["agent_start_time"]
    client.call("host.restart_agent", member)
    client.call("host.restart_agent", master)
    pool.advance(2)
    assert [met(pool, address) for address in pool.addresses] == ["refused", "refused"]
    pool.advance(40)
    again = sign_in(pool)
    assert {ref: vm["power_state"] for ref, vm in again.call("VM.get_all_records").items()} == states
    assert again.call("host.get_other_config", master)["agent_start_time"] != began


def test_a_host_that_dies_is_live_for_ten_minutes(pool: SimulatedPool, client: Client, member: str) -> None:
    guests = [vm for vm in client.call("host.get_resident_VMs", member) if not client.call("VM.get_is_control_domain", vm)]
    pool.do(lambda inside: machine.die(inside, member))
    pool.advance(300)
    assert live(client, member)
    assert client.failure("host.dmesg", member) == ["CANNOT_CONTACT_HOST", pool.addresses[1]]
    pool.advance(400)
    assert not live(client, member)
    for vm in guests:
        assert client.call("VM.get_power_state", vm) == "Running"
        assert client.failure("VM.hard_shutdown", vm) == ["HOST_OFFLINE", member]
    if guests:
        assert client.failure("host.destroy", member) == ["HOST_HAS_RESIDENT_VMS", member]
    client.call("host.declare_dead", member)
    assert {client.call("VM.get_power_state", vm) for vm in guests} <= {"Halted"}
    client.call("host.destroy", member)
    assert len(client.call("host.get_all")) == 1
    assert member not in {pif["host"] for pif in client.call("PIF.get_all_records").values()}


def test_a_host_that_is_to_stay_disabled_does(pool: SimulatedPool, client: Client, member: str) -> None:
    client.call("host.disable", member, False)
    client.call("host.restart_agent", member)
    pool.advance(40)
    assert not client.call("host.get_enabled", member)
    client.call("host.enable", member)
    client.call("host.disable", member)
    client.call("host.restart_agent", member)
    pool.advance(40)
    assert client.call("host.get_enabled", member)
    pool.do(lambda inside: inside.db.set(member, enabled=False, pending_guidances=["reboot_host"]))
    assert client.failure("host.enable", member) == ["HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY", member]
    assert client.failure("host.declare_dead", member) == ["HOST_IS_LIVE", member]


@pytest.mark.parametrize(("call", "expected"), [
    (("set_hostname_live", ""), ["HOST_NAME_INVALID", "hostname empty"]),
    (("set_hostname_live", "-a"), ["HOST_NAME_INVALID", "hostname contains invalid characters"]),
    (("set_iscsi_iqn", ""), ["INVALID_VALUE", "value", ""]),
    (("set_timezone", "Moon/Sea"), ["INVALID_VALUE", "timezone", "Moon/Sea"]),
    (("set_ntp_mode", "Custom"), ["INVALID_NTP_CONFIG", "Can't set ntp_mode to Custom when ntp_custom_servers is empty"]),
    (("set_ssh_enabled_timeout", 200_000), ["INVALID_VALUE", "ssh_enabled_timeout", "200000"]),
    (("set_console_idle_timeout", -1), ["INVALID_VALUE", "console_timeout", "-1"]),
    (("set_max_cstate", "7"), ["VALUE_NOT_SUPPORTED", "max_cstate", "7", "Only C0, C1 and unlimited are supported for max-cstate"]),
    (("set_sched_gran", "core"), ["OPERATION_NOT_ALLOWED", "Disabled by xapi.conf"]),
    (("apply_edition", "gold"), ["INVALID_EDITION", "gold"]),
    (("get_log",), ["NOT_IMPLEMENTED", "get_log"]),
    (("dmesg_clear",), ["NOT_IMPLEMENTED", "dmesg_clear"]),
    (("retrieve_wlb_evacuate_recommendations",), ["WLB_NOT_INITIALIZED"]),
])  # fmt: skip
def test_what_cannot_be_set(quiet: Client, call: tuple[Any, ...], expected: list[str]) -> None:
    (host,) = quiet.call("host.get_all")
    assert quiet.failure(f"host.{call[0]}", host, *call[1:]) == expected


def test_what_older_clients_set_in_other_config(client: Client, member: str) -> None:
    client.call("host.remove_from_other_config", member, "iscsi_iqn")
    client.call("host.add_to_other_config", member, "iscsi_iqn", "iqn.2026-01.lan.home:other")
    client.call("host.add_to_other_config", member, "multipathing", "true")
    assert client.call("host.get_iscsi_iqn", member) == "iqn.2026-01.lan.home:other"
    assert client.call("host.get_multipathing", member) is True


def test_ssh_closes_by_itself(pool: SimulatedPool, client: Client, member: str) -> None:
    client.call("host.disable_ssh", member)
    client.call("pool.set_ssh_enabled_timeout", pool.do(lambda inside: inside.ref), 60)
    client.call("host.enable_ssh", member)
    assert client.call("host.get_ssh_enabled", member)
    pool.advance(61)
    assert not client.call("host.get_ssh_enabled", member)


def test_another_management_interface(pool: SimulatedPool, client: Client, member: str) -> None:
    storage = next(ref for ref, pif in client.call("PIF.get_all_records").items() if pif["host"] == member and pif["device"] == "eth1")
    client.call("host.management_reconfigure", storage)
    assert client.call("host.get_management_interface", member) == storage
    assert client.call("host.get_address", member) == client.call("PIF.get_IP", storage)
    vlan = next(ref for ref, pif in client.call("PIF.get_all_records").items() if int(pif["VLAN"]) >= 0)
    assert client.failure("host.management_reconfigure", vlan) == ["PIF_HAS_NO_NETWORK_CONFIGURATION", vlan]
    assert client.failure("host.local_management_reconfigure", "xenbr1") == ["NOT_IN_EMERGENCY_MODE"]


def test_memory_adds_up(client: Client) -> None:
    for ref, host in client.call("host.get_all_records").items():
        total = int(client.call("host_metrics.get_memory_total", host["metrics"]))
        held = [client.call("VM.get_record", vm) for vm in host["resident_VMs"]]
        assert host["control_domain"] in host["resident_VMs"]
        used = sum(int(vm["memory_dynamic_min"]) + int(vm["memory_overhead"]) for vm in held)
        assert int(client.call("host.compute_free_memory", ref)) == max(0, total - int(host["memory_overhead"]) - used)


def test_a_schedule_makes_its_snapshots_on_time(pool: SimulatedPool, client: Client) -> None:
    vm = next(ref for ref, vm in client.call("VM.get_all_records").items()
              if vm["power_state"] == "Halted" and not (vm["is_a_template"] or vm["is_control_domain"]))  # fmt: skip
    record = {"name_label": "often", "name_description": "", "type": "snapshot", "frequency": "hourly", "schedule": {"min": "30"},
              "retained_snapshots": 2, "enabled": True}  # fmt: skip
    assert client.failure("VMSS.create", {**record, "schedule": {"min": "7"}}) == ["INVALID_VALUE", "schedule:min", "7"]
    schedule = client.call("VMSS.create", record)
    client.call("VM.set_snapshot_schedule", vm, schedule)
    before = len(client.call("VM.get_snapshots", vm))
    for _ in range(3):
        pool.advance(3600)
    made = [s for s in client.call("VM.get_snapshots", vm) if client.call("VM.get_is_vmss_snapshot", s)]
    assert len(made) == 2
    assert len(client.call("VM.get_snapshots", vm)) == before + 2
    assert client.failure("VMSS.destroy", schedule) == ["VMSS_HAS_VM"]
    client.call("VMSS.set_frequency", schedule, "weekly")
    assert client.call("VMSS.get_schedule", schedule) == {"hour": "0", "min": "30", "days": "Monday"}
    client.call("VMSS.remove_from_schedule", schedule, "days")
    assert client.failure("VMSS.add_to_schedule", schedule, "days", "Someday") == ["INVALID_VALUE", "schedule:days", "Someday"]
    task = client.call("Async.VMSS.snapshot_now", schedule)
    pool.advance(20)
    assert client.call("task.get_status", task) == "success"
