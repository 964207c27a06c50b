"""Pools of several hosts: who is master, who joins, who leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.simulator.client import Client, met, sign_in
from xo_dash.simulator import machine
from xo_dash.simulator.classes import host_start
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import SimulatedPool, simulated

BOOTING = ["HOST_STILL_BOOTING"]


@pytest.fixture
def pool() -> Iterator[SimulatedPool]:
    """Three hosts, and a clock that is turned by hand."""
    with simulated(hosts=(3,), vms=(4,), speed=0) as simulation:
        yield simulation.pool


def refs(pool: SimulatedPool) -> list[str]:
    return pool.do(lambda inside: [host.ref for host in inside.hosts.values()])


def at(pool: SimulatedPool, number: int) -> str:
    return f"http://{pool.addresses[number]}:{urlsplit(pool.url).port}"


def all_met(pool: SimulatedPool) -> list[Any]:
    return [met(at(pool, number)) for number in range(len(pool.addresses))]


def emergency(pool: SimulatedPool, number: int) -> Client:
    """A session that a member gives in an emergency."""
    client = Client(at(pool, number))
    client.session = client.raw("session.slave_local_login_with_password", "root", "secret")["result"]
    return client


def test_another_host_becomes_master(pool: SimulatedPool) -> None:
    client, (first, second, _) = sign_in(pool), refs(pool)
    vms = client.call("VM.get_all")
    task = client.call("Async.pool.designate_new_master", second)
    pool.advance(5)
    assert client.call("task.get_status", task) == "success"
    pool.advance(8)
    assert all_met(pool) == ["refused", "refused", "refused"]
    pool.advance(40)
    slave = ["HOST_IS_SLAVE", pool.addresses[1]]
    assert all_met(pool) == [slave, "in", slave]
    again = sign_in(pool)
    assert pool.url == at(pool, 1)
    assert again.call("VM.get_all") == vms
    assert again.call("task.get_all_records") == {}
    told = again.call("message.get_all_records").values()
    assert again.call("host.get_uuid", second) in [m["obj_uuid"] for m in told if m["name"] == "POOL_MASTER_TRANSITION"]
    assert first in again.call("host.get_all")


def test_every_host_must_agree_to_a_new_master(pool: SimulatedPool) -> None:
    client, (first, second, third) = sign_in(pool), refs(pool)
    assert client.call("pool.designate_new_master", first) == ""
    pool.do(lambda inside: machine.die(inside, third))
    assert client.failure("pool.designate_new_master", second) == ["CANNOT_CONTACT_HOST", pool.addresses[2]]
    assert client.failure("pool.designate_new_master", third) == ["CANNOT_CONTACT_HOST", pool.addresses[2]]


def test_members_without_their_master_wait_until_one_of_them_takes_over(pool: SimulatedPool) -> None:
    first, second, third = refs(pool)
    pool.do(lambda inside: machine.die(inside, first))
    assert all_met(pool) == ["refused", ["HOST_IS_SLAVE", pool.addresses[0]], ["HOST_IS_SLAVE", pool.addresses[0]]]
    pool.advance(60)
    assert all_met(pool) == ["refused", BOOTING, BOOTING]
    local = emergency(pool, 1)
    assert local.call("host.is_in_emergency_mode") is True
    assert local.raw("VM.get_all", local.session)["error"] == BOOTING
    local.call("pool.emergency_transition_to_master")
    pool.advance(40)
    assert all_met(pool) == ["refused", "in", BOOTING]
    client = sign_in(pool)
    assert client.call("pool.recover_slaves") == [third]
    pool.advance(40)
    assert all_met(pool) == ["refused", "in", ["HOST_IS_SLAVE", pool.addresses[1]]]
    client = sign_in(pool)
    assert client.failure("host.destroy", second)[0] == "HOST_IS_LIVE"
    client.call("host.declare_dead", first)
    pool.do(lambda inside: inside.spawn(machine.boot(inside, first)))
    pool.advance(120)
    assert all_met(pool)[0] == ["HOST_IS_SLAVE", pool.addresses[1]]


def test_a_member_is_told_where_its_master_is(pool: SimulatedPool) -> None:
    first, _, _ = refs(pool)
    pool.do(lambda inside: machine.die(inside, first))
    pool.advance(60)
    emergency(pool, 1).call("pool.emergency_transition_to_master")
    pool.advance(40)
    emergency(pool, 2).call("pool.emergency_reset_master", pool.addresses[1])
    pool.advance(40)
    assert all_met(pool) == ["refused", "in", ["HOST_IS_SLAVE", pool.addresses[1]]]


# joining and leaving


@pytest.fixture
def two() -> Iterator[tuple[SimulatedPool, SimulatedPool]]:
    """A pool of two hosts, and a host of its own that may join it."""
    with simulated(hosts=(2, 1), vms=(4, 4), speed=0) as simulation:
        first, second = simulation.pools
        yield first, second


def halt_all(inside: Pool) -> None:
    for vm, record in inside.db.records("VM"):
        if record["power_state"] != "Halted" and not record["is_control_domain"]:
            host_start.halt(inside, vm)


def make_ready(pool: SimulatedPool) -> list[str]:
    """What must not be on a host that joins goes: running VMs, shared storage, VLANs. Uuids of its VMs."""

    def change(inside: Pool) -> list[str]:
        halt_all(inside)
        for sr, record in inside.db.records("SR"):
            if record["shared"] and not record["is_tools_sr"]:
                for ref in (*record["PBDs"], *record["VDIs"], sr):
                    inside.db.destroy(ref)
        for vlan, record in inside.db.records("VLAN"):
            for ref in (vlan, record["untagged_PIF"]):
                inside.db.destroy(ref)
        return [vm["uuid"] for _, vm in inside.db.records("VM") if not (vm["is_default_template"] or vm["is_control_domain"])]

    uuids: list[str] = pool.do(change)
    return uuids


def joining(url: str) -> Client:
    client = Client(url)
    client.session = client.raw("session.login_with_password", "root", "secret")["result"]
    return client


def test_a_host_joins_with_its_vms(two: tuple[SimulatedPool, SimulatedPool]) -> None:
    pool, lone = two
    vms, url, host = make_ready(lone), lone.url, lone.call("host.get_all_records")
    uuid = next(iter(host.values()))["uuid"]
    client = joining(url)
    task = client.call("Async.pool.join", pool.addresses[0], "root", "secret")
    pool.advance(6)
    lone.advance(6)
    assert client.call("task.get_record", task)["status"] == "success", client.call("task.get_record", task)
    master = joining(pool.url)
    new = master.call("host.get_by_uuid", uuid)
    assert new not in host
    assert master.call("host_metrics.get_live", master.call("host.get_metrics", new)) is False
    pool.advance(12)
    assert met(url) == "refused"
    pool.advance(30)
    assert met(url) == ["HOST_IS_SLAVE", pool.addresses[0]]
    record = master.call("host.get_record", new)
    assert record["enabled"]
    assert all(master.call("PBD.get_currently_attached", pbd) for pbd in record["PBDs"])
    shared = [ref for ref, sr in master.call("SR.get_all_records").items() if sr["shared"]]
    assert set(shared) <= {master.call("PBD.get_SR", pbd) for pbd in record["PBDs"]}
    assert len(master.call("host.get_all")) == 3
    for ref, vm in master.call("VM.get_all_records").items():
        assert vm["parent"] == "OpaqueRef:NULL" or ref in master.call("VM.get_children", vm["parent"])
    for vm in vms:
        there = master.call("VM.get_record", master.call("VM.get_by_uuid", vm))
        assert there["power_state"] == "Halted"
        assert all(master.call("VBD.get_VM", vbd) for vbd in there["VBDs"])
    assert len({master.call("network.get_bridge", n) for n in master.call("network.get_all")}) == len(master.call("network.get_all"))


def test_what_must_not_be_on_a_host_that_joins(two: tuple[SimulatedPool, SimulatedPool]) -> None:
    pool, lone = two
    client = joining(lone.url)
    there = (pool.addresses[0], "root", "secret")
    assert client.failure("pool.join", "192.0.2.1", "root", "secret") == ["JOINING_HOST_CONNECTION_FAILED"]
    assert client.failure("pool.join", pool.addresses[1], "root", "secret") == ["HOST_IS_SLAVE", pool.addresses[0]]
    assert client.failure("pool.join", pool.addresses[0], "root", "wrong")[0] == "SESSION_AUTHENTICATION_FAILED"
    assert client.failure("pool.join", lone.addresses[0], "root", "secret")[0] == "OPERATION_NOT_ALLOWED"
    assert client.failure("pool.join", *there) == ["JOINING_HOST_CANNOT_HAVE_RUNNING_VMS"]
    assert joining(pool.url).failure("pool.join", lone.addresses[0], "root", "secret") == [
        "JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS"]  # fmt: skip
    lone.do(halt_all)
    assert client.failure("pool.join", *there) == ["JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS"]
    make_ready(lone)
    lone.do(lambda inside: inside.db.set(inside.master.ref, software_version={**inside.db.get(inside.master.ref, "software_version"),
                                                                              "xapi": "1.0"}))  # fmt: skip
    assert client.failure("pool.join", *there) == ["HOSTS_NOT_HOMOGENEOUS", "Software version differs"]
    lone.do(lambda inside: inside.db.set(inside.master.ref, edition="other"))
    assert client.failure("pool.join_force", *there)[0] == "LICENSE_HOST_POOL_MISMATCH"


def test_a_host_leaves_and_is_a_pool_of_its_own(two: tuple[SimulatedPool, SimulatedPool]) -> None:
    pool, _ = two
    client, (first, second) = joining(pool.url), refs(pool)
    uuid, url = client.call("host.get_uuid", second), at(pool, 1)
    assert client.failure("pool.eject", first)[0] == "INTERNAL_ERROR"
    if client.call("host.get_resident_VMs", second)[1:]:
        assert client.failure("pool.eject", second) == ["OPERATION_NOT_ALLOWED", "VM resident on host"]
        pool.do(halt_all)
    task = client.call("Async.pool.eject", second)
    pool.advance(20)
    assert client.call("task.get_record", task)["status"] == "success", client.call("task.get_record", task)
    assert client.call("host.get_all") == [first]
    assert client.call("host.get_resident_VMs", first)
    pool.advance(5)
    assert met(url) == "refused"
    pool.advance(120)
    assert met(url) == "in"
    alone = joining(url)
    (new,) = alone.call("host.get_all")
    assert alone.call("host.get_uuid", new) == uuid
    assert alone.call("host.get_enabled", new)
    assert all(pbd["currently_attached"] for pbd in alone.call("PBD.get_all_records").values())
    assert [p["name_label"] for p in alone.call("pool.get_all_records").values()] == [""]
    template = next(ref for ref, vm in alone.call("VM.get_all_records").items() if vm["is_default_template"])
    assert "clone" in alone.call("VM.get_allowed_operations", template)
