"""The list of tasks: ours and others', what they are about, and that they stay after XAPI forgets them."""

import asyncio

import pytest

from data.objects import VBD, Host, TaskStatus
from data.types import Ref
from tests.control.fake_pool import Desk, FakePool
from xo_dash.control.actions import action
from xo_dash.control.activity import KEPT, Activity
from xo_dash.control.run import RunState
from xo_dash.control.task_view import TaskView


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def activity(desk: Desk, fake: FakePool, clock: Clock) -> Activity:
    return Activity(fake.mirror, desk.runner, clock)


def shown(line: TaskView) -> tuple[str, str, str, RunState]:
    return str(line.title), line.name, line.who, line.state


async def test_a_task_of_others_is_named_after_what_is_done_to_what(activity: Activity, fake: FakePool) -> None:
    vm = fake.vm()
    drive, host = VBD(VM=vm.ref), Host(name_label="host-1")
    fake.put(drive)
    fake.put(host)
    task = fake.task("Async.VM.start", created="20260131T12:00:00Z")
    for row in (host, drive, vm):
        fake.change(row, current_operations={task: "start"})
    (line,) = activity.lines()
    assert shown(line) == ("Start", "web-1", "", RunState.RUNNING)
    assert line.subject is vm and line.server is fake.server and line.since == 1769860800.0
    assert line.task is fake.task_row(task)


async def test_the_object_may_be_seen_before_the_task(activity: Activity, fake: FakePool) -> None:
    vm = fake.vm(current_operations={"OpaqueRef:later": "start"})
    fake.task("Async.VM.start")
    ref = fake.put(type(fake.task_row(fake.task("x")))(name_label="Async.VM.start"), "OpaqueRef:later")
    assert next(line for line in activity.lines() if line.key.endswith(ref)).subject is vm


async def test_what_a_tool_calls_its_task_is_shown_as_it_is(activity: Activity, fake: FakePool) -> None:
    fake.task("[XO] Backing up {name} <b>")
    assert str(activity.lines()[0].title) == "[XO] Backing up {name} <b>"


async def test_an_end_stays_after_xapi_forgets_it(activity: Activity, fake: FakePool) -> None:
    good, bad, cut = fake.task("Async.VM.start"), fake.task("Async.VM.suspend"), fake.task("Async.VM.copy")
    fake.end(good)
    fake.end(bad, TaskStatus.FAILURE, "NO_HOSTS_AVAILABLE")
    fake.end(cut, TaskStatus.CANCELLED)
    for ref in (good, bad, cut):
        fake.remove(fake.task_row(ref))
    lines = {str(line.title): line for line in activity.lines()}
    assert {title: line.state for title, line in lines.items()} == {
        "Start": RunState.DONE,
        "Suspend": RunState.FAILED,
        "Copy": RunState.CANCELLED,
    }
    assert str(lines["Suspend"].reason).startswith("no host can run it")
    assert all(line.task is None for line in lines.values())


async def test_a_vanished_task_says_that_nobody_knows_unless_it_was_brief(activity: Activity, fake: FakePool, clock: Clock) -> None:
    brief, long, ours = fake.task("VM.get_record"), fake.task("VM.copy"), fake.task("Async.VM.start")
    for ref in (brief, ours):
        fake.remove(fake.task_row(ref))
    clock.now += 10
    fake.remove(fake.task_row(long))
    assert sorted((str(line.title), line.state) for line in activity.lines()) == [("Copy", RunState.LOST), ("Start", RunState.LOST)]


async def test_a_brief_deletion_is_named_after_what_went(activity: Activity, fake: FakePool, clock: Clock) -> None:
    """No operation is seen of an object that is gone before anybody hears of it."""
    older = fake.vm("older")
    fake.remove(older)
    clock.now += 60
    first, second = fake.vm("nightly 1"), fake.vm("nightly 2")
    task = fake.task("Async.VM.destroy")
    fake.put(VBD(VM=first.ref))
    fake.remove(first)
    fake.end(task)
    assert activity.lines()[0].name == "nightly 1"
    fake.remove(second)  # the object first, then its task
    fake.end(fake.task("Async.VM.destroy"))
    assert sorted(line.name for line in activity.lines()) == ["nightly 1", "nightly 2"]


async def test_of_two_deletions_at_once_nothing_is_guessed(activity: Activity, fake: FakePool) -> None:
    rows = [fake.vm("a"), fake.vm("b")]
    tasks = [fake.task("Async.VM.destroy"), fake.task("Async.VM.destroy")]
    for row in rows:
        fake.remove(row)
    for task in tasks:
        fake.end(task)
    assert {line.name for line in activity.lines()} == {""}


async def test_subtasks_are_not_lines(activity: Activity, fake: FakePool) -> None:
    fake.task("Async.VDI.copy", subtask_of=Ref("OpaqueRef:parent"))
    assert activity.lines() == []


async def test_a_run_of_ours_is_one_line_with_its_user(activity: Activity, desk: Desk, fake: FakePool) -> None:
    vm = fake.vm()
    told: list[int] = []
    unsubscribe = activity.observe(lambda: told.append(1))
    run = desk.runner.start(desk.hire(), action("vm.start"), [vm])
    assert [shown(line) for line in activity.lines()] == [("Start", "web-1", "ann", RunState.WAITING)]
    await fake.until(1)
    await asyncio.sleep(0)
    (task,) = run.items[0].tasks
    fake.change(fake.task_row(task), progress=0.5)
    await asyncio.sleep(0)
    (line,) = activity.lines()
    assert (line.progress, line.says, line.task) == (0.5, None, fake.task_row(task))
    fake.end(task)
    ended = asyncio.Event()
    desk.runner.observe(lambda changed: ended.set() if changed.ended else None)
    await ended.wait()
    assert [shown(line) for line in activity.lines()] == [("Start", "web-1", "ann", RunState.DONE)]
    assert told
    unsubscribe()
    told.clear()
    fake.task("Async.VM.copy")
    assert told == []


async def test_what_goes_on_comes_first_then_the_latest_end(activity: Activity, fake: FakePool, clock: Clock) -> None:
    for number in range(3):
        clock.now += 1
        fake.end(fake.task(f"task {number}"))
    fake.task("task on")
    assert [str(line.title) for line in activity.lines()] == ["task on", "task 2", "task 1", "task 0"]


async def test_it_does_not_grow_without_bound(activity: Activity, fake: FakePool) -> None:
    on = fake.task("task on")
    for _number in range(KEPT + 50):
        ref = fake.task("Async.VM.start")
        fake.end(ref)
        fake.remove(fake.task_row(ref))
    lines = activity.lines()
    assert len(lines) <= KEPT + 1
    assert lines[0].task is fake.task_row(on)
