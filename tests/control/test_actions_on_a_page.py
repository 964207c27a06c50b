"""The buttons, the questions and the tray, as a user meets them."""

import asyncio
from pathlib import Path

from nicegui import ui
from nicegui.testing import User

from components.actions import ActionBar, RunProgress
from components.ui import Button
from data.objects import VBD, VDI, PowerState, Task, TaskStatus
from data.stores.users import Role
from tests.control.browser_page import looking, press
from tests.control.fake_pool import OFFERED, FakePool, ends_at_once
from tests.waiting import until
from xo_dash.control.actions import action
from xo_dash.control.run import RunState


def button(user: User, marker: str) -> Button:
    (element,) = user.find(kind=Button, marker=marker).elements
    return element


def look(user: User, marker: str) -> tuple[bool, str, str | None]:
    """(shown, words, why not)"""
    element = button(user, marker)
    faint = element.props.get("aria-disabled") == "true"
    return element.visible, element.text, element.props["data-tip"] if faint else None


async def test_the_buttons_follow_the_vm(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm])) as at:
        assert look(at.user, "vm.start") == (True, "Start", None)
        fake.change(vm, allowed_operations=frozenset(), current_operations={"OpaqueRef:t": "start"})
        await until(lambda: look(at.user, "vm.start") == (True, "Start", "it is starting"))
        fake.change(vm, power_state=PowerState.RUNNING, allowed_operations=OFFERED[PowerState.RUNNING], current_operations={})
        await at.user.should_not_see(marker="vm.start")
        assert look(at.user, "vm.clean_shutdown") == (True, "Shut down", None)


async def test_a_click_starts_it_and_says_so(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm])) as at:
        press(at.user, "vm.start")
        await fake.until(1)
        assert fake.calls == [("Async.VM.start", (vm.ref, False, False))]
        fake.end(next(iter(fake.home.all(Task))))
        await at.user.should_see("web-1 is started")
        (run,) = at.context.runner.runs
        assert (run.user_name, run.address) == ("ann", "127.0.0.1")


async def test_a_failure_is_one_sentence_that_stays(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    fake.answers["Async.VM.start"] = ends_at_once(fake, TaskStatus.FAILURE, "HOST_NOT_ENOUGH_FREE_MEMORY", "2147483648", "0")
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm])) as at:
        press(at.user, "vm.start")
        await at.user.should_see("Start web-1: 2 GiB of memory needed, 0 B free; stop some VMs, or use another host")


async def test_a_viewer_is_shown_why_not(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm]), Role.VIEWER) as at:
        assert look(at.user, "vm.start") == (True, "Start", "this needs the role operator; yours is viewer. Ask an administrator")
        press(at.user, "vm.start")
        await asyncio.sleep(0.05)
        assert fake.calls == []


async def test_what_loses_something_is_asked_first(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm(state=PowerState.RUNNING)
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm])) as at:
        at.user.find(marker="more-commands").click()
        await at.user.should_see(marker="vm.hard_shutdown")
        at.user.find(marker="vm.hard_shutdown").click()
        await at.user.should_see("Force off: web-1")
        await at.user.should_see("as when the power cord is pulled")
        at.user.find("Cancel").click()
        await asyncio.sleep(0.05)
        assert fake.calls == []
        at.user.find(marker="vm.hard_shutdown").click()
        await at.user.should_see(kind=Button, content="Force off")
        at.user.find(kind=Button, content="Force off").click()
        await fake.until(1)
        assert fake.sent == ["Async.VM.hard_shutdown"]


async def test_there_is_one_dialog_at_a_time(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    fake.answers["Async.VM.snapshot"] = ends_at_once(fake, made="OpaqueRef:made")
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm])) as at:
        for action_id in ("vm.snapshot", "vm.snapshot", "vm.start"):
            press(at.user, action_id)
        await at.user.should_see("Snapshot: web-1")
        assert len(at.user.find(marker="dialog").elements) == 1
        (yes,) = (element for element in at.user.find(kind=Button, content="Snapshot").elements if "x-btn-primary" in element.classes)
        _click(at.user, yes)
        _click(at.user, yes)
        await at.user.should_see("web-1 has a new snapshot")
        assert fake.sent == ["Async.VM.snapshot"]
        press(at.user, "vm.snapshot")  # it was answered: there may be another
        await at.user.should_see("Snapshot: web-1")


async def test_the_menu_says_why_not(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm])) as at:
        at.user.find(marker="more-commands").click()
        await at.user.should_see("it is halted and must be paused, running or suspended")
        at.user.find(marker="vm.hard_shutdown").click()
        await asyncio.sleep(0.05)
        assert fake.calls == []


async def test_a_snapshot_gets_a_name_and_a_bad_one_is_said(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    fake.answers["Async.VM.snapshot"] = ends_at_once(fake, made="OpaqueRef:made")
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [vm])) as at:
        press(at.user, "vm.snapshot")
        await at.user.should_see("Snapshot: web-1")
        (field,) = at.user.find(kind=ui.input).elements
        assert str(field.value).startswith("web-1 2")
        field.set_value(" ")
        yes = [element for element in at.user.find(kind=Button, content="Snapshot").elements if "x-btn-primary" in element.classes]
        _click(at.user, yes[0])
        await until(lambda: field.error)
        assert field.error == "“Name” is missing" and fake.calls == []
        field.set_value("before the update")
        _click(at.user, yes[0])
        await at.user.should_see("web-1 has a new snapshot")
        assert fake.calls[0] == ("Async.VM.snapshot", (vm.ref, "before the update"))


def _click(user: User, element: ui.element) -> None:
    from nicegui.testing.user_interaction import UserInteraction

    UserInteraction(user, {element}, None).click()


async def test_deleting_a_snapshot_names_what_goes(tmp_path: Path, fake: FakePool) -> None:
    disk = VDI(name_label="own disk", virtual_size=20 << 30)
    fake.put(disk)
    shot = fake.vm("before", is_a_snapshot=True, is_a_template=True, allowed_operations=frozenset({"destroy"}))
    drive = fake.put(VBD(VM=shot.ref, VDI=disk.ref))
    fake.change(disk, VBDs=[drive])
    fake.change(shot, VBDs=[drive])
    fake.answers |= {f"Async.{method}": ends_at_once(fake) for method in ("VM.destroy", "VDI.destroy")}
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [shot])) as at:
        press(at.user, "snapshot.delete")
        await at.user.should_see("Delete snapshot: before")
        await at.user.should_see("own disk · 20\u202fGiB")
        yes = next(
            element for element in at.user.find(kind=Button, content="Delete snapshot").elements if "x-btn-danger" in element.classes
        )
        _click(at.user, yes)
        await at.user.should_see("Snapshot before is deleted")
        assert fake.sent == ["Async.VM.destroy", "Async.VDI.destroy"]


async def test_of_many_each_has_its_result_and_the_tray_keeps_them(tmp_path: Path, fake: FakePool) -> None:
    vms = [fake.vm(f"vm-{number}", PowerState.RUNNING if number == 3 else PowerState.HALTED) for number in range(4)]
    fake.answers["Async.VM.start"] = lambda ref, *_: ends_at_once(
        fake, *((TaskStatus.FAILURE, "NO_HOSTS_AVAILABLE") if ref == vms[1].ref else (TaskStatus.SUCCESS,))
    )()

    def draw(context: object) -> None:
        ActionBar(context, vms)  # type: ignore[arg-type]
        RunProgress(context)  # type: ignore[arg-type]

    async with looking(tmp_path, fake, draw) as at:
        assert look(at.user, "vm.start") == (True, "Start 3 of 4", None)
        press(at.user, "vm.start")
        await at.user.should_see("Start: 3 of 4")
        await at.user.should_see("vm-3: it is running and must be halted")
        yes = next(element for element in at.user.find(kind=Button, content="Start").elements if "x-btn-primary" in element.classes)
        _click(at.user, yes)
        await at.user.should_see("2 done, 1 failed")
        await at.user.should_see("no host can run it")
        (run,) = at.context.runner.runs
        assert run.count(RunState.DONE) == 2 and [item.name for item in run.unhappy] == ["vm-1"]
        at.context.runner.dismiss(run)
        await at.user.should_not_see("2 done, 1 failed")


async def test_the_card_of_what_went_well_passes_and_any_other_stays(tmp_path: Path, fake: FakePool) -> None:
    vms = [fake.vm(f"vm-{number}") for number in range(2)]
    ends = [TaskStatus.SUCCESS] * 3 + [TaskStatus.FAILURE]
    fake.answers["Async.VM.start"] = lambda *_: ends_at_once(fake, ends.pop(0))()
    async with looking(tmp_path, fake, RunProgress) as at:
        for _time in range(2):
            await at.context.runner.run(at.context.users.by_name("ann"), action("vm.start"), vms)  # type: ignore[arg-type]
        await at.user.should_see("1 done, 1 failed")
        well, ill = (next(iter(at.user.find(marker=f"run-{run.id}").elements)) for run in at.context.runner.runs)
        assert "data-passing" in well.props and "data-passing" not in ill.props


async def test_many_that_lose_something_take_a_typed_number(tmp_path: Path, fake: FakePool) -> None:
    vms = [fake.vm(f"vm-{number}", PowerState.RUNNING) for number in range(6)]
    fake.answers["Async.VM.hard_shutdown"] = ends_at_once(fake)
    async with looking(tmp_path, fake, lambda context: ActionBar(context, vms)) as at:
        at.user.find(marker="more-commands").click()
        at.user.find(marker="vm.hard_shutdown").click()
        await at.user.should_see("Force off: 6 VMs")
        yes = next(element for element in at.user.find(kind=Button, content="Force off").elements if "x-btn-danger" in element.classes)
        assert not yes.enabled
        (field,) = at.user.find(kind=ui.input).elements
        field.set_value("6")
        await asyncio.sleep(0)
        assert yes.enabled
        _click(at.user, yes)
        await fake.until(6)


async def test_another_selection_frees_what_was_watched(tmp_path: Path, fake: FakePool) -> None:
    one, other = fake.vm("one"), fake.vm("other", PowerState.RUNNING)
    bars = []
    async with looking(tmp_path, fake, lambda context: bars.append(ActionBar(context, [one]))) as at:
        before = fake.mirror.observer_count
        for _turn in range(5):
            bars[0].show([other])
            bars[0].show([one, other])
            bars[0].show([one])
        assert fake.mirror.observer_count == before
        bars[0].show([])
        await at.user.should_not_see(marker="vm.start")
        assert fake.mirror.observer_count == before - 2  # the VM and its server
