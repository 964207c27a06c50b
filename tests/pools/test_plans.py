"""A pool as a whole: its SRs, its master, HA, its metadata; what is sent, what is wrong, and that a failure leaves it as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from data.objects import SM, SR, VM, HostMetrics, PowerState
from data.server import ServerState
from data.stores.users import Role
from data.types import GIB, NULL_REF
from tests.control.asked import calls_of, faults, steps_of
from tests.control.failing import Situation, each_call_fails_once
from tests.control.fake_pool import Desk, user
from tests.networks.place import Place
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.control.plan import Question, Transfer
from xo_dash.control.pool.ha import srs
from xo_dash.control.requests.decode import decode
from xo_dash.control.run import RunState
from xo_dash.control.vm.migration.mapping import migration_network_of
from xo_dash.control.xe import xe_lines
from xo_dash.xapi.errors import BadPassword, NotConnected, Timeout

ADMIN = user(Role.ADMIN)


@pytest.fixture
def place() -> Place:
    return furnished()


def furnished() -> Place:
    """With room for a heartbeat on its NFS SR."""
    place = Place()
    place.put(SM(type="nfs", features={"VDI_ATTACH_OFFLINE": 1}))
    nas = nas_of(place)
    place.fake.change(nas, content_type="user", physical_size=100 * GIB)
    place.put(SR(name_label="local", type="ext", content_type="user", physical_size=100 * GIB))
    return place


def nas_of(place: Place) -> SR:
    return next(sr for sr in place.fake.home.all(SR).values() if sr.name_label == "nas")


def silence(place: Place, number: int) -> None:
    metrics = place.fake.home.one(HostMetrics, place.hosts[number].metrics)
    assert metrics is not None
    place.fake.change(metrics, live=False)


def why(place: Place, action_id: str) -> str:
    return str(why_not(action(action_id), place.pool, ADMIN) or "")


def test_special_srs_are_set_only_where_they_differ(place: Place) -> None:
    nas = nas_of(place)
    assert calls_of("pool.special_srs", place.pool, suspend=nas.uuid) == [("pool.set_suspend_image_SR", (place.pool.ref, nas.ref))]
    place.fake.change(place.pool, suspend_image_SR=nas.ref, crash_dump_SR=nas.ref)
    assert calls_of("pool.special_srs", place.pool, suspend=nas.uuid) == [("pool.set_crash_dump_SR", (place.pool.ref, NULL_REF))]
    local = next(sr for sr in place.fake.home.all(SR).values() if sr.name_label == "local")
    assert faults("pool.special_srs", place.pool, suspend=local.uuid) == ["no host has it attached"]


def test_migrations_go_over_the_chosen_network_where_hosts_have_addresses_on_it(place: Place) -> None:
    assert migration_network_of(place.hosts[1]) is place.lan
    assert faults("pool.migration_network", place.pool, network=place.front.uuid) == ["host-1 has no address on it"]
    assert faults("pool.migration_network", place.pool, network=place.store.uuid) == []
    assert calls_of("pool.migration_network", place.pool, network=place.store.uuid) == [
        ("pool.add_to_other_config", (place.pool.ref, "xo:migrationNetwork", place.store.uuid))
    ]
    place.fake.change(place.pool, other_config={"xo:migrationNetwork": place.store.uuid})
    assert migration_network_of(place.hosts[1]) is place.store
    vm = place.fake.vm("web-1", PowerState.RUNNING, resident_on=place.hosts[0].ref, allowed_operations=frozenset({"pool_migrate"}))
    assert calls_of("vm.migrate", vm, host=place.hosts[1].uuid)[0][1][2] == {"live": "true", "network": place.store.ref}


def test_auto_start_and_ha_are_one_or_the_other(place: Place) -> None:
    assert calls_of("pool.auto_start", place.pool, on=True) == [("pool.add_to_other_config", (place.pool.ref, "auto_poweron", "true"))]
    place.fake.change(place.pool, ha_enabled=True)
    assert faults("pool.auto_start", place.pool, on=True) == ["HA is on and starts VMs itself; set their HA priority instead"]


def test_a_master_is_a_member_that_takes_vms_and_every_host_must_agree(place: Place) -> None:
    assert calls_of("pool.master", place.pool, host=place.hosts[2].uuid) == [("pool.designate_new_master", (place.hosts[2].ref,))]
    assert faults("pool.master", place.pool, host=place.hosts[0].uuid) == ["it is the master already"]
    place.fake.change(place.hosts[1], enabled=False)
    assert faults("pool.master", place.pool, host=place.hosts[1].uuid) == ["it is in maintenance mode"]
    silence(place, 2)
    assert why(place, "pool.master") == "no response from host-3; every host has to agree"
    place.fake.change(place.pool, ha_enabled=True)
    assert why(place, "pool.master").startswith("HA is on and chooses the master itself")
    assert [row.id for row in [action("pool.master")] if row.applies_to(Place(1).pool)] == []


# ---- HA


def test_a_member_becomes_the_master_only_if_it_says_that_it_has_lost_its_own(place: Place) -> None:
    asked = steps_of("pool.lost_master", place.pool, host=place.hosts[1].uuid)[0]
    assert isinstance(asked, Question) and asked.method == "host.is_in_emergency_mode" and asked.judge(True) is None
    assert all("has not lost its master" in str(asked.judge(answer)) for answer in (False, "false", "", None, {}))
    place.fake.change(place.hosts[1], address="x; reboot")
    first = xe_lines(steps_of("pool.lost_master", place.pool, host=place.hosts[1].uuid), place.fake.home)[0]
    assert first == "xe -s 'x; reboot' host-is-in-emergency-mode"


@pytest.mark.parametrize("answer", [False, Timeout("60 s"), NotConnected("refused"), BadPassword("SESSION_AUTHENTICATION_FAILED")])
async def test_a_member_that_does_not_say_so_is_left_as_it_is(place: Place, tmp_path: Path, answer: object) -> None:
    desk = Desk(tmp_path, place.fake)
    place.fake.server.state = ServerState.UNREACHABLE
    place.fake.answers["host.is_in_emergency_mode"] = answer
    run = await desk.runner.run(desk.hire(Role.ADMIN), action("pool.lost_master"), [place.pool], {"host": place.hosts[1].uuid})
    assert run.items[0].state is RunState.FAILED and place.fake.sent == ["host.is_in_emergency_mode"], run.items[0].reason
    await desk.runner.stop()


async def test_a_check_that_nobody_answers_is_a_failure_after_which_nothing_is_unknown(place: Place, tmp_path: Path) -> None:
    desk = Desk(tmp_path, place.fake)
    place.fake.answers["Async.SR.assert_can_host_ha_statefile"] = Timeout("60 s")
    values = {"sr": nas_of(place).uuid, "failures": 2}
    run = await desk.runner.run(desk.hire(Role.ADMIN), action("pool.enable_ha"), [place.pool], values)
    assert run.items[0].state is RunState.FAILED and str(run.items[0].reason).endswith("there was no answer; try again")
    assert place.fake.sent == ["Async.SR.assert_can_host_ha_statefile"]
    await desk.runner.stop()


def test_the_heartbeat_is_on_an_sr_that_all_hosts_share(place: Place) -> None:
    nas = nas_of(place)
    assert [(choice.label, choice.refused) for choice in srs([place.pool])] == [("nas", None)]
    assert [method for method, _parameters in calls_of("pool.enable_ha", place.pool, sr=nas.uuid, failures=2)] == [
        "SR.assert_can_host_ha_statefile", "pool.enable_ha", "pool.set_ha_host_failures_to_tolerate",
    ]  # fmt: skip
    assert faults("pool.enable_ha", place.pool, sr=nas.uuid, failures=3) == ["at most 2: one host must be left"]
    place.fake.change(nas, physical_size=GIB)
    assert faults("pool.enable_ha", place.pool, sr=nas.uuid) == ["4\u202fGiB needed, 1\u202fGiB free on nas"]
    place.fake.change(nas, physical_size=100 * GIB, type="cifs")
    driver = place.put(SM(type="cifs", features={}))
    assert not faults("pool.enable_ha", place.pool, sr=nas.uuid)  # a driver that tells nothing: XAPI is asked before anything is done
    place.fake.change(driver, features={"VDI_CREATE": 1})
    assert faults("pool.enable_ha", place.pool, sr=nas.uuid) == ["its type, cifs, cannot hold a heartbeat"]
    place.fake.change(driver, features={}, capabilities=frozenset({"VDI_GENERATE_CONFIG"}))  # as pools of before 6.2 tell it
    assert not faults("pool.enable_ha", place.pool, sr=nas.uuid)
    place.fake.change(nas, shared=False)
    assert faults("pool.enable_ha", place.pool, sr=nas.uuid) == ["it is local to a host"]


def test_what_ha_means_is_said_before(place: Place) -> None:
    row = action("pool.enable_ha")
    notes = [str(note) for note in row.notes(decode(row.request, {"sr": nas_of(place).uuid}), place.pool)]
    assert notes == ["No VM has the priority “Restart on another host” yet: HA protects none"]
    silence(place, 1)
    assert why(place, "pool.enable_ha") == "no response from host-2; every host takes part"
    assert why(place, "pool.disable_ha") == "HA is off"


def guests(place: Place) -> list[VM]:
    return [place.fake.vm("web-1", ha_restart_priority="restart"), place.fake.vm("web-2"), place.fake.vm("web-3", order=3)]


def test_what_is_protected_less_comes_first_and_what_stays_is_not_sent(place: Place) -> None:
    one, two, three = guests(place)
    values = [
        {"vm": two.uuid, "priority": "restart", "order": 1, "delay": 30}, {"vm": one.uuid, "priority": "none"},
        {"vm": three.uuid, "priority": "none", "order": 3},
    ]  # fmt: skip
    assert calls_of("pool.ha_vms", place.pool, vms=values) == [
        ("VM.set_ha_restart_priority", (one.ref, "")), ("VM.set_ha_restart_priority", (two.ref, "restart")),
        ("VM.set_order", (two.ref, 1)), ("VM.set_start_delay", (two.ref, 30)),
    ]  # fmt: skip


# ---- metadata


def test_metadata_comes_as_a_file_and_goes_back_as_one(place: Place) -> None:
    (out,) = steps_of("pool.backup", place.pool)
    assert isinstance(out, Transfer) and out.method == "GET /pool/xmldbdump" and out.name.startswith("lab") and out.name.endswith(".xml")
    file = {"id": "x", "name": "lab.xml", "size": 10}
    (back,) = steps_of("pool.restore", place.pool, file=file)
    assert isinstance(back, Transfer) and back.method == "PUT /pool/xmldbdump"
    assert faults("pool.restore", place.pool, file=file | {"size": 0}) == ["the file is empty"]
    assert action("pool.restore").typed


# ---- each call fails once


def of_pool(values: Callable[[Place], Mapping[str, object]], **fields: Any) -> Callable[[], Situation]:
    def situation() -> Situation:
        place = furnished()
        place.fake.change(place.pool, **fields)
        return place.fake, place.pool, values(place)

    return situation


def priorities(place: Place) -> Mapping[str, object]:
    one, two, three = guests(place)
    return {"vms": [{"vm": vm.uuid, "priority": "best-effort", "order": 7, "delay": 9} for vm in (one, two, three)]}


SELF = (
    "pool.set_suspend_image_SR", "pool.set_crash_dump_SR", "pool.set_ha_host_failures_to_tolerate", "VM.set_ha_restart_priority",
    "VM.set_order", "VM.set_start_delay",
)  # fmt: skip
BACK: Mapping[str, str] = {method: method for method in SELF} | {
    "pool.enable_ha": "pool.disable_ha", "pool.add_to_other_config": "pool.remove_from_other_config",
    "pool.remove_from_other_config": "pool.add_to_other_config",
}  # fmt: skip


@pytest.mark.parametrize(
    ("situation", "action_id"),
    [
        (of_pool(lambda place: {"suspend": nas_of(place).uuid, "crash": nas_of(place).uuid}), "pool.special_srs"),
        (of_pool(lambda place: {"network": place.store.uuid}, other_config={"xo:migrationNetwork": "old"}), "pool.migration_network"),
        (of_pool(lambda place: {"on": False}, other_config={"auto_poweron": "true"}), "pool.auto_start"),
        (of_pool(lambda place: {"host": place.hosts[1].uuid}), "pool.master"),
        (of_pool(lambda place: {"sr": nas_of(place).uuid}), "pool.enable_ha"),
        (of_pool(lambda place: {"failures": 2}, ha_enabled=True), "pool.ha_failures"),
        (of_pool(lambda place: {}, ha_enabled=True), "pool.disable_ha"),
        (of_pool(priorities), "pool.ha_vms"),
    ],
    ids=["SRs", "network", "auto-start", "master", "HA on", "failures", "HA off", "priorities"],
)
async def test_each_call_fails_once_and_the_pool_is_as_it_was(tmp_path: Path, situation: Callable[[], Situation], action_id: str) -> None:
    await each_call_fails_once(tmp_path, situation, action_id, BACK)
