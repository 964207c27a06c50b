"""Networks through the wire: what was asked for is what XAPI has afterwards, and what goes wrong leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.facts.pool import is_master
from data.names import name_of
from data.objects import PIF, VIF, Bond, Host, Network
from data.stores.users import Role
from data.types import XapiObject
from data.uplinks import nics_of, uplinks_of
from tests.control.fake_pool import user
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action
from xo_dash.control.network.plug import cannot_unplug
from xo_dash.control.run import RunItem, RunState
from xo_dash.simulator.testing import SimulatedPool, simulated


@pytest.fixture(scope="module")
def lab() -> Iterator[SimulatedPool]:
    """One for the whole file."""
    with simulated(hosts=(3,), vms=(4,), speed=200) as simulation:
        yield simulation.pool


async def tried(bench: Wired, action_id: str, subject: XapiObject, **values: object) -> RunItem:
    run = await asyncio.wait_for(bench.runner.run(bench.hire(user(Role.ADMIN, "eve")), action(action_id), [subject], values), 30)
    return run.items[0]


async def do(bench: Wired, action_id: str, subject: XapiObject, **values: object) -> RunItem:
    item = await tried(bench, action_id, subject, **values)
    assert (item.state, str(item.reason or "")) == (RunState.DONE, ""), action_id
    return item


async def freed(bench: Wired) -> list[str]:
    """NICs of each host of which one at most has an address: the first is what the host is managed over."""
    for host in bench.home.all(Host).values():
        pif = nics_of(host)["eth1"]
        if pif.IP:
            await do(bench, "pif.address", pif, mode="None", confirm=name_of(host))
    await bench.until(lambda: not any(pif.IP for host in bench.home.all(Host).values() for pif in [nics_of(host)["eth1"]]))
    return ["eth0", "eth1"]


async def named(bench: Wired, name: str) -> Network:
    return await bench.until(lambda: next((one for one in bench.home.all(Network).values() if one.name_label == name), None))


async def test_a_vlan_is_on_every_host_and_goes_again(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        base = next(network for network in bench.home.all(Network).values() if len(uplinks_of(network)) == 3)
        await do(bench, "pool.new_network", bench.pool, kind="vlan", name="blue", on=base.uuid, vlan=77, tags="lab", purpose="nbd")
        blue = await named(bench, "blue")
        await bench.until(lambda: len(blue.PIFs) == 3 and blue.purpose)
        assert {pif.VLAN for pif in blue.all_of(PIF, blue.PIFs)} == {77} and blue.tags == ["lab"] and blue.purpose == ["nbd"]
        await do(bench, "network.settings", blue, mtu=1400, purpose="none", locking="disabled")
        await bench.until(lambda: (blue.MTU, blue.purpose, blue.default_locking_mode) == (1400, [], "disabled"))
        await do(bench, "network.delete", blue)
        await bench.until(lambda: not any(network.name_label == "blue" for network in bench.home.all(Network).values()))
        assert not any(pif.VLAN == 77 for pif in bench.home.all(PIF).values())


async def test_a_bond_takes_management_over_and_gives_it_back(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        nics = await freed(bench)
        await do(bench, "pool.new_network", bench.pool, kind="bond", name="pair", nics=nics, mode="active-backup")
        pair = await named(bench, "pair")
        await bench.until(lambda: len(pair.PIFs) == 3 and all(pif.management for pif in pair.all_of(PIF, pair.PIFs)))
        await do(bench, "network.bond_mode", pair, mode="lacp", hashing="src_mac")
        await bench.until(
            lambda: {(one.mode, one.properties.get("hashing_algorithm")) for one in bench.home.all(Bond).values()} == {("lacp", "src_mac")}
        )
        connected = [vif for vif in pair.all_of(VIF, pair.VIFs) if vif.currently_attached]
        assert connected  # of running VMs, which stay connected
        await do(bench, "network.delete", pair)
        await bench.until(lambda: not bench.home.all(Bond) and bench.home.one(Network, pair.ref) is None)
        assert {pif.device for pif in bench.home.all(PIF).values() if pif.management} == {"eth0"}
        assert all(vif.currently_attached and bench.home.one(VIF, vif.ref) is vif for vif in connected)


async def test_a_bond_that_fails_on_its_last_host_is_on_none(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        nics, before = await freed(bench), {network.uuid: network.MTU for network in bench.home.all(Network).values()}
        last = next(host for host in bench.home.all(Host).values() if is_master(host))
        lab.fault("host.get_servertime", error=["HOST_OFFLINE", last.ref], ref=last.ref)
        try:
            item = await tried(bench, "pool.new_network", bench.pool, kind="bond", name="half", nics=nics)
        finally:
            lab.clear_faults()
        assert item.state is RunState.FAILED and not item.left, str(item.reason)
        assert [step.undone for step in item.steps] == [True, *([True, False] * 3)]
        await bench.until(lambda: not bench.home.all(Bond) and {one.uuid: one.MTU for one in bench.home.all(Network).values()} == before)
        management = [pif.device for pif in bench.home.all(PIF).values() if pif.management]
        assert management == ["eth0"] * 3


async def test_storage_addresses_are_given_to_all_hosts(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        await freed(bench)
        storage = next(network for network in bench.home.all(Network).values() if network.name_label == "storage")
        await do(bench, "network.addresses", storage, mode="Static", first="10.77.0.10")
        await bench.until(lambda: {pif.IP for pif in storage.all_of(PIF, storage.PIFs)} == {"10.77.0.10", "10.77.0.11", "10.77.0.12"})


async def test_a_nic_is_unplugged_forgotten_found_and_plugged(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        await freed(bench)
        host = next(host for host in bench.home.all(Host).values() if not is_master(host))
        nic, ref = nics_of(host)["eth1"], nics_of(host)["eth1"].ref
        for vif in nic.home.all(VIF).values():
            if vif.network == nic.network and vif.currently_attached:
                await do(bench, "vif.disconnect", vif)
        lab.call("PIF.set_disallow_unplug", ref, False)
        await bench.until(lambda: not nic.disallow_unplug and not cannot_unplug(nic))
        await do(bench, "pif.unplug", nic)
        await bench.until(lambda: not nic.currently_attached)
        await do(bench, "pif.plug", nic)
        await bench.until(lambda: nic.currently_attached)
        await do(bench, "pif.forget", nic)
        await bench.until(lambda: bench.home.one(PIF, ref) is None and "eth1" not in nics_of(host))
        await do(bench, "host.scan_nics", host)
        found = await bench.until(lambda: nics_of(host).get("eth1"))
        await do(bench, "pif.plug", found)
        await bench.until(lambda: found.currently_attached)


async def test_what_cannot_be_is_refused_before_anything_is_made(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        pool, hosts = bench.pool, list(bench.home.all(Host).values())
        base = next(network for network in bench.home.all(Network).values() if len(uplinks_of(network)) == 3)
        free, taken = nics_of(hosts[0])["eth1"], next(pif for pif in hosts[1].all_of(PIF, hosts[1].PIFs) if pif.management)
        cases: list[tuple[str, XapiObject, dict[str, object], str]] = [
            ("pool.new_network", pool, {"kind": "vlan", "name": "a", "on": base.uuid, "vlan": 5000}, "it must be at most 4094"),
            ("pool.new_network", pool, {"kind": "bond", "name": "a", "nics": ["eth1"]}, "a bond needs at least two NICs"),
            ("pool.new_network", pool, {"kind": "vlan", "name": base.name_label, "on": base.uuid, "vlan": 9},
             "the pool has a network of that name; choose another name"),
            ("pif.address", free, {"mode": "Static", "ip": taken.IP, "netmask": taken.netmask},
             f"{taken.IP} is in use by {name_of(hosts[1])} {taken.device}"),
        ]  # fmt: skip
        before = [(pif.ref, pif.IP) for pif in bench.home.all(PIF).values()], set(bench.home.all(Network))
        for action_id, subject, values, words in cases:
            item = await tried(bench, action_id, subject, **values)
            assert item.state is RunState.REFUSED and words in str(item.reason), str(item.reason)
        assert ([(pif.ref, pif.IP) for pif in bench.home.all(PIF).values()], set(bench.home.all(Network))) == before


async def test_a_member_is_managed_at_another_address(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        host = next(host for host in bench.home.all(Host).values() if not is_master(host))
        pif = next(pif for pif in host.all_of(PIF, host.PIFs) if pif.management)
        old, near = pif.IP, pif.IP.rsplit(".", 1)[0] + ".250"
        await do(bench, "pif.address", pif, mode="Static", ip=near, netmask=pif.netmask, gateway=pif.gateway, keep="try")
        await bench.until(lambda: host.address == near)
        await do(bench, "pif.address", pif, mode="Static", ip=old, netmask=pif.netmask, gateway=pif.gateway, keep="try")
        await bench.until(lambda: host.address == old)
