"""The page of a new VM, over a pool that does as told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from nicegui import app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from pages import layout, new_vm
from tests import fakes
from tests.creation.world import World
from xo_dash.context import Context
from xo_dash.control.audit import Audit
from xo_dash.control.runner import Runner


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
async def context(world: World, data_dir: Path) -> AsyncIterator[Context]:
    """With a runner that changes the world."""
    context = fakes.context(world.fake.mirror, data_dir)
    runner = Runner(world.fake.mirror, lambda _server: world, context.users, Audit(data_dir))
    yield replace(context, runner=runner)
    await runner.stop()


@pytest.fixture
async def user(context: Context, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[User]:
    original = ui.run

    def run(*args: object, **kwargs: object) -> None:
        fakes.sign_in(app, context)
        layout.install(app, context)
        new_vm.create(context)
        original(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(ui, "run", run)  # the simulation resets the program's app as it starts: ours goes into it then
    async with user_simulation() as user:
        yield user
