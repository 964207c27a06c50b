"""A pool that is gone for a while in the middle of a plan: the plan goes on, or is taken back, when it returns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.grants.grant import Grant, GrantKind
from data.grants.table import GrantTable
from data.objects import VM
from data.server import ServerState
from data.stores.users import Role
from tests.control.fake_pool import Desk, FakePool, ends_at_once
from xo_dash.control.actions import action
from xo_dash.control.run import Run, RunState
from xo_dash.xapi.errors import NotConnected, Unreachable

CLONE, DESCRIBE, DESTROY = "Async.VM.clone", "VM.set_name_description", "Async.VM.destroy"


class Gone:
    """A VM that is cloned with a description, and its pool, which goes and returns."""

    def __init__(self, folder: Path, fake: FakePool) -> None:
        self.fake, self.desk = fake, Desk(folder, fake)
        self.copy = fake.vm("copy")
        self.vm = fake.vm("web-1")
        self.away = False
        fake.answers[CLONE] = self._cloned
        fake.answers[DESTROY] = ends_at_once(fake)

    def _cloned(self, *_arguments: object) -> object:
        task = ends_at_once(self.fake)()
        self.fake.change(self.fake.task_row(task), result=f"<value>{self.copy.ref}</value>")
        if self.away:
            self.leave()
        return task

    def leave(self) -> None:
        self.fake.away = True
        self.fake.mirror.set_server(self.fake.server, state=ServerState.UNREACHABLE)

    def return_(self) -> None:
        self.fake.away = False
        self.fake.mirror.set_server(self.fake.server, state=ServerState.LIVE)

    def start(self) -> Run:
        return self.desk.runner.start(self.desk.hire(), action("vm.clone"), [self.vm], {"name": "copy", "description": "of web-1"})

    async def until_it_waits(self, run: Run) -> None:
        await self.desk.until(lambda: "Waiting for" in str(run.items[0].says or ""))


@pytest.fixture
def gone(tmp_path: Path, fake: FakePool) -> Gone:
    return Gone(tmp_path, fake)


async def test_it_goes_on_when_the_pool_is_back(gone: Gone) -> None:
    gone.away = True
    run = gone.start()
    await gone.until_it_waits(run)
    gone.return_()
    await gone.desk.until(lambda: run.ended)
    assert run.state is RunState.DONE and gone.fake.sent == [CLONE, DESCRIBE]


async def test_what_was_made_is_removed_when_the_pool_is_back_for_somebody_who_cancelled(gone: Gone) -> None:
    gone.away = True
    run = gone.start()
    await gone.until_it_waits(run)
    gone.desk.runner.cancel(gone.desk.hire(), run)
    await gone.until_it_waits(run)
    gone.return_()
    await gone.desk.until(lambda: run.ended)
    assert run.state is RunState.CANCELLED and gone.fake.sent[-1] == DESTROY and not run.items[0].left


async def test_who_may_no_longer_when_the_pool_is_back_does_not_go_on(gone: Gone) -> None:
    gone.away = True
    run = gone.start()
    await gone.until_it_waits(run)
    gone.desk.hire(Role.VIEWER)
    gone.return_()
    await gone.desk.until(lambda: run.ended)
    assert run.state is RunState.FAILED and gone.fake.sent == [CLONE, "VM.get_VBDs", DESTROY]
    assert "this needs the role operator" in str(run.items[0].reason)


@pytest.mark.parametrize(("kept", "state"), [(True, RunState.DONE), (False, RunState.FAILED)], ids=["as it was", "taken away"])
async def test_a_vm_that_has_left_its_grant_meanwhile_keeps_nobody_from_going_on(gone: Gone, *, kept: bool, state: RunState) -> None:
    eve, table = gone.desk.hire(Role.NONE), gone.fake.home.part(GrantTable)
    table.put([Grant(id="1", user_id=eve.id, role="operator", kind=GrantKind.TAG, key="dev")])
    gone.fake.change(gone.vm, tags=["dev"])
    gone.away = True
    run = gone.desk.runner.start(eve, action("vm.clone"), [gone.vm], {"name": "copy", "description": "of web-1"})
    await gone.until_it_waits(run)
    gone.fake.change(gone.vm, tags=[])
    table.put(table.grants if kept else [])
    gone.return_()
    await gone.desk.until(lambda: run.ended)
    assert run.state is state


def once(error: Exception, then: Callable[..., Any], stirs: Callable[[], None]) -> Callable[..., Any]:
    """Raises at its first call."""
    errors = [error]

    def answer(*arguments: object) -> Any:
        if errors:
            stirs()
            return errors.pop()
        return then(*arguments)

    return answer


@pytest.mark.parametrize("error", [NotConnected("refused"), Unreachable("the connection broke")])
async def test_what_was_not_sent_or_is_harmless_is_sent_again(gone: Gone, error: Exception) -> None:
    gone.fake.answers[DESCRIBE] = once(error, lambda *_arguments: "", gone.leave)
    run = gone.start()
    await gone.until_it_waits(run)
    gone.return_()
    await gone.desk.until(lambda: run.ended)
    assert run.state is RunState.DONE and gone.fake.sent == [CLONE, DESCRIBE, DESCRIBE]


async def test_what_was_not_sent_is_cancelled_for_somebody_who_cancelled_meanwhile(gone: Gone) -> None:
    gone.fake.answers[DESCRIBE] = once(NotConnected("refused"), lambda *_arguments: "", gone.leave)
    run = gone.start()
    await gone.until_it_waits(run)
    gone.desk.runner.cancel(gone.desk.hire(), run)
    await gone.until_it_waits(run)
    gone.return_()
    await gone.desk.until(lambda: run.ended)
    assert (
        run.state is RunState.CANCELLED and gone.fake.sent.count(DESCRIBE) == 1 and gone.fake.sent[-1] == DESTROY and not run.items[0].left
    )


async def test_nothing_else_is_sent_twice(gone: Gone) -> None:
    gone.fake.answers[CLONE] = once(Unreachable("the connection broke"), gone._cloned, gone.leave)
    run = gone.start()
    await gone.desk.until(lambda: run.ended)
    assert run.state is RunState.LOST and gone.fake.sent == [CLONE]


async def test_the_first_step_is_refused_at_once(gone: Gone) -> None:
    gone.fake.away = True
    run = gone.start()
    await gone.desk.until(lambda: run.ended)
    assert run.state is RunState.REFUSED and isinstance(run.items[0].subject, VM)
