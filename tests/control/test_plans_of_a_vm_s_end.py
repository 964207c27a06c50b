"""Snapshots, copies, templates, deletion and the trash: what is sent, what is kept, and what a failure in the middle leaves."""

import datetime as dt
import json
from itertools import pairwise
from typing import Any

import pytest

from data.chains import deepest
from data.objects import SR, VBD, VDI, VIF, VM, PowerState, TaskStatus
from data.trash import DAY, REASON, XODASH_TRASH, is_due, is_trashed, trashed
from data.types import GIB, Ref
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import Desk, FakePool, ends_at_once, user
from xo_dash.control.actions import action, actions_for
from xo_dash.control.eligibility import why_not
from xo_dash.control.requests.decode import decode
from xo_dash.control.run import RunState
from xo_dash.control.xe import xe_lines
from xo_dash.xapi.errors import XapiFailure

HALTED, RUNNING = PowerState.HALTED, PowerState.RUNNING


def disk(fake: FakePool, *owners: VM, name: str = "root", **fields: Any) -> VDI:
    """A disk of these."""
    sr = next(iter(fake.home.all(SR).values()), None) or fake.home.one(SR, fake.put(SR(name_label="vault", physical_size=100 * GIB)))
    assert sr is not None
    row = VDI(**{"name_label": name, "virtual_size": 10 * GIB, "physical_utilisation": GIB, "SR": sr.ref} | fields)
    fake.put(row)
    for owner in owners:
        drive = fake.put(VBD(VM=owner.ref, VDI=row.ref, type="Disk"))
        fake.change(owner, VBDs=[*owner.VBDs, drive])
        fake.change(row, VBDs=[*row.VBDs, drive])
    return row


def snapshot(fake: FakePool, vm: VM, name: str = "before", **fields: Any) -> VM:
    given = {"is_a_snapshot": True, "is_a_template": True, "snapshot_of": vm.ref, "parent": vm.parent}
    shot = fake.vm(name, **given | {"allowed_operations": frozenset({"revert", "clone", "copy", "destroy"})} | fields)
    fake.change(vm, snapshots=[*vm.snapshots, shot.ref], parent=shot.ref)
    return shot


def notes(action_id: str, vm: VM, **values: object) -> list[str]:
    row = action(action_id)
    return [str(said) for said in row.notes(decode(row.request, values).for_each(vm), vm)]


def sent(action_id: str, vm: VM, **values: object) -> list[str]:
    return [method for method, _parameters in calls_of(action_id, vm, **values)]


# ---- snapshots


@pytest.mark.parametrize(
    ("values", "method"), [({}, "VM.snapshot"), ({"memory": True}, "VM.checkpoint"), ({"quiesce": True}, "VM.snapshot_with_quiesce")]
)
def test_a_snapshot_is_taken_as_asked_for(fake: FakePool, values: dict[str, object], method: str) -> None:
    vm = fake.vm("web {date}", RUNNING)
    today = dt.datetime.now(dt.UTC).astimezone().strftime("%Y-%m-%d")
    assert calls_of("vm.snapshot", vm, name="{name} at {date}", **values) == [(method, (vm.ref, f"web {{date}} at {today}"))]
    fake.change(vm, allowed_operations=frozenset({"snapshot", "checkpoint", "snapshot_with_quiesce"}))
    assert faults("vm.snapshot", vm, name="a", **values) == []


def test_memory_and_quiescing_are_asked_for_where_they_can_be_had(fake: FakePool) -> None:
    halted, running = fake.vm("a"), fake.vm("b", RUNNING, allowed_operations=frozenset({"snapshot"}))
    row = action("vm.snapshot")
    assert set(row.unasked([halted])) == {"memory", "quiesce"} and set(row.unasked([halted, running])) == {"quiesce"}
    assert faults("vm.snapshot", halted, name="x", memory=True) == ["a: it is halted and must be paused, running or suspended"]
    assert faults("vm.snapshot", running, name="x", memory=True) == [
        "b: the guest tools are not responding; install them, or wait until the guest has started"
    ]
    assert faults("vm.snapshot", running, name="x", quiesce=True) == ["b: not possible at the moment"]
    assert len(faults("vm.snapshot", running, name="x", quiesce=True, memory=True)) == 1


def test_a_deep_chain_is_warned_of(fake: FakePool) -> None:
    vm = fake.vm()
    nodes = [disk(fake, name=f"node {number}", managed=False) for number in range(22)]
    for upper, lower in pairwise(nodes):
        fake.change(upper, sm_config={"vhd-parent": lower.uuid})
    disk(fake, vm, sm_config={"vhd-parent": nodes[0].uuid})
    assert deepest(vm) == 23
    assert "A disk chain has 23 levels" in notes("vm.snapshot", vm, name="x")[-1]
    fake.change(nodes[-1], sm_config={"vhd-parent": nodes[0].uuid})  # a ring, as only a broken pool tells of one
    assert deepest(vm) == 23


def test_a_revert_names_what_the_snapshot_has_not(fake: FakePool) -> None:
    vm = fake.vm("web-1")
    old = disk(fake, vm)
    disk(fake, vm, name="data")
    shot = snapshot(fake, vm)
    disk(fake, shot, snapshot_of=old.ref, is_a_snapshot=True)
    nic = fake.put(VIF(VM=vm.ref, device="1", MAC="0a:00:00:00:00:01"))
    fake.change(vm, VIFs=[nic])
    assert notes("vm.revert", vm, snapshot=shot.uuid) == [
        "data (vault) · 10\u202fGiB is not in the snapshot: it is detached, and kept.",
        "NIC 1 (0a:00:00:00:00:01) is not in the snapshot: it is removed.",
    ]


@pytest.mark.parametrize("key", ["xo:backup:job", "xo:backup:datetime"])
def test_a_snapshot_of_a_backup_is_deleted_only_by_who_insists(fake: FakePool, key: str) -> None:
    vm = fake.vm("web-1")
    own, backup = snapshot(fake, vm), snapshot(fake, vm, "nightly", other_config={key: "1"})
    row = action("snapshot.delete")
    assert row.unasked([own]) == ("backups",) and row.unasked([own, backup]) == ()
    assert faults("snapshot.delete", own) == []
    assert faults("snapshot.delete", backup) == ["nightly is used by a backup job; include snapshots of backups, or skip it"]
    assert faults("snapshot.delete", backup, backups=True) == []
    assert notes("snapshot.delete", backup, backups=True) == ["The next backup of web-1 is a full one."]


# ---- copies and templates


def test_a_vm_of_a_snapshot_has_nothing_of_a_backup(fake: FakePool) -> None:
    shot = snapshot(fake, fake.vm("web-1"), other_config={"xo:backup:job": "1", "folder": "/a"})
    assert [method for method, _ in calls_of("snapshot.new_vm", shot, name="web-2")] == [
        "VM.clone", "VM.remove_from_other_config", "VM.set_is_a_template",
    ]  # fmt: skip
    assert sent("snapshot.new_template", shot, name="gold") == ["VM.clone", "VM.remove_from_other_config"]
    assert sent("snapshot.new_vm", shot, name="web-2", fast=False)[0] == "VM.copy"
    assert action("snapshot.new_vm").defaults([shot])["name"] == "web-1 from before"
    lines = xe_lines(steps_of("snapshot.new_vm", shot, name="web-2"), fake.home)
    assert lines[1:] == [
        "xe vm-param-remove uuid=$vm_1 param-name=other-config param-key=xo:backup:job",
        "xe vm-param-set uuid=$vm_1 is-a-template=false",
    ]


def test_a_vm_becomes_a_template_and_a_template_a_vm(fake: FakePool) -> None:
    vm, built_in = fake.vm(), fake.vm(is_a_template=True, is_default_template=True)
    assert calls_of("vm.make_template", vm) == [("VM.set_is_a_template", (vm.ref, True))]
    assert str(why_not(action("template.make_vm"), vm, user())) == "it is not a template"
    fake.change(vm, is_a_template=True)
    assert calls_of("template.make_vm", vm) == [("VM.set_is_a_template", (vm.ref, False))]
    for action_id in ("template.make_vm", "template.delete"):
        assert why_not(action(action_id), vm, user()) is None
        assert str(why_not(action(action_id), built_in, user())) == "it is a template that comes with the pool"


def test_a_template_does_not_keep_the_cloud_init_disk_unless_asked(fake: FakePool) -> None:
    vm = fake.vm()
    seed = fake.home.one(VDI, fake.put(VDI(name_label="cidata")))
    assert seed is not None
    drive = fake.put(VBD(VM=vm.ref, VDI=seed.ref, type="Disk", other_config={"xodash:config-drive": "remove"}))
    row = action("vm.make_template")
    assert row.unasked([vm]) == ("remove_cloud_init",)
    fake.change(vm, VBDs=[drive])
    assert row.unasked([vm]) == ()
    assert calls_of("vm.make_template", vm) == [
        ("VM.set_is_a_template", (vm.ref, True)), ("VBD.destroy", (drive,)), ("VDI.destroy", (seed.ref,)),
    ]  # fmt: skip
    kept = decode(row.request, {"remove_cloud_init": "no"})
    assert sent("vm.make_template", vm, remove_cloud_init=False) == ["VM.set_is_a_template"]
    (note,) = row.notes(kept, vm)
    assert "get its users, passwords and keys" in str(note)


# ---- deletion


def test_what_goes_with_a_vm_and_what_stays(fake: FakePool) -> None:
    vm, other = fake.vm("web-1"), fake.vm("db-1")
    root, data = disk(fake, vm), disk(fake, vm, name="data")
    disk(fake, vm, other, name="both")
    disk(fake, vm, name="cluster", sharable=True)
    shot = snapshot(fake, vm)
    of_shot = disk(fake, shot, is_a_snapshot=True, snapshot_of=root.ref)
    iso = disk(fake, name="iso")
    drive = fake.put(VBD(VM=vm.ref, VDI=iso.ref, type="CD"))
    fake.change(vm, VBDs=[*vm.VBDs, drive])
    assert calls_of("vm.delete", vm, keep=data.uuid) == [
        ("VM.destroy", (vm.ref,)), ("VM.destroy", (shot.ref,)), ("VDI.destroy", (root.ref,)), ("VDI.destroy", (of_shot.ref,)),
    ]  # fmt: skip
    assert notes("vm.delete", vm, keep=[data.uuid]) == [
        "Snapshots deleted with it: 1.",
        "both (vault) · 10 GiB is kept: db-1 also uses it.",
        "cluster (vault) · 10 GiB is kept: it is marked as shared.",
        "data (vault) · 10 GiB is detached and kept.",
    ]
    assert faults("vm.delete", vm, keep=["x"]) == ["there is no disk x in the pool; leave it out"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"power_state": RUNNING}, "it is running and must be halted or suspended"),
        ({"blocked_operations": {"destroy": "the accounts"}}, "this operation is blocked: the accounts"),
        ({"blocked_operations": {"destroy": "true"}}, "it is protected from deletion; change its protection first"),
    ],
)
def test_what_is_protected_or_running_is_not_deleted(fake: FakePool, fields: dict[str, Any], words: str) -> None:
    vm = fake.vm(**{"allowed_operations": frozenset()} | fields)
    fake.mirror.trash.days = 7
    for action_id in ("vm.delete", "vm.trash"):
        assert str(why_not(action(action_id), vm, user())) in (words, words.replace(" or suspended", ""))


DELETION = ("Async.VM.destroy", "Async.VDI.destroy")


@pytest.mark.parametrize("failing", [0, 1, 2, 3])
async def test_each_call_of_a_deletion_fails_once(desk: Desk, fake: FakePool, failing: int) -> None:
    """If the VM itself stays, all of it stays; what cannot go afterwards is named, and the rest goes."""
    vm = fake.vm("web-1")
    root, shot = disk(fake, vm), snapshot(fake, vm)
    disk(fake, shot, name="root of before", is_a_snapshot=True, snapshot_of=root.ref)
    count = iter(range(9))

    def ends(*_arguments: object) -> Ref:
        good = next(count) != failing
        return (ends_at_once(fake) if good else ends_at_once(fake, TaskStatus.FAILURE, "SR_BACKEND_FAILURE_46", "", "busy", ""))()

    fake.answers |= dict.fromkeys(DELETION, ends)
    run = await desk.runner.run(desk.hire(), action("vm.delete"), [vm])
    (item,) = run.items
    assert item.state is RunState.FAILED
    assert len([method for method in fake.sent if method in DELETION]) == (1 if failing == 0 else 4)
    failed = [str(step.says) for step in item.steps if step.state is RunState.FAILED]
    assert failed == [["Deleting web-1", "Deleting snapshot before", "Deleting disk root", "Deleting disk root of before"][failing]]


# ---- the trash


def in_trash(fake: FakePool, vm: VM, until: float = 2_000_000_000.0) -> None:
    fake.change(
        vm, tags=["trash", "web"], other_config={XODASH_TRASH: json.dumps({"at": 1, "until": until, "vm": vm.uuid})},
        blocked_operations={"start": REASON, "start_on": "by somebody else"},
    )  # fmt: skip


def test_the_trash_has_to_be_turned_on(fake: FakePool) -> None:
    vm = fake.vm()
    row = action("vm.trash")
    assert row not in actions_for(vm)
    assert str(why_not(row, vm, user())) == "the trash is disabled; an administrator can enable it in the settings"
    fake.mirror.trash.days = 14
    assert row in actions_for(vm) and why_not(row, vm, user()) is None


def test_what_is_moved_there_is_marked_and_can_be_taken_back(fake: FakePool) -> None:
    vm = fake.vm("web-1", tags=["web"], blocked_operations={"start_on": "by somebody else"})
    fake.mirror.trash.days = 14
    (block, tag, kept) = calls_of("vm.trash", vm)
    assert block == ("VM.add_to_blocked_operations", (vm.ref, "start", REASON)) and tag == ("VM.add_tags", (vm.ref, "trash"))
    assert kept[:1] == ("VM.add_to_other_config",) and kept[1][:2] == (vm.ref, XODASH_TRASH)
    fake.change(vm, other_config={XODASH_TRASH: str(kept[1][2])})
    told = trashed(vm)
    assert told is not None and told.until - told.at == 14 * DAY and not is_due(vm, told.until), "its start is not blocked by us"
    in_trash(fake, vm)
    assert is_due(vm, 2e9) and not is_due(vm, 2e9 - 1)
    assert calls_of("vm.restore", vm) == [
        ("VM.remove_from_blocked_operations", (vm.ref, "start")),
        ("VM.remove_tags", (vm.ref, "trash")),
        ("VM.remove_from_other_config", (vm.ref, XODASH_TRASH)),
    ]
    assert [row.id for row in actions_for(vm)] == ["vm.rename", "vm.describe", "vm.restore", "vm.purge"]
    assert why_not(action("vm.purge"), vm, user()) is None


@pytest.mark.parametrize(
    "note",
    ["", "{", "[]", '{"until": "x"}', '{"until": 1e999}', '{"at": null}', "\ud800", "\x00", '{"at": 1, "until": 2e9, "vm": "of another"}'],
)
def test_a_note_that_cannot_be_read_hides_and_deletes_nothing(fake: FakePool, note: str) -> None:
    vm = fake.vm(other_config={XODASH_TRASH: note}, blocked_operations={"start": REASON})
    assert not is_trashed(vm) and not is_due(vm, 9e9)
    assert str(why_not(action("vm.purge"), fake.vm("other"), user())) == "it is not in the trash"


MARKS = ("VM.add_to_blocked_operations", "VM.add_tags", "VM.add_to_other_config")
UNMARKS = ("VM.remove_from_blocked_operations", "VM.remove_tags", "VM.remove_from_other_config")


@pytest.mark.parametrize("failing", range(3))
@pytest.mark.parametrize(("action_id", "calls", "undone"), [("vm.trash", MARKS, UNMARKS), ("vm.restore", UNMARKS, MARKS)])
async def test_each_call_of_the_trash_fails_once_and_the_vm_is_as_it_was(
    desk: Desk, fake: FakePool, failing: int, action_id: str, calls: tuple[str, ...], undone: tuple[str, ...]
) -> None:
    fake.mirror.trash.days = 14
    vm = fake.vm("web-1", blocked_operations={"start_on": "by somebody else"})
    if action_id == "vm.restore":
        in_trash(fake, vm)
    fake.answers |= dict.fromkeys((*calls, *undone), "")
    fake.answers[calls[failing]] = XapiFailure("OPERATION_NOT_ALLOWED", ["not now"])
    run = await desk.runner.run(desk.hire(), action(action_id), [vm])
    assert run.items[0].state is RunState.FAILED and not run.items[0].left
    assert fake.sent == [*calls[: failing + 1], *reversed(undone[:failing])]
