"""Commands that mend what is wrong with hosts, SRs and drives: when they are possible, what they send, and what a pool makes of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from data.objects import PBD, SR, VBD, VDI, VM, Host, HostMetrics, Message, Pool, PowerState
from data.stores.users import Role
from data.types import GIB, XapiObject
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import FakePool, user
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action, actions_for
from xo_dash.control.eligibility import why_not
from xo_dash.control.plan import Call
from xo_dash.control.run import RunItem, RunState
from xo_dash.simulator.testing import simulated

ADMIN = user(Role.ADMIN, "root")


def host(fake: FakePool, name: str = "xcp-1", *, live: bool = True, **fields: Any) -> Host:
    row = Host(**{"name_label": name, "enabled": True, "metrics": fake.put(HostMetrics(live=live, memory_total=64 * GIB))} | fields)
    fake.put(row)
    return row


def storage(fake: FakePool, *attached: bool, **fields: Any) -> SR:
    """An SR with a path of a live host for each."""
    row = SR(**{"name_label": "vault", "physical_size": 100, "shared": True} | fields)
    fake.put(row)
    for i, on in enumerate(attached):
        row.PBDs.append(fake.put(PBD(SR=row.ref, host=host(fake, f"xcp-{i}").ref, currently_attached=on)))
    return row


def why(action_id: str, subject: XapiObject) -> str:
    return str(why_not(action(action_id), subject, ADMIN) or "")


@pytest.mark.parametrize(
    ("action_id", "fields", "words"),
    [
        ("host.enable", {"enabled": False}, ""),
        ("host.enable", {}, "it is not in maintenance mode"),
        ("host.enable", {"enabled": False, "live": False}, "it does not respond"),
        ("host.maintenance", {}, ""),
        ("host.maintenance", {"enabled": False}, "it is already in maintenance mode"),
        ("host.maintenance", {"current_operations": {"OpaqueRef:t": "evacuate"}}, "its VMs are being migrated away"),
        ("host.restart_agent", {}, ""),
        ("host.restart_agent", {"live": False}, "it does not respond"),
        ("host.reboot", {}, ""),
        ("host.reboot", {"live": False}, "it does not respond"),
        ("host.power_on", {}, "it is already running"),
        ("host.power_on", {"live": False}, "no power-on method is set for it; power it on manually"),
        ("host.power_on", {"live": False, "power_on_mode": "wake-on-lan"}, ""),
    ],
)
def test_when_a_host_can_be_told_so(fake: FakePool, action_id: str, fields: dict[str, Any], words: str) -> None:
    assert why(action_id, host(fake, **fields)) == words


def test_a_host_that_is_left_says_what_becomes_of_its_vms(fake: FakePool) -> None:
    one, _other = host(fake, "xcp-1"), host(fake, "xcp-2")
    assert list(action("host.maintenance").consequences(one)) == []
    offered = frozenset({"pool_migrate"})
    for name, fields in (("web", {}), ("gpu", {"attached_PCIs": ["OpaqueRef:p"]}), ("huge", {"memory_dynamic_max": 100 * GIB})):
        one.resident_VMs.append(fake.vm(name, PowerState.RUNNING, resident_on=one.ref, allowed_operations=offered, **fields).ref)
    assert list(action("host.maintenance").consequences(one)) == [
        "1 VM will be migrated to another host",
        "huge cannot migrate: 100\u202fGiB of memory needed, at most 64\u202fGiB free",
        "gpu cannot migrate: uses a host device",
    ]
    fake.change(one, enabled=False)
    assert why("host.maintenance", one) == ""


def test_an_sr_is_attached_where_it_is_missing(fake: FakePool) -> None:
    sr = storage(fake, True, False, False)
    assert calls_of("sr.attach", sr) == [("PBD.plug", (sr.PBDs[1],)), ("PBD.plug", (sr.PBDs[2],))]
    assert all(isinstance(step, Call) and step.alone for step in steps_of("sr.attach", sr))
    for pbd in sr.all_of(PBD, sr.PBDs):
        fake.change(pbd, currently_attached=True)
    assert why("sr.attach", sr) == "it is attached on every host that responds"


@pytest.mark.parametrize(
    ("attached", "fields", "action_id", "words"),
    [
        ([True], {"allowed_operations": frozenset({"scan"})}, "sr.scan", ""),
        ([False], {}, "sr.scan", "it is not attached on any host; attach it first"),
        ([True], {"current_operations": {"OpaqueRef:t": "scan"}}, "sr.scan", "it is being scanned"),
        ([True], {}, "sr.make_default", ""),
        ([True], {"content_type": "iso"}, "sr.make_default", "not used for VM disks"),
    ],
)
def test_when_an_sr_can_be_told_so(fake: FakePool, attached: list[bool], fields: dict[str, Any], action_id: str, words: str) -> None:
    assert why(action_id, storage(fake, *attached, **fields)) == words


def test_the_default_sr_is_chosen_among_those_that_hold_disks(fake: FakePool) -> None:
    pool = Pool(name_label="lab")
    fake.put(pool)
    local, shared = storage(fake, True, name_label="local", shared=False), storage(fake, name_label="vault")
    storage(fake, name_label="images", content_type="iso")
    row = action("pool.default_sr")
    assert [choice.label for choice in row.choices["sr"]([pool])] == ["vault", "local · xcp-0"]
    assert row.defaults([pool]) == {"sr": shared.uuid}
    assert calls_of("pool.default_sr", pool, sr=local.uuid) == [("pool.set_default_SR", (pool.ref, local.ref))]
    assert faults("pool.default_sr", pool, sr="?") == ["there is no such SR in the pool; choose another"]
    fake.change(pool, default_SR=shared.ref)
    assert why("sr.make_default", shared) == "it is already the default SR"


def test_an_image_is_ejected_unless_the_guest_holds_it(fake: FakePool) -> None:
    vm = fake.vm()
    assert why("vm.eject", vm) == "its drive is empty"
    drive = VBD(VM=vm.ref, VDI=fake.put(VDI()), type="CD", allowed_operations=frozenset({"eject"}))
    vm.VBDs.append(fake.put(drive))
    assert (why("vm.eject", vm), calls_of("vm.eject", vm)) == ("", [("VBD.eject", (drive.ref,))])
    fake.change(drive, allowed_operations=frozenset())
    assert why("vm.eject", vm) == "the guest has locked the drive; eject the disc in the guest"


@pytest.mark.parametrize(("build", "calls"), [("25.33.1", ["message.destroy_many"] * 3), ("1.249.32", ["message.destroy"] * 250)])
def test_messages_are_dismissed_some_at_a_time(fake: FakePool, build: str, calls: list[str]) -> None:
    pool = Pool(name_label="lab")
    fake.put(pool)
    host(fake, software_version={"xapi_build": build})
    rows = [Message(name="ALARM") for _number in range(250)]
    refs = [fake.put(row) for row in rows]
    steps = calls_of("pool.dismiss_messages", pool, messages=[*(row.uuid for row in rows), "gone"])
    assert [method for method, _parameters in steps] == calls
    told = [ref for _method, (which,) in steps for ref in (which if isinstance(which, list) else [which])]
    assert told == refs
    assert faults("pool.dismiss_messages", pool, messages=["x"] * 1001) == ["it has at most 1000 entries"]
    assert faults("pool.dismiss_messages", pool, messages=[]) == ["“Messages” is missing"]
    assert [row.id for row in actions_for(rows[0])] == ["message.dismiss"]
    assert "pool.dismiss_messages" not in [row.id for row in actions_for(pool)], "it is for the page of messages"


async def do(bench: Wired, action_id: str, subject: XapiObject, **values: object) -> RunItem:
    run = await asyncio.wait_for(bench.runner.run(bench.ann, action(action_id), [subject], values), 30)
    (item,) = run.items
    return item


async def test_a_pool_is_mended(tmp_path: Path) -> None:
    with simulated((3,), (8,), (3,)) as simulation:
        async with wired(simulation.pools[0], tmp_path) as bench:
            bench.ann = bench.hire(ADMIN)
            await _mended(bench)


async def _mended(bench: Wired) -> None:
    home = bench.home
    (row,) = home.all(Pool).values()
    sr = next(sr for sr in home.all(SR).values() if sr.shared and sr.content_type != "iso")
    item = await do(bench, "sr.scan", sr)
    assert item.state is RunState.DONE, item.reason
    other = next(sr for sr in home.all(SR).values() if sr.ref != row.default_SR and why("sr.make_default", sr) == "")
    item = await do(bench, "pool.default_sr", row, sr=other.uuid)
    assert item.state is RunState.DONE, item.reason
    await bench.until(lambda: row.default_SR == other.ref)
    messages = list(home.all(Message).values())
    assert messages
    item = await do(bench, "message.dismiss", messages[0])
    assert item.state is RunState.DONE, item.reason
    item = await do(bench, "pool.dismiss_messages", row, messages=[message.uuid for message in messages[1:]])
    assert item.state is RunState.DONE, item.reason
    await bench.until(lambda: not set(messages) & set(home.all(Message).values()))
    away = await _emptied(bench)
    await bench.until(lambda: not away.enabled)
    item = await do(bench, "host.enable", away)
    assert item.state is RunState.DONE, item.reason
    await bench.until(lambda: away.enabled)
    vm = next((vm for vm in home.all(VM).values() if not why("vm.eject", vm)), None)
    if vm is not None:
        item = await do(bench, "vm.eject", vm)
        assert item.state is RunState.DONE, item.reason


async def _emptied(bench: Wired) -> Host:
    """A host that went into maintenance mode; of the others, a VM cannot leave."""
    for one in bench.home.all(Host).values():
        item = await do(bench, "host.maintenance", one)
        if item.state is RunState.DONE:
            return one
        assert one.enabled
    raise AssertionError("no host can be emptied")
