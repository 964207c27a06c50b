"""The list of tasks as a user sees it."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from nicegui import ui

from components.lists.period import PeriodField
from components.tasks import TaskList
from components.ui import Age, Button
from components.urls import path_of
from data.objects import VM, PowerState, TaskStatus
from data.stores.users import Role
from data.types import XapiDate, timestamp
from tests.control.browser_page import Looking, looking
from tests.control.fake_pool import FakePool
from tests.waiting import until
from xo_dash.context import Context
from xo_dash.control.action import Action
from xo_dash.control.actions import action
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Branch, Call, Parallel, Plan, several
from xo_dash.control.requests.request import NoRequest


def draw(context: Context) -> None:
    TaskList(context)


def moment(at: Looking) -> float:
    """Of the one task: the newest row's."""
    ages = at.user.find(kind=Age).elements
    return float(max(ages, key=lambda age: age.id).props["data-then"])


async def test_it_says_when_nothing_goes_on(tmp_path: Path, fake: FakePool) -> None:
    async with looking(tmp_path, fake, draw) as at:
        await at.user.should_see("No running tasks")
        fake.task("Async.VM.start")
        await at.user.should_not_see("No running tasks")


async def test_a_task_moves_from_running_to_recent_with_its_end(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    async with looking(tmp_path, fake, draw) as at:
        task = fake.task("Async.VM.start", progress=0.4, created=XapiDate("20260101T00:00:00Z"))
        fake.change(vm, current_operations={task: "start"})
        await at.user.should_see("In progress 40%")
        await at.user.should_see("external")
        (link,) = at.user.find(kind=ui.link, content="web-1").elements
        assert link.props["href"] == path_of(vm)
        assert moment(at) == timestamp(XapiDate("20260101T00:00:00Z"))  # since when it goes on
        fake.end(task, TaskStatus.FAILURE, "NO_HOSTS_AVAILABLE")
        await at.user.should_see("Failed")
        assert moment(at) == round(at.context.runner.activity.lines()[0].ended)  # when it ended
        await at.user.should_see("no host can run it")
        fake.remove(fake.task_row(task))
        await asyncio.sleep(0.15)
        await at.user.should_see("Failed")


async def test_a_task_is_cancelled_from_here(tmp_path: Path, fake: FakePool) -> None:
    async with looking(tmp_path, fake, draw) as at:
        task = fake.task("Async.VM.copy")
        await at.user.should_see(kind=Button, marker="cancel")
        at.user.find(marker="cancel").click()
        await at.user.should_see("Copy: cancel request sent to the pool")
        assert fake.calls == [("task.cancel", (task,))]


def pausing(vms: Sequence[VM]) -> Action[VM, NoRequest]:
    """Beside each other, in one plan."""

    def plan(_request: NoRequest, _subject: VM) -> Plan:
        steps = [Call("VM.pause", vm.ref, says=lazy(f"Pausing {vm.name_label}")) for vm in vms]
        yield Parallel(branches=[Branch(says=one.says, plan=partial(several, [one])) for one in steps], says=lazy("Pausing all"))

    return Action(
        id="vm.try", kind=VM, title="Try", done="{name}", role=Role.OPERATOR, plan=plan,
        applies_to=lambda _vm: True, blocked=lambda _vm: None,
    )  # fmt: skip


async def test_of_a_plan_of_ours_all_that_goes_on_is_cancelled_and_said_until_it_has_ended(tmp_path: Path, fake: FakePool) -> None:
    vms = [fake.vm(f"web-{number}", PowerState.RUNNING) for number in range(2)]
    async with looking(tmp_path, fake, draw) as at:
        (ann,) = at.context.users.all()
        run = at.context.runner.start(ann, pausing(vms), [vms[0]])
        await at.user.should_see(kind=Button, marker="cancel")
        await until(lambda: len(run.items[0].tasks) == 2)
        at.user.find(marker="cancel").click()
        await at.user.should_see("Cancelling")
        await until(lambda: {given[0] for method, given in fake.calls if method == "task.cancel"} == set(run.items[0].tasks))
        assert not run.ended
        for task in run.items[0].tasks:
            fake.end(task, TaskStatus.CANCELLED)
        await at.user.should_see("it was cancelled after 0 of 2")


async def test_a_viewer_may_not(tmp_path: Path, fake: FakePool) -> None:
    async with looking(tmp_path, fake, draw, Role.VIEWER) as at:
        fake.task("Async.VM.copy")
        await at.user.should_see(kind=Button, marker="cancel")
        (button,) = at.user.find(kind=Button, marker="cancel").elements
        assert not button.enabled and "administrator" in str(button.props["data-tip"])


async def test_runs_of_ours_have_their_user(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    async with looking(tmp_path, fake, draw) as at:
        (ann,) = at.context.users.all()
        at.context.runner.start(ann, action("vm.start"), [vm])
        await at.user.should_see("ann")
        await at.user.should_see(kind=ui.link, content="web-1")


async def test_what_happened_in_a_time_is_shown_alone(tmp_path: Path, fake: FakePool) -> None:
    async with looking(tmp_path, fake, draw) as at:
        old = fake.task("Async.VM.start", created=XapiDate("20260101T00:00:00Z"), finished=XapiDate("20260101T00:00:09Z"))
        fake.end(old)
        fake.task("Async.VM.copy")
        await at.user.should_see("Copy")
        await at.user.should_see("Start")
        began = timestamp(XapiDate("20260101T00:00:00Z"))
        assert began is not None
        at.user.find(kind=PeriodField).trigger("period", [began - 60, began + 60])
        await at.user.should_see("1 of 2")
        await at.user.should_see("Start")
        await at.user.should_not_see("Copy")
        at.user.find(kind=PeriodField).trigger("period", [began - 60, began - 30])
        await at.user.should_see("No entries in this period")
        at.user.find(kind=PeriodField).trigger("period", ["x", None])
        await at.user.should_see("Copy")


async def test_what_is_gone_keeps_its_name(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    async with looking(tmp_path, fake, draw) as at:
        task = fake.task("Async.VM.destroy")
        fake.change(vm, current_operations={task: "destroy"})
        await at.user.should_see(kind=ui.link, content="web-1")
        fake.remove(vm)
        fake.end(task)
        await at.user.should_see("Done")
        await at.user.should_see("web-1")
