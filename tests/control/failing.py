"""Every call of a plan fails once: what was done before it has to be taken back, last first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from data.objects import TaskStatus
from data.stores.users import Role
from data.types import XapiObject
from tests.control.asked import steps_of
from tests.control.fake_pool import Desk, FakePool
from xo_dash.control.actions import action
from xo_dash.control.plan import Call
from xo_dash.control.run import RunItem, RunState
from xo_dash.xapi.errors import XapiFailure

Situation = tuple[FakePool, XapiObject, Mapping[str, object]]
"""A pool, what the command is for, and its values."""


class Failing:
    """Answers for a pool: the call number `fails` fails, once; all others work."""

    def __init__(self, fake: FakePool, fails: int) -> None:
        self.fake, self._fails = fake, fails
        self.done: list[str] = []  # methods, those that take back too

    def expect(self, method: str, asynchronous: bool) -> None:
        self.fake.answers[f"Async.{method}" if asynchronous else method] = self._answer(method, asynchronous)

    def _answer(self, method: str, asynchronous: bool) -> Callable[..., Any]:
        def answered(*_parameters: Any) -> Any:
            failing, self._fails = self._fails == 0, self._fails - 1
            if not failing:
                self.done.append(method)
            if not asynchronous:
                if failing:
                    raise XapiFailure("SR_FULL", ["10", "5"])
                return ""
            status = TaskStatus.FAILURE if failing else TaskStatus.SUCCESS
            error = ["SR_FULL", "10", "5"] if failing else []
            return self.fake.task(method, status=status, error_info=error, result=f"<value>OpaqueRef:made-{len(self.done)}</value>")

        return answered


async def each_call_fails_once(tmp_path: Path, situation: Callable[[], Situation], action_id: str, takes_back: Mapping[str, str]) -> None:
    """`takes_back`: {method: what undoes it}; what is not in it changes nothing, or goes with what was made before it."""
    fake, subject, values = situation()
    count = sum(isinstance(step, Call) for step in steps_of(action_id, subject, **values))
    assert count
    for fails in range(count):
        fake, subject, values = situation()
        calls = [step for step in steps_of(action_id, subject, **values) if isinstance(step, Call)]
        failing = Failing(fake, fails)
        for call in calls:
            failing.expect(call.method, call.asynchronous)
            for undo in call.undo("OpaqueRef:made") if call.undo is not None else ():
                assert isinstance(undo, Call)
                failing.expect(undo.method, undo.asynchronous)
        item = await carried_out(tmp_path / str(fails), fake, action_id, subject, values)
        assert item.state is RunState.FAILED and not item.left, f"call {fails}: {item.state} {item.reason} {item.left}"
        before = [call.method for call in calls[:fails]]
        back = [takes_back[method] for method in reversed(before) if method in takes_back]
        assert failing.done == [*before, *back], f"call {fails}"


async def carried_out(folder: Path, fake: FakePool, action_id: str, subject: XapiObject, values: Mapping[str, object]) -> RunItem:
    """By an administrator."""
    desk = Desk(made(folder), fake)
    run = await desk.runner.run(desk.hire(Role.ADMIN), action(action_id), [subject], values)
    await desk.runner.stop()
    return run.items[0]


def made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder
