"""What can be done to a pool behind everyone's back, by the control API."""

import http.client
import json
import urllib.error
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from tests.simulator.client import Client, sign_in, until
from tests.simulator.client import http as request
from tests.simulator.making import Maker
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import SimulatedPool, simulated

LOST = (http.client.HTTPException, ConnectionError, urllib.error.URLError, TimeoutError)


def do(pool: SimulatedPool, verb: str, **arguments: Any) -> Any:
    answer = request(f"{pool.control}/{verb}?pool={pool.index}", json.dumps(arguments))
    assert answer.status == 200, answer.body
    return answer.json


def hosts(client: Client) -> dict[str, str]:
    """{address: reference}"""
    return {record["address"]: ref for ref, record in client.call("host.get_all_records").items()}


def running(client: Client) -> tuple[str, str]:
    """(reference, name) of a VM with tools."""
    told = client.call("VM_guest_metrics.get_all_records")
    vms = {ref: vm for ref, vm in client.call("VM.get_all_records").items() if vm["power_state"] == "Running"}
    return next((ref, vm["name_label"]) for ref, vm in vms.items() if told.get(vm["guest_metrics"], {}).get("PV_drivers_version"))


def test_it_tells_what_can_be_done(pool: SimulatedPool) -> None:
    told = request(pool.control).json
    assert told["verbs"]["host.die"] == "host" and "left=0.0" in told["verbs"]["sr.fill"] and len(told["pools"]) == 1


@pytest.mark.parametrize(("verb", "body", "said"), [
    ("host.sing", {}, "there is no 'host.sing'"), ("host.die", {}, "needs host"),
    ("host.die", {"host": "nobody"}, "there is no host 'nobody'"),
    ("sr.fill", {"sr": "nfs-vault", "left": "much"}, "is a number, not 'much'"), ("database.restore", {"name": "never"}, "as 'never'"),
])  # fmt: skip
def test_what_makes_no_sense_is_said(pool: SimulatedPool, verb: str, body: dict[str, str], said: str) -> None:
    answer = request(f"{pool.control}/{verb}", json.dumps(body))
    assert answer.status == 400 and said in answer.json["error"]


def test_a_full_storage_takes_no_more_disks(pool: SimulatedPool, client: Client) -> None:
    maker = Maker(client)
    name = client.call("SR.get_name_label", maker.sr)
    before = client.call("SR.get_physical_utilisation", maker.sr)
    do(pool, "sr.fill", sr=name)
    assert client.call("SR.get_physical_utilisation", maker.sr) == client.call("SR.get_physical_size", maker.sr)
    assert client.failure("VDI.create", {"name_label": "d", "SR": maker.sr, "virtual_size": 1 << 30, "type": "user", "sharable": False,
                                         "read_only": False, "other_config": {}})[0] == "SR_BACKEND_FAILURE_44"  # fmt: skip
    do(pool, "sr.drain", sr=name)
    assert client.call("SR.get_physical_utilisation", maker.sr) == before


def test_a_path_to_storage_is_lost(pool: SimulatedPool, client: Client) -> None:
    sr = Maker(client).sr
    do(pool, "sr.unplug", sr=sr)
    assert not any(client.call("PBD.get_currently_attached", pbd) for pbd in client.call("SR.get_PBDs", sr))
    assert client.failure("SR.scan", sr)[0] == "SR_HAS_NO_PBDS"
    do(pool, "sr.plug", sr=sr)
    client.call("SR.scan", sr)


def test_a_cable_is_pulled(pool: SimulatedPool, client: Client) -> None:
    (address, host), *_ = hosts(client).items()
    do(pool, "host.carrier", host=address, device="eth1", present=False)
    pif = next(p for p in client.call("host.get_PIFs", host) if client.call("PIF.get_device", p) == "eth1")
    metrics = client.call("PIF.get_metrics", pif)
    assert client.call("PIF_metrics.get_carrier", metrics) is False
    do(pool, "host.carrier", host=address, device="eth1")
    assert client.call("PIF_metrics.get_carrier", metrics) is True


def create(pool: Pool, fields: dict[str, Any]) -> str:
    return pool.db.create("PIF", fields)


def test_a_leg_of_a_bond(pool: SimulatedPool, client: Client) -> None:
    (address, host), *_ = hosts(client).items()
    legs = []
    for device in ("eth7", "eth8"):
        metrics = pool.do(lambda p: p.db.create("PIF_metrics", {"carrier": True}))
        network = client.call("network.create", {"name_label": device, "other_config": {}})
        fields = {"device": device, "host": host, "network": network, "physical": True, "metrics": metrics, "VLAN": -1}
        legs.append(pool.do(partial(create, fields=fields)))
    network = client.call("network.create", {"name_label": "bonded", "other_config": {}})
    bond = client.call("Bond.create", network, legs, "", "active-backup", {})
    do(pool, "host.carrier", host=address, device="eth8", present=False)
    assert str(client.call("Bond.get_links_up", bond)) == "1"
    told = [m for m in client.call("message.get_all_records").values() if m["name"] == "BOND_STATUS_CHANGED"]
    assert "eth7+eth8" in told[0]["body"] and "1/2 up (was 2/2)" in told[0]["body"]


def test_a_guest_crashes_and_starts_again(pool: SimulatedPool, client: Client) -> None:
    vm, name = running(client)
    client.call("VM.set_actions_after_crash", vm, "restart")
    domid = client.call("VM.get_domid", vm)
    do(pool, "vm.crash", vm=name)
    until(lambda: client.call("VM.get_power_state", vm) == "Running" and client.call("VM.get_domid", vm) != domid)
    crashed = [m for m in client.call("message.get_all_records").values() if m["name"] == "VM_CRASHED"]
    assert crashed[0]["obj_uuid"] == client.call("VM.get_uuid", vm)


def test_tools_vanish_and_return(pool: SimulatedPool, client: Client) -> None:
    until(lambda: running(client))
    vm, name = running(client)
    do(pool, "vm.tools", vm=name)
    assert client.call("VM_guest_metrics.get_PV_drivers_version", client.call("VM.get_guest_metrics", vm)) == {}
    do(pool, "vm.tools", vm=name, present=True)
    until(lambda: client.call("VM_guest_metrics.get_PV_drivers_version", client.call("VM.get_guest_metrics", vm)) != {})


def test_the_date_jumps_forth_and_back(pool: SimulatedPool, client: Client) -> None:
    host = client.call("host.get_all")[0]
    for days in (0.5, -0.5):  # a session that nobody used for a day ends
        before = client.call("host.get_servertime", host)
        do(pool, "clock.jump", seconds=days * 86400)
        after = client.call("host.get_servertime", host)
        assert (after > before) == (days > 0)
        updates = f"{pool.url}/rrd_updates?start=-60&host=true&session_id={sign_in(pool).session}"
        assert request(updates).status == 200


def rename(pool: Pool, vm: str, name: str) -> None:
    pool.db.set(vm, name_label=name)


def test_a_database_goes_back() -> None:
    """Generations too: a token that a client got since is of the future, and tells it nothing, not even of what changes now."""
    with simulated(speed=500) as simulation:
        pool, client = simulation.pool, sign_in(simulation.pool)
        vm = next(ref for ref, r in client.call("VM.get_all_records").items() if not r["is_a_template"])
        name, generation = client.call("VM.get_name_label", vm), pool.do(lambda p: p.db.generation)
        do(pool, "database.save")
        for number in range(2000):
            pool.do(partial(rename, vm=vm, name=f"later {number}"))
        token = client.call("event.from", ["vm"], "", 0.0)["token"]
        do(pool, "database.restore")
        until(lambda: _answers(pool))
        client = sign_in(pool)
        assert client.call("VM.get_name_label", vm) == name
        assert generation <= pool.do(lambda p: p.db.generation) < int(token.partition(",")[0])
        client.call("VM.set_name_label", vm, "and on")
        assert client.call("event.from", ["vm"], token, 0.0)["events"] == []
        assert vm in {event["ref"] for event in client.call("event.from", ["vm"], "", 0.0)["events"]}


def test_a_host_is_cut_off_and_comes_back() -> None:
    with simulated(hosts=(2,), speed=500) as simulation:
        pool, client = simulation.pool, sign_in(simulation.pool)
        member = pool.addresses[1]
        url = pool.url.replace(pool.addresses[0], member)
        do(pool, "host.cut", host=member)
        with pytest.raises(LOST):
            pending(url, 0.3)
        host = hosts(client)[member]
        assert client.failure("host.evacuate", host)  # nobody answers there
        do(pool, "host.reconnect", host=member)
        until(lambda: _slave(url))


def test_a_member_that_does_not_find_its_master_from_its_new_address_is_not_heard_of_any_more() -> None:
    with simulated(hosts=(2,), speed=500) as simulation:
        pool, client = simulation.pool, sign_in(simulation.pool)
        member = hosts(client)[pool.addresses[1]]
        (pif,) = [ref for ref, pif in client.call("PIF.get_all_records").items() if pif["host"] == member and pif["management"]]
        away = (pif, "Static", "10.99.0.5", "255.255.255.0", "", "")
        assert client.failure("PIF.reconfigure_ip", *away) == ["CANNOT_CONTACT_HOST", pool.addresses[1]]
        assert client.call("host.get_address", member) == pool.addresses[1] and client.failure("PIF.reconfigure_ip", *away)
        do(pool, "toolstack.restart", host=member)  # as somebody at its console
        until(lambda: _slave(pool.url.replace(pool.addresses[0], pool.addresses[1])))


def test_a_master_is_lost_and_another_elected() -> None:
    with simulated(hosts=(3,), speed=500) as simulation:
        pool = simulation.pool
        old, new = pool.addresses[0], pool.addresses[1]
        do(pool, "master.elect", host=new)
        until(lambda: new in pool.url and _answers(pool))
        client = sign_in(pool)
        assert hosts(client)[new] == client.call("pool.get_master", client.call("pool.get_all")[0])
        do(pool, "host.boot", host=old)
        until(lambda: _slave(pool.url.replace(new, old)), 20)


def pending(url: str, seconds: float) -> None:
    with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=seconds)) as connection:
        connection.request("POST", "/jsonrpc", b'{"method":"system.listMethods","params":[],"id":1}')
        connection.getresponse()


def _answers(pool: SimulatedPool) -> bool:
    try:
        return bool(sign_in(pool).call("pool.get_all"))
    except (*LOST, KeyError):
        return False


def _slave(url: str) -> bool:
    try:
        answer = Client(url).raw("session.login_with_password", "root", "secret", "1", "x")
    except LOST:
        return False
    error = answer.get("error")
    return isinstance(error, dict) and error["message"] == "HOST_IS_SLAVE"  # a list while it is booting
