"""What an open dialog does while others change and delete what it is about."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from nicegui import ui

from components.actions import ActionBar
from components.ui import Button
from data.objects import VBD, VDI, VM, Appliance, PowerState
from data.server import ServerState
from tests.control.browser_page import Looking, looking
from tests.control.fake_pool import FakePool, ends_at_once
from xo_dash.control.actions import action
from xo_dash.control.orders import Order, OrderRefused, accept


async def opened(at: Looking, action_id: str) -> Button:
    """Its dialog, and the button that answers."""
    at.user.find(marker="more-commands").click()
    await at.user.should_see(marker=action_id)
    at.user.find(marker=action_id).click()
    await at.user.should_see(marker="dialog")
    (foot,) = (element for element in at.user.find(marker="dialog").elements for element in element if element.tag == "footer")
    return next(one for one in foot.default_slot.children if isinstance(one, Button) and one.text != "Cancel")


def box(at: Looking, label: str) -> ui.input:
    return next(one for one in at.user.find(kind=ui.input).elements if one.props.get("label") == label)


def with_disk(fake: FakePool, vm: VM, name: str) -> VDI:
    disk = VDI(name_label=name, virtual_size=20 << 30)
    fake.put(disk)
    fake.change(vm, VBDs=[*vm.VBDs, fake.put(VBD(VM=vm.ref, VDI=disk.ref, type="Disk"))])
    fake.change(disk, VBDs=[vm.VBDs[-1]])
    return disk


async def test_who_is_deleted_is_skipped_and_nothing_is_left_to_do(tmp_path: Path, fake: FakePool) -> None:
    one, other = fake.vm("one"), fake.vm("other")
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [one, other])) as at:
        yes = await opened(at, "vm.describe")
        box(at, "Description").set_value("kept")
        fake.remove(other)
        await at.user.should_see("other: it no longer exists", marker="dropped-out")
        await at.user.should_see("Edit description: 1 of 2")
        assert yes.enabled and box(at, "Description").value == "kept"
        fake.remove(one)
        await at.user.should_see("one: it no longer exists; other: it no longer exists")
        assert not yes.enabled and yes.props["data-tip"] == "it no longer exists"
        assert fake.calls == []


async def test_while_its_pool_is_away_a_dialog_keeps_what_is_typed_and_cannot_be_answered(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm("one")
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm])) as at:
        yes = await opened(at, "vm.describe")
        box(at, "Description").set_value("kept")
        fake.mirror.set_server(fake.server, state=ServerState.UNREACHABLE)
        await at.user.should_see("is not responding; its last known state is shown", marker="dropped-out")
        assert not yes.enabled
        fake.mirror.set_server(fake.server, state=ServerState.LIVE)
        await at.user.should_not_see("is not responding; its last known state is shown", marker="dropped-out")
        assert yes.enabled and box(at, "Description").value == "kept"


async def test_a_value_that_another_changes_is_said_and_taken_where_nobody_typed(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm(order=1, start_delay=5)
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm])) as at:
        yes = await opened(at, "vm.start_order")
        box(at, "Start order").set_value("7")
        fake.change(vm, order=2, start_delay=90)
        await at.user.should_see("now: Start order 2, Pause after its start, seconds 90")
        fake.change(vm, order=1, start_delay=5)
        await at.user.should_not_see(marker="changed-elsewhere")
        assert box(at, "Pause after its start, seconds").value == "5", "what was there again"
        fake.change(vm, order=2, start_delay=60)
        await at.user.should_see("now: Start order 2, Pause after its start, seconds 60")
        fake.answers["VM.set_order"] = ""
        at.user.find(kind=Button, content=yes.text).click()
        await fake.until(1)
        assert fake.calls == [("VM.set_order", (vm.ref, 7))], "the pause is the other's"


async def test_an_object_that_another_chooses_is_said_by_its_name_and_taken_each_time(tmp_path: Path, fake: FakePool) -> None:
    refs = [fake.put(Appliance(name_label=name)) for name in ("shop", "mail", "wiki")]
    vm = fake.vm(appliance=refs[0])
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm])) as at:
        await opened(at, "vm.appliance")
        (chosen,) = at.user.find(kind=ui.select).elements
        for ref, name in ((refs[1], "mail"), (refs[2], "wiki")):
            fake.change(vm, appliance=ref)
            await at.user.should_see(f"now: vApp {name}")
            assert chosen.options[chosen.value] == name


async def test_nobody_joins_whom_the_dialog_did_not_ask_about(tmp_path: Path, fake: FakePool) -> None:
    halted, running = fake.vm("halted"), fake.vm("running", PowerState.RUNNING)
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [halted, running])) as at:
        yes = await opened(at, "vm.delete")
        await at.user.should_see("Skipped:")
        await at.user.should_see("Delete halted?")
        fake.change(running, power_state=PowerState.HALTED, allowed_operations=halted.allowed_operations)
        fake.change(halted, name_label="renamed")
        await at.user.should_see("Delete renamed?")
        fake.answers |= {"Async.VM.destroy": ends_at_once(fake)}
        at.user.find(kind=Button, content=yes.text).click()
        await fake.until(1)
        assert fake.calls[0] == ("Async.VM.destroy", (halted.ref,)) and fake.sent == ["Async.VM.destroy"]


async def test_an_edit_of_several_leaves_what_differs(tmp_path: Path, fake: FakePool) -> None:
    one = fake.vm("one", order=1, start_delay=5, blocked_operations={"destroy": "true"})
    other = fake.vm("other", order=2, start_delay=5)
    assert action("vm.protect").begins_with([one, other]) == {"deletion": None, "shutdown": False}
    fake.answers["VM.set_start_delay"] = ""
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [one, other])) as at:
        yes = await opened(at, "vm.start_order")
        order = box(at, "Start order")
        assert (order.value, order.props["placeholder"]) == ("", "multiple values")
        box(at, "Pause after its start, seconds").set_value("9")
        at.user.find(kind=Button, content=yes.text).click()
        await fake.until(2)
        assert fake.sent == ["VM.set_start_delay"] * 2 and {one.order, other.order} == {1, 2}


async def test_each_keeps_what_differs_while_another_field_is_set(tmp_path: Path, fake: FakePool) -> None:
    one, other = (fake.vm(f"vm-{count}", VCPUs_at_startup=count, VCPUs_max=4) for count in (2, 4))
    fake.answers["VM.set_VCPUs_max"] = ""
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [one, other])) as at:
        yes = await opened(at, "vm.vcpus")
        at.user.find(kind=Button, content=yes.text).click()
        await asyncio.sleep(0)
        assert box(at, "vCPUs").props["error-message"] == "the values differ; enter one for all" and fake.calls == []
        box(at, "At most").set_value("8")
        at.user.find(kind=Button, content=yes.text).click()
        await fake.until(2)
        assert sorted(fake.calls) == [("VM.set_VCPUs_max", (vm.ref, 8)) for vm in (one, other)], "whichever was first"
        (run,) = at.context.runner.runs
        assert run.request is not None and run.request.told() == {"most": 8, "cores": None}
        assert [item.request.told()["vcpus"] for item in run.items if item.request is not None] == [2, 4]
    row, subjects, request = accept(Order(action="vm.vcpus", on=[one.uuid, other.uuid], values={"most": 6}), fake.mirror)
    assert [row.for_each(request, vm).vcpus for vm in subjects] == [2, 4]


async def test_different_texts_are_not_emptied_by_who_entered_none(tmp_path: Path, fake: FakePool) -> None:
    one, other = fake.vm("one", name_description="of ann"), fake.vm("other", name_description="of bob")
    fake.answers["VM.set_name_description"] = ""
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [one, other])) as at:
        yes = await opened(at, "vm.describe")
        described = box(at, "Description")
        for _time in range(2):
            at.user.find(kind=Button, content=yes.text).click()
            await asyncio.sleep(0)
        assert described.props["error-message"] == "the values differ; enter one for all" and fake.calls == []
        described.set_value("x")
        described.set_value("")
        at.user.find(kind=Button, content=yes.text).click()
        await fake.until(2)
        assert sorted(fake.calls) == [("VM.set_name_description", (vm.ref, "")) for vm in (one, other)], "who empties them means it"


async def test_what_comes_to_differ_meanwhile_is_not_written_as_empty_or_off(tmp_path: Path, fake: FakePool) -> None:
    protected = {"name_description": "of ann", "blocked_operations": {"destroy": "true"}}
    one, other = fake.vm("one", **protected), fake.vm("other", **protected)
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [one, other])) as at:
        yes = await opened(at, "vm.describe")
        fake.change(other, name_description="of bob")
        await at.user.should_see("now: Description –")
        at.user.find(kind=Button, content=yes.text).click()
        await asyncio.sleep(0)
        assert box(at, "Description").props["error-message"] == "the values differ; enter one for all" and fake.calls == []
        at.user.find(kind=Button, content="Cancel").click()
        await at.user.should_not_see(marker="dialog")
        await opened(at, "vm.protect")
        before = [one.value for one in at.user.find(kind=ui.checkbox).elements]
        fake.change(other, blocked_operations={})
        await at.user.should_see("Changed by another user in the meantime")
        assert [one.value for one in at.user.find(kind=ui.checkbox).elements] == before and True in before


def test_a_command_line_names_what_differs(fake: FakePool) -> None:
    for name, least in (("one", 1), ("other", 2)):
        fake.vm(name, memory_dynamic_min=least << 30, memory_dynamic_max=4 << 30, memory_static_max=4 << 30, name_description=name)
    order = Order(action="vm.memory", on=["one", "other"], values={"memory": "8"})
    row, subjects, request = accept(order, fake.mirror)
    assert [row.for_each(request, vm).minimum >> 30 for vm in subjects] == [1, 2], "what nobody gave stays with each"
    with pytest.raises(OrderRefused) as refused:
        accept(Order(action="vm.describe", on=order.on), fake.mirror)
    assert [fault.field for fault in refused.value.faults] == ["description"]
    for given in ("", "2"):
        accept(msgspec.structs.replace(order, values={**order.values, "minimum": given}), fake.mirror)
    accept(Order(action="vm.start_order", on=order.on, values={"start_delay": 9}), fake.mirror)


async def test_a_disk_that_comes_is_named_before_it_is_deleted(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    with_disk(fake, vm, "root")
    fake.answers |= {f"Async.{method}": ends_at_once(fake) for method in ("VM.destroy", "VDI.destroy")}
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm])) as at:
        yes = await opened(at, "vm.delete")
        (keep,) = at.user.find(kind=ui.checkbox).elements
        keep.set_value(True)
        box(at, "Type web-1 to confirm").set_value("web-1")
        with_disk(fake, vm, "data")
        await at.user.should_see("data")
        await asyncio.sleep(0)
        assert sorted(str(one.value) for one in at.user.find(kind=ui.checkbox).elements) == ["False", "True"] and yes.enabled
        fake.change(vm, name_label="web-2")
        await at.user.should_see("Delete web-2?")
        await at.user.should_see("web-2, its settings")
        assert not yes.enabled, "the name was another's"
        fake.remove(vm)
        await at.user.should_see("web-2: it no longer exists")
        assert fake.calls == []


async def test_what_is_typed_of_one_is_typed_of_two(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    disks = [with_disk(fake, vm, name) for name in ("one", "other")]
    async with looking(tmp_path, fake, lambda context: ActionBar(context, disks)) as at:
        yes = await opened(at, "vdi.delete")
        assert not yes.enabled
        box(at, "Type 2 to confirm").set_value("2")
        assert yes.enabled
        fake.remove(disks[1])
        await at.user.should_see("other: it no longer exists", marker="dropped-out")
        assert not yes.enabled, "now it is the name of the one that is left"
