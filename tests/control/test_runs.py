"""A run: checked, sent once, followed to its end, told, audited."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from data.mirror import Mirror
from data.objects import VBD, VDI, PowerState, Task, TaskStatus
from data.server import ServerState
from data.stores.users import Role
from data.types import NULL_REF, XapiObject
from tests.control.fake_pool import Desk, FakePool, ends_at_once
from tests.waiting import until
from xo_dash.control.actions import action
from xo_dash.control.run import Run, RunState
from xo_dash.xapi.errors import BadReply, BadStatus, Timeout, Unreachable, XapiFailure

START, STOP = action("vm.start"), action("vm.hard_shutdown")


def only(run: Run) -> tuple[RunState, str]:
    (item,) = run.items
    return item.state, str(item.reason or "")


async def test_a_started_vm_is_followed_by_the_mirror_s_events(desk: Desk, fake: FakePool) -> None:
    vm, ann = fake.vm(), desk.hire()
    told: list[tuple[RunState, float]] = []
    desk.runner.observe(lambda run: told.append((run.items[0].state, run.items[0].progress)))
    run = desk.runner.start(ann, START, [vm], address="192.0.2.7")
    await fake.until(1)
    assert fake.calls == [("Async.VM.start", (vm.ref, False, False))]
    assert vm.power_state is PowerState.HALTED  # nothing is shown before it is true
    (task,) = fake.home.all(Task)
    fake.change(fake.task_row(task), progress=0.4)
    await asyncio.sleep(0)
    assert told[-1] == (RunState.RUNNING, 0.4)
    fake.change(fake.task_row(task), progress=float("nan"))
    fake.end(task)
    run = await _ended(run)
    assert only(run) == (RunState.DONE, "")
    await fake.until(1)
    assert fake.calls[-1] == ("task.destroy", (task,))


async def _ended(run: Run) -> Run:
    await until(lambda: run.ended)
    return run


async def test_every_attempt_is_in_the_audit_before_and_after(desk: Desk, fake: FakePool) -> None:
    vm, ann = fake.vm(), desk.hire()
    seen: list[list[str]] = []

    def snapshot(*_arguments: object) -> object:
        seen.append([line["event"] for line in desk.audit()])
        return fake.task("t", status=TaskStatus.SUCCESS, result="<value>OpaqueRef:made</value>")

    fake.answers["Async.VM.snapshot"] = snapshot
    await desk.runner.run(ann, action("vm.snapshot"), [vm], {"name": "today"}, address="192.0.2.7")
    assert seen == [["begin"]]
    begin, end = desk.audit()
    told = {name: value for name, value in begin.items() if name not in ("chain", "follows")}
    assert told | {"at": 0} == {
        "at": 0, "event": "begin", "run": end["run"], "action": "vm.snapshot", "user": "ann", "user_id": "id-ann", "address": "192.0.2.7",
        "server": "lab", "pool": "lab", "kind": "VM", "uuid": vm.uuid, "name": "web-1",
        "arguments": {"name": "today", "memory": False, "quiesce": False},
    }  # fmt: skip
    assert end["event"] == "end" and end["result"] == "done" and len(end["tasks"]) == 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda desk, fake, vm: desk.users.clear(), "you are no longer signed in; sign in again"),
        (lambda desk, fake, vm: desk.hire(Role.VIEWER), "this needs the role operator; yours is viewer. Ask an administrator"),
        (lambda desk, fake, vm: fake.remove(vm), "web-1 no longer exists"),
        (lambda desk, fake, vm: fake.mirror.remove("lab"), "web-1 no longer exists"),
        (lambda desk, fake, vm: fake.change(vm, power_state=PowerState.RUNNING, allowed_operations=frozenset()),
         "it is running and must be halted"),
        (lambda desk, fake, vm: fake.mirror.set_server(fake.server, state=ServerState.UNREACHABLE),
         "lab is not responding; its last known state is shown"),
        (lambda desk, fake, vm: desk.pools.clear(),
         "there is no connection to the pool, and nothing was sent; try again when it is back"),
    ],
)  # fmt: skip
async def test_what_changed_since_the_click_is_refused_and_audited(
    desk: Desk, fake: FakePool, spoil: Callable[[Desk, FakePool, XapiObject], object], words: str
) -> None:
    vm, ann = fake.vm(), desk.hire()
    run = desk.runner.start(ann, START, [vm], address="192.0.2.7")
    spoil(desk, fake, vm)
    assert only(await _ended(run)) == (RunState.REFUSED, words)
    assert fake.calls == []
    assert desk.audit()[-1]["result"] == "refused" and desk.audit()[-1]["reason"] == words


@pytest.mark.parametrize(
    ("answer", "state", "words", "code"),
    [
        (XapiFailure("HANDLE_INVALID", ["VM", "OpaqueRef:x"]), RunState.FAILED,
         "the object no longer exists: somebody removed it (VM)", "HANDLE_INVALID"),
        (Timeout("30 s"), RunState.LOST, "the pool did not respond in time; the operation may still go on: "
        "check before trying again", "Timeout"),
        (XapiFailure("TASK_CANCELLED", ["OpaqueRef:t"]), RunState.CANCELLED, "it was cancelled", "TASK_CANCELLED"),
        (BadStatus(503), RunState.FAILED, "the address did not respond like a pool (HTTP 503); check the server's address", "BadStatus"),
        (BadStatus(502), RunState.LOST,
         "the pool's answer could not be read (HTTP 502); the operation may still go on: check before trying again", "BadStatus"),
        (BadReply("a web page"), RunState.LOST,
         "the pool's answer could not be read (it sent a web page); the operation may still go on: check before trying again", "BadReply"),
        (Unreachable("reset"), RunState.LOST,
         "the connection to the pool was lost; the operation may still go on: check before trying again (reset)", "Unreachable"),
    ],
)  # fmt: skip
async def test_a_call_that_breaks_is_never_repeated(
    desk: Desk, fake: FakePool, answer: Exception, state: RunState, words: str, code: str
) -> None:
    fake.answers["Async.VM.start"] = answer
    run = await desk.runner.run(desk.hire(), START, [fake.vm()])
    assert only(run) == (state, words)
    assert fake.sent == ["Async.VM.start"]
    assert desk.audit()[-1]["code"] == code


@pytest.mark.parametrize(
    ("status", "error", "state", "words"),
    [
        (TaskStatus.FAILURE, ["HOST_NOT_ENOUGH_FREE_MEMORY", "2147483648", "1073741824"], RunState.FAILED,
         "2 GiB of memory needed, 1 GiB free; stop some VMs, or use another host"),
        (TaskStatus.FAILURE, ["TASK_CANCELLED", "OpaqueRef:t"], RunState.CANCELLED, "it was cancelled"),
        (TaskStatus.CANCELLED, [], RunState.CANCELLED, "it was cancelled"),
    ],
)  # fmt: skip
async def test_a_task_that_fails_says_why(
    desk: Desk, fake: FakePool, status: TaskStatus, error: list[str], state: RunState, words: str
) -> None:
    fake.answers["Async.VM.start"] = ends_at_once(fake, status, *error)
    assert only(await desk.runner.run(desk.hire(), START, [fake.vm()])) == (state, words)


@pytest.mark.parametrize(
    ("state_after", "state", "words"),
    [
        (PowerState.RUNNING, RunState.DONE, ""),
        (PowerState.HALTED, RunState.LOST, "the pool lost track of the task; web-1 is halted now: check before trying again"),
    ],
)
async def test_of_a_vanished_task_the_object_tells(
    desk: Desk, fake: FakePool, state_after: PowerState, state: RunState, words: str
) -> None:
    vm = fake.vm()
    run = desk.runner.start(desk.hire(), START, [vm])
    await fake.until(1)
    (task,) = fake.home.all(Task).values()
    await asyncio.sleep(0)
    fake.change(vm, power_state=state_after)
    fake.remove(task)
    assert only(await _ended(run)) == (state, words)
    assert "task.destroy" not in [method for method, _arguments in fake.calls]


@pytest.mark.parametrize(
    ("record", "state"),
    [
        ({"status": "success", "result": "<value></value>"}, RunState.DONE),
        ({"status": "failure", "error_info": ["NO_HOSTS_AVAILABLE"]}, RunState.FAILED),
        ({"status": ["failure"], "error_info": 7, "result": {}}, None),
        ([], None),
        (XapiFailure("HANDLE_INVALID", ["task", "x"]), RunState.LOST),
    ],
)
async def test_xapi_is_asked_about_a_task_nobody_heard_of(tmp_path: Any, record: Any, state: RunState | None) -> None:
    """Again where it says nothing of use."""
    fake = FakePool()
    desk = Desk(tmp_path, fake, patience=0.01)
    answers = [record] if state is not None else [record, {"status": "success"}]
    fake.answers |= {"Async.VM.start": "OpaqueRef:unheard", "task.get_record": lambda _ref: answers.pop(0) if answers else ""}
    state = state or RunState.DONE
    assert only(await desk.runner.run(desk.hire(), START, [fake.vm()]))[0] is state
    await desk.runner.stop()


@pytest.mark.parametrize("status", [TaskStatus.UNKNOWN, TaskStatus.PENDING])
async def test_xapi_is_asked_about_a_task_whose_end_no_event_tells(tmp_path: Any, status: TaskStatus) -> None:
    fake = FakePool()
    desk = Desk(tmp_path, fake, patience=0.01)
    fake.answers |= {
        "Async.VM.start": lambda *_given: fake.task("start", status=status),
        "task.get_record": {"status": "failure", "error_info": ["NO_HOSTS_AVAILABLE"]},
    }
    assert only(await desk.runner.run(desk.hire(), START, [fake.vm()]))[0] is RunState.FAILED
    await desk.runner.stop()


@pytest.mark.parametrize("result", ["", "<value></value>", "<value><struct>", "<value>OpaqueRef:NULL</value>"])
async def test_a_call_that_does_not_say_what_it_made_is_the_last(desk: Desk, fake: FakePool, result: str) -> None:
    vm = fake.vm()
    fake.answers["Async.VM.clone"] = lambda *_arguments: fake.task("clone", status=TaskStatus.SUCCESS, result=result)
    run = await desk.runner.run(desk.hire(), action("vm.clone"), [vm], {"name": "web-2", "description": "x"})
    assert run.items[0].state is RunState.LOST and "does not say what it made" in str(run.items[0].reason)
    assert fake.sent == ["Async.VM.clone"]


async def test_an_unreachable_pool_is_waited_for(tmp_path: Any) -> None:
    fake = FakePool()
    desk = Desk(tmp_path, fake, patience=0.01)
    fake.answers |= {"Async.VM.start": "OpaqueRef:unheard", "task.get_record": Unreachable("gone")}
    run = desk.runner.start(desk.hire(), START, [fake.vm()])
    await asyncio.sleep(0.05)
    assert not run.ended
    fake.answers["task.get_record"] = {"status": "success", "result": ""}
    assert only(await _ended(run))[0] is RunState.DONE
    await desk.runner.stop()


async def test_many_are_done_some_at_a_time_in_each_pool(tmp_path: Any) -> None:
    mirror = Mirror()
    lab, home = FakePool("lab", mirror), FakePool("home", mirror)
    desk = Desk(tmp_path, lab, home, at_once=3)
    vms = [pool.vm(f"{pool.server.id}-{number}") for pool in (lab, home) for number in range(7)]
    run = desk.runner.start(desk.hire(), START, vms)
    for pool in (lab, home):
        await pool.until(3)
    await asyncio.sleep(0.05)
    assert (len(lab.sent), len(home.sent)) == (3, 3)
    assert run.count(RunState.WAITING) == 8
    while not run.ended:
        for pool in (lab, home):
            for ref, task in list(pool.home.all(Task).items()):
                if task.status is TaskStatus.PENDING:
                    pool.end(ref)
        assert max(run.count(RunState.RUNNING), 0) <= 6
        await asyncio.sleep(0.005)
    assert run.count(RunState.DONE) == 14 and run.progress == 1.0
    assert len(lab.sent) == len(home.sent) == 7
    await desk.runner.stop()


async def test_a_second_click_does_nothing_twice(desk: Desk, fake: FakePool) -> None:
    vm, ann = fake.vm(), desk.hire()
    first = desk.runner.start(ann, START, [vm])
    await fake.until(1)
    second = await desk.runner.run(ann, START, [vm])
    assert only(second) == (RunState.REFUSED, "it is already being done")
    fake.end(next(iter(fake.home.all(Task))))
    await _ended(first)
    assert fake.sent == ["Async.VM.start"]


def snapshot_with_disks(fake: FakePool) -> tuple[XapiObject, dict[str, VDI]]:
    """Own disk, one that another VM has too, one that is sharable, a CD, and a memory image."""
    names = ("own", "common", "sharable", "iso", "memory")
    disks = {name: VDI(name_label=name, virtual_size=1 << 30, sharable=name == "sharable") for name in names}
    for disk in disks.values():
        fake.put(disk)
    other = fake.vm("other")
    shot = fake.vm(
        "before", PowerState.SUSPENDED, is_a_snapshot=True, is_a_template=True, suspend_VDI=disks["memory"].ref,
        allowed_operations=frozenset({"destroy"}),
    )  # fmt: skip
    drives = [VBD(VM=shot.ref, VDI=disks[name].ref, type="CD" if name == "iso" else "Disk") for name in names[:4]]
    drives.append(VBD(VM=shot.ref, VDI=NULL_REF, type="Disk"))
    for drive in drives:
        fake.put(drive)
        if drive.VDI != NULL_REF:
            disk = next(disk for disk in disks.values() if disk.ref == drive.VDI)
            fake.change(disk, VBDs=[*disk.VBDs, drive.ref])
    theirs = VBD(VM=other.ref, VDI=disks["common"].ref)
    fake.put(theirs)
    fake.change(disks["common"], VBDs=[*disks["common"].VBDs, theirs.ref])
    fake.change(shot, VBDs=[drive.ref for drive in drives])
    return shot, disks


async def test_a_deleted_snapshot_takes_its_own_disks_along_and_no_others(desk: Desk, fake: FakePool) -> None:
    shot, disks = snapshot_with_disks(fake)
    delete = action("snapshot.delete")
    assert [name.split(" · ")[0] for name in delete.also_removed(shot)] == ["own", "memory"]
    fake.answers |= {f"Async.{method}": ends_at_once(fake) for method in ("VM.destroy", "VDI.destroy")}
    run = await desk.runner.run(desk.hire(), delete, [shot])
    assert only(run) == (RunState.DONE, "")
    assert [call for call in fake.calls if call[0] != "task.destroy"] == [
        ("Async.VM.destroy", (shot.ref,)),
        ("Async.VDI.destroy", (disks["own"].ref,)),
        ("Async.VDI.destroy", (disks["memory"].ref,)),
    ]
    assert len(desk.audit()[-1]["tasks"]) == 3


async def test_a_disk_that_stays_is_named_and_the_others_still_go(desk: Desk, fake: FakePool) -> None:
    shot, disks = snapshot_with_disks(fake)

    def destroy(ref: str) -> object:
        if ref == disks["own"].ref:
            return ends_at_once(fake, TaskStatus.FAILURE, "VDI_IN_USE", ref, "destroy")()
        return ends_at_once(fake, TaskStatus.FAILURE, "HANDLE_INVALID", "VDI", ref)()  # gone already: as wished

    fake.answers |= {"Async.VM.destroy": ends_at_once(fake), "Async.VDI.destroy": destroy}
    run = await desk.runner.run(desk.hire(), action("snapshot.delete"), [shot])
    words = "Deleting disk own failed: the disk own is in use; detach it, or shut down what uses it"
    assert only(run) == (RunState.FAILED, words)
    assert fake.sent == ["Async.VM.destroy", "Async.VDI.destroy", "Async.VDI.destroy"]


async def test_disks_stay_when_the_snapshot_stays(desk: Desk, fake: FakePool) -> None:
    shot, _disks = snapshot_with_disks(fake)
    fake.answers["Async.VM.destroy"] = ends_at_once(fake, TaskStatus.FAILURE, "OPERATION_BLOCKED", shot.ref, "keep it")
    run = await desk.runner.run(desk.hire(), action("snapshot.delete"), [shot])
    assert only(run)[0] is RunState.FAILED
    assert fake.sent == ["Async.VM.destroy"]


async def test_a_task_is_cancelled_at_once_and_not_by_a_task(desk: Desk, fake: FakePool) -> None:
    ref = fake.task("Async.VM.start")
    run = await desk.runner.run(desk.hire(), action("task.cancel"), [fake.task_row(ref)])
    assert only(run)[0] is RunState.DONE
    assert fake.calls == [("task.cancel", (ref,))]


async def test_a_request_is_checked_where_it_counts(desk: Desk, fake: FakePool) -> None:
    vm, ann = fake.vm(), desk.hire()
    run = await desk.runner.run(ann, action("vm.snapshot"), [vm])
    assert only(run) == (RunState.REFUSED, "Name: “Name” is missing")
    run = await desk.runner.run(ann, action("vm.snapshot"), [vm], {"name": " "})
    assert only(run) == (RunState.REFUSED, "Name: “Name” is missing")
    run = await desk.runner.run(ann, action("vm.snapshot"), [vm], {"name": "a", "colour": True})
    assert only(run) == (RunState.REFUSED, "there is no field “colour”; the fields are: name, memory, quiesce")
    run = await desk.runner.run(ann, action("vm.start_on"), [vm], {"host": "x"})
    assert only(run) == (RunState.REFUSED, "there is no such host in its pool; choose another")
    assert fake.calls == []


async def test_a_command_for_another_kind_is_refused(desk: Desk, fake: FakePool) -> None:
    ref = fake.task("Async.VM.start")
    run = await desk.runner.run(desk.hire(), START, [fake.task_row(ref)])
    assert only(run)[0] is RunState.REFUSED and fake.calls == []


async def test_the_object_is_found_again_by_its_uuid(desk: Desk, fake: FakePool) -> None:
    vm = fake.vm()
    run = desk.runner.start(desk.hire(), START, [vm])
    fake.remove(vm)
    again = fake.vm(uuid=vm.uuid)  # as after a restored database: the same VM under another reference
    await fake.until(1)
    assert fake.calls[0] == ("Async.VM.start", (again.ref, False, False))
    fake.end(next(iter(fake.home.all(Task))))
    assert only(await _ended(run))[0] is RunState.DONE


async def test_stopping_says_that_nobody_knows(desk: Desk, fake: FakePool) -> None:
    vms = [fake.vm(f"vm-{number}") for number in range(12)]
    run = desk.runner.start(desk.hire(), START, vms)
    await fake.until(10)
    await desk.runner.stop()
    assert (run.count(RunState.LOST), run.count(RunState.REFUSED)) == (10, 2)
    ends = [line for line in desk.audit() if line["event"] != "begin"]
    assert sorted(line["result"] for line in ends) == ["lost"] * 10 + ["refused"] * 2


async def test_without_an_audit_nothing_is_done(desk: Desk, fake: FakePool, error_log: list[object]) -> None:
    (desk.folder / "audit.jsonl").mkdir()
    run = await desk.runner.run(desk.hire(), START, [fake.vm()])
    state, words = only(run)
    assert state is RunState.REFUSED and words.endswith("Is a directory; nothing was done")
    assert fake.calls == []
    assert error_log
    error_log.clear()


async def test_a_broken_view_does_not_stop_a_run(desk: Desk, fake: FakePool, error_log: list[object]) -> None:
    def broken(_run: Run) -> None:
        raise ValueError

    desk.runner.observe(broken)
    fake.answers["Async.VM.start"] = ends_at_once(fake)
    assert only(await desk.runner.run(desk.hire(), START, [fake.vm()]))[0] is RunState.DONE
    error_log.clear()


async def test_nothing_is_watched_while_nothing_is_waited_for(desk: Desk, fake: FakePool) -> None:
    before = fake.mirror.observer_count
    fake.answers["Async.VM.start"] = ends_at_once(fake)
    await desk.runner.run(desk.hire(), START, [fake.vm()])
    assert fake.mirror.observer_count == before


async def test_old_runs_are_forgotten_those_under_way_are_not(desk: Desk, fake: FakePool) -> None:
    ann = desk.hire(Role.VIEWER)
    vm = fake.vm()
    for _number in range(210):
        await desk.runner.run(ann, START, [vm])
    assert len(desk.runner.runs) <= 201
