"""What a person sees of snapshots, deletion, the trash and the history of a VM."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from nicegui.testing import User

from components.ui import Button
from components.vms.snapshot_tree import SnapshotTree
from data.mirror import Mirror
from data.objects import SR, VBD, VDI, VM
from data.stores.journal import JournalLine
from data.trash import BLOCKED, DAY, REASON, XODASH_TRASH, note
from data.types import GIB, Ref, XapiDate
from tests import fakes
from tests.vms.test_the_page_of_a_vm import add, opened, settle
from xo_dash.context import Context

HOSTILE = "<script>alert(1)</script>\u202e"


def snapshot(mirror: Mirror, vm: VM, name: str, *, size: int = GIB, **fields: Any) -> VM:
    ref = Ref(f"OpaqueRef:{name}")
    taken = VM(**{
        "uuid": name, "name_label": name, "is_a_snapshot": True, "is_a_template": True, "snapshot_of": vm.ref, "parent": vm.parent,
        "snapshot_time": XapiDate("20260101T00:00:00Z"), "allowed_operations": frozenset({"destroy", "clone", "revert"}),
    } | fields)  # fmt: skip
    sr = next(iter(vm.home.all(SR)))
    add(mirror, vm, VDI(uuid=f"d{name}", name_label=f"disk of {name}", SR=sr, physical_utilisation=size), f"OpaqueRef:d{name}")
    add(mirror, vm, VBD(VM=ref, VDI=Ref(f"OpaqueRef:d{name}")), f"OpaqueRef:b{name}")
    taken.VBDs = [Ref(f"OpaqueRef:b{name}")]
    add(mirror, vm, taken, ref)
    fakes.change(mirror, vm, snapshots=[*vm.snapshots, ref], parent=ref)
    return taken


def press(user: User, snapshot: VM, what: str = "look", checked: bool = False) -> None:
    """As the browser does, in the tree."""
    (tree,) = user.find(SnapshotTree).elements
    assert isinstance(tree, SnapshotTree)
    with tree:
        tree._clicked(type("Event", (), {"args": [snapshot.uuid, what, checked, 10, 10]})())  # type: ignore[arg-type]


async def test_the_line_says_what_the_snapshot_will_be_called(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "web-1")
    await opened(user, vm, "/snapshots")
    await user.should_see("No snapshots.")
    await user.should_see("Will be named web-1 20")
    user.find(marker="snapshot-name").clear().type("{name} before 8.3")
    await user.should_see("Will be named web-1 before 8.3.")
    user.find(marker="snapshot-name").clear()
    await user.should_see("“Name” is missing")


async def test_a_snapshot_is_compared_with_now_and_another(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "web-1")
    old = snapshot(mirror, vm, "before", VCPUs_at_startup=2, tags=vm.tags, other_config={})
    new = snapshot(mirror, vm, "after", VCPUs_at_startup=3, other_config={"xo:backup:job": "1"})
    await opened(user, vm, "/snapshots")
    await user.should_see("2 snapshots, 2\u202fGiB")
    await user.should_see("current state")
    await user.should_see("backup, kept")
    heard = [button.props["aria-label"] for button in user.find(Button).elements if "aria-label" in button.props]
    assert {"Commands for before", "Commands for after"} < set(heard) and len(heard) == len(set(heard)), (
        "each button is told from the others"
    )
    press(user, old)
    await user.should_see("vCPUs")
    await user.should_see("Take a snapshot of the current state first")
    await user.should_see("not in the snapshot")  # its disks are of another VM
    press(user, old, "pick", checked=True)
    await user.should_see("1 selected")
    await user.should_see("Frees about 1\u202fGiB")
    press(user, new, "pick", checked=True)
    await user.should_see("before → after")
    user.find(marker="delete-selected").click()
    await user.should_see("Include snapshots of backups")
    await user.should_see("after: The next backup of web-1 is a full one.")


async def test_a_deletion_names_what_goes_and_asks_for_the_name(user: User, mirror: Mirror, context: Context) -> None:
    vm = fakes.find(mirror, "test-a")
    fakes.change(mirror, vm, allowed_operations=frozenset({"destroy", "start"}))
    snapshot(mirror, vm, "before")
    mirror.trash.days = 14
    await opened(user, vm)
    user.find(marker="more-commands").click()
    user.find(marker="vm.delete").click()
    for text in ("Delete test-a?", "test-a root", "1 snapshot", "Type test-a to confirm", "Will be moved to trash"):
        await user.should_see(text)
    user.find(marker="way").elements.pop().value = "now"  # type: ignore[attr-defined]
    await user.should_see("Will be deleted")
    await user.should_see("Deleting disk test-a root")
    user.find(marker="typed").type("test").trigger("keydown.enter")
    assert not context.runner.runs, "the name is not there yet"


async def test_a_name_that_cannot_be_typed_is_not_asked_for(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "test-a")
    fakes.change(mirror, vm, allowed_operations=frozenset({"destroy"}), name_label=HOSTILE)
    await opened(user, vm)
    user.find(marker="more-commands").click()
    user.find(marker="vm.delete").click()
    await user.should_see("Type delete 1 to confirm")


def trashed(mirror: Mirror, name: str, left: float) -> VM:
    vm = fakes.find(mirror, name)
    now = time.time()
    fakes.change(
        mirror, vm, tags=["trash"], blocked_operations=dict.fromkeys(BLOCKED, REASON),
        other_config={XODASH_TRASH: note(vm, now - 13 * DAY, now + left, "olga")},
    )  # fmt: skip
    return vm


async def test_the_trash_lists_what_can_be_restored_and_no_other_page_does(user: User, mirror: Mirror) -> None:
    mirror.trash.days = 14
    vm = trashed(mirror, "test-a", left=DAY / 2)
    await user.open("/vms?state=trash")
    for text in ("Trash 1", "test-a", "Kept 14 days", "Restore", "Empty trash", "By", "olga"):
        await user.should_see(text)
    trashed(mirror, "test-b", left=5 * DAY)
    await settle()
    await user.should_see("test-b")
    await opened(user, vm)
    await user.should_see("It is in the trash")
    await user.should_see("Deleted by olga. It is purged on")
    await user.should_see("Restore")


async def test_the_history_has_before_and_after_and_by_whom(user: User, mirror: Mirror, context: Context) -> None:
    vm = fakes.find(mirror, "web-1")
    now = time.time()
    about = (vm.home.key, vm.uuid, "web-1")
    lines = [
        JournalLine(now - 90, *about, "memory_dynamic_max", str(8 * GIB), str(16 * GIB), "ann", "vm.rename", "r"),
        JournalLine(now - 60, *about, "power_state", "Halted", "Running"),
        JournalLine(now - 30, *about, f"other_config/{HOSTILE}", "", HOSTILE),
        JournalLine(now - 40 * DAY, *about, "name_label", "older", "web-1"),
    ]
    await asyncio.to_thread(context.journal._file.write, lines)
    context.journal._file.close()
    await opened(user, vm, "/history")
    for text in ("8\u202fGiB", "16\u202fGiB", "ann", "Rename", "Halted", "external", HOSTILE, "older", "4 changes"):
        await user.should_see(text)
