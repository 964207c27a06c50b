"""Editing a VM where its values stand: saved, refused, changed by somebody else meanwhile, waiting for a restart, taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from components.vms.page.settings import raw_lines
from components.vms.page.settings_rows import EDITS
from data.mirror import Mirror
from data.objects import VM, VMGuestMetrics
from data.pending import pending_of
from data.stores.users import Role
from data.types import GIB, Ref
from pages import vm
from tests import fakes
from tests.looking import looking
from tests.map.fleets import joined
from tests.waiting import until
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.control.audit import Audit
from xo_dash.control.runner import Runner
from xo_dash.xapi.errors import XapiFailure


class Writing:
    """A connection that writes what it is told into the mirror, as events would."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self.sent: list[tuple[Any, ...]] = []
        self.refuses: XapiFailure | None = None

    async def call(self, method: str, ref: str, *values: Any) -> Any:
        self.sent.append((method, *values))
        if self.refuses:
            raise self.refuses
        row = next(found for pool in self.mirror if (found := pool.one(VM, Ref(ref))))
        verb = method.partition(".")[2]
        if verb in ("add_tags", "remove_tags"):
            tags = [tag for tag in row.tags if tag != values[0]] + ([values[0]] if verb == "add_tags" else [])
            fakes.change(self.mirror, row, tags=tags)
        elif verb.startswith("add_to_"):
            field = verb.removeprefix("add_to_")
            fakes.change(self.mirror, row, **{field: {**getattr(row, field), values[0]: values[1]}})
        elif verb.startswith("remove_from_"):
            field = verb.removeprefix("remove_from_")
            fakes.change(self.mirror, row, **{field: {key: value for key, value in getattr(row, field).items() if key != values[0]}})
        else:
            fakes.change(self.mirror, row, **{verb.removeprefix("set_"): values[0]})
        return ""


class At:
    """Somebody at the page of `web-1`."""

    def __init__(self, user: User, mirror: Mirror, pool: Writing) -> None:
        self.user, self.mirror, self.pool = user, mirror, pool
        self.vm = fakes.find(mirror, "web-1")

    async def open(self, tab: str = "") -> None:
        await self.user.open(f"/vm/{self.vm.uuid}{tab}")

    async def edit(self, action_id: str, **texts: str) -> None:
        """Open the editor of a value and type into its fields by their titles."""
        self.user.find(marker=f"edit-{action_id}").click()
        await self.user.should_see(marker=f"editor-{action_id}")
        for title, text in texts.items():
            field = self.user.find(kind=ui.input, content=title)
            field.clear()
            field.type(text)


@pytest.fixture
async def at(data_dir: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> AsyncIterator[At]:
    mirror = joined(fakes.home_lab())
    bare = fakes.context(mirror, data_dir)
    writing = Writing(mirror)
    audit = Audit(data_dir)
    context: Context = replace(bare, runner=Runner(mirror, lambda _server: writing, bare.users, audit))  # type: ignore[arg-type,return-value]
    role = getattr(request, "param", Role.OPERATOR)
    async with looking(monkeypatch, context, vm, name="ann", role=role) as user:
        yield At(user, mirror, writing)
    await context.runner.stop()


async def test_a_name_is_saved_and_taken_back(at: At) -> None:
    await at.open()
    await at.edit("vm.rename", **{"New name": "web-one"})
    await at.user.should_see("Renaming web-1 to web-one")
    at.user.find(marker="save").click()
    await at.user.should_see(marker="undo-notice")
    assert at.vm.name_label == "web-one"
    await at.user.should_not_see(marker="editor-vm.rename")
    at.user.find(marker="undo").click()
    await at.user.should_not_see(marker="undo-notice")
    await until(lambda: len(at.pool.sent) > 1)
    await at.user.should_see("web-1")
    assert at.pool.sent == [("VM.set_name_label", "web-one"), ("VM.set_name_label", "web-1")]


async def test_what_somebody_else_changed_meanwhile_is_said_and_not_overwritten(at: At) -> None:
    await at.open()
    await at.edit("vm.rename", **{"New name": "mine"})
    fakes.change(at.mirror, at.vm, name_label="theirs")
    await at.user.should_see("Changed by another user in the meantime; now: theirs")
    assert next(iter(at.user.find(kind=ui.input, content="New name").elements)).value == "mine"
    at.user.find(marker="save").click()
    await at.user.should_see(marker="undo-notice")
    fakes.change(at.mirror, at.vm, name_label="theirs again")
    at.user.find(marker="undo").click()
    await at.user.should_see("not undone, another user has changed it in the meantime")
    assert at.vm.name_label == "theirs again"
    await at.open("/settings")
    await at.edit("vm.vcpus", **{"Cores per socket": "1"})
    fakes.change(at.mirror, at.vm, VCPUs_max=at.vm.VCPUs_max + 2)
    await at.user.should_see(f"now: {at.vm.VCPUs_max}")
    assert next(iter(at.user.find(kind=ui.input, content="At most").elements)).value == str(at.vm.VCPUs_max), "nobody typed there"


async def test_a_refusal_stands_at_its_field_and_nothing_is_lost(at: At) -> None:
    await at.open()
    await at.edit("vm.rename", **{"New name": " "})
    at.user.find(marker="save").click()
    await at.user.should_see("“New name” is missing")
    assert at.pool.sent == []
    at.user.find(kind=ui.input, content="New name").clear().type("other")
    at.pool.refuses = XapiFailure("OTHER_OPERATION_IN_PROGRESS", ["VM", at.vm.ref, "clone", "OpaqueRef:x"])
    at.user.find(marker="save").click()
    await at.user.should_see("is busy")
    assert next(iter(at.user.find(kind=ui.input, content="New name").elements)).value == "other"
    at.user.find(marker="cancel").click()
    await at.user.should_not_see(marker="editor-vm.rename")
    assert at.vm.name_label == "web-1"


async def test_more_memory_than_a_running_vm_can_take_waits_for_its_restart(at: At) -> None:
    guest = at.vm.home.one(VMGuestMetrics, at.vm.guest_metrics)
    assert guest
    await at.open()
    await at.edit("vm.memory", Memory=f"{(at.vm.memory_static_max // GIB) * 2} GiB")
    at.user.find(marker="save").click()
    await at.user.should_see("1 change applies after a restart: memory")
    await at.user.should_see("after restart")
    assert pending_of(at.vm).memory
    at.user.find(marker="apply-pending").click()
    await at.user.should_see("A running VM is shut down, changed and started again.")
    at.user.find("Cancel").click()
    at.user.find(marker="discard-pending").click()
    await at.user.should_not_see("applies after a restart")
    assert not pending_of(at.vm)


async def test_a_tag_comes_and_goes(at: At) -> None:
    await at.open()
    at.user.find(marker="add-tag").click()
    await at.user.should_see(marker="editor-vm.add_tag")
    at.user.find(kind=ui.input, content="Tag").type("blue")
    at.user.find(marker="save").click()
    await at.user.should_see(marker="undo-notice")
    await at.user.should_see("blue")
    assert "blue" in at.vm.tags
    at.user.find(marker="undo").click()
    await at.user.should_not_see("blue")
    assert "blue" not in at.vm.tags


def test_the_raw_record_has_every_field_as_xapi_names_it() -> None:
    lines = raw_lines(VM(name_label="<b>x</b>", other_config={"foreign": "kept"}, tags=["b", "a"]))
    assert {"name_label: <b>x</b>", "other_config[foreign]: kept", "tags: a, b", "platform: {}"} <= set(lines)


@pytest.mark.parametrize("at", [Role.VIEWER], indirect=True)
async def test_who_may_only_look_sees_plain_text(at: At) -> None:
    await at.open()
    await at.user.should_see("web-1")
    for marker in ("edit-vm.rename", "edit-vm.memory", "add-tag", "protect"):
        await at.user.should_not_see(marker=marker)


def test_what_is_edited_in_place_has_a_command_and_its_fields() -> None:
    for edit in EDITS.values():
        assert {field.name for field in action(edit.action_id).fields} >= set(edit.only)
