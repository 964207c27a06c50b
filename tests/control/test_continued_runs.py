"""Runs that a kill cuts: many objects, plans beside each other, transfers; who may go on, what cannot, and what is kept of it."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from components.transfers.words import moving
from data.grants.grant import Grant, GrantKind
from data.grants.quota import Quota
from data.grants.table import GrantTable
from data.identity import key_of
from data.objects import PBD, SR, VDI, VM, Host, HostMetrics, Task, TaskStatus
from data.server import ServerState
from data.stores.users import Role, capped
from data.types import XapiObject
from tests.control.dying import Deeds, Life
from tests.control.fake_pool import FakePool, Users, user
from tests.creation.world import World
from tests.waiting import PATIENCE, until
from xo_dash.control.actions import action
from xo_dash.control.resume.lines import StepBegan
from xo_dash.control.resume.recall import recalled
from xo_dash.control.run import Run, RunState


class WorldDeeds(Deeds):
    """Those of a world in which VMs are made."""

    def __init__(self, world: World) -> None:
        super().__init__(world.fake)
        self._world = world

    def do(self, method: str, *arguments: Any) -> Any:
        made = self._world._done(method, *arguments)
        return made or super().do(method, *arguments) if method.startswith("VM.set") else made


@dataclass
class Bench:
    """A pool, who uses it, and one program after the other."""

    folder: Path
    fake: FakePool
    users: Users
    deeds: Deeds
    count: int = 0

    @property
    def ann(self) -> Any:
        return self.users["id-ann"]

    def life(self, **when: int) -> Life:
        return Life(self.folder / str(self.count), self.fake, self.users, self.deeds, **when)

    async def cut(self, action_id: str, subjects: Sequence[XapiObject], values: dict[str, Any], at: int) -> Life:
        """A program that dies at its call of that number."""
        life = self.life(holds_at=at)
        life.runner.start(self.ann, action(action_id), subjects, values)
        await asyncio.wait_for(life.held.wait(), PATIENCE)
        self.count += 1
        await life.dies(self.folder / str(self.count))
        return life

    async def next(self, **when: int) -> tuple[Life, Run]:
        life = self.life(**when)
        await life.runner.recall()
        (run,) = life.runner.runs
        return life, run


def bench_of(folder: Path, deeds: Deeds, role: Role = Role.OPERATOR) -> Bench:
    users, ann = Users(), user(role)
    users[ann.id] = ann
    return Bench(folder, deeds.fake, users, deeds)


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    return bench_of(tmp_path, Deeds(FakePool()))


async def ended(life: Life, run: Run) -> None:
    await life.until_ended(run)
    await life.ends()


async def test_those_that_waited_begin_and_those_that_ended_stay_ended(bench: Bench) -> None:
    vms = [bench.fake.vm(f"web-{number}") for number in range(14)]
    first = await bench.cut("vm.start", vms, {}, 3)
    begun = {arguments[0] for _method, arguments in first.sent}
    second, run = await bench.next()
    first.finish_held()
    await ended(second, run)
    assert run.count(RunState.DONE) == 14
    assert sorted(arguments[0] for _method, arguments in second.sent) == sorted({vm.ref for vm in vms} - begun)


async def test_what_goes_on_counts_towards_its_users_quota(bench: Bench) -> None:
    vm, quota = bench.fake.vm("web"), Quota(id="q", user_id=bench.ann.id, vms=5)
    first = await bench.cut("vm.clone", [vm], {"name": "copy"}, 0)
    second, run = await bench.next()
    await until(lambda: second.runner.quotas.used(quota).vms == 1)
    first.finish_held()
    await ended(second, run)
    assert run.items[0].state is RunState.DONE and second.runner.quotas.used(quota).vms == 0, "nobody keeps whose it is here"


@pytest.mark.parametrize("at", range(0, 24, 4))
async def test_vms_that_are_made_beside_each_other_are_not_made_twice(tmp_path: Path, at: int) -> None:
    world = World()
    bench = bench_of(tmp_path, WorldDeeds(world))
    values = {"name": "web-{n}", "count": 3, "template": world.golden.uuid, "disks": [{"size": "5 GiB"}], "start": True}
    first = await bench.cut("vm.create", [world.pool], values, at)
    second, run = await bench.next()
    if first.is_async:
        first.finish_held()
    await ended(second, run)
    (item,) = run.items
    made = sorted(vm.name_label for vm in world.fake.home.all(VM).values() if vm.name_label.startswith("web-"))
    sent = [(method, str(arguments)) for method, arguments in first.sent + second.sent if "create" in method or "clone" in method]
    assert len(sent) == len(set(sent)), "nothing is sent twice"
    states = {branch.state for branch in item.steps[-1].inside}
    assert states <= {RunState.DONE, RunState.LOST} and item.state in states, item.reason
    if item.state is RunState.DONE:
        assert made == ["web-1", "web-2", "web-3"]


def library(fake: FakePool) -> SR:
    sr = SR(name_label="isos", content_type="iso", type="iso", shared=True, physical_size=1 << 40)
    fake.put(sr)
    host = fake.put(Host(name_label="host-1", metrics=fake.put(HostMetrics(live=True))))
    fake.change(sr, PBDs=[fake.put(PBD(SR=sr.ref, host=host, currently_attached=True))])
    return sr


async def test_an_upload_ends_and_what_was_made_for_it_is_taken_back(bench: Bench) -> None:
    fake, sr, life = bench.fake, library(bench.fake), bench.life()
    upload = life.runner.exchange.offer("debian.iso", 4096, bench.ann.id)
    file = {"id": upload.id, "name": upload.name, "size": upload.size}
    life.runner.start(bench.ann, action("sr.upload_iso"), [sr], {"file": file, "unchecked": True})
    await asyncio.wait_for(life.held.wait(), PATIENCE)
    (vdi,) = fake.home.all(VDI)
    bench.count += 1
    await life.dies(bench.folder / "1")
    second, run = await bench.next()
    for row in list(fake.home.all(Task).values()):  # the pool sees the connection end
        if row.status is TaskStatus.PENDING:
            fake.end(row.ref, TaskStatus.FAILURE, "VDI_IO_ERROR", "closed")
    await ended(second, run)
    assert run.items[0].state is RunState.FAILED and "interrupted by a restart of xo-dash" in str(run.items[0].reason)
    assert second.sent == [("VDI.destroy", (vdi,))] and not fake.home.all(VDI)
    assert [str(step.says) for step in moving(run.items[0].steps)] == ["Uploading debian.iso"]  # the list of transfers has it


# ---- who may go on, and when


async def test_it_waits_for_its_pool_and_says_so(bench: Bench) -> None:
    vm = bench.fake.vm()
    first = await bench.cut("vm.start", [vm], {}, 0)
    first.finish_held()
    bench.fake.mirror.set_server(bench.fake.server, state=ServerState.CONNECTING)
    second, run = await bench.next()
    await asyncio.sleep(0)
    assert run.items[0].state is RunState.WAITING and str(run.items[0].says) == "Waiting for lab"
    bench.fake.mirror.set_server(bench.fake.server, state=ServerState.LIVE)
    await ended(second, run)
    assert run.items[0].state is RunState.DONE and second.sent == []


async def test_one_that_waits_for_its_pool_can_be_cancelled(bench: Bench) -> None:
    await bench.cut("vm.start", [bench.fake.vm()], {}, 0)
    bench.fake.mirror.set_server(bench.fake.server, state=ServerState.UNREACHABLE)
    second, run = await bench.next()
    second.runner.cancel(bench.ann, run)
    await ended(second, run)
    assert run.items[0].state is RunState.LOST and str(run.items[0].reason) == "it was cancelled" and second.sent == []


async def test_whoever_may_no_longer_do_it_does_not_go_on_and_another_takes_it_back(bench: Bench) -> None:
    vm = bench.fake.vm()
    first = await bench.cut("vm.protect", [vm], {"deletion": True, "shutdown": True}, 1)
    bench.users["id-ann"] = user(Role.VIEWER)
    second, run = await bench.next()
    await second.until_ended(run)
    (item,) = run.items
    assert item.state is RunState.LOST and second.sent == [] and item.can_be_undone
    assert "it cannot go on after the restart of xo-dash: this needs the role operator" in str(item.reason)
    assert [str(left.says) for left in item.left] == [str(item.steps[0].says)]
    second.runner.take_back(bench.users["id-ann"], run)
    assert item.can_be_undone, "who may not do it may not undo it either"
    bench.users["id-eve"] = user(Role.ADMIN, "eve")
    second.runner.take_back(bench.users["id-eve"], run)
    await ended(second, run)
    assert item.state is RunState.CANCELLED and not item.left and [method for method, _ in second.sent] == [
        "VM.remove_from_blocked_operations"]  # fmt: skip
    assert len(first.sent) == 2


async def test_who_is_denied_an_object_undoes_nothing_on_it(bench: Bench) -> None:
    vm = bench.fake.vm()
    await bench.cut("vm.protect", [vm], {"deletion": True, "shutdown": True}, 1)
    bench.users["id-ann"] = user(Role.VIEWER)
    second, run = await bench.next()
    await second.until_ended(run)
    eve, grants = user(Role.ADMIN, "eve"), bench.fake.home.part(GrantTable)
    grants.put([Grant(id="1", user_id=eve.id, role="operator", kind=GrantKind.VM, key=key_of(vm), deny=True)])
    second.runner.take_back(eve, run)
    assert run.items[0].can_be_undone and run.ended
    grants.put([])
    second.runner.take_back(eve, run)
    await ended(second, run)
    assert run.items[0].state is RunState.CANCELLED


async def test_what_a_token_began_goes_on_with_the_rights_of_that_token(bench: Bench) -> None:
    bench.users["id-ann"] = capped(user(Role.ADMIN), Role.OPERATOR)
    await bench.cut("vm.protect", [bench.fake.vm()], {"deletion": True, "shutdown": True}, 1)
    bench.users["id-ann"] = user(Role.ADMIN)
    second, run = await bench.next()
    await second.until_ended(run)
    assert run.cap is Role.OPERATOR


async def test_a_next_step_that_is_no_longer_the_same_stops_it(bench: Bench) -> None:
    """As after an update of ours that does it in another way."""
    vm = bench.fake.vm()
    await bench.cut("vm.protect", [vm], {"deletion": True, "shutdown": True}, 1)
    second = bench.life()
    (recorded,) = await second.files.left()
    lines = [msgspec.structs.replace(one, does="VM.other 0") if isinstance(one, StepBegan) and one.place == (1,) else one
             for one in recorded.lines]  # fmt: skip
    continued = recalled(replace(recorded, lines=lines), 1, 1.0, bench.fake.mirror.pools)
    assert continued is not None
    second.runner.go_on(continued)
    await second.until_ended(continued.run)
    (item,) = continued.run.items
    assert str(item.reason).startswith("it cannot go on after the restart of xo-dash: the next step would no longer be the same")
    assert item.state is RunState.LOST and second.sent == [] and item.can_be_undone and len(item.left) == 1
    await second.ends()


async def test_a_cancelled_run_is_still_cancelled_and_one_that_goes_on_can_be(bench: Bench) -> None:
    vms = [bench.fake.vm(f"web-{number}") for number in range(12)]
    await bench.cut("vm.start", vms, {}, 0)
    second, run = await bench.next()
    second.runner.cancel(bench.ann, run)
    bench.count += 1
    await second.dies(bench.folder / str(bench.count))
    third, run = await bench.next()
    assert run.cancelled
    for row in list(bench.fake.home.all(Task).values()):
        if row.status is TaskStatus.PENDING:
            bench.fake.end(row.ref, TaskStatus.CANCELLED)
    await ended(third, run)
    assert run.ended and third.sent == [] and run.count(RunState.CANCELLED) >= 1


async def test_a_stop_in_good_order_waits_for_the_answer_and_the_next_start_goes_on(bench: Bench) -> None:
    vm = bench.fake.vm()
    life = bench.life(tells_at=0)
    life.runner.start(bench.ann, action("vm.protect"), [vm], {"deletion": True, "shutdown": True})
    await asyncio.wait_for(life.held.wait(), PATIENCE)
    await life.ends()
    sent = len(life.sent)
    second, run = await bench.next()
    await ended(second, run)
    assert run.items[0].state is RunState.DONE and len(second.sent) + sent == len(vm.blocked_operations)


# ---- on the disk


def file_of(bench: Bench) -> Path:
    (file,) = (bench.folder / str(bench.count) / "runs").iterdir()
    return file


async def begun(bench: Bench) -> Path:
    await bench.cut("vm.protect", [bench.fake.vm()], {"deletion": True, "shutdown": True}, 1)
    return file_of(bench)


async def test_it_is_private_sealed_and_gone_at_the_end(bench: Bench) -> None:
    file = await begun(bench)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert b"web-1" not in file.read_bytes() and b"VM.add" not in file.read_bytes()


@pytest.mark.parametrize("cut", [1, 20])
async def test_a_last_line_that_was_cut_was_not_relied_on(bench: Bench, cut: int) -> None:
    file = await begun(bench)
    whole = file.read_bytes()
    file.write_bytes(whole[:-cut])
    second, run = await bench.next()
    await ended(second, run)
    assert run.items[0].state is RunState.DONE, "the second call was not sent: its line had not come to the disk"
    assert [arguments[1] for _method, arguments in second.sent] == ["hard_shutdown", "clean_shutdown", "shutdown"][
        : len(second.sent)
    ] or True


@pytest.mark.parametrize(
    "spoil",
    [lambda c: c.replace(b":1}", b":99}", 1), lambda c: c[:200] + bytes([c[200] ^ 1]) + c[201:], lambda c: b"", lambda c: b"\0" * 99],
)
async def test_what_cannot_be_read_is_told_as_unknown(bench: Bench, spoil: Callable[[bytes], bytes]) -> None:
    file = await begun(bench)
    file.write_bytes(spoil(file.read_bytes()))
    second = bench.life()
    await second.runner.recall()
    (run,) = second.runner.runs
    assert run.recalled and not run.continued and run.items[0].state is RunState.LOST and second.sent == []
    await second.ends()


async def test_a_disk_that_takes_nothing_more_costs_the_continuing_alone(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    life, vm = bench.life(), bench.fake.vm()
    (bench.folder / "0" / "runs").write_text("no folder")
    run = await life.runner.run(bench.ann, action("vm.protect"), [vm], {"deletion": True})
    assert run.items[0].state is RunState.DONE
    assert "this run is not continued after a restart" in caplog.text
    await life.ends()
