"""Every command x role x power state, and why not, in words."""

from typing import Any

import pytest

from data.objects import VM, Host, HostMetrics, PowerState, Task, TaskStatus
from data.server import ServerState
from data.stores.users import Role
from tests.control.asked import calls_of, faults
from tests.control.fake_pool import OFFERED, FakePool, user
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import ACTIONS, action, actions_for
from xo_dash.control.eligibility import eligibility, summarize, why_not
from xo_dash.i18n import using

HALTED, PAUSED, RUNNING, SUSPENDED = PowerState.HALTED, PowerState.PAUSED, PowerState.RUNNING, PowerState.SUSPENDED

# command: the states in which a VM can be told so
STATES = {
    "vm.start": {HALTED},
    "vm.start_on": {HALTED},
    "vm.resume": {SUSPENDED},
    "vm.resume_on": {SUSPENDED},
    "vm.unpause": {PAUSED},
    "vm.clean_shutdown": {RUNNING},
    "vm.clean_reboot": {RUNNING},
    "vm.snapshot": {HALTED, PAUSED, RUNNING, SUSPENDED},
    "vm.clone": {HALTED},
    "vm.make_template": {HALTED},
    "vm.export": {HALTED, SUSPENDED},
    "vm.export_ova": {HALTED},
    "vm.delete": {HALTED, SUSPENDED},
    "vm.pause": {RUNNING},
    "vm.suspend": {RUNNING},
    "vm.hard_reboot": {RUNNING, PAUSED},
    "vm.hard_shutdown": {RUNNING, PAUSED, SUSPENDED},
}
NAMED = ("vm.migrate", "vm.copy_to_pool", "vm.rename", "vm.describe", "vm.revert", "vm.eject", "vm.remove_cloud_init")
"""Those that ask for something else than a power state."""
ROLES = {Role.NONE: False, Role.VIEWER: False, Role.OPERATOR: True, Role.ADMIN: True}
FOR_ADMINS = {
    "vm.add_pci",
    "host.enable", "host.maintenance", "host.power_on", "host.restart_agent", "host.reboot", "sr.make_default", "pool.default_sr",
    "host.disable", "host.bring_back", "host.forget_moved", "host.declare_dead", "host.forget",
    "host.shutdown", "host.join", "host.eject", "host.logs", "host.tags", "host.iscsi_name", "host.syslog", "host.multipathing", "host.ssh",
    "host.time", "host.dns", "host.power_on_mode", "host.install_certificate", "host.reset_certificate", "pool.stop",
    "host.rename", "host.describe", "pool.rename", "pool.describe", "sr.rename", "sr.describe", "network.rename", "network.describe",
    "pool.new_sr", "sr.detach", "sr.forget", "sr.destroy", "sr.auto_scan", "sr.tags", "pbd.unplug",
    "pool.new_network", "network.settings", "network.bond_mode", "network.delete", "network.addresses", "network.management",
    "pif.address", "pif.management", "pif.unplug", "pif.plug", "pif.forget", "host.scan_nics",
    "pool.tags", "pool.special_srs", "pool.auto_start", "pool.migration_network", "pool.master", "pool.enable_ha", "pool.disable_ha",
    "host.reconnect",
    "pool.lost_master", "pool.ha_failures", "pool.ha_vms", "pool.backup", "pool.restore", "pool.wlb", "host.update", "host.apply_updates",
    "host.apply_pool_update", "host.apply_pool_updates", "pool.sync_updates",
    "pool.upload_bundle", "pool.set_repositories", "pool.use_other_pool", "pool.update_schedule", "pool.update_proxy",
    "pool.forget_repository",
}  # fmt: skip


SETTINGS = {row.id for row in ACTIONS if row.group == "settings" and row.kind is VM} | {
    "vm.insert_cd",
    "vm.apply_pending",
    "vm.discard_pending",
}
"""What a VM is may be changed in most states; tests/control/test_changes.py has the rest."""


def test_the_table_of_states_names_every_command_of_a_vm(fake: FakePool) -> None:
    assert {row.id for row in actions_for(fake.vm())} == {*STATES, *NAMED, *SETTINGS}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", PowerState)
@pytest.mark.parametrize("action_id", STATES)
def test_a_command_is_offered_by_role_and_state(fake: FakePool, action_id: str, state: PowerState, role: Role) -> None:
    vm = fake.vm(state=state)
    reason = why_not(action(action_id), vm, user(role))
    assert (reason is None) == (ROLES[role] and state in STATES[action_id]), str(reason)
    for language in ("en", "ru"):
        with using(language):
            assert reason is None or str(reason).strip()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("row", ACTIONS, ids=lambda row: row.id)
def test_a_role_is_enough_or_not(row: AnyAction, role: Role) -> None:
    verdict = may(user(role), row)
    assert bool(verdict) == (role is Role.ADMIN if row.id in FOR_ADMINS else ROLES[role])
    assert verdict or "administrator" in str(verdict.reason)


def test_who_is_gone_may_nothing(fake: FakePool) -> None:
    assert str(why_not(action("vm.start"), fake.vm(), None)) == "you are no longer signed in; sign in again"


@pytest.mark.parametrize(
    ("action_id", "fields", "words"),
    [
        ("vm.start", {"power_state": RUNNING}, "it is running and must be halted"),
        ("vm.hard_shutdown", {"power_state": HALTED}, "it is halted and must be paused, running or suspended"),
        ("vm.start", {"current_operations": {"OpaqueRef:t": "start"}}, "it is starting"),
        ("vm.start", {"current_operations": {"OpaqueRef:t": "newer_thing"}}, "another operation is running"),
        ("vm.start", {"blocked_operations": {"start": "moving house"}}, "this operation is blocked: moving house"),
        ("vm.start", {"blocked_operations": {"start": "true"}}, "this operation is blocked; unblock it first"),
        ("vm.start", {"is_a_template": True}, "it is a template; create a VM from it first"),
        ("vm.start", {"is_a_template": True, "is_default_template": True}, "it is a template that comes with the pool"),
        ("vm.start", {"is_a_template": True, "is_a_snapshot": True}, "it is a snapshot; revert to it, or create a VM from it"),
        ("vm.hard_shutdown", {"is_control_domain": True}, "it is a host's control domain, which starts and stops with the host"),
        (
            "vm.clean_shutdown",
            {"power_state": RUNNING},
            "the guest tools are not responding; install them, or wait until the guest has started",
        ),
        ("vm.suspend", {"power_state": RUNNING, "attached_PCIs": ["OpaqueRef:p"]}, "a host device is passed through to it"),
        ("vm.start", {"power_state": PowerState.UNKNOWN}, "it is in an unknown state and must be halted"),
    ],
)
def test_a_reason_is_said_in_words(fake: FakePool, action_id: str, fields: dict[str, Any], words: str) -> None:
    vm = fake.vm(**{"allowed_operations": frozenset()} | fields)
    assert str(why_not(action(action_id), vm, user())) == words


def test_nothing_is_done_to_a_memory(fake: FakePool) -> None:
    vm = fake.vm()
    fake.mirror.set_server(fake.server, state=ServerState.UNREACHABLE)
    assert str(why_not(action("vm.start"), vm, user())) == "lab is not responding; its last known state is shown"
    fake.mirror.set_server(fake.server, state=ServerState.LIVE)
    fake.remove(vm)
    assert str(why_not(action("vm.start"), vm, user())) == "it no longer exists"


def test_a_silent_host_stands_against_it(fake: FakePool) -> None:
    metrics = fake.put(HostMetrics(live=False))
    host = fake.put(Host(name_label="host-2", metrics=metrics))
    vm = fake.vm(state=RUNNING, resident_on=host)
    assert str(why_not(action("vm.clean_shutdown"), vm, user())) == "its host host-2 is not responding"


def test_of_several_some_can_and_the_others_say_why(fake: FakePool) -> None:
    vms = [fake.vm(f"vm-{number}", RUNNING if number % 2 else HALTED) for number in range(7)]
    offered = eligibility(action("vm.start"), vms, user())
    assert [vm.name_label for vm in offered.able if isinstance(vm, VM)] == ["vm-0", "vm-2", "vm-4", "vm-6"]
    assert {str(reason) for _vm, reason in offered.unable} == {"it is running and must be halted"}
    assert offered.possible and offered.reason is None


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("row", ACTIONS, ids=lambda row: row.id)
def test_the_quick_count_says_the_same(fake: FakePool, row: AnyAction, role: Role) -> None:
    subjects = [fake.vm(state=state) for state in PowerState]
    subjects += [fake.vm(is_a_snapshot=True, is_a_template=True), fake.vm(is_a_template=True, allowed_operations=frozenset())]
    subjects[0].home = FakePool("gone").home  # one that is no longer there
    offered, counted = eligibility(row, subjects, user(role)), summarize(row, subjects, user(role))
    assert (counted.able, counted.total) == (len(offered.able), offered.total)
    assert str(counted.reason) == str(offered.unable[0][1])


def test_a_mixture_has_only_what_is_for_all(fake: FakePool) -> None:
    vm, snapshot = fake.vm(), fake.vm("before", is_a_snapshot=True, is_a_template=True)
    of_snapshot = ["snapshot.new_vm", "snapshot.new_template", "snapshot.delete"]
    assert [row.id for row in actions_for(snapshot)] == ["vm.rename", "vm.describe", "vm.export", "vm.export_ova", *of_snapshot]
    assert [row.id for row in actions_for(vm, snapshot)] == ["vm.rename", "vm.describe", "vm.export", "vm.export_ova"]
    assert actions_for() == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, None),
        ({"status": TaskStatus.SUCCESS}, "it has ended"),
        ({"allowed_operations": frozenset()}, "it cannot be cancelled now"),
        ({"current_operations": {"OpaqueRef:x": "cancel"}}, "it is already being cancelled"),
    ],
)
def test_a_task_can_be_cancelled_while_xapi_offers_it(fake: FakePool, fields: dict[str, object], words: str | None) -> None:
    task = Task(**{"allowed_operations": frozenset({"cancel"})} | fields)  # type: ignore[arg-type]
    fake.put(task)
    reason = why_not(action("task.cancel"), task, user())
    assert (str(reason) if reason else None) == words
    assert why_not(action("task.cancel"), task, user(Role.VIEWER)) is not None


def test_hosts_to_start_on_say_why_they_cannot(fake: FakePool) -> None:
    good = Host(name_label="host-1", enabled=True, metrics=fake.put(HostMetrics(live=True)))
    tired = Host(name_label="host-2", enabled=False, metrics=fake.put(HostMetrics(live=True)))
    for host in (tired, good):
        fake.put(host)
    vm = fake.vm()
    row = action("vm.start_on")
    choices = row.choices["host"]
    assert [(choice.label, str(choice.refused or "")) for choice in choices([vm])] == [
        ("host-1", ""),
        ("host-2", "it is in maintenance mode"),
    ]
    assert row.defaults([vm]) == {"host": good.uuid}
    assert faults("vm.start_on", vm, host=good.uuid) == []
    assert faults("vm.start_on", vm, host=tired.uuid) == ["host-2 cannot run it: it is in maintenance mode"]
    assert faults("vm.start_on", vm, host="nonsense") == ["there is no such host in its pool; choose another"]
    other = FakePool("home", fake.mirror)
    assert choices([vm, other.vm()]) == ()
    assert calls_of("vm.start_on", vm, host=good.uuid) == [("VM.start_on", (vm.ref, good.ref, False, False))]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("before the update", []),
        ("{name} today", []),
        ("  ", ["“Name” is missing"]),
        ("x" * 256, ["it has at most 255 characters"]),
        ("{name}" + "x" * 249, ["it has at most 255 characters"]),  # once the name is filled in
        ("a\nb", ["only visible characters are allowed"]),
    ],
)
def test_a_snapshot_has_a_name_people_can_read(fake: FakePool, value: str, words: list[str]) -> None:
    assert faults("vm.snapshot", fake.vm("database"), name=value) == words


def test_each_snapshot_of_many_is_called_after_its_vm(fake: FakePool) -> None:
    one, other = fake.vm("web-1"), fake.vm("db-1")
    defaults = action("vm.snapshot").defaults
    assert str(defaults([one])["name"]).startswith("web-1 2")
    ((_method, parameters),) = calls_of("vm.snapshot", other, **defaults([one, other]))
    assert str(parameters[1]).startswith("db-1 2")


def test_every_state_of_a_vm_has_its_row_in_the_test_s_table() -> None:
    assert set(OFFERED) == set(PowerState)
