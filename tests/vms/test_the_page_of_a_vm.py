"""`/vm/{uuid}` follows its VM, sends what differs and nothing else, and says what is not there."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from nicegui import Client, json
from nicegui.testing import User

from components.charts import Chart
from components.vms.head import Now
from components.vms.page.tabs import TABS
from data.changes import Event, Operation
from data.coalesce import INTERVAL
from data.mirror import Mirror, PoolMirror
from data.objects import VBD, VDI, VM, Message, PowerState, VMGuestMetrics
from data.server import ServerState
from data.types import NULL_REF, Ref, XapiDate, XapiObject
from tests import fakes
from tests.waiting import until


async def settle() -> None:
    await asyncio.sleep(INTERVAL * 1.5)  # what is coalesced is sent by a timer of the loop


def add(mirror: Mirror, beside: XapiObject, row: XapiObject, ref: str) -> None:
    """Have a row appear in the pool of another, as by an event."""
    assert isinstance(beside.home, PoolMirror)
    mirror.apply(beside.home, [Event(type(row), Operation.ADD, Ref(ref), row)])


async def opened(user: User, vm: VM, tab: str = "") -> Client:
    client = await user.open(f"/vm/{vm.uuid}{tab}")
    assert client is not None
    return client


async def test_it_says_what_there_is(user: User, mirror: Mirror) -> None:
    await opened(user, fakes.find(mirror, "ci-runner-1"))
    for text in ("ci-runner-1", "Running", "ci", "nightly", "ci-runner-1 of the lab", "xcp-lab-1"):
        await user.should_see(text)
    await user.should_see("Debian GNU/Linux 12 · tools 8.3")
    await user.should_see("10.0.0.10")
    await user.should_see("No snapshots.")
    text = "Restart its device model, or the VM, to finish installing updates of its host."
    await user.should_not_see(text)
    fakes.change(mirror, fakes.find(mirror, "ci-runner-1"), pending_guidances_full=["restart_device_model"])
    await user.should_see(text)


async def test_it_is_seen_before_its_scripts_have_run(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "ci-runner-1")
    fakes.change(mirror, vm, name_label="<b>other</b>")
    page = (await user.http_client.get(f"/vm/{vm.uuid}", follow_redirects=True)).text
    picture = page[page.index('<div id="x-first-picture" inert>') : page.index('<div id="app"')]
    for text in ("&lt;b&gt;other&lt;/b&gt;", "Running", "nightly", "10.0.0.10", "No snapshots.", 'class="x-chart '):
        assert text in picture
    assert "<b>other" not in picture and 'id="main"' not in picture
    assert page.index('getElementById("x-first-picture")?.remove()') < page.index('app.mount("#app")')


@pytest.mark.parametrize("address", ["/disks", "?tab=disks"])
async def test_each_tab_has_an_address_and_the_old_one_works(user: User, mirror: Mirror, address: str) -> None:
    await opened(user, fakes.find(mirror, "ci-runner-1"), address)
    for text in ("ci-runner-1 root", "nfs-vault"):
        await user.should_see(text)
    assert user.client is not None and user.client.title == "ci-runner-1 · Disks · xo-dash"
    user.find(marker="tab-networks").trigger("choose")
    await user.should_see("mgmt")
    await user.should_not_see("ci-runner-1 root")
    assert user.client.title == "ci-runner-1 · Networks · xo-dash"


async def test_it_follows_the_vm_and_what_hangs_on_it(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "ci-runner-1")
    await opened(user, vm, "/disks")
    fakes.change(mirror, vm, name_label="<b>other</b>", tags=["weekly"])
    fakes.change(mirror, fakes.find(mirror, "ci-runner-1 root", VDI), name_label="system disk")
    guest = vm.home.one(VMGuestMetrics, vm.guest_metrics)
    assert guest
    fakes.change(mirror, guest, networks={"0/ip": "10.9.9.9"})
    await settle()
    for text in ("<b>other</b>", "weekly", "system disk", "10.9.9.9"):
        await user.should_see(text)
    await user.should_not_see("nightly")
    await user.should_not_see("10.0.0.10")


async def test_a_disk_that_is_named_before_it_is_there_comes_when_it_does(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "web-1")
    await opened(user, vm, "/disks")
    fakes.change(mirror, vm, VBDs=[*vm.VBDs, "OpaqueRef:late"])
    await settle()
    add(mirror, vm, VDI(name_label="late disk", virtual_size=1 << 30), "OpaqueRef:late-disk")
    add(mirror, vm, VBD(VDI=Ref("OpaqueRef:late-disk"), userdevice="5", currently_attached=True), "OpaqueRef:late")
    await settle()
    await user.should_see("late disk")


async def test_an_operation_shows_how_far_it_is(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "win10-old")
    await opened(user, vm)
    assert isinstance(vm.home, PoolMirror)
    task = fakes.task(mirror, vm.home, "Async.VM.start", 0.25)
    fakes.change(mirror, vm, current_operations={task.ref: "start"})
    await settle()
    await user.should_see("Starting")
    await user.should_see("25%")
    fakes.change(mirror, task, progress=0.5)
    await settle()
    await user.should_see("50%")


async def test_snapshots_come_with_a_way_to_delete_them(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "web-1")
    await opened(user, vm)
    taken = VM(
        uuid="snap", name_label="before upgrade", is_a_snapshot=True, is_a_template=True, snapshot_of=vm.ref,
        snapshot_time=XapiDate("20260101T00:00:00Z"), allowed_operations=frozenset({"destroy"}),
    )  # fmt: skip
    add(mirror, vm, taken, "OpaqueRef:snap")
    fakes.change(mirror, vm, snapshots=[Ref("OpaqueRef:snap")], parent=Ref("OpaqueRef:snap"))
    await settle()
    await user.should_see("before upgrade")
    await user.should_see("current state")
    await user.should_see("1 snapshot")
    user.find(marker="snapshot.delete").click()
    await user.should_see("The VM can no longer be reverted to this point.")
    user.find("Cancel").click()
    fakes.change(mirror, vm, snapshots=[], parent=NULL_REF)
    fakes.remove(mirror, taken)
    await settle()
    await user.should_not_see("current state")


async def test_messages_about_it_come_and_others_do_not(user: User, mirror: Mirror) -> None:
    vm, other = fakes.find(mirror, "web-1"), fakes.find(mirror, "git")
    await opened(user, vm)
    for number, (row, name) in enumerate(((vm, "VM_STARTED"), (other, "VM_CRASHED"), (vm, "SOMETHING_NEW"))):
        add(mirror, vm, Message(name=name, obj_uuid=row.uuid, timestamp=XapiDate("20260101T00:00:00Z")), f"OpaqueRef:{number}")
    await settle()
    await user.should_see("VM started")
    await user.should_see("Something new")
    await user.should_not_see("VM crashed")


async def test_one_that_is_deleted_stays_as_it_was_and_says_so(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "test-a")
    await opened(user, vm, "/disks")
    await user.should_not_see("no longer there")
    fakes.remove(mirror, vm)
    fakes.remove(mirror, fakes.find(mirror, "test-a root", VDI))
    await settle()
    await user.should_see("This VM was deleted")
    await user.should_see("test-a root")


async def test_a_pool_that_is_away_is_said(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "web-1")
    await opened(user, vm)
    assert isinstance(vm.home, PoolMirror)
    mirror.set_server(vm.home.server, state=ServerState.UNREACHABLE)
    await settle()
    await user.should_see("lab-pool is not responding; its last known state is shown.")
    mirror.set_server(vm.home.server, state=ServerState.LIVE)
    await settle()
    await user.should_not_see("lab-pool is not responding; its last known state is shown.")


async def test_one_that_is_off_says_why_a_picture_is_empty_and_covers_none(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "ci-runner-1")
    client = await opened(user, vm)
    fakes.change(mirror, vm, power_state=PowerState.HALTED)
    await settle()
    (now,) = [element for element in client.elements.values() if isinstance(element, Now)]
    assert "x-now-off" in now.classes
    charts = [element for element in client.elements.values() if isinstance(element, Chart)]
    assert [chart.props["words"]["idle"] for chart in charts] == ["No measurements while it is not running."] * 4
    await user.should_not_see(
        "No measurements while it is not running", retries=1
    )  # beside the charts: they may show ten minutes in which it did


@pytest.mark.parametrize("uuid", ["nonsense", "00000000-0000-0000-0000-000000000000", "%3Cscript%3E", "x" * 300])
async def test_an_unknown_uuid_is_one_sentence_and_a_way_back(user: User, uuid: str) -> None:
    await user.open(f"/vm/{uuid}")
    await user.should_see("VM not found")
    await user.should_see("All VMs")


async def test_one_that_comes_later_is_shown_when_it_comes(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "web-1")
    fakes.remove(mirror, vm)
    await user.open(f"/vm/{vm.uuid}")
    await user.should_see("VM not found")
    add(mirror, vm, vm, vm.ref)
    await settle()
    await user.should_see("Overview")


async def test_what_is_no_vm_says_what_it_is(user: User, mirror: Mirror) -> None:
    vm = fakes.find(mirror, "web-1")
    fakes.change(mirror, vm, is_a_template=True)
    await opened(user, vm)
    await user.should_see("This is a template")


async def test_nothing_is_left_when_the_browser_goes(user: User, mirror: Mirror) -> None:
    before = mirror.observer_count
    for tab in ("", *(f"/{tab.name}" for tab in TABS[1:])):
        client = await opened(user, fakes.find(mirror, "web-1"), tab)
        assert mirror.observer_count > before
        client.delete()  # what a tab reads it follows
        await until(lambda: mirror.observer_count == before and not any(pool.history.is_watched for pool in mirror))


class Wire:
    """What is sent to one browser, in bytes of JSON."""

    def __init__(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.messages: list[tuple[str, Any]] = []
        outbox = client.outbox
        original_update, original_message = outbox.enqueue_update, outbox.enqueue_message
        self._updated: dict[int, Any] = {}

        def update(element: Any) -> None:
            self._updated[element.id] = element
            original_update(element)

        def message(message_type: Any, data: Any, target_id: Any) -> None:
            self.messages.append((message_type, data))
            original_message(message_type, data, target_id)

        monkeypatch.setattr(outbox, "enqueue_update", update)
        monkeypatch.setattr(outbox, "enqueue_message", message)

    @property
    def bytes(self) -> int:
        elements = {id_: element._to_dict() for id_, element in self._updated.items() if not element.is_deleted}
        return (len(json.dumps(elements)) if elements else 0) + sum(len(orjson.dumps(data)) for _type, data in self.messages)


async def test_a_power_change_is_at_most_a_kilobyte_to_who_shows_it_and_nothing_to_who_does_not(
    user: User, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, other = fakes.find(mirror, "web-1"), fakes.find(mirror, "redis-1")
    wire = Wire(await opened(user, shown), monkeypatch)
    changed = {"power_state": PowerState.HALTED, "resident_on": NULL_REF, "allowed_operations": frozenset(fakes.OPERATIONS["Halted"])}
    fakes.change(mirror, other, allowed_operations=frozenset(fakes.OPERATIONS["Halted"]), memory_overhead=7)
    await settle()
    assert wire.bytes == 0
    fakes.change(mirror, shown, **changed)
    await settle()
    await user.should_see("Halted")
    assert 0 < wire.bytes <= 1024, wire.bytes
