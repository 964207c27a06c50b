"""Plans beside each other within a plan: so many at a time, results for each, and nothing left behind when one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from data.names import name_of
from data.objects import VM, PowerState, TaskStatus
from data.server import ServerState
from data.stores.users import Role
from data.types import Ref
from tests.control.fake_pool import Desk, FakePool, ends_at_once
from xo_dash.control.action import Action
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Branch, Call, Parallel, Plan, several
from xo_dash.control.rehearsal import rehearse, rehearse_all
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.run import RunState
from xo_dash.control.xe import xe_lines
from xo_dash.xapi.errors import NotConnected


def row(plan: Callable[[NoRequest, VM], Plan]) -> Action[VM, NoRequest]:
    return Action(
        id="vm.try", kind=VM, title="Try", done="{name}", role=Role.OPERATOR, plan=plan,
        applies_to=lambda _vm: True, blocked=lambda _vm: None,
    )  # fmt: skip


def each(vms: list[VM], *, alone: bool = False, host: Ref | None = None) -> Callable[[NoRequest, VM], Plan]:
    """Clone each and start the copy, then pause the one it is about."""

    def of(vm: VM) -> Plan:
        copy = yield Call(
            "VM.clone", vm.ref, "copy", says=lazy("Cloning {name}", name=name_of(vm)),
            undo=lambda ref: several([Call("VM.destroy", ref, says=lazy("Removing"))]),
        )  # fmt: skip
        yield Call("VM.start", copy, False, False, says=lazy("Starting"))

    def plan(request: NoRequest, subject: VM) -> Plan:
        branches = [Branch(says=lazy(name_of(vm)), plan=lambda vm=vm: of(vm), host=host or vm.resident_on) for vm in vms]  # type: ignore[misc]
        copies = yield Parallel(branches=branches, says=lazy("Copying all"), alone=alone)
        yield Call("VM.set_name_description", subject.ref, str(copies), says=lazy("Noting"), asynchronous=False)

    return plan


def answers(fake: FakePool, vms: list[VM]) -> None:
    """Each clone is called after its VM; what copies are asked is done at once."""
    fake.answers |= {
        "Async.VM.clone": lambda ref, _name: fake.task(
            "Async.VM.clone", status=TaskStatus.SUCCESS, result=f"<value>{ref}-copy</value>", progress=1.0
        ),
        "Async.VM.start": ends_at_once(fake),
        "Async.VM.destroy": ends_at_once(fake),
        "VM.set_name_description": "",
    }


def spoil(fake: FakePool, method: str, spoilt: str) -> None:
    """The call whose first argument is this fails."""
    good = fake.answers[method]
    bad = ends_at_once(fake, TaskStatus.FAILURE, "SR_FULL", "10", "5")
    fake.answers[method] = lambda *arguments: (bad if arguments[0] == spoilt else good)(*arguments)


async def test_each_makes_something_and_the_plan_around_gets_it(desk: Desk, fake: FakePool) -> None:
    vms = [fake.vm(f"web-{number}") for number in range(3)]
    answers(fake, vms)
    (item,) = (await desk.runner.run(desk.hire(), row(each(vms)), [vms[0]])).items
    assert item.state is RunState.DONE, str(item.reason)
    assert fake.calls[-1][1][1] == str(tuple(f"{vm.ref}-copy" for vm in vms))
    together = item.steps[0]
    assert [(str(one.says), one.state, len(one.inside)) for one in together.inside] == [(vm.name_label, RunState.DONE, 2) for vm in vms]
    assert item.progress == 1.0


async def test_a_pool_that_is_gone_before_any_of_them_has_begun_is_not_waited_for(desk: Desk, fake: FakePool) -> None:
    """As for a plan of one step after the other: nothing is half done."""
    vms = [fake.vm(f"web-{number}") for number in range(3)]

    def gone(*_arguments: object) -> object:
        fake.away = True
        fake.mirror.set_server(fake.server, state=ServerState.UNREACHABLE)
        return NotConnected("refused")

    fake.answers["Async.VM.clone"] = gone
    (item,) = (await desk.runner.run(desk.hire(), row(each(vms, alone=True)), [vms[0]])).items
    assert item.state is RunState.REFUSED, str(item.reason)


@pytest.mark.parametrize("alone", [False, True])
async def test_when_one_fails(desk: Desk, fake: FakePool, alone: bool) -> None:
    vms = [fake.vm(f"web-{number}") for number in range(3)]
    answers(fake, vms)
    spoil(fake, "Async.VM.start", f"{vms[1].ref}-copy")
    (item,) = (await desk.runner.run(desk.hire(), row(each(vms, alone=alone)), [vms[0]])).items
    assert item.state is RunState.FAILED and not item.left
    destroyed = {arguments[0] for method, arguments in fake.calls if method == "Async.VM.destroy"}
    branches = item.steps[0].inside
    assert branches[1].state is RunState.FAILED and "Starting failed" in str(branches[1].reason)
    if alone:  # the others stand, and the plan goes on
        assert destroyed == {f"{vms[1].ref}-copy"}
        assert [one.state for one in branches] == [RunState.DONE, RunState.FAILED, RunState.DONE]
        assert "VM.set_name_description" in fake.sent
    else:
        assert destroyed == {f"{arguments[0]}-copy" for method, arguments in fake.calls if method == "Async.VM.clone"}
        assert "VM.set_name_description" not in fake.sent
    assert "1 of 3 failed" in str(item.reason)


@pytest.mark.parametrize("method", ["Async.VM.clone", "Async.VM.start", "VM.set_name_description"])
async def test_each_call_fails_once_and_nothing_stays(desk: Desk, fake: FakePool, method: str) -> None:
    from xo_dash.xapi.errors import XapiFailure

    vms = [fake.vm(f"web-{number}") for number in range(2)]
    answers(fake, vms)
    fake.answers[method] = (
        ends_at_once(fake, TaskStatus.FAILURE, "SR_FULL", "10", "5") if method.startswith("Async") else XapiFailure("SR_FULL", ["10", "5"])
    )
    (item,) = (await desk.runner.run(desk.hire(), row(each(vms)), [vms[0]])).items
    assert item.state is RunState.FAILED and not item.left
    made = [f"{arguments[0]}-copy" for called, arguments in fake.calls if called == "Async.VM.clone" and method != "Async.VM.clone"]
    assert sorted(arguments[0] for called, arguments in fake.calls if called == "Async.VM.destroy") == sorted(made)


async def test_so_many_at_a_time_in_a_pool_and_on_a_host(tmp_path: Path) -> None:
    fake = FakePool()
    desk = Desk(tmp_path, fake, at_once=10)
    host = Ref("OpaqueRef:host")
    vms = [fake.vm(f"web-{number}", PowerState.RUNNING) for number in range(8)]
    run = desk.runner.start(desk.hire(), row(each(vms, host=host)), [vms[0]])
    await fake.until(4)
    await asyncio.sleep(0)
    assert fake.sent == ["Async.VM.clone"] * 4  # a host's share
    answers(fake, vms)
    fake.end(run.items[0].tasks[0], result="<value>OpaqueRef:copy</value>")
    await fake.until(6)
    for task in run.items[0].tasks[1:4]:
        fake.end(task, result="<value>OpaqueRef:copy</value>")
    await desk.until(lambda: run.ended)
    assert run.items[0].state is RunState.DONE and fake.sent.count("Async.VM.clone") == 8
    await desk.runner.stop()


async def test_many_that_wait_for_plans_of_their_own_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """As many as a pool takes, each with a plan inside that needs a turn too."""
    fake = FakePool()
    desk = Desk(tmp_path, fake, at_once=2)
    vms = [fake.vm(f"web-{number}") for number in range(6)]
    answers(fake, vms)
    run = await asyncio.wait_for(desk.runner.run(desk.hire(), row(each(vms)), vms), 30)
    assert [item.state for item in run.items] == [RunState.DONE] * 6
    await desk.runner.stop()


async def test_a_cancel_reaches_all_that_go_on(desk: Desk, fake: FakePool) -> None:
    vms = [fake.vm(f"web-{number}") for number in range(3)]
    ann = desk.hire()
    run = desk.runner.start(ann, row(each(vms)), [vms[0]])
    await fake.until(3)
    tasks = set(run.items[0].tasks)
    desk.runner.cancel(ann, run)
    await fake.until(6)
    assert {arguments[0] for method, arguments in fake.calls if method == "task.cancel"} == tasks
    for task in tasks:
        fake.end(task, TaskStatus.CANCELLED)
    await desk.until(lambda: run.ended)
    assert run.items[0].state is RunState.CANCELLED


def test_what_is_foretold_has_the_calls_of_all(fake: FakePool) -> None:
    vms = [fake.vm(f"web-{number}") for number in range(2)]
    assert [str(step.says) for step in rehearse(each(vms)(NoRequest(), vms[0]))] == ["Copying all", "Noting"]
    steps = rehearse_all(each(vms)(NoRequest(), vms[0]))
    assert xe_lines(steps, fake.home)[:4] == [
        f"vm_2=$(xe vm-clone uuid={vms[0].uuid} new-name-label=copy)",
        "xe vm-start uuid=$vm_2",
        f"vm_4=$(xe vm-clone uuid={vms[1].uuid} new-name-label=copy)",
        "xe vm-start uuid=$vm_4",
    ]
