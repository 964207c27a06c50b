"""Pools of several hosts: who is master, who joins, who leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import XenAPI

from tests.simulator.conftest import Client, sign_in
from xo_dash.simulator import machine
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


def met(url: str) -> Any:
    """What who signs in there meets: "in", a failure, or "refused"."""
    session = XenAPI.Session(url)
    try:
        session.login_with_password("root", "secret", "2.21", "test")
    except XenAPI.Failure as failure:
        return failure.details
    except ConnectionRefusedError:
        return "refused"
    finally:
        session("close")()
    return "in"


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
