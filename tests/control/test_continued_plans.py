"""A program that dies at any call of any command: the next one goes on from there, and sends nothing twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest

from data.objects import SR, VDI, PowerState
from data.stores.users import Role
from data.trash import REASON, TAG, XODASH_TRASH, note
from tests.control.asked import steps_of
from tests.control.dying import Deeds, Life, Sent
from tests.control.fake_pool import OFFERED, FakePool, Users, user
from tests.control.test_changes import FAILING, SENT, Place, filled, of, prepared
from tests.waiting import PATIENCE
from xo_dash.control.actions import ACTIONS, action
from xo_dash.control.lazy_text import NOTHING
from xo_dash.control.plan import Call
from xo_dash.control.resume.record import is_harmless
from xo_dash.control.run import Run, RunState

MORE: Final[list[tuple[str, str, str, dict[str, Any]]]] = [
    *[("halted", name, "vm", {}) for name in ("vm.start", "vm.trash", "vm.delete", "vm.make_template")],
    *[("running", name, "vm", {}) for name in ("vm.clean_shutdown", "vm.hard_shutdown", "vm.pause", "vm.suspend", "vm.hard_reboot")],
    ("halted", "vm.start_on", "vm", {"host": "host"}), ("halted", "vm.clone", "vm", {"name": "copy", "description": "x"}),
    ("halted", "vm.rename", "vm", {"name": "new"}), ("halted", "vm.describe", "vm", {"description": "new"}),
    ("halted", "vm.snapshot", "vm", {"name": "{name} {time}"}), ("halted", "vm.revert", "vm", {"snapshot": "shot", "start": True}),
    ("halted", "vm.insert_cd", "vm", {"image": "disc"}), ("halted", "vm.attach_disk", "vm", {"disk": "spare"}),
    ("halted", "snapshot.new_vm", "shot", {"name": "copy"}), ("halted", "snapshot.new_template", "shot", {"name": "copy"}),
    ("halted", "snapshot.delete", "shot", {}), ("halted", "vdi.rename", "disk", {"name": "new"}),
    ("halted", "vdi.describe", "disk", {"description": "new"}), ("halted", "vdi.delete", "spare", {}),
    ("halted", "vif.network", "nic", {"network": "dmz"}), ("halted", "vm.add_disk", "vm", {"name": "data", "size": "1", "sr": "fast"}),
    ("halted", "host.maintenance", "host", {}), ("halted", "host.rename", "host", {"name": "new"}),
    ("halted", "sr.make_default", "vault", {}), ("halted", "sr.scan", "vault", {}), ("halted", "sr.rename", "vault", {"name": "new"}),
    ("halted", "network.rename", "lan", {"name": "new"}), ("halted", "pool.rename", "pool", {"name": "new"}),
    ("pending", "vm.discard_pending", "vm", {}), ("trashed", "vm.restore", "vm", {}), ("trashed", "vm.purge", "vm", {}),
]  # fmt: skip
CASES: Final = [(state, name, what, values) for state, name, what, values, _sent in SENT] + FAILING + MORE
OBJECTS: Final = ("host", "snapshot", "image", "disk")
ELSEWHERE: Final = {
    "vm.create",
    "vm.migrate",
    "sr.import_disk",
    "sr.upload_iso",
    "pool.import_vm",
    "vm.export",
    "vdi.export",
    "vm.copy_to_pool",
}
"""Tests of their own."""


def ground(fake: FakePool, state: str) -> Place:
    """... with a snapshot, a spare disk and a disc."""
    place: Any = prepared(fake, "halted" if state == "trashed" else state)
    vm, up = place.vm, state in ("running", "pending")
    if state != "copying":
        fake.change(vm, allowed_operations=vm.allowed_operations | OFFERED[PowerState.RUNNING if up else PowerState.HALTED])
    shot = fake.vm("before", is_a_snapshot=True, is_a_template=True, snapshot_of=vm.ref,
                   allowed_operations=frozenset({"revert", "clone", "copy", "destroy"}))  # fmt: skip
    fake.change(vm, snapshots=[shot.ref])
    place.shot, place.disc = shot, place.iso("debian.iso")
    place.spare = place.put(VDI(name_label="spare", virtual_size=1 << 30, SR=place.vault.ref))
    fake.change(place.host, resident_VMs=[vm.ref] if up else [], PBDs=[ref for sr in fake.home.all(SR).values() for ref in sr.PBDs])
    if state == "trashed":
        blocks = {"start": REASON, "start_on": REASON}
        fake.change(vm, other_config={XODASH_TRASH: note(vm, 0, 1)}, blocked_operations=blocks, tags=[TAG])
    fake.mirror.trash.days = 30
    return place


class Case:
    """A command in a world of its own, carried out by one program after the other."""

    def __init__(self, folder: Path, state: str, action_id: str, what: str, values: dict[str, Any]) -> None:
        self.folder, self.row = folder, action(action_id)
        self.fake = FakePool()
        place = ground(self.fake, state)
        self.subject = of(place, what)
        self.values = {name: of(place, value).uuid if name in OBJECTS else value for name, value in filled(place, values).items()}
        self.ann, self.users, self.deeds = user(Role.ADMIN), Users(), Deeds(self.fake)
        self.users[self.ann.id] = self.ann

    def life(self, folder: str, **when: int) -> Life:
        return Life(self.folder / folder, self.fake, self.users, self.deeds, **when)

    async def to_the_end(self) -> list[Sent]:
        life = self.life("whole")
        run = await life.runner.run(self.ann, self.row, [self.subject], self.values)
        assert run.items[0].state is RunState.DONE, run.items[0].reason
        await life.ends()
        return life.sent

    async def dies_at(self, number: int) -> Life:
        first = self.life("first", holds_at=number)
        first.runner.start(self.ann, self.row, [self.subject], self.values)
        await asyncio.wait_for(first.held.wait(), PATIENCE)
        await first.dies(self.folder / "second")
        return first

    async def goes_on(self, first: Life, **when: int) -> tuple[Run, Life]:
        second = self.life("second", **when)
        await second.runner.recall()
        (run,) = second.runner.runs
        if first.is_async:
            first.finish_held()
        await asyncio.wait_for(second.runner.ended(run), PATIENCE)
        await second.ends()
        return run, second


def brief(sent: list[Sent]) -> list[tuple[str, Any]]:
    """Without what a moment is in."""
    return [(method, arguments[0]) for method, arguments in sent]


def harmless(sent: Sent) -> bool:
    return is_harmless(Call(sent[0], *sent[1], says=NOTHING))


@pytest.mark.parametrize(("state", "action_id", "what", "values"), CASES, ids=[f"{row[0]} {row[1]} {row[3]}" for row in CASES])
async def test_it_goes_on_where_it_was(tmp_path: Path, state: str, action_id: str, what: str, values: dict[str, Any]) -> None:
    whole = await Case(tmp_path / "all", state, action_id, what, values).to_the_end()
    for number, sent in enumerate(whole):
        case = Case(tmp_path / str(number), state, action_id, what, values)
        first = await case.dies_at(number)
        run, second = await case.goes_on(first)
        (item,) = run.items
        assert run.continued and brief(first.sent) == brief(whole[: number + 1])
        if first.is_async or harmless(sent):
            assert item.state is RunState.DONE, f"call {number}: {item.reason}"
            assert brief(second.sent) == brief(whole[number + first.is_async :]), f"call {number}"
        else:
            assert item.state is RunState.LOST and second.sent == [], f"call {number}: {second.sent}"
        assert not list((case.folder / "second" / "runs").iterdir()), "what has ended leaves nothing"


@pytest.mark.parametrize(("state", "action_id", "what", "values"), FAILING, ids=[f"{row[0]} {row[1]}" for row in FAILING])
async def test_what_fails_afterwards_takes_back_what_was_done_before(
    tmp_path: Path, state: str, action_id: str, what: str, values: dict[str, Any]
) -> None:  # fmt: skip
    whole = await Case(tmp_path / "all", state, action_id, what, values).to_the_end()
    for number in range(len(whole) - 1):
        case = Case(tmp_path / str(number), state, action_id, what, values)
        is_alone = [step.alone for step in steps_of(action_id, case.subject, **case.values) if isinstance(step, Call)][number + 1]
        first = await case.dies_at(number)
        if is_alone or not (first.is_async or harmless(whole[number])):
            continue
        fails = 0 if first.is_async else 1
        run, second = await case.goes_on(first, fails_at=fails)
        (item,) = run.items
        failed = next(step for step in item.steps if step.state is RunState.FAILED)
        assert item.state is RunState.FAILED and not item.left, f"call {number}: {item.reason}"
        assert all(step.undone for step in item.steps[: item.steps.index(failed)]), f"call {number}"
        assert len(second.sent) > fails + 1


def test_every_command_is_tried() -> None:
    tried = {name for _state, name, _what, _values in CASES}
    assert len(tried | ELSEWHERE) > 60 and tried <= {row.id for row in ACTIONS}
