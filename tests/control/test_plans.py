"""Plans: what is foretold is what happens, and a failure in the middle leaves nothing behind."""

import asyncio
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.names import name_of
from data.objects import PBD, SR, VBD, VDI, VM, Host, HostMetrics, Network, Pool, PowerState, TaskStatus
from data.stores.users import Role
from data.types import GIB, NULL_REF, Ref
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import Desk, FakePool, ends_at_once, user
from tests.control.wired import Wired, wired
from xo_dash.control.action import Action
from xo_dash.control.actions import action
from xo_dash.control.eligibility import eligibility
from xo_dash.control.lazy_text import lazy
from xo_dash.control.order_desk import OrderDesk
from xo_dash.control.orders import Order
from xo_dash.control.plan import Call, Plan, Wait
from xo_dash.control.rehearsal import rehearse
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.run import RunItem, RunState
from xo_dash.control.xe import xe_lines
from xo_dash.simulator.testing import simulated
from xo_dash.xapi.errors import XapiFailure


def with_disk(fake: FakePool, vm: VM, size: int = 10 * GIB) -> SR:
    sr = SR(name_label="vault", type="lvm", physical_size=100 * GIB, physical_utilisation=95 * GIB, shared=True)
    fake.put(sr)
    host = fake.put(Host(name_label="host-1", metrics=fake.put(HostMetrics(live=True))))
    fake.change(sr, PBDs=[fake.put(PBD(host=host, SR=sr.ref, currently_attached=True))])
    disk = VDI(name_label="root", virtual_size=size, SR=sr.ref)
    fake.put(disk)
    drive = VBD(VM=vm.ref, VDI=disk.ref, type="Disk")
    fake.put(drive)
    fake.change(vm, VBDs=[drive.ref])
    return sr


def test_the_preview_has_the_calls_of_the_run_with_placeholders_for_answers(fake: FakePool) -> None:
    vm = fake.vm("web-1")
    steps = steps_of("vm.clone", vm, name="{name} copy", description="for tests")
    assert [str(step.says) for step in steps] == ["Cloning web-1", "Editing the description of web-1 copy"]
    assert xe_lines(steps, fake.home) == [
        f"vm_1=$(xe vm-clone uuid={vm.uuid} new-name-label='web-1 copy')",
        "xe vm-param-set uuid=$vm_1 name-description='for tests'",
    ]
    assert xe_lines(steps_of("vm.rename", vm, name="$(reboot) 'x'"), fake.home) == [
        f"""xe vm-param-set uuid={vm.uuid} name-label='$(reboot) '"'"'x'"'"''"""
    ]


def test_what_a_clone_cannot_be_is_said_at_its_field(fake: FakePool) -> None:
    vm = fake.vm()
    sr = with_disk(fake, vm)
    assert faults("vm.clone", vm, name="a", sr=sr.uuid) == [
        "a fast clone stays on the SR of the original; turn off “Fast clone” to use another"
    ]
    assert faults("vm.clone", vm, name="a", fast=False, sr=sr.uuid) == ["10 GiB needed, 5 GiB free on vault"]
    assert faults("vm.clone", vm, name="a", fast=False) == []
    assert calls_of("vm.clone", vm, name="a", fast=False) == [("VM.copy", (vm.ref, "a", NULL_REF))]


def test_a_name_that_stays_is_not_sent(fake: FakePool) -> None:
    vm = fake.vm("web-1")
    assert calls_of("vm.rename", vm, name="web-1") == []
    assert calls_of("vm.rename", vm, name="web-2") == [("VM.set_name_label", (vm.ref, "web-2"))]


NAMED = [VM(), Host(), Pool(), SR(), Network()]
HOSTILE = "<img src=x onerror=alert(1)> {name.__class__} %s '$(reboot)'"


@pytest.mark.parametrize("row", NAMED, ids=lambda row: type(row).__name__)
def test_a_name_is_sent_as_it_was_typed(fake: FakePool, row: VM | Host | Pool | SR | Network) -> None:
    kind = row.xapi_class
    subject = type(row)(name_label="old", name_description="a\nb")
    fake.put(subject)
    rename, describe = f"{kind.lower()}.rename", f"{kind.lower()}.describe"
    assert calls_of(rename, subject, name="old") == [] == calls_of(describe, subject, description="a\r\nb")
    assert calls_of(rename, subject, name=HOSTILE) == [(f"{kind}.set_name_label", (subject.ref, HOSTILE))]
    assert calls_of(describe, subject, description=f"x\n{HOSTILE}") == [(f"{kind}.set_name_description", (subject.ref, f"x\n{HOSTILE}"))]
    assert calls_of(describe, subject, description="") == [(f"{kind}.set_name_description", (subject.ref, ""))]
    assert str(steps_of(rename, subject, name=HOSTILE)[0].says) == f"Renaming old to {HOSTILE}"
    (line,) = xe_lines(steps_of(describe, subject, description=HOSTILE), fake.home)
    words = shlex.split(line)
    assert words == ["xe", f"{kind.lower()}-param-set", f"uuid={subject.uuid}", f"name-description={HOSTILE}"]
    assert action(rename).defaults([subject]) == {"name": "old"} and action(describe).defaults([subject]) == {"description": "a\nb"}
    other = type(row)(name_label="other", name_description="c")
    fake.put(other)
    assert action(rename).defaults([subject, other]) == {"name": "{name}"}
    assert action(describe).defaults([subject, other]) == {"description": ""}


def test_a_snapshot_of_another_vm_is_not_gone_back_to(fake: FakePool) -> None:
    vm, other = fake.vm("web-1"), fake.vm("db-1")
    shot = fake.vm("before", is_a_snapshot=True, snapshot_of=other.ref, allowed_operations=frozenset({"revert"}))
    fake.change(vm, snapshots=[shot.ref])
    assert faults("vm.revert", vm, snapshot=shot.uuid) == ["before is not a snapshot of web-1"]
    fake.change(shot, snapshot_of=vm.ref)
    assert faults("vm.revert", vm, snapshot=shot.uuid) == []
    methods = [method for method, _parameters in calls_of("vm.revert", vm, snapshot=shot.uuid, start=True)]
    assert methods == ["VM.snapshot", "VM.revert", "VM.start"]


FAILS = ("Async.VM.clone", "VM.set_name_description")


def cloning(fake: FakePool) -> None:
    """A pool that clones, and knows the disks of the clone."""
    copy, drive, disk, cd = "OpaqueRef:copy", "OpaqueRef:drive", "OpaqueRef:disk", "OpaqueRef:cd"
    fake.answers |= {
        "Async.VM.clone": lambda *_given: fake.task("x", status=TaskStatus.SUCCESS, result=f"<value>{copy}</value>"),
        "VM.set_name_description": "",
        "VM.get_VBDs": [drive, cd],
        "VBD.get_record": lambda ref: {"type": "Disk" if ref == drive else "CD", "VDI": disk if ref == drive else "OpaqueRef:iso"},
        "Async.VM.destroy": ends_at_once(fake),
        "Async.VDI.destroy": ends_at_once(fake),
    }


def failing(fake: FakePool, method: str) -> None:
    from xo_dash.xapi.errors import XapiFailure

    if method.startswith("Async."):
        fake.answers[method] = ends_at_once(fake, TaskStatus.FAILURE, "SR_FULL", "10", "5")
    else:
        fake.answers[method] = XapiFailure("SR_FULL", ["10", "5"])


@pytest.mark.parametrize("method", FAILS)
async def test_each_call_of_a_clone_fails_once_and_nothing_stays(desk: Desk, fake: FakePool, method: str) -> None:
    vm = fake.vm("web-1")
    cloning(fake)
    failing(fake, method)
    run = await desk.runner.run(desk.hire(), action("vm.clone"), [vm], {"name": "web-2", "description": "x"})
    (item,) = run.items
    assert item.state is RunState.FAILED and not item.left
    if method == FAILS[0]:
        assert fake.sent == [method]
        return
    assert fake.calls[-3:] and [call for call in fake.calls if "destroy" in call[0] and call[0] != "task.destroy"] == [
        ("Async.VM.destroy", ("OpaqueRef:copy",)), ("Async.VDI.destroy", ("OpaqueRef:disk",)),
    ]  # fmt: skip
    assert str(item.reason).startswith("Editing the description of web-2 failed: ") and str(item.reason).endswith(
        ". The steps before it were undone"
    )
    assert [(step.state, step.undone) for step in item.steps] == [(RunState.DONE, True), (RunState.FAILED, False)]


async def test_what_cannot_be_undone_is_named(desk: Desk, fake: FakePool) -> None:
    cloning(fake)
    failing(fake, "VM.set_name_description")
    failing(fake, "Async.VM.destroy")
    run = await desk.runner.run(desk.hire(), action("vm.clone"), [fake.vm("web-1")], {"name": "web-2", "description": "x"})
    assert str(run.items[0].reason).endswith(". Not undone: Cloning web-1")
    assert [str(left.says) for left in run.items[0].left] == ["Cloning web-1"]


async def test_what_is_left_is_removed_when_somebody_says_so_and_what_was_done_of_it_is_not_done_again(desk: Desk, fake: FakePool) -> None:
    vm = fake.vm("web-1")
    cloning(fake)
    failing(fake, "VM.set_name_description")
    failing(fake, "Async.VDI.destroy")
    run = await desk.runner.run(desk.hire(), action("vm.clone"), [vm], {"name": "web-2", "description": "x"})
    (item,) = run.items
    assert [(left.refs, left.made) for left in item.left] == [(("OpaqueRef:copy",), True)] and item.can_be_undone
    ann, orders = desk.hire(), OrderDesk(fake.mirror, desk.runner)
    asked = Order(action="run.undo", on=[run.key], dry_run=True)
    (told,) = [line async for line in orders.take(ann, asked)]
    assert told["preview"] == [
        {"uuid": vm.uuid, "name": "web-1", "steps": ["Deleting a disk of web-2"], "calls": ["xe vdi-destroy uuid=?"]}
    ]
    desk.runner.take_back(user(Role.VIEWER, "eve"), run)
    assert item.can_be_undone and run.ended
    sent = len(fake.calls)
    desk.runner.take_back(ann, run)
    await desk.until(lambda: run.ended)
    assert len(item.left) == 1 and "SR is full" in str(item.steps[0].kept_by), "it failed again"
    fake.answers["Async.VDI.destroy"] = ends_at_once(fake, TaskStatus.FAILURE, "HANDLE_INVALID", "VDI", "x")  # somebody else has deleted it
    desk.runner.take_back(ann, run)
    await desk.until(lambda: run.ended)
    assert item.state is RunState.FAILED and not item.left and not item.can_be_undone and item.steps[0].undone
    assert [method for method, _given in fake.calls[sent:] if method != "task.destroy"] == ["Async.VDI.destroy"] * 2
    told = [line for line in desk.audit() if line["action"] == "run.undo"]
    assert [(line["event"], line.get("result", "")) for line in told] == [("begin", ""), ("end", "failed"), ("begin", ""), ("end", "done")]


async def test_nothing_is_undone_while_nobody_knows_what_the_last_call_did(desk: Desk, fake: FakePool) -> None:
    from xo_dash.xapi.errors import Timeout

    cloning(fake)
    fake.answers["VM.set_name_description"] = Timeout("30 s")
    run = await desk.runner.run(desk.hire(), action("vm.clone"), [fake.vm("web-1")], {"name": "web-2", "description": "x"})
    assert run.items[0].state is RunState.LOST and "Async.VM.destroy" not in fake.sent
    assert str(run.items[0].reason).endswith(". Not undone: Cloning web-1")


async def test_a_cancelled_run_takes_back_what_it_did_and_begins_nothing_new(tmp_path: Path) -> None:
    fake = FakePool()
    desk = Desk(tmp_path, fake, at_once=1)
    cloning(fake)
    ann = desk.hire()
    fake.answers["Async.VM.clone"] = None  # a task that goes on
    vms = [fake.vm("web-1"), fake.vm("web-2")]
    run = desk.runner.start(ann, action("vm.clone"), vms, {"name": "{name} copy", "description": "x"})
    await fake.until(1)
    (task,) = run.items[0].tasks
    desk.runner.cancel(ann, run)
    await fake.until(2)
    assert fake.calls[-1] == ("task.cancel", (task,))
    fake.end(task, result="<value>OpaqueRef:copy</value>")  # it was too late for that one
    await desk.until(lambda: run.ended)
    assert [item.state for item in run.items] == [RunState.CANCELLED, RunState.CANCELLED]
    assert run.items[0].steps[0].undone and "Async.VM.destroy" in fake.sent
    assert fake.sent.count("Async.VM.clone") == 1
    await desk.runner.stop()


async def test_a_cancel_while_the_call_is_on_its_way_ends_its_task_too(desk: Desk, fake: FakePool) -> None:
    ann = desk.hire()

    def cancelled_meanwhile(*_given: object) -> Ref:
        desk.runner.cancel(ann, run)
        return fake.task("Async.VM.start")

    fake.answers["Async.VM.start"] = cancelled_meanwhile
    run = desk.runner.start(ann, action("vm.start"), [fake.vm()])
    await fake.until(2)
    assert fake.calls[-1] == ("task.cancel", (run.items[0].tasks[0],)) and not run.ended
    fake.end(run.items[0].tasks[0], TaskStatus.CANCELLED)
    await desk.until(lambda: run.ended)


async def test_what_takes_something_back_is_not_cancelled(desk: Desk, fake: FakePool) -> None:
    cloning(fake)
    fake.answers |= {"VM.set_name_description": XapiFailure("OPERATION_NOT_ALLOWED", ["not now"]), "Async.VM.destroy": None}
    ann = desk.hire()
    run = desk.runner.start(ann, action("vm.clone"), [fake.vm("web-1")], {"name": "web-2", "description": "x"})
    await desk.until(lambda: len(run.items[0].tasks) == 2)
    desk.runner.cancel(ann, run)
    fake.end(run.items[0].tasks[-1])
    await desk.until(lambda: run.ended)
    assert run.items[0].steps[0].undone and "task.cancel" not in fake.sent


async def test_of_several_one_is_cancelled_alone_and_one_that_waits_ends_at_once(tmp_path: Path) -> None:
    fake = FakePool()
    desk = Desk(tmp_path, fake, at_once=1)
    fake.answers["Async.VM.start"] = None  # a task that goes on
    ann, vms = desk.hire(), [fake.vm(f"web-{number}") for number in range(3)]
    run = desk.runner.start(ann, action("vm.start"), vms)
    await fake.until(1)
    first, second, third = run.items
    desk.runner.cancel(ann, run, second)
    await desk.until(lambda: second.state.ended)
    assert [item.state for item in run.items] == [RunState.RUNNING, RunState.CANCELLED, RunState.WAITING] and not run.cancelled
    fake.end(first.tasks[0])
    await desk.until(lambda: len(third.tasks) == 1)
    fake.end(third.tasks[0])
    await desk.until(lambda: run.ended)
    assert [item.state for item in run.items] == [RunState.DONE, RunState.CANCELLED, RunState.DONE]
    assert fake.sent.count("Async.VM.start") == 2
    await desk.runner.stop()


async def test_who_may_not_give_a_command_may_not_cancel_it(desk: Desk, fake: FakePool) -> None:
    run = desk.runner.start(desk.hire(), action("vm.start"), [fake.vm()])
    await fake.until(1)
    desk.runner.cancel(desk.hire(Role.VIEWER, "vic"), run)
    assert not run.cancelled
    fake.end(run.items[0].tasks[0])


def waiting(vm: VM, within: float) -> Callable[[NoRequest, VM], Plan]:
    def plan(request: NoRequest, subject: VM) -> Plan:
        yield Wait(
            until=lambda: vm.power_state is PowerState.RUNNING, within=within,
            says=lazy("Waiting for {name}", name=name_of(vm)), failed=lazy("it does not come"),
        )  # fmt: skip
        yield Call("VM.pause", vm.ref, says=lazy("Pausing"))

    return plan


@pytest.mark.parametrize(("comes", "state"), [(True, RunState.DONE), (False, RunState.FAILED)])
async def test_a_plan_waits_for_what_the_mirror_shows(desk: Desk, fake: FakePool, comes: bool, state: RunState) -> None:
    vm = fake.vm()
    row: Action[VM, NoRequest] = Action(
        id="vm.try", kind=VM, title="Try", done="{name}", role=Role.OPERATOR, applies_to=lambda _vm: True, blocked=lambda _vm: None,
        plan=waiting(vm, 30 if comes else 0.01),
    )  # fmt: skip
    fake.answers["Async.VM.pause"] = ends_at_once(fake)
    run = desk.runner.start(desk.hire(), row, [vm])
    await desk.until(lambda: run.items[0].state is not RunState.WAITING)
    if comes:
        fake.change(vm, power_state=PowerState.RUNNING)
    await desk.until(lambda: run.ended)
    assert run.items[0].state is state
    assert fake.sent == (["Async.VM.pause"] if comes else [])


def test_a_plan_without_end_is_not_rehearsed_for_ever(fake: FakePool) -> None:
    def endless() -> Plan:
        while True:
            yield Call("VM.start", says=lazy("x"))

    assert len(rehearse(endless())) == 10_000


# ---- against a simulated pool, by the wire


async def do(bench: Wired, action_id: str, vm: VM, **values: object) -> RunItem:
    run = await asyncio.wait_for(bench.runner.run(bench.ann, action(action_id), [vm], values), 60)
    return run.items[0]


async def test_a_vm_is_cloned_renamed_and_taken_back(tmp_path: Path) -> None:
    with simulated((3,), (8,), (3,)) as simulation:
        async with wired(simulation.pools[0], tmp_path) as bench:
            await _whole_story(bench)
            await _failing_in_the_middle(bench)


async def _whole_story(bench: Wired) -> None:
    vm = next(vm for vm in bench.machines if "clone" in vm.allowed_operations and vm.VBDs)
    item = await do(bench, "vm.clone", vm, name="{name} copy", description="made by a test")
    assert item.state is RunState.DONE, str(item.reason)
    copy = await bench.until(lambda: bench.home.one(VM, str(item.result)))  # type: ignore[arg-type]
    await bench.until(lambda: copy.name_description == "made by a test")
    assert copy.name_label == f"{vm.name_label} copy"
    item = await do(bench, "vm.rename", copy, name="another")
    assert item.state is RunState.DONE, str(item.reason)
    await bench.until(lambda: copy.name_label == "another")
    item = await do(bench, "vm.snapshot", copy, name="then")
    assert item.state is RunState.DONE, str(item.reason)
    await bench.until(lambda: copy.snapshots)
    (then,) = copy.all_of(VM, copy.snapshots)
    await do(bench, "vm.rename", copy, name="later")
    await bench.until(lambda: copy.name_label == "later" and "revert" in then.allowed_operations)
    item = await do(bench, "vm.revert", copy, snapshot=then.uuid, name="the present")
    assert item.state is RunState.DONE, str(item.reason)
    await bench.until(lambda: copy.name_label == "another")
    assert {shot.name_label for shot in copy.all_of(VM, copy.snapshots)} == {"then", "the present"}


def everything(bench: Wired) -> dict[str, set[str]]:
    return {kind.xapi_class: set(bench.home.all(kind)) for kind in (VM, VBD, VDI)}


async def _failing_in_the_middle(bench: Wired) -> None:
    """XAPI refuses the second call: of the clone nothing stays, no disk either."""
    vm = next(vm for vm in bench.machines if "clone" in vm.allowed_operations and vm.VBDs)
    before = everything(bench)
    row = action("vm.clone")
    request = decode(row.request, {"name": "never", "description": "x"})

    def spoilt(request: Any, subject: VM) -> Plan:
        plan = row.plan(request, subject)
        copy = yield next(plan)
        yield Call("VM.set_name_description", copy, says=lazy("Describing"), asynchronous=False)  # an argument is missing

    from dataclasses import replace

    run = await asyncio.wait_for(bench.runner.run(bench.ann, replace(row, plan=spoilt), [vm], request), 60)
    assert run.items[0].state is RunState.FAILED and not run.items[0].left, str(run.items[0].reason)
    await bench.until(lambda: everything(bench) == before)


async def test_names_and_descriptions_reach_the_pool_as_they_are(tmp_path: Path) -> None:
    name, text = "<b>é 名</b> & $(reboot) ]]>", 'one\n\t"two" & <three>\n🙂'
    with simulated((2,), (3,), (3,)) as simulation:
        async with wired(simulation.pools[0], tmp_path) as bench:
            admin = bench.hire(user(Role.ADMIN, "eve"))
            for kind in (VM, Host, Pool, SR, Network):
                rename, describe = (action(f"{kind.xapi_class.lower()}.{verb}") for verb in ("rename", "describe"))
                subject: Any = next(row for row in bench.home.all(kind).values() if eligibility(rename, [row], admin).possible)
                for row, values in ((rename, {"name": name}), (describe, {"description": text})):
                    run = await asyncio.wait_for(bench.runner.run(admin, row, [subject], values), 60)
                    assert run.items[0].state is RunState.DONE, str(run.items[0].reason)
                await bench.until(lambda subject=subject: (subject.name_label, subject.name_description) == (name, text))  # type: ignore[misc]
