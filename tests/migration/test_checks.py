"""Targets are checked by XAPI before one chooses: so many at a time, each once, and no more when nobody looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from components.ui import Button
from data.balance import even_out
from data.identity import key_of
from data.objects import VM, Host, Pool
from tests import fakes
from tests.control.fake_pool import FakePool
from tests.migration.pools import House, host, machine, sr
from tests.migration.test_balance import crowded
from xo_dash.context import Context
from xo_dash.control.pool.balance import BalancePool, SuggestedMove
from xo_dash.control.runner import Runner
from xo_dash.control.vm.migration.checks import AT_ONCE, MigrationChecks
from xo_dash.control.vm.migration.request import MigrateVM
from xo_dash.xapi.errors import NotConnected, XapiFailure


class Asked(FakePool):
    """Answers when the test lets it, and counts how many wait."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.free, self.full = asyncio.Event(), asyncio.Event()
        self.waiting = self.most = 0
        self.refuses: set[str] = set()

    async def call(self, method: str, *arguments: Any) -> Any:
        if method == "host.migrate_receive":
            self.calls.append((method, arguments))
            return {"host": arguments[0], "session_id": "secret"}
        if method != "VM.assert_can_migrate":
            return await super().call(method, *arguments)
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        if self.waiting == AT_ONCE:
            self.full.set()
        try:
            await self.free.wait()
        finally:
            self.waiting -= 1
        self.calls.append((method, arguments))
        if arguments[1]["host"] in self.refuses:
            raise XapiFailure("VM_INCOMPATIBLE_WITH_THIS_HOST", [arguments[0], arguments[1]["host"], "CPUID"])
        return ""


def many(count: int) -> tuple[Asked, VM, list[Host]]:
    fake = Asked()
    one, *others = [host(fake, f"host-{number}") for number in range(count + 1)]
    vm = fake.vm("web-1", resident_on=one.ref)
    return fake, vm, others


def to_each(vm: VM, hosts: list[Host]) -> list[tuple[VM, MigrateVM]]:
    return [(vm, MigrateVM(host=key_of(one))) for one in hosts]


def noted(found: dict[Host, Any]) -> Callable[[VM, Host, Any], None]:
    return lambda _vm, host, reason: found.update({host: reason})


async def test_so_many_at_a_time_each_answer_is_told_and_kept() -> None:
    fake, vm, hosts = many(60)
    checks = MigrationChecks(lambda _server: fake)
    fake.refuses = {hosts[3].ref}
    found: dict[Host, Any] = {}
    asking = asyncio.create_task(checks.ask(to_each(vm, hosts), noted(found)))
    await fake.full.wait()
    assert not found
    fake.free.set()
    await asking
    assert fake.most == AT_ONCE and len(found) == 60
    assert [str(reason) for reason in found.values() if reason] and found[hosts[3]] is not None and found[hosts[0]] is None
    calls = len(fake.calls)
    await checks.ask(to_each(vm, hosts), noted(found))
    assert len(fake.calls) == calls, "answers are kept"


async def test_who_leaves_stops_asking() -> None:
    fake, vm, hosts = many(20)
    asking = asyncio.create_task(MigrationChecks(lambda _server: fake).ask(to_each(vm, hosts), lambda *_told: None))
    await fake.full.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    fake.free.set()
    await asyncio.sleep(0)
    assert not fake.waiting and not [method for method, _ in fake.calls if method == "VM.assert_can_migrate"]


async def test_who_stops_watching_leaves_nothing_behind_and_hears_of_errors() -> None:
    fake, vm, hosts = many(20)
    checks, before = MigrationChecks(lambda _server: fake), asyncio.all_tasks()
    watching = asyncio.create_task(checks.watch(to_each(vm, hosts), lambda *_told: None, lambda: None))
    await fake.full.wait()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    fake.free.set()
    await checks.ask([], lambda *_told: None)
    assert not [task for task in asyncio.all_tasks() - before if "_work" in repr(task) or "ask" in repr(task)]

    def told(*_told: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        await checks.watch(to_each(vm, hosts), told, lambda: None)


async def test_a_pool_that_cannot_be_asked_says_nothing() -> None:
    _fake, vm, hosts = many(2)

    def away(_server: str) -> FakePool:
        raise NotConnected("not connected")

    found: dict[Host, Any] = {}
    await MigrationChecks(away).ask(to_each(vm, hosts), noted(found))
    assert not found


@pytest.fixture
def context(house: House, data_dir: Path) -> Context:
    """With a connection to its pool."""
    made = fakes.context(house.lab.mirror, data_dir)
    return replace(made, runner=Runner(house.lab.mirror, lambda _server: house.lab, made.users, made.audit))


async def test_what_xapi_refuses_is_refused_on_the_page_with_its_words_unless_another_place_is_chosen(user: User, house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    house.lab.answers |= {
        "host.migrate_receive": {"host": "x"}, "VM.assert_can_migrate": XapiFailure("VM_LACKS_FEATURE", [vm.ref]),
    }  # fmt: skip
    vault = sr(house.lab, "vault", house.two)
    await user.open(f"/migrate/{key_of(vm)}")
    await user.should_see("the guest of web-1 does not support this; install or start the guest tools")
    (button,) = user.find(kind=Button, content="Migrate").elements
    assert not button.enabled
    (place,) = [one for one in user.find(kind=ui.select).elements if one.props.get("aria-label") == "SR for root"]
    place.value = key_of(vault)
    assert button.enabled, "XAPI was not asked about that"


async def test_xapi_is_asked_about_each_before_it_can_be_done(user: User, house: House, context: Context) -> None:
    crowded(house)
    (pool,) = house.lab.home.all(Pool).values()
    first, second = even_out(house.lab.home).moves

    def refuse(vm: str, *_given: object) -> str:
        if vm == first.vm.ref:
            raise XapiFailure("VM_LACKS_FEATURE", [vm])
        return ""

    house.lab.answers |= {"host.migrate_receive": {"host": "x"}, "VM.assert_can_migrate": refuse}
    await user.open(f"/pool/{key_of(pool)}/balance")
    await user.should_see(f"the guest of {first.vm.name_label} does not support this; install or start the guest tools")
    (box,) = user.find(marker=f"move-{first.vm.uuid}").elements
    assert isinstance(box, ui.checkbox) and not box.enabled and not box.value
    await user.should_see("yes")
    user.find(kind=Button, content="Migrate").click()
    (run,) = context.runner.runs
    assert run.request == BalancePool(moves=(SuggestedMove(vm=second.vm.uuid, host=second.target.uuid),))
