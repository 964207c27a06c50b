"""What was under way when the program ended is told at the next start, with how the object is now, until somebody dismisses it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.actions import RunProgress
from components.tasks import TaskList
from data.objects import Host, PowerState, TaskStatus
from data.server import ServerState
from data.types import XapiObject
from tests.control.browser_page import looking
from tests.control.fake_pool import OFFERED, Desk, FakePool
from tests.waiting import until
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.control.audit import Audit, AuditEntry
from xo_dash.control.run import Run, RunState

BEGAN = "2026-01-31T14:05:06.789Z"


def begin(fake: FakePool, row: XapiObject, action_id: str = "vm.start", **fields: Any) -> AuditEntry:
    whose = {"at": BEGAN, "event": "begin", "run": "r", "user": "ann", "user_id": "id-ann", "server": fake.server.id}
    return AuditEntry(**whose | {"action": action_id, "kind": row.xapi_class, "uuid": row.uuid, "name": "web-1"} | fields)


async def left(folder: Path, *entries: AuditEntry) -> None:
    """An audit as a kill leaves it."""
    audit = Audit(folder)
    for entry in entries:
        await audit.write(entry)
    audit.close()


def reasons(run: Run) -> list[str]:
    return [str(item.reason) for item in run.items]


@pytest.mark.parametrize(
    ("action_id", "state", "fields", "words"),
    [
        ("vm.start", PowerState.RUNNING, {}, "xo-dash was stopped during the operation, but it was done: web-1 is running now"),
        ("vm.start", PowerState.HALTED, {},
         "xo-dash was stopped during the operation, and it was not done: web-1 is halted now; check before trying again"),
        ("vm.clean_reboot", PowerState.RUNNING, {},
         "xo-dash was stopped during the operation: web-1 is running now; check before trying again"),
        ("vm.clean_shutdown", PowerState.RUNNING, {"current_operations": {"OpaqueRef:t": "clean_shutdown"}},
         "xo-dash was stopped during the operation, which goes on: it is shutting down"),
    ],
)  # fmt: skip
async def test_it_is_said_how_the_object_is_now(
    desk: Desk, fake: FakePool, action_id: str, state: PowerState, fields: dict[str, Any], words: str
) -> None:
    vm = fake.vm(state=state, **fields)
    await left(desk.folder, begin(fake, vm, action_id))
    await desk.runner.recall()
    (run,) = desk.runner.runs
    assert (run.recalled, run.user_id, run.items[0].state, reasons(run)) == (True, "id-ann", RunState.LOST, [words])
    assert fake.calls == []


async def test_it_is_told_again_when_the_pool_is_back_and_the_object_at_rest(desk: Desk, fake: FakePool) -> None:
    vm = fake.vm(state=PowerState.RUNNING, current_operations={"OpaqueRef:t": "clean_shutdown"})
    fake.mirror.set_server(fake.server, state=ServerState.CONNECTING)
    await left(desk.folder, begin(fake, vm, "vm.clean_shutdown"))
    told: list[str] = []
    await desk.runner.recall()
    (run,) = desk.runner.runs
    desk.runner.observe(lambda run: told.extend(reasons(run)))
    assert reasons(run) == ["xo-dash was stopped during the operation; check before trying again"]
    fake.mirror.set_server(fake.server, state=ServerState.LIVE)
    fake.change(vm, power_state=PowerState.HALTED, current_operations={}, allowed_operations=OFFERED[PowerState.HALTED])
    fake.change(vm, power_state=PowerState.RUNNING)  # by somebody else: no longer ours to tell
    assert told == [
        "xo-dash was stopped during the operation, which goes on: it is shutting down",
        "xo-dash was stopped during the operation, but it was done: web-1 is halted now",
    ]


async def test_objects_of_one_command_are_one_run(desk: Desk, fake: FakePool) -> None:
    one, other, gone = fake.vm("one"), fake.vm("other"), fake.vm("gone")
    entries = [begin(fake, vm, name=vm.name_label) for vm in (one, other, gone)]
    fake.remove(gone)
    ended = begin(fake, one, event="end", result="done")
    await left(desk.folder, *entries, ended)
    await desk.runner.recall()
    (run,) = desk.runner.runs
    assert [item.name for item in run.items] == ["other", "gone"]
    assert reasons(run)[1] == "xo-dash was stopped during the operation, and gone no longer exists"


async def test_what_cannot_be_told_is_left_out(desk: Desk, fake: FakePool) -> None:
    vm = fake.vm()
    other = [begin(fake, vm, run="a", server="removed"), begin(fake, vm, "of.a.newer.version", run="b")]
    await left(desk.folder, *other, begin(fake, vm, event="refused", run="c"))
    with (desk.folder / "audit.jsonl").open("ab") as file:
        file.write(b'{"at": "2026\n')
    await desk.runner.recall()
    assert desk.runner.runs == ()
    assert fake.mirror.observer_count == 1  # the list of tasks


async def test_until_it_is_dismissed_every_start_tells_it(tmp_path: Path, fake: FakePool) -> None:
    host = Host(name_label="xcp-1", enabled=False)
    fake.put(host)
    await left(tmp_path, begin(fake, host, "host.maintenance", name="xcp-1"))
    for _start in range(2):
        desk = Desk(tmp_path, fake)
        await desk.runner.recall()
        (run,) = desk.runner.runs
        assert reasons(run) == ["xo-dash was stopped during the operation, but it was done: xcp-1 is in maintenance mode now"]
        await desk.runner.stop()
    desk = Desk(tmp_path, fake)
    await desk.runner.recall()
    desk.runner.dismiss(desk.runner.runs[0])
    await until(lambda: desk.audit()[-1]["event"] == "end")
    await desk.runner.stop()
    assert desk.audit()[-1]["result"] == "lost" and "in maintenance mode now" in desk.audit()[-1]["reason"]
    desk = Desk(tmp_path, fake)
    await desk.runner.recall()
    assert desk.runner.runs == ()
    await desk.runner.stop()


async def test_what_a_stop_cut_off_is_told_too(tmp_path: Path, fake: FakePool) -> None:
    desk = Desk(tmp_path, fake)
    vm = fake.vm()
    desk.runner.start(desk.hire(), action("vm.start"), [vm])
    await fake.until(1)
    await desk.runner.stop()
    fake.end(next(iter(fake.home.all(type(fake.task_row(fake.task("x")))))), TaskStatus.SUCCESS)
    fake.change(vm, power_state=PowerState.RUNNING)
    desk = Desk(tmp_path, fake)
    await desk.runner.recall()
    assert reasons(desk.runner.runs[0]) == ["xo-dash was stopped during the operation, but it was done: web-1 is running now"]
    await desk.runner.stop()


@pytest.mark.parametrize("draw", [RunProgress, TaskList], ids=["card", "tasks"])
async def test_whoever_gave_it_sees_it(tmp_path: Path, fake: FakePool, draw: Callable[[Context], object]) -> None:
    vm = fake.vm(state=PowerState.RUNNING, current_operations={"OpaqueRef:t": "clean_shutdown"})
    async with looking(tmp_path, fake, draw) as at:
        (ann,) = at.context.users.all()
        await left(tmp_path, begin(fake, vm, "vm.clean_shutdown", user_id=ann.id))
        await at.context.runner.recall()
        await at.user.should_see("which goes on: it is shutting down")
        fake.change(vm, power_state=PowerState.HALTED, current_operations={})
        await at.user.should_see("but it was done: web-1 is halted now")
