"""The page of one run: steps, results, what was undone and what is left; once more for the failed alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from nicegui import app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.actions.made import made_vms
from components.tasks.run_request import _called, _rows
from data.identity import key_of
from data.objects import SR, TaskStatus
from pages import run as run_page
from pages import tasks
from tests import fakes
from tests.control.fake_pool import Desk, FakePool, ends_at_once
from xo_dash.control.actions import action
from xo_dash.control.lazy_text import lazy
from xo_dash.control.pool.ova_request import ImportOVA, OVADisk
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fields import fields
from xo_dash.control.run import Leftover, RunState
from xo_dash.i18n import size
from xo_dash.xapi.errors import XapiFailure


@pytest.fixture
async def looking(desk: Desk, fake: FakePool, tmp_path: Path) -> AsyncIterator[User]:
    async with user_simulation(lambda: None) as user:
        context = fakes.context(fake.mirror, tmp_path / "data", runner=desk.runner)
        person = fakes.sign_in(app, context)
        desk.users[person.id] = person
        for page in (run_page, tasks):
            page.create(context)
        yield user


async def test_a_failure_has_its_step_its_undo_and_what_is_left(looking: User, desk: Desk, fake: FakePool) -> None:
    vm = fake.vm("web-1 <b>")
    fake.mirror.trash.days = 14
    fake.answers |= {
        "VM.add_to_blocked_operations": "",
        "VM.add_tags": "",
        "VM.add_to_other_config": XapiFailure("OPERATION_NOT_ALLOWED", ["not now"]),
        "VM.remove_tags": XapiFailure("OPERATION_NOT_ALLOWED", ["nor this"]),
        "VM.remove_from_blocked_operations": "",
    }
    run = await desk.runner.run(desk.hire(), action("vm.trash"), [vm])
    await looking.open(f"/run/{run.key}")
    for text in (
        "Move to trash: web-1 <b>",
        "Failed, 1 left",
        "3 of 4",
        "steps done",
        "undone",
        "Left: Adding a tag to web-1 <b>",
        "Retry",
    ):
        await looking.should_see(text)
    await looking.should_see("Undo what is left…")
    assert [link.props["href"] for link in looking.find(ui.link).elements if link.text == "web-1 <b>"][:1] == [f"/vm/{key_of(vm)}"]
    fake.answers["VM.remove_tags"] = ""
    looking.find(marker="take-back").click()
    await looking.should_see("xe vm-param-remove uuid=", marker="dialog")
    looking.find(marker="take-back-now").click()
    await desk.until(lambda: not run.items[0].left and run.ended)
    await looking.should_see("3 of 4")
    await looking.should_not_see("Undo what is left…")
    fake.answers["VM.add_to_other_config"] = ""
    looking.find(marker="retry-failed").click()
    await desk.until(lambda: len(desk.runner.runs) > 1 and desk.runner.runs[-1].ended)
    assert desk.runner.runs[-1].items[0].state is RunState.DONE


async def test_of_many_the_failed_alone_are_done_once_more(looking: User, desk: Desk, fake: FakePool) -> None:
    vms = [fake.vm(f"vm-{number}") for number in range(4)]
    ends = iter([TaskStatus.SUCCESS, TaskStatus.FAILURE, TaskStatus.SUCCESS, TaskStatus.FAILURE, *[TaskStatus.SUCCESS] * 9])
    fake.answers["Async.VM.snapshot"] = lambda *_given: ends_at_once(fake, next(ends), "SR_FULL", "10", "5", made="OpaqueRef:made")()
    run = await desk.runner.run(desk.hire(), action("vm.snapshot"), vms, {"name": "{name} now"})
    await looking.open(f"/run/{run.key}")
    await looking.should_see("2 done, 2 failed")
    await looking.should_see("{name} now")
    looking.find("Retry 2 failed").click()
    await looking.should_see("2 done")
    await looking.should_not_see("Retry 2 failed")
    await desk.until(lambda: len(desk.runner.runs) > 1 and desk.runner.runs[-1].ended)
    again = desk.runner.runs[-1]
    assert {item.name for item in again.items} == {item.name for item in run.unhappy} and again.count(RunState.DONE) == 2
    assert run.dismissed


async def test_one_that_nobody_remembers(looking: User) -> None:
    await looking.open("/run/none")
    await looking.should_see("This task is no longer available")


async def test_a_request_is_told_in_words_and_without_what_is_secret(fake: FakePool) -> None:
    sr = SR(name_label="vault")
    fake.put(sr)
    file = {"id": "where-it-is-offered", "name": "web.xva", "size": 5}
    cloud = {"user": "carol", "password": "hunter2", "text": "#cloud-config\npassword: hunter2\n"}
    for name, values in (
        ("pool.import_vm", {"file": file, "sr": sr.uuid}),
        ("vm.create", {"name": "web-1", "template": "t", "memory": "4", "cloud_init": cloud}),
    ):
        request = decode(action(name).request, values)
        told = " ".join(" ".join(row) for row in _rows(action(name).fields, request.told(), partial(_called, fake.home, "")))
        assert "hunter2" not in told and "where-it-is-offered" not in told
        for word in ("web.xva", "vault") if name == "pool.import_vm" else ("web-1", "4\u202fGiB", "carol"):
            assert word in told, told


async def test_one_that_went_on_after_a_restart_says_when_and_one_that_cannot_offers_to_undo(
    looking: User, desk: Desk, fake: FakePool
) -> None:  # fmt: skip
    run = await desk.runner.run(desk.hire(), action("vm.add_tag"), [fake.vm("web-1")], {"tag": "new"})
    run.continued, run.items[0].can_be_undone = 1_700_000_000.0, True
    run.items[0].left.append(Leftover(lazy("Adding a tag")))
    await looking.open(f"/run/{run.key}")
    await looking.should_see("continued after a restart of xo-dash at")
    await looking.should_see("Undo what is left…")
    run.items[0].state, run.items[0].says = RunState.WAITING, lazy("Waiting for {pool}", pool="lab")
    await looking.open(f"/run/{run.key}")
    await looking.should_see("Waiting for lab")


async def test_what_was_made_is_one_click_away(looking: User, desk: Desk, fake: FakePool) -> None:
    vm, copy = fake.vm("web-1"), fake.vm("web-2")
    shot = fake.vm("before", is_a_snapshot=True, is_a_template=True)
    fake.answers["Async.VM.clone"] = ends_at_once(fake, made="OpaqueRef:made")
    run = await desk.runner.run(desk.hire(), action("vm.clone"), [vm], {"name": "web-2"})
    run.items[0].made[:] = [shot.ref, vm.ref, copy.ref]  # itself, as a migration answers
    await looking.open(f"/run/{run.key}")
    links = [link.props["href"] for link in looking.find(marker="open-made").elements]
    assert links == [f"/vm/{key_of(copy)}"]
    assert made_vms(run, {}) == []  # of a pool that its reader does not see nothing is named


def test_a_file_is_told_with_its_size_in_words() -> None:
    beside = [{"file": {"id": "y", "name": "a.vmdk", "size": 3 << 30}}]
    asked = decode(ImportOVA, {"file": {"id": "x", "name": "web.ovf", "size": 2048}, "files": beside, "sr": "b" * 36})
    told = dict(_rows(fields(ImportOVA), asked.told(), lambda _field, _kind, key: key))
    assert told["OVA or OVF file"] == f"web.ovf ({size(2048)})"
    assert told["Files beside the OVF"] == f"File: a.vmdk ({size(3 << 30)})"
    disk = _rows(fields(OVADisk), {"file": "a.vmdk", "size": 8 << 30, "stored": 3 << 30}, lambda _field, _kind, key: key)
    assert dict(disk) == {"File": "a.vmdk", "Size": size(8 << 30), "Size of the file": size(3 << 30)}


async def test_a_cancelled_run_says_what_it_waits_for_until_that_has_ended(looking: User, desk: Desk, fake: FakePool) -> None:
    (person,) = desk.users.values()
    run = desk.runner.start(person, action("vm.start"), [fake.vm("web-1")])
    await desk.until(lambda: bool(run.items[0].tasks))
    await looking.open(f"/run/{run.key}")
    await looking.should_see("In progress")
    desk.runner.cancel(person, run)
    await looking.should_see("Cancelling: waiting until the pool has ended Starting web-1.")
    await looking.should_not_see(marker="cancel-run")
    fake.end(run.items[0].tasks[0], TaskStatus.CANCELLED)
    await looking.should_see("it was cancelled")
